"""Matches in the graph: records to nodes and relationships, and parts of them back (whole ones:
``kg.stored.whole``)."""

from dataclasses import fields
from typing import Any

from kg.match.compared import LEVELS
from kg.schema.match import Change, Cohort, GivenState, MatchRecord
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from kg.stored.form import as_kept, node_of, stored

_CHANGE = tuple(f.name for f in fields(Change) if f.name != "feature")
_GIVEN = tuple(f.name for f in fields(GivenState) if f.name != "state")
_COHORT = ("status", "null", "score", "p")


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
        {"subject": r.id, "object": c.contrast, "rank": at, **_row(c, _COHORT)}
        for r in records
        for at, c in enumerate(r.cohorts)
    ]
    write_edges(store, "COHORT", "Match", "Contrast", cohorts, source=source, run=run)
    given = [
        {"subject": r.id, "object": g.state, "rank": at, **_row(g, _GIVEN)}
        for r in records
        for at, g in enumerate(r.given)
    ]
    write_edges(store, "GIVEN", "Match", "DiseaseState", given, source=source, run=run)
    models = [
        {"subject": r.id, "object": g.state, "rank": at, **_row(g, _GIVEN)}
        for r in records
        for at, g in enumerate(r.model_given)
    ]
    write_edges(store, "GIVEN_MODEL", "Match", "Contrast", models, source=source, run=run)
    for level in {r.level for r in records}:
        rows = [
            {"subject": r.id, "object": c.feature, "rank": at, **_row(c, _CHANGE)}
            for r in records
            if r.level == level
            for at, c in enumerate(r.changes)
        ]
        write_edges(store, "SUPPORTED_BY", "Match", LEVELS[level].target, rows, source=source, run=run)


def _row(part: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: stored(getattr(part, name)) for name in names}


def change_of(feature: str, c: dict[str, Any]) -> Change:
    """A change from its relationship's properties."""
    values: dict[str, Any] = {name: as_kept(c.get(name)) for name in _CHANGE}
    return Change(feature, **values)


def cohort_of(o: dict[str, Any], c: dict[str, Any]) -> Cohort:
    """A cohort from its contrast (with region, licence and dataset) and its relationship."""
    values: dict[str, Any] = {name: c.get(name) for name in _COHORT}
    return Cohort(
        o["id"],
        o["label"],
        o["region"] or "",
        o.get("n_case") or 0,
        o.get("n_control") or 0,
        flags=tuple(o.get("flags") or ()),
        licence=o["licence"] or "",
        dataset=o["dataset"] or "",
        **values,
    )


def given_of(state: str, g: dict[str, Any]) -> GivenState:
    """Another state or model in a match, from its relationship's properties."""
    values: dict[str, Any] = {name: g.get(name) for name in _GIVEN}
    return GivenState(state, **values)
