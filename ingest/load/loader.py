"""Batches into the graph: nodes before relationships, and last of all the Source node that says which run it holds."""

import hashlib
import json
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ingest.batch import Batch
from ingest.load.gaps import Gaps
from ingest.load.licences import licence_of
from ingest.load.report import Step
from kg.read.similar import ensure_place_index
from kg.store.driver import Store
from kg.store.write import cleanup, write_edges, write_nodes

VERSION = "3"
MENDING = "orthokg:run/mending"
MOST_PENDING = 500


@dataclass(frozen=True)
class _Begun:
    """A batch whose nodes are in the graph. ``again``: an earlier run of it was; ``unchanged``: that run was this
    one."""

    batch: Batch
    run: str
    again: bool
    unchanged: bool
    seconds: float = 0.0


class Loader:
    """Writes what has changed since the last run of a batch; ``damaged``: sources whose rows are written again
    whatever their run says."""

    def __init__(self, store: Store, gaps: Gaps, damaged: Collection[str] = ()):
        self.store, self.gaps, self.damaged = store, gaps, damaged

    def load(self, batches: Iterable[Batch]) -> None:
        """Nodes of all before the relationships of any, which may lead from one batch to another, whichever comes
        first."""
        begun: list[_Begun] = []
        for batch in batches:
            self.gaps.attempt(batch.source, lambda batch=batch: begun.append(self._place(batch)))
        for each in begun:
            self.gaps.attempt(each.batch.source, lambda each=each: self._relate(each))

    def _place(self, batch: Batch) -> _Begun:
        """The nodes of a batch, unless the graph has all of it."""
        started, run = time.monotonic(), _run(batch)
        self.gaps.report.quarantined[batch.source] = batch.quarantined
        done = self.store.read(
            "MATCH (s:Source {id: $id}) RETURN s.run AS run, s.status AS status, s.pending AS pending,"
            " s.licence AS licence, s.redistribute AS redistribute, s.citation AS citation, s.url AS url",
            id=batch.source,
        )
        same = bool(done) and (done[0]["run"], done[0]["status"]) == (run, "loaded")
        whole = batch.source not in self.damaged
        begun = _Begun(
            batch, run, bool(done) or not whole, same and whole and len(done[0]["pending"] or ()) <= MOST_PENDING
        )
        if not whole:
            self._rewrite(batch)
        terms = licence_of(batch)
        if begun.unchanged and any((done[0][name] or "") != (value or "") for name, value in terms.items()):
            write_nodes(self.store, "Source", [{"id": batch.source, **terms}], source=batch.source, run=run)
        if not begun.unchanged:
            own = {"id": run, "label": f"ingest {batch.source}", "method": f"ingest {VERSION}"}
            for label, rows in [("Run", [own]), *batch.nodes.items()]:
                write_nodes(self.store, label, rows, source=batch.source, run=run)
            if any("place" in row for row in batch.nodes.get("CellPopulation", ())):
                ensure_place_index(self.store)
        return replace(begun, seconds=time.monotonic() - started)

    def _rewrite(self, batch: Batch) -> None:
        """All of a source whose rows are not what they were: as they are to be, under a run that is nobody's, and what
        else bears its name goes. Then it is loaded as ever."""
        source, run = batch.source, MENDING
        for label, rows in batch.nodes.items():
            write_nodes(self.store, label, rows, source=source, run=run, exact=True)
        for key, rows in batch.edges.items():
            write_edges(self.store, *key, rows, source=source, run=run, exact=True)
        cleanup(self.store, source=source, run=run)

    def _relate(self, begun: _Begun) -> None:
        """The relationships of a batch, what it had and has no more, and last of all that the graph has it."""
        batch, started = begun.batch, time.monotonic()
        step = Step(
            batch.source,
            "unchanged" if begun.unchanged else "loaded",
            batch.read,
            batch.accepted,
            len(batch.quarantined),
            doubts=tuple(batch.doubts),
        )
        waiting: list[str] = []
        if not begun.unchanged:
            source, run = batch.source, begun.run
            for key, rows in batch.edges.items():
                count = write_edges(self.store, *key, rows, source=source, run=run)
                step.dangling += len(count.dangling)
                if some := [f"{one} -> {two}" for one, two in count.dangling[:3]]:
                    step.told.append(
                        f"{key[0]}: an end of {len(count.dangling)} is not in the graph: {', '.join(some)}"
                    )
                    waiting += _waiting(key, rows, count.dangling)
            if begun.again:
                cleanup(self.store, source=source, run=run)
            write_nodes(self.store, "Source", [self._source_row(batch, waiting)], source=source, run=run)
        step.seconds, step.told = begun.seconds + time.monotonic() - started, [*batch.told, *step.told]
        self.gaps.report.steps.append(step)

    def join_pending(self) -> None:
        """Relationships of any source whose ends have come since, whichever manifest brought them."""
        for row in self.store.read(
            "MATCH (s:Source) WHERE s.pending IS NOT NULL RETURN s.id AS id, s.run AS run, s.pending AS pending"
        ):
            if not 0 < len(row["pending"]) <= MOST_PENDING:
                continue
            by_key: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
            for kind, subject, target, edge in map(json.loads, row["pending"]):
                by_key.setdefault((kind, subject, target), []).append(edge)
            left: list[str] = []
            for key, edges in by_key.items():
                count = write_edges(self.store, *key, edges, source=row["id"], run=row["run"])
                left += _waiting(key, edges, count.dangling)
            if sorted(left) != row["pending"]:
                self.store.write("MATCH (s:Source {id: $id}) SET s.pending = $left", id=row["id"], left=sorted(left))

    def _source_row(self, batch: Batch, waiting: list[str]) -> dict[str, Any]:
        return {
            "id": batch.source,
            "label": batch.source,
            "version": batch.version,
            "status": "loaded",
            "reason": _cut("; ".join(batch.told)),
            "pending": sorted(waiting)[: MOST_PENDING + 1],
            "read_rows": batch.read,
            "accepted": batch.accepted,
            "quarantined": len(batch.quarantined),
            **licence_of(batch),
        }


def _waiting(key: tuple[str, str, str], rows: list[dict[str, Any]], dangling: list[tuple[str, str]]) -> list[str]:
    """Rows without an end, as the graph keeps them; no more than it keeps."""
    ends = set(dangling)
    some = [row for row in rows if (row["subject"], row["object"]) in ends][: MOST_PENDING + 1]
    return [json.dumps([*key, row], sort_keys=True, default=lambda value: value.item()) for row in some]


def _cut(text: str, most: int = 2000) -> str:
    """As much as the graph keeps; what is cut off was on the screen."""
    return text if len(text) <= most else f"{text[: most - 60]} ... and more, shown by the ingest"


def _run(batch: Batch) -> str:
    """Named by everything that the batch would write."""
    digest = hashlib.sha256(f"{VERSION}\n{batch.source}\n{batch.version}\n{batch.read}\n{batch.accepted}".encode())
    for name, rows in [*batch.nodes.items(), *((str(k), v) for k, v in batch.edges.items())]:
        digest.update(f"\n{name} {len(rows)}".encode())
        for row in rows:
            digest.update(repr(row).encode())
    return f"orthokg:run/{digest.hexdigest()[:12]}"
