"""Counts of cells -> values that compare between cells, by the choice of the policy; dense a block of cells at a time.

log       log1p of counts per 10,000 of the cell
pooled    log1p of counts over size factors by pooling, each donor's cells by themselves (``ingest.method.pooling``)
pearson   Pearson residuals, given what each gene has of all counts of the reference (``genes.residuals``)
log2cpm   log2(counts per million + 1): of a reference made of sums by type, which are of these values; no choice of a
          policy

A query is given the reference's shares of genes, and its own donors' size factors: of its other donors, and of how
many cells it has, nothing depends.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from ingest.method.mapping.cells import log2_cpm, log_norm
from ingest.method.mapping.genes import residuals
from ingest.method.mapping.geometry import Floats, Ints
from ingest.method.pooling import SIZES, size_factors
from kg.errors import broken
from kg.match.card import Card

CARD = Card(
    "normalisation-of-a-policy",
    "1",
    "log of counts per 10,000, log of counts over size factors pooled by donor, or Pearson residuals given the"
    " reference's genes; one for all studies and queries",
    (
        "pooled takes half of the genes not to differ between the cells of a donor, whatever their types",
        "pearson is of counts of molecules: estimates of full-length reads are refused",
        "statistics for correlation are of log2(CPM + 1) whatever is chosen",
    ),
    "10.1038/s41592-023-01814-1",
)
LEAST_POOLED = SIZES[0]
Kind = Literal["log", "pooled", "pearson", "log2cpm"]


@dataclass(frozen=True)
class Values:
    """``held``: cells x genes, logs, or counts where there is a ``share`` (genes,) of all counts of the reference; with
    it ``depth`` (cells,), counts of the whole cell, and ``top``, where residuals are clipped."""

    held: sparse.csr_matrix
    share: Floats | None = None
    depth: Floats | None = None
    top: float = float("inf")

    @property
    def shape(self) -> tuple[int, int]:
        return self.held.get_shape()

    def rows(self, at: Ints) -> "Values":
        depth = None if self.depth is None else self.depth[at]
        return Values(sparse.csr_matrix(self.held[at]), self.share, depth, self.top)

    def columns(self, at: Ints) -> "Values":
        share = None if self.share is None else self.share[at]
        return Values(sparse.csr_matrix(self.held[:, at]), share, self.depth, self.top)

    def dense(self, start: int, stop: int) -> Floats:
        """Values of some cells, single precision."""
        block = np.asarray(self.held[start:stop].toarray(), np.float32)
        if self.share is None or self.depth is None:
            return block
        return residuals(block, self.depth[start:stop], self.share, self.top)


def valued(counts: sparse.csr_matrix, depth: Floats, how: Kind, share: Floats, cells: int) -> Values:
    """``share``: (genes,) where values are residuals, else empty; ``cells``: of the reference."""
    if how == "log2cpm":
        return Values(sparse.csr_matrix(log2_cpm(counts, depth), dtype=np.float32))
    if how != "pearson":
        return Values(log_norm(counts, depth))
    return Values(counts, share, depth, float(np.sqrt(cells)))


@dataclass(frozen=True)
class Depth:
    """``of`` (cells,): what a cell's counts are divided by, in counts; ``by_library``: cells whose pools tell nothing,
    so that it is the sum of their counts."""

    of: Floats
    by_library: int = 0


def depths(counts: sparse.csr_matrix, sample: Ints, how: Kind, where: str) -> Depth:
    """``counts``: over the genes that the studies share; ``sample`` (cells,): donor or the like, 0, 1, ...

    Raises ContractError POLICY_NOT_FOLLOWED where the study cannot be normalised so.
    """
    total = np.asarray(counts.sum(axis=1), float).ravel()
    if how == "pearson" and (counts.data != np.round(counts.data)).any():
        raise broken(
            "POLICY_NOT_FOLLOWED",
            f"{where}: normalisation",
            "Pearson residuals are of counts of molecules, whole numbers",
            f"{int((counts.data != np.round(counts.data)).sum())} of {len(counts.data)} values are fractions",
            "leave the study out, or give the atlas a policy of another normalisation (log)",
        )
    if how != "pooled":
        return Depth(total)
    made, by_library, largest = np.zeros(len(total)), 0, 0
    for each in np.unique(sample):
        rows = np.flatnonzero(sample == each)
        found = size_factors(sparse.csr_matrix(counts[rows]))
        made[rows] = found.factors * total[rows].mean()
        by_library, largest = by_library + int(found.by_library.sum()), max(largest, len(rows))
    if largest < LEAST_POOLED:
        raise broken(
            "POLICY_NOT_FOLLOWED",
            f"{where}: normalisation",
            f"size factors are pooled over {LEAST_POOLED} cells of one donor or more",
            f"{largest} cells of the donor with most",
            "give all cells of its donors, or give the atlas a policy of another normalisation (log)",
        )
    return Depth(made, by_library)
