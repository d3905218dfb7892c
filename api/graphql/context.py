"""What a request works with: the graph, the signatures, and a bounded number of threads to read them in."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from strawberry.fastapi import BaseContext

from api.access.auth import Principal
from api.access.limits import Limits, exceeded
from api.access.line import Line
from api.graphql.loaders import Batch, Loader
from kg.atlas.objects import ObjectStore
from kg.errors import StoreError
from kg.jobs.space import Space
from kg.read import nodes as pages
from kg.read.nodes import Want
from kg.sides.snapshot import Snapshot, Snapshots, Stamp, StampWant
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.embedded import USER_QUERY_TIMEOUT_SECONDS

T = TypeVar("T")
log = logging.getLogger("orthokg.store")
PROBE_SECONDS = 5.0
CUT_SECONDS = 5.0
PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.5
_SLOW_SECONDS = 2.0
_FOR_LESS = "Ask for one level or one cell type at a time, or for a policy that is stored (one2one)."


class Backend:
    """Lives as long as the server. The store is the caller's to close.

    Questions wait in the order in which they came; those that compute, and curators' own queries, have lines of their
    own, the latter of fewer threads than the store takes queries at once, so that they never stop the others. ``watch``
    looks whether the store still answers, but only when it gives reason to: while it does not, every question, also one
    that has begun, is refused at once with STORE_DOWN. An embedded store that stays silent, or does not end a query at
    its limit, is started again, and so is one that has ended: meanwhile questions wait, within their time.
    """

    def __init__(self, store: Store, signatures: Path, limits: Limits):
        self.store, self.limits, self._signatures = store, limits, signatures
        self.snapshots = Snapshots(store, signatures)
        self._asked: dict[asyncio.Future[object], float] = {}
        self._down = self._suspect = False
        self._prober = ThreadPoolExecutor(1, thread_name_prefix="probe")
        self._mender = ThreadPoolExecutor(1, thread_name_prefix="mend")
        self._questions = Line("question", limits.workers, limits.waiting)
        self._computing = Line("computing", limits.computing, limits.computing_waiting)
        self._curators = Line("curator", limits.cypher_workers, limits.cypher_waiting, limits.cypher_each)
        self._uploads = Line("upload", limits.uploads, 0, limits.uploads_each)
        self._lines = (self._questions, self._computing, self._curators)

    @property
    def signatures(self) -> SignatureStore:
        """Opened again for each question, so that an answer after an ingest has the new data."""
        return SignatureStore(self._signatures)

    @property
    def objects(self) -> ObjectStore:
        """Of atlases: where ``ORTHOKG_ATLAS`` says, else beside the signatures."""
        return ObjectStore.of(home_folder=self._signatures.parent)

    def space(self, principal: Principal) -> Space:
        """What a token may see of uploads and jobs, and nobody else: nothing is made on the disk."""
        return Space.of(principal.name, self.store.home)

    async def run(self, ask: Callable[[], T], seconds: float) -> T:
        """``ask()`` in a thread. What has begun cannot be stopped: it keeps its thread until it ends, though nobody
        waits for it.

        Raises KgError: BUSY, LIMIT_EXCEEDED, or STORE_DOWN while the store does not answer.
        """
        return await self._heard(self._questions, ask, seconds, _FOR_LESS)

    async def compute(self, ask: Callable[[], T], seconds: float) -> T:
        """What computes for long, in threads of its own, so that plain questions go on; raises as ``run`` does."""
        return await self._heard(self._computing, ask, seconds, _FOR_LESS)

    async def run_cypher(self, ask: Callable[[], T], name: str) -> T:
        """A curator's own query, of the token ``name``; raises as ``run`` does."""
        remedy = "Ask for less, or start from a node's id."
        return await self._heard(self._curators, ask, self.limits.seconds, remedy, name)

    async def receive(self, write: Callable[[], T], name: str) -> T:
        """An upload of the token ``name``, in threads of its own, as long as bytes come. Raises KgError BUSY, and what
        ``write`` raises."""
        heard: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._uploads.submit(write, heard, name)
        return await heard

    async def _heard(self, line: Line, ask: Callable[[], T], seconds: float, remedy: str, name: str = "") -> T:
        if self._down:
            raise gone()
        heard: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        work = line.submit(ask, heard, name)
        self._asked[heard] = time.monotonic()  # type: ignore[index]
        try:
            return await asyncio.wait_for(heard, max(seconds, 0))
        except TimeoutError:
            work.cancel()
            raise exceeded("Seconds for one request", self.limits.seconds, remedy) from None
        except StoreError as error:
            self._suspect |= error.code == "STORE_DOWN"
            raise
        finally:
            del self._asked[heard]  # type: ignore[arg-type]

    async def probe(self) -> None:
        """Raises StoreError when the store does not answer within ``PROBE_SECONDS``."""
        if self._down:
            raise gone()
        await self._ping()

    async def _ping(self) -> None:
        work = asyncio.wrap_future(self._prober.submit(self.store.ping))
        done, _ = await asyncio.wait({work}, timeout=PROBE_SECONDS)
        if not done:
            work.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise gone()
        work.result()

    async def watch(self) -> None:
        """Runs beside the server until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._curators.longest() > self._limit() + CUT_SECONDS:
                await self._start_again(f"it did not end a query at its limit of {self._limit():g} s")
            oldest = min(self._asked.values(), default=float("inf"))
            if self.store.starting:
                continue  # what is asked meanwhile waits for it
            if self._suspect or time.monotonic() - oldest > _SLOW_SECONDS:
                self._suspect = False
                try:
                    await self.probe()
                except StoreError:
                    if not self.store.starting:  # the probe may have found it gone, and start it again
                        await self._sit_out()

    def _limit(self) -> float:
        """Seconds after which the store itself ends a curator's query, where it can."""
        return max(self.limits.cypher_seconds, USER_QUERY_TIMEOUT_SECONDS if self.store.server else 0)

    async def _start_again(self, why: str) -> None:
        """The embedded server, when it is ours: what waits for it is asked again. Neo4j is its operator's to start."""
        if self.store.server is None:
            return
        log.warning("the embedded store is started again: %s", why)
        try:
            await asyncio.wrap_future(self._mender.submit(self.store.restart))
        except StoreError as error:
            log.error("the embedded store could not be started again: %s", error)
        self._curators.renew()

    async def _sit_out(self) -> None:
        """From the store's end until it answers again."""
        self._down = True
        for heard in self._asked:
            if not heard.done():
                heard.set_exception(gone())
        for line in self._lines:
            line.close()
        patience = time.monotonic() + PATIENCE_SECONDS
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                try:
                    await self._ping()
                    return
                except StoreError:
                    if time.monotonic() > patience:
                        await self._start_again(f"it has not answered for {PATIENCE_SECONDS:g} s")
                        patience = time.monotonic() + PATIENCE_SECONDS
        finally:
            for line in self._lines:
                line.open()
            self._down = False

    def close(self) -> None:
        for threads in (self._prober, self._mender):
            threads.shutdown(wait=False, cancel_futures=True)
        for line in (*self._lines, self._uploads):
            line.close()


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

    async def compute(self, question: Callable[[Backend], T]) -> T:
        """As ``ask``, for what computes for long."""
        return await self.backend.compute(lambda: question(self.backend), self._until - time.monotonic())

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
