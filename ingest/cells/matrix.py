"""Files of single cells behind one contract: counts by blocks of cells, and the facts of each cell.

A reader is a module with ``read_cells(path, spec) -> CellMatrix``; to add a format, write one and name it in ``READERS``.
Nothing here loads a whole matrix: what is asked of it is asked a block of cells at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ingest.manifest import Cells
from ingest.source.frames import broken
from kg.errors import ContractError
from kg.signatures import Strings

READERS = {"h5ad": "ingest.cells.h5ad"}
CHUNK = 5_000  # 0.6 GB where a matrix of 30,000 genes is not sparse


@dataclass(frozen=True)
class CellMatrix:
    """``genes``: names of the columns as the file has them; ``obs``: one row a cell, indexed by its barcode; ``layer``:
    where the counts lie; ``read(start, stop)``: cells x genes, CSR; ``facts``: what the file says of itself."""

    path: Path
    genes: Strings
    obs: pd.DataFrame
    layer: str
    read: Callable[[int, int], sparse.csr_matrix]
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def n_cells(self) -> int:
        return len(self.obs)

    def chunks(self, start: int = 0, size: int = CHUNK) -> Iterator[tuple[int, sparse.csr_matrix]]:
        """(first cell, block of cells x genes), in the order of the file, from cell ``start`` on."""
        for at in range(start, self.n_cells, size):
            yield at, self.read(at, min(at + size, self.n_cells))

    def texts(self, column: str, field_of_manifest: str) -> Strings:
        """A column of ``obs`` as stripped text; a missing value is "". Raises ContractError WRONG_COLUMNS."""
        if column not in self.obs:
            there = f"the columns are {', '.join(map(repr, list(self.obs.columns)[:40]))}"
            raise broken(
                "WRONG_COLUMNS", self.path.name, f"{field_of_manifest} is a column of obs", repr(column), there
            )
        codes, values = as_codes(self.obs[column])
        return values[codes]


def as_codes(column: pd.Series) -> tuple[np.ndarray, Strings]:
    """Codes of the cells (n_cells) and the text of each value; the last value is "", that of missing ones."""
    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts = np.array([*(str(v).strip() for v in values), ""], dtype=str)
    return codes, texts


def open_cells(path: Path, spec: Cells) -> CellMatrix:
    """Raises ContractError UNKNOWN_FORMAT, or what the reader of the format finds wrong."""
    name = spec.format or "".join(path.suffixes[-1:]).lstrip(".").lower()
    if name not in READERS:
        rule = f"cells.format is one of {', '.join(READERS)}"
        raise broken("UNKNOWN_FORMAT", path.name, rule, name or "no extension", "declare cells.format, or convert it")
    made: CellMatrix = import_module(READERS[name]).read_cells(path, spec)
    return _checked(made)


def _checked(matrix: CellMatrix) -> CellMatrix:
    """What no file of cells may break, whatever its format."""
    twice = matrix.obs.index[matrix.obs.index.duplicated()]
    if len(twice):
        fix = (
            "barcodes of several libraries need a prefix each (obs_names_make_unique hides cells that were read twice)"
        )
        found = f"{len(twice)} double, such as {list(map(str, twice[:3]))}"
        raise broken("DUPLICATE_CELLS", matrix.path.name, "a cell has its own barcode", found, fix)
    if not matrix.n_cells or not len(matrix.genes):
        shape = f"{matrix.n_cells} cells x {len(matrix.genes)} genes"
        raise broken("NO_CELLS", matrix.path.name, "a matrix has cells and genes", shape, "export it again")
    return matrix


def count_faults(values: np.ndarray, path: Path, layer: str, *, corrected: bool) -> ContractError | None:
    """What keeps stored values from being counts: Inf, negative ones, fractions that were not declared."""
    if _are_counts(values, corrected=corrected):
        return None
    if not np.isfinite(values).all():
        found = f"{int((~np.isfinite(values)).sum())} values of {len(values)} in one block"
        return broken("NOT_FINITE", path.name, f"{layer} holds numbers", found, "write 0 where nothing was seen")
    if (values < 0).any():
        found = f"{float(values.min()):.3g}, and {int((values < 0).sum())} more below 0 in one block"
        fix = "give raw counts: scaled or batch-corrected values are no counts; see cells.counts_in"
        return broken("NEGATIVE_COUNTS", path.name, f"{layer} holds counts", found, fix)
    if not corrected and (part := values[values % 1 > 0]).size:
        found = f"{part.size / values.size:.1%} of the values have fractions, such as {float(part[0]):.4g}"
        fix = (
            "normalised values are no counts: name the layer of raw counts in cells.counts_in; declare "
            "`scale: corrected` if a known correction (ambient RNA) made the fractions"
        )
        return broken("FRACTIONAL_COUNTS", path.name, f"{layer} holds whole numbers", found, fix)
    return None


def _are_counts(values: np.ndarray, *, corrected: bool) -> bool:
    """In few passes, since every block is asked; nan is not above 0."""
    if not len(values):
        return True
    if not (values.min() >= 0 and values.max() < np.inf):
        return False
    return corrected or values.dtype.kind in "iu" or bool((np.trunc(values) == values).all())
