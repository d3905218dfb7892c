"""Progress of a job: lines of JSON in its folder, numbered from 1, written by the job and by its worker."""

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kg.errors import UnknownTermError
from kg.jobs.space import Space

FILE = "progress.jsonl"
MOST_LINES = 20_000
_SECONDS = 0.2


def tell(folder: Path, line: Mapping[str, Any]) -> None:
    """Appends one line in a single write, so that lines of two writers do not mix; a line truncated by a kill is ended
    first. Does nothing if the folder is gone."""
    data = (json.dumps({"at": now(), **line}, ensure_ascii=False) + "\n").encode()
    try:
        handle = os.open(folder / FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return
    try:
        size = os.fstat(handle).st_size
        torn = size and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, b"\n" + data if torn else data)
    finally:
        os.close(handle)


class Teller:
    """Reports progress of a job: at most five lines per second (the last step always), up to a maximum number of
    lines."""

    def __init__(self, folder: Path):
        self._folder, self._last, self._lines = folder, 0.0, 0

    def __call__(self, done: int, total: int, message: str = "") -> None:
        at = time.monotonic()
        if (at - self._last < _SECONDS or self._lines >= MOST_LINES) and done != total:
            return
        self._last, self._lines = at, self._lines + 1
        tell(self._folder, {"done": int(done), "total": int(total), "message": message[:300]})


def events(space: Space, job: str, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
    """(number, line) of each event after number ``after``: ``at``, with ``done``, ``total`` and ``message``, or with
    the new ``state`` of the job. Raises UnknownTermError."""
    folder = space.job_folder(job)
    if not folder.is_dir():
        raise UnknownTermError(job[:80], "job")
    return read(folder, after)


def read(folder: Path, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
    try:
        whole, end, _ = (folder / FILE).read_bytes().rpartition(b"\n")
    except FileNotFoundError:
        return []
    made = []
    for number, line in enumerate(whole.split(b"\n") if end else (), 1):
        if number > after:
            try:
                made.append((number, json.loads(line)))
            except ValueError:  # truncated by a kill
                made.append((number, {}))
    return made


def last(folder: Path) -> tuple[int, int, str]:
    """(done, total, message) of the last line that has them."""
    for _, line in reversed(read(folder)):
        if "total" in line:
            return line["done"], line["total"], line.get("message", "")
    return 0, 0, ""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
