"""What an owner asks about jobs; submitting and cancelling are mutations of ``api.types.job``."""

from typing import Annotated

import strawberry

from api.graphql.reading import Info
from api.graphql.window import Window, paged
from api.types.job import Job, JobState, job_by_id, job_space, listed_jobs
from api.types.job_kind import JobKind, KindForm, job_kinds
from api.types.job_upload import SpaceUse
from api.types.link import page_of


@strawberry.type
class Jobs:
    @strawberry.field(description="Kinds of jobs, each with its arguments and files.")
    def job_kinds(self) -> list[KindForm]:
        return job_kinds()

    @strawberry.field(
        description="A job of yours; another's is unknown. Needs the scope jobs, as all that is about jobs."
    )
    async def job(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="curie or global id")]
    ) -> Job | None:
        return await job_by_id(info, id)

    @strawberry.field(description="Your jobs, newest first.")
    @paged
    async def jobs(
        self,
        info: Info,
        state: Annotated[JobState | None, strawberry.argument(description="only jobs in it")] = None,
        kind: Annotated[JobKind | None, strawberry.argument(description="only jobs of it")] = None,
        *,
        window: Window,
    ) -> page_of("Job"):  # type: ignore[valid-type]
        return await listed_jobs(info, window, state, kind)

    @strawberry.field(description="What you have sent, and the room that is taken.")
    async def job_space(self, info: Info) -> SpaceUse:
        return await job_space(info)
