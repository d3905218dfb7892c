"""Macrogenes: k-means over the gene embeddings of all species, and each gene's positive weights on the nearest of them.

Rosen et al. 2024, doi 10.1038/s41592-024-02191-z. Two things differ from the paper, both for distant species. The
centres start at pairs of genes that are each other's nearest across two species, so that a macrogene holds genes of
both; their number follows from the data. And a weight uses ranks both ways, the macrogene's among all for the gene and
the gene's among all of its species for the macrogene, so that a gene without a counterpart has little influence.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from kg.errors import MethodError

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_BLOCK = 2_000
_LLOYD = 5


@dataclass(frozen=True)
class GeneWeights:
    """The weights of one species, sparse: ``macrogene`` and ``weight`` are genes x near; weights are positive and
    sorted."""

    macrogene: Ints
    weight: Floats

    def sparse(self, n_macrogenes: int) -> csr_matrix:
        """Genes x macrogenes."""
        genes, near = self.weight.shape
        ends = np.arange(0, genes * near + 1, near)
        return csr_matrix(
            (self.weight.ravel().astype(float), self.macrogene.ravel(), ends), shape=(genes, n_macrogenes)
        )


@dataclass(frozen=True)
class Macrogenes:
    """``centres``: macrogenes x dimensions, unit length; ``weights``: of each species, in the order asked."""

    centres: Floats
    weights: tuple[GeneWeights, ...]

    def __len__(self) -> int:
        return len(self.centres)


def macrogenes(vectors: list[NDArray], most: int, near: int, seed: int) -> Macrogenes:
    """Centres and weights from one matrix (genes x dimensions) for each species (two or more).

    Raises MethodError if dimensions differ: the embeddings are not from one model.
    """
    sizes = {v.shape[1] for v in vectors}
    if len(sizes) > 1:
        raise MethodError(
            f"the gene embeddings have {sorted(sizes)} dimensions: all species need embeddings from one model"
        )
    units = [unit(v - v.mean(axis=0)) for v in vectors]
    everything = np.concatenate(units)
    centres = _lloyd(everything, _seeds(units, min(most, len(everything)), seed))
    return Macrogenes(centres, tuple(_weights(u, centres, min(near, len(centres))) for u in units))


def unit(vectors: NDArray) -> Floats:
    """Rows scaled to length 1; a row of zeros stays."""
    vectors = np.asarray(vectors, np.float32)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)


def nearest(a: Floats, b: Floats) -> tuple[Ints, Floats]:
    """For each row of ``a`` the most similar row of ``b``, and the cosine."""
    found, how = np.empty(len(a), np.int64), np.empty(len(a), np.float32)
    for at in range(0, len(a), _BLOCK):
        likeness = a[at : at + _BLOCK] @ b.T
        best = likeness.argmax(axis=1)
        found[at : at + _BLOCK] = best
        how[at : at + _BLOCK] = likeness[np.arange(len(best)), best]
    return found, how


def _seeds(units: list[Floats], most: int, seed: int) -> Floats:
    """Midpoints of mutual nearest genes of each two species; a random sample of them if there are more than
    ``most``."""
    made = []
    for a, b in combinations(units, 2):
        there, _ = nearest(a, b)
        back, _ = nearest(b, a)
        mutual = np.flatnonzero(back[there] == np.arange(len(a)))
        made.append(unit(a[mutual] + b[there[mutual]]))
    seeds = np.concatenate(made)
    if len(seeds) > most:
        seeds = seeds[np.sort(np.random.default_rng(seed).choice(len(seeds), most, replace=False))]
    return seeds


def _lloyd(points: Floats, centres: Floats) -> Floats:
    """A few iterations of spherical k-means; a centre that loses all its genes stays where it is."""
    for _ in range(_LLOYD):
        belongs, _ = nearest(points, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, belongs, points)
        kept = np.bincount(belongs, minlength=len(centres)) > 0
        centres = np.where(kept[:, None], unit(sums), centres)
    return centres


def rank_score(rank: NDArray) -> NDArray[np.float64]:
    """SATURN's score of a rank (1: nearest): log2(1 + 1/rank) squared, from 1 down to 0."""
    return np.log2(1 + 1 / np.asarray(rank, float)) ** 2


def _weights(genes: Floats, centres: Floats, near: int) -> GeneWeights:
    likeness = genes @ centres.T
    column = np.empty(likeness.shape, np.int32)
    for at in range(0, len(centres), _BLOCK):
        order = np.argsort(-likeness[:, at : at + _BLOCK], axis=0, kind="stable")
        np.put_along_axis(
            column[:, at : at + _BLOCK], order, np.arange(1, len(genes) + 1, dtype=np.int32)[:, None], axis=0
        )
    best = np.argsort(-likeness, axis=1, kind="stable")[:, :near]
    score = rank_score(np.arange(1, near + 1)) * rank_score(np.take_along_axis(column, best, axis=1))
    return GeneWeights(best.astype(np.int64), (2 * score).astype(np.float32))
