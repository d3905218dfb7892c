"""What a request works with: the graph, the signatures, and a bounded number of threads to read them in."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from strawberry.fastapi import BaseContext

from api.auth import Principal
from api.limits import Limits, exceeded
from api.loaders import Batch, Loader
from kg import pages
from kg.errors import KgError
from kg.pages import Want
from kg.signatures import SignatureStore
from kg.snapshot import Snapshot, Snapshots, Stamp, StampWant
from kg.store import Store

T = TypeVar("T")


class Backend:
    """Lives as long as the server. The store is the caller's to close."""

    def __init__(self, store: Store, signatures: Path, limits: Limits):
        self.store, self.limits, self._signatures = store, limits, signatures
        self.snapshots = Snapshots(store, signatures)
        self._threads = ThreadPoolExecutor(limits.workers, thread_name_prefix="question")
        self._places = threading.BoundedSemaphore(limits.workers + limits.waiting)

    @property
    def signatures(self) -> SignatureStore:
        """Opened anew for each question, so that an answer after an ingest has the new data."""
        return SignatureStore(self._signatures)

    async def run(self, ask: Callable[[], T], seconds: float) -> T:
        """``ask()`` in a thread. What has begun cannot be stopped: it keeps its thread until it ends, unheard."""
        if not self._places.acquire(blocking=False):
            raise KgError("Too many questions at once: ask again in a moment.", code="BUSY")
        work = self._threads.submit(ask)
        work.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(work), max(seconds, 0))
        except TimeoutError:
            remedy = "Ask for one level or one cell type at a time, or for a policy that is stored (one2one)."
            raise exceeded("Seconds for one request", self.limits.seconds, remedy) from None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Context(BaseContext):
    """One request, and who asks."""

    def __init__(self, backend: Backend, principal: Principal):
        super().__init__()
        self.backend, self.principal = backend, principal
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
