"""A table of text -> a frame of text, or one error that says what of the file is not certain."""

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from kg.errors import ContractError, broken
from kg.tables.content import whole
from kg.tables.layout import NAMES, SEPARATORS, Layout, NoLayoutError, beginning, layouts
from kg.tables.rows import ESCAPED, LITERAL, QUOTED, Form, QuoteRowError, RowError, Rows, stream
from kg.tables.spreadsheet import MARKS, plain

T = TypeVar("T")
_WIDE = " (column {})"
MOST_COLUMNS = 50_000
"""Of a table that is read whole: each column costs far more than its cells."""
_FORMULA = r'^="([^"]*)"$'  # how spreadsheets are kept from reading a text as a number or a date


def read_frame(path: Path, sep: str | None = None, encoding: str = "utf-8") -> pd.DataFrame:
    """All cells as text, rows x columns. ``sep``: as it is declared; None: told by the header.

    A first column that the header leaves without a name is called "" (R's row names); other columns without name and
    cells are left out, and so are rows without any cell. A name that several columns bear is made their own by the
    column's number: ``logFC (column 3)``.

    Raises:
        ContractError: EMPTY_TABLE, BAD_ROWS, WRONG_SEPARATOR, TOO_LARGE, or what the text itself breaks
            (:func:`content.blocks`).
    """
    return frame_of(path, whole(path, encoding), sep)


def read_told(path: Path, encoding: str = "utf-8") -> tuple[pd.DataFrame, str]:
    """:func:`read_frame`, with the separator that the header told."""
    data = whole(path, encoding)
    return fitted(path, data, None, lambda layout: (_frame(path, data, layout), layout.form.sep))


def frame_of(path: Path, data: list[bytes], sep: str | None = None) -> pd.DataFrame:
    """:func:`read_frame` of text that is already read; ``path`` names it in errors."""
    return fitted(path, data, sep, lambda layout: _frame(path, data, layout))


def fitted(
    path: Path, data: Iterable[bytes], sep: str | None, read: Callable[[Layout], T], *, prove: bool = False
) -> T:
    """The first layout that holds of every row, read. ``data``: can be gone through several times; ``prove``: ``read``
    does not go through the rows, so that one of several layouts must be proved before. Raises as :func:`read_frame`."""
    try:
        first = beginning(data)
        tried, none = [], None
        for quotes in _quotes(data, first.header):
            try:
                tried += layouts(first, sep, quotes)
            except NoLayoutError as error:
                none = none or error
        if none and not tried:
            raise none
    except NoLayoutError as error:
        if error.code == "BAD_ROWS" and (other := _other_separator(data, sep)):
            raise other(path) from None
        rule = (
            "a table has rows" if error.code == "EMPTY_TABLE" else "rows are as long as the header, or all one longer"
        )
        fix = error.fix or ("export it again" if error.code == "EMPTY_TABLE" else _FIX)
        raise broken(error.code, path.name, rule, error.found, fix) from None
    if sep and max(layout.form.width for layout in tried) == 1:
        if other := _other_separator(data, sep):
            raise other(path)
        if any(each in first.header for each in SEPARATORS[:3]):
            raise broken(
                "WRONG_SEPARATOR", path.name, f"columns are separated by {sep!r}", first.header[:80], "declare `sep`"
            )
    failed: list[RowError] = []
    for layout in tried:
        try:
            if prove and len({*tried}) > 1:
                deque(Rows(data, layout.form), maxlen=0)
            return read(layout)
        except RowError as error:
            failed.append(error)
    if sep and (other := _other_separator(data, sep)):
        raise other(path)
    raise ragged(path, tried[0].form, failed[0])


_FIX = "every line needs as many cells as the header; check the separator, quotes, and lines that are not rows"


def ragged(path: Path, form: Form, error: RowError) -> ContractError:
    if isinstance(error, QuoteRowError):
        fix = "write a quote within a cell twice, or write the table without quotes"
        return broken("BAD_ROWS", f"{path.name}: line {error.line}", "quotes enclose a cell", error.found, fix)
    by = NAMES.get(form.sep, form.sep)
    found = f"{error.found} in line {error.line}"
    return broken("BAD_ROWS", path.name, f"each row has {form.width} cells, separated by {by}", found, _FIX)


def _quotes(data: Iterable[bytes], header: str) -> Iterator[str]:
    """What quotes can mean, likeliest first: enclose cells, so with backslashes before those inside, or nothing."""
    yield QUOTED
    marks = {mark for block in data for mark in (b'"', b'\\"') if mark in block}
    if b'\\"' in marks:
        yield ESCAPED
    if marks and '"' not in header:
        yield LITERAL


def _other_separator(data: Iterable[bytes], sep: str | None) -> Callable[[Path], ContractError] | None:
    """What to say where another separator than the declared one holds of every row."""
    for other in SEPARATORS[:3] if sep else ():
        if other == sep:
            continue
        try:
            layout = next(each for each in layouts(beginning(data), other) if each.form.width > 1)
            deque(Rows(data, layout.form), maxlen=0)
        except (NoLayoutError, RowError, StopIteration):
            continue
        found = f"{len(layout.names)} columns by {NAMES[other]}: {', '.join(map(repr, layout.names[:6]))}"
        fix = f"declare `sep` as {NAMES[other]}, or leave it out: the header tells it"
        return lambda path: broken("WRONG_SEPARATOR", path.name, f"columns are separated by {sep!r}", found, fix)
    return None


@contextmanager
def parsed(path: Path, form: Form) -> Iterator[None]:
    """Turns what is said of single rows while they stream into ContractError BAD_ROWS."""
    try:
        yield
    except RowError as error:
        raise ragged(path, form, error) from None
    except pd.errors.ParserError as error:
        raise broken("BAD_ROWS", path.name, "rows are as long as the header", str(error).strip(), _FIX) from None


def options(form: Form) -> dict[str, Any]:
    """How pandas reads rows of this form."""
    how = csv.QUOTE_NONE if form.quotes == LITERAL else csv.QUOTE_MINIMAL
    return {"sep": form.sep, "header": None, "index_col": False, "quoting": how, "lineterminator": "\n"}


def _frame(path: Path, data: Iterable[bytes], layout: Layout) -> pd.DataFrame:
    form = layout.form
    if form.width > MOST_COLUMNS:
        rule, found = f"a table read whole has at most {MOST_COLUMNS:,} columns", f"{form.width:,}"
        fix = "of single cells declare `cells:`, which are read by blocks; else transpose it, or keep what is used"
        raise broken("TOO_LARGE", path.name, rule, found, fix)
    try:
        frame = pd.read_csv(
            stream(Rows(data, form)),
            names=range(form.width),
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            **options(form),
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise RowError(form.skip + 1, str(error).strip()) from None
    blank = np.flatnonzero(frame[0].str.strip() == "")
    blank = blank[[not any(cell.strip() for cell in frame.iloc[at]) for at in blank]]
    frame = frame.drop(index=frame.index[blank]).reset_index(drop=True) if len(blank) else frame
    kept = [at for at, name in enumerate(layout.names) if name or (frame[at].str.strip() != "").any()]
    if frame.empty or not kept:
        raise RowError(form.skip + 1, "no cell that holds anything")
    if any(b'="' in block or b'=""' in block for block in data):
        frame = frame.replace(_FORMULA, r"\1", regex=True)
    names = own_names(tuple(re.sub(_FORMULA, r"\1", name) for name in layout.names))
    return _plain(frame[kept].set_axis([names[at] for at in kept], axis=1), data)


def _plain(frame: pd.DataFrame, data: Iterable[bytes]) -> pd.DataFrame:
    """Without the apostrophes that keep a spreadsheet from reading texts as formulas."""
    if not any(mark.encode() in block for block in data for mark in MARKS):
        return frame
    return frame.map(plain).rename(columns=plain)


def own_names(names: tuple[str, ...]) -> list[str]:
    """Names of columns, each its own: one without a name is called by its place, unless it is the first."""
    count = Counter(names)
    return [
        name if (name and count[name] == 1) or (not name and at == 0) else f"{name}{_WIDE.format(at + 1)}".strip()
        for at, name in enumerate(names)
    ]


def several(names: list[str], name: str) -> list[str]:
    """The columns that bear a name between them."""
    return [
        each
        for each in names
        if each.startswith(f"{name} (column ") and each.removeprefix(f"{name} (column ")[:-1].isdigit()
    ]
