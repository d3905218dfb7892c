"""Finds names of cells that differ only in a prefix or suffix added by a program, and the change that makes them
match."""

import re
from collections.abc import Callable

import pandas as pd

_CORE = re.compile(r"[ACGTN]{8,}", re.IGNORECASE)
CHANGES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "the suffix after the last hyphen (-1)": lambda name: re.sub(r"[-.]\d+$", "", name),
    "what follows the last _": lambda name: name.rpartition("_")[0] or name,
    "what precedes the first _": lambda name: name.partition("_")[2] or name,
    "what precedes the last _": lambda name: name.rpartition("_")[2],
    "what precedes the last :": lambda name: name.rpartition(":")[2],
    "what precedes the last #": lambda name: name.rpartition("#")[2],
    "dots instead of hyphens": lambda name: name.replace(".", "-"),
    "everything except the bases of the barcode": lambda name: hit[0] if (hit := _CORE.search(name)) else name,
}


def alike(matrix: pd.Index, sheet: pd.Index, some: bool) -> str:
    """The remedy for names of cells that do not match, with each change tried on both sides; ``some``: whether a few
    match."""
    best, told, several = 0, "", False
    for what, change in CHANGES.items():
        one, two = matrix.map(change), sheet.map(change)
        n = int(one.isin(two).sum())
        if 2 * n > len(matrix) and n > best:
            best, told, several = n, what, bool(one.has_duplicates or two.has_duplicates)
    if told:
        made = f"without {told}, {best:,} of {len(matrix):,} cells have a row"
        if several:
            return f"{made}, but not uniquely: use the same names in both, including a prefix per library"
        return f"{made}: use the same names in both, without it"
    other = "name the column of cells in cells.cell_column"
    if some:
        other = (
            "give the table of all cells, or declare `partial: true` if the matrix holds droplets that were"
            " filtered out"
        )
    return f"{other}; suffixes such as -1 must be the same in both"
