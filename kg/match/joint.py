# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""The joint null: do two contrasts agree, when both are measured with noise?

A side is a vector x (effects in units of their own noise) and a factor L with cov(noise of x) = L'L. For a mouse side
(m, L) and a human side (h, K) the score is T = <m, h>. The null is that the true effects have zero inner product,
whatever each of them is. The variance of T is then estimated by

    V = |L h|^2 + |K m|^2 - |L K'|^2, floored at the larger of the first two
    T / sqrt(V) ~ t, the smaller df, two-sided

because E|L h|^2 counts the noise-by-noise part once and so does E|K m|^2. Closed form; linear maps of the genes
(orthology, pooling, regulons, axes out, one state given another) act on vector and factor alike and keep the test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.errors import MethodError
from kg.match.card import Card

Floats = NDArray[np.float64]

CARD = Card(
    "joint-null",
    "1",
    "two-sided test of the inner product of two contrasts that doubts both sides",
    (
        "a factor borrowed from healthy samples is as good as they are like the samples of the table",
        "a significant score says that two contrasts move alike, not that they do so for the disease's own reason",
    ),
)


@dataclass(frozen=True)
class Side:
    """``vector``: features; ``factor``: rows x features; ``df``: degrees of freedom behind the factor."""

    vector: Floats
    factor: Floats
    df: int

    def __post_init__(self) -> None:
        if self.factor.ndim != 2 or self.factor.shape[1] != len(self.vector):
            raise ValueError(f"factor {self.factor.shape} does not fit a vector of {len(self.vector)} features")

    def centred(self) -> "Side":
        return self._apply(_centred)

    def mapped(self, weights: Floats) -> "Side":
        """Through a linear map, features x new features."""
        return self._apply(lambda v: v @ weights)

    def without(self, axes: Floats) -> "Side":
        """With orthonormal axes (axes x features) projected out."""
        return self._apply(lambda v: v - (v @ axes.T) @ axes)

    def at(self, columns: NDArray[np.intp]) -> "Side":
        return self._apply(lambda v: v[..., columns])

    def _apply(self, function: Callable[[Floats], Floats]) -> "Side":
        return Side(function(self.vector), function(self.factor), self.df)

    @property
    def noise(self) -> Floats:
        """Standard deviation of each feature's noise."""
        return np.sqrt((self.factor**2).sum(axis=0))

    @cached_property
    def signal(self) -> float:
        """|x|^2 - |L|^2: the squared length of the true effects, without bias; may be negative."""
        return float(self.vector @ self.vector - np.vdot(self.factor, self.factor))

    @property
    def reliability(self) -> float:
        """1 - |L|^2 / |x|^2, the share of the squared length that is not noise, at least 0."""
        return max(0.0, self.signal / float(self.vector @ self.vector))


def _centred(v: Floats) -> Floats:
    return v - v.mean(axis=-1, keepdims=True)


@dataclass(frozen=True)
class JointTest:
    """``score``: r, from -1 to 1; ``statistic``: T; the three terms of V; ``df``; ``p`` two-sided; ``low``, ``high``:
    95% interval of the score; ``effective_n``: independent features that would give a score this variance."""

    score: float
    statistic: float
    mouse_term: float
    human_term: float
    shared_term: float
    variance: float
    df: int
    p: float
    low: float
    high: float
    effective_n: float
    n_features: int
    mouse_only_p: float
    naive_p: float

    @property
    def one_sided_p(self) -> float:
        """In the direction of agreement: a diagnostic, never the verdict."""
        return self.p / 2 if self.statistic > 0 else 1 - self.p / 2


@overload
def joint_variance(mouse_term: float, human_term: float, shared_term: float) -> np.float64: ...
@overload
def joint_variance(mouse_term: Floats, human_term: Floats, shared_term: Floats) -> Floats: ...
def joint_variance(
    mouse_term: float | Floats, human_term: float | Floats, shared_term: float | Floats
) -> np.float64 | Floats:
    """V of the joint null from its three terms (scalars or arrays)."""
    return np.maximum(np.maximum(mouse_term, human_term), mouse_term + human_term - shared_term)


def naive_p(score: float, n_features: int) -> float:
    """p of a correlation that takes genes as independent (Fisher's z): for comparison only, far too small."""
    return float(
        2 * stats.norm.sf(abs(np.arctanh(np.clip(score, -1 + 1e-15, 1 - 1e-15))) * np.sqrt(max(n_features - 3, 1)))
    )


def joint_test(mouse: Side, human: Side) -> JointTest:
    """The joint null's test of two sides over the same features. Raises MethodError when a side is all zero."""
    m, L, h, K = mouse.vector, mouse.factor, human.vector, human.factor
    if len(m) != len(h):
        raise ValueError(f"the sides have {len(m)} and {len(h)} features")
    length = float(np.sqrt((m @ m) * (h @ h)))
    if not length > 0:
        raise MethodError("a side has no effect at all over the shared features", code="EMPTY_SIDE")
    statistic = float(m @ h)
    a, b, c = float(((L @ h) ** 2).sum()), float(((K @ m) ** 2).sum()), float(((L @ K.T) ** 2).sum())
    variance = float(joint_variance(a, b, c))
    if not variance > 0:
        raise MethodError("the noise factors do not reach the shared features", code="EMPTY_SIDE")
    df = min(mouse.df, human.df)
    half = float(stats.t.isf(0.025, df) * np.sqrt(variance)) / length
    score = statistic / length
    alone = 2 * stats.t.sf(abs(statistic) / np.sqrt(a), mouse.df) if a > 0 else 0.0
    return JointTest(
        score, statistic, a, b, c, variance, df, p_value(statistic, variance, df),
        max(-1.0, score - half), min(1.0, score + half), length**2 / variance, len(m), float(alone),
        naive_p(score, len(m)),
    )  # fmt: skip


def p_value(statistic: float, variance: float, df: int) -> float:
    """Two-sided p of T against t with df degrees of freedom."""
    return float(2 * stats.t.sf(abs(statistic) / np.sqrt(variance), df))


def ceiling(mouse: Side, human: Side) -> float:
    """Highest score that the noise of both sides allows: root of the product of their reliabilities."""
    return float(np.sqrt(mouse.reliability * human.reliability))


LEAST_RELIABILITY = 0.25
"""Below it on either side a corrected score says more about noise than about the pair."""


def corrected_score(mouse: Side, human: Side) -> float | None:
    """Score without the attenuation by noise, from -1 to 1. None where it cannot be measured: a side of a reliability
    below ``LEAST_RELIABILITY``, or a value beyond what a correlation can be."""
    if min(mouse.reliability, human.reliability) < LEAST_RELIABILITY:
        return None
    found = float(mouse.vector @ human.vector / np.sqrt(mouse.signal * human.signal))
    return found if abs(found) <= 1 else None
