"""Text files of counts or annotations; ``kg.tables`` detects and validates their layout."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import pandas as pd

from kg.errors import broken
from kg.tables.content import blocks
from kg.tables.layout import Layout, beginning, cells
from kg.tables.reading import fitted, options, own_names, parsed
from kg.tables.rows import Form, Rows, stream

_KINDS = {"group", "numeric"}


class _Blocks:
    """The text of a file, reread on each iteration."""

    def __init__(self, path: Path):
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        return blocks(self._path)


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The text of a file, decompressed if it is gzip, whatever its name. Raises: ContractError: as
    :func:`kg.tables.content.blocks`, also while it is read."""
    yield stream(blocks(path))


@dataclass(frozen=True)
class Head:
    """The header of a table: the names of its columns, and the format of its rows."""

    names: list[str]
    form: Form


def table_head(path: Path) -> Head:
    """A table that R wrote with row names has a header one cell short: its first column gets the name "". The second
    line of the Broad Single Cell Portal's tables (TYPE and column types) is skipped. Raises: ContractError:
    EMPTY_TABLE, BAD_ROWS, or the errors of the text itself."""
    return fitted(path, _Blocks(path), None, lambda layout: _head(path, layout), prove=True)


def _head(path: Path, layout: Layout) -> Head:
    kinds = cells(beginning(_Blocks(path)).row, layout.form.sep, layout.form.quotes)
    typed = kinds[0] == "TYPE" and set(kinds[1:]) <= _KINDS
    form = replace(layout.form, skip=layout.form.skip + 1) if typed else layout.form
    return Head(list(layout.names[: len(layout.names) - layout.form.empty]), form)


@contextmanager
def rows_of(path: Path, head: Head) -> Iterator[TextIO]:
    """The rows without the header. Raises ContractError BAD_ROWS, while reading, for a row of another length."""
    with parsed(path, head.form):
        yield stream(Rows(_Blocks(path), head.form))


def read_sheet(path: Path, key: str | None) -> pd.DataFrame:
    """A table of cells, indexed by the column ``key`` (None: the first); all columns are categorical text. Raises:
    ContractError: the errors of :func:`table_head`, WRONG_COLUMNS, BAD_ROWS or DUPLICATE_CELLS."""
    frame = fitted(path, _Blocks(path), None, lambda layout: _sheet(path, _head(path, layout)))
    names = list(frame.columns)
    if key is not None and key not in frame:
        there = f"the columns are {', '.join(map(repr, names[:40]))}"
        raise broken("WRONG_COLUMNS", path.name, "cells.cell_column is a column of cells.obs", repr(key), there)
    sheet = frame.set_axis(pd.Index(frame[names[0] if key is None else key].astype(str).str.strip(), name="cell"))
    if twice := list(sheet.index[sheet.index.duplicated()][:3]):
        raise broken("DUPLICATE_CELLS", path.name, "a cell has one row", f"two of {twice}", "remove the double")
    return sheet


def _sheet(path: Path, head: Head) -> pd.DataFrame:
    return pd.read_csv(
        stream(Rows(_Blocks(path), head.form)),
        names=own_names(tuple(head.names)),
        dtype="category",
        keep_default_na=False,
        usecols=range(len(head.names)),
        **options(head.form),
    )


def read_names(path: Path) -> list[list[str]]:
    """The columns of a list without header, such as 10x's features.tsv: names of genes or cells, separated by tabs or
    commas."""
    with opened(path) as text:
        lines = text.read().rstrip("\r\n ").split("\n")
    if (blank := next((at for at, line in enumerate(lines, 1) if not line.strip()), 0)) and len(lines) > 1:
        raise broken(
            "BAD_ROWS",
            path.name,
            "a line of a list names a gene or cell",
            f"line {blank} is blank",
            "fill it, or remove it",
        )
    sep = "\t" if any("\t" in line for line in lines) else ","
    # line by line, so that an unclosed quote does not swallow the next line
    rows = [next(csv.reader([line], delimiter=sep), []) for line in lines]
    width = len(rows[0]) if rows else 0
    if odd := next((at for at, row in enumerate(rows) if len(row) != width), 0):
        found = f"{width} in line 1, {len(rows[odd])} in line {odd + 1}"
        raise broken(
            "BAD_ROWS",
            path.name,
            "lines of a list have the same number of columns",
            found,
            "the list is damaged: copy it again",
        )
    return [[row[at].strip() for row in rows] for at in range(width)]
