"""Classifier heads, from coordinates to P of each type: by type means, by donor-balanced neighbours, or by both."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp

from ingest.method.mapping.space.geometry import Floats, Ints, squared, unit
from ingest.method.mapping.space.neighbours import nearest
from kg.match.card import Card

CARD = Card(
    "label-head",
    "1",
    "P of each type from a Gaussian around each mean, from donor-balanced neighbours, or their geometric mean",
    (
        "types have equal prior probability, so rare types are not disadvantaged",
        "P sums to 1 over the types of the reference, and says nothing about types that are not among them",
    ),
    "10.1080/01621459.1989.10478752",
)
NEIGHBOURS, PRIOR = 20, 0.02


def by_means(points: Floats, means: Floats) -> Floats:
    """Scores (cells, t): minus half the squared distance to each type's mean, the log density of a Gaussian of unit
    covariance (linear discriminant). Divide them by a temperature."""
    return -0.5 * squared(np.asarray(points, float), np.asarray(means, float))


def by_neighbours(points: Floats, cells: Floats, code: Ints, donor: Ints, types: int, k: int = NEIGHBOURS) -> Floats:
    """Log P (cells, t) from the k nearest reference cells by angle. The weight of a neighbour is a Gaussian of its
    distance relative to the farthest, divided by the square root of the number of cells of that type from its donor;
    ``PRIOR`` keeps P above 0."""
    index, near = nearest(unit(points), unit(cells), k)
    many = np.bincount(donor.astype(np.int64) * types + code, minlength=(int(donor.max()) + 1) * types)
    weight = np.exp(-((near / np.maximum(near[:, -1:], 1e-9)) ** 2))
    weight = weight / np.sqrt(many[donor.astype(np.int64) * types + code])[index]
    p = np.zeros((len(points), types))
    rows = np.arange(len(points))
    for at in range(index.shape[1]):
        np.add.at(p, (rows, code[index[:, at]]), weight[:, at])
    p /= p.sum(axis=1, keepdims=True)
    return np.log((p + PRIOR) / (1 + types * PRIOR))


def tempered(scores: Floats, temperature: float) -> Floats:
    """Log P (cells, t) of scores at a temperature above 0; higher temperatures give less confident P."""
    return np.asarray(log_softmax(scores / temperature, axis=1))


def both(first: Floats, second: Floats) -> Floats:
    """Log P (cells, t) of the geometric mean of two."""
    joint = (first + second) / 2
    return np.asarray(joint - logsumexp(joint, axis=1, keepdims=True))


def temperature(scores: Floats, truth: Ints, weight: Floats) -> float:
    """The temperature (0.2 to 50) with the lowest weighted log loss of the true types, on held-out cells (Guo 2017, doi
    10.48550/arXiv.1706.04599)."""
    rows = np.arange(len(truth))

    def loss(log_t: float) -> float:
        return float(-(weight * tempered(scores, float(np.exp(log_t)))[rows, truth]).sum())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(50.0)), method="bounded")
    return float(np.exp(found.x))


def macro_f1(truth: Ints, call: Ints, types: Ints) -> float:
    """Mean F1 (0 to 1) over the given types."""
    return float(
        np.mean(
            [2 * ((truth == t) & (call == t)).sum() / max((truth == t).sum() + (call == t).sum(), 1) for t in types]
        )
    )
