"""The folder of a job: ``job.json`` (the task), ``progress.jsonl``, ``checkpoint/``, ``result/`` with ``result.json``,
or ``error.json``; and the lock that its process holds while it runs."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kg.files.whole import replace
from kg.jobs.record import JobError, ResultFile

TASK, RESULT, ERROR = "job.json", "result.json", "error.json"
_PASSING = ("result.new", "checkpoint", "input", "tmp")
_MADE = (*_PASSING, "result")
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Task:
    """What a job does. ``files``: argument -> id of the upload; ``names``: argument -> original file name; ``version``:
    of the atlas or graph that the answer is based on."""

    kind: str
    arguments: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    version: str = ""


def write_task(folder: Path, task: Task) -> None:
    write_json(folder / TASK, asdict(task))


def read_task(folder: Path) -> Task | None:
    found = read_json(folder / TASK)
    return Task(**found) if found else None


def read_result(folder: Path) -> tuple[tuple[ResultFile, ...], Mapping[str, Any]] | None:
    """Files and summary of a finished job; None if there is no result."""
    found = read_json(folder / RESULT)
    if found is None:
        return None
    return tuple(ResultFile(**each) for each in found["files"]), found["summary"]


def read_error(folder: Path) -> JobError | None:
    found = read_json(folder / ERROR)
    return JobError(**found) if found else None


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    replace(path, json.dumps(value, ensure_ascii=False).encode())
    path.chmod(0o600)


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None


def clear_passing(folder: Path) -> None:
    """Removes the working files of a job that has ended."""
    for name in _PASSING:
        shutil.rmtree(folder / name, ignore_errors=True)


def clear_made(folder: Path) -> None:
    """Removes all output of a job that was cancelled or has failed."""
    (folder / RESULT).unlink(missing_ok=True)
    for name in _MADE:
        shutil.rmtree(folder / name, ignore_errors=True)


@contextmanager
def alone(folder: Path, seconds: float) -> Iterator[bool]:
    """Yields whether this process got the lock of the job within ``seconds``. The lock is released with the process."""
    try:
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        yield False
        return
    until = time.monotonic() + seconds
    try:
        yield _locked(handle, until)
    finally:
        os.close(handle)


def _locked(handle: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True
