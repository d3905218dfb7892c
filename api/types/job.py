"""Jobs for long-running work: submitted, followed, cancelled, deleted; and the files uploaded for them. Each belongs to
one token; to other tokens its id is unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, NewType, TypeVar

import strawberry

from api.graphql.connection import Connection, filled, newest
from api.graphql.context import Backend
from api.graphql.node import Node, curie_of, global_id
from api.graphql.reading import Info
from api.graphql.selection import Asked
from api.graphql.window import Window
from api.types.job_kind import JobKind
from api.types.job_upload import SpaceUse, space_use
from kg.errors import ContractError, Issue, UnknownTermError
from kg.jobs import queue, upload
from kg.jobs.record import Job as Record
from kg.jobs.record import JobDetail, JobError, State
from kg.jobs.space import Space
from kg.read.nodes import Row

T = TypeVar("T")
Summary = NewType("Summary", object)
SCALARS: dict[Any, Any] = {
    Summary: strawberry.scalar(
        name="JobSummary", description="Summary of a job's result, as JSON; its form depends on the kind."
    ),
}
_MOST = 1000


@strawberry.enum(description="State of a job.")
class JobState(Enum):
    QUEUED = strawberry.enum_value("queued", description="It waits for its turn.")
    RUNNING = strawberry.enum_value("running", description="It is running in a process of its own.")
    DONE = strawberry.enum_value("done", description="Its files and summary are available.")
    FAILED = strawberry.enum_value("failed", description="Its error says why.")
    CANCELLED = strawberry.enum_value("cancelled", description="It was cancelled and its output deleted.")


@strawberry.type(description="Progress of a job: done of total steps.")
class JobProgress:
    done: int
    total: int = strawberry.field(description="0 if unknown")
    message: str = strawberry.field(description="current step; empty if the job is not running")


@strawberry.type(name="JobError", description="Why a job failed, and what to do.")
class Failure:
    code: str
    message: str
    fix: str


@strawberry.type(description="A result file of a job.")
class JobFile:
    name: str
    size: float = strawberry.field(description="bytes")
    sha256: str
    media: str = strawberry.field(description="media type")
    path: str = strawberry.field(description="path to GET the file from, with the same token")


@strawberry.type(description="An argument as validated, with defaults filled in.")
class GivenArgument:
    name: str
    values: list[str] = strawberry.field(description="one or several values; for a file the id of its upload")
    file: str | None = strawberry.field(description="original file name; null if the argument is not a file")


@strawberry.input(description="An argument of a job; jobKinds lists them.")
class JobArgument:
    name: str
    value: str | None = strawberry.field(default=None, description="numbers and booleans as text too")
    values: list[str] | None = strawberry.field(
        default=None, description="instead of value, if several values are allowed"
    )

    def given(self) -> Any:
        return self.values if self.values is not None else self.value


@dataclass
class _Held:
    """The details of a job, read once they are requested."""

    detail: JobDetail | None = None


@strawberry.type(description="Long-running work in a process of its own. The same request on the same data is one job.")
class Job(Node):
    kind: JobKind
    state: JobState
    submitted: str = strawberry.field(description="ISO 8601, UTC")
    started: str = strawberry.field(description="ISO 8601, UTC; empty before")
    ended: str = strawberry.field(description="ISO 8601, UTC; empty before")
    attempt: int = strawberry.field(
        description="number of times it was started: it continues after a restart of the server"
    )
    version: str = strawberry.field(
        description="version of an atlas, or state of the graph, that the answer is based on"
    )
    events: str = strawberry.field(description="path to GET its progress from, as server-sent events")
    held: strawberry.Private[_Held]

    @strawberry.field(description="Its progress.")
    async def progress(self, info: Info) -> JobProgress:
        found = await self._detail(info)
        return JobProgress(done=found.job.done, total=found.job.total, message=found.message)

    @strawberry.field(description="Why it failed; null if it did not.")
    async def error(self, info: Info) -> Failure | None:
        error: JobError | None = (await self._detail(info)).error
        return Failure(code=error.code, message=error.message, fix=error.fix) if error else None

    @strawberry.field(description="Its arguments.")
    async def arguments(self, info: Info) -> list[GivenArgument]:
        found = await self._detail(info)
        return [
            GivenArgument(
                name=name,
                values=[_text(each) for each in (value if isinstance(value, list) else [value])],
                file=found.names.get(name),
            )
            for name, value in found.arguments.items()
        ]

    @strawberry.field(description="Its result files, once it is done.")
    async def files(self, info: Info) -> list[JobFile]:
        found = await self._detail(info)
        return [
            JobFile(
                name=each.name, size=each.bytes, sha256=each.sha256, media=each.media,
                path=f"/jobs/{found.job.hex}/files/{each.name}",
            )
            for each in found.files
        ]  # fmt: skip

    @strawberry.field(description="Summary of its result, once it is done; null before.")
    async def summary(self, info: Info) -> Summary | None:
        found = await self._detail(info)
        return Summary(dict(found.summary)) if found.job.state is State.DONE else None

    async def _detail(self, info: Info) -> JobDetail:
        if self.held.detail is None:
            self.held.detail = await _asked(info, lambda backend, space: queue.job(backend.store, space, self.curie))
        return self.held.detail


def _job(record: Record, detail: JobDetail | None = None) -> Job:
    return Job(
        id=global_id("Job", record.id),
        curie=strawberry.ID(record.id),
        kind=JobKind(record.kind),
        state=JobState(record.state.value),
        submitted=record.submitted,
        started=record.started,
        ended=record.ended,
        attempt=record.attempt,
        version=record.version,
        events=f"/jobs/{record.hex}/events",
        held=_Held(detail),
    )


async def _asked(info: Info, ask: Callable[[Backend, Space], T]) -> T:
    """Runs ``ask`` on the space of the token. Raises KgError FORBIDDEN, and the errors of ``ask``."""
    principal = info.context.principal
    principal.require("jobs")
    return await info.context.ask(lambda backend: ask(backend, backend.space(principal)))


async def job_by_id(info: Info, text: str) -> Job:
    """Raises UnknownTermError."""
    key = curie_of("Job", text, "id")
    found = await _asked(info, lambda backend, space: queue.job(backend.store, space, key))
    return _job(found.job, found)


async def job_or_none(info: Info, key: str) -> Job | None:
    try:
        return await job_by_id(info, key)
    except UnknownTermError:
        return None


async def listed_jobs(info: Info, window: Window, state: Any, kind: Any) -> Any:
    """Jobs of the token, newest first, by page."""
    asked = Asked.of(info)

    def ask(backend: Backend, space: Space) -> list[Record]:
        found: list[Record] = []
        while True:
            more = queue.jobs(backend.store, space, _MOST, found[-1].id if found else "")
            found += more
            if len(more) < _MOST:
                return found

    rows = [
        Row((each.submitted, each.id), {"job": each})
        for each in await _asked(info, ask)
        if (state is None or each.state == state.value) and (kind is None or each.kind == kind.value)
    ]
    page = newest(rows, window)
    return filled(Connection, page, lambda row: _job(row.node["job"]), window=window, edges="edges" in asked)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _given(arguments: list[JobArgument]) -> dict[str, Any]:
    """Raises ContractError ARGUMENT for a name that is given twice."""
    made = {each.name: each.given() for each in arguments}
    if len(made) < len(arguments):
        names = [each.name for each in arguments]
        twice = next(name for name in names if names.count(name) > 1)
        rule, fix = "ARGUMENT: each argument is given once", "list all its values in `values`"
        raise ContractError([Issue(twice[:80], rule, "twice", fix)], code="ARGUMENT")
    return made


Id = Annotated[strawberry.ID, strawberry.argument(description="curie or global id of one of your jobs")]


@strawberry.type
class JobMutation:
    @strawberry.mutation(
        description=(
            "Submit a job. With the same arguments, files and data as an earlier job, returns that job instead of"
            " running it again. Needs the scope jobs."
        )
    )
    async def submit_job(self, info: Info, kind: JobKind, arguments: list[JobArgument]) -> Job:
        given = _given(arguments)
        return _job(await _asked(info, lambda backend, space: queue.submit(backend.store, space, kind.value, given)))

    @strawberry.mutation(description="Cancel a job within two seconds and delete its output. Returns the job.")
    async def cancel_job(self, info: Info, id: Id) -> Job:
        key = curie_of("Job", id, "id")
        return _job(await _asked(info, lambda backend, space: queue.cancel(backend.store, space, key)))

    @strawberry.mutation(description="Delete a job and its output from the graph and from disk. Returns its id.")
    async def delete_job(self, info: Info, id: Id) -> strawberry.ID:
        key = curie_of("Job", id, "id")
        await _asked(info, lambda backend, space: queue.delete(backend.store, space, key))
        return strawberry.ID(key)

    @strawberry.mutation(description="Delete an uploaded file from disk. Returns the remaining use of the space.")
    async def delete_upload(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="id of one of your uploads")]
    ) -> SpaceUse:
        def work(_: Backend, space: Space) -> SpaceUse:
            upload.delete(space, id)
            return space_use(space)

        return await _asked(info, work)


async def job_space(info: Info) -> SpaceUse:
    return await _asked(info, lambda _, space: space_use(space))
