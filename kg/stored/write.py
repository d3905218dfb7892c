"""Matches in the graph: records to nodes and relationships, and parts of them back (whole ones:
``kg.stored.whole``)."""

from dataclasses import fields
from typing import Any, get_args

from kg.match.compared import LEVELS
from kg.records.match import AllGiven, AxesOut, Band, Change, Cohort, GivenState, MatchRecord, ReferenceVerdict
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes

_PROPERTIES = {p.name for p in NODE_BY_LABEL["Match"].properties}
PLAIN = tuple(f.name for f in fields(MatchRecord) if f.name in _PROPERTIES)
"""Fields of a record that a stored match has under the same name: a new one is a field there and a property in
``kg.schema``."""
MAY_LACK = frozenset(f.name for f in fields(MatchRecord) if type(None) in get_args(f.type))
_CHANGE = tuple(f.name for f in fields(Change) if f.name != "feature")
_GIVEN = tuple(f.name for f in fields(GivenState) if f.name != "state")
_COHORT = ("status", "null", "score", "p")


def write_matches(store: Store, records: list[MatchRecord], *, source: str, run: str) -> None:
    """Write a family of one level; idempotent."""
    write_nodes(store, "Match", [_node(r, rank) for rank, r in enumerate(records)], source=source, run=run)
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


def _node(r: MatchRecord, rank: int) -> dict[str, Any]:
    low, high = r.interval or (None, None)
    axes, every = r.axes_out, r.all_given
    return {
        "id": r.id,
        **_row(r, PLAIN),
        "low": low,
        "high": high,
        "null_mouse": r.null.mouse,
        "null_human": r.null.human,
        "axes_out_score": axes.score if axes else None,
        "axes_out_p": axes.p if axes else None,
        "axes": axes.axes if axes else None,
        "axes_source": axes.source if axes else None,
        "all_given_share": every.share if every else None,
        "all_given_low": every.low if every else None,
        "all_given_high": every.high if every else None,
        "all_given_states": list(every.states) if every else [],
        "all_given_left_out": list(every.left_out) if every else [],
        "reference_ids": [each.reference for each in r.references],
        "reference_labels": [each.label for each in r.references],
        "reference_p": [each.p for each in r.references],
        "band_policies": [b.policy for b in r.policy_band],
        "band_scores": [b.score for b in r.policy_band],
        "band_p": [-1.0 if b.p is None else b.p for b in r.policy_band],
        "band_statuses": [str(b.status) for b in r.policy_band],
        "rank": rank,
    }


def _row(part: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _stored(getattr(part, name)) for name in names}


def _stored(value: Any) -> Any:
    """As the graph holds it: a list of a tuple, and plain text of an enum."""
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, str) else value


def change_of(feature: str, c: dict[str, Any]) -> Change:
    """A change from its relationship's properties."""
    values: dict[str, Any] = {name: _as_kept(c.get(name)) for name in _CHANGE}
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


def _as_kept(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def band_of(k: dict[str, Any]) -> tuple[Band, ...]:
    """Verdicts under the orthology policies, from a match's properties."""
    rows = zip(*(k.get(f"band_{what}") or () for what in ("policies", "scores", "p", "statuses")), strict=True)
    return tuple(Band(p, s, None if v < 0 else v, t) for p, s, v, t in rows)


def axes_of(k: dict[str, Any]) -> AxesOut | None:
    if k.get("axes_out_score") is None:
        return None
    return AxesOut(k["axes_out_score"], k["axes_out_p"], k["axes"], k["axes_source"])


def all_given_of(k: dict[str, Any]) -> AllGiven | None:
    if k.get("all_given_share") is None:
        return None
    states, left_out = (tuple(k.get(f"all_given_{what}") or ()) for what in ("states", "left_out"))
    return AllGiven(k["all_given_share"], k["all_given_low"], k["all_given_high"], states, left_out)


def references_of(k: dict[str, Any]) -> tuple[ReferenceVerdict, ...]:
    rows = zip(*(k.get(f"reference_{what}") or () for what in ("ids", "labels", "p")), strict=True)
    return tuple(ReferenceVerdict(*row) for row in rows)
