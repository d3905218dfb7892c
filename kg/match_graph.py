"""Matches in the graph: records to nodes and relationships, and back."""

from typing import Any, LiteralString

from kg.records import AxesOut, Band, Change, Cohort, GivenState, MatchRecord, Null
from kg.store import Store
from kg.write import write_edges, write_nodes

_MATCHES: LiteralString = """
MATCH (k:Match {level: $level, policy: $policy})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)
WHERE m.id IN $mice AND k.disease = $disease
MATCH (k)-[:MATCH_OF {side: 'human'}]->(h:Contrast)-[:POOL_OF]->(s:DiseaseState)
RETURN k {.*} AS match, m.id AS mouse, m.label AS mouse_label, h.id AS human, h.label AS human_label, s.id AS state
ORDER BY k.rank, k.id
"""
_CHANGES: LiteralString = """
MATCH (k:Match)-[r:SUPPORTED_BY]->(f) WHERE k.id IN $ids
RETURN k.id AS match, f.id AS feature, r {.*} AS change ORDER BY k.id, r.rank
"""
_COHORTS: LiteralString = """
MATCH (k:Match)-[r:COHORT]->(o:Contrast) WHERE k.id IN $ids
OPTIONAL MATCH (o)-[:IN_TISSUE]->(t:Tissue)
OPTIONAL MATCH (o)-[:FROM_DATASET]->(d:Dataset)
RETURN k.id AS match, o {.id, .label, .n_case, .n_control, .flags} AS contrast, r {.*} AS cohort, t.label AS region,
  d.id AS dataset, d.licence AS licence ORDER BY k.id, r.rank
"""
_GIVEN: LiteralString = """
MATCH (k:Match)-[r:GIVEN]->(s:DiseaseState) WHERE k.id IN $ids
OPTIONAL MATCH (s)-[:HAS_DISEASE]->(d:Disease)
RETURN k.id AS match, s.id AS state, coalesce(d.label, s.label) AS label, r {.*} AS given ORDER BY k.id, r.rank
"""
_TARGET = {"gene": "Gene", "regulon": "Regulon", "module": "GeneModule", "activity": "Gene", "rewiring": "Gene"}


def write_matches(store: Store, records: list[MatchRecord], *, source: str, run: str) -> None:
    """Write a family of one level; idempotent."""
    options = {"source": source, "run": run}
    write_nodes(store, "Match", [_node(r, rank) for rank, r in enumerate(records)], **options)
    sides = [
        {"subject": r.id, "object": getattr(r, side), "side": side} for r in records for side in ("mouse", "human")
    ]
    write_edges(store, "MATCH_OF", "Match", "Contrast", sides, **options)
    cohorts = [
        {
            "subject": r.id,
            "object": c.contrast,
            "score": c.score,
            "p": c.p,
            "status": c.status,
            "null": c.null,
            "rank": rank,
        }
        for r in records
        for rank, c in enumerate(r.cohorts)
    ]
    write_edges(store, "COHORT", "Match", "Contrast", cohorts, **options)
    given = [
        {"subject": r.id, "object": g.state, "rank": rank, **_given(g)}
        for r in records
        for rank, g in enumerate(r.given)
    ]
    write_edges(store, "GIVEN", "Match", "DiseaseState", given, **options)
    for level in {r.level for r in records}:
        rows = [
            {"subject": r.id, "object": c.feature, "rank": rank, "direction": c.direction, "contribution": c.contribution,
             "z_mouse": c.z_mouse, "z_human": c.z_human, "p": c.p, "q": c.q, "measured": c.measured,
             "label": c.label, "left_given": list(c.left_given)}
            for r in records
            if r.level == level
            for rank, c in enumerate(r.changes)
        ]  # fmt: skip
        write_edges(store, "SUPPORTED_BY", "Match", _TARGET[level], rows, **options)


def read_matches(store: Store, mice: list[str], disease: str, level: str, policy: str) -> list[MatchRecord]:
    """Stored matches of some mouse contrasts, best first within each family."""
    rows = store.read(_MATCHES, mice=mice, disease=disease, level=level, policy=policy)
    changes: dict[str, list[Change]] = {row["match"]["id"]: [] for row in rows}
    for row in store.read(_CHANGES, ids=list(changes)):
        changes[row["match"]].append(change_of(row["feature"], row["change"]))
    cohorts: dict[str, list[Cohort]] = {key: [] for key in changes}
    for row in store.read(_COHORTS, ids=list(changes)):
        found = row["contrast"] | {name: row[name] for name in ("region", "licence", "dataset")}
        cohorts[row["match"]].append(cohort_of(found, row["cohort"]))
    given: dict[str, list[GivenState]] = {key: [] for key in changes}
    for row in store.read(_GIVEN, ids=list(changes)):
        given[row["match"]].append(given_of(row["state"], row["label"], row["given"]))
    order = {mouse: at for at, mouse in enumerate(mice)}
    rows.sort(key=lambda row: (order[row["mouse"]], row["match"]["rank"]))
    return [
        _record(row, *(tuple(found[row["match"]["id"]]) for found in (cohorts, given, changes)))  # type: ignore[arg-type]
        for row in rows
    ]


def _node(r: MatchRecord, rank: int) -> dict[str, Any]:
    low, high = r.interval or (None, None)
    axes = r.axes_out
    return {
        "id": r.id, "level": r.level, "policy": r.policy, "disease": r.disease, "status": str(r.status), "reason": r.reason,
        "flags": list(r.flags), "score": r.score, "statistic": r.statistic, "low": low, "high": high,
        "null_mouse": r.null.mouse, "null_human": r.null.human, "p": r.p, "q": r.q, "family": r.family,
        "family_size": r.family_size, "naive_p": r.naive_p, "exploratory_p": r.exploratory_p, "n_features": r.n_features,
        "effective_n": r.effective_n, "df": r.df, "axes_out_score": axes.score if axes else None,
        "axes_out_p": axes.p if axes else None, "axes": axes.axes if axes else None,
        "axes_source": axes.source if axes else None, "ceiling": r.ceiling, "corrected_score": r.corrected_score,
        "specificity": r.specificity, "band_policies": [b.policy for b in r.policy_band],
        "band_scores": [b.score for b in r.policy_band], "band_p": [-1.0 if b.p is None else b.p for b in r.policy_band],
        "band_statuses": [str(b.status) for b in r.policy_band], "method": r.method, "data_version": r.data_version,
        "engineered": list(r.engineered), "n_changes": r.n_changes, "rank": rank,
    }  # fmt: skip


def _given(g: GivenState) -> dict[str, Any]:
    return {
        "score": g.score, "p": g.p, "other_score": g.other_score, "other_p": g.other_p, "back_score": g.back_score,
        "back_p": g.back_p, "left": g.left, "n_features": g.n_features, "base_score": g.base_score, "base_p": g.base_p,
        "n_changes": g.n_changes, "note": g.note,
    }  # fmt: skip


def change_of(feature: str, c: dict[str, Any]) -> Change:
    """A change from its relationship's properties."""
    return Change(feature, c["label"], c["direction"], c["contribution"], c["z_mouse"], c["z_human"], c["p"], c["q"],
                  c["measured"], tuple(c.get("left_given") or ()))  # fmt: skip


def cohort_of(o: dict[str, Any], c: dict[str, Any]) -> Cohort:
    """A cohort from its contrast (with region, licence and dataset) and its relationship."""
    return Cohort(o["id"], o["label"], o["region"] or "", o.get("n_case") or 0, o.get("n_control") or 0, c["status"],
                  c["null"], c.get("score"), c.get("p"), tuple(o.get("flags") or ()), o["licence"] or "",
                  o["dataset"] or "")  # fmt: skip


def given_of(state: str, label: str, g: dict[str, Any]) -> GivenState:
    """What is left given a state, from its relationship's properties."""
    return GivenState(state, label, g["n_features"], g["base_score"], g["base_p"], g["other_score"], g["other_p"],
                      g["score"], g["p"], g.get("back_score"), g.get("back_p"), g["left"], g["n_changes"],
                      g.get("note") or "")  # fmt: skip


def band_of(k: dict[str, Any]) -> tuple[Band, ...]:
    """Verdicts under the orthology policies, from a match's properties."""
    rows = zip(*(k.get(f"band_{what}") or () for what in ("policies", "scores", "p", "statuses")), strict=True)
    return tuple(Band(p, s, None if v < 0 else v, t) for p, s, v, t in rows)


def axes_of(k: dict[str, Any]) -> AxesOut | None:
    if k.get("axes_out_score") is None:
        return None
    return AxesOut(k["axes_out_score"], k["axes_out_p"], k["axes"], k["axes_source"])


def _record(
    row: dict[str, Any], cohorts: tuple[Cohort, ...], given: tuple[GivenState, ...], changes: tuple[Change, ...]
) -> MatchRecord:
    k = row["match"]
    return MatchRecord(
        id=k["id"], mouse=row["mouse"], mouse_label=row["mouse_label"], human=row["human"], human_label=row["human_label"],
        state=row["state"], disease=k["disease"], level=k["level"], policy=k["policy"], status=k["status"],
        reason=k["reason"], score=k["score"], statistic=k["statistic"],
        interval=(k["low"], k["high"]) if k.get("low") is not None else None, null=Null(k["null_mouse"], k["null_human"]),
        p=k.get("p"), q=k.get("q"), family=k["family"], family_size=k["family_size"], naive_p=k["naive_p"],
        exploratory_p=k.get("exploratory_p"), n_features=k["n_features"], effective_n=k.get("effective_n"), df=k.get("df"),
        axes_out=axes_of(k), ceiling=k.get("ceiling"), corrected_score=k.get("corrected_score"), specificity=k["specificity"],
        given=given, cohorts=cohorts,
        policy_band=band_of(k), references=(), changes=changes,
        n_changes=k["n_changes"], flags=tuple(k.get("flags") or ()), engineered=tuple(k.get("engineered") or ()), method=k["method"],
        data_version=k["data_version"],
    )  # fmt: skip
