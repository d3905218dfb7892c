"""Tables of a manifest: columns by their names, cells as text, numbers read from it (``kg.tables``)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.files.cells.names import written
from ingest.files.untrusted.hdf5 import is_array, open_h5
from kg.errors import broken
from kg.files.regular import reading
from kg.tables.content import text_of
from kg.tables.lab_table import need
from kg.tables.numbers import Declared, read_numbers
from kg.tables.reading import read_frame as read_text

Texts = NDArray[np.str_]
Floats = NDArray[np.float64]
__all__ = [
    "Declared",
    "Floats",
    "Texts",
    "broken",
    "cells",
    "need_columns",
    "numbers",
    "read_frame",
    "rows_where",
    "text_of",
]


def read_frame(path: Path, sep: str | None = None, encoding: str = "utf-8") -> pd.DataFrame:
    """All cells as text, rows x columns; as :func:`kg.tables.reading.read_frame`, and a signatureSearch database
    (.h5)."""
    return _signature_database(path) if path.suffix == ".h5" else read_text(path, sep, encoding)


def cells(frame: pd.DataFrame, column: str) -> Texts:
    """The cells of a column as stripped text."""
    return np.char.strip(np.asarray(frame[column], dtype=str))


def numbers(
    frame: pd.DataFrame, columns: Mapping[str, str], path: Path, declared: Declared | None = None
) -> dict[str, Floats]:
    """``columns``: field -> column; nan where a cell is not a number. Raises as
    :func:`kg.tables.numbers.read_numbers`."""
    found = read_numbers({column: frame[column].to_numpy(object) for column in columns.values()}, path.name, declared)
    return {field: found[column] for field, column in columns.items()}


def rows_where(frame: pd.DataFrame, mask: NDArray[np.bool_]) -> pd.DataFrame:
    return frame.take(np.flatnonzero(mask))


def _signature_database(path: Path) -> pd.DataFrame:
    """A signatureSearch database (conditions x genes in ``assay``): one row per gene, named ``gene``, one column per
    condition."""
    fix = "a signatureSearch database has assay, rownames and colnames"
    with open_h5(path) as file:
        rows, columns, assay = (_array(file, name, path, kinds, fix) for name, kinds in _PARTS.items())
        if assay.shape != (columns.size, rows.size):
            found = f"{assay.shape}, with {columns.size} conditions and {rows.size} genes"
            raise broken("BAD_ROWS", path.name, "assay has the genes and conditions of its lists", found, fix)
        with reading(path, "the database", fix, "BAD_ROWS"):
            genes, conditions = written(rows[()].ravel()), written(columns[()].ravel())
            values = np.asarray(assay).astype(str)
    if len(set(conditions)) < len(conditions):
        raise broken("BAD_ROWS", path.name, "each condition has its own name", "two of one name", fix)
    return pd.DataFrame({"gene": genes} | dict(zip(conditions, values, strict=True)))


_PARTS = {"rownames": "OSU", "colnames": "OSU", "assay": "iuf"}
_MOST = 50_000_000  # values


def _array(file: Any, name: str, path: Path, kinds: str, fix: str) -> Any:
    item = file.get(name)
    if not is_array(item) or item.shape is None or item.dtype.kind not in kinds or item.size > _MOST:
        found = f"{item.shape} of {item.dtype}" if is_array(item) else "no array"
        what = "numbers" if kinds == "iuf" else "names"
        raise broken("BAD_ROWS", path.name, f"{name} holds {what}, at most {_MOST:,}", found, fix)
    return item


def need_columns(frame: pd.DataFrame, names: dict[str, str], path: Path) -> None:
    """``names``: field of the manifest -> column. Raises as :func:`kg.tables.lab_table.need`."""
    need(path, list(map(str, frame.columns)), names)
