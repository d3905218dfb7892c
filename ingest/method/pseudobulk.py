"""Cells -> one profile for each donor and cell type: the sum of the counts of its cells.

A sum, not a mean of normalised cells: library sizes and noise are then those of a sample, and a donor with few cells is a
shallow sample rather than a loud one (Squair et al. 2021, doi 10.1038/s41467-021-25960-2).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ingest.cells.matrix import CHUNK, CellMatrix
from kg.match.card import Card
from kg.signatures import Floats, Strings

CARD = Card(
    "pseudobulk",
    "1",
    "counts of the cells of one donor and one cell type, summed",
    (
        "a cell without a donor or a type is in no sum",
        "donors are the replicates; cells of one donor are not",
    ),
    "10.1038/s41467-021-25960-2",
)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Pseudobulk:
    """``donors`` and ``types`` of each group, sorted by both; ``sums``: groups x genes; ``cells``: cells of each."""

    donors: Strings
    types: Strings
    sums: Floats
    cells: np.ndarray

    def of_type(self, name: str, min_cells: int = 1) -> "Pseudobulk":
        """The groups of one cell type that have ``min_cells`` cells or more."""
        kept = (self.types == name) & (self.cells >= min_cells)
        return Pseudobulk(self.donors[kept], self.types[kept], self.sums[kept], self.cells[kept])


def groups_of(donors: Strings, types: Strings) -> tuple[np.ndarray, Strings, Strings]:
    """Group of each cell (-1: none), and the donor and type of each group; groups are sorted by both."""
    placed = (donors != "") & (types != "")
    pairs = np.char.add(np.char.add(donors[placed], "\x1f"), types[placed])
    names, code = np.unique(pairs, return_inverse=True)
    group = np.full(len(donors), -1)
    group[placed] = code
    split = np.array([name.split("\x1f") for name in names], dtype=str).reshape(-1, 2)
    return group, split[:, 0], split[:, 1]


def pseudobulk(matrix: CellMatrix, donors: Strings, types: Strings, progress: Progress | None = None) -> Pseudobulk:
    """Sum a matrix by donor and type, a block of cells at a time; ``donors`` and ``types``: text of each cell.

    ``progress(cells done, cells)`` is called after each block. Memory: one block and groups x genes.
    """
    group, donor, kind = groups_of(donors, types)
    sums = np.zeros((len(donor), len(matrix.genes)))
    for start, block in matrix.chunks():
        stop = min(start + CHUNK, matrix.n_cells)
        add_block(sums, group[start:stop], block)
        if progress:
            progress(stop, matrix.n_cells)
    cells = np.bincount(group[group >= 0], minlength=len(donor))
    return Pseudobulk(donor, kind, sums, cells)


def add_block(sums: Floats, group: np.ndarray, block: sparse.csr_matrix) -> None:
    """Add cells x genes to the sums of their groups; cells of group -1 are left out."""
    used = np.flatnonzero(group >= 0)
    there, row = np.unique(group[used], return_inverse=True)
    one = sparse.csr_matrix((np.ones(len(used)), (row, used)), shape=(len(there), len(group)))
    part = sparse.coo_matrix(one @ block)
    sums[there[part.row], part.col] += part.data  # a product has each place once
