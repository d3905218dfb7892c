"""What takes long, as jobs: submitted, followed, cancelled, deleted; and the files that were sent for them. Each is its
token's alone: another's id is unknown here, as one that never was."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, NewType, TypeVar

import strawberry

from api.graphql.connection import Connection, filled
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
from kg.read.nodes import Page, Row

T = TypeVar("T")
Summary = NewType("Summary", object)
SCALARS: dict[Any, Any] = {
    Summary: strawberry.scalar(name="JobSummary", description="What a job found, as JSON; by kind."),
}
_MOST = 1000


@strawberry.enum(description="Where a job stands.")
class JobState(Enum):
    QUEUED = strawberry.enum_value("queued", description="It waits for its turn.")
    RUNNING = strawberry.enum_value("running", description="A process of its own works on it.")
    DONE = strawberry.enum_value("done", description="Its files and its summary are there.")
    FAILED = strawberry.enum_value("failed", description="Its error says why.")
    CANCELLED = strawberry.enum_value("cancelled", description="Nothing of what it made is left.")


@strawberry.type(description="How far a job is: done of total steps.")
class JobProgress:
    done: int
    total: int = strawberry.field(description="0 where it is not known")
    message: str = strawberry.field(description="what it does now; empty of a job that does not run")


@strawberry.type(name="JobError", description="Why a job failed, and what to do.")
class Failure:
    code: str
    message: str
    fix: str


@strawberry.type(description="A file that a job made.")
class JobFile:
    name: str
    size: float = strawberry.field(description="bytes")
    sha256: str
    media: str = strawberry.field(description="media type")
    path: str = strawberry.field(description="GET it there, with the same token")


@strawberry.type(description="An argument as it was checked, with defaults.")
class GivenArgument:
    name: str
    values: list[str] = strawberry.field(description="one, or several; of a file the id of its upload")
    file: str | None = strawberry.field(description="name of the file that was sent; null of an argument that is none")


@strawberry.input(description="An argument of a job; jobKinds tells which there are.")
class JobArgument:
    name: str
    value: str | None = strawberry.field(default=None, description="numbers and true or false as text too")
    values: list[str] | None = strawberry.field(
        default=None, description="in place of value, where several may be given"
    )

    def given(self) -> Any:
        return self.values if self.values is not None else self.value


@dataclass
class _Held:
    """Of a job that was read from the graph: the rest of it, once it is asked for."""

    detail: JobDetail | None = None


@strawberry.type(
    description="Work that takes long, in a process of its own. The same question of the same data is one job."
)
class Job(Node):
    kind: JobKind
    state: JobState
    submitted: str = strawberry.field(description="ISO 8601, UTC")
    started: str = strawberry.field(description="ISO 8601, UTC; empty before")
    ended: str = strawberry.field(description="ISO 8601, UTC; empty before")
    attempt: int = strawberry.field(description="times that it was begun: it goes on after its server was stopped")
    version: str = strawberry.field(description="version of an atlas, or state of the graph, that it answers from")
    events: str = strawberry.field(description="GET it there for its progress as server-sent events")
    held: strawberry.Private[_Held]

    @strawberry.field(description="How far it is.")
    async def progress(self, info: Info) -> JobProgress:
        found = await self._detail(info)
        return JobProgress(done=found.job.done, total=found.job.total, message=found.message)

    @strawberry.field(description="Why it failed; null where it did not.")
    async def error(self, info: Info) -> Failure | None:
        error: JobError | None = (await self._detail(info)).error
        return Failure(code=error.code, message=error.message, fix=error.fix) if error else None

    @strawberry.field(description="What it was asked with.")
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

    @strawberry.field(description="What it made, once it is done.")
    async def files(self, info: Info) -> list[JobFile]:
        found = await self._detail(info)
        return [
            JobFile(
                name=each.name, size=each.bytes, sha256=each.sha256, media=each.media,
                path=f"/jobs/{found.job.hex}/files/{each.name}",
            )
            for each in found.files
        ]  # fmt: skip

    @strawberry.field(description="What it found, once it is done; null before.")
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
    """What the space of the token gives. Raises KgError FORBIDDEN, and what ``ask`` raises."""
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
    """Of the token, newest first, by page."""
    asked = Asked.of(info)

    def ask(backend: Backend, space: Space) -> list[Record]:
        found: list[Record] = []
        while True:
            more = queue.jobs(backend.store, space, _MOST, found[-1].id if found else "")
            found += more
            if len(more) < _MOST:
                return found

    every = [
        each
        for each in await _asked(info, ask)
        if (state is None or each.state == state.value) and (kind is None or each.kind == kind.value)
    ]
    rows = [Row((each.submitted, each.id), {"job": each}) for each in every]
    if window.place is not None:
        rows = [row for row in rows if (row.key > window.place if window.back else row.key < window.place)]
    shown = rows[-window.size :] if window.back else rows[: window.size]
    page = Page(tuple(shown), len(rows) > len(shown), len(every))
    return filled(Connection, page, lambda row: _job(row.node["job"]), window=window, edges="edges" in asked)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _given(arguments: list[JobArgument]) -> dict[str, Any]:
    """Raises ContractError ARGUMENT for a name that is given twice."""
    made = {each.name: each.given() for each in arguments}
    if len(made) < len(arguments):
        names = [each.name for each in arguments]
        twice = next(name for name in names if names.count(name) > 1)
        rule, fix = "ARGUMENT: an argument is given once", "give all its values as values"
        raise ContractError([Issue(twice[:80], rule, "twice", fix)], code="ARGUMENT")
    return made


Id = Annotated[strawberry.ID, strawberry.argument(description="curie or global id of a job of yours")]


@strawberry.type
class JobMutation:
    @strawberry.mutation(
        description=(
            "Submit a job. Asked again with the same arguments, files and data it is the earlier one, and is not run"
            " twice. Needs the scope jobs."
        )
    )
    async def submit_job(self, info: Info, kind: JobKind, arguments: list[JobArgument]) -> Job:
        given = _given(arguments)
        return _job(await _asked(info, lambda backend, space: queue.submit(backend.store, space, kind.value, given)))

    @strawberry.mutation(description="End a job within two seconds; what it had made goes. The job after it.")
    async def cancel_job(self, info: Info, id: Id) -> Job:
        key = curie_of("Job", id, "id")
        return _job(await _asked(info, lambda backend, space: queue.cancel(backend.store, space, key)))

    @strawberry.mutation(description="A job and all that it made are gone, from the graph and from the disk. Its id.")
    async def delete_job(self, info: Info, id: Id) -> strawberry.ID:
        key = curie_of("Job", id, "id")
        await _asked(info, lambda backend, space: queue.delete(backend.store, space, key))
        return strawberry.ID(key)

    @strawberry.mutation(description="A file that was sent is gone from the disk. What is left.")
    async def delete_upload(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="of an upload of yours")]
    ) -> SpaceUse:
        def work(_: Backend, space: Space) -> SpaceUse:
            upload.delete(space, id)
            return space_use(space)

        return await _asked(info, work)


async def job_space(info: Info) -> SpaceUse:
    return await _asked(info, lambda _, space: space_use(space))
