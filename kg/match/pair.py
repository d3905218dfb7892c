"""One mouse contrast against one human state, at one level: everything that the verdict and its explanation need.

All vectors lie over one feature space (``kg.match.orthology``); a pair is scored on the features measured on both sides
and in every cohort and reference that it uses, without the genes that the model engineers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.errors import MethodError
from kg.match.axes import noise_axes
from kg.match.combine import Combination, Component, given, pooled, single
from kg.match.conjunction import Conjunction, conjunction
from kg.match.joint import JointTest, Side, ceiling, corrected_score, joint_test
from kg.match.weights import GeneSets, SetWeights

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Projected:
    """A contrast over the whole feature space; values where ``measured`` is False are meaningless zeros."""

    component: Component
    measured: Mask

    def at(self, rows: NDArray) -> Component:
        c = self.component
        return Component(c.id, c.vector[rows], c.factor[:, rows], c.df, c.factor_id, c.donors, c.factor_donors)


@dataclass(frozen=True)
class State:
    """A human state with the cohorts that are pooled for it."""

    id: str
    label: str
    cohorts: tuple[Projected, ...]

    @property
    def measured(self) -> Mask:
        return np.logical_and.reduce([cohort.measured for cohort in self.cohorts])

    @property
    def donors(self) -> frozenset[str]:
        return frozenset().union(*(cohort.component.donors for cohort in self.cohorts))

    def at(self, rows: NDArray) -> Combination:
        return pooled([cohort.at(rows) for cohort in self.cohorts])


@dataclass(frozen=True)
class Axes:
    """Noise rows of other animals over the feature space, and how many of their axes are taken out."""

    id: str
    rows: Floats
    measured: Mask
    count: int


@dataclass(frozen=True)
class Given:
    """Against another state, on the features that it shares with the pair: both alone, and each given the other.

    ``left`` and ``back`` are None when the slope cannot be had; ``note`` says why.
    """

    state: str
    label: str
    n_features: int
    base: JointTest
    other: JointTest
    left: JointTest | None
    back: JointTest | None
    changes: dict[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class PairResult:
    """``rows``: features used, as rows of the space; ``names``: features of the level; the sides at that level."""

    level: str
    rows: NDArray
    names: NDArray
    mouse: Side
    human: Side
    test: JointTest
    ceiling: float
    corrected: float | None
    changes: Conjunction
    axes: JointTest | None
    cohorts: dict[str, JointTest]
    given: tuple[Given, ...]


def _lift(side: Side, weights: SetWeights | None) -> Side:
    return side.centred() if weights is None else weights.activity(side)


def _axes_out(mouse: Side, human: Side, rows: NDArray, axes: Axes | None) -> tuple[Side, Side] | None:
    if axes is None or axes.count == 0:
        return None
    known = axes.measured[rows]
    taken = noise_axes(np.where(known, axes.rows[:, rows], 0.0), axes.count)
    return mouse.centred().without(taken), human.centred().without(taken)


def evaluate(
    mouse: Projected,
    state: State,
    *,
    names: NDArray,
    allowed: Mask,
    sets: GeneSets | None = None,
    level: str = "gene",
    axes: Axes | None = None,
    others: Sequence[State] = (),
    min_changes_q: float = 0.05,
    by_cohort: bool = True,
) -> PairResult:
    """Score a pair.

    ``names``: feature names of the space; ``allowed``: features that no side engineers; ``sets``: regulons or modules
    over the space for the levels of that name; ``others``: states for specificity, already filtered to those that may
    serve; ``by_cohort``: test each cohort of the state as well. ``Given.changes`` holds q of the features that still
    change alike. Raises MethodError when nothing is shared.
    """
    rows = np.flatnonzero(mouse.measured & state.measured & allowed)
    if not len(rows):
        raise MethodError("the two sides share no feature", code="EMPTY_SIDE")
    weights = sets.on(rows) if sets is not None else None
    at_gene = single(mouse.at(rows)).side, state.at(rows).side
    m, h = (_lift(side, weights) for side in at_gene)
    if not len(m.vector):
        raise MethodError(f"no {level} has enough members among the shared genes", code="EMPTY_SIDE")
    out = _axes_out(*at_gene, rows, axes)
    cohorts = {}
    for cohort in state.cohorts if by_cohort else ():
        cohorts[cohort.component.id] = joint_test(m, _lift(single(cohort.at(rows)).side, weights))
    return PairResult(
        level, rows, names[rows] if weights is None else weights.names, m, h, joint_test(m, h), ceiling(m, h),
        corrected_score(m, h), conjunction(m, h),
        None if out is None else joint_test(*(_lift(side, weights) for side in out)),
        cohorts,
        tuple(_given(mouse, state, other, rows, names, sets, min_changes_q) for other in others),
    )  # fmt: skip


def _given(
    mouse: Projected, state: State, other: State, rows: NDArray, names: NDArray, sets: GeneSets | None, alpha: float
) -> Given:
    here = rows[other.measured[rows]]
    weights = sets.on(here) if sets is not None else None
    m = _lift(single(mouse.at(here)).side, weights)
    h, d = state.at(here), other.at(here)
    # Slopes are those of centred vectors, as the scores are.
    h, d = _centred(h), _centred(d)
    base, alone = joint_test(m, _lift(h.side, weights)), joint_test(m, _lift(d.side, weights))
    left, back, changes, notes = None, None, {}, []
    try:
        remains = _lift(given(h, d).side, weights)
        left = joint_test(m, remains)
        found = conjunction(m, remains)
        labels = names[here] if weights is None else weights.names
        changes = {str(labels[i]): float(found.q[i]) for i in np.flatnonzero(found.q <= alpha)}
    except MethodError as error:
        notes.append(f"given {other.label}: {error}")
    try:
        back = joint_test(m, _lift(given(d, h).side, weights))
    except MethodError as error:
        notes.append(f"{other.label} given it: {error}")
    return Given(other.id, other.label, len(here), base, alone, left, back, changes, "; ".join(notes))


def _centred(state: Combination) -> Combination:
    def centre(c: Component) -> Component:
        factor = c.factor - c.factor.mean(axis=1, keepdims=True)
        return Component(c.id, c.vector - c.vector.mean(), factor, c.df, c.factor_id, c.donors, c.factor_donors)

    return Combination(tuple((centre(component), coefficient) for component, coefficient in state.terms))


@dataclass(frozen=True)
class PlainScore:
    """A score without a verdict. ``one_sided_p``: in the direction of agreement, given the side that has no noise; None
    where neither side has."""

    score: float
    statistic: float
    n_features: int
    one_sided_p: float | None


def plain_score(
    mouse: Floats, human: Floats, factor: Floats | None, df: int, *, on_mouse: bool, weights: SetWeights | None = None
) -> PlainScore:
    """Score of two vectors over the same genes, of which at most one has a noise factor (df x genes): exploratory."""
    empty = np.zeros((0, len(mouse)))
    m = _lift(Side(mouse, factor if factor is not None and on_mouse else empty, df), weights)
    h = _lift(Side(human, factor if factor is not None and not on_mouse else empty, df), weights)
    length = float(np.sqrt((m.vector @ m.vector) * (h.vector @ h.vector)))
    if not length > 0:
        return PlainScore(0.0, 0.0, len(m.vector), None)
    statistic = float(m.vector @ h.vector)
    noisy, exact = (m, h) if on_mouse else (h, m)
    variance = float(((noisy.factor @ exact.vector) ** 2).sum())
    p = float(stats.t.sf(statistic / np.sqrt(variance), df)) if variance > 0 else None
    return PlainScore(statistic / length, statistic, len(m.vector), p)
