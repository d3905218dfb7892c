# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

"""Which cell populations of two species are each other's counterpart, in a space that both share.

Two independent scores. The first: of the k cells of the other species nearest to a cell (cosine, after the mean of the
populations' centroids is taken out of each species), the share that is of the other population, averaged over the cells
of each side; the score is the geometric mean of the two directions, so that a population which is merely the nearest
available one scores 0. Its nulls: labels permuted among the cells of one species, which tests that labels and space are
related; and the scores of control runs with shuffled gene embeddings, which test that the similarity of genes brought
the two together. The second: MetaNeighbor's AUROC, unsupervised and one against all (Crow 2018, doi
10.1038/s41467-018-03282-0): cells of one species vote for those of the other by Spearman's correlation + 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from kg.match.card import Card
from kg.match.conjunction import adjusted
from kg.match.verdict import ALPHA

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Strings = NDArray[np.str_]
Cells = NDArray[Any]  # of float32 as of float64

AUROC_CALLS = 0.9  # MetaNeighbor's own threshold for a top hit
NULL = "labels permuted among the cells of one species"
FEWEST = 5  # cells of a population; below that a share of neighbours says nothing

CARD = Card(
    "reciprocal-neighbours",
    "2",
    "share of cross-species neighbours of two cell populations, with nulls of permuted labels and of shuffled gene"
    " embeddings, and MetaNeighbor's AUROC",
    (
        "p says that labels and space have to do with each other; cells are permuted, not donors, so it is small soon",
        "p_shuffled is a rank among the best pairs of n populations in the control runs: it is at least 1 / (n + 1)",
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


class Status(StrEnum):
    """COUNTERPART: each other's best, at FDR .05 by every null available. UNTESTABLE: a side has too few cells."""

    COUNTERPART = "COUNTERPART"
    NONE = "NONE"
    UNTESTABLE = "UNTESTABLE"


@dataclass(frozen=True)
class Pair:
    """``left``, ``right``: places of the populations, of two species. ``score`` 0 to 1; ``p`` by permuted labels, ``q``
    Benjamini-Hochberg over all tested pairs; ``p_shuffled``: rank of its score in ``base`` among those of the
    reciprocal pairs that each population of the smaller side has in the control runs (0 for none), 1 where it is not
    reciprocal there, ``q_shuffled`` Benjamini-Hochberg over these populations, adaptive; None without a control, and
    where UNTESTABLE; ``reciprocal``: each has no better score in the other's species; ``auroc`` 0 to 1 or None (the
    species has no other population); ``agrees``: both scores call the pair counterparts, or neither; None where one is
    undecided."""

    left: int
    right: int
    score: float
    p: float | None
    q: float | None
    p_shuffled: float | None
    q_shuffled: float | None
    reciprocal: bool
    auroc: float | None
    agrees: bool | None
    status: Status

    @property
    def called(self) -> bool:
        return self.status is Status.COUNTERPART


@dataclass(frozen=True)
class Correspondence:
    """Populations sorted by species and label; every pair of two species, sorted by places. ``controls``: control runs
    that were given; ``least``: the smallest ``q_shuffled`` that so few could give to as many pairs as are reciprocal
    and above the permuted labels."""

    populations: tuple[Population, ...]
    pairs: tuple[Pair, ...]
    controls: int = 0
    least: float | None = None

    def nearest(self, place: int, species: str) -> Pair | None:
        """The pair of the best score that a population has in a species; the smaller p, then the higher AUROC first."""
        own = (p for p in self.pairs if self._other(p, place, species))
        return min(own, key=lambda p: (-p.score, p.p or 0.0, -(p.auroc or 0), p.left, p.right), default=None)

    def _other(self, pair: Pair, place: int, species: str) -> bool:
        if place not in (pair.left, pair.right):
            return False
        return self.populations[pair.right if pair.left == place else pair.left].species == species


def correspond(
    embedding: Cells, species: Strings, labels: Strings, *, expression: Cells | None = None,
    base: Cells | None = None, controls: Sequence[Cells] = (), rows: Ints | None = None, k: int = 15, most: int = 200,
    draws: int = 999, seed: int = 0,
) -> Correspondence:  # fmt: skip
    """Populations of two or more species and how they correspond; the order of the cells changes nothing.

    Args:
        embedding: cells x d, finite.
        species: text of each cell.
        labels: text of each cell; "" for none: such a cell belongs to no population and enters no score.
        expression: cells x features that the species share (one-to-one orthologs), for the AUROC; the embedding when
            None.
        base: cells x columns that no label has touched, such as macrogene activities, in which the run is compared with
        its
            controls; the embedding when None. An embedding whose labels were drawn together scores high by chance too.
        controls: the same of runs with shuffled gene embeddings, each cells x columns, finite.
        rows: of the embedding, that ``base`` and ``controls`` hold; all when None.
        k: neighbours of a cell in the other species.
        most: cells of a population, drawn at random, that look for neighbours; centroids and AUROC see all.
        draws: permutations; the smallest p is 1 / (draws + 1).

    Raises:
        ValueError: shapes that do not fit, or values that are not finite.
    """
    votes = embedding if expression is None else expression
    rows = np.arange(len(embedding)) if rows is None else np.asarray(rows)
    spaces = [embedding[rows] if base is None else base, *controls]
    fits = all(len(each) == len(embedding) for each in (species, labels, votes)) and all(
        len(each) == len(rows) for each in spaces
    )
    if embedding.ndim != 2 or not fits:
        shapes = ", ".join(str(each.shape) for each in (embedding, votes, *spaces))
        raise ValueError(f"{shapes} cells x columns, {len(species)} species, {len(labels)} labels, {len(rows)} rows")
    if not all(np.isfinite(each).all() for each in (embedding, votes, *spaces)):
        raise ValueError("the embedding, the expression or a control has values that are not finite")
    order = np.lexsort((*embedding.T[:3], labels, species))  # a draw of cells must not depend on where they stand
    order = order[labels[order] != ""]
    X, votes = np.asarray(embedding[order]), np.asarray(votes[order])
    place = np.full(len(embedding), -1)
    place[rows] = np.arange(len(rows))
    held = np.flatnonzero(place[order] >= 0)
    spaces = [np.asarray(each[place[order[held]]]) for each in spaces]
    names, code = np.unique(np.stack([species[order], labels[order]]).astype(str), axis=1, return_inverse=True)
    code = code.reshape(-1)
    made = tuple(_population(str(s), str(n), X[code == i]) for i, (s, n) in enumerate(names.T))
    enough = np.bincount(code, minlength=len(made)) >= FEWEST
    kinds = {str(s): np.flatnonzero(names[0] == s) for s in np.unique(names[0])}
    rng = np.random.default_rng(seed)
    found: list[Pair] = []
    sizes: list[tuple[int, int]] = []
    for a, b in combinations(kinds, 2):
        left, right = kinds[a], kinds[b]
        score, p = _neighbours(*_sides(X, code, (left, right), most, rng), k, draws, rng)
        tested = np.outer(enough[left], enough[right])
        scores = [
            _neighbours(*_sides(Y, code[held], (left, right), most, np.random.default_rng(seed)), k, 0, rng)[0]
            for Y in spaces
            if controls
        ]
        null = [_best(each, tested) for each in scores[1:]]
        rank = _ranks(scores[0], np.concatenate(null), tested) if null else None
        if null and tested.any():
            sizes.append((len(null[0]), len(null) * len(null[0])))
        in_a, in_b = np.isin(code, left), np.isin(code, right)
        auroc = metaneighbor(votes[in_a], code[in_a] - left[0], votes[in_b], code[in_b] - right[0])
        found += _read(left, right, score, p, rank, auroc, tested)
    return _judged(made, found, len(controls), sizes)


def _population(species: str, label: str, X: Floats) -> Population:
    centroid = X.mean(axis=0, dtype=np.float64)
    return Population(species, label, len(X), centroid, float(np.sqrt(((X - centroid) ** 2).sum(axis=1).mean())))


def _sides(
    X: Floats, code: Ints, ends: tuple[Ints, Ints], most: int, rng: np.random.Generator
) -> tuple[tuple[Floats, Ints], tuple[Floats, Ints]]:
    """Both species of a pair, as :func:`_neighbours` takes them."""
    left, right = (_centred(X, code, _drawn(code, own, most, rng), own) for own in ends)
    return left, right


def _drawn(code: Ints, own: Ints, most: int, rng: np.random.Generator) -> Ints:
    """Rows of at most ``most`` cells of each population of one species."""
    rows = [np.flatnonzero(code == i) for i in own]
    return np.concatenate([r if len(r) <= most else np.sort(rng.choice(r, most, replace=False)) for r in rows])


def _centred(X: Floats, code: Ints, rows: Ints, own: Ints) -> tuple[Floats, Ints]:
    """Unit vectors of cells of one species about the mean of its centroids, and the population of each from 0."""
    centroids = [X[code == i].mean(axis=0, dtype=np.float64) for i in own]
    centred = X[rows] - np.mean(centroids, axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0), code[rows] - own[0]


def _neighbours(
    left: tuple[Floats, Ints], right: tuple[Floats, Ints], k: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Score and p of each pair of populations, left x right; p is 1 without ``draws``."""
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


def metaneighbor(X: Floats, a: Ints, Y: Floats, b: Ints) -> Floats:
    """AUROC of each pair of populations, left x right, the mean of both directions; nan where a species has only one.

    ``X``, ``Y``: cells x features of two species over the same features; ``a``, ``b``: population of each cell from 0.
    """
    left, right = _ranked(X), _ranked(Y)
    return (_voted(left, a, right, b) + _voted(right, b, left, a).T) / 2


def _ranked(X: Floats) -> Floats:
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


def _reciprocal(score: Floats, tested: NDArray[np.bool_]) -> NDArray[np.bool_]:
    own = np.where(tested, score, -1.0)
    return (own > 0) & (own == own.max(axis=0)) & (own == own.max(axis=1, keepdims=True))


def _best(score: Floats, tested: NDArray[np.bool_]) -> Floats:
    """Score of the reciprocal pair of each tested population of the side that has fewer; 0 for none."""
    own = np.where(_reciprocal(score, tested), score, 0.0)
    rows, columns = tested.any(axis=1), tested.any(axis=0)
    return own.max(axis=1)[rows] if rows.sum() <= columns.sum() else own.max(axis=0)[columns]


def _ranks(score: Floats, null: Floats, tested: NDArray[np.bool_]) -> Floats:
    """p of each pair: its rank among the control runs' best, itself counted in; 1 where it is not reciprocal."""
    above = len(null) - np.searchsorted(np.sort(null), score - 1e-12, side="left")
    return np.where(_reciprocal(score, tested), (above + 1) / (len(null) + 1), 1.0)


def _read(
    left: Ints, right: Ints, score: Floats, p: Floats, rank: Floats | None, auroc: Floats, tested: NDArray[np.bool_]
) -> list[Pair]:
    """Pairs without their q: ``agrees`` is, till then, whether the AUROC calls them counterparts (None: it says
    nothing)."""
    best = _reciprocal(score, tested)
    known = np.where(tested, np.nan_to_num(auroc, nan=-1.0), -1.0)
    top = (known == known.max(axis=0)) & (known == known.max(axis=1, keepdims=True)) & (known >= AUROC_CALLS)
    made: list[Pair] = []
    for i, j in np.ndindex(score.shape):
        there = bool(tested[i, j])
        voted = None if np.isnan(auroc[i, j]) else float(auroc[i, j])
        made.append(Pair(
            int(left[i]), int(right[j]), float(score[i, j]), float(p[i, j]) if there else None, None,
            None if rank is None or not there else float(rank[i, j]), None, bool(best[i, j]), voted,
            bool(top[i, j]) if there and voted is not None else None, Status.NONE if there else Status.UNTESTABLE,
        ))  # fmt: skip
    return made


def _judged(
    populations: tuple[Population, ...], found: list[Pair], controls: int, sizes: list[tuple[int, int]]
) -> Correspondence:
    """The pairs with their q, and the verdict. ``sizes``: of each two species with a tested pair, the populations that
    are ranked, and those of the control runs that they are ranked among."""
    tests = [at for at, pair in enumerate(found) if pair.status is not Status.UNTESTABLE]
    q = adjusted(np.array([found[at].p for at in tests])) if tests else ()
    family = sum(size for size, _ in sizes)
    q_shuffled = _adaptive([found[at] for at in tests], family) if controls else {}
    pairs = list(found)
    for at, one in zip(tests, q, strict=True):
        pair = found[at]
        other = q_shuffled.get((pair.left, pair.right), 1.0) if controls else None
        called = pair.reciprocal and bool(one <= ALPHA) and (other is None or other <= ALPHA)
        pairs[at] = replace(
            pair,
            q=float(one),
            q_shuffled=other,
            status=Status.COUNTERPART if called else Status.NONE,
            agrees=None if pair.agrees is None else called == pair.agrees,
        )
    hopeful = sum(p.reciprocal and p.q is not None and p.q <= ALPHA for p in pairs)
    least = None
    if controls and hopeful:
        smallest = max(1 / (n + 1) for _, n in sizes)
        least = min(1.0, smallest * family / hopeful * _null_share(max(family - hopeful, 0), family))
    return Correspondence(populations, tuple(pairs), controls, least)


def _adaptive(tests: list[Pair], family: int) -> dict[tuple[int, int], float]:
    """q of pairs that are reciprocal beside their controls, over ``family`` populations, the others at p 1:
    Benjamini-Hochberg by the share of populations that may have no counterpart (Storey 2004, doi
    10.1111/j.1467-9868.2004.00439.x, at p .5)."""
    own = [pair for pair in tests if pair.p_shuffled is not None and pair.p_shuffled < 1]
    if not own:
        return {}
    p = np.array([pair.p_shuffled for pair in own] + [1.0] * (family - len(own)))
    share = _null_share(int((p > 0.5).sum()), family)
    q = np.minimum(adjusted(p) * share, 1.0)
    return {(pair.left, pair.right): float(each) for pair, each in zip(own, q, strict=False)}


def _null_share(high: int, family: int) -> float:
    return min(1.0, (1 + high) / (family * 0.5))
