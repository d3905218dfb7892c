# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""How a model's match moves along the stages of one disease: a test of the difference, and not of each stage.

Stages x_1 … x_k with factors K_i meet one model m with factor L over the same features. Let s_i^2 = |x_i|^2 - |K_i|^2,
the squared length of the stage without its noise. A weighted sum of what the stages would score without theirs is

    T = sum of w_i <m, x_i> / s_i = <m, u>     u = sum of w_i x_i / s_i     sum of w_i = 0

whose null is that the true vectors of the stages make equal angles with the model's (two stages, w = -1 and 1), or that
the cosines have no trend. Larger studies and stronger stages have longer vectors; their lengths are divided out, so
that neither moves T. The lengths are measured, and bring noise of their own:

    g_i = (m - c_i x_i) / s_i     c_i = <m, x_i> / s_i^2
    V = |L u|^2 + H - S, floored at the larger of the first two     T / sqrt(V) ~ t, the smallest df, two-sided
    H = sum of w_i^2 |K_i g_i|^2 + 2 sum over i < j of w_i w_j g_i' C_ij g_j     C_ij: noise that two stages share
    S = sum of w_i^2 |L K_i'|^2 / s_i^2 + 2 sum over i < j of w_i w_j tr(L C_ij L') / (s_i s_j)

The model's noise is that of one and the same vector, and cancels where u is short; so does the noise of controls that
two stages share. C_ij = r F'F, where r is the correlation of two contrasts by the samples that both use, and F a factor
of either.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.errors import MethodError
from kg.match.card import Card
from kg.match.joint import LEAST_RELIABILITY, Side, joint_variance, p_value

Floats = NDArray[np.float64]
CARD = Card(
    "stages-paired",
    "1",
    "two-sided test that a model matches the stages of one disease equally well, or without a trend, the model's noise"
    " and that of shared samples being the same in all",
    (
        "every stage weighs its genes by its own noise, so stages measured by other methods differ in more than stage",
        "lengths without noise are taken from stages with a reliability of .25 or more; others are not compared",
        "the correlation of contrasts that share an arm is that of unstratified means",
    ),
)


@dataclass(frozen=True)
class Shared:
    """The noise of the stages ``one`` and ``two`` (places in the list) has covariance ``correlation`` F'F, with
    ``factor`` F (rows x features)."""

    one: int
    two: int
    correlation: float
    factor: Floats


@dataclass(frozen=True)
class StageTest:
    """``estimate``: the weighted sum of the cosines between model and stages, without noise on either side, with its
    95% interval ``low`` to ``high``, in which the model's own length is taken as known; ``p``: two-sided, that the sum
    is 0."""

    estimate: float
    low: float
    high: float
    statistic: float
    variance: float
    df: int
    p: float


def may_compare(side: Side) -> bool:
    """Whether a side's length without noise is known well enough."""
    return side.reliability >= LEAST_RELIABILITY


def stage_test(
    model: Side, stages: Sequence[Side], weights: Sequence[float], shared: Sequence[Shared] = ()
) -> StageTest:
    """The test of a weighted sum of matches. ``weights``: one per stage, of sum 0 for a difference or a trend.

    Raises MethodError NO_SIGNAL where a side has no effect above its noise.
    """
    if min(side.signal for side in (model, *stages)) <= 0:
        raise MethodError("a side has no effect above its noise", code="NO_SIGNAL")
    m, size = model.vector, [float(np.sqrt(side.signal)) for side in stages]
    terms = list(zip(stages, weights, size, strict=True))
    along: Floats = sum((w / s * side.vector for side, w, s in terms), start=np.zeros_like(m))
    slopes = [(m - (m @ side.vector) / s**2 * side.vector) / s for side, _, s in terms]
    statistic = float(m @ along)
    own = float(((model.factor @ along) ** 2).sum())
    human = sum(w**2 * float(((side.factor @ g) ** 2).sum()) for (side, w, _), g in zip(terms, slopes, strict=True))
    twice = sum((w / s) ** 2 * _met(model.factor, side.factor) for side, w, s in terms)
    for each in shared:
        i, j = each.one, each.two
        by = 2 * weights[i] * weights[j] * each.correlation
        human += by * float((each.factor @ slopes[i]) @ (each.factor @ slopes[j]))
        twice += by / (size[i] * size[j]) * _met(model.factor, each.factor)
    variance = float(joint_variance(own, max(human, 0.0), twice))
    if not variance > 0:
        raise MethodError("the stages are one and the same", code="NO_SIGNAL")
    df, length = min(model.df, *(side.df for side in stages)), float(np.sqrt(model.signal))
    estimate, half = statistic / length, float(stats.t.isf(0.025, df) * np.sqrt(variance)) / length
    return StageTest(
        estimate, estimate - half, estimate + half, statistic, variance, df, p_value(statistic, variance, df)
    )


def _met(one: Floats, two: Floats) -> float:
    return float(((one @ two.T) ** 2).sum())


def trend_weights(count: int) -> Floats:
    """Of ``count`` stages in their order: their estimate is the change of the cosine from one stage to the next (least
    squares)."""
    places = np.arange(count) - (count - 1) / 2
    return places / (places @ places)


def shared_correlation(sizes: tuple[tuple[int, int], tuple[int, int]], arms: Sequence[tuple[int, int, int]]) -> float:
    """Correlation of two differences of means, case minus control, by the samples that both use, from -1 to 1.

    ``sizes``: (case, control) of either; ``arms``: (arm of the first, arm of the second, samples that both have), 0 for
    the case arm and 1 for the control arm.
    """
    spread = [1 / case + 1 / control for case, control in sizes]
    total = sum((1 if one == two else -1) * n / (sizes[0][one] * sizes[1][two]) for one, two, n in arms)
    return float(total / np.sqrt(spread[0] * spread[1]))
