"""Rows as points: lengths, distances, sums by group, and a reproducible sign of axes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
TINY = 1e-9


def unit(points: Floats) -> Floats:
    """Rows (n, d) scaled to length 1; a row of zeros stays zero."""
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), TINY)


def squared(a: Floats, b: Floats) -> Floats:
    """Squared Euclidean distances (len(a), len(b)), at least 0."""
    far = a @ b.T
    far *= -2
    far += (a * a).sum(axis=1)[:, None]
    far += (b * b).sum(axis=1)
    return np.maximum(far, 0, out=far)


def group_sums(points: Floats, code: Ints, groups: int) -> Floats:
    """Sum of the rows of each group, (groups, d); ``code``: (n,) group of each row, 0 to groups - 1."""
    member = sparse.csr_matrix((np.ones(len(code), points.dtype), (code, np.arange(len(code)))), (groups, len(code)))
    return np.asarray(member @ points)


def group_means(points: Floats, code: Ints, groups: int) -> Floats:
    """Mean of each group, (groups, d); 0 for an empty group."""
    return group_sums(points, code, groups) / np.maximum(np.bincount(code, minlength=groups), 1)[:, None]


def signed(axes: Floats) -> Floats:
    """Axes (d, k) with the largest entry of each column positive, because the sign of an eigenvector is arbitrary."""
    top = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    return axes * np.where(top < 0, -1, 1)
