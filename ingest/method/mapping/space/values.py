"""Normalises counts as chosen in the policy; dense values are computed one block of cells at a time.

log       log1p of counts per 10,000 of the cell
pooled    log1p of counts over size factors by pooling, within each donor (``ingest.method.pooling``)
pearson   Pearson residuals, given each gene's share of all counts of the reference (``genes.residuals``)
log2cpm   log2(counts per million + 1): for a reference built from statistics by type, which use these values; not
          available in a policy

A query is normalised with the reference's shares of genes and the size factors of its own donors: the values of a donor
do not depend on the query's other donors or its number of cells.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from ingest.method.mapping.space.cells import log2_cpm, log_norm
from ingest.method.mapping.space.genes import residuals
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.pooling import SIZES, size_factors
from kg.errors import broken
from kg.match.card import Card

CARD = Card(
    "normalisation-of-a-policy",
    "1",
    "log counts per 10,000, log counts over size factors pooled by donor, or Pearson residuals with the reference's"
    " gene parameters; one method for all studies and queries",
    (
        "pooled assumes that half of the genes do not differ between the cells of a donor, whatever their types",
        "pearson needs UMI counts: estimated counts of full-length reads are refused",
        "statistics for correlation always use log2(CPM + 1)",
    ),
    "10.1038/s41592-023-01814-1",
)
LEAST_POOLED = SIZES[0]
Kind = Literal["log", "pooled", "pearson", "log2cpm"]


@dataclass(frozen=True)
class Values:
    """``held``: cells x genes, logs, or counts if there is a ``share``. For residuals: ``share`` (genes,): of all
    counts of the reference; ``depth`` (cells,): total counts of each cell; ``top``: limit at which residuals are
    clipped."""

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
        """Dense values (cells, genes) of cells ``start`` to ``stop``, single precision."""
        block = np.asarray(self.held[start:stop].toarray(), np.float32)
        if self.share is None or self.depth is None:
            return block
        return residuals(block, self.depth[start:stop], self.share, self.top)


def valued(counts: sparse.csr_matrix, depth: Floats, how: Kind, share: Floats, cells: int) -> Values:
    """``share``: (genes,) for residuals, otherwise empty; ``cells``: number of cells of the reference."""
    if how == "log2cpm":
        return Values(sparse.csr_matrix(log2_cpm(counts, depth), dtype=np.float32))
    if how != "pearson":
        return Values(log_norm(counts, depth))
    return Values(counts, share, depth, float(np.sqrt(cells)))


@dataclass(frozen=True)
class Depth:
    """``of`` (cells,): the divisor of each cell's counts, in counts; ``by_library``: number of cells for which pooling
    failed, so that their total counts are used."""

    of: Floats
    by_library: int = 0


def depths(counts: sparse.csr_matrix, sample: Ints, how: Kind, where: str) -> Depth:
    """``counts``: cells x common genes; ``sample`` (cells,): donor or similar, 0, 1, ... Raises ContractError
    POLICY_NOT_FOLLOWED if the study cannot be normalised as chosen."""
    total = np.asarray(counts.sum(axis=1), float).ravel()
    if how == "pearson" and (counts.data != np.round(counts.data)).any():
        raise broken(
            "POLICY_NOT_FOLLOWED",
            f"{where}: normalisation",
            "Pearson residuals need raw counts, whole numbers",
            f"{int((counts.data != np.round(counts.data)).sum())} of {len(counts.data)} values are fractions",
            "leave the study out, or choose another normalisation in the policy (log)",
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
            f"pooling needs at least {LEAST_POOLED} cells of a donor",
            f"at most {largest} cells per donor",
            "give all cells of its donors, or choose another normalisation in the policy (log)",
        )
    return Depth(made, by_library)
