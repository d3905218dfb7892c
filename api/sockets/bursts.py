"""A log that a flood cannot fill: the same line again and again is one line and a count, and a file is rotated."""

import logging
import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler

SECONDS = 10.0
OF_REFUSALS = 20
_REFUSED = 400
_KINDS = 1000


@dataclass
class _Burst:
    ends: float
    last: logging.LogRecord
    written: int = 1
    left_out: int = 0


class Bursts:
    """Of warnings and errors of one kind (logger, level, words before their values, exception) one in ``SECONDS``, of
    requests refused with one status ``OF_REFUSALS``; after it one more line with ``repeated``, how many were not
    written."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._kinds: dict[tuple[object, ...], _Burst] = {}

    def passing(self, record: logging.LogRecord) -> Iterator[logging.LogRecord]:
        """What is to be written now that ``record`` is there."""
        now = self._clock()
        yield from self._over(now)
        status = getattr(record, "fields", {}).get("status", 0)
        if record.levelno < logging.WARNING and status < _REFUSED:
            yield record
            return
        # asyncio puts all that it knows of an error into its words: their beginning is what they have in common.
        kind = (record.name, record.levelno, str(record.msg)[:60], record.exc_info and record.exc_info[0], status)
        burst = self._kinds.get(kind)
        if burst is None:
            self._kinds[kind] = _Burst(now + SECONDS, record)
            yield record
        elif record.levelno < logging.WARNING and burst.written < OF_REFUSALS:
            burst.written += 1
            yield record
        else:
            burst.left_out += 1
            burst.last = record

    def _over(self, now: float) -> Iterator[logging.LogRecord]:
        if len(self._kinds) > _KINDS:
            now = float("inf")
        for kind, burst in list(self._kinds.items()):
            if burst.ends <= now:
                del self._kinds[kind]
                if burst.left_out:
                    told = copy(burst.last)
                    told.exc_info = None
                    told.repeated = burst.left_out
                    yield told

    def rest(self) -> Iterator[logging.LogRecord]:
        yield from self._over(float("inf"))


class QuietStream(logging.StreamHandler):
    """Standard error, without floods."""

    def __init__(self) -> None:
        super().__init__()
        self.bursts = Bursts()

    def emit(self, record: logging.LogRecord) -> None:
        for each in self.bursts.passing(record):
            super().emit(each)


class QuietFile(RotatingFileHandler):
    """``files`` files of ``size`` bytes, without floods; the oldest goes first."""

    def __init__(self, filename: str, size: int, files: int):
        super().__init__(filename, maxBytes=size, backupCount=max(files - 1, 1), encoding="utf-8")
        self.bursts = Bursts()

    def emit(self, record: logging.LogRecord) -> None:
        for each in self.bursts.passing(record):
            super().emit(each)

    def close(self) -> None:
        for each in self.bursts.rest():
            super().emit(each)
        super().close()
