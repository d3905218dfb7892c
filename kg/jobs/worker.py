"""The worker: claims jobs, taking turns between owners, runs each in a process of its own, and records in the graph how
it ended. It runs as a thread of the server, or as ``orthokg jobs work``. If it is killed, its jobs' processes end with
it, and the next worker takes the jobs over: at once if the worker is known to be dead, otherwise when the lease
expires."""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import KgError
from kg.jobs import curations, inbox, queue, rows
from kg.jobs import folder as kept
from kg.jobs.limits import JobLimits
from kg.jobs.process import BUSY, Bounds, Launched, Launcher, LocalLauncher, Outcome, environment
from kg.jobs.progress import last, tell
from kg.jobs.record import State
from kg.jobs.space import Space, spaces
from kg.jobs.sweep import sweep
from kg.store.driver import Store

_TICK_SECONDS = 0.1
_LOOK_SECONDS = 1.0
_BEAT_SECONDS = 10.0
_SWEEP_SECONDS = 3600.0
log = logging.getLogger("orthokg.jobs")


@dataclass
class _Running:
    claim: rows.Claim
    folder: Path
    launched: Launched
    outcome: Outcome | None = None


class Worker:
    """``slots``: concurrent jobs; with 0 it runs none, but still answers requests of other processes."""

    def __init__(
        self,
        store: Store,
        home: Path | None = None,
        slots: int = 1,
        *,
        limits: JobLimits | None = None,
        launcher: Launcher | None = None,
    ):
        self.store, self.home, self.slots = store, home or store.home, slots
        self.limits = limits or JobLimits.read(os.environ)
        self.launcher = launcher or LocalLauncher()
        self.name = rows.worker_name()
        self._running: list[_Running] = []
        self._bell = 0
        self._next = {"look": 0.0, "beat": 0.0, "sweep": 0.0}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> "Worker":
        """Starts a thread. Does nothing if this process may only read the store: then the process that writes it has
        the worker."""
        if self.store.writes:
            self._thread = threading.Thread(target=self._work, daemon=True, name="jobs")
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stops its jobs and requeues them for the next worker; this does not count as a failure."""
        self._over.set()
        if self._thread:
            self._thread.join()
            self._thread = None
        for each in self._running:
            each.launched.stop()
            self._tried(lambda each=each: rows.give_back(self.store, each.claim, self.name, 0, last(each.folder)[:2]))
        self._running = []

    def run_until_idle(self) -> None:
        """Runs in this thread until no job waits or runs, then stops."""
        try:
            while self._step() or self._running:
                time.sleep(_TICK_SECONDS)
                if len(self._running) < self.slots:
                    self._next["look"] = 0.0
        finally:
            self.stop()

    def _work(self) -> None:
        while not self._over.wait(_TICK_SECONDS):
            self._tried(self._step)

    def _tried(self, do: Callable[[], object]) -> None:
        """Logs errors and carries on: an unavailable store may come back by the next step."""
        try:
            do()
        except KgError as error:
            log.warning("jobs wait for the store", extra={"fields": {"code": error.code}})
        except Exception:
            log.exception("a step of the worker failed")

    def _step(self) -> bool:
        """One round of the worker. Returns whether a job was claimed."""
        inbox.take(self.home, self._answer)
        ended = False
        for each in [*self._running]:
            each.outcome = each.outcome or each.launched.poll()
            if each.outcome:
                self._settle(each, each.outcome)
                self._running.remove(each)
                ended = True
        if self._due("beat", _BEAT_SECONDS) and self._running:
            self._keep(rows.beat(self.store, self.name, {r.claim.job.id: last(r.folder)[:2] for r in self._running}))
        claimed = False
        if self._rung() or ended or self._due("look", _LOOK_SECONDS):
            if self._running:
                self._keep(rows.mine(self.store, self.name))
            while len(self._running) < self.slots and rows.is_due(self.store, self.name) and self._claim():
                claimed = True
        if self._due("sweep", _SWEEP_SECONDS):
            sweep(self.store, self.home, self.limits.days)
        return claimed

    def _answer(self, request: dict[str, Any]) -> Any:
        if request["do"] in curations.REQUESTS:
            return curations.answer(self.store, request)
        return queue.answer(self.store, request, self.home)

    def _due(self, what: str, seconds: float) -> bool:
        at = time.monotonic()
        if at < self._next[what]:
            return False
        self._next[what] = at + seconds
        return True

    def _rung(self) -> bool:
        try:
            at = (spaces(self.home) / "bell").stat().st_mtime_ns
        except FileNotFoundError:
            return False
        rung, self._bell = at != self._bell, at
        return rung

    def _keep(self, own: set[str]) -> None:
        """Stops jobs that were cancelled, deleted or taken over, and removes their output."""
        for each in [*self._running]:
            if each.claim.job.id in own:
                each.launched.beat()
                continue
            each.launched.stop()
            self._running.remove(each)
            row = rows.row_of(self.store, each.claim.job.id)
            if row is None or State(row["state"]).ended:
                kept.clear_made(each.folder)

    def _claim(self) -> bool:
        found = rows.claim(self.store, self.name)
        if found is None:
            return False
        folder = Space.owned_by(found.owner, self.home).job_folder(found.job.id)
        if not (folder / kept.TASK).exists():
            rows.finish(self.store, found, self.name, State.FAILED, "JOB_LOST", (0, 0))
            return True
        tell(folder, {"state": "running", "attempt": found.job.attempt})
        own = self.limits
        bounds = Bounds(own.job_mb, own.job_seconds, own.space_mb, own.nice)
        env = environment(self.home, self.store.address, bounds, os.environ)
        self._running.append(_Running(found, folder, self.launcher.launch(folder, env, bounds)))
        return True

    def _settle(self, each: _Running, outcome: Outcome) -> None:
        """Records the outcome of a process that has ended. Raises StoreError, after which it is retried."""
        folder, steps = each.folder, last(each.folder)[:2]
        if (folder / kept.RESULT).exists():
            state, code = State.DONE, ""
        elif error := kept.read_error(folder):
            state, code = State.FAILED, error.code
        elif outcome.why:
            state, code = State.FAILED, outcome.why
        else:
            weight = 0 if outcome.code == BUSY else rows.CHILD
            if left := rows.give_back(self.store, each.claim, self.name, weight, steps):
                tell(folder, {"state": left})
                if left == State.FAILED:
                    kept.clear_made(folder)
            return
        if rows.finish(self.store, each.claim, self.name, state, code, steps):
            if state is State.DONE:
                kept.clear_passing(folder)
            else:
                kept.clear_made(folder)
            tell(folder, {"state": str(state)})
        else:
            row = rows.row_of(self.store, each.claim.job.id)
            if row is None or row["state"] == State.CANCELLED:
                kept.clear_made(folder)
