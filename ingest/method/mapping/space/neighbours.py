"""Exact nearest neighbours in blocks: memory does not grow with the number of queries."""

import numpy as np

from ingest.method.mapping.space.geometry import Floats, Ints, squared
from kg.match.card import Card

CARD = Card(
    "exact-neighbours",
    "1",
    "the k nearest points by Euclidean distance, each block of queries against all",
    ("time is proportional to queries x points: 10,000 x 100,000 in 50 dimensions take some seconds on one core",),
)
AT_ONCE = 8_000_000  # distances in memory at once: 32 MB in single precision


def nearest(asked: Floats, points: Floats, k: int) -> tuple[Ints, Floats]:
    """Rows of ``points`` (m, d) nearest to each of ``asked`` (n, d), and their distances: (n, k) each, nearest first.

    k is cut to m. Distances are in the units of the axes; a point of the set itself is its own first neighbour.
    """
    k = min(k, len(points))
    index = np.empty((len(asked), k), dtype=np.intp)
    near = np.empty((len(asked), k), dtype=np.result_type(asked, points))
    block = max(1, AT_ONCE // max(1, len(points)))
    for start in range(0, len(asked), block):
        far = squared(asked[start : start + block], points)
        at = np.argpartition(far, k - 1, axis=1)[:, :k] if k < len(points) else np.tile(np.arange(k), (len(far), 1))
        found = np.take_along_axis(far, at, axis=1)
        order = np.argsort(found, axis=1, kind="stable")
        index[start : start + block] = np.take_along_axis(at, order, axis=1)
        near[start : start + block] = np.sqrt(np.take_along_axis(found, order, axis=1))
    return index, near
