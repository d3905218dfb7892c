"""Matrix Market with its lists of genes and cells: Cell Ranger's folders, the Single Cell Expression Atlas, GEO
triples.

Genes x cells, or cells x genes if only that fits the lists. The text is read once, when counts are first asked for.
"""

import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy import sparse

from ingest.files.cells.matrix import CellMatrix, Files, Read, beside
from ingest.files.cells.names import expressed, gene_names, written
from ingest.files.cells.proof import proved
from ingest.files.cells.spool import Spool
from ingest.files.cells.text import opened, read_names, read_sheet
from ingest.files.frames import broken
from ingest.manifest.cell_blocks import Cells

LAYOUTS = Path(__file__).with_name("layouts.yaml")
_LINES = 2_000_000
_FIELDS = ("integer", "real", "unsigned-integer", "double")
_HEADS = {
    "gene_id",
    "gene_ids",
    "gene_name",
    "gene_symbol",
    "gene",
    "genes",
    "feature",
    "features",
    "ensembl",
    "symbol",
    "name",
    "names",
    "id",
    "genome",
    "bc_wells",
    "barcode",
    "barcodes",
    "cell",
    "cells",
    "cell_id",
    "cell_barcode",
    "cellid",
    "index",
    "x",
    "v1",
    "0",
}


@dataclass(frozen=True)
class _Parts:
    matrix: Path
    genes: Path
    barcodes: Path | None
    rows: str = "genes"


@dataclass(frozen=True)
class _Size:
    rows: int
    columns: int
    entries: int
    skip: int


def read_cells(path: Path, spec: Cells, files: Files) -> CellMatrix:
    """Raises ContractError MISSING_PART, NOT_MTX, SHAPE_MISMATCH, CUT_SHORT, or the errors of text and counts."""
    parts = _parts(path, spec, files)
    size = _size(parts.matrix)
    lengths = {size.rows, size.columns}
    columns = _list(parts.genes, lengths)
    if parts.barcodes is not None:
        cells = _list(parts.barcodes, lengths)[0]
    else:
        assert spec.obs is not None
        cells = list(read_sheet(beside(path, spec.obs, files), spec.cell_column).index)
    shape = len(columns[0]), len(cells)
    if (size.rows, size.columns) not in (shape, shape[::-1]):
        found = f"{size.rows} x {size.columns}, with {shape[0]} genes and {shape[1]} cells in the lists"
        fix = (
            _of_one_line(parts, columns[0], cells, size)
            or "the three files are not from the same matrix: take all from one folder"
        )
        raise broken("SHAPE_MISMATCH", parts.matrix.name, "a matrix has the genes and cells of its lists", found, fix)
    turned = (spec.rows or parts.rows) == "cells" if shape[0] == shape[1] else (size.rows, size.columns) != shape
    kept = expressed(columns[2], parts.genes) if len(columns) > 2 else np.ones(shape[0], bool)
    names = gene_names(columns[:2], spec)[kept]
    place = np.where(kept, np.cumsum(kept) - 1, -1)

    @cache
    def rows() -> Read:
        return _spooled(parts.matrix, size, place, turned, (shape[1], len(names)))

    def read(start: int, stop: int) -> sparse.csr_matrix:
        return rows()(start, stop)

    obs = pd.DataFrame(index=pd.Index(cells, name="cell"))
    return CellMatrix(path, names, obs, parts.matrix.name, proved(read, path, parts.matrix.name, spec))


def _of_one_line(parts: _Parts, genes: list[str], cells: list[str], size: _Size) -> str:
    """The remedy if one list is a line too long, perhaps because of a header; "" otherwise."""
    for path, names, others, n in (
        (parts.genes, genes, cells, size.rows),
        (parts.barcodes, cells, genes, size.columns),
        (parts.genes, genes, cells, size.columns),
        (parts.barcodes, cells, genes, size.rows),
    ):
        if path is not None and len(names) == n + 1 and len(others) == size.rows + size.columns - n:
            return (
                f"{path.name} is one line too long: remove its first line ({names[0]!r}) if it is a header, or its last"
                f" ({names[-1]!r})"
            )
    return ""


def _list(path: Path, lengths: set[int]) -> list[list[str]]:
    """The columns of a list with one of the ``lengths``. An extra first line with column names (Parse's all_genes.csv
    and cell_metadata.csv, R's write.csv, pandas) is a header; R's row numbers are not a column."""
    columns = read_names(path)
    if not columns:
        raise broken("EMPTY_TABLE", path.name, "a list of genes or cells has lines", "none", "export it again")
    n = len(columns[0])
    if n not in lengths and n - 1 in lengths and _HEADS & {column[0].lower() for column in columns}:
        columns, n = [column[1:] for column in columns], n - 1
    if len(columns) > 1 and columns[0] in ([str(at) for at in range(k, n + k)] for k in (0, 1)):
        columns = columns[1:]
    return [written(column) for column in columns]


def _parts(path: Path, spec: Cells, files: Files) -> _Parts:
    """The three files: as named in the manifest, or else by the names of a known layout. Without a list of cells, the
    rows of ``cells.obs`` are the cells, in their order."""
    folder = path if path.is_dir() else path.parent
    here = sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
    if not path.exists():
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder")
    named = {"genes": spec.genes, "barcodes": spec.barcodes}
    found = {part: beside(path, name, files) for part, name in named.items() if name}
    found |= {} if path.is_dir() else {"matrix": path}
    several = ""
    layouts = yaml.safe_load(LAYOUTS.read_text(encoding="utf-8"))["mtx"]
    for layout in layouts:
        made = dict(found)
        for part in {"matrix", "genes", "barcodes"} - made.keys():
            hits = [name for name in here if any(fnmatch(name.removesuffix(".gz"), p) for p in layout[part])]
            if len(hits) == 1:
                made[part] = folder / hits[0]
            elif hits and not several:
                several = f"{' and '.join(hits)} may each be the {part}"
        if len(made) == 3:
            told = layout.get("rows", "genes") if len(found) < 3 else "genes"
            return _Parts(made["matrix"], made["genes"], made["barcodes"], told)
    if spec.obs and found.keys() == {"matrix", "genes"}:
        return _Parts(found["matrix"], found["genes"], None)
    rule = "an mtx comes with its lists of genes and of cells"
    fix = "name them in cells.genes and cells.barcodes, and the matrix itself in cells.file"
    if path.is_dir() and (below := _below(folder, spec.file)):
        fix = f"name the folder below that holds the cells in cells.file: {' or '.join(below)}"
    raise broken(
        "MISSING_PART", path.name, rule, several or f"the folder has {', '.join(here[:12]) or 'no files'}", fix
    )


def _below(folder: Path, called: str) -> list[str]:
    """Subfolders of the folder ``called`` that hold a matrix or are a zarr store."""
    signs = ("matrix.mtx", "matrix.mtx.gz", "DGE.mtx", "count_matrix.mtx", ".zgroup", "zarr.json")
    made = {
        f"{called.rstrip('/')}/{hit.parent.relative_to(folder)}"
        for sign in signs
        for deep in ("*", "*/*")
        for hit in folder.glob(f"{deep}/{sign}")
    }
    return [name for name in sorted(made) if not any(name.startswith(f"{other}/") for other in made)][:4]


def _size(path: Path) -> _Size:
    """The header of the matrix, whose values must be real or integer."""
    with opened(path) as text:
        first = text.readline()
        words = first.lower().split()
        if words[:3] != ["%%matrixmarket", "matrix", "coordinate"] or (words[3:] or [""])[0] not in _FIELDS:
            rule = "the first line says %%MatrixMarket matrix coordinate integer (or real) general"
            fix = "write it by scipy.io.mmwrite"
            if words[3:4] == ["pattern"]:
                fix = "a pattern matrix does not contain the counts themselves: give the matrix of counts"
            raise broken("NOT_MTX", path.name, rule, first.strip()[:80] or "nothing", fix)
        if words[4:5] != ["general"]:
            raise broken("NOT_MTX", path.name, "a matrix of counts is not symmetric", words[4:], "write it as general")
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
        raise broken("CUT_SHORT", path.name, f"the header announces {size.entries} entries", f"{read} entries", fix)
    return spool.reader()


def _three_fields(path: Path, size: _Size) -> None:
    """Checks the first entry; pandas checks the number of fields of all others."""
    with opened(path) as text:
        first = next(itertools.islice(text, size.skip, None), "").split()
    if first and len(first) != 3:
        found = f"{len(first)} fields in the first entry: {' '.join(first)[:60]}"
        fix = "the file is damaged: copy it again"
        if len(first) > 3:
            fix = (
                "a matrix of several numbers an entry (STAR's Velocyto: spliced, unspliced, ambiguous) is not a"
                " matrix of gene counts: use matrix.mtx from the folder Gene or GeneFull, or write one number per"
                " entry"
            )
        raise broken("NOT_MTX", path.name, "an entry is row, column and value", found, fix)


def _entries(path: Path, size: _Size) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Row, column (from 0) and value of the entries, in blocks."""
    names, limits = ("row", "column", "value"), np.array([size.rows, size.columns])
    _three_fields(path, size)
    try:
        with opened(path) as text, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # an entry with more fields than the others
            if not size.entries:
                return
            blocks = pd.read_csv(
                text,
                sep=r"\s+",
                header=None,
                names=names,
                skiprows=size.skip,
                chunksize=_LINES,
                dtype={"row": np.int64, "column": np.int64, "value": np.float64},
                index_col=False,
            )
            for block in blocks:
                at = block[["row", "column"]].to_numpy()
                if (at < 1).any() or (at > limits).any():
                    bad = at[((at < 1) | (at > limits)).any(axis=1)][0]
                    rule = f"entries lie within {size.rows} x {size.columns}"
                    raise broken("NOT_MTX", path.name, rule, f"row {bad[0]}, column {bad[1]}", "rewrite the matrix")
                if block["value"].isna().any():
                    raise ValueError(f"no value in entry {int(block['value'].isna().to_numpy().argmax()) + 1:,}")
                yield at[:, 0] - 1, at[:, 1] - 1, block["value"].to_numpy()
    except (ValueError, pd.errors.ParserWarning) as error:
        rule = "an entry is row, column and value"
        found = str(error).strip().splitlines()[0]
        raise broken("NOT_MTX", path.name, rule, found, "the file is cut short or damaged: copy it again") from None
