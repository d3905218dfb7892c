"""Single-cell files behind one interface: counts in blocks of cells, and the annotations of each cell.

A reader is a module with ``read_cells(path, spec, files) -> CellMatrix``; to add a format, write one and name it in
``READERS``. ``files`` are those that the manifest names besides the matrix. A whole matrix is never loaded: it is read
one block of cells at a time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ingest.files.cells.assignments import read_assignments
from ingest.files.cells.barcodes import alike
from ingest.files.cells.names import columns, written
from ingest.files.cells.stored import Read
from ingest.files.cells.text import read_sheet
from ingest.files.frames import broken
from ingest.manifest.cell_blocks import Cells
from kg.errors import KgError
from kg.files.regular import reading, unreadable
from kg.names.placeholders import is_summary
from kg.signatures.store import Strings

READERS = {
    "h5ad": "ingest.files.cells.h5ad",
    "zarr": "ingest.files.cells.zarr_store",
    "mtx": "ingest.files.cells.mtx",
    "h5": "ingest.files.cells.tenx_h5",
    "loom": "ingest.files.cells.loom",
    "csv": "ingest.files.cells.dense",
    "tsv": "ingest.files.cells.dense",
    "txt": "ingest.files.cells.dense",
}
OTHERS = {
    "gz": "HDF5 and zarr are not read through gzip: decompress it, or convert it",
    "zip": "unpack it: a zarr store is a folder, and other files are named directly",
    "tar": "unpack it, and name the file or folder within",
    "tgz": "unpack it, and name the file or folder within",
    "h5mu": "it is MuData's: write the cells' expression alone, as mdata['rna'].write_h5ad(file)",
    "h5seurat": "convert it to h5ad, or write its counts as mtx with a table of its cells",
    **dict.fromkeys(
        ("rds", "rda", "rdata", "robj"),
        "write it as h5ad (zellkonverter::writeH5AD), or its counts as mtx with a table of its cells",
    ),
    "xlsx": "export the counts as csv",
}
PICKLES = ("pt", "pth", "pkl", "pickle", "joblib", "ckpt")
TEXT = ("mtx", "csv", "tsv", "txt")
Files = Mapping[str, Path]
CHUNK = 5_000  # 0.6 GB for a dense matrix of 30,000 genes


@dataclass(frozen=True)
class CellMatrix:
    """``genes``: column names as in the file; ``obs``: one row per cell, indexed by barcode; ``layer``: the matrix with
    the counts; ``read(start, stop)``: cells x genes, CSR; ``facts``: metadata of the file; ``no_genes``: rows of the
    file that count reads without a gene, which are excluded; ``notes``: decisions made on opening, such as why counts
    were not taken from X; ``unlisted``: mask of the cells without a row in the table of cells, None if there is no such
    table."""

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
        """(index of first cell, block of cells x genes), in the order of the file, from cell ``start`` on."""
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
    """Codes of the cells (n_cells,) and the text of each value; the last value, "", is for missing ones."""
    if isinstance(column.dtype, np.dtype) and not column.dtype.isnative:
        column = column.astype(column.dtype.newbyteorder("="))
    codes, values = pd.factorize(column, use_na_sentinel=True)
    return codes, np.array([*written(values), ""], dtype=str)


def open_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:
    """Opens a file of cells. ``files``: paths of the other files that the manifest names; default: next to the matrix.

    Raises:
        ContractError: PICKLED, UNKNOWN_FORMAT, NO_SUCH_CELLS, or the errors of the format's reader.
    """
    name = spec.format or told_format(path)
    if name in PICKLES:
        fix = "name the file of its cells; a model is made by `orthokg atlas create`, and kept as plain numbers"
        raise broken("PICKLED", path.name, "pickled files are not opened: they can run any code", name, fix)
    if name not in READERS:
        rule = f"cells.format is one of {', '.join(READERS)}"
        fix = OTHERS.get(name, "declare cells.format, or convert it")
        raise broken("UNKNOWN_FORMAT", path.name, rule, name or "no extension", fix)
    there = files or {}
    try:
        made: CellMatrix = import_module(READERS[name]).read_cells(path, spec, there)
    except KgError:
        raise
    except Exception as error:
        fix = f"it is not a valid {name} file: copy it again, or rewrite it from its source; or correct cells.format"
        raise unreadable(path, f"a file of cells ({name})", error, fix) from error
    if spec.obs is not None:
        made = _with_sheet(made, beside(path, spec.obs, there), spec)
    return _of_genes(_checked(made))


def _of_genes(matrix: CellMatrix) -> CellMatrix:
    """Removes summary rows, spike-ins and control probes, which would otherwise count towards the depth of a cell."""
    summary = np.array([is_summary(str(name)) for name in matrix.genes], dtype=bool)
    if not summary.any():
        return matrix
    kept = ~summary
    read = columns(matrix.read, kept)
    return replace(matrix, genes=matrix.genes[kept], read=read, no_genes=tuple(map(str, matrix.genes[summary])))


def told_format(path: Path) -> str:
    """The format by the file extension (for text, the one before .gz); a folder is a zarr store by its name or
    contents, otherwise an mtx folder."""
    if path.is_dir():
        return (
            "zarr"
            if path.suffix == ".zarr" or any((path / name).exists() for name in (".zgroup", "zarr.json"))
            else "mtx"
        )
    endings = [ending.lstrip(".").lower() for ending in path.suffixes]
    if endings[-1:] == ["gz"]:
        inner = endings[-2] if len(endings) > 1 else ""
        return inner if inner in TEXT else "gz"
    return {"hdf5": "h5", "hdf": "h5"}.get(endings[-1], endings[-1]) if endings else ""


def beside(path: Path, name: str, files: Files) -> Path:
    """The path of a file that the manifest names."""
    return files[name] if name in files else path.parent / name


def _with_sheet(matrix: CellMatrix, sheet: Path, spec: Cells) -> CellMatrix:
    """Adds annotations of cells from a separate table; a cell without a row there has none."""
    facts = read_assignments(sheet) if sheet.suffix == ".json" else read_sheet(sheet, spec.cell_column)
    shared = matrix.obs.index.isin(facts.index)
    if not shared.any() or (2 * shared.sum() <= len(shared) and not spec.partial):
        names = (
            f"{sheet.name} has {list(facts.index[:3])}, {matrix.path.name} has {list(matrix.obs.index[~shared][:3])}"
        )
        found = f"{int((~shared).sum()):,} of {len(shared):,} cells have none; {names}"
        rule = "most cells of the matrix have a row in cells.obs"
        share = {str(c): facts[c].astype(str).str.strip().isin(matrix.obs.index).sum() for c in facts}
        best = max(share, key=share.__getitem__, default="")
        fix = (
            f"declare `cell_column: {best}`: it names {share[best]:,} of the cells"
            if best and share[best] > shared.sum()
            else ""
        )
        raise broken(
            "NO_SUCH_CELLS", sheet.name, rule, found, fix or alike(matrix.obs.index, facts.index, bool(shared.any()))
        )
    own = matrix.obs.drop(columns=[c for c in matrix.obs.columns if c in facts.columns])
    return replace(matrix, obs=own.join(facts), unlisted=~shared)


def _checked(matrix: CellMatrix) -> CellMatrix:
    """Checks that apply to all formats."""
    twice = matrix.obs.index[matrix.obs.index.duplicated()]
    if len(twice):
        fix = "add a prefix per library to the barcodes (obs_names_make_unique hides cells that were read twice)"
        found = f"{len(twice)} duplicates, such as {list(map(str, twice[:3]))}"
        raise broken("DUPLICATE_CELLS", matrix.path.name, "a cell has its own barcode", found, fix)
    if len(matrix.genes) and not (matrix.genes != "").any():
        fix = "name the column or list of the genes (cells.gene_column, cells.genes), or copy the file again"
        raise broken("NO_GENES", matrix.path.name, "genes have names", f"{len(matrix.genes)} blank ones", fix)
    if not matrix.n_cells or not len(matrix.genes):
        shape = f"{matrix.n_cells} cells x {len(matrix.genes)} genes"
        raise broken("NO_CELLS", matrix.path.name, "a matrix has cells and genes", shape, "export it again")
    return matrix
