# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""One mouse contrast against one human state, at one level: everything that the verdict and its explanation need.

All vectors are over one feature space (``kg.match.orthology``); a pair is scored on the features measured on both sides
and in every cohort and reference that it uses, without the genes that the model engineers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.errors import MethodError
from kg.match.axes import noise_axes
from kg.match.combine import Combination, Component, pooled, single
from kg.match.compared import LEVELS
from kg.match.conjunction import Conjunction, conjunction
from kg.match.joint import JointTest, Side, ceiling, corrected_score, joint_test
from kg.match.specificity import ALPHA, Judged, Role, Together, judge, residual, together
from kg.match.weights import GeneSets, SetWeights

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Projected:
    """A contrast over the whole feature space; values where ``measured`` is False are meaningless zeros."""

    component: Component
    measured: Mask

    def at(self, rows: Rows) -> Component:
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
        return frozenset[str]().union(*(cohort.component.donors for cohort in self.cohorts))

    def at(self, rows: Rows) -> Combination:
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
    """Another contrast in the match, on the features that it shares with the pair. ``changes``: q of the features that
    still change alike given it, of one that takes part. ``judged`` is None where ``note`` says why."""

    state: str
    label: str
    n_features: int
    judged: Judged | None = None
    changes: dict[str, float] = field(default_factory=dict[str, float])
    note: str = ""

    @property
    def role(self) -> Role:
        return self.judged.role if self.judged else Role.NOT_TESTED


@dataclass(frozen=True)
class PairResult:
    """``rows``: features used, as rows of the space; ``names``: features of the level; the sides at that level.
    ``weights``: of a level of sets; ``genes``: the two vectors over ``rows``."""

    level: str
    rows: Rows
    names: Strings
    mouse: Side
    human: Side
    test: JointTest
    ceiling: float
    corrected: float | None
    changes: Conjunction
    axes: JointTest | None
    cohorts: dict[str, JointTest]
    given: tuple[Given, ...]
    together: Together | None
    model_given: tuple[Given, ...]
    weights: SetWeights | None = None
    genes: tuple[Floats, Floats] | None = None

    def leading(self, at: int) -> list[int]:
        """Rows of the space of the genes that carry a set (``at``: its place among ``names``) on both sides, the first
        first; none where features are genes."""
        if self.weights is None or self.genes is None:
            return []
        return [int(self.rows[gene]) for gene in self.weights.leading(at, *self.genes)]


def _lift(side: Side, weights: SetWeights | None) -> Side:
    return side.centred() if weights is None else weights.activity(side)


def _axes_out(mouse: Side, human: Side, rows: Rows, axes: Axes | None) -> tuple[Side, Side] | None:
    if axes is None or axes.count == 0:
        return None
    known = axes.measured[rows]
    taken = noise_axes(np.where(known, axes.rows[:, rows], 0.0), axes.count)
    return mouse.centred().without(taken), human.centred().without(taken)


def evaluate(
    mouse: Projected,
    state: State,
    *,
    names: Strings,
    allowed: Mask,
    sets: GeneSets | None = None,
    level: str = "gene",
    axes: Axes | None = None,
    others: Sequence[State] = (),
    model_others: Sequence[State] = (),
    by_cohort: bool = True,
) -> PairResult:
    """Score a pair.

    ``names``: feature names of the space; ``allowed``: features that no side engineers; ``sets``: regulons or modules
    over the space for the levels of that name; ``others``: human states for specificity, and ``model_others`` contrasts
    of models of other diseases, each already filtered to those that may serve; ``by_cohort``: test each cohort of the
    state as well. Raises MethodError when nothing is shared.
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
    test = joint_test(m, h)
    cohorts: dict[str, JointTest] = {}
    for cohort in state.cohorts if by_cohort else ():
        one = test if len(state.cohorts) == 1 else joint_test(m, _lift(single(cohort.at(rows)).side, weights))
        cohorts[cohort.component.id] = one
    pair = _Pair(*at_gene, rows, names, sets, level)
    found = tuple(pair.given(other, "human") for other in others)
    taking_part = [other for other, told in zip(others, found, strict=True) if told.role.takes_part]
    return PairResult(
        level, rows, names[rows] if weights is None else weights.names, m, h, test, ceiling(m, h),
        corrected_score(m, h), conjunction(m, h),
        None if out is None else joint_test(*(_lift(side, weights) for side in out)),
        cohorts, found, pair.together(taking_part), tuple(pair.given(other, "model") for other in model_others),
        weights, (at_gene[0].vector, at_gene[1].vector),
    )  # fmt: skip


@dataclass(frozen=True)
class _Pair:
    """The two sides over ``rows``, gene by gene, on any part of these."""

    mouse: Side
    human: Side
    rows: Rows
    names: Strings
    sets: GeneSets | None
    level: str

    def _at(self, others: Sequence[State]) -> tuple[list[Side], Strings]:
        """Mouse, human and other sides over the features that all have, and the names of these."""
        kept = np.flatnonzero(np.logical_and.reduce([other.measured[self.rows] for other in others]))
        here = self.rows[kept]
        weights = self.sets.on(here) if self.sets is not None and len(here) else None
        sides = [self.mouse.at(kept), self.human.at(kept), *(other.at(here).side for other in others)]
        return [_lift(side, weights) for side in sides] if len(here) else sides, (
            self.names[here] if weights is None else weights.names
        )

    def given(self, other: State, side: str) -> Given:
        (m, h, d), names = self._at([other])
        if (n := len(m.vector)) < LEVELS[self.level].least:
            note = f"{n} features shared with it are too few; at least {LEVELS[self.level].least} are needed"
            return Given(other.id, other.label, n, note=note)
        try:
            judged = judge(m, h, d, side)
        except MethodError as error:
            return Given(other.id, other.label, n, note=str(error))
        changes: dict[str, float] = {}
        if judged.role.takes_part:
            found = conjunction(residual(m, d), residual(h, d))
            features, _, q = found.passed(ALPHA)
            same = np.sign(found.z_mouse[features]) == np.sign(m.vector[features])
            changes = {str(names[i]): float(each) for i, each in zip(features[same], q[same], strict=True)}
        note = "" if judged.left else "it has no effect above its noise"
        return Given(other.id, other.label, n, judged, changes, note)

    def together(self, others: Sequence[State]) -> Together | None:
        if not others:
            return None
        (m, h, *rest), _ = self._at(others)
        if len(m.vector) < LEVELS[self.level].least:
            return None
        return together(m, h, {other.id: side for other, side in zip(others, rest, strict=True)})


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
