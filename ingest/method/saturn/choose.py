"""Which genes of each species a run uses: those that vary, and their counterparts in the other species."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from anndata.io import read_elem
from numpy.typing import NDArray
from scipy import sparse

from ingest.files.cells.matrix import CellMatrix, open_cells
from ingest.files.frames import broken
from ingest.manifest.cell_blocks import Cells
from ingest.method.saturn.genes.vectors import GeneEmbedding
from ingest.method.saturn.macrogenes import nearest, unit
from kg.signatures.store import Strings

Ints = NDArray[np.int64]
_NAMES = ("feature_id", "ensembl_id", "gene_id", "gene_ids", "feature_name", "gene_name", "gene_symbol", "symbol")


@dataclass(frozen=True)
class Survey:
    """One pass over a file. ``row``: of each gene in the embedding (-1: none); ``expressed``: genes seen in enough
    cells; ``share``: of these, those with an embedding (0..1); ``chosen``: the variable ones; ``size``: total counts of
    each cell."""

    name: str
    matrix: CellMatrix
    embedding: GeneEmbedding
    row: Ints
    expressed: NDArray[np.bool_]
    share: float
    chosen: Ints
    size: NDArray[np.float64]

    @property
    def usable(self) -> Ints:
        """Expressed genes with an embedding."""
        return np.flatnonzero(self.expressed & (self.row >= 0))

    def vectors(self, genes: Ints) -> NDArray[np.float32]:
        return self.embedding.vectors[self.row[genes]]


def survey(
    name: str, path: Path, embedding: GeneEmbedding, genes: int, coverage: float, scale: str = "counts"
) -> Survey:
    """Find the ``genes`` most variable genes that have an embedding. ``scale``: ``corrected`` allows fractions of
    counts.

    Raises:
        ContractError: what :func:`open_cells` finds, or COVERAGE below ``coverage``.
    """
    matrix = open_cells(path, Cells.model_validate({"file": path.name, "format": "h5ad", "scale": scale}))
    sums, squares, seen, size = _totals(matrix)
    expressed = seen >= max(3, int(np.ceil(0.001 * matrix.n_cells)))
    row = embedding.rows(matrix.genes, *_other_names(path, len(matrix.genes)))
    share = float((row[expressed] >= 0).mean()) if expressed.any() else 0.0
    if share < coverage or not (expressed & (row >= 0)).any():
        fix = "is it the embedding of this species, by symbol or Ensembl id? --coverage lowers the share that is needed"
        found = (
            f"{share:.1%} of {int(expressed.sum())} expressed genes, such as {', '.join(matrix.genes[expressed][:3])};"
            f" the embedding has {', '.join(embedding.names[:3])}"
        )
        raise broken("COVERAGE", path.name, f"{coverage:.0%} of the genes of {name} have an embedding", found, fix)
    chosen = _variable(sums, squares, matrix.n_cells, expressed & (row >= 0), genes)
    return Survey(name, matrix, embedding, row, expressed, share, chosen, size)


def with_counterparts(surveys: Sequence[Survey]) -> list[Ints]:
    """The chosen genes of each species, and the counterpart of each gene chosen in another: the two are each other's
    nearest. A gene is informative across species only where both sides have it, and the most variable genes of one set
    of cells need not be those of another."""
    units = [unit(s.vectors(s.usable) - s.vectors(s.usable).mean(axis=0)) for s in surveys]
    at = [np.searchsorted(s.usable, s.chosen) for s in surveys]
    found = []
    for b, own in enumerate(surveys):
        added = [own.chosen]
        for a in range(len(surveys)):
            if a != b and len(own.chosen) < len(own.usable) and units[a].shape[1] == units[b].shape[1]:
                theirs = units[a][at[a]]
                there, _ = nearest(theirs, units[b])
                back, _ = nearest(units[b][there], theirs)
                added.append(own.usable[there[back == np.arange(len(theirs))]])
        found.append(np.unique(np.concatenate(added)))
    return found


def _totals(matrix: CellMatrix) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Sum, sum of squares and number of cells of each gene; total counts of each cell. Sums of whole numbers are exact
    in any order."""
    sums, squares, seen = (np.zeros(len(matrix.genes)) for _ in range(3))
    size = np.zeros(matrix.n_cells)
    for at, block in matrix.chunks():
        block = sparse.csr_matrix(block, dtype=np.float64)
        sums += np.asarray(block.sum(axis=0)).ravel()
        seen += np.bincount(block.indices[block.data > 0], minlength=len(seen))
        totals = np.asarray(block.sum(axis=1)).ravel()
        size[at : at + len(totals)] = totals
        squares += np.asarray(block.multiply(block).sum(axis=0)).ravel()
    return sums, squares, seen, size


def _variable(sums: NDArray, squares: NDArray, n: int, usable: NDArray, genes: int) -> Ints:
    """The genes whose variance most exceeds that of genes with the same mean (a parabola fitted to the logarithms)."""
    at = np.flatnonzero(usable)
    mean = sums[at] / n
    variance = np.maximum((squares[at] - sums[at] * mean) / max(n - 1, 1), 1e-12)
    if len(at) <= genes:
        return at
    x, y = np.log10(mean), np.log10(variance)
    excess = y - np.polyval(np.polyfit(x, y, 2), x)
    return at[np.argsort(-excess.round(9), kind="stable")[:genes]]


def _other_names(path: Path, n: int) -> list[Strings]:
    """Columns of var that also name genes."""
    with h5py.File(path, "r") as file:
        var = read_elem(file["var"])  # pyright: ignore[reportArgumentType]
    if not isinstance(var, pd.DataFrame) or len(var) != n:
        return []
    return [np.asarray(var[c].astype(str), dtype=str) for c in _NAMES if c in var]
