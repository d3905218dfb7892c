"""Measures of mixing of batches: variance explained by batches, connectivity of labels, and silhouettes of batches."""

import numpy as np
from scipy import sparse, stats
from scipy.sparse.csgraph import connected_components

from ingest.method.mapping.space.geometry import Floats, Ints, group_means, squared, unit
from ingest.method.mapping.space.neighbours import nearest
from kg.match.card import Card

CARD = Card(
    "mixing-of-batches",
    "1",
    "principal component regression, graph connectivity and BRAS; in addition kBET and silhouettes",
    (
        "batches of different composition explain variance even without a batch effect",
        "kBET and silhouettes reward scattered types: they are shown but not used in decisions",
    ),
    "10.1038/s41587-025-02743-4",
)
NEIGHBOURS, KBET = 15, 25


def explained(points: Floats, batch: Ints) -> float:
    """Share of the variance of all axes that batches explain, 0 to 1 (Büttner 2019, doi 10.1038/s41592-018-0254-1)."""
    code = np.unique(batch, return_inverse=True)[1]
    points = np.asarray(points, float)
    around = points - points.mean(axis=0)
    fitted = group_means(around, code, int(code.max()) + 1)[code]
    whole = (around**2).sum()
    return float((fitted**2).sum() / whole) if whole > 0 else 0.0


def pcr(before: Floats, after: Floats, batch: Ints) -> float:
    """Relative reduction of the variance explained by batches, 0 to 1."""
    was = explained(before, batch)
    return float(max(0.0, (was - explained(after, batch)) / was)) if was > 0 else 1.0


def connectivity(points: Floats, labels: Ints, neighbours: int = NEIGHBOURS) -> float:
    """Mean over labels of the share of cells in the largest connected component of the label's neighbour graph, 0
    to 1."""
    index = nearest(points, points, min(neighbours + 1, len(points)))[0][:, 1:]
    rows = np.repeat(np.arange(len(points)), index.shape[1])
    graph = sparse.csr_matrix((np.ones(index.size), (rows, index.ravel())), (len(points), len(points)))
    made = []
    for each in np.unique(labels):
        own = np.flatnonzero(labels == each)
        part = connected_components(graph[own][:, own], directed=False)[1]
        made.append(np.bincount(part).max() / len(own))
    return float(np.mean(made))


def silhouettes(points: Floats, groups: Ints, *, others: str = "nearest", cosine: bool = False) -> Floats:
    """Silhouette of each cell (n,), -1 to 1. ``others``: distance to the nearest other group (``nearest``), or mean
    over all cells of other groups (``mean``)."""
    points = np.asarray(points, float)
    far = np.maximum(1 - unit(points) @ unit(points).T, 0) if cosine else np.sqrt(squared(points, points))
    np.fill_diagonal(far, 0)
    code = np.unique(groups, return_inverse=True)[1]
    many = np.bincount(code)
    total = np.stack([far[:, code == g].sum(axis=1) for g in range(len(many))], axis=1)
    rows = np.arange(len(code))
    inside = total[rows, code] / np.maximum(many[code] - 1, 1)
    if others == "mean":
        outside = (total.sum(axis=1) - total[rows, code]) / np.maximum(len(code) - many[code], 1)
    else:
        mean = total / many
        mean[rows, code] = np.inf
        outside = mean.min(axis=1)
    made = (outside - inside) / np.maximum(np.maximum(outside, inside), 1e-12)
    return np.where(many[code] > 1, made, 0.0)


def bras(points: Floats, labels: Ints, batch: Ints) -> float:
    """Batch removal adapted silhouette: within each label 1 - |silhouette of batches|, with cosine distance, against
    all cells of other batches; mean over labels, 0 to 1 (Rautenstrauch 2025, doi 10.1038/s41587-025-02743-4)."""
    return _within(points, labels, batch, others="mean", cosine=True)


def silhouette_batch(points: Floats, labels: Ints, batch: Ints) -> float:
    """Silhouette of batches as in scIB, 0 to 1; only shown."""
    return _within(points, labels, batch, others="nearest", cosine=False)


def _within(points: Floats, labels: Ints, batch: Ints, *, others: str, cosine: bool) -> float:
    made = []
    for each in np.unique(labels):
        own = np.flatnonzero(labels == each)
        if 1 < len(np.unique(batch[own])) < len(own):
            made.append((1 - np.abs(silhouettes(points[own], batch[own], others=others, cosine=cosine))).mean())
    return float(np.mean(made)) if made else 1.0


def silhouette_label(points: Floats, labels: Ints) -> float:
    """Silhouette of labels scaled to 0..1; only shown."""
    return float((silhouettes(points, labels).mean() + 1) / 2) if len(np.unique(labels)) > 1 else 0.5


def kbet(points: Floats, labels: Ints, batch: Ints, neighbours: int = KBET, level: float = 0.05) -> float:
    """Share of cells whose neighbourhood has the batch composition of their label by a chi-square test at ``level``,
    mean over labels, 0 to 1 (Büttner 2019, doi 10.1038/s41592-018-0254-1); only shown."""
    made = []
    for each in np.unique(labels):
        own = np.flatnonzero(labels == each)
        code = np.unique(batch[own], return_inverse=True)[1]
        many = np.bincount(code)
        k = min(neighbours, len(own) // 2)
        if len(many) < 2 or k < 2:
            continue
        index = nearest(points[own], points[own], k + 1)[0][:, 1:]
        seen = np.stack([(code[index] == b).sum(axis=1) for b in range(len(many))], axis=1)
        expected = k * many / len(own)
        chi = ((seen - expected) ** 2 / expected).sum(axis=1)
        made.append((stats.chi2.sf(chi, len(many) - 1) >= level).mean())
    return float(np.mean(made)) if made else 1.0
