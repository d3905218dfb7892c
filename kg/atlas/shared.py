"""Detects cells that are already in an atlas: a study that adds them again counts its donors twice, whatever its name.

Barcodes of twelve nucleotides or more are compared without prefixes and suffixes; with a whitelist of some hundred
thousand barcodes, two studies share a few per cent by chance. Other names are not informative: for these, and for
renamed cells, two cells are the same if they have the same coordinates in the embedding.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from kg.errors import ContractError, Issue

Floats = NDArray[np.floating[Any]]

_BARCODE = re.compile(r"[ACGTN]{12,}")
LEAST, TOLERANCE, SHOWN = 20, 1e-3, 5


@dataclass(frozen=True)
class Shared:
    """``study``: of the atlas; ``cells``: number of cells that the submission has too; ``share``: of the smaller of the
    two, 0 to 1; ``some``: a few of their names."""

    study: str
    cells: int
    share: float
    some: tuple[str, ...]


def barcode(name: str) -> str:
    """The barcode in a cell's name (its longest run of nucleotides), "" if there is none."""
    return max(_BARCODE.findall(name), key=len, default="")


def by_barcode(own: Sequence[str], known: Mapping[str, Sequence[str]], share: float) -> list[Shared]:
    """Studies that share more than ``share`` (0 to 1) of their barcodes with ``own``, the names of the new cells.
    ``known``: study of the atlas -> names of its cells."""
    mine, made = {barcode(each): each for each in own}, []
    mine.pop("", None)
    for study, names in known.items():
        theirs = {barcode(each) for each in names} - {""}
        both = sorted(mine.keys() & theirs)
        part = len(both) / max(min(len(mine), len(theirs)), 1)
        if len(both) >= LEAST and part > share:
            made.append(Shared(study, len(both), part, tuple(mine[each] for each in both[:SHOWN])))
    return made


def by_place(own: Floats, names: Sequence[str], known: Floats, study: str, share: float) -> list[Shared]:
    """Cells with the same coordinates. ``own`` (n, a): coordinates of the new cells on the first axes, before any
    correction; ``known`` (m, a): those of ``study``; ``share``: 0 to 1, as in :func:`by_barcode`."""
    if not len(own) or not len(known):
        return []
    far, _ = KDTree(known).query(own, distance_upper_bound=TOLERANCE)
    cells = np.flatnonzero(np.isfinite(far))
    part = len(cells) / min(len(own), len(known))
    if len(cells) < LEAST or part <= share:
        return []
    return [Shared(study, len(cells), part, tuple(names[int(c)] for c in cells[:SHOWN]))]


def refuse(study: str, found: Sequence[Shared]) -> None:
    """Raises ContractError SHARED_CELLS if any were found; it names the studies and some of the cells."""
    if found:
        raise ContractError(
            [
                Issue(
                    study,
                    "SHARED_CELLS: each cell may be in an atlas only once",
                    f"{each.cells:,} cells ({each.share:.0%}) that are already in {each.study}: {', '.join(each.some)}",
                    "remove them, or the study if it has no others: the same donors under two names would count twice",
                )
                for each in found
            ],
            code="SHARED_CELLS",
        )
