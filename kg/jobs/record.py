"""A job as it is told: what the graph holds of it, and what its owner is told beside."""

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
    """What the graph holds. ``id``: ``orthokg:job/<32 hex>``; times are ISO 8601 in UTC, empty until they come;
    ``done`` of ``total`` steps, total 0 where it is not known; ``code``: of its error, empty without one; ``version``:
    of the atlas, or the stamp of the graph, that it answers from."""

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


_ASK = "send smaller data, or ask the operator for more"
ENDED = {
    error.code: error
    for error in (
        JobError("JOB_LOST", "Its process ended again and again without a word.", "send smaller data"),
        JobError("JOB_TIME", "It took longer than a job may.", _ASK),
        JobError("JOB_MEMORY", "It took more memory than a job may.", _ASK),
        JobError("JOB_CANCELLED", "It was cancelled.", "submit it again if it is wanted"),
    )
}
"""What is said of jobs that were ended."""


@dataclass(frozen=True)
class JobDetail:
    """``arguments``: as they were checked, files by the id of their upload; ``message``: what it does now; ``summary``:
    JSON, of a job that is done; ``names``: argument -> name that its file had."""

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
    """Of a node's properties."""
    own = {each.name: row[each.name] for each in fields(Job) if row.get(each.name) is not None}
    return Job(**{**own, "state": State(row["state"])})
