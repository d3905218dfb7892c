"""Families of matches: one contrast against every state under a disease, each with its verdict.

The family is fixed before anything is scored: one mouse contrast x one level x one orthology policy x all testable
human states under the disease asked for. Other diseases are used for specificity and belong to no family of this one.
"""

from collections.abc import Sequence

import numpy as np

from kg.match.conjunction import adjusted
from kg.match.orthology import POLICIES, Policy
from kg.match.space import Space
from kg.match.verdict import Status
from kg.schema.match import Band, MatchRecord
from kg.sides.catalog import ContrastInfo
from kg.sides.human import alone, state_side
from kg.sides.workspace import Workspace
from kg.verdict.record import record_of
from kg.verdict.score import Scored, score_side, space_between, space_of

Member = tuple[ContrastInfo, frozenset[str]]
"""A contrast, and the ids of the states that it meets."""


def family(
    ws: Workspace,
    contrast: ContrastInfo,
    *,
    disease: str | None,
    level: str = "gene",
    policy: Policy = "one2one",
    band: bool = True,
) -> list[MatchRecord]:
    """The matches of one contrast with every state under a disease (None: all of the release), best first."""
    states = [info.id for info in ws.catalog.states_under(disease)]
    return _family(ws.at(level), [(contrast, frozenset(states))], disease, level, policy, band, "all")


def paired(
    ws: Workspace,
    pairs: Sequence[Member],
    *,
    pair_by: str,
    disease: str | None,
    level: str = "gene",
    policy: Policy = "one2one",
) -> list[MatchRecord]:
    """The matches of contrasts with the states that each is paired with, best first. All of these pairs are one family:
    otherwise a contrast with a single state would be a family of one, with q equal to p."""
    return _family(ws.at(level), pairs, disease, level, policy, True, pair_by)


def _family(
    ws: Workspace, members: Sequence[Member], disease: str | None, level: str, policy: Policy, band: bool, pair_by: str
) -> list[MatchRecord]:
    scored = [_score_states(ws, contrast, disease, level, policy, states) for contrast, states in members]
    _judge([s for each in scored for s in each])
    testable = [frozenset(s.side.info.id for s in each if s.q is not None) for each in scored]
    others: dict[str, list[dict[str, Scored]]] = {}
    for other in POLICIES if band and any(testable) else ():
        if other != policy:
            only = [(contrast, ids) for (contrast, _), ids in zip(members, testable, strict=True)]
            others[other] = [{s.side.info.id: s for s in each} for each in _score_band(ws, only, disease, level, other)]
    tested = sum(map(len, testable))
    made: list[MatchRecord] = []
    for at, (contrast, _) in enumerate(members):
        for s in scored[at]:
            bands: list[Band] = []
            for p in POLICIES:
                other = s if p == policy else others[p][at].get(s.side.info.id) if p in others else None
                if other is not None and other.verdict is not None and other.score is not None:
                    p_other = other.result.test.p if other.q is not None and other.result else None
                    bands.append(Band(p, other.score, p_other, other.verdict.status))
            made.append(
                record_of(
                    ws,
                    contrast,
                    s,
                    space_of(ws, contrast, policy),
                    disease,
                    level,
                    policy,
                    tested,
                    tuple(bands),
                    pair_by=pair_by,
                )
            )
    order = list(Status)
    return sorted(
        made, key=lambda m: (order.index(Status(m.status)), 1.0 if m.p is None else m.p, -abs(m.score or 0.0), m.id)
    )


def pairwise(
    ws: Workspace,
    contrast: ContrastInfo,
    others: Sequence[ContrastInfo],
    *,
    level: str = "gene",
    policy: Policy = "one2one",
) -> list[MatchRecord]:
    """One contrast against single contrasts of either species: two models, or a drug against models.

    The family is all of ``others``. Specificity is not tested here: it is ``untested``.
    """
    ws, made = ws.at(level), list[tuple[Scored, Space]]()
    for taxon in sorted({other.taxon for other in others}):
        space = space_between(ws, contrast, taxon, policy)
        sides = [alone(ws, other, space) for other in others if other.taxon == taxon and other.id != contrast.id]
        scored = [score_side(ws, contrast, side, space, level, specific=False) for side in sides]
        made += [(s, space) for s in scored]
    _judge([s for s, _ in made])
    tested = sum(s.q is not None for s, _ in made)
    family_of = f"{contrast.label} x {level} level x {policy} orthologs x {len(made)} contrasts asked for"
    return [record_of(ws, contrast, s, space, None, level, policy, tested, (), family_of) for s, space in made]


def _judge(scored: list[Scored]) -> None:
    tests = [s for s in scored if not s.testability.objections()]
    for s, q in zip(tests, adjusted(np.array([s.result.test.p for s in tests if s.result])), strict=True):
        s.q = float(q)
    for s in scored:
        s.verdict = s.decided()


def _score_states(
    ws: Workspace, contrast: ContrastInfo, disease: str | None, level: str, policy: Policy, only: frozenset[str]
) -> list[Scored]:
    """Without q and verdict."""
    space = space_of(ws, contrast, policy)
    states = [info for info in ws.catalog.states_under(disease) if info.id in only]
    return [score_side(ws, contrast, state_side(ws, info, space, contrast.id), space, level) for info in states]


def _score_band(
    ws: Workspace, members: Sequence[Member], disease: str | None, level: str, policy: Policy
) -> list[list[Scored]]:
    """Score, q and status of the same family under another policy, and nothing else. What is left given other states is
    asked only where the status hangs on it.

    ``members``: with the states to score; what cannot be tested under one policy cannot under another.
    """
    scored: list[list[Scored]] = []
    for contrast, only in members:
        space = space_of(ws, contrast, policy)
        sides = [
            state_side(ws, info, space, contrast.id) for info in ws.catalog.states_under(disease) if info.id in only
        ]
        scored.append([score_side(ws, contrast, side, space, level, specific=False, whole=False) for side in sides])
    _judge([s for each in scored for s in each])
    made: list[list[Scored]] = []
    for (contrast, _), each in zip(members, scored, strict=True):
        space, own = space_of(ws, contrast, policy), list[Scored]()
        for s in each:
            if s.verdict is not None and s.verdict.status == Status.SUPPORTED:
                q, s = s.q, score_side(ws, contrast, s.side, space, level, whole=False)
                s.q = q
                s.verdict = s.decided()
            own.append(s)
        made.append(own)
    return made
