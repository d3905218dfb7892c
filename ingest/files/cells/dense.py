"""A text table of counts: genes x cells (GEO, Broad Single Cell Portal), or cells x genes (Allen Institute). The
orientation is given by ``cells.rows`` in the manifest, or else by the header of the first column, or by the sheet of
cells. The text is read once, when counts are first asked for."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ingest.files.cells.matrix import CellMatrix, Files, Read, beside
from ingest.files.cells.proof import proved
from ingest.files.cells.spool import Spool
from ingest.files.cells.text import Head, read_sheet, rows_of, table_head
from ingest.manifest.cell_blocks import Cells
from kg.errors import broken
from kg.tables.reading import options

_NAMES_OF_CELLS = {"sample_name", "cell", "cell_id", "cell_name", "barcode", "barcodes", "sample_id"}
_VALUES = 4_000_000


def read_cells(path: Path, spec: Cells, files: Files) -> CellMatrix:
    """Raises ContractError NOT_A_COUNT, BAD_ROWS, or the errors of text and counts."""
    head = table_head(path)
    rows = _first_column(path, head)
    by_cell = (spec.rows or _told_rows(path, spec, files, head, rows)) == "cells"
    cells, genes = (rows, head.names[1:]) if by_cell else (head.names[1:], rows)

    @cache
    def spooled() -> Read:
        spool, done = Spool(len(cells), len(genes)), 0
        for values in _blocks(path, head):
            row, column = np.nonzero(values)
            at = (row + done, column) if by_cell else (column, row + done)
            spool.add(*at, values[row, column])
            done += len(values)
        return spool.reader()

    def read(start: int, stop: int) -> sparse.csr_matrix:
        return spooled()(start, stop)

    obs = pd.DataFrame(index=pd.Index(cells, name="cell"))
    return CellMatrix(path, np.array(genes, dtype=str), obs, path.name, proved(read, path, path.name, spec))


def _first_column(path: Path, head: Head) -> list[str]:
    with rows_of(path, head) as text:
        frame = pd.read_csv(text, usecols=[0], dtype=str, keep_default_na=False, **options(head.form))
    return frame[0].str.strip().tolist()


def _told_rows(path: Path, spec: Cells, files: Files, head: Head, rows: list[str]) -> str:
    if head.names[0].lower() in _NAMES_OF_CELLS:
        return "cells"
    if spec.obs is None:
        return "genes"
    known = read_sheet(beside(path, spec.obs, files), spec.cell_column).index
    return "cells" if pd.Index(rows).isin(known).sum() > pd.Index(head.names[1:]).isin(known).sum() else "genes"


def _blocks(path: Path, head: Head) -> Iterator[np.ndarray]:
    """Blocks of rows of values."""
    size = max(1, _VALUES // len(head.names))
    names = list(range(len(head.names)))
    with rows_of(path, head) as text:
        try:
            read = pd.read_csv(
                text,
                names=names,
                usecols=names,
                chunksize=size,
                dtype=dict.fromkeys(names[1:], np.float64) | {0: str},
                **options(head.form),
            )
            for block in read:
                yield block.iloc[:, 1:].to_numpy()
        except pd.errors.ParserError:
            raise
        except ValueError:
            raise _no_number(path, head) from None


def _no_number(path: Path, head: Head) -> Exception:
    """The error that locates the first text that is not a number."""
    done = 0
    names = range(len(head.names))
    with rows_of(path, head) as text:
        for block in pd.read_csv(text, names=names, usecols=names, dtype=str, chunksize=2_000, **options(head.form)):
            texts = block.to_numpy(dtype=object)
            values = pd.to_numeric(pd.Series(texts[:, 1:].ravel()), errors="coerce").isna().to_numpy()
            bad = np.argwhere(values.reshape(len(texts), -1) & pd.notna(texts[:, 1:]))
            if len(bad):
                row, column = bad[0]
                where = f"{path.name} row {done + row + 1}, column {head.names[column + 1]!r}"
                fix = "a count is a number: write 0 for no counts, and remove text columns"
                found = repr(str(texts[row, column + 1]))
                return broken("NOT_A_COUNT", where, f"{texts[row, 0]} has a number of counts", found, fix)
            done += len(texts)
    return broken("NOT_A_COUNT", path.name, "values are numbers", "text", "export the table again")
