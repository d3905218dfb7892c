"""Effective number of labels or batches in a cell's neighbourhood: the inverse Simpson index of its neighbours, with
Gaussian weights of the same perplexity for every cell (Korsunsky 2019, doi 10.1038/s41592-019-0619-0)."""

import numpy as np

from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.mapping.space.neighbours import nearest
from kg.match.card import Card

CARD = Card(
    "lisi",
    "1",
    "median inverse Simpson index of neighbours, scaled to 0..1: of batches (iLISI), of labels reversed (cLISI)",
    (
        "batches of different composition cannot mix: iLISI is then low even without a batch effect",
        "the median hides the loss of a rare label",
    ),
    "10.1038/s41592-019-0619-0",
)
PERPLEXITY, NEIGHBOURS, TOLERANCE, TRIES = 30.0, 90, 1e-5, 60


def weights(distance: Floats, perplexity: float = PERPLEXITY) -> Floats:
    """Weights (n, k), rows sum to 1: exp(-beta d), with beta found by bisection such that the entropy is
    log(perplexity)."""
    target = np.log(perplexity)
    low, high, beta = np.zeros(len(distance)), np.full(len(distance), np.inf), np.ones(len(distance))
    far = distance - distance.min(axis=1, keepdims=True)
    made = np.exp(-far * beta[:, None])
    for _ in range(TRIES):
        total = made.sum(axis=1)
        entropy = np.log(total) + beta * (far * made).sum(axis=1) / total
        wide = entropy - target
        if (np.abs(wide) < TOLERANCE).all():
            break
        over = wide > 0
        low, high = np.where(over, beta, low), np.where(over, high, beta)
        beta = np.where(np.isinf(high), beta * 2, (low + high) / 2)
        made = np.exp(-far * beta[:, None])
    return made / made.sum(axis=1, keepdims=True)


def lisi(points: Floats, groups: Ints, perplexity: float = PERPLEXITY, neighbours: int = NEIGHBOURS) -> Floats:
    """Inverse Simpson index of each cell (n,), from 1 to the number of groups; the cell itself is not counted."""
    k = min(neighbours, len(points) - 1)
    index, distance = nearest(np.asarray(points, float), np.asarray(points, float), k + 1)
    index, distance = index[:, 1:], distance[:, 1:]
    weight = weights(distance, min(perplexity, max(k / 3, 1.0)))
    code = np.unique(groups, return_inverse=True)[1]
    share = np.zeros((len(points), int(code.max()) + 1))
    rows = np.arange(len(points))
    for at in range(k):
        np.add.at(share, (rows, code[index[:, at]]), weight[:, at])
    return 1 / (share**2).sum(axis=1)


def ilisi(points: Floats, batch: Ints) -> float:
    """0 if batches are separate, 1 if they are fully mixed."""
    many = len(np.unique(batch))
    return float((np.median(lisi(points, batch)) - 1) / (many - 1)) if many > 1 else 1.0


def clisi(points: Floats, labels: Ints) -> float:
    """1 if neighbourhoods contain a single label, 0 if all labels are mixed."""
    many = len(np.unique(labels))
    return float((many - np.median(lisi(points, labels))) / (many - 1)) if many > 1 else 1.0
