"""Selects the genes of the space, those with the most variable Pearson residuals, and weighs how much of the space each
carries.

Both passes are sums over cells, so studies and donors can be added: first each gene's share of all counts, then the
residuals given these shares (Lause 2021, doi 10.1186/s13059-021-02451-7).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.space.geometry import Floats, Ints
from kg.match.card import Card

CARD = Card(
    "variable-genes",
    "1",
    "genes with the largest variance of negative binomial Pearson residuals, summed over studies",
    (
        "markers of very rare types are seldom selected",
        "assumes one platform: genes that differ between platforms vary too",
    ),
    "10.1186/s13059-021-02451-7",
)
THETA = 100.0  # the dispersion that Lause 2021 uses for all genes
LEAST_SEEN = 0.01  # share of cells in which the gene is detected
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class GeneSums:
    """Sums over one or more studies. ``cells``: number of cells; ``total`` (genes,): counts of each gene; ``seen``
    (genes,): cells in which it is detected."""

    cells: int
    total: Floats
    seen: Floats

    def __add__(self, other: "GeneSums") -> "GeneSums":
        return GeneSums(self.cells + other.cells, self.total + other.total, self.seen + other.seen)


@dataclass(frozen=True)
class ResidualSums:
    """Sums over cells of each gene's residual and of its square."""

    cells: int
    first: Floats
    second: Floats

    def __add__(self, other: "ResidualSums") -> "ResidualSums":
        return ResidualSums(self.cells + other.cells, self.first + other.first, self.second + other.second)

    @property
    def variance(self) -> Floats:
        return self.second / self.cells - (self.first / self.cells) ** 2


def gene_sums(counts: sparse.csr_matrix) -> GeneSums:
    """``counts``: cells x genes, CSR."""
    cells, genes = counts.get_shape()
    seen = np.bincount(counts.indices[counts.data > 0], minlength=genes).astype(float)
    return GeneSums(cells, np.asarray(counts.sum(axis=0), float).ravel(), seen)


def residuals(counts: Floats, depth: Floats, share: Floats, top: float) -> Floats:
    """Pearson residuals (cells, genes) of counts whose means are ``depth`` (cells,) times ``share`` (genes,), within
    -top to top."""
    mean = np.maximum(np.outer(depth, share).astype(np.float32), 1e-12)
    residual = counts - mean
    residual /= np.sqrt(mean + mean**2 / THETA)
    return np.clip(residual, -top, top, out=residual)


def residual_sums(counts: sparse.csr_matrix, all_sums: GeneSums) -> ResidualSums:
    """Pearson residuals of a study's cells, clipped at the root of the cells of all studies, whose sums are
    ``all_sums``."""
    depth = np.asarray(counts.sum(axis=1), float).ravel()
    share = all_sums.total / max(all_sums.total.sum(), 1)
    top = np.sqrt(all_sums.cells)
    cells, genes = counts.get_shape()
    first, second = np.zeros(genes), np.zeros(genes)
    block = max(1, _AT_ONCE // max(genes, 1))
    for start in range(0, cells, block):
        dense = np.asarray(counts[start : start + block].toarray(), np.float32)
        residual = residuals(dense, depth[start : start + block], share, top)
        first += residual.sum(axis=0, dtype=float)
        second += np.einsum("ij,ij->j", residual, residual, dtype=float)
    return ResidualSums(cells, first, second)


def variable_genes(studies: Sequence[sparse.csr_matrix], most: int) -> Ints:
    """Columns of at most ``most`` genes, most variable first; ties keep their order. All studies have the same
    columns."""
    sums = gene_sums(studies[0])
    for each in studies[1:]:
        sums = sums + gene_sums(each)
    seen = np.flatnonzero(sums.seen >= max(LEAST_SEEN * sums.cells, 2))
    kept = GeneSums(sums.cells, sums.total[seen], sums.seen[seen])
    found = residual_sums(sparse.csr_matrix(studies[0][:, seen]), kept)
    for each in studies[1:]:
        found = found + residual_sums(sparse.csr_matrix(each[:, seen]), kept)
    return seen[np.argsort(-found.variance, kind="stable")[:most]]


def use_of_genes(loadings: Floats, variance: Floats) -> Floats:
    """Weight of each gene in the space (genes,), summing to 1: its squared loadings (genes, axes), weighted by the
    variance of the cells along each axis (axes,)."""
    weight = (np.asarray(loadings, float) ** 2) @ np.asarray(variance, float)
    return weight / weight.sum()


def places(wanted: NDArray[np.str_], given: NDArray[np.str_]) -> Ints:
    """Index of each wanted gene in ``given``; -1 if it is missing."""
    order = np.argsort(given, kind="stable")
    at = np.minimum(np.searchsorted(given[order], wanted), max(len(given) - 1, 0))
    return np.where(given[order][at] == wanted, order[at], -1) if len(given) else np.full(len(wanted), -1)
