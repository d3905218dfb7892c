"""Sorts the entries of a text matrix, in any order, into blocks of cells, using unnamed files on disk. Text cannot be
read from the middle, and most files are ordered by gene; memory holds one block of entries."""

import errno
import tempfile
from collections.abc import Callable
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.errors import SourceError

_BLOCK = 4_000_000
Ints, Floats = NDArray[np.integer[Any]], NDArray[np.float64]


class Spool:
    """Takes entries (:meth:`add`), then returns a :meth:`reader`. Its files disappear with it, however the process
    ends."""

    def __init__(self, n_cells: int, n_genes: int):
        self._shape, self._per_cell = (n_cells, n_genes), np.zeros(n_cells, dtype=np.int64)
        self._cells, self._genes, self._values = (tempfile.TemporaryFile() for _ in range(3))  # noqa: SIM115 - open as long as the matrix is
        self._last, self._sorted = -1, True

    @property
    def entries(self) -> int:
        return int(self._per_cell.sum())

    def add(self, cells: Ints, genes: Ints, values: Floats) -> None:
        """Adds entries by index of cell and gene, (n,) each; repeated entries are summed when read."""
        if not len(cells):
            return
        self._per_cell += np.bincount(cells, minlength=self._shape[0])
        self._sorted &= bool(cells[0] >= self._last and (np.diff(cells) >= 0).all())
        self._last = int(cells[-1])
        for file, array in (
            (self._cells, cells.astype(np.int32)),
            (self._genes, genes.astype(np.int32)),
            (self._values, values.astype(np.float64)),
        ):
            _write(file, array)

    def reader(self) -> Callable[[int, int], sparse.csr_matrix]:
        """``read(start, stop)``: cells x genes."""
        start = np.concatenate([[0], np.cumsum(self._per_cell)])
        if not self.entries:
            return lambda first, stop: sparse.csr_matrix((stop - first, self._shape[1]))
        genes, values = _mapped(self._genes, np.int32), _mapped(self._values, np.float64)
        if not self._sorted:
            genes, values = self._by_cell(start[:-1].copy(), genes, values)

        def read(first: int, stop: int) -> sparse.csr_matrix:
            ends = start[first : stop + 1]
            at = slice(int(ends[0]), int(ends[-1]))
            shape = (stop - first, self._shape[1])
            return sparse.csr_matrix((np.array(values[at]), np.array(genes[at]), ends - ends[0]), shape=shape)

        return read

    def _by_cell(self, place: NDArray[np.int64], genes: Ints, values: Floats) -> tuple[Ints, Floats]:
        """A counting sort: each entry goes to the next free position of its cell."""
        cells, made = _mapped(self._cells, np.int32), []
        for array in (genes, values):
            file = tempfile.TemporaryFile()  # noqa: SIM115 - as above
            _write(file, np.zeros(1, array.dtype), at=(len(array) - 1) * array.itemsize)
            made.append(np.memmap(file, array.dtype, "r+"))
        for first in range(0, len(cells), _BLOCK):
            block = slice(first, first + _BLOCK)
            order = np.argsort(cells[block], kind="stable")
            of, begin, count = np.unique(cells[block][order], return_index=True, return_counts=True)
            to = np.repeat(place[of] - begin, count) + np.arange(len(order))
            place[of] += count
            made[0][to], made[1][to] = genes[block][order], values[block][order]
        return made[0], made[1]


def _mapped(file: IO[bytes], kind: type) -> Any:
    file.flush()
    return np.memmap(file, kind, "r")


def _write(file: IO[bytes], array: NDArray[Any], at: int | None = None) -> None:
    try:
        if at is not None:
            file.seek(at)
        file.write(array.tobytes())
        file.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        where = tempfile.gettempdir()
        fix = (
            f"the disk is full: {where} holds the text matrix while it is read. Free space, or set TMPDIR to another"
            " disk."
        )
        raise SourceError(fix, code="DISK_FULL") from error
