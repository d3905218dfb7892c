"""Names of cells that are the same but for what a program put before or behind them: which change makes them meet."""

import re
from collections.abc import Callable

import pandas as pd

_CORE = re.compile(r"[ACGTN]{8,}", re.IGNORECASE)
CHANGES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "the suffix behind the last hyphen (-1)": lambda name: re.sub(r"[-.]\d+$", "", name),
    "what stands behind the last _": lambda name: name.rpartition("_")[0] or name,
    "what stands before the first _": lambda name: name.partition("_")[2] or name,
    "what stands before the last _": lambda name: name.rpartition("_")[2],
    "what stands before the last :": lambda name: name.rpartition(":")[2],
    "what stands before the last #": lambda name: name.rpartition("#")[2],
    "dots in place of hyphens": lambda name: name.replace(".", "-"),
    "all but the bases of the barcode": lambda name: hit[0] if (hit := _CORE.search(name)) else name,
}


def alike(matrix: pd.Index, sheet: pd.Index, some: bool) -> str:
    """What to do about names of cells that do not meet, each change tried on both; ``some``: a few of them meet."""
    best, told, several = 0, "", False
    for what, change in CHANGES.items():
        one, two = matrix.map(change), sheet.map(change)
        n = int(one.isin(two).sum())
        if 2 * n > len(matrix) and n > best:
            best, told, several = n, what, bool(one.has_duplicates or two.has_duplicates)
    if told:
        made = f"without {told} {best:,} of {len(matrix):,} cells have a row"
        if several:
            return f"{made}, but not one each: write the names of both alike, with what tells the libraries apart"
        return f"{made}: write the names of both alike, and leave it out of both"
    other = "name the column of cells in cells.cell_column"
    if some:
        other = (
            "give the table of all cells, or declare `partial: true` if the matrix holds droplets that were"
            " filtered out"
        )
    return f"{other}; suffixes such as -1 must be the same in both"
