"""Agreement of clusters with labels: ARI, NMI, and F1 of labels found in few batches."""

import numpy as np
from scipy import sparse
from scipy.special import xlogy

from ingest.method.mapping.space.geometry import Floats, Ints, group_means, squared
from kg.match.card import Card

CARD = Card(
    "clusters-and-labels",
    "1",
    "adjusted Rand index, normalised mutual information and isolated F1, of k-means with as many clusters as labels",
    (
        "k-means prefers round clusters of similar size: a rare label next to a large one is often missed",
        "isolated F1 uses the labels found in the fewest batches, even if these are all batches",
    ),
    "10.1038/s41592-021-01336-8",
)
STARTS, ROUNDS = 5, 50


def contingency(one: Ints, two: Ints) -> Floats:
    """Number of cells (groups of ``one``, groups of ``two``)."""
    a, b = np.unique(one, return_inverse=True)[1], np.unique(two, return_inverse=True)[1]
    return np.asarray(sparse.coo_matrix((np.ones(len(a)), (a, b))).toarray())


def ari(one: Ints, two: Ints) -> float:
    """Adjusted Rand index (Hubert 1985, doi 10.1007/BF01908075): 1 if identical, 0 expected by chance."""
    table = contingency(one, two)
    both, rows, columns = (_pairs(each).sum() for each in (table, table.sum(axis=1), table.sum(axis=0)))
    whole = len(one) * (len(one) - 1) / 2
    expected = rows * columns / max(whole, 1)
    most = (rows + columns) / 2
    return float((both - expected) / (most - expected)) if most != expected else 1.0


def _pairs(many: Floats) -> Floats:
    return many * (many - 1) / 2


def nmi(one: Ints, two: Ints) -> float:
    """Mutual information over the mean of both entropies, 0 to 1; 1 if both have a single group."""
    table = contingency(one, two) / len(one)
    a, b = table.sum(axis=1), table.sum(axis=0)
    shared = (xlogy(table, table) - xlogy(table, np.outer(a, b))).sum()
    mean = -(xlogy(a, a).sum() + xlogy(b, b).sum()) / 2
    return float(np.clip(shared / mean, 0, 1)) if mean > 0 else 1.0


def isolated_labels(labels: Ints, batch: Ints) -> Ints:
    """Labels found in the fewest batches."""
    names = np.unique(labels)
    many = np.array([len(np.unique(batch[labels == each])) for each in names])
    return names[many == many.min()]


def isolated_f1(labels: Ints, batch: Ints, cluster: Ints) -> float:
    """Mean over isolated labels of the F1 of the best cluster, 0 to 1."""
    made = []
    for each in isolated_labels(labels, batch):
        true = labels == each
        made.append(
            max(2 * (true & (cluster == c)).sum() / (true.sum() + (cluster == c).sum()) for c in np.unique(cluster))
        )
    return float(np.mean(made))


def kmeans(
    points: Floats, k: int, seed: int = 0, starts: int = STARTS, rounds: int = ROUNDS, first: Floats | None = None
) -> Ints:
    """Cluster of each row (n,): Lloyd's algorithm with k-means++ (Arthur 2007), the best of ``starts`` runs, the first
    of which starts from the centres ``first`` (k, d) if given."""
    rng, points = np.random.default_rng(seed), np.asarray(points, float)
    best, least = np.zeros(len(points), dtype=np.intp), np.inf
    for start in range(starts):
        centre = _spread(points, k, rng) if first is None or start else np.array(first, float)
        cluster = np.full(len(points), -1)
        for _ in range(rounds):
            far = squared(points, centre)
            new = far.argmin(axis=1)
            if np.array_equal(new, cluster):
                break
            cluster = new
            held = np.bincount(cluster, minlength=k) > 0
            centre[held] = group_means(points, cluster, k)[held]
        cost = float(squared(points, centre)[np.arange(len(points)), cluster].sum())
        if cost < least:
            best, least = cluster, cost
    return best


def _spread(points: Floats, k: int, rng: np.random.Generator) -> Floats:
    centre = np.empty((k, points.shape[1]))
    centre[0] = points[rng.integers(len(points))]
    gap = np.full(len(points), np.inf)
    for at in range(1, k):
        gap = np.minimum(gap, squared(points, centre[at - 1 : at])[:, 0])
        whole = gap.sum()
        centre[at] = points[rng.choice(len(points), p=gap / whole) if whole > 0 else rng.integers(len(points))]
    return centre
