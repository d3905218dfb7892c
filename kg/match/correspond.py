"""Which cell populations of two species are each other's counterpart, in a space that both share.

Two scores that do not see each other's arithmetic. The first: of the k cells of the other species nearest to a cell
(cosine, after the mean of the populations' centroids is taken out of each species), the share that is of the other
population, averaged over the cells of each side; the score is the geometric mean of the two directions, so that a
population which is merely the nearest thing at hand to another has none. Its null: labels permuted among the cells of
one species. The second: MetaNeighbor's AUROC, unsupervised and one against all (Crow 2018, doi
10.1038/s41467-018-03282-0): cells of one species vote for those of the other by Spearman's correlation + 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from kg.match.card import Card
from kg.match.conjunction import adjusted
from kg.match.verdict import ALPHA

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AUROC_CALLS = 0.9  # MetaNeighbor's own threshold for a top hit
NULL = "labels permuted among the cells of one species"

CARD = Card(
    "reciprocal-neighbours",
    "1",
    "share of cross-species neighbours of two cell populations, with a null of permuted labels and MetaNeighbor's AUROC",
    (
        "p says that labels and space have to do with each other; cells are permuted, not donors, so it is small soon",
        "a population that one species lacks is told apart by its neighbours' own counterparts, never by a distance",
        "centring takes the species to have about the same populations",
        "an AUROC of the embedding's own coordinates is not independent of it: of expression it is",
    ),
    doi="10.1038/s41467-018-03282-0",
)


@dataclass(frozen=True)
class Population:
    """``centroid``: d means; ``spread``: root of the mean squared distance of its cells to it, in the space's units."""

    species: str
    label: str
    n_cells: int
    centroid: Floats
    spread: float


@dataclass(frozen=True)
class Pair:
    """``left``, ``right``: places of the populations, of two species. ``score`` 0 to 1; ``p`` by permutation, ``q``
    Benjamini-Hochberg over all pairs; ``reciprocal``: each has no better score in the other's species; ``auroc`` 0 to
    1 or None (the species has no other population); ``agrees``: both scores call the pair counterparts, or neither."""

    left: int
    right: int
    score: float
    p: float
    q: float
    reciprocal: bool
    auroc: float | None
    agrees: bool

    @property
    def called(self) -> bool:
        """Counterparts by the neighbours: each other's best and above the null."""
        return self.reciprocal and self.q <= ALPHA


@dataclass(frozen=True)
class Correspondence:
    """Populations sorted by species and label; every pair of two species, sorted by places."""

    populations: tuple[Population, ...]
    pairs: tuple[Pair, ...]

    def nearest(self, place: int, species: str) -> Pair | None:
        """The pair of the best score that a population has in a species; the smaller p, then the higher AUROC first."""
        own = (p for p in self.pairs if self._other(p, place, species))
        return min(own, key=lambda p: (-p.score, p.p, -(p.auroc or 0), p.left, p.right), default=None)

    def _other(self, pair: Pair, place: int, species: str) -> bool:
        if place not in (pair.left, pair.right):
            return False
        return self.populations[pair.right if pair.left == place else pair.left].species == species


def correspond(
    embedding: NDArray, species: NDArray, labels: NDArray, *, expression: NDArray | None = None, k: int = 15,
    most: int = 200, draws: int = 999, seed: int = 0,
) -> Correspondence:  # fmt: skip
    """Populations of two or more species and how they correspond; the order of the cells changes nothing.

    Args:
        embedding: cells x d, finite.
        species: text of each cell.
        labels: text of each cell; "" for none, which makes it a cell of no population that no score sees.
        expression: cells x features that the species share (one-to-one orthologs), for the AUROC; the embedding when
            None.
        k: neighbours of a cell in the other species.
        most: cells of a population, drawn at random, that look for neighbours; centroids and AUROC see all.
        draws: permutations; the smallest p is 1 / (draws + 1).

    Raises:
        ValueError: shapes that do not fit, or values that are not finite.
    """
    votes = embedding if expression is None else expression
    if embedding.ndim != 2 or not len(embedding) == len(species) == len(labels) == len(votes):
        raise ValueError(
            f"{embedding.shape} cells x d, {len(species)} species, {len(labels)} labels, {len(votes)} votes"
        )
    if not (np.isfinite(embedding).all() and np.isfinite(votes).all()):
        raise ValueError("the embedding or the expression has values that are not finite")
    order = np.lexsort((*embedding.T[:3], labels, species))  # a draw of cells must not depend on where they stand
    order = order[labels[order] != ""]
    X, votes = np.asarray(embedding[order]), np.asarray(votes[order])
    names, code = np.unique(np.stack([species[order], labels[order]]).astype(str), axis=1, return_inverse=True)
    code = code.reshape(-1)
    made = tuple(_population(str(s), str(n), X[code == i]) for i, (s, n) in enumerate(names.T))
    kinds = {str(s): np.flatnonzero(names[0] == s) for s in np.unique(names[0])}
    rng, found = np.random.default_rng(seed), []
    for a, b in combinations(kinds, 2):
        left, right = kinds[a], kinds[b]
        score, p = _neighbours(
            _sample(X, code, made, left, most, rng), _sample(X, code, made, right, most, rng), k, draws, rng
        )
        in_a, in_b = np.isin(code, left), np.isin(code, right)
        auroc = metaneighbor(votes[in_a], code[in_a] - left[0], votes[in_b], code[in_b] - right[0])
        found += list(_read(left, right, score, p, auroc))
    q = adjusted(np.array([p for *_, p, _, _, _ in found])) if found else ()
    pairs = tuple(
        Pair(i, j, score, p, float(qq), best, auroc, (best and bool(qq <= ALPHA)) == top)
        for (i, j, score, p, best, auroc, top), qq in zip(found, q, strict=True)
    )
    return Correspondence(made, pairs)


def _population(species: str, label: str, X: NDArray) -> Population:
    centroid = X.mean(axis=0, dtype=np.float64)
    return Population(species, label, len(X), centroid, float(np.sqrt(((X - centroid) ** 2).sum(axis=1).mean())))


def _sample(
    X: NDArray, code: NDArray, made: tuple[Population, ...], own: NDArray, most: int, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Unit vectors of cells of one species about the mean of its centroids, and the population of each from 0."""
    rows = [np.flatnonzero(code == i) for i in own]
    rows = np.concatenate([r if len(r) <= most else np.sort(rng.choice(r, most, replace=False)) for r in rows])
    centred = X[rows] - np.mean([made[i].centroid for i in own], axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0), code[rows] - own[0]


def _neighbours(
    left: tuple[Floats, Ints], right: tuple[Floats, Ints], k: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Score and p of each pair of populations, left x right."""
    (X, a), (Y, b) = left, right
    n_a, n_b = np.bincount(a), np.bincount(b)
    cosine = X @ Y.T
    of_left, of_right = _nearest(cosine, k), _nearest(cosine.T, k)
    room_b, room_a = np.minimum(of_left.shape[1], n_b), np.minimum(of_right.shape[1], n_a)

    def score(labels: Ints) -> Floats:
        """A population of fewer than k cells cannot fill a neighbourhood: what it could fill is the whole."""
        there = np.bincount((a[:, None] * len(n_b) + labels[of_left]).ravel(), minlength=len(n_a) * len(n_b))
        back = np.bincount((labels[:, None] * len(n_a) + a[of_right]).ravel(), minlength=len(n_a) * len(n_b))
        there = there.reshape(len(n_a), -1) / n_a[:, None] / room_b
        back = back.reshape(len(n_b), -1).T / n_b / room_a[:, None]
        return np.sqrt(there * back)

    observed, above = score(b), np.ones((len(n_a), len(n_b)))
    for _ in range(draws):
        above += score(rng.permutation(b)) >= observed
    return observed, above / (draws + 1)


def _nearest(cosine: Floats, k: int) -> Ints:
    """Rows x the k columns of the largest values."""
    k = min(k, cosine.shape[1])
    return np.argpartition(-cosine, k - 1, axis=1)[:, :k]


def metaneighbor(X: NDArray, a: Ints, Y: NDArray, b: Ints) -> Floats:
    """AUROC of each pair of populations, left x right, the mean of both directions; nan where a species has only one.

    ``X``, ``Y``: cells x features of two species over the same features; ``a``, ``b``: population of each cell from 0.
    """
    left, right = _ranked(X), _ranked(Y)
    return (_voted(left, a, right, b) + _voted(right, b, left, a).T) / 2


def _ranked(X: NDArray) -> Floats:
    """Cells whose inner product is Spearman's correlation; a cell of one value alone correlates with none."""
    made = np.empty(X.shape)
    for start in range(0, len(X), 4096):
        block = rankdata(X[start : start + 4096], axis=1)
        block -= block.mean(axis=1, keepdims=True)
        length = np.linalg.norm(block, axis=1, keepdims=True)
        made[start : start + 4096] = np.divide(block, length, out=np.zeros_like(block), where=length > 0)
    return made


def _voted(voters: Floats, a: Ints, cells: Floats, b: Ints) -> Floats:
    """AUROC with which the cells of each population get more votes of each population of voters than the others do."""
    counts, sizes = np.bincount(a), np.bincount(b)
    sums = np.zeros((len(counts), voters.shape[1]))
    np.add.at(sums, a, voters)
    share = (cells @ sums.T + counts) / (cells @ sums.sum(axis=0) + len(a))[:, None]
    ranks = np.zeros((len(sizes), len(counts)))
    np.add.at(ranks, b, rankdata(share, axis=0))
    rest = len(b) - sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        made = (ranks / sizes[:, None] - (sizes[:, None] + 1) / 2) / rest[:, None]
    return np.where(rest[:, None] > 0, made, np.nan).T


def _read(left: Ints, right: Ints, score: Floats, p: Floats, auroc: Floats) -> Iterator[tuple]:
    """Places, score, p, whether each is the other's best, AUROC, and whether the AUROC calls them counterparts."""
    best = (score > 0) & (score == score.max(axis=0)) & (score == score.max(axis=1, keepdims=True))
    known = np.nan_to_num(auroc, nan=-1.0)
    top = (known == known.max(axis=0)) & (known == known.max(axis=1, keepdims=True)) & (known >= AUROC_CALLS)
    for i, j in np.ndindex(score.shape):
        a = float(auroc[i, j])
        yield int(left[i]), int(right[j]), float(score[i, j]), float(p[i, j]), bool(best[i, j]), None if np.isnan(a) else a, bool(top[i, j])  # fmt: skip
