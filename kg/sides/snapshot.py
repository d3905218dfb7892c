"""What was read of one state of the graph, kept while that state lasts.

The catalogue and the workspace are slow to read and the same for every question until something is ingested. Each load
gives its Source a new run, so the runs of all sources and the version of the signatures are the stamp of a state: it is
read with every question, and what was kept under another stamp is read again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from kg.read.nodes import Branch
from kg.read.nodes import read as read_level
from kg.records.match import Gap
from kg.schema.links import FEEDS
from kg.sides.catalog import Catalog
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore
from kg.store.driver import Store

T = TypeVar("T")
_KEPT = 64


@dataclass(frozen=True)
class Stamp:
    """``runs``: (source, run) of all; ``missing``: (source, reason) of those not loaded; ``releases``: (name,
    data version, stamp), oldest first."""

    runs: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]
    releases: tuple[tuple[str, str, str], ...]
    matches: int


def missing_of(stamp: Stamp, fed: Sequence[str] | None = None) -> list[Gap]:
    """Sources that are not loaded; of those only that bring one of the labels or relationships ``fed``, when given."""
    begin = None if fed is None else tuple(start for name in fed for start in FEEDS.get(name, ()))
    return [
        Gap("missing", source, reason or "not loaded", "orthokg ingest, with a network or ORTHOKG_CACHE")
        for source, reason in stamp.missing
        if begin is None or source.startswith(begin)
    ]


@dataclass(frozen=True)
class StampWant:
    """The stamp of the graph as it stands; the ids of ``read`` mean nothing."""

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:  # noqa: ARG002
        def of(label: str, names: str) -> Branch:
            made = (
                f"MATCH (s:{label}) RETURN '{tag}' AS tag, '{label}' AS parent, s {{{names}}} AS node, NULL AS edge, "
            )
            return Branch(made + "[] AS key", {})

        # A bare count is looked up by both stores; beside other columns they would read every match.
        count = (
            f"CALL () {{ MATCH (k:Match) RETURN count(k) AS n }} RETURN '{tag}' AS tag, 'Match' AS parent, NULL AS"
            " node, NULL AS edge, [n] AS key"
        )
        return [
            of("Source", ".id, .run, .status, .reason"),
            of("Release", ".id, .label, .data_version, .stamp, .when"),
            Branch(count, {}),
        ]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        sources = sorted((r["node"] for r in rows if r["parent"] == "Source"), key=lambda s: s["id"])
        releases = sorted(
            (r["node"] for r in rows if r["parent"] == "Release"), key=lambda r: (r["when"] or "", r["id"])
        )
        stamp = Stamp(
            tuple((s["id"], s["run"] or "") for s in sources),
            tuple((s["id"], s["reason"] or "") for s in sources if s["status"] and s["status"] != "loaded"),
            tuple((r["label"] or r["id"], r["data_version"] or "", r["stamp"] or "") for r in releases),
            sum(r["key"][0] for r in rows if r["parent"] == "Match"),
        )
        return dict.fromkeys(ids, stamp)


@dataclass
class Snapshot:
    """One state of the graph, and what questions about it have found so far (the last of each kind, a bounded
    number)."""

    stamp: Stamp
    catalog: Catalog
    signatures: SignatureStore
    version: str
    _kept: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def workspace(self) -> Workspace:
        return self.keep("workspace", lambda: Workspace(self.catalog, self.signatures))

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """``make()``, once while the snapshot remembers it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key])
        made = make()
        with self._lock:
            made = self._kept.setdefault(key, made)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def kept(self, key: Hashable) -> Any:
        """What :meth:`keep` holds under this key; None where it holds nothing."""
        with self._lock:
            return self._kept.get(key)


class Snapshots:
    """The present snapshot of a store and the folder of its signatures. Safe to share between threads."""

    def __init__(self, store: Store, folder: Path):
        self._store, self._folder = store, folder
        self._reading = threading.Lock()
        self._now: Snapshot | None = None
        self._index: tuple[int, int, int] | None = None
        self._signatures = SignatureStore(folder)
        self._version = self._signatures.version

    def last(self) -> Snapshot | None:
        """The one read last; whether it still holds, :meth:`holds` says."""
        return self._now

    def signatures(self) -> SignatureStore:
        """The signatures as they stand: their index is read again when the file was replaced."""
        try:
            found = (self._folder / "index.json").stat()
            index = (found.st_mtime_ns, found.st_size, found.st_ino)
        except FileNotFoundError:
            index = None
        if index != self._index:
            fresh = SignatureStore(self._folder)
            self._version, self._signatures, self._index = fresh.version, fresh, index
        return self._signatures

    def holds(self, snapshot: Snapshot, stamp: Stamp) -> bool:
        self.signatures()
        return snapshot.stamp == stamp and snapshot.version == self._version

    def current(self, stamp: Stamp | None = None) -> Snapshot:
        """The snapshot of this stamp (None: of the graph as it stands), read when it is not available."""
        if stamp is None:
            (found,) = read_level(self._store, [(StampWant(), [""])])
            stamp = cast(Stamp, found[""])
        with self._reading:
            now = self._now
            if now is None or not self.holds(now, stamp):
                signatures = self.signatures()
                now = Snapshot(stamp, Catalog.read(self._store), signatures, self._version)
                self._now = now
        return now
