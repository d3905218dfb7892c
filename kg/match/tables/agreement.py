# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""Columns of a table that say the same thing, compared: which of them the vector is based on, and which are not used.

An effect, a statistic, a standard error, p and FDR say one thing in several ways. A stated p decides a row: a
statistic, or an effect over its standard error, that does not give that p is not normal (shrunken effects, hurdle
models, a t with few degrees of freedom), and the row is read from its p with the sign of its effect.

The p of a normal and of a t with ``LEAST_DF`` degrees of freedom or more are taken as agreeing with the statistic,
whose noise is then at most a tenth too large. A row disagrees beyond .1 + 5% in units of z, which leaves room for
rounding; where a twentieth of the rows do, so does the column.

FDR keeps the order of p, whatever the adjustment: Benjamini-Hochberg, Storey, Bonferroni, over these tests or over
more. It is not below p among the smallest tenth, and at most a thousand times what Bonferroni would make of p. Where
Benjamini-Hochberg makes the column called p of the one called FDR, the two were exchanged, and each is read as what it
is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from kg.match.tables.conflict import FEW, signs_differ

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Numbers = Mapping[str, Floats]

LEAST_DF = 22
MOST_OFF = 0.05
_DFS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, LEAST_DF, 27, 33, 40, 50, 65, 90, 150)
_SMALLEST_P, _FAR = 1e-15, 8.0  # beyond which neither p nor z is read closely
_CLEAR = 1.0  # |z| from which a sign says something


@dataclass(frozen=True)
class Agreement:
    """``basis``: z, se, p, fdr or effect; ``by_p``: rows read from their p where the basis is another column;
    ``apart``: rows whose effect and statistic clearly have opposite signs, and which cannot be used; ``fdr_holds``: FDR
    may be shown as stated; ``flags``: what was not used, in words that name fields as {effect}, {se}; ``exchanged``: p
    and FDR stand in each other's columns."""

    basis: str
    by_p: Mask
    apart: Mask
    fdr_holds: bool
    flags: tuple[str, ...]
    exchanged: bool = False

    def at(self, rows: Mask) -> "Agreement":
        return replace(self, by_p=self.by_p[rows], apart=self.apart[rows])

    def words(self, names: Mapping[str, str]) -> tuple[str, ...]:
        named = {field: names.get(field, field) for field in ("effect", "se", "z", "p", "fdr")}
        if self.exchanged:
            named["p"], named["fdr"] = named["fdr"], named["p"]
        return tuple(flag.format_map(named) for flag in self.flags)


def basis_of(names: Mapping[str, object]) -> str:
    """The column that the vector is based on where all agree; ``effect`` where nothing gives its noise."""
    return next((name for name in ("z", "se", "p", "fdr") if name in names), "effect")


def exchanged(numbers: Numbers) -> bool:
    """Is the column called p the Benjamini-Hochberg adjustment of the one called FDR?"""
    if "p" not in numbers or "fdr" not in numbers:
        return False
    ok = np.isfinite(numbers["p"]) & np.isfinite(numbers["fdr"])
    p, fdr = numbers["fdr"][ok], numbers["p"][ok]
    if len(p) < FEW or ((p < 0) | (p > 1)).any() or (p < fdr).mean() < 0.5:
        return False
    return bool(np.allclose(stats.false_discovery_control(p), fdr, rtol=0.01, atol=1e-9))


def agreement(numbers: Numbers) -> Agreement:
    """``numbers``: as in ``vector``, nan where a row has none; ``minus`` is already subtracted from ``effect``."""
    n = len(next(iter(numbers.values())))
    basis, by_p = basis_of(numbers), np.zeros(n, bool)
    flags: list[str] = []
    apart = signs_differ(numbers)
    if "z" in numbers:
        with np.errstate(invalid="ignore"):
            apart &= np.abs(numbers["z"]) >= _CLEAR
    said = {"z": "{z}", "se": "{effect} / {se}"}
    stat = _statistic(numbers, basis)
    if stat is not None and "p" in numbers:
        basis, by_p, flag = _by_p(stat, numbers["p"], basis, said[basis])
        flags += flag
    elif (
        stat is not None
        and "fdr" in numbers
        and "effect" in numbers
        and _out_of_order(-np.abs(stat), numbers["fdr"]) > MOST_OFF
    ):
        flags.append(
            f"by-stated-fdr: {said[basis]} does not go with the stated {{fdr}}; the vector is based on"
            " {fdr}, converted to p, with the sign of {effect}"
        )
        basis = "fdr"
    if basis == "z" and "se" in numbers and "effect" in numbers:
        other = _statistic({k: v for k, v in numbers.items() if k != "z"}, "se")
        assert other is not None
        if (
            share := _share(_off(np.abs(numbers["z"]), np.abs(other)), np.isfinite(numbers["z"]) & np.isfinite(other))
        ) > MOST_OFF:
            flags.append(
                f"se-differs: {{effect}} / {{se}} is not {{z}} in {share:.0%} of rows, as after shrinking; the vector"
                " is based on {z}"
            )
    why = _fdr_fault(numbers)
    if why:
        flags.append(f"fdr-contradicts: {why}; {{p}} is taken as stated, and FDR worked out from it")
    if apart.any():
        flags.append(
            f"signs-differ: {{effect}} and {{z}} are of opposite sign in {int(apart.sum())} rows, which are left out"
        )
    return Agreement(basis, by_p & (basis in ("z", "se")), apart, not why, tuple(flags))


def _statistic(numbers: Numbers, basis: str) -> Floats | None:
    if basis == "z":
        return numbers["z"]
    if basis == "se" and "effect" in numbers:
        with np.errstate(divide="ignore", invalid="ignore"):
            return numbers["effect"] / numbers["se"]
    return None


def _by_p(stat: Floats, p: Floats, basis: str, said: str) -> tuple[str, Mask, list[str]]:
    """The basis after the statistic was compared with p, the rows that p has to speak for, and what is said of it."""
    size = np.minimum(np.abs(stat), _FAR)
    # A p of 0 was rounded, and says no more than that it is small.
    ok = np.isfinite(stat) & (p > 0) & (p <= 1)
    normal = np.zeros(len(p))
    normal[ok] = np.minimum(stats.norm.isf(p[ok] / 2), _FAR)
    tried = {np.inf: ok & _off(size, normal)}
    if tried[np.inf].any():
        tried |= {df: ok & _off(_as_normal(stat, ok, df), normal) for df in _DFS}
    share = {df: _share(off, ok) for df, off in tried.items()}
    near = min((df for df in share if df >= LEAST_DF), key=share.__getitem__)
    if share[near] > MOST_OFF:
        few = min(share, key=share.__getitem__)
        why = (
            f"is a t with about {few} degrees of freedom"
            if share[few] <= MOST_OFF
            else (
                f"does not give the stated {{p}} in {share[np.inf]:.0%} of {int(ok.sum())} rows, as of shrunken effects"
                " or a hurdle model"
            )
        )
        return (
            "p",
            tried[near],
            [f"by-stated-p: {said} {why}; the vector is based on {{p}} with the sign of the effect"],
        )
    if not (off := tried[near]).any():
        return basis, off, []
    return (
        basis,
        off,
        [
            f"by-stated-p: {said} does not give the stated {{p}} in {int(off.sum())} of {int(ok.sum())} rows, which "
            "are taken by {p} with the sign of the effect"
        ],
    )


def _as_normal(stat: Floats, ok: Mask, df: float) -> Floats:
    made = np.zeros(len(stat))
    made[ok] = np.minimum(stats.norm.isf(np.maximum(stats.t.sf(np.abs(stat[ok]), df), 1e-300)), _FAR)
    return made


def _off(one: Floats, other: Floats) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.abs(one - other) > 0.1 + 0.05 * np.maximum(one, other)


def _share(mask: Mask, of: Mask) -> float:
    return float((mask & of).sum() / max(of.sum(), 1))


def _out_of_order(rank: Floats, fdr: Floats) -> float:
    """Share of rows whose FDR lies off the curve that never falls as ``rank`` rises, in units of z."""
    ok = np.isfinite(rank) & np.isfinite(fdr) & (fdr >= 0) & (fdr <= 1)
    if ok.sum() < 3:
        return 0.0
    order = np.lexsort((fdr[ok], rank[ok]))
    value = -stats.norm.isf(np.clip(fdr[ok][order], _SMALLEST_P, 1 - 1e-9) / 2)
    smooth = cast("Floats", optimize.isotonic_regression(value).x)
    return float((np.abs(value - smooth) > 0.1 + 0.05 * np.abs(smooth)).mean())


def _fdr_fault(numbers: Numbers) -> str:
    """Why the FDR is not made of these p; empty where it may be."""
    if "p" not in numbers or "fdr" not in numbers:
        return ""
    ok = np.isfinite(numbers["p"]) & np.isfinite(numbers["fdr"])
    p, fdr = numbers["p"][ok], numbers["fdr"][ok]
    if len(p) < 3:
        return ""
    if (share := _out_of_order(p, fdr)) > MOST_OFF:
        return f"{{fdr}} does not rise with {{p}} in {share:.0%} of {len(p)} rows"
    least = np.argsort(p, kind="stable")[: max(len(p) // 10, 3)]
    below = (fdr[least] < 0.98 * p[least]) & (p[least] > _SMALLEST_P)
    if below.mean() > MOST_OFF:
        return f"{{fdr}} is below {{p}} in {int((fdr < 0.98 * p).sum())} of {len(p)} rows"
    above = (fdr[least] > 1e3 * len(p) * p[least]) & (p[least] > _SMALLEST_P) & (fdr[least] > 0.05)
    if above.mean() > MOST_OFF:
        return (
            f"{{fdr}} is above .05 where Bonferroni would give a thousandth of it, in {int(above.sum())} of the"
            " smallest {p}"
        )
    return ""
