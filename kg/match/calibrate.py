# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""How often a healthy reference calls a match where nothing can match.

Healthy donors are split at random: a quarter of each group against another quarter makes a table, the donors left over
make its noise, and a strong contrast of the other species is the other side. The share of splits called at .05 is the
reference's type-I error, the worst of those against several such contrasts; above .10 the reference is uncalibrated and
its pairs are not tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kg.match.contrast import indicators, noise_rows, residual
from kg.match.joint import Side, joint_test

Groups = NDArray[np.str_] | NDArray[np.int64]

MIN_DONORS = 12
P_FLOOR = 1e-15


@dataclass(frozen=True)
class Calibration:
    """``error``: share of ``splits`` called at .05; None where the donors are too few to measure it."""

    error: float | None
    splits: int
    how: str


@dataclass(frozen=True)
class Probe:
    """A contrast of the other species; ``features``: where in the reference's expression its ``side`` stands."""

    label: str
    side: Side
    features: NDArray[np.intp]


def split_table(expression: NDArray[np.float64], groups: Groups, case: NDArray[np.float64]) -> NDArray[np.float64]:
    """z of each gene for half against half of healthy donors, as a published table would give it."""
    nuisance = indicators(groups)
    gap = residual(case[:, None], nuisance)[:, 0]
    rows, spread = noise_rows(expression, indicators(groups, case))
    t = gap @ residual(expression, nuisance) / np.sqrt(gap @ gap) / np.where(spread > 0, spread, np.inf)
    return -special.ndtri(np.clip(special.stdtr(len(rows), -t), P_FLOOR, 1 - P_FLOOR))


def calibrate(
    expression: NDArray[np.float64], groups: Groups, probes: Sequence[Probe], *, splits: int = 200, seed: int = 0
) -> list[Calibration]:
    """Type-I error of a reference (samples x features, groups) against each probe, over the same splits."""
    names, counts = np.unique(groups, return_counts=True)
    usable = [name for name, count in zip(names, counts, strict=True) if count >= 8]
    if len(groups) < MIN_DONORS or not usable:
        why = f"unmeasured: {len(groups)} donors are too few to split; {MIN_DONORS} are needed"
        return [Calibration(None, 0, why)] * len(probes)
    rng, calls = np.random.default_rng(seed), [0] * len(probes)
    for _ in range(splits):
        part = np.zeros(len(groups), int)
        for name in usable:
            members = rng.permutation(np.flatnonzero(groups == name))
            quarter = len(members) // 4
            part[members[:quarter]], part[members[quarter : 2 * quarter]] = 1, 2
        chosen, left = part > 0, part == 0
        table = split_table(expression[chosen], groups[chosen], (part[chosen] == 1).astype(float))
        rows, spread = noise_rows(expression[left], indicators(groups[left]))
        human = Side(table, rows / np.where(spread > 0, spread, np.inf), len(rows))
        for at, probe in enumerate(probes):
            good = spread[probe.features] > 0
            sides = probe.side.at(np.flatnonzero(good)), human.at(probe.features[good])
            calls[at] += joint_test(*(side.centred() for side in sides)).p <= 0.05
    how = "{} random splits of its donors against {}, seed {}"
    return [
        Calibration(called / splits, splits, how.format(splits, probe.label, seed))
        for called, probe in zip(calls, probes, strict=True)
    ]


def worst(cards: Sequence[Calibration]) -> Calibration | None:
    """The largest error of several probes, with how many were tried; an unmeasured one only where none was measured."""
    measured = sorted((card for card in cards if card.error is not None), key=lambda card: -(card.error or 0))
    if not measured:
        return cards[0] if cards else None
    told = f"{measured[0].how}; the worst of {len(measured)} contrasts" if len(measured) > 1 else measured[0].how
    return replace(measured[0], how=told)
