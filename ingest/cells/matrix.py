"""Files of single cells behind one contract: counts by blocks of cells, and the facts of each cell.

A reader is a module with ``read_cells(path, spec, files) -> CellMatrix``; to add a format, write one and name it in
``READERS``. ``files`` are those that the manifest names beside the matrix. Nothing here loads a whole matrix: what is asked
of it is asked a block of cells at a time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ingest.blocks_cells import Cells
from ingest.cells.barcodes import alike
from ingest.cells.names import written
from ingest.cells.stored import Read
from ingest.cells.text import read_sheet
from ingest.source.frames import broken
from kg.errors import ContractError, KgError
from kg.files import reading, unreadable
from kg.placeholders import is_summary
from kg.signatures import Strings

READERS = {
    "h5ad": "ingest.cells.h5ad",
    "zarr": "ingest.cells.zarr_store",
    "mtx": "ingest.cells.mtx",
    "h5": "ingest.cells.tenx_h5",
    "loom": "ingest.cells.loom",
    "csv": "ingest.cells.dense",
    "tsv": "ingest.cells.dense",
    "txt": "ingest.cells.dense",
}
TEXT = ("mtx", "csv", "tsv", "txt")
Files = Mapping[str, Path]
_FEW = 0.01
CHUNK = 5_000  # 0.6 GB where a matrix of 30,000 genes is not sparse


@dataclass(frozen=True)
class CellMatrix:
    """``genes``: names of the columns as the file has them; ``obs``: one row a cell, indexed by its barcode; ``layer``:
    where the counts lie; ``read(start, stop)``: cells x genes, CSR; ``facts``: what the file says of itself;
    ``no_genes``: rows of the file that sum up reads of no gene, which are in neither; ``notes``: what was
    decided while it was opened, such as why counts were not taken from X; ``unlisted``: mask of the cells without a row
    in the table of cells, None where there is no such table."""

    path: Path
    genes: Strings
    obs: pd.DataFrame
    layer: str
    read: Read
    facts: dict[str, str] = field(default_factory=dict)
    no_genes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unlisted: np.ndarray | None = None

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
        with reading(self.path, f"obs/{column}"):
            codes, values = as_codes(self.obs[column])
        return values[codes]


def as_codes(column: pd.Series) -> tuple[np.ndarray, Strings]:
    """Codes of the cells (n_cells) and the text of each value; the last value is "", that of missing ones."""
    if isinstance(column.dtype, np.dtype) and not column.dtype.isnative:
        column = column.astype(column.dtype.newbyteorder("="))
    codes, values = pd.factorize(column, use_na_sentinel=True)
    return codes, np.array([*written(values), ""], dtype=str)


def open_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:
    """``files``: paths of what the manifest names beside the matrix; absent: they lie beside it.

    Raises:
        ContractError: UNKNOWN_FORMAT, NO_SUCH_CELLS, or what the reader of the format finds wrong.
    """
    name = spec.format or told_format(path)
    if name not in READERS:
        rule = f"cells.format is one of {', '.join(READERS)}"
        fix = (
            "HDF5 and zarr are not read through gzip: decompress it" if path.suffix == ".gz" else "declare cells.format"
        )
        raise broken("UNKNOWN_FORMAT", path.name, rule, name or "no extension", f"{fix}, or convert it")
    there = files or {}
    try:
        made: CellMatrix = import_module(READERS[name]).read_cells(path, spec, there)
    except KgError:
        raise
    except Exception as error:
        fix = f"it is not what {name} files are: copy it again, or write it again from its source; or correct cells.format"
        raise unreadable(path, f"a file of cells ({name})", error, fix) from error
    if spec.obs is not None:
        made = _with_sheet(made, beside(path, spec.obs, there), spec)
    return _of_genes(_checked(made))


def _of_genes(matrix: CellMatrix) -> CellMatrix:
    """Without the rows that HTSeq and STAR add: what they count would be taken for the depth of a cell."""
    summary = np.array([is_summary(str(name)) for name in matrix.genes], dtype=bool)
    if not summary.any():
        return matrix
    kept, whole = np.flatnonzero(~summary), matrix.read

    def read(start: int, stop: int) -> sparse.csr_matrix:
        return sparse.csr_matrix(whole(start, stop)[:, kept])

    return replace(matrix, genes=matrix.genes[kept], read=read, no_genes=tuple(map(str, matrix.genes[summary])))


def told_format(path: Path) -> str:
    """By the extension, that below .gz for text; a folder is a zarr store by its name or what lies in it, else holds an mtx."""
    if path.is_dir():
        return "zarr" if path.suffix == ".zarr" or any((path / name).exists() for name in (".zgroup", "zarr.json")) else "mtx"
    endings = [ending.lstrip(".").lower() for ending in path.suffixes]
    if endings[-1:] == ["gz"]:
        inner = endings[-2] if len(endings) > 1 else ""
        return inner if inner in TEXT else "gz"
    return endings[-1] if endings else ""


def beside(path: Path, name: str, files: Files) -> Path:
    """The path of a file that the manifest names."""
    return files[name] if name in files else path.parent / name


def _with_sheet(matrix: CellMatrix, sheet: Path, spec: Cells) -> CellMatrix:
    """The facts of cells from a table of their own; a cell that has no row there has no facts."""
    facts = read_sheet(sheet, spec.cell_column)
    shared = matrix.obs.index.isin(facts.index)
    if not shared.any() or (2 * shared.sum() <= len(shared) and not spec.partial):
        names = f"{sheet.name} has {list(facts.index[:3])}, {matrix.path.name} has {list(matrix.obs.index[~shared][:3])}"
        found = f"{int((~shared).sum()):,} of {len(shared):,} cells have none; {names}"
        rule = "most cells of the matrix have a row in cells.obs"
        raise broken("NO_SUCH_CELLS", sheet.name, rule, found, alike(matrix.obs.index, facts.index, bool(shared.any())))
    own = matrix.obs.drop(columns=[c for c in matrix.obs.columns if c in facts.columns])
    return replace(matrix, obs=own.join(facts), unlisted=~shared)


def _checked(matrix: CellMatrix) -> CellMatrix:
    """What no file of cells may break, whatever its format."""
    twice = matrix.obs.index[matrix.obs.index.duplicated()]
    if len(twice):
        fix = (
            "barcodes of several libraries need a prefix each (obs_names_make_unique hides cells that were read twice)"
        )
        found = f"{len(twice)} double, such as {list(map(str, twice[:3]))}"
        raise broken("DUPLICATE_CELLS", matrix.path.name, "a cell has its own barcode", found, fix)
    if len(matrix.genes) and not (matrix.genes != "").any():
        fix = "name the column or list of the genes (cells.gene_column, cells.genes), or copy the file again"
        raise broken("NO_GENES", matrix.path.name, "genes have names", f"{len(matrix.genes)} blank ones", fix)
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


def first_fault(blocks: Iterable[np.ndarray], path: Path, layer: str) -> tuple[ContractError | str, bool]:
    """What rules a matrix out as one of counts: a fault, or that no value of it is above 1; "" where nothing does. And whether
    the values about the fault are counts but for a few, so that the matrix is one of counts with an error in it.

    Looking ends at the first block with a count above 1 and no fault: the rest is proved by the pass that reads it, which may
    end in an error and never in another matrix.
    """
    for values in blocks:
        if fault := count_faults(values, path, layer, corrected=False):
            odd = ~np.isfinite(values) | (values < 0) | (np.trunc(values) != values)
            return fault, bool(odd.mean() < _FEW)
        if values.size and values.max() > 1:
            return "", False
    return "no count above 1", False


def proved(read: Read, path: Path, layer: str, spec: Cells) -> Read:
    """The same blocks, each held against :func:`count_faults`: not the first alone."""

    def checked(start: int, stop: int) -> sparse.csr_matrix:
        with reading(path, layer):
            block = read(start, stop)
        if fault := count_faults(np.asarray(block.data), path, layer, corrected=spec.scale == "corrected"):
            raise fault
        return block

    return checked


def _are_counts(values: np.ndarray, *, corrected: bool) -> bool:
    """In few passes, since every block is asked; nan is not above 0."""
    if not len(values):
        return True
    if not (values.min() >= 0 and values.max() < np.inf):
        return False
    return corrected or values.dtype.kind in "iu" or bool((np.trunc(values) == values).all())
