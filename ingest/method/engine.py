"""What a network engine is: scores of factors and genes from cells, and its card."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from kg.match.card import Card

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Matrix = Any  # ndarray or csr_matrix: scipy does not type its own


class Scores(NamedTuple):
    """``importance``: factors x genes, at least 0, 0 for a factor on itself; ``sign``: 1, -1 or 0 likewise, or None;
    ``support``: share of resamples that found it, or None."""

    importance: Floats
    sign: NDArray[np.int8] | None = None
    support: Floats | None = None


@dataclass(frozen=True)
class Engine:
    """``fit(expression, factors, design, seed)``: cells x genes, columns of the factors, cells x covariates (intercept
    first) that are regressed out. ``resample(expression, factors, design, group, weights, regulators)`` gives the
    consensus in one step where an engine can: group of each cell, and resamples x groups, how often each group
    counts."""

    card: Card
    fit: Callable[[Matrix, Ints, Floats, int], Scores]
    resample: Callable[[Matrix, Ints, Floats, Ints, Floats, int], Scores] | None = None


def dense(values: Matrix) -> Floats:
    return np.asarray(values.toarray() if isinstance(values, csr_matrix) else values, float)


def without(values: Matrix, design: Floats) -> Matrix:
    """Expression with covariates regressed out; as it is where there is none but the intercept."""
    if design.shape[1] == 1:
        return values
    full = dense(values)
    return full - design @ np.linalg.lstsq(design, full, rcond=None)[0]


def best(importance: Floats, count: int) -> NDArray[np.bool_]:
    """Which factors are among the best ``count`` of their target and not 0; factors on the axis before the last."""
    if importance.shape[-2] > count:
        least = np.partition(importance, -count, axis=-2)[..., -count, None, :]
        return (importance >= least) & (importance > 0)
    return importance > 0
