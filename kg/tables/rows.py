"""Rows of a table, each proved to have as many cells as the layout says, while they are read."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUOTED, ESCAPED, LITERAL = "quoted", "escaped", "literal"  # "a ""b""", "a \"b\"", and quotes that mean nothing
_LINE, _QUOTE = 10, 34
_WHOLE = 1 << 22  # bytes that are proved at once
_LONGEST = 1 << 26  # of one row: longer means an unclosed quote
_END_OF_GEO = re.compile(rb"!\w*table_end\s*", re.IGNORECASE)
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Form:
    """How lines become cells. ``skip``: lines before the first row; ``width``: cells of a row, of which the last
    ``empty`` have nothing in them; ``quotes``: quoted, escaped or literal."""

    sep: str
    skip: int
    width: int
    empty: int = 0
    quotes: str = QUOTED


class RowError(Exception):
    """A row that the form does not hold of. ``line``: from 1; ``found``: in words."""

    def __init__(self, line: int, found: str):
        super().__init__(f"line {line}: {found}")
        self.line, self.found = line, found


class QuoteRowError(RowError):
    """A quote that opens or closes in the midst of a cell, or is never closed."""


class Rows:
    """A pass over the rows of a file."""

    def __init__(self, blocks: Iterable[bytes], form: Form):
        self._blocks, self._form = blocks, form
        self._line, self._ended = form.skip + 1, False

    def __iter__(self) -> Iterator[bytes]:
        """Whole rows. Raises RowError.

        Left out are lines without any cell, lines that begin with # and are no rows by their length, and the line by
        which GEO ends a table.
        """
        waiting, size = [], 0
        for block in _skipped(self._blocks, self._form.skip):
            waiting.append(block)
            size += len(block)
            if size >= _WHOLE:
                made, rest = self._split(b"".join(waiting))
                yield made
                waiting, size = [rest], 0
        last = b"".join(waiting)
        if last.strip(b"\n"):
            made, rest = self._split(last + b"\n")
            yield made
            if rest.strip():
                raise QuoteRowError(self._line, "an unclosed quote")

    def _split(self, data: bytes) -> tuple[bytes, bytes]:
        """Rows that are whole, and what is left."""
        data = data.replace(b'\\"', b'""') if self._form.quotes == ESCAPED else data
        codes = np.frombuffer(data, np.uint8)
        outside = None if self._form.quotes == LITERAL or b'"' not in data else _outside(codes, ord(self._form.sep))
        line = codes == _LINE
        ends = np.flatnonzero(line if outside is None else line & outside[0])
        if not len(ends):
            if len(data) > _LONGEST:
                raise QuoteRowError(self._line, "an unclosed quote")
            return b"", data
        whole = int(ends[-1]) + 1
        if outside is not None and len(odd := outside[1][outside[1] < whole]):
            raise QuoteRowError(self._line + int(line[: odd[0]].sum()), "a quote inside a cell")
        separates = codes[:whole] == ord(self._form.sep)
        separates = separates if outside is None else separates & outside[0][:whole]
        starts = np.concatenate([[0], ends[:-1] + 1])
        cells = np.add.reduceat(separates, starts, dtype=np.int64) + 1
        wrong = cells != self._form.width
        for back in range(1, self._form.empty + 1):
            wrong |= codes[np.maximum(ends - back, 0)] != ord(self._form.sep)
        rows = data[:whole]
        if wrong.any() or self._ended:
            bad = np.flatnonzero(wrong | self._ended)
            rows = self._without(rows, bad, starts, ends, cells)
        self._line += int(line[:whole].sum())
        return rows, data[whole:]

    def _without(self, data: bytes, bad: Places, starts: Places, ends: Places, cells: Places) -> bytes:
        """Without those of the lines ``bad`` that are no rows; raises for the first that is one."""
        kept, at = [], 0
        for row in bad:
            ended, text = self._ended, data[starts[row] : ends[row]]
            if not self._is_no_row(text):
                line, what = self._line + data[: starts[row]].count(b"\n"), f"{cells[row]} cells"
                beyond = ", the last of them beyond the header" if cells[row] == self._form.width else ""
                raise RowError(line, "a line below the end of the table" if ended else what + beyond)
            kept.append(data[at : starts[row]])
            at = ends[row] + 1
            if self._ended and not ended:
                self._without(data, np.arange(row + 1, len(ends)), starts, ends, cells)
                return b"".join(kept)
        return b"".join([*kept, data[at:]])

    def _is_no_row(self, text: bytes) -> bool:
        if not self._ended and _END_OF_GEO.fullmatch(text):
            self._ended = True
            return True
        return not text.strip(self._form.sep.encode() + b' \t"\f\x1a') or (text.startswith(b"#") and not self._ended)


def stream(rows: Iterable[bytes]) -> io.TextIOWrapper:
    """Rows as a file of text."""
    return io.TextIOWrapper(io.BufferedReader(_Raw(iter(rows)), 1 << 18), encoding="utf-8", newline="\n")


class _Raw(io.RawIOBase):
    def __init__(self, rows: Iterator[bytes]):
        self._rows, self._left = rows, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        while not len(self._left):
            made = next(self._rows, None)
            if made is None:
                return 0
            self._left = memoryview(made)
        size = min(len(into), len(self._left))
        into[:size], self._left = self._left[:size], self._left[size:]
        return size


def _skipped(blocks: Iterable[bytes], lines: int) -> Iterator[bytes]:
    for block in blocks:
        left = block
        while lines and left:
            _, end, left = left.partition(b"\n")
            lines -= bool(end)
        if left:
            yield left


def _outside(codes: Bytes, sep: int) -> tuple[NDArray[np.bool_], Places]:
    """Mask of what is in no quotes, and the places of quotes that stand in the midst of a cell."""
    quote = codes == _QUOTE
    outside = ~np.bitwise_xor.accumulate(quote)
    at = np.flatnonzero(quote)
    opens = ~outside[at]
    borders = np.concatenate([[_LINE], codes, [_LINE]])
    beside = np.where(opens, borders[at], borders[at + 2])
    return outside, at[(beside != _QUOTE) & (beside != sep) & (beside != _LINE)]
