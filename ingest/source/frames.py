"""Tables of a manifest: columns by their names, cells as text, numbers read from it (``kg.tables``)."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kg.errors import broken
from kg.table_file import need
from kg.tables import reading
from kg.tables.content import text_of
from kg.tables.numbers import Declared, read_numbers

Texts = NDArray[np.str_]
Floats = NDArray[np.float64]
__all__ = ["Declared", "Floats", "Texts", "broken", "cells", "need_columns", "numbers", "read_frame", "rows_where", "text_of"]


def read_frame(path: Path, sep: str | None = None, encoding: str = "utf-8") -> pd.DataFrame:
    """All cells as text, rows x columns; as :func:`kg.tables.reading.read_frame`, and a signatureSearch database (.h5)."""
    return _signature_database(path) if path.suffix == ".h5" else reading.read_frame(path, sep, encoding)


def cells(frame: pd.DataFrame, column: str) -> Texts:
    """The cells of a column as stripped text."""
    return np.char.strip(np.asarray(frame[column], dtype=str))


def numbers(frame: pd.DataFrame, columns: Mapping[str, str], path: Path, declared: Declared | None = None) -> dict[str, Floats]:
    """``columns``: field -> column; nan where a cell is no number. Raises as :func:`kg.tables.numbers.read_numbers`."""
    found = read_numbers({column: frame[column].to_numpy(object) for column in columns.values()}, path.name, declared)
    return {field: found[column] for field, column in columns.items()}


def rows_where(frame: pd.DataFrame, mask: NDArray[np.bool_]) -> pd.DataFrame:
    return frame.take(np.flatnonzero(mask))


def _signature_database(path: Path) -> pd.DataFrame:
    """A signatureSearch database (conditions x genes in ``assay``): a row a gene, named ``gene``, a column a condition."""
    try:
        with h5py.File(path) as file:
            rows, columns, assay = (np.asarray(file[name]) for name in ("rownames", "colnames", "assay"))
    except FileNotFoundError:
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    except (OSError, KeyError) as error:
        fix = "a signatureSearch database has assay, rownames and colnames"
        raise broken("BAD_ROWS", path.name, "the file is HDF5 of this layout", error, fix) from None
    made = {condition.decode(): row for condition, row in zip(columns.ravel(), assay.astype(str), strict=True)}
    return pd.DataFrame({"gene": [row.decode() for row in rows.ravel()]} | made)


def need_columns(frame: pd.DataFrame, names: dict[str, str], path: Path) -> None:
    """``names``: field of the manifest -> column. Raises as :func:`kg.table_file.need`."""
    need(path, list(map(str, frame.columns)), names)
