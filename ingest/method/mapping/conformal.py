"""Sets of types that hold the true one in 1 - alpha of the cells of a donor who was never seen.

Donors are exchangeable, cells are not: the score of a cell is minus its log P of the true type, when its whole donor is
mapped to the others. The level is tuned over donors (as in CV+: Barber 2021, doi 10.1214/20-AOS1965; with groups: Dunn
2023, doi 10.1080/01621459.2022.2060112) and by type (Vovk 2013, doi 10.1007/s10994-013-5355-6).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.method.mapping.geometry import Floats, Ints
from kg.match.card import Card

CARD = Card(
    "conformal-sets",
    "1",
    "thresholds by type, tuned so that a donor judged by the others is covered at 1 - alpha in the mean",
    (
        "coverage holds for the mean over donors; a single donor, or a single type of an atlas, may lie below",
        "a type with five cells in fewer than five donors has the threshold of all types",
        "fewer than five donors: nothing is promised",
        "a donor of another platform or state is not exchangeable with those of the reference",
        "a set may be empty: that is alpha, not a new type",
    ),
    "10.1080/01621459.2022.2060112",
)
LEAST_DONORS, LEAST_CELLS = 5, 5
_LEVELS = 200


@dataclass(frozen=True)
class Thresholds:
    """``of``: (t,) a type is in a cell's set if its score (-log P) is at most this; ``own``: (t,) by the type's own
    cells, not pooled; ``promised``: five donors or more were held out."""

    of: Floats
    own: NDArray[np.bool_]
    promised: bool
    alpha: float


def tuned(score: Floats, donor: Ints, alpha: float) -> float:
    """One threshold. Donors have equal weight; of the levels at which the others' quantile covers a donor, the lowest
    that covers 1 - alpha in the mean over donors is applied to the quantile of all. inf if no level does."""
    who, code = np.unique(donor, return_inverse=True)
    order = np.argsort(score, kind="stable")
    ranked, code = score[order], code[order]
    share = np.zeros((len(who), len(score)))
    share[code, np.arange(len(score))] = 1 / np.bincount(code)[code]
    share = share.cumsum(axis=1)  # each donor's distribution function at every score
    whole = share.sum(axis=0)
    last = np.searchsorted(ranked, ranked, side="right") - 1  # ties are passed together
    others = (whole - share) / max(len(who) - 1, 1)
    for level in np.linspace(1 - alpha - min(0.05, (1 - alpha) / 2), 1.0, _LEVELS):
        at = [min(int(np.searchsorted(row, level - 1e-9)), len(score) - 1) for row in others]
        if np.mean([share[i, last[k]] for i, k in enumerate(at)]) >= 1 - alpha:
            place = min(int(np.searchsorted(whole / len(who), level - 1e-9)), len(score) - 1)
            return float(ranked[place])
    return float("inf")


def thresholds(score: Floats, truth: Ints, donor: Ints, types: int, alpha: float) -> Thresholds:
    """``score``: (cells,) of the true type when the cell's donor was held out; ``truth``: (cells,) 0 to types - 1;
    ``alpha``: above 0, below 1."""
    promised = len(np.unique(donor)) >= LEAST_DONORS
    pooled = tuned(score, donor, alpha) if promised else _quantile(score, 1 - alpha)
    of, own = np.full(types, pooled), np.zeros(types, dtype=bool)
    for t in range(types):
        rows = truth == t
        if enough(donor[rows]):
            of[t], own[t] = tuned(score[rows], donor[rows], alpha), True
    return Thresholds(of, own, promised, alpha)


def enough(donor: Ints) -> bool:
    """Five donors or more with five cells or more."""
    return int((np.unique(donor, return_counts=True)[1] >= LEAST_CELLS).sum()) >= LEAST_DONORS


def sets(log_p: Floats, found: Thresholds) -> NDArray[np.bool_]:
    """(cells, t): the types that a cell may be of."""
    return -log_p <= found.of


def _quantile(score: Floats, level: float) -> float:
    """The smallest score with a share ``level`` of n + 1 at or below it; inf if n is too small."""
    rank = int(np.ceil(level * (len(score) + 1)))
    return float(np.sort(score)[rank - 1]) if 1 <= rank <= len(score) else float("inf")
