"""scGraph (Wang 2025): are distances between types the same as within single batches before integration?"""

import numpy as np

from ingest.method.mapping.space.geometry import Floats, Ints, squared
from kg.match.card import Card

CARD = Card(
    "scgraph",
    "1",
    "correlation of distances between types with their consensus over batches, with more weight on near types",
    (
        "pairs of types that never occur in the same batch have no consensus and are not used",
        "undefined for three types or fewer, because two distances do not give a correlation",
    ),
    "10.1038/s41587-025-02702-z",
)
TRIM, LEAST_CELLS, LEAST_TYPES = 0.2, 10, 4


def centroids(points: Floats, labels: Ints, types: int, least: int = LEAST_CELLS) -> Floats:
    """Trimmed means (types, d), nan with fewer than ``least`` cells."""
    made = np.full((types, points.shape[1]), np.nan)
    for t in range(types):
        own = points[labels == t]
        if len(own) >= least:
            cut = int(TRIM * len(own))
            made[t] = np.sort(np.asarray(own, float), axis=0)[cut : len(own) - cut].mean(axis=0)
    return made


def distances(centre: Floats) -> Floats:
    """Distances (types, types), each column divided by its maximum; nan where a centroid is nan."""
    there = np.isfinite(centre).all(axis=1)
    far = np.full((len(centre), len(centre)), np.nan)
    if there.sum() > 1:
        far[np.ix_(there, there)] = np.sqrt(squared(centre[there], centre[there]))
        np.fill_diagonal(far, np.where(there, 0.0, np.nan))
        far[:, there] /= np.maximum(far[np.ix_(there, there)].max(axis=0), 1e-12)
    return far


def consensus(before: Floats, labels: Ints, batch: Ints, types: int) -> Floats:
    """Mean over batches of the distances within each batch (types, types); nan if no batch has both types."""
    each = np.stack([distances(centroids(before[batch == b], labels[batch == b], types)) for b in np.unique(batch)])
    there = np.isfinite(each)
    return np.where(there.any(axis=0), np.where(there, each, 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1), np.nan)


def scgraph(before: Floats, after: Floats, labels: Ints, batch: Ints) -> float:
    """-1 to 1: mean over types of the Pearson correlation of its distances in ``after`` with the consensus of
    ``before``, weighted by one over the consensus; nan with fewer than four types."""
    code = np.unique(labels, return_inverse=True)[1]
    types = int(code.max()) + 1
    known, found = consensus(before, code, batch, types), distances(centroids(after, code, types))
    made = []
    for t in range(types):
        there = np.isfinite(known[t]) & np.isfinite(found[t]) & (np.arange(types) != t)
        if there.sum() >= LEAST_TYPES - 1:
            made.append(weighted(known[there, t], found[there, t], 1 / np.maximum(known[there, t], 1e-6)))
    return float(np.nanmean(made)) if made else float("nan")


def weighted(x: Floats, y: Floats, w: Floats) -> float:
    """Weighted Pearson correlation, -1 to 1; nan if one variable is constant."""
    w = w / w.sum()
    a, b = x - (w * x).sum(), y - (w * y).sum()
    whole = np.sqrt((w * a * a).sum() * (w * b * b).sum())
    return float((w * a * b).sum() / whole) if whole > 0 else float("nan")
