"""Records of a job: what the graph holds, and the details that only its owner sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from kg.curie import local


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Job:
    """A job as stored in the graph. ``id``: ``orthokg:job/<32 hex>``; times are ISO 8601 in UTC, empty until reached;
    ``done`` of ``total`` steps, total 0 if unknown; ``code``: of its error, or empty; ``version``: of the atlas, or the
    stamp of the graph, that the answer is based on."""

    id: str
    kind: str
    state: State
    submitted: str
    started: str = ""
    ended: str = ""
    done: int = 0
    total: int = 0
    code: str = ""
    version: str = ""
    attempt: int = 0

    @property
    def hex(self) -> str:
        return self.id.rpartition("/")[2]


@dataclass(frozen=True)
class ResultFile:
    name: str
    bytes: int
    sha256: str
    media: str


@dataclass(frozen=True)
class JobError:
    code: str
    message: str
    fix: str = ""


_ASK = "send smaller data, or ask the operator for a higher limit"
ENDED = {
    error.code: error
    for error in (
        JobError("JOB_LOST", "Its process ended several times without reporting an error.", "send smaller data"),
        JobError("JOB_TIME", "It exceeded the time limit for jobs.", _ASK),
        JobError("JOB_MEMORY", "It exceeded the memory limit for jobs.", _ASK),
        JobError("JOB_CANCELLED", "It was cancelled.", "submit it again if you need it"),
    )
}
"""Messages for jobs that were stopped."""


@dataclass(frozen=True)
class JobDetail:
    """A job as its owner sees it. ``arguments``: as validated, files by the id of their upload; ``message``: what it is
    doing; ``summary``: JSON of a finished job; ``names``: argument -> original file name."""

    job: Job
    arguments: Mapping[str, Any]
    message: str = ""
    error: JobError | None = None
    files: tuple[ResultFile, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def job_id(hex32: str) -> str:
    return local("job", hex32)


def job_of(row: Mapping[str, Any]) -> Job:
    """A job from the properties of its node."""
    own = {each.name: row[each.name] for each in fields(Job) if row.get(each.name) is not None}
    return Job(**{**own, "state": State(row["state"])})
