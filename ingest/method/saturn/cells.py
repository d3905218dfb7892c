"""The cells of one species as a run reads them: counts of the chosen genes by blocks, in an order that the file does not decide."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from anndata.io import read_elem
from numpy.typing import NDArray
from scipy import sparse

from ingest.blocks_cells import Cells
from ingest.cells.matrix import CellMatrix, open_cells
from ingest.method.saturn.gene_embedding import GeneEmbedding
from ingest.source.frames import broken
from kg.errors import MethodError
from kg.signatures import Strings

Ints = NDArray[np.int64]
_NAMES = ("feature_id", "ensembl_id", "gene_id", "gene_ids", "feature_name", "gene_name", "gene_symbol", "symbol")
_BLOCK = 8_192


@dataclass(frozen=True)
class Counts:
    """Cells x chosen genes, rows as in the file; the arrays may be memory-mapped. ``size``: all counts of each cell."""

    indptr: Ints
    indices: NDArray[np.int32]
    data: NDArray[np.float32]
    n_genes: int
    size: NDArray[np.float64]

    def rows(self, at: Ints) -> sparse.csr_matrix:
        """The rows asked for, in the order asked."""
        starts, lengths = self.indptr[at], self.indptr[at + 1] - self.indptr[at]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
        return sparse.csr_matrix((self.data[flat], self.indices[flat], ends), shape=(len(at), self.n_genes))


@dataclass(frozen=True)
class SpeciesCells:
    """``order``: file row of each cell, sorted by barcode; all else is in that order. ``labels``: "" where a cell has none.

    ``genes``: the chosen genes, sorted; ``vectors``: their embedding; ``coverage``: share of the expressed genes with one.
    """

    name: str
    path: Path
    order: Ints
    barcodes: Strings
    labels: Strings
    batches: Strings
    genes: Strings
    vectors: NDArray[np.float32]
    counts: Counts
    coverage: float
    expressed: int
    sha256: str

    def __len__(self) -> int:
        return len(self.order)

    def blocks(self, size: int = _BLOCK) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(first cell, log counts of a block of cells), in sorted order."""
        for at in range(0, len(self), size):
            yield at, self.logs(np.arange(at, min(at + size, len(self))))

    def logs(self, cells: Ints) -> NDArray[np.float32]:
        """log(1 + counts at the species' median depth), cells x genes."""
        rows = self.order[cells]
        x = self.counts.rows(rows)
        depth = (self.depth / np.maximum(self.counts.size[rows], 1)).astype(np.float32)
        x.data = np.log1p(x.data * np.repeat(depth, np.diff(x.indptr)))
        return x.toarray()

    def raw(self, cells: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Counts (cells x genes), whole numbers, and sizes of cells."""
        rows = self.order[cells]
        return np.rint(self.counts.rows(rows).toarray()), self.counts.size[rows].astype(np.float32)

    @property
    def depth(self) -> float:
        return float(np.median(self.counts.size))


def read_species(
    name: str, path: Path, embedding: GeneEmbedding, labels: str | None, batch: str | None, genes: int, coverage: float,
    folder: Path | None = None, scale: str = "counts",
) -> SpeciesCells:  # fmt: skip
    """Choose variable genes that have an embedding, and keep their counts; with a ``folder``, on disk rather than in memory.
    ``scale``: ``corrected`` allows fractions of counts.

    Raises:
        ContractError: what :func:`open_cells` finds, WRONG_COLUMNS, or COVERAGE below ``coverage``.
    """
    matrix = open_cells(path, Cells.model_validate({"file": path.name, "format": "h5ad", "scale": scale}))
    order = np.argsort(matrix.obs.index.to_numpy(dtype=str), kind="stable")
    sums, squares, seen, size = _totals(matrix)
    expressed = seen >= max(3, int(np.ceil(0.001 * matrix.n_cells)))
    row = embedding.rows(matrix.genes, *_other_names(path, len(matrix.genes)))
    share = float((row[expressed] >= 0).mean()) if expressed.any() else 0.0
    if share < coverage or not (expressed & (row >= 0)).any():
        fix = "is it the embedding of this species, by symbol or Ensembl id? --coverage lowers the bar"
        found = f"{share:.1%} of {int(expressed.sum())} expressed genes, such as {', '.join(matrix.genes[expressed][:3])}; the embedding has {', '.join(embedding.names[:3])}"
        raise broken("COVERAGE", path.name, f"{coverage:.0%} of the genes of {name} have an embedding", found, fix)
    chosen = _variable(sums, squares, matrix.n_cells, expressed & (row >= 0), genes)
    chosen = chosen[np.argsort(matrix.genes[chosen], kind="stable")]
    texts = [_texts(matrix, column)[order] for column in (labels, batch)]
    return SpeciesCells(
        name, path, order.astype(np.int64), matrix.obs.index.to_numpy(dtype=str)[order], texts[0], texts[1],
        matrix.genes[chosen], embedding.vectors[row[chosen]], _compact(matrix, chosen, size, folder), share,
        int(expressed.sum()), _sha256(path),
    )  # fmt: skip


def _texts(matrix: CellMatrix, column: str | None) -> Strings:
    """A column of obs as text; all "" where the file has no such column."""
    if column is None or column not in matrix.obs:
        return np.full(matrix.n_cells, "", dtype=str)
    return matrix.texts(column, "the column")


def _totals(matrix: CellMatrix) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Sum, sum of squares and cells of each gene; counts of each cell. Sums of whole numbers: exact in any order."""
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
    """The genes whose variance exceeds most what genes of their mean have (a parabola through the logarithms)."""
    at = np.flatnonzero(usable)
    mean = sums[at] / n
    variance = np.maximum((squares[at] - sums[at] * mean) / max(n - 1, 1), 1e-12)
    if len(at) <= genes:
        return at
    x, y = np.log10(mean), np.log10(variance)
    excess = y - np.polyval(np.polyfit(x, y, 2), x)
    return at[np.argsort(-excess.round(9), kind="stable")[:genes]]


def _compact(matrix: CellMatrix, chosen: Ints, size: NDArray, folder: Path | None) -> Counts:
    parts = (_columns(block, chosen) for _, block in matrix.chunks())
    if folder is None:
        whole = sparse.csr_matrix(sparse.vstack(list(parts)))
        return Counts(
            whole.indptr.astype(np.int64),
            whole.indices.astype(np.int32),
            whole.data.astype(np.float32),
            len(chosen),
            size,
        )
    folder.mkdir(parents=True, exist_ok=True)
    indptr, files = [np.zeros(1, np.int64)], [folder / "indices.i4", folder / "data.f4"]
    with files[0].open("wb") as indices, files[1].open("wb") as data:
        for part in parts:
            indptr.append(part.indptr[1:].astype(np.int64) + indptr[-1][-1])
            part.indices.astype(np.int32).tofile(indices)
            part.data.astype(np.float32).tofile(data)
    ends = np.concatenate(indptr)
    if not ends[-1]:
        raise MethodError(f"{matrix.path.name}: no counts in the chosen genes")
    mapped = np.memmap(files[0], np.int32, "r"), np.memmap(files[1], np.float32, "r")
    return Counts(ends, mapped[0], mapped[1], len(chosen), size)


def _columns(block: sparse.csr_matrix, chosen: Ints) -> sparse.csr_matrix:
    return sparse.csr_matrix(sparse.csc_matrix(block)[:, chosen])


def _other_names(path: Path, n: int) -> list[Strings]:
    """Columns of var that name genes too."""
    with h5py.File(path, "r") as file:
        var = read_elem(file["var"])  # pyright: ignore[reportArgumentType]
    if not isinstance(var, pd.DataFrame) or len(var) != n:
        return []
    return [np.asarray(var[c].astype(str), dtype=str) for c in _NAMES if c in var]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
