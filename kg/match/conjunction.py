# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""Which features change alike on both sides: the conjunction of two tests (Friston 2005; Benjamini-Heller 2008,
doi 10.1111/j.1541-0420.2007.00984.x)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.match.joint import Side

Floats = NDArray[np.float64]


WHERE_NOTHING_MATCHES = {"gene": (0.0075, 1781), "regulon": (0.0175, 134)}
"""Level -> share of cases in which a list was not empty, and the longest list: rTg4510 at 8 months against 400 random
halves of healthy donors (``tests/bench/results/specificity.json``)."""


def burst_note(level: str) -> str:
    """The note beside every list of changes: features move together, so that false ones come in bursts."""
    known = WHERE_NOTHING_MATCHES.get(level)
    rate = (
        f"anything in {known[0]:.1%} of cases, and then up to {known[1]:,} at once"
        if known
        else "anything in a few cases of 100, and then many at once"
    )
    return (
        f"where nothing matches such a list held {rate}: features move together, and q does not hold for each of them"
        " alone"
    )


@dataclass(frozen=True)
class Conjunction:
    """Arrays over features: ``z`` of each side in units of its noise, ``p`` the larger one-sided p in the shared
    direction (1 where the signs differ), ``q`` Benjamini-Hochberg over all features tested. ``df``: of each side."""

    z_mouse: Floats
    z_human: Floats
    df: tuple[int, int]

    @cached_property
    def p(self) -> Floats:
        return self._p_at(np.arange(len(self.z_mouse)))

    @cached_property
    def q(self) -> Floats:
        return adjusted(self.p) if len(self.p) else self.p

    def passed(self, alpha: float) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Features with ``q`` up to ``alpha`` (0 to .5), in their order, with their ``p`` and ``q``.

        A p above alpha has a q above it and lowers no q below it, so that q is computed for the few others only.
        """
        least = [float(stats.t.isf(alpha, df)) * (1 - 1e-6) for df in self.df]
        above = (np.abs(self.z_mouse) >= least[0]) & (np.abs(self.z_human) >= least[1])
        some = np.flatnonzero(above & (np.sign(self.z_mouse) == np.sign(self.z_human)))
        p = self._p_at(some)
        some, p = some[p <= alpha], p[p <= alpha]
        q = adjusted(p, len(self.z_mouse)) if len(p) else p
        return some[q <= alpha], p[q <= alpha], q[q <= alpha]

    def _p_at(self, features: NDArray[np.int64]) -> Floats:
        z_mouse, z_human = self.z_mouse[features], self.z_human[features]
        p_mouse, p_human = (stats.t.sf(np.abs(z), df) for z, df in zip((z_mouse, z_human), self.df, strict=True))
        p = np.where(np.sign(z_mouse) == np.sign(z_human), np.maximum(p_mouse, p_human), 1.0)
        return np.where((z_mouse == 0) | (z_human == 0), 1.0, p)


def adjusted(p: Floats, tests: int | None = None) -> Floats:
    """Benjamini-Hochberg q values (doi 10.1111/j.2517-6161.1995.tb02031.x) of finite p; ``tests``: the least p of so
    many tests, the others being taken as no smaller than their share of them.  [default: all]"""
    p = np.asarray(p, float)
    order = np.argsort(p)
    q = np.minimum.accumulate((p[order] * (tests or len(p)) / np.arange(1, len(p) + 1))[::-1])[::-1]
    return np.minimum(q, 1)[np.argsort(order)]


def conjunction(mouse: Side, human: Side) -> Conjunction:
    """Test every feature of two sides over the same features."""
    values: list[Floats] = []
    for side in (mouse, human):
        noise = side.noise
        z = np.divide(side.vector, noise, out=np.zeros_like(side.vector), where=noise > 0)
        values.append(z)
    return Conjunction(values[0], values[1], (mouse.df, human.df))
