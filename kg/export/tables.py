"""Text tables with one form of every value, so that the same graph gives the same bytes, and no cell that a spreadsheet
would take for a formula (``kg.tables.spreadsheet``)."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from kg.tables.spreadsheet import quoted

_SPACES = str.maketrans("\t\r\n", "   ")
_AS_IT_IS = re.compile(r"\w[^\t\r\n]*")
"""Text that needs neither a space for a line end nor a quote: nearly all, so it is looked for first."""


def cell(value: Any, joiner: str = "|") -> str:
    """Text of one cell of a TSV: nothing for null, true and false, floats in full, lists joined."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return joiner.join(cell(each).replace(joiner, " ") for each in value)
    return (repr(value) if isinstance(value, float) else str(value)).translate(_SPACES)


class Tsv:
    """A TSV with these columns; a row is a dict, and what it lacks is empty."""

    def __init__(self, path: Path, columns: Iterable[str], head: str = ""):
        self.columns = list(columns)
        self._at = {name: at for at, name in enumerate(self.columns)}  # most columns are empty in most rows
        self._out = path.open("w", encoding="utf-8", newline="")
        self._out.write(head + "\t".join(self.columns) + "\n")

    def write(self, row: dict[str, Any]) -> None:
        cells = [""] * len(self.columns)
        for name, value in row.items():
            if value is not None and (at := self._at.get(name)) is not None:
                as_it_is = isinstance(value, str) and _AS_IT_IS.fullmatch(value)
                cells[at] = value if as_it_is else quoted(cell(value))
        self._out.write("\t".join(cells) + "\n")

    def __enter__(self) -> "Tsv":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
