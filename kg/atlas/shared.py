"""Cells that already lie in an atlas: a study that brings them again counts its donors twice, whatever it is called.

A barcode of twelve nucleotides or more is told by itself, prefixes and suffixes aside; of a whitelist of some hundred
thousand, two studies share a few in a hundred by chance. Names of other kinds tell nothing: there, and where cells were
given new names, a cell is the same if it lies at the same place in the space.
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
    """``study``: of the atlas; ``cells``: that the submission has too; ``share``: of the smaller of both; ``some``: of
    their names."""

    study: str
    cells: int
    share: float
    some: tuple[str, ...]


def barcode(name: str) -> str:
    """The nucleotides of a cell's name, "" where there are none."""
    return max(_BARCODE.findall(name), key=len, default="")


def by_barcode(own: Sequence[str], known: Mapping[str, Sequence[str]], share: float) -> list[Shared]:
    """``known``: study of the atlas -> names of its cells; those of whose barcodes more than ``share`` are shared."""
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
    """``own`` (n, a), ``known`` (m, a): places on the first axes, before any correction, the latter of a study."""
    if not len(own) or not len(known):
        return []
    far, _ = KDTree(known).query(own, distance_upper_bound=TOLERANCE)
    cells = np.flatnonzero(np.isfinite(far))
    part = len(cells) / min(len(own), len(known))
    if len(cells) < LEAST or part <= share:
        return []
    return [Shared(study, len(cells), part, tuple(names[int(c)] for c in cells[:SHOWN]))]


def refuse(study: str, found: Sequence[Shared]) -> None:
    """Raises ContractError SHARED_CELLS, which names the studies and some of the cells."""
    if found:
        raise ContractError(
            [
                Issue(
                    study,
                    "SHARED_CELLS: a cell stands in an atlas once",
                    f"{each.cells:,} cells ({each.share:.0%}) that {each.study} has: {', '.join(each.some)}",
                    "leave them out, or the study where all are: the same donors under two names count twice",
                )
                for each in found
            ],
            code="SHARED_CELLS",
        )
