"""Which labels of two species correspond: centroids over macrogenes are compared, and judged against the same with
shuffled gene embeddings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_matrix

from ingest.method.saturn.macrogenes import GeneWeights

ALPHA = 0.05
NULLS = 100
_NEAR_BEST = 0.7
_ROUNDS = 4
_FLOOR = 0.1
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Correspondence:
    """``score``: cosine of centroids (labels x labels, 0..1); ``z``: in standard deviations of the shuffled score;
    ``q``: BH over all pairs; ``linked``: pairs that correspond; ``one``: those that are each other's best."""

    score: Floats
    z: Floats
    q: Floats
    linked: NDArray[np.bool_]
    one: NDArray[np.bool_]


def correspond(
    a: Floats, b: Floats, weights_a: GeneWeights, weights_b: GeneWeights, n_macrogenes: int, seed: int
) -> Correspondence:
    """``a``, ``b``: labels x genes, mean log counts of each label.

    A label is represented by what it has above the mean of its species' labels; what it has less of is left out,
    because all labels without a partner lack the same. A pair is linked if its score exceeds what shuffled embeddings
    give (BH .05), it is the best of one of the two, and it comes near the best of the other. Then each species' mean is
    taken over the labels that have a partner, and everything is computed again: otherwise a species that lacks a type
    would lie off centre.
    """
    wa, wb = weights_a.sparse(n_macrogenes), weights_b.sparse(n_macrogenes)
    rng = np.random.default_rng([seed, 7])
    orders = [rng.permutation(b.shape[1]) for _ in range(NULLS)]
    rows, columns = np.arange(len(a)), np.arange(len(b))
    found = _once(a, b, wa, wb, rows, columns, orders)
    for _ in range(_ROUNDS):
        now = np.flatnonzero(found.one.any(axis=1)), np.flatnonzero(found.one.any(axis=0))
        if len(now[0]) < 2 or (np.array_equal(now[0], rows) and np.array_equal(now[1], columns)):
            break
        rows, columns = now
        found = _once(a, b, wa, wb, rows, columns, orders)
    return found


def _once(
    a: Floats, b: Floats, wa: csr_matrix, wb: csr_matrix, rows: Ints, columns: Ints, orders: list[Ints]
) -> Correspondence:
    left, right = _above(a, rows), _above(b, columns)
    x = _unit(left @ wa)
    score = x @ _unit(right @ wb).T
    null = np.stack([x @ _unit(right[:, order] @ wb).T for order in orders])
    z = (score - null.mean(axis=0)) / np.maximum(null.std(axis=0), 1e-9)
    q = stats.false_discovery_control(stats.norm.sf(z).ravel()).reshape(z.shape)
    best_a, best_b = score.max(axis=1, keepdims=True), score.max(axis=0, keepdims=True)
    passed = (q <= ALPHA) & (score > 0)
    one = passed & (score == best_a) & (score == best_b)
    linked = passed & ((score == best_a) | (score == best_b)) & (score >= _NEAR_BEST * np.maximum(best_a, best_b))
    return Correspondence(score, z, q, linked, one)


def _above(centroids: Floats, rows: Ints) -> Floats:
    """What each label has above the mean of those in ``rows``, in units of the square root of that mean, which is the
    noise of counts."""
    mean = centroids[rows].mean(axis=0)
    return np.maximum(centroids - mean, 0) / np.sqrt(mean + _FLOOR)


def _unit(x: Floats) -> Floats:
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(length > 0, length, 1)
