"""Cells -> one profile for each donor and cell type: the sum of the counts of its cells.

A sum, not a mean of normalised cells: library sizes and noise are then those of a sample, and a donor with few cells is
a shallow sample rather than a loud one (Squair et al. 2021, doi 10.1038/s41467-021-25960-2).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.checkpoint import Checkpoint
from ingest.files.cells.matrix import CHUNK, CellMatrix
from ingest.method.cell_quality import Failed, Sieve
from ingest.method.cell_sums import add_block
from ingest.method.spread import Cluster, spread
from ingest.progress import Done
from kg.match.card import Card
from kg.signatures.store import Floats, Strings

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


@dataclass(frozen=True)
class Pseudobulk:
    """``donors`` and ``types`` of each group, sorted by both; ``sums``: groups x genes; ``cells``: cells of each;
    ``failed``: of each cell of the file, the step of quality control that took it out (see ``cell_quality``), or 0."""

    donors: Strings
    types: Strings
    sums: Floats
    cells: np.ndarray
    failed: Failed

    def of_type(self, name: str, min_cells: int = 1) -> "Pseudobulk":
        """The groups of one cell type that have ``min_cells`` cells or more."""
        kept = (self.types == name) & (self.cells >= min_cells)
        return Pseudobulk(self.donors[kept], self.types[kept], self.sums[kept], self.cells[kept], self.failed)


def groups_of(donors: Strings, types: Strings) -> tuple[np.ndarray, Strings, Strings]:
    """Group of each cell (-1: none), and the donor and type of each group; groups are sorted by both."""
    (donor, donor_names), (kind, type_names) = (pd.factorize(x, sort=True) for x in (donors, types))
    placed = (donors != "") & (types != "")
    pairs, code = np.unique(donor[placed] * len(type_names) + kind[placed], return_inverse=True)
    group = np.full(len(donors), -1)
    group[placed] = code
    first, second = np.divmod(pairs, max(1, len(type_names)))
    return group, np.asarray(donor_names, dtype=str)[first], np.asarray(type_names, dtype=str)[second]


def pseudobulk(
    matrix: CellMatrix,
    donors: Strings,
    types: Strings,
    *,
    sieve: Sieve | None = None,
    progress: Done | None = None,
    checkpoints: Path | None = None,
    every: float = 30.0,
    chunk: int = CHUNK,
    cluster: Cluster | None = None,
) -> Pseudobulk:
    """Sum a matrix by donor and type, a block of cells at a time; ``donors`` and ``types``: text of each cell; cells
    that do not pass the ``sieve`` are in no sum.

    ``progress(cells done, cells)`` is called at the start and after each block. With a folder for ``checkpoints`` a
    pass that was killed goes on from where it was saved last (``every`` so many seconds) when the file, the groups of
    its cells and this code are the same. Memory: one block and groups x genes. With a ``cluster`` its workers read and
    sum; counts give the same sums to the last bit, fractions the same to rounding.
    """
    group, donor, kind = groups_of(donors, types)
    sums, done = np.zeros((len(donor), len(matrix.genes))), 0
    failed = np.zeros(matrix.n_cells, dtype=np.int8)
    key = _key(matrix, group, donor, kind, "" if sieve is None else sieve.key)
    saved = None if checkpoints is None else Checkpoint(checkpoints, matrix.path, key, every)
    before = saved.load() if saved else None
    if before is not None:
        sums, failed, done = before["sums"], before["failed"], int(before["done"])
    tell = progress or (lambda *_: None)
    tell(done, matrix.n_cells)
    parts = _blocks(matrix, group, sums, sieve, done, chunk)
    if cluster is not None:
        parts = _rounds(cluster, group, sums, sieve, done)
    for stop, found in parts:
        failed[stop - len(found) : stop] = found
        if saved and saved.due() and stop < matrix.n_cells:
            saved.save(sums=sums, failed=failed, done=np.array(stop))
        tell(stop, matrix.n_cells)
    if saved:
        saved.remove()
    cells = np.bincount(group[(group >= 0) & (failed == 0)], minlength=len(donor))
    return Pseudobulk(donor, kind, sums, cells, failed)


def _blocks(
    matrix: CellMatrix, group: np.ndarray, sums: Floats, sieve: Sieve | None, done: int, chunk: int
) -> Iterator[tuple[int, Failed]]:
    """Adds each block to the sums; gives the cells done, and the step that each cell of the block failed."""
    for start, block in matrix.chunks(done, chunk):
        stop = min(start + chunk, matrix.n_cells)
        failed = np.zeros(stop - start, dtype=np.int8) if sieve is None else sieve(start, block)
        add_block(sums, np.where(failed == 0, group[start:stop], -1), block)
        yield stop, failed


def _rounds(
    cluster: Cluster, group: np.ndarray, sums: Floats, sieve: Sieve | None, done: int
) -> Iterator[tuple[int, Failed]]:
    """The same from the workers of a cluster."""
    for stop, part, failed in spread(cluster, group, len(sums), sieve, done):
        rows = np.flatnonzero(np.diff(part.indptr))
        sums[rows] += part[rows].toarray()
        yield stop, failed


def _key(matrix: CellMatrix, group: np.ndarray, donor: Strings, kind: Strings, sieve: str) -> str:
    """All that goes into sums beside the file."""
    digest = hashlib.sha256(repr((str(CARD), matrix.layer, len(matrix.genes), sieve)).encode())
    for part in (group, donor, kind):
        digest.update(part.tobytes())
    return digest.hexdigest()
