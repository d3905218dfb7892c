"""Clusters of the cells of a species without labels: many small ones first, joined where their cells are neighbours."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST, CELLS_EACH = 60, 3
NEIGHBOURS, JOINED = 3, 0.1
_ROUNDS = 30
_SAMPLE = 5_000
_BLOCK = 1_000


def clusters(points: NDArray[np.float32], seed: int) -> Ints:
    """The cluster of each cell, from ``points`` (cells x dimensions).

    k-means with one centre for every ``CELLS_EACH`` cells (``MOST`` at most) also finds small types, but cuts large
    ones. Pieces of one type share neighbours, which pieces of different types do not (PAGA, Wolf 2019, doi
    10.1186/s13059-019-1663-x); they are joined.
    """
    rng = np.random.default_rng([seed, 5])
    some = points[np.sort(rng.choice(len(points), min(len(points), _SAMPLE), replace=False))].astype(np.float64)
    centres = _centres(some, int(np.clip(len(some) // CELLS_EACH, 2, MOST)), rng)
    group = joined(some, _closest(some, centres), len(centres))
    return np.unique(group[_closest(points.astype(np.float64), centres)], return_inverse=True)[1].astype(np.int64)


def joined(points: Floats, code: Ints, n: int) -> Ints:
    """Group of each of ``n`` clusters. The two that share most neighbours are joined, repeatedly, as long as the pairs
    between them are at least a share ``JOINED`` of all pairs of the smaller one."""
    shared = np.zeros((n, n))
    near = _neighbours(points)
    np.add.at(shared, (np.repeat(code, near.shape[1]), code[near].ravel()), 1)
    shared += shared.T
    group = np.arange(n)
    while True:
        total = shared.sum(axis=1)
        share = shared / np.maximum(np.minimum.outer(total, total), 1)
        np.fill_diagonal(share, 0)
        a, b = np.unravel_index(share.argmax(), share.shape)
        if share[a, b] < JOINED:
            return group
        shared[a] += shared[b]
        shared[:, a] += shared[:, b]
        shared[b] = shared[:, b] = 0
        group[group == b] = a


def _neighbours(points: Floats) -> Ints:
    """The nearest other cells of each cell, cells x ``NEIGHBOURS`` (all others, if there are fewer)."""
    k = min(NEIGHBOURS, len(points) - 1)
    found = np.empty((len(points), k), np.int64)
    square = (points**2).sum(axis=1)
    for at in range(0, len(points), _BLOCK):
        gap = square - 2 * points[at : at + _BLOCK] @ points.T
        rows = np.arange(len(gap))
        gap[rows, at + rows] = np.inf
        found[at : at + _BLOCK] = np.argsort(gap, axis=1, kind="stable")[:, :k]
    return found


def _centres(points: Floats, k: int, rng: np.random.Generator) -> Floats:
    """k-means, started at points that lie far apart."""
    centres = points[[int(rng.integers(len(points)))]]
    gap = ((points - centres[0]) ** 2).sum(1)
    while len(centres) < min(k, len(points)):
        chosen = points[rng.choice(len(points), p=gap / gap.sum())] if gap.sum() > 0 else points[0]
        centres = np.vstack([centres, chosen])
        gap = np.minimum(gap, ((points - chosen) ** 2).sum(1))
    for _ in range(_ROUNDS):
        belongs = _closest(points, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, belongs, points)
        n = np.bincount(belongs, minlength=len(centres))[:, None]
        centres = np.where(n > 0, sums / np.maximum(n, 1), centres)
    return centres


def _closest(points: Floats, centres: Floats) -> Ints:
    return ((centres**2).sum(1) - 2 * points @ centres.T).argmin(axis=1)
