"""Threads that questions wait for: so many at once, so many more in line, and those who ask take turns."""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from kg.errors import KgError

T = TypeVar("T")
Waiting = deque[tuple["Future[Any]", Callable[[], Any]]]


class Line:
    """``workers`` run at once and ``waiting`` more stand in line; of one ``name`` at most ``each`` are in it at once.
    Those of one name run in the order in which they came, and names take turns."""

    def __init__(self, kind: str, workers: int, waiting: int, each: int | None = None):
        self._kind, self._workers, self._most, self._each = kind, workers, workers + waiting, each
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self._running: dict[int, float] = {}
        self._renewed = 0.0
        self.open()

    def open(self) -> None:
        """With new threads: those of before may hang in a connection that is dead."""
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix=self._kind)
        self._turns: dict[str, Waiting] = {}

    def submit(self, ask: Callable[[], T], heard: asyncio.Future[T], name: str = "") -> "Future[T]":
        """Runs ``ask`` in a thread and tells ``heard``, in the running loop. Raises KgError BUSY."""
        with self._lock:
            if self._inside.total() >= self._most:
                raise KgError("Too many requests at once: try again in a moment.", code="BUSY")
            if self._each is not None and self._inside[name] >= self._each:
                raise KgError(
                    f"{self._each} of your requests are already running or waiting: wait for one to finish.",
                    code="BUSY",
                )
            self._inside[name] += 1
            work: Future[T] = Future()
            self._turns.setdefault(name, deque()).append((work, ask))
        loop = asyncio.get_running_loop()

        def ended(done: "Future[T]") -> None:
            with self._lock:
                self._inside[name] -= 1
            if not loop.is_closed():
                loop.call_soon_threadsafe(_tell, heard, done)

        work.add_done_callback(ended)
        self._threads.submit(self._next, self._turns)
        return work

    def _next(self, turns: dict[str, Waiting]) -> None:
        """The oldest of the name whose turn it is, which goes behind the others."""
        with self._lock:
            if not turns:
                return  # closed meanwhile
            name = next(iter(turns))
            mine = turns.pop(name)
            work, ask = mine.popleft()
            if mine:
                turns[name] = mine
        if not work.set_running_or_notify_cancel():
            return
        mark = threading.get_ident()
        self._running[mark] = time.monotonic()
        try:
            found = ask()
        except BaseException as error:
            work.set_exception(error)
        else:
            work.set_result(found)
        finally:
            self._running.pop(mark, None)

    def longest(self) -> float:
        """Seconds for which the oldest of those that run has run."""
        now = time.monotonic()
        return now - max(min(list(self._running.values()), default=now), self._renewed)

    def renew(self) -> None:
        """Those that run have run since now: what they waited for has only just begun to answer."""
        self._renewed = time.monotonic()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            waiting = [work for mine in self._turns.values() for work, _ in mine]
            self._turns.clear()
        for work in waiting:
            work.cancel()


def _tell(heard: asyncio.Future[T], done: "Future[T]") -> None:
    if heard.done() or done.cancelled():
        return
    if error := done.exception():
        heard.set_exception(error)
    else:
        heard.set_result(done.result())
