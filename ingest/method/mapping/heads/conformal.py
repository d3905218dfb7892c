"""Conformal prediction sets: sets of types that contain the true type in a share 1 - alpha of the cells of a new donor.

Donors are exchangeable, cells are not: the score of a cell is -log P of its true type when its whole donor is held out.
The level is tuned over donors (as in CV+: Barber 2021, doi 10.1214/20-AOS1965; with groups: Dunn 2023, doi
10.1080/01621459.2022.2060112) and by type (Vovk 2013, doi 10.1007/s10994-013-5355-6).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.method.mapping.space.geometry import Floats, Ints
from kg.match.card import Card

CARD = Card(
    "conformal-sets",
    "1",
    "thresholds by type, tuned so that the mean coverage of held-out donors is 1 - alpha",
    (
        "coverage holds on average over donors; that of a single donor or type may be lower",
        "a type with five cells in fewer than five donors uses the threshold shared by all types",
        "fewer than five donors: no guarantee",
        "a donor of another platform or state is not exchangeable with those of the reference",
        "an empty set reflects the error rate alpha, not a new type",
    ),
    "10.1080/01621459.2022.2060112",
)
LEAST_DONORS, LEAST_CELLS = 5, 5
_LEVELS = 200


@dataclass(frozen=True)
class Thresholds:
    """``of`` (t,): a type is in a cell's set if its score (-log P) is at most this; ``own`` (t,): whether the threshold
    comes from the type's own cells rather than all; ``promised``: whether five donors or more were held out; ``alpha``:
    error rate, 0 to 1."""

    of: Floats
    own: NDArray[np.bool_]
    promised: bool
    alpha: float


def tuned(score: Floats, donor: Ints, alpha: float) -> float:
    """One threshold, with equal weight for all donors: the quantile of all scores at the lowest level for which the
    mean coverage of each donor by the others' quantile is at least 1 - alpha. inf if there is no such level."""
    who, code = np.unique(donor, return_inverse=True)
    order = np.argsort(score, kind="stable")
    ranked, code = score[order], code[order]
    share = np.zeros((len(who), len(score)))
    share[code, np.arange(len(score))] = 1 / np.bincount(code)[code]
    share = share.cumsum(axis=1)  # each donor's distribution function at every score
    whole = share.sum(axis=0)
    last = np.searchsorted(ranked, ranked, side="right") - 1  # ties count together
    others = (whole - share) / max(len(who) - 1, 1)
    for level in np.linspace(1 - alpha - min(0.05, (1 - alpha) / 2), 1.0, _LEVELS):
        at = [min(int(np.searchsorted(row, level - 1e-9)), len(score) - 1) for row in others]
        if np.mean([share[i, last[k]] for i, k in enumerate(at)]) >= 1 - alpha:
            place = min(int(np.searchsorted(whole / len(who), level - 1e-9)), len(score) - 1)
            return float(ranked[place])
    return float("inf")


def thresholds(score: Floats, truth: Ints, donor: Ints, types: int, alpha: float) -> Thresholds:
    """Thresholds by type. ``score`` (cells,): of the true type with the cell's donor held out; ``truth`` (cells,): 0 to
    types - 1; ``alpha``: between 0 and 1."""
    promised = len(np.unique(donor)) >= LEAST_DONORS
    pooled = tuned(score, donor, alpha) if promised else _quantile(score, 1 - alpha)
    of, own = np.full(types, pooled), np.zeros(types, dtype=bool)
    for t in range(types):
        rows = truth == t
        if enough(donor[rows]):
            of[t], own[t] = tuned(score[rows], donor[rows], alpha), True
    return Thresholds(of, own, promised, alpha)


def enough(donor: Ints) -> bool:
    """Whether five donors or more have five cells or more."""
    return int((np.unique(donor, return_counts=True)[1] >= LEAST_CELLS).sum()) >= LEAST_DONORS


def sets(log_p: Floats, found: Thresholds) -> NDArray[np.bool_]:
    """Prediction sets (cells, t): the possible types of each cell."""
    return -log_p <= found.of


def _quantile(score: Floats, level: float) -> float:
    """The smallest score such that at least ``level`` x (n + 1) scores are at or below it; inf if n is too small."""
    rank = int(np.ceil(level * (len(score) + 1)))
    return float(np.sort(score)[rank - 1]) if 1 <= rank <= len(score) else float("inf")
