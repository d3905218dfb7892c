"""What a request works with: the graph, the signatures, and a bounded number of threads to read them in."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from strawberry.fastapi import BaseContext

from api.auth import Principal
from api.limits import Limits, exceeded
from api.loaders import Batch, Loader
from kg import pages
from kg.errors import KgError, StoreError
from kg.pages import Want
from kg.signatures import SignatureStore
from kg.snapshot import Snapshot, Snapshots, Stamp, StampWant
from kg.store import Store

T = TypeVar("T")
PROBE_SECONDS = 5.0
_LOOK_SECONDS = 0.5
_SLOW_SECONDS = 2.0


class Backend:
    """Lives as long as the server. The store is the caller's to close.

    Questions wait in the order in which they came. ``watch`` looks whether the store still answers, but only when it
    gives reason to: while it does not, every question, also one that has begun, is refused at once with STORE_DOWN.
    """

    def __init__(self, store: Store, signatures: Path, limits: Limits):
        self.store, self.limits, self._signatures = store, limits, signatures
        self.snapshots = Snapshots(store, signatures)
        self._asked: dict[asyncio.Future[object], float] = {}
        self._down = self._suspect = False
        self._prober = ThreadPoolExecutor(1, thread_name_prefix="probe")
        self._open()

    def _open(self) -> None:
        self._threads = ThreadPoolExecutor(self.limits.workers, thread_name_prefix="question")
        self._places = threading.BoundedSemaphore(self.limits.workers + self.limits.waiting)

    @property
    def signatures(self) -> SignatureStore:
        """Opened anew for each question, so that an answer after an ingest has the new data."""
        return SignatureStore(self._signatures)

    async def run(self, ask: Callable[[], T], seconds: float) -> T:
        """``ask()`` in a thread. What has begun cannot be stopped: it keeps its thread until it ends, unheard.

        Raises KgError: BUSY, LIMIT_EXCEEDED, or STORE_DOWN while the store does not answer.
        """
        if self._down:
            raise gone()
        places, loop = self._places, asyncio.get_running_loop()
        if not places.acquire(blocking=False):
            raise KgError("Too many questions at once: ask again in a moment.", code="BUSY")
        heard: asyncio.Future[T] = loop.create_future()
        work = self._threads.submit(ask)
        work.add_done_callback(lambda done: self._tell(loop, heard, done, places))
        self._asked[heard] = time.monotonic()  # type: ignore[index]
        try:
            return await asyncio.wait_for(heard, max(seconds, 0))
        except TimeoutError:
            work.cancel()
            remedy = "Ask for one level or one cell type at a time, or for a policy that is stored (one2one)."
            raise exceeded("Seconds for one request", self.limits.seconds, remedy) from None
        except StoreError as error:
            self._suspect |= error.code == "STORE_DOWN"
            raise
        finally:
            del self._asked[heard]  # type: ignore[arg-type]

    @staticmethod
    def _tell(
        loop: asyncio.AbstractEventLoop, heard: asyncio.Future[T], done: Future[T], places: threading.Semaphore
    ) -> None:
        def now() -> None:
            if heard.done() or done.cancelled():
                return
            if error := done.exception():
                heard.set_exception(error)
            else:
                heard.set_result(done.result())

        places.release()
        if not loop.is_closed():
            loop.call_soon_threadsafe(now)

    async def probe(self) -> None:
        """Raises StoreError when the store does not answer within ``PROBE_SECONDS``."""
        if self._down:
            raise gone()
        work = asyncio.wrap_future(self._prober.submit(self.store.ping))
        try:
            await asyncio.wait_for(asyncio.shield(work), PROBE_SECONDS)
        except TimeoutError:
            work.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise gone() from None

    async def watch(self) -> None:
        """Runs beside the server until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            oldest = min(self._asked.values(), default=float("inf"))
            if self._suspect or time.monotonic() - oldest > _SLOW_SECONDS:
                self._suspect = False
                try:
                    await self.probe()
                except StoreError:
                    await self._sit_out()

    async def _sit_out(self) -> None:
        """From the store's end until it answers again."""
        self._down = True
        for heard in self._asked:
            if not heard.done():
                heard.set_exception(gone())
        self._threads.shutdown(wait=False, cancel_futures=True)  # its threads may hang in a connection that is dead
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                try:
                    await asyncio.wrap_future(self._prober.submit(self.store.ping))
                except StoreError:
                    continue
                return
        finally:
            self._open()
            self._down = False

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._prober.shutdown(wait=False, cancel_futures=True)


def gone() -> StoreError:
    return StoreError("The store does not answer.", code="STORE_DOWN")


class Context(BaseContext):
    """One request, who asks, and what the query costs (known once it is validated)."""

    def __init__(self, backend: Backend, principal: Principal):
        super().__init__()
        self.backend, self.principal = backend, principal
        self.cost: int | None = None
        self._until = time.monotonic() + backend.limits.seconds
        self._loader = Loader(self._read)

    async def ask(self, question: Callable[[Backend], T]) -> T:
        return await self.backend.run(lambda: question(self.backend), self._until - time.monotonic())

    async def load(self, want: Want, key: str = "") -> Any:
        """What ``want`` finds for an id, read together with all else that its level of the query wants."""
        return await self._loader.load(want, key)

    async def snapshot(self) -> Snapshot:
        """The catalogue and the signatures of the graph as it stands."""
        stamp: Stamp = await self.load(StampWant())
        now = self.backend.snapshots.last()
        if now is not None and self.backend.snapshots.holds(now, stamp):
            return now
        return await self.ask(lambda backend: backend.snapshots.current(stamp))

    async def _read(self, batch: Batch) -> list[dict[str, Any]]:
        return await self.ask(lambda backend: pages.read(backend.store, batch))
