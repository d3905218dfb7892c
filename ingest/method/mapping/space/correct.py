"""Removes batch effects of a query in one step; the reference is unchanged.

Symphony (Kang 2021, doi 10.1038/s41467-021-25957-x): in each soft cluster of Harmony (Korsunsky 2019, doi
10.1038/s41592-019-0619-0) the cells of reference and query are regressed on an intercept and the query's batches, with
a ridge penalty on the batches only; batch effects are subtracted, weighted by membership. Of the reference only the
sums N and C are needed.
"""

import numpy as np

from ingest.method.mapping.space.geometry import Floats, Ints, group_sums, unit
from kg.match.card import Card

CARD = Card(
    "symphony",
    "1",
    "query batches regressed out within each soft cluster, relative to the sums of the reference",
    (
        "everything that all cells of a batch share is removed, be it batch, state or disease: test for a state first",
        "a batch with a single type is pulled towards the types of its clusters",
    ),
    "10.1038/s41467-021-25957-x",
)
SIGMA, RIDGE = 0.1, 10.0


def soft(points: Floats, centroids: Floats, sigma: float = SIGMA) -> Floats:
    """Membership (cells, k), rows sum to 1: softmax of -2 (1 - cosine) / sigma. ``centroids``: (k, d) of length 1."""
    score = (unit(points) @ centroids.T - 1) * (2 / sigma)
    score = np.exp(score - score.max(axis=1, keepdims=True))
    return score / score.sum(axis=1, keepdims=True)


def cluster_sums(points: Floats, centroids: Floats) -> tuple[Floats, Floats]:
    """N (k,) and C (k, d): memberships and membership-weighted coordinates, summed over cells. Sums of studies can be
    added."""
    member = soft(points, centroids)
    return member.sum(axis=0, dtype=float), np.asarray(member.T @ points, float)


def correct(points: Floats, batch: Ints, centroids: Floats, n: Floats, sums: Floats, ridge: float = RIDGE) -> Floats:
    """Query cells (cells, d) with batch effects removed, averaged over r clusterings. ``batch`` (cells,): 0, 1, ...;
    ``centroids`` (r, k, d), ``n`` (r, k), ``sums`` (r, k, d): of the reference; ``ridge``: in cells."""
    each = [_corrected(points, batch, *one, ridge) for one in zip(centroids, n, sums, strict=True)]
    return np.mean(each, axis=0, dtype=float).astype(points.dtype)


def _corrected(points: Floats, batch: Ints, centroids: Floats, n: Floats, sums: Floats, ridge: float) -> Floats:
    """The same for one clustering."""
    member = soft(points, centroids)
    batches = int(batch.max()) + 1 if len(batch) else 0
    left = np.zeros((len(centroids), batches + 1, batches + 1))
    right = np.zeros((len(centroids), batches + 1, points.shape[1]))
    own = group_sums(member, batch, batches).astype(float)
    left[:, 0, 0] = n + own.sum(axis=0)
    left[:, 0, 1:] = left[:, 1:, 0] = own.T
    at = np.arange(1, batches + 1)
    left[:, at, at] = own.T + ridge
    for b in range(batches):
        right[:, b + 1] = member[batch == b].T @ points[batch == b]
    right[:, 0] = sums + right[:, 1:].sum(axis=1)
    left[:, 0, 0] += np.where(left[:, 0, 0] <= 0, 1.0, 0.0)  # an empty cluster
    added = np.linalg.solve(left, right)[:, 1:]
    fixed = points.copy()
    for b in range(batches):
        fixed[batch == b] -= (member[batch == b] @ added[:, b]).astype(points.dtype)
    return fixed
