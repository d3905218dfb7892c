"""How often a healthy reference calls a match where nothing can match.

Healthy donors are split at random: a quarter of each group against another quarter makes a table, the donors left over
make its noise, and a strong contrast of the other species is the other side. The share of splits called at .05 is the
reference's type-I error; above .10 the reference is uncalibrated and its pairs are not tested.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.match.contrast import indicators, noise_rows, residual
from kg.match.joint import Side, joint_test

MIN_DONORS = 12
P_FLOOR = 1e-15


@dataclass(frozen=True)
class Calibration:
    """``error``: share of ``splits`` called at .05; None where the donors are too few to measure it."""

    error: float | None
    splits: int
    how: str


def split_table(expression: NDArray, groups: NDArray, case: NDArray) -> NDArray[np.float64]:
    """z of each gene for half against half of healthy donors, as a published table would give it."""
    nuisance = indicators(groups)
    gap = residual(case[:, None], nuisance)[:, 0]
    rows, spread = noise_rows(expression, indicators(groups, case))
    t = gap @ residual(expression, nuisance) / np.sqrt(gap @ gap) / np.where(spread > 0, spread, np.inf)
    return stats.norm.isf(np.clip(stats.t.sf(t, len(rows)), P_FLOOR, 1 - P_FLOOR))


def calibrate(
    expression: NDArray, groups: NDArray, probe: Side, probe_label: str, *, splits: int = 200, seed: int = 0
) -> Calibration:
    """Type-I error of a reference (samples x features, groups) against a probe over the same features."""
    names, counts = np.unique(groups, return_counts=True)
    usable = [name for name, count in zip(names, counts, strict=True) if count >= 8]
    if len(groups) < MIN_DONORS or not usable:
        return Calibration(None, 0, f"unmeasured: {len(groups)} donors are too few to split; {MIN_DONORS} are needed")
    rng, calls = np.random.default_rng(seed), 0
    mouse = probe.centred()
    for _ in range(splits):
        part = np.zeros(len(groups), int)
        for name in usable:
            members = rng.permutation(np.flatnonzero(groups == name))
            quarter = len(members) // 4
            part[members[:quarter]], part[members[quarter : 2 * quarter]] = 1, 2
        chosen, left = part > 0, part == 0
        table = split_table(expression[chosen], groups[chosen], (part[chosen] == 1).astype(float))
        rows, spread = noise_rows(expression[left], indicators(groups[left]))
        good = spread > 0
        human = Side(table[good], rows[:, good] / spread[good], len(rows)).centred()
        calls += joint_test(mouse.at(np.flatnonzero(good)).centred(), human).p <= 0.05
    return Calibration(
        calls / splits, splits, f"{splits} random splits of its donors against {probe_label}, seed {seed}"
    )
