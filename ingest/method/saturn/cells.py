"""The cells of one species as a run reads them: counts of the chosen genes by blocks, in an order independent of the
file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.files.cells.matrix import CellMatrix
from ingest.method.saturn.choose import Survey, survey
from ingest.method.saturn.genes.vectors import GeneEmbedding
from kg.errors import MethodError
from kg.signatures.store import Strings

Ints = NDArray[np.int64]
_BLOCK = 8_192


@dataclass(frozen=True)
class Counts:
    """Cells x chosen genes, rows as in the file; the arrays may be memory-mapped. ``size``: total counts of each
    cell."""

    indptr: Ints
    indices: NDArray[np.int32]
    data: NDArray[np.float32]
    n_genes: int
    size: NDArray[np.float64]

    def rows(self, at: Ints) -> sparse.csr_matrix:
        """The given rows, in the order given."""
        starts, lengths = self.indptr[at], self.indptr[at + 1] - self.indptr[at]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])
        return sparse.csr_matrix((self.data[flat], self.indices[flat], ends), shape=(len(at), self.n_genes))


@dataclass(frozen=True)
class SpeciesCells:
    """``order``: file row of each cell, sorted by barcode; everything else is in that order. ``labels``: "" where a
    cell has none.

    ``genes``: the chosen genes, sorted; ``vectors``: their embedding; ``coverage``: share of the expressed genes that
    have one.
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
    name: str,
    path: Path,
    embedding: GeneEmbedding,
    labels: str | None,
    batch: str | None,
    genes: int,
    coverage: float,
    folder: Path | None = None,
    scale: str = "counts",
) -> SpeciesCells:
    """One species alone, over its variable genes that have an embedding; see :func:`survey` and :func:`read_chosen`."""
    found = survey(name, path, embedding, genes, coverage, scale)
    return read_chosen(found, found.chosen, labels, batch, folder)


def read_chosen(
    found: Survey, chosen: Ints, labels: str | None, batch: str | None, folder: Path | None = None
) -> SpeciesCells:
    """Keep the counts of the chosen genes; with a ``folder``, on disk rather than in memory. Raises ContractError
    WRONG_COLUMNS."""
    matrix = found.matrix
    barcodes = matrix.obs.index.to_numpy(dtype=str)
    order = np.argsort(barcodes, kind="stable")
    chosen = chosen[np.argsort(matrix.genes[chosen], kind="stable")]
    texts = [_texts(matrix, column)[order] for column in (labels, batch)]
    return SpeciesCells(
        found.name, matrix.path, order.astype(np.int64), barcodes[order], texts[0], texts[1], matrix.genes[chosen],
        found.vectors(chosen), _compact(matrix, chosen, found.size, folder), found.share, int(found.expressed.sum()),
        _sha256(matrix.path),
    )  # fmt: skip


def _texts(matrix: CellMatrix, column: str | None) -> Strings:
    """A column of obs as text; all "" where the file has no such column."""
    if column is None or column not in matrix.obs:
        return np.full(matrix.n_cells, "", dtype=str)
    return matrix.texts(column, "the column")


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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
