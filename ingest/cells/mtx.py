"""Matrix Market with its lists of genes and cells: Cell Ranger's folders, the Single Cell Expression Atlas, GEO triples.

Genes x cells, or cells x genes where only that fits the lists. The text is read once, when counts are first asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy import sparse

from ingest.blocks_cells import Cells
from ingest.cells.matrix import CellMatrix, Files, Read, beside, proved
from ingest.cells.names import expressed, gene_names
from ingest.cells.spool import Spool
from ingest.cells.text import opened, read_names, read_sheet
from ingest.source.frames import broken

LAYOUTS = Path(__file__).with_name("layouts.yaml")
_LINES = 2_000_000


@dataclass(frozen=True)
class _Parts:
    matrix: Path
    genes: Path
    barcodes: Path | None


@dataclass(frozen=True)
class _Size:
    rows: int
    columns: int
    entries: int
    skip: int


def read_cells(path: Path, spec: Cells, files: Files) -> CellMatrix:
    """Raises ContractError MISSING_PART, NOT_MTX, SHAPE_MISMATCH, CUT_SHORT, or what the text or the counts break."""
    parts = _parts(path, spec, files)
    columns = _list(parts.genes)
    if parts.barcodes is not None:
        cells = _list(parts.barcodes)[0]
    else:
        assert spec.obs is not None
        cells = list(read_sheet(beside(path, spec.obs, files), spec.cell_column).index)
    size = _size(parts.matrix)
    shape = len(columns[0]), len(cells)
    if (size.rows, size.columns) not in (shape, shape[::-1]):
        found = f"{size.rows} x {size.columns}, with {shape[0]} genes and {shape[1]} cells in the lists"
        fix = "the three files are not of one matrix: take all from one folder"
        raise broken("SHAPE_MISMATCH", parts.matrix.name, "a matrix has the genes and cells of its lists", found, fix)
    turned = (size.rows, size.columns) != shape
    kept = expressed(columns[2]) if len(columns) > 2 else np.ones(shape[0], bool)
    names = gene_names(columns[:2], spec)[kept]
    place = np.where(kept, np.cumsum(kept) - 1, -1)

    @cache
    def rows() -> Read:
        return _spooled(parts.matrix, size, place, turned, (shape[1], len(names)))

    def read(start: int, stop: int) -> sparse.csr_matrix:
        return rows()(start, stop)

    obs = pd.DataFrame(index=pd.Index(cells, name="cell"))
    return CellMatrix(path, names, obs, parts.matrix.name, proved(read, path, parts.matrix.name, spec))


def _list(path: Path) -> list[list[str]]:
    columns = read_names(path)
    if not columns:
        raise broken("EMPTY_TABLE", path.name, "a list of genes or cells has lines", "none", "export it again")
    return columns


def _parts(path: Path, spec: Cells, files: Files) -> _Parts:
    """The three files: as the manifest names them, else by the names that a layout gives them. Without a list of cells the
    rows of ``cells.obs`` are the cells, in their order."""
    folder = path if path.is_dir() else path.parent
    here = sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
    if not path.exists():
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder")
    named = {"genes": spec.genes, "barcodes": spec.barcodes}
    found = {part: beside(path, name, files) for part, name in named.items() if name}
    found |= {} if path.is_dir() else {"matrix": path}
    layouts = yaml.safe_load(LAYOUTS.read_text(encoding="utf-8"))["mtx"]
    for layout in layouts:
        made = dict(found)
        for part in {"matrix", "genes", "barcodes"} - made.keys():
            hits = [name for name in here if any(fnmatch(name.removesuffix(".gz"), p) for p in layout[part])]
            if len(hits) == 1:
                made[part] = folder / hits[0]
        if len(made) == 3:
            return _Parts(made["matrix"], made["genes"], made["barcodes"])
    if spec.obs and found.keys() == {"matrix", "genes"}:
        return _Parts(found["matrix"], found["genes"], None)
    rule = "an mtx comes with its lists of genes and of cells"
    fix = "name them in cells.genes and cells.barcodes, and the matrix itself in cells.file"
    raise broken("MISSING_PART", path.name, rule, f"the folder has {', '.join(here[:12]) or 'no files'}", fix)


def _size(path: Path) -> _Size:
    """The header of the matrix; all that is asked of it is that its values are real or whole numbers."""
    with opened(path) as text:
        first = text.readline()
        words = first.lower().split()
        if words[:3] != ["%%matrixmarket", "matrix", "coordinate"] or words[3:4] not in (["integer"], ["real"]):
            rule = "the first line says %%MatrixMarket matrix coordinate integer (or real) general"
            raise broken("NOT_MTX", path.name, rule, first.strip()[:80] or "nothing", "write it by scipy.io.mmwrite")
        if words[4:5] != ["general"]:
            raise broken("NOT_MTX", path.name, "counts are no symmetric matrix", words[4:], "write it as general")
        skip = 1
        for line in text:
            skip += 1
            if not line.startswith("%"):
                break
        else:
            line = ""
    try:
        rows, columns, entries = map(int, line.split())
    except ValueError:
        rule = "the line below the comments gives rows, columns and entries"
        raise broken(
            "NOT_MTX", path.name, rule, line.strip()[:80] or "nothing", "write it by scipy.io.mmwrite"
        ) from None
    return _Size(rows, columns, entries, skip)


def _spooled(path: Path, size: _Size, place: np.ndarray, turned: bool, shape: tuple[int, int]) -> Read:
    spool, read = Spool(*shape), 0
    for first, second, values in _entries(path, size):
        read += len(values)
        cells, genes = (first, second) if turned else (second, first)
        used = place[genes] >= 0
        spool.add(cells[used], place[genes][used], values[used])
    if read != size.entries:
        fix = "the file is cut short or two were joined: copy it again, and compare its checksum"
        raise broken("CUT_SHORT", path.name, f"the header tells of {size.entries} entries", f"{read} entries", fix)
    return spool.reader()


def _entries(path: Path, size: _Size) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Row, column (from 0) and value of the entries, in blocks."""
    names, limits = ("row", "column", "value"), np.array([size.rows, size.columns])
    try:
        with opened(path) as text:
            if not size.entries:
                return
            blocks = pd.read_csv(text, sep=r"\s+", header=None, names=names, skiprows=size.skip, chunksize=_LINES,
                                 dtype={"row": np.int64, "column": np.int64, "value": np.float64})  # fmt: skip
            for block in blocks:
                at = block[["row", "column"]].to_numpy()
                if (at < 1).any() or (at > limits).any():
                    bad = at[((at < 1) | (at > limits)).any(axis=1)][0]
                    rule = f"entries lie within {size.rows} x {size.columns}"
                    raise broken("NOT_MTX", path.name, rule, f"row {bad[0]}, column {bad[1]}", "write the matrix again")
                yield at[:, 0] - 1, at[:, 1] - 1, block["value"].to_numpy()
    except (ValueError, pd.errors.ParserError) as error:
        rule = "an entry is row, column and value"
        found = str(error).strip().splitlines()[0]
        raise broken("NOT_MTX", path.name, rule, found, "the file is cut short or damaged: copy it again") from None
