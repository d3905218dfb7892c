"""Numbers as text -> numbers. Which mark is the decimal one is told by whole columns, then by the whole file, never by
its beginning; where both marks fit, that is one error of the file, and the manifest says which it is.

A cell proves its mark where only one reading fits: 0.5, 12.34, 1.5e-3 and 1,234.5 have a decimal point, 0,5 and 1.234,5
a decimal comma, 1,234,567 has commas between thousands. 1,234 alone proves nothing. Spaces and apostrophes between
thousands are what they seem.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kg.errors import ContractError, Issue

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Texts = NDArray[Any] | Sequence[str]
EMPTY = ("", "NA", "nan", "NaN", "NULL", "None", "-", "N/A", "n/a", "#N/A", "<NA>", "na", "null")
STRAY = 0.1  # of a column's numbers may be written otherwise before it is the column that is wrong
DECLARE = 'declare `decimal: ","` or `decimal: "."`'
_FREE = " '"
_ALIKE = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2019": "'"})
_PLAIN = re.compile(r"[+-]?(\d+([eE][+-]?\d+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII)
_GROUPED = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+", re.ASCII) for mark in ",. '"}
_WHOLE, _TAIL = re.compile(r"[+-]?\d*", re.ASCII), re.compile(r"(\d*)([eE][+-]?\d+)?", re.ASCII)
_POINT = re.compile(  # in lines of numbers: one whose point is no mark of thousands
    r"^[+-]?(0\d*|\d{4,}|)\.\d*([eE][+-]?\d+)?$|^[+-]?\d+\.(\d{0,2}|\d{4,}|\d*[eE][+-]?\d+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Marks:
    """``thousands``: marks that may stand between thousands."""

    decimal: str = "."
    thousands: str = _FREE


@dataclass(frozen=True)
class Declared:
    """What is said of the numbers of a file; None where they tell it themselves. ``how``: it can be said."""

    decimal: str | None = None
    thousands: str | None = None
    how: str = DECLARE

    def marks(self) -> Marks | None:
        if self.decimal is None and self.thousands in (None, *_FREE):
            return None
        decimal = self.decimal or {".": ","}.get(str(self.thousands), ".")
        return Marks(decimal, self.thousands or {".": ",", ",": "."}[decimal] + _FREE)


def read_numbers(columns: Mapping[str, Texts], file: str, declared: Declared | None = None) -> dict[str, Floats]:
    """Numbers of the columns of one file (name -> cells as text), nan where a cell is empty or a word.

    Raises:
        ContractError: DECIMAL_MARK, where decimal marks are mixed or cannot be told.
    """
    said = declared or Declared()
    made: dict[str, Floats] = {}
    proved: dict[str, str] = {}
    left: dict[str, _Column] = {}
    for name, texts in columns.items():
        values = np.asarray(texts, dtype=object)
        if (simple := _simple(values, said.marks())) is not None:
            made[name], proved[name] = simple
        else:
            left[name] = _Column(name, values)
    marks = (
        dict.fromkeys(left, known) if (known := said.marks()) else _told(left, set(proved.values()) - {""}, file, said)
    )
    return {name: made[name] if name in made else left[name].read(marks[name]) for name in columns}


def decimal_of(columns: Mapping[str, Texts], file: str) -> str:
    """The decimal mark of a file, "" where it has none. Raises as :func:`read_numbers`."""
    proved, left = set(), {}
    for name, texts in columns.items():
        values = np.asarray(texts, dtype=object)
        simple = _simple(values, None)
        proved |= {simple[1]} if simple else set()
        left |= {} if simple else {name: _Column(name, values)}
    proved -= {""}
    proved |= {marks.decimal for marks in _told(left, proved, file, Declared()).values()}
    return min(proved, default="")


def no_numbers(texts: Texts, values: Floats) -> NDArray[np.bool_]:
    """Mask of cells that hold something which is not a number."""
    return np.isnan(values) & ~np.isin(np.char.strip(np.asarray(texts, dtype=str)), EMPTY)


def _simple(values: Objects, marks: Marks | None) -> tuple[Floats, str] | None:
    """Numbers whose only mark is a decimal point, or a decimal comma, and which of them they prove ("": none)."""
    joined = "\n".join(values)
    for mark, other in ((".", ","), (",", ".")):
        if other in joined or (marks and marks.decimal != mark and mark in joined):
            continue
        texts = values if mark == "." else np.array(joined.replace(",", ".").split("\n"), dtype=object)
        if len(texts) != len(values):
            continue
        read = np.asarray(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), dtype=float)
        blank = pd.Series(values[np.isnan(read)], dtype=object).str.strip().isin(EMPTY)
        if not blank.all():
            continue
        if mark not in joined:
            return read, ""
        if marks or _POINT.search(joined if mark == "." else joined.replace(",", ".")):
            return read, mark
    return None


class _Column:
    """Cells of a column by what they prove. ``seen``: kind of cell -> number; ``whole``: numbers of digits alone, and
    those from 1,000 on (``large``)."""

    def __init__(self, name: str, values: Objects):
        self.name = name
        self._of, texts = pd.factorize(pd.Series(values, dtype=object))
        self._texts = [str(text).translate(_ALIKE).strip() for text in texts]
        self._kinds = [_kind(text) for text in self._texts]
        count = np.bincount(self._of, minlength=len(self._texts)) if len(self._texts) else []
        self.seen: dict[str, int] = {}
        self.whole = self.large = 0
        for text, kind, n in zip(self._texts, self._kinds, count, strict=True):
            self.seen[kind] = self.seen.get(kind, 0) + int(n)
            if kind == "plain" and (digits := text.lstrip("+-")).isdigit():
                self.whole, self.large = self.whole + 1, self.large + (len(digits) > 3)

    def n(self, *kinds: str) -> int:
        return sum(self.seen.get(kind, 0) for kind in kinds)

    def example(self, *kinds: str) -> tuple[int, str]:
        """Row, from 1, and text of the first cell of a kind."""
        at = next(at for at, kind in enumerate(self._kinds) if kind in kinds)
        return int(np.flatnonzero(self._of == at)[0]) + 1, self._texts[at][:40]

    def read(self, marks: Marks) -> Floats:
        values = np.array([*(_number(text, marks) for text in self._texts), np.nan])
        return values[self._of]


def _kind(text: str) -> str:
    """plain, empty or word; a mark of decimals that is proved (``.``, ``,``), with proved thousands (``g.``, ``g,``);
    thousands alone, proved (``t,``, ``t.``); ``?,`` or ``?.``: of decimals or of thousands."""
    if text in EMPTY:
        return "empty"
    if _PLAIN.fullmatch(text):
        return "plain"
    free = next((mark for mark in _FREE if mark in text), "")
    decimal = max(",.", key=text.rfind) if "," in text or "." in text else ""
    whole, _, tail = text.rpartition(decimal) if decimal else (text, "", "")
    if free:
        return (decimal or "plain") if _GROUPED[free].fullmatch(whole) and _TAIL.fullmatch(tail) else "word"
    if not decimal:
        return "word"
    if text.count(decimal) > 1:
        return f"t{decimal}" if _GROUPED[decimal].fullmatch(text) else "word"
    if "," in text and "." in text:
        return (
            f"g{decimal}"
            if _GROUPED[{".": ",", ",": "."}[decimal]].fullmatch(whole) and _TAIL.fullmatch(tail)
            else "word"
        )
    if not _WHOLE.fullmatch(whole) or not _TAIL.fullmatch(tail) or not (whole.lstrip("+-") or tail[:1].isdigit()):
        return "word"
    return f"?{decimal}" if _GROUPED[decimal].fullmatch(text) else decimal


def _number(text: str, marks: Marks) -> float:
    if text in EMPTY:
        return np.nan
    if _PLAIN.fullmatch(text):
        return float(text)
    whole, _, tail = text.partition(marks.decimal)
    if mark := next((mark for mark in marks.thousands if mark in whole), ""):
        if not _GROUPED[mark].fullmatch(whole):
            return np.nan
        whole = whole.replace(mark, "")
    if not _WHOLE.fullmatch(whole) or not _TAIL.fullmatch(tail) or not (whole.lstrip("+-") or tail[:1].isdigit()):
        return np.nan
    return float(f"{whole}.{tail}" if tail or whole else text)


class _MixedError(Exception):
    """Two ways of writing numbers in one column."""


def _told(seen: Mapping[str, _Column], proved: set[str], file: str, said: Declared) -> dict[str, Marks]:
    """Of each column: by itself, then by the others of the file; ``proved``: decimal marks of those others."""
    issues: list[Issue] = []
    made: dict[str, Marks | None] = {}
    for name, column in seen.items():
        try:
            made[name] = _by_itself(column)
        except _MixedError as error:
            rule = "DECIMAL_MARK: the numbers of a column are written in one way"
            issues.append(Issue(file, rule, str(error), f"write them in one form, or {said.how}"))
    decimals = proved | {m.decimal for name, m in made.items() if m and seen[name].n(".", ",", "g.", "g,", "t.", "t,")}
    for name, column in ((name, seen[name]) for name, marks in made.items() if marks is None):
        mark = "," if column.n("?,") else "."
        if decimals == {mark}:
            made[name] = Marks(mark)
        elif len(decimals) == 1 and not column.large:
            made[name] = Marks(next(iter(decimals)), mark + _FREE)
        elif mark == "." and not decimals and (column.large or not column.whole):
            # Three decimals in every cell, as a fixed format writes them, are none of thousands: some would be below
            # 1,000. Nor are they beside a whole number from 1,000 on that has no mark.
            made[name] = Marks()
        else:
            row, text = column.example(f"?{mark}")
            found = f"{text!r} in row {row} of {name!r}, which is {text.replace(mark, '.')} or {text.replace(mark, '')}"
            rule = "DECIMAL_MARK: numbers tell whether a mark is one of decimals or of thousands"
            issues.append(Issue(file, rule, found, f'{said.how}; where it is of thousands, `thousands: "{mark}"`'))
    if issues:
        more = f"; {len(issues) - 1} other columns likewise" if len(issues) > 1 else ""
        raise ContractError([replace(issues[0], found=issues[0].found + more)], code="DECIMAL_MARK")
    return {name: marks or Marks() for name, marks in made.items()}


def _by_itself(column: _Column) -> Marks | None:
    """Marks of a column, None where it cannot tell by itself. Raises _MixedError."""
    n = {mark: column.n(mark, f"g{mark}", f"t{other}") for mark, other in ((".", ","), (",", "."))}
    decimal, other = (".", ",") if n["."] >= n[","] else (",", ".")
    if n[decimal]:
        grouped = bool(column.n(f"g{decimal}", f"t{other}")) and not column.large
        strange = n[other] + (0 if grouped else column.n(f"?{other}"))
        if strange > STRAY * sum(n.values()):
            few, many = (
                column.example(other, f"g{other}", f"t{decimal}", f"?{other}"),
                column.example(decimal, f"g{decimal}", f"t{other}"),
            )
            raise _MixedError(f"{few[1]!r} in row {few[0]} and {many[1]!r} in row {many[0]} of {column.name!r}")
        return Marks(decimal, other + _FREE if grouped else _FREE)
    if column.n("?,") and column.n("?."):
        few, many = column.example("?,"), column.example("?.")
        raise _MixedError(f"{few[1]!r} in row {few[0]} and {many[1]!r} in row {many[0]} of {column.name!r}")
    return None if column.n("?,", "?.") else Marks()
