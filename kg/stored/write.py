"""Matches into the graph: records to nodes and relationships."""

from typing import Any

from kg.match.compared import LEVELS
from kg.match.verdict import Status
from kg.schema.match import MatchRecord
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from kg.stored.form import CHANGE, COHORT, GIVEN, NEGATIVE, node_of, stored


def write_matches(store: Store, records: list[MatchRecord], *, source: str, run: str) -> None:
    """Write a family of one level; idempotent."""
    write_nodes(
        store, "Match", [{**node_of(r), "rank": rank} for rank, r in enumerate(records)], source=source, run=run
    )
    sides = [
        {"subject": r.id, "object": getattr(r, side), "side": side} for r in records for side in ("mouse", "human")
    ]
    write_edges(store, "MATCH_OF", "Match", "Contrast", sides, source=source, run=run)
    cohorts = [
        {"subject": r.id, "object": c.contrast, "rank": at, **_row(c, COHORT)}
        for r in records
        for at, c in enumerate(r.cohorts)
    ]
    write_edges(store, "COHORT", "Match", "Contrast", cohorts, source=source, run=run)
    given = [
        {"subject": r.id, "object": g.state, "rank": at, **_row(g, GIVEN)}
        for r in records
        for at, g in enumerate(r.given)
    ]
    write_edges(store, "GIVEN", "Match", "DiseaseState", given, source=source, run=run)
    models = [
        {"subject": r.id, "object": g.state, "rank": at, **_row(g, GIVEN)}
        for r in records
        for at, g in enumerate(r.model_given)
    ]
    write_edges(store, "GIVEN_MODEL", "Match", "Contrast", models, source=source, run=run)
    negative = [
        {"subject": r.mouse, "object": r.state, "match_id": r.id, **_row(r, NEGATIVE)}
        for r in records
        if r.status == Status.NOT_SUPPORTED
    ]
    write_edges(store, "DOES_NOT_MATCH", "Contrast", "DiseaseState", negative, source=source, run=run)
    for level in {r.level for r in records}:
        rows = [
            {"subject": r.id, "object": c.feature, "rank": at, **_row(c, CHANGE)}
            for r in records
            if r.level == level
            for at, c in enumerate(r.changes)
        ]
        write_edges(store, "SUPPORTED_BY", "Match", LEVELS[level].target, rows, source=source, run=run)


def _row(part: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: stored(getattr(part, name)) for name in names}
