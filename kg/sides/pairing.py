"""Which mouse contrast is compared with which human state: all of them, or those whose cells are the same by name or by
measure.

By ``cl`` both were measured on the same Cell Ontology term. By ``correspondence`` the cells of the contrast and those
of a cohort of the state are populations that correspond in an embedding (COUNTERPART, at FDR .05 by every null
available). ``both`` asks for the two at once, ``either`` for one of them. A setting changes no score and no p: it
chooses the family, and so q.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

import numpy as np

from kg.match.conjunction import adjusted
from kg.match.verdict import Status, Testability, decide
from kg.records.match import other_of
from kg.records.pairing import Changed, Effect, Paired, Way
from kg.schema.match import MatchRecord
from kg.sides.catalog import Catalog, ContrastInfo, StateInfo
from kg.store.driver import Store

PAIR_BY = ("all", "cl", "correspondence", "both", "either")
_CALLED: LiteralString = """
MATCH (c:Contrast)-[:IN_POPULATION]->(:CellPopulation)-[:SAME_POPULATION]-(a:CellPopulation)-[r:CORRESPONDS_TO {called:
  true}]-(b:CellPopulation)
      -[:SAME_POPULATION]-(:CellPopulation)<-[:IN_POPULATION]-(d:Contrast)
WHERE c.id IN $contrasts
RETURN DISTINCT c.id AS contrast, d.id AS cohort, a.label AS own, b.label AS other, r.embedding AS embedding, r.score
  AS score,
  r.agrees AS agrees, coalesce(r.card, r.published_by, '') AS card
"""


@dataclass(frozen=True)
class Pairs:
    """Every contrast with every state of a question, and how each two are paired."""

    rows: tuple[Paired, ...]
    cards: tuple[str, ...]

    def states(self, contrast: str, pair_by: str) -> frozenset[str]:
        return frozenset(row.state for row in self.rows if row.contrast == contrast and row.by(pair_by))


def pairs_of(store: Store, catalog: Catalog, contrasts: Sequence[ContrastInfo], states: Sequence[StateInfo]) -> Pairs:
    """How contrasts and states are paired. A state is paired where one of its cohorts is."""
    called: dict[tuple[str, str], list[str]] = {}
    cards: set[str] = set()
    for row in store.read(_CALLED, contrasts=[c.id for c in contrasts]):
        score = "" if row["score"] is None else f", score {row['score']:.2f}"
        doubt = ", though MetaNeighbor's AUROC says otherwise" if row["agrees"] is False else ""
        text = f"{row['own']} ~ {row['other']} ({row['embedding']}{score}{doubt})"
        called.setdefault((row["contrast"], row["cohort"]), []).append(text)
        cards |= {row["card"]} - {""}
    rows = []
    for contrast in contrasts:
        for state in states:
            cohorts = [c for c in catalog.cohorts.get(state.id, []) if c.id != contrast.id]
            told = {text for cohort in cohorts for text in called.get((contrast.id, cohort.id), ())}
            rows.append(Paired(contrast.id, state.id, _by_cl(contrast, cohorts), "; ".join(sorted(told))))
    return Pairs(tuple(rows), tuple(sorted(cards)))


def _by_cl(contrast: ContrastInfo, cohorts: Iterable[ContrastInfo]) -> str:
    own = contrast.cell_type
    if own is None or not any(c.cell_type and c.cell_type.id == own.id for c in cohorts):
        return ""
    return f"{own.label} ({own.id})"


def effect(records: Sequence[MatchRecord], pairs: Pairs) -> Effect:
    """What each setting gives. ``records``: all matches of the question without a rule."""
    by = {(row.contrast, row.state): row for row in pairs.rows}
    ways, changed = [], []
    for pair_by in PAIR_BY:
        kept = [r for r in records if pair_by == "all" or ((row := by.get((r.mouse, r.state))) and row.by(pair_by))]
        told = judged(kept) if pair_by != "all" else {r.id: (r.status, r.q) for r in records}
        statuses = Counter(str(told[r.id][0]) for r in kept)
        ways.append(
            Way(pair_by, len(kept), sum(q is not None for _, q in told.values()), dict(sorted(statuses.items())))
        )
        for r in kept:
            now, q = told[r.id]
            if str(now) != str(r.status) and q is not None and r.q is not None:
                changed.append(
                    Changed(pair_by, r.mouse, r.mouse_label, r.state, r.human_label, str(r.status), str(now), r.q, q)
                )
    return Effect(tuple(ways), tuple(changed), pairs.rows, pairs.cards)


def judged(records: Sequence[MatchRecord]) -> dict[str, tuple[str | Status, float | None]]:
    """Match id -> status and q when these matches are one family: p and what is left given other states stay as they
    are."""
    tests = [r for r in records if r.p is not None and r.q is not None]
    made: dict[str, tuple[str | Status, float | None]] = {r.id: (r.status, r.q) for r in records}
    for r, q in zip(tests, adjusted(np.array([r.p for r in tests])) if tests else (), strict=True):
        verdict = decide(
            Testability(r.level, r.n_features), score=r.score or 0.0, q=float(q), given=[other_of(g) for g in r.given]
        )
        made[r.id] = verdict.status, float(q)
    return made
