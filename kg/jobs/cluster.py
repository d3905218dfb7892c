"""Jobs on a Dask cluster: each runs as the same process as it would locally, started and monitored by a worker of the
cluster.

Needs the extra [models]. The cluster's workers must see the home under the same path, reach the graph, and have this
package installed.
"""

import importlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.errors import KgError
from kg.jobs.process import Bounds, LocalChild, Outcome

_POLL_SECONDS = 0.1
_STOP_SECONDS = 4.0
_FORGOTTEN_SECONDS = 45.0
_ALIVE = "alive"


class ClusterLauncher:
    """Runs jobs on a cluster. ``address``: of its scheduler, tcp://host:port. Raises KgError NEEDS_MODELS, or
    NO_SCHEDULER if none answers."""

    def __init__(self, address: str):
        try:
            self._distributed: Any = importlib.import_module("distributed")
        except ImportError as error:
            text = "jobs on a cluster need Dask: pip install 'orthokg[models]', or omit --scheduler"
            raise KgError(text, code="NEEDS_MODELS") from error
        try:
            self.client = self._distributed.Client(address, timeout="20s", set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            text = (
                f"no Dask scheduler answers at {address} ({error}): start one (`dask scheduler`), or omit --scheduler"
            )
            raise KgError(text, code="NO_SCHEDULER") from error

    def launch(self, folder: Path, env: Mapping[str, str], bounds: Bounds) -> "ClusterChild":
        return ClusterChild(self._distributed, self.client, folder, env, bounds)

    def close(self) -> None:
        self.client.close()


class ClusterChild:
    """A job on the cluster, stopped by an event that is polled ten times a second."""

    def __init__(self, distributed: Any, client: Any, folder: Path, env: Mapping[str, str], bounds: Bounds):
        self._folder = folder
        self._stop = distributed.Event(f"orthokg-stop-{folder.name}-{time.time_ns()}", client=client)
        self.beat()
        self._task = client.submit(_run, str(folder), dict(env), bounds, self._stop.name, pure=False, retries=0)

    def poll(self) -> Outcome | None:
        if not self._task.done():
            return None
        if self._task.status != "finished":  # its worker is gone
            return Outcome(-9)
        return self._task.result()

    def stop(self) -> None:
        self._stop.set()
        until = time.monotonic() + _STOP_SECONDS
        if self._task.status == "pending" and not (self._folder / "lock").exists():
            self._task.cancel()
        while not self._task.done() and time.monotonic() < until:
            time.sleep(_POLL_SECONDS / 2)

    def beat(self) -> None:
        (self._folder / _ALIVE).touch(mode=0o600)


def _run(folder: str, env: dict[str, str], bounds: Bounds, stop: str) -> Outcome:
    """Runs on a worker of the cluster. It also ends when its client is gone."""
    distributed: Any = importlib.import_module("distributed")
    event, place = distributed.Event(stop), Path(folder)
    if event.is_set():
        return Outcome(-15)
    child = LocalChild(place, env, bounds)
    while (ended := child.poll()) is None:
        if event.is_set() or _forgotten(place):
            child.stop()
            return Outcome(-15)
        time.sleep(_POLL_SECONDS)
    return ended


def _forgotten(folder: Path) -> bool:
    try:
        return time.time() - (folder / _ALIVE).stat().st_mtime > _FORGOTTEN_SECONDS
    except FileNotFoundError:
        return True
