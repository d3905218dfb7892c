"""Cells that already lie in an atlas: a study that brings them again counts its donors twice, whatever it is called.

A barcode of twelve nucleotides or more is told by itself, prefixes and suffixes aside; of a whitelist of some hundred
thousand, two studies share a few in a hundred by chance. Names of other kinds tell nothing: there, and where cells were
given new names, a cell is the same if it lies at the same place in the space.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from ingest.method.mapping.geometry import Floats, Ints
from kg.errors import ContractError, Issue

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


def by_place(
    own: Floats, names: Sequence[str], known: Floats, studies: Sequence[str], study: Ints, share: float
) -> list[Shared]:
    """``own`` (n, a), ``known`` (m, a): places on the first axes, before any correction; ``study`` (m,): of the atlas,
    its place in ``studies``, -1 = not known."""
    if not len(own) or not len(known):
        return []
    far, nearest = KDTree(known).query(own, distance_upper_bound=TOLERANCE)
    same = np.isfinite(far)
    of = np.full(len(own), -1)
    of[same] = study[nearest[same]]
    made = []
    for at in np.unique(of[of >= 0]):
        cells = np.flatnonzero(of == at)
        part = len(cells) / min(len(own), int((study == at).sum()))
        if len(cells) >= LEAST and part > share:
            made.append(Shared(studies[int(at)], len(cells), part, tuple(names[int(c)] for c in cells[:SHOWN])))
    return made


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
