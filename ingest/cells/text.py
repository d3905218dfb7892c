"""Text in place of a matrix, or beside one: compressed or not by its first bytes, separated by what its header has most of."""

import csv
import gzip
import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pandas as pd

from ingest.source.frames import broken

_GZIP = b"\x1f\x8b"
_SEPARATORS = ("\t", ",", ";")
_KINDS = {"group", "numeric"}


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The text of a file, decompressed where it is gzip, whatever its name.

    Raises:
        ContractError: MISSING_FILE, NOT_GZIP, CUT_SHORT or ENCODING, also for what is read within.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP
            if path.suffix == ".gz" and not zipped:
                fix = "compress it again with gzip, or drop .gz from its name if it is plain text"
                raise broken("NOT_GZIP", path.name, "a name that ends in .gz is gzip", "other bytes", fix)
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw) if zipped else raw
            with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
                yield text
    except (FileNotFoundError, IsADirectoryError):
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        fix = "the file is cut short or damaged: copy it again, and compare its checksum"
        raise broken("CUT_SHORT", path.name, "the file can be read to its end", error, fix) from None
    except UnicodeDecodeError as error:
        found = f"byte {error.start}: {error.reason}"
        raise broken("ENCODING", path.name, "the file is UTF-8", found, "save it as UTF-8") from None


@dataclass(frozen=True)
class Head:
    """Of a table: its separator, the names of its columns, and the lines before its first row."""

    sep: str
    names: list[str]
    skip: int


def table_head(path: Path) -> Head:
    """A table that R wrote with row names has a header one cell short: its first column gets the name "". The second line
    of the Broad Single Cell Portal's tables, which says TYPE and the kind of each column, is no row.

    Raises:
        ContractError: what :func:`opened` finds, EMPTY_TABLE or BAD_ROWS.
    """
    with opened(path) as text:
        first = text.readline().rstrip("\r\n")
        second = text.readline().rstrip("\r\n")
    if not second.strip():
        raise broken("EMPTY_TABLE", path.name, "a table has rows", "none below the header", "export it again")
    sep = max(_SEPARATORS, key=first.count)
    names, cells = ([cell.strip() for cell in _cells(line, sep)] for line in (first, second))
    if len(cells) == len(names) + 1:
        names = ["", *names]
    if len(cells) != len(names):
        found = f"{len(names)} names and {len(cells)} cells in the first row"
        raise broken("BAD_ROWS", path.name, "rows are as long as the header", found, "export it again")
    return Head(sep, names, 2 if cells[0] == "TYPE" and set(cells[1:]) <= _KINDS else 1)


@contextmanager
def rows_of_one_length(path: Path) -> Iterator[None]:
    """Turns what pandas says of rows that are too long into ContractError BAD_ROWS."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            yield
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        fix = "every line needs as many cells as the header"
        raise broken("BAD_ROWS", path.name, "rows are of one length", str(error).strip(), fix) from None


def _cells(line: str, sep: str) -> list[str]:
    return next(csv.reader([line], delimiter=sep), [])


def read_sheet(path: Path, key: str | None) -> pd.DataFrame:
    """A table of cells, indexed by the column ``key`` (None: the first); all columns are categories of text.

    Raises:
        ContractError: what :func:`table_head` finds, WRONG_COLUMNS, BAD_ROWS or DUPLICATE_CELLS.
    """
    head = table_head(path)
    names = [name if name not in head.names[:at] else f"{name}.{at}" for at, name in enumerate(head.names)]
    with opened(path) as text, rows_of_one_length(path):
        frame = pd.read_csv(text, sep=head.sep, header=None, names=names, skiprows=head.skip, dtype="category",
                            keep_default_na=False, index_col=False)  # fmt: skip
    if key is not None and key not in frame:
        there = f"the columns are {', '.join(map(repr, names[:40]))}"
        raise broken("WRONG_COLUMNS", path.name, "cells.cell_column is a column of cells.obs", repr(key), there)
    sheet = frame.set_axis(pd.Index(frame[names[0] if key is None else key].astype(str).str.strip(), name="cell"))
    if twice := list(sheet.index[sheet.index.duplicated()][:3]):
        raise broken("DUPLICATE_CELLS", path.name, "a cell has one row", f"two of {twice}", "remove the double")
    return sheet


def read_names(path: Path) -> list[list[str]]:
    """The columns of a list without header, such as 10x's features.tsv: names of genes or cells by tab or comma."""
    with opened(path) as text:
        lines = text.read().rstrip().splitlines()
    if (blank := next((at for at, line in enumerate(lines, 1) if not line.strip()), 0)) and len(lines) > 1:
        raise broken("BAD_ROWS", path.name, "a line of a list names a gene or cell", f"line {blank} is blank", "fill it, or remove it")
    rows = list(csv.reader(lines, delimiter="\t" if all("\t" in line for line in lines if line) else ","))
    width = min((len(row) for row in rows), default=0)
    return [[row[at].strip() for row in rows] for at in range(width)]
