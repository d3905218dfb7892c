"""UMAP: a picture of points in many dimensions in which neighbours stay close (McInnes 2018, doi
10.48550/arXiv.1802.03426).

For the few thousand cells of a picture: neighbours are exact, and steps are taken on batches of edges, in NumPy only.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import curve_fit

from kg.match.card import Card

Floats = NDArray[np.float64]

CARD = Card(
    "UMAP",
    "1",
    "two coordinates for a picture; neighbours stay neighbours",
    (
        "distances between groups, their sizes and their shapes mean nothing: it is no evidence of anything",
        "differs from the paper: starts at principal axes, and takes its steps on batches of edges",
    ),
    doi="10.48550/arXiv.1802.03426",
)
NEIGHBOURS, MIN_DISTANCE, EPOCHS, NEGATIVE, _CLIP = 15, 0.1, 200, 5, 4.0


def umap(X: NDArray, *, neighbours: int = NEIGHBOURS, epochs: int = EPOCHS, seed: int = 0) -> Floats:
    """Points x d, finite -> points x 2, centred. The same for the same input and seed. ``neighbours``: including the
    point itself."""
    n = len(X)
    if n <= 3:
        return np.zeros((n, 2))
    graph = fuzzy_neighbours(X, min(neighbours, n) - 1).tocoo()
    rng = np.random.default_rng(seed)
    places = _start(X, rng)
    a, b = _curve(MIN_DISTANCE)
    kept = graph.data >= graph.data.max() / epochs
    head, tail, weight = graph.row[kept], graph.col[kept], graph.data[kept] / graph.data.max()
    for epoch in range(epochs):
        due = np.flatnonzero(np.floor((epoch + 1) * weight) > np.floor(epoch * weight))
        due = rng.permutation(due)
        step = 1 - epoch / epochs
        for batch in np.array_split(due, max(1, len(due) * 2 // n)):
            _pull(places, head[batch], tail[batch], a, b, step)
            _push(places, np.repeat(head[batch], NEGATIVE), a, b, step, rng)
    return places - places.mean(axis=0)


def fuzzy_neighbours(X: NDArray, k: int) -> sparse.csr_matrix:
    """Points x points: the weight with which two are neighbours, 0 to 1; symmetric. Before that, the weights of each
    point sum to log2(k + 1)."""
    near, distance = _nearest(np.asarray(X, np.float64), k)
    rho = distance[:, :1]
    low, high = np.zeros((len(X), 1)), np.full((len(X), 1), np.inf)
    sigma = np.ones((len(X), 1))
    for _ in range(64):
        total = np.exp(-np.maximum(distance - rho, 0) / sigma).sum(axis=1, keepdims=True)
        over = total > np.log2(k + 1)
        high, low = np.where(over, sigma, high), np.where(over, low, sigma)
        sigma = np.where(np.isinf(high), sigma * 2, (low + high) / 2)
    sigma = np.maximum(sigma, 1e-3 * np.maximum(distance.mean(), 1e-12))
    there = np.exp(-np.maximum(distance - rho, 0) / sigma)
    one = sparse.csr_matrix((there.ravel(), near.ravel(), np.arange(len(X) + 1) * k), shape=(len(X), len(X)))
    both = one.multiply(one.T)
    return sparse.csr_matrix(one + one.T - both)


def _nearest(X: Floats, k: int) -> tuple[NDArray[np.int64], Floats]:
    """The k nearest other points of each point, nearest first, and their distances."""
    square = (X**2).sum(axis=1)
    near, far = np.empty((len(X), k), np.int64), np.empty((len(X), k))
    for at in range(0, len(X), 1024):
        gap = square[at : at + 1024, None] + square - 2 * X[at : at + 1024] @ X.T
        rows = np.arange(len(gap))
        gap[rows, at + rows] = np.inf
        some = np.argpartition(gap, k - 1, axis=1)[:, :k]
        found = np.take_along_axis(gap, some, axis=1)
        order = np.argsort(found, axis=1, kind="stable")
        near[at : at + 1024] = np.take_along_axis(some, order, axis=1)
        far[at : at + 1024] = np.sqrt(np.maximum(np.take_along_axis(found, order, axis=1), 0))
    return near, far


def _start(X: NDArray, rng: np.random.Generator) -> Floats:
    centred = X - X.mean(axis=0, dtype=np.float64)
    if centred.shape[1] < 2:
        centred = np.hstack([centred, np.zeros((len(X), 2 - centred.shape[1]))])
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.where(axes.sum(axis=0) < 0, -1, 1)
    places = centred @ axes
    return 10 * places / max(np.abs(places).max(), 1e-12) + rng.normal(0, 1e-3, (len(X), 2))


def _curve(least: float) -> tuple[float, float]:
    """a and b of 1 / (1 + a x^2b), fitted to a curve that is 1 up to ``least`` and then decays exponentially with scale
    1."""
    x = np.linspace(0, 3, 300)
    y = np.where(x < least, 1.0, np.exp(-(x - least)))
    found, _ = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), x, y)
    return float(found[0]), float(found[1])


def _pull(places: Floats, head: NDArray, tail: NDArray, a: float, b: float, step: float) -> None:
    gap = places[head] - places[tail]
    square = np.maximum((gap**2).sum(axis=1), 1e-12)
    force = -2 * a * b * square ** (b - 1) / (1 + a * square**b)
    move = step * np.clip(force[:, None] * gap, -_CLIP, _CLIP)
    _add(places, head, move)
    _add(places, tail, -move)


def _push(places: Floats, head: NDArray, a: float, b: float, step: float, rng: np.random.Generator) -> None:
    other = rng.integers(len(places), size=len(head))
    gap = places[head] - places[other]
    square = (gap**2).sum(axis=1)
    force = 2 * b / ((0.001 + square) * (1 + a * square**b))
    move = step * np.clip(force[:, None] * gap, -_CLIP, _CLIP)
    _add(places, head, np.where((other == head)[:, None], 0, move))


def _add(places: Floats, at: NDArray, move: Floats) -> None:
    for axis in (0, 1):
        places[:, axis] += np.bincount(at, move[:, axis], len(places))
