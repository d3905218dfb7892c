"""One pair scored: its test, and what other states and models tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match.orthology import Policy
from kg.match.pair import Given, PairResult, State, evaluate, plain_score
from kg.match.space import Space
from kg.match.specificity import Role
from kg.match.verdict import Testability, Verdict, decide
from kg.records.match import other_of
from kg.schema.match import GivenState
from kg.sides.catalog import ContrastInfo
from kg.sides.human import StateSide, engineered, lacks_noise
from kg.sides.others import OtherSide, other_models, other_states
from kg.sides.workspace import Workspace


@dataclass
class Scored:
    """A pair as it is scored; ``q`` and ``verdict`` once its family is known."""

    side: StateSide
    result: PairResult | None
    testability: Testability
    score: float | None
    statistic: float | None
    n_features: int
    exploratory_p: float | None
    q: float | None = None
    verdict: Verdict | None = None
    given: tuple[GivenState, ...] = ()
    model_given: tuple[GivenState, ...] = ()

    def decided(self) -> Verdict:
        return decide(self.testability, score=self.score or 0.0, q=self.q, given=[other_of(g) for g in self.given])


def space_between(ws: Workspace, contrast: ContrastInfo, taxon: str, policy: Policy) -> Space:
    return ws.space_between(contrast.taxon, taxon, policy)


def space_of(ws: Workspace, contrast: ContrastInfo, policy: Policy) -> Space:
    """Where a contrast meets human states."""
    return ws.space_between(contrast.taxon, HUMAN, policy)


def score_side(
    ws: Workspace,
    contrast: ContrastInfo,
    side: StateSide,
    space: Space,
    level: str,
    *,
    specific: bool = True,
    whole: bool = True,
    without: frozenset[str] = frozenset(),
) -> Scored:
    """``specific``: with what is left given other states, ``without`` some; ``whole``: with the cohorts one by one and
    the axes out."""
    if lacks := space.lacks or ws.lacks_sets(level):
        return Scored(side, None, Testability(level, 10**9, (lacks,)), None, None, 0, None)
    no_noise, cut = list[str](), list[str]()
    for why, info in [(lacks_noise(ws, contrast), contrast)]:
        if why:
            (cut if info.cut else no_noise).append(f"{info.label}: {why}")
    if side.state is None:
        (cut if side.apart and all(c.cut for c, _ in side.apart) else no_noise).append(side.untestable)
    errors = [r.type_i_error for r in side.references if r.type_i_error is not None]
    if no_noise or cut:
        return _exploratory(ws, contrast, side, space, level, tuple(no_noise), tuple(cut))
    assert side.state is not None
    reference = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
    mouse = ws.projected(contrast, space, reference)
    shared = tuple(sorted(mouse.component.donors & side.state.donors))
    named = tuple(
        f"{share[1]} ({share[2].rstrip(',') or 'samples'})"
        for share in contrast.shares
        if share[0] in {c.id for c in side.pool}
    )
    others = other_states(ws, contrast, side, space, without) if specific else []
    models = other_models(ws, contrast, side, space) if specific and whole else []
    banned = frozenset(r.dataset for r in side.references)
    try:
        result = evaluate(
            mouse,
            side.state,
            names=space.features,
            allowed=ws.allowed(space, engineered(contrast, side.pool)),
            sets=ws.sets(level, space),
            level=level,
            axes=ws.axes_for(contrast, space, banned) if whole else None,
            others=[o.state for o in others if o.state],
            model_others=[o.state for o in models if o.state],
            by_cohort=whole,
        )
    except MethodError as error:
        if error.code != "EMPTY_SIDE":
            raise
        return Scored(side, None, Testability(level, 0, (str(error),)), None, None, 0, None)
    testability = Testability(
        level, result.test.n_features, shared=shared, named=named, reference_error=max(errors) if errors else None
    )
    given, model_given = _given(others, result.given), _given(models, result.model_given)
    return Scored(side, result, testability, result.test.score, result.test.statistic, result.test.n_features, None,
                   given=given, model_given=model_given)  # fmt: skip


def _given(others: Sequence[OtherSide], found: Sequence[Given]) -> tuple[GivenState, ...]:
    """A row for each other state, in the order of the roles and then of the names."""
    by_id = {g.state: g for g in found}
    rows = [given_row(other, by_id.get(other.id)) for other in others]
    order = [str(role) for role in Role]
    return tuple(sorted(rows, key=lambda g: (order.index(g.role), g.label, g.state)))


def given_row(other: OtherSide, g: Given | None) -> GivenState:
    note = "; ".join(filter(None, (other.note, g.note if g else "")))
    if g is None or g.judged is None:
        return GivenState(
            other.id, other.label, other.disease, str(Role.NOT_TESTED), g.n_features if g else 0, note=note
        )
    j, rest = g.judged, g.judged.left
    return GivenState(
        other.id,
        other.label,
        other.disease,
        str(j.role),
        g.n_features,
        j.reliability,
        j.base.score,
        j.base.p,
        j.model.score,
        j.model.p,
        j.human.score,
        j.human.p,
        rest.score if rest else None,
        rest.low if rest else None,
        rest.high if rest else None,
        rest.p if rest else None,
        j.power,
        j.role is Role.LEFT,
        j.explained,
        j.opposite,
        j.back.score if j.back else None,
        j.back.p if j.back else None,
        len(g.changes) if j.role.takes_part else None,
        note,
    )


def _exploratory(
    ws: Workspace,
    contrast: ContrastInfo,
    side: StateSide,
    space: Space,
    level: str,
    no_noise: tuple[str, ...],
    cut: tuple[str, ...],
) -> Scored:
    """The score of a pair that cannot be tested, with a one-sided p given whichever side has noise."""
    cohorts = side.pool or side.plain
    if not ws.has(contrast.id) or not cohorts:
        return Scored(side, None, Testability(level, 10**9, no_noise, cut), None, None, 0, None)
    allowed, sets = ws.allowed(space, engineered(contrast, cohorts)), ws.sets(level, space)
    if (told := _of_replicates(ws, contrast, side, cohorts, space, level)) is not None:
        return replace(told, testability=Testability(level, 10**9, no_noise, cut))
    mouse, known = ws.vector(contrast, space)
    vectors = [ws.vector(c, space) for c in cohorts]
    human = sum(v for v, _ in vectors) / np.sqrt(len(vectors))
    measured = np.logical_and.reduce([m for _, m in vectors])
    rows = np.flatnonzero(known & measured & allowed)
    factor, df, on_mouse = None, 0, True
    if not lacks_noise(ws, contrast):
        part = ws.projected(contrast, space, None if contrast.noise == "donors" else ws.references_for(contrast)[0])
        rows = rows[part.measured[rows]]
        factor, df = part.component.factor[:, rows], part.component.df
    elif side.state is not None:
        rows = rows[side.state.measured[rows]]
        combined = side.state.at(rows).side
        factor, df, on_mouse = combined.factor, combined.df, False
    weights = sets.on(rows) if sets is not None else None
    plain = plain_score(mouse[rows], np.asarray(human)[rows], factor, df, on_mouse=on_mouse, weights=weights)
    testability = Testability(level, max(plain.n_features, 10**9 if no_noise or cut else 0), no_noise, cut)
    return Scored(side, None, testability, plain.score, plain.statistic, plain.n_features, plain.one_sided_p)


def _of_replicates(
    ws: Workspace, contrast: ContrastInfo, side: StateSide, cohorts: Sequence[ContrastInfo], space: Space, level: str
) -> Scored | None:
    """What replicates tell that carry no test (wells of one line): the joint test that they would give, one-sided. None
    where a side has no samples and no reference, or the two share samples."""
    if not (contrast.barred or any(c.barred for c in cohorts)) or any(
        c.noise != "donors" and lacks_noise(ws, c) for c in (contrast, *cohorts)
    ):
        return None
    mouse, *parts = (
        ws.projected(c, space, None if c.noise == "donors" else ws.references_for(c)[0]) for c in (contrast, *cohorts)
    )
    state = State(side.info.id, side.info.label, tuple(parts))
    if mouse.component.donors & state.donors:
        return None
    allowed = ws.allowed(space, engineered(contrast, cohorts))
    try:
        result = evaluate(
            mouse,
            state,
            names=space.features,
            allowed=allowed,
            sets=ws.sets(level, space),
            level=level,
            by_cohort=False,
        )
    except MethodError:
        return None
    test = result.test
    p = test.p / 2 if test.score > 0 else 1 - test.p / 2
    return Scored(side, None, Testability(level, test.n_features), test.score, test.statistic, test.n_features, p)
