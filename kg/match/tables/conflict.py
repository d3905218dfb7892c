# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""Columns of a table of differential expression that cannot be what they are said to be: errors of the whole table.

Judged over all rows, since a single row may differ for many reasons: a statistic without sign (a likelihood ratio, F,
|z|) or with the effect's reversed, ratios or absolute values in place of logs, logarithms of p or one-sided p in place
of two-sided ones. Natural and binary logarithms cannot be told apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Numbers = Mapping[str, Floats]

FEW = 20  # rows below which one sign alone says nothing: 20 of one sign come by chance in 2 of a million tables
OPPOSED = 0.1  # two estimates that correlate .8 differ in sign in rows with a tenth of all |z|
SHOWN = 3
_FAR = 8.0  # |z| beyond which a row weighs no more
_NOTHING = 1e-3  # F and likelihood ratios go a little below 0 by rounding


@dataclass(frozen=True)
class Conflict:
    """``columns``: the fields concerned, the one to blame first; ``rows``: places of some rows that show it, of ``n``.
    ``rule`` and ``fix`` name columns as {effect}, {z}, {p}: fields in braces."""

    code: str
    columns: tuple[str, ...]
    rule: str
    rows: tuple[int, ...]
    n: int
    fix: str

    def words(self, names: Mapping[str, str]) -> tuple[str, str]:
        """Rule and fix, with the columns under the names that the reader knows."""
        named = {field: repr(names.get(field, field)) for field in ("effect", "se", "z", "p", "fdr", "minus", "mean")}
        return self.rule.format_map(named), self.fix.format_map(named)

    def found(self, numbers: Numbers, names: Mapping[str, str], genes: Sequence[str], rows: Sequence[int]) -> str:
        """The rows that show it, by gene and number: ``genes``, ``rows`` over the rows of the table."""
        shown = [
            f"{genes[at]} (row {rows[at]}): "
            + ", ".join(f"{names.get(c, c)} {numbers[c][at]:.4g}" for c in self.columns)
            for at in self.rows
        ]
        return f"{self.n} of {len(rows)} rows: {'; '.join(shown)}"


def conflicts(numbers: Numbers, cut: bool = False) -> list[Conflict]:
    """Every conflict of a table, in which ``effect`` is case minus control or reversed as a whole.

    ``cut``: the table holds only some of the genes tested, so that a single sign is not an error.
    """
    made = [*_ranges(numbers)]
    in_range = {name: v for name, v in numbers.items() if not any(name in c.columns for c in made)}
    wrong = _effect(numbers, cut)
    if wrong is None:
        wrong = _statistic(in_range, cut)
    made += [wrong] if wrong else []
    if wrong and wrong.columns[0] == "z":
        in_range.pop("z")
    # Where the sign of what p is compared with is not known, nothing can be said of its sides.
    for name in ("p", "fdr"):
        if name in in_range and (name == "p" or "p" not in numbers):
            made += [*_direction(in_range, name, cut)][:1]
    return made


def signs_differ(numbers: Numbers) -> Mask:
    """Rows whose effect and statistic have opposite signs."""
    if "effect" not in numbers or "z" not in numbers:
        return np.zeros(len(next(iter(numbers.values()))), bool)
    with np.errstate(invalid="ignore"):
        return numbers["effect"] * np.sign(numbers["z"]) < 0


def _some(mask: Mask, size: Floats) -> tuple[int, ...]:
    """The rows that show it best."""
    at = np.flatnonzero(mask)
    return tuple(int(i) for i in at[np.argsort(-np.nan_to_num(np.abs(size[at])), kind="stable")][:SHOWN])


def _order(one: Floats, other: Floats) -> float:
    """Spearman's correlation."""
    return float(np.asarray(stats.spearmanr(one, other))[0])


def _ranges(numbers: Numbers) -> Iterator[Conflict]:
    for name in ("p", "fdr"):
        if name not in numbers:
            continue
        value = numbers[name]
        finite = np.isfinite(value)
        outside = finite & ((value < 0) | (value > 1))
        if outside.sum() >= SHOWN and outside.sum() > 0.01 * finite.sum():
            yield Conflict(
                "NOT_P",
                (name,),
                f"{{{name}}} lies between 0 and 1",
                _some(outside, value),
                int(outside.sum()),
                _reading(numbers, name),
            )


def _size(numbers: Numbers) -> Floats | None:
    """How far each row is from nothing, by what stands beside its p; in units of noise where ``z`` or ``se`` is
    there."""
    if "z" in numbers:
        return np.abs(numbers["z"])
    if "effect" not in numbers:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.abs(numbers["effect"] / numbers["se"]) if "se" in numbers else np.abs(numbers["effect"])


def _reading(numbers: Numbers, name: str) -> str:
    """What the values are in truth: the reading that gives p, and those that the statistic beside it implies if one is
    there."""
    value, size = numbers[name], _size(numbers)
    with np.errstate(over="ignore", invalid="ignore"):
        readings = {
            f"it holds -log10 of p: give 10 ** -{{{name}}}": 10.0**-value,
            f"it holds -ln of p: give exp(-{{{name}}})": np.exp(-value),
            f"it holds log10 of p: give 10 ** {{{name}}}": 10.0**value,
            f"it holds ln of p: give exp({{{name}}})": np.exp(value),
            f"it holds 1 - p: give 1 - {{{name}}}": 1 - value,
            f"it holds percent: divide {{{name}}} by 100": value / 100,
            f"it holds a statistic: declare {{{name}}} as z, if it has the sign of the effect": (
                2 * stats.norm.sf(np.abs(value))
            ),
        }
    known = np.isfinite(value)
    fits = {fix: p for fix, p in readings.items() if ((p[known] >= 0) & (p[known] <= 1)).all()}
    if size is not None and ("z" in numbers or "se" in numbers):
        off = {fix: _off(size, p) for fix, p in fits.items()}
        best = min(off, key=off.__getitem__, default=None)
        if best is not None and off[best] < 0.3:
            return best
    middle = float(np.median(value[known]))
    if (value[known] < 0).any() and (value[known] > 0).any():
        return "it holds values of both signs, as a statistic or an effect does: give the column of p"
    if middle < 0:
        return f"it holds logarithms of p: give 10 ** {{{name}}}, or exp({{{name}}}) of natural ones"
    if middle > 5 and value[known].max() <= 100:
        return f"it seems to hold percent: divide {{{name}}} by 100"
    return f"it seems to hold -log10 of p: give 10 ** -{{{name}}}"


def _off(size: Floats, p: Floats) -> float:
    ok = np.isfinite(size) & (p > 1e-15) & (p <= 1) & (size < _FAR)
    return float(np.median(np.abs(stats.norm.isf(p[ok] / 2) - size[ok]))) if ok.sum() >= SHOWN else np.inf


def _effect(numbers: Numbers, cut: bool) -> Conflict | None:
    """Ratios and absolute values in place of logs with a sign."""
    effect = numbers.get("effect")
    known = np.zeros(0, bool) if effect is None else np.isfinite(effect)
    if effect is None or len(np.unique(effect[known])) < FEW:
        return None
    value = effect[known]
    if (value >= 0).all():
        ratio = _is_ratio(numbers, value, known)
        # Ratios of genes that changed lie on both sides of 1 and not about it.
        gap = not ((value > 0.85) & (value < 1.18)).any() and min((value < 1).mean(), (value > 1).mean()) >= 0.1
        if cut and not (gap and ratio):
            return None
        rows = _some(known & (effect > 0), 1 / np.where(effect > 0, effect, np.inf))
        if ratio:
            rule, fix = (
                "{effect} has a sign, that of a change up or down",
                "it holds ratios, which are never below 0: give log2 of {effect}",
            )
            return Conflict("RATIOS", ("effect",), rule, rows, int((value > 0).sum()), fix)
        if not _reaches_zero(value):
            return None
        fix = "it seems to hold absolute values: give {effect} with its sign, above 0 where the gene is up in the case"
        return Conflict(
            "NO_SIGN", ("effect",), "{effect} has a sign; it is never below 0", rows, int((value > 0).sum()), fix
        )
    if (value <= 0).all() and not cut and _reaches_zero(value):
        fix = "give {effect} with its sign, above 0 where the gene is up in the case"
        return Conflict(
            "NO_SIGN",
            ("effect",),
            "{effect} has a sign; it is never above 0",
            _some(known, effect),
            int((value < 0).sum()),
            fix,
        )
    if not cut and (np.abs(value) >= 1).all() and (np.abs(value) > 1).any():
        fix = "it holds ratios, those below 1 as -1 / ratio: give log2 of |{effect}| with its sign"
        return Conflict(
            "RATIOS",
            ("effect",),
            "{effect} is a logarithm; none of its values lies between -1 and 1",
            _some(known, 1 / np.where(known, effect, np.inf)),
            len(value),
            fix,
        )
    return None


def _reaches_zero(value: Floats) -> bool:
    """Absolute values of all genes lie thickest at 0: of normal ones a twentieth is below a tenth of the median. Genes
    that were listed because they go one way keep away from it."""
    size = np.abs(value[value != 0])
    return bool(len(size) and (size < 0.1 * np.median(size)).mean() >= 0.01)


def _is_ratio(numbers: Numbers, value: Floats, known: Mask) -> bool:
    """Ratios lie about 1, and it is their distance from 1 that goes with a small p (in rank, -.5 and less); absolute
    logs lie about 0."""
    beside = next((numbers[c][known] for c in ("p", "fdr") if c in numbers), None)
    if beside is None and "z" in numbers:
        beside = -np.abs(numbers["z"][known])
    some = value > 0
    if beside is not None and (ok := some & np.isfinite(beside)).sum() >= FEW and np.ptp(beside[ok]) > 0:
        as_log, as_ratio = (_order(x[ok], beside[ok]) for x in (value, np.abs(np.log2(np.where(some, value, 1)))))
        return bool(as_ratio < min(as_log, -0.5))
    middle = np.median(value[some])
    return bool(0.6 < middle < 1.7 and np.quantile(value[some], 0.1) / middle > 0.25)


def _statistic(numbers: Numbers, cut: bool) -> Conflict | None:
    z, effect = numbers.get("z"), numbers.get("effect")
    if z is None:
        return None
    known = np.isfinite(z) & (z != 0)
    up, down = (float(np.abs(z[known & side]).sum()) for side in (z > 0, z < 0))
    one_sign = up + down > 0 and min(up, down) <= _NOTHING * (up + down)
    side = "below" if up > down else "above"
    if effect is None:
        if one_sign and len(np.unique(z[known])) >= FEW and not cut:
            rule = f"{{z}} has a sign; it is never {side} 0"
            return Conflict("NO_SIGN", ("z",), rule, _some(known, z), int(known.sum()), _unsigned(numbers))
        return None
    apart = signs_differ(numbers) & known
    both = known & np.isfinite(effect) & (effect != 0)
    n, shown = int(apart.sum()), ("effect", "z")
    if n < SHOWN:
        return None
    if one_sign and (np.sign(effect[both]) != np.sign(effect[both][0])).any():
        rule = f"{{z}} has the sign of {{effect}}; it is never {side} 0"
        return Conflict("NO_SIGN", ("z", "effect"), rule, _some(apart, z), n, _unsigned(numbers))
    weight = np.minimum(np.abs(z), _FAR)
    share = weight[apart].sum() / weight[both].sum()
    if share <= OPPOSED:
        return None
    if share > 0.9:
        fix = "one of them is case minus control and the other control minus case: reverse the sign of one"
    else:
        fix = (
            "they are not of one contrast: find the column that belongs to {effect}, or leave {z} out"
            if _beside(numbers)
            else ("they are not of one contrast: find the column that belongs to {effect}")
        )
    return Conflict("OPPOSITE_SIGNS", shown, "{effect} and {z} have one sign in each row", _some(apart, z), n, fix)


def _beside(numbers: Numbers) -> str:
    return next((name for name in ("se", "p", "fdr") if name in numbers), "")


def _unsigned(numbers: Numbers) -> str:
    """What a statistic without sign is, as far as the p beside it tells, and what to do."""
    z, p = np.abs(numbers["z"]), numbers.get("p")
    what = ""
    if np.nanmax(z) <= 1:
        what = "it lies between 0 and 1, as a p does; "
    elif p is not None:
        ok = np.isfinite(z) & (p > 1e-15) & (p < 1)
        if ok.sum() >= SHOWN:
            readings = {
                "it is |z|; ": 2 * stats.norm.sf(z[ok]),
                "it is a likelihood ratio or F, a chi-square with 1 degree of freedom; ": stats.chi2.sf(z[ok], 1),
                "it is -log10 of p; ": 10.0 ** -z[ok],
            }
            zp = stats.norm.isf(p[ok] / 2)
            off = {
                text: np.median(np.abs(stats.norm.isf(np.clip(q, 1e-15, 1) / 2) - zp)) for text, q in readings.items()
            }
            best = min(off, key=off.__getitem__)
            what = best if off[best] < 0.05 else "it is not a z of these p (a likelihood ratio or F has no sign); "
    beside = _beside(numbers)
    if "effect" in numbers and beside:
        return f"{what}leave {{z}} out: {{effect}} with {{{beside}}} is then taken"
    return f"{what}give a statistic that has the sign of the effect" + (
        ", or the effect and p" if "effect" not in numbers else ""
    )


def _direction(numbers: Numbers, name: str, cut: bool) -> Iterator[Conflict]:
    """p that fall where they should rise, and p of one side."""
    p, size = numbers[name], _size(numbers)
    signed = numbers.get("effect", numbers.get("z"))
    if size is None or signed is None:
        return
    ok = np.isfinite(p) & np.isfinite(size) & np.isfinite(signed)
    if ok.sum() < FEW or np.ptp(p[ok]) == 0 or np.ptp(size[ok]) == 0:
        return
    columns = (name, "z") if "z" in numbers else (name, "effect")
    below, up, down = ok & (p < 0.5), ok & (signed > 0), ok & (signed < 0)
    if min(up.sum(), down.sum()) >= FEW // 2:
        for one, other, fix in ((up, down, "below"), (down, up, "above")):
            if below[one].mean() > 0.97 and below[other].mean() < 0.03:
                rule = (
                    f"{{{name}}} is two-sided; it is below .5 where {{{columns[1]}}} is"
                    f" {'above' if fix == 'below' else 'below'} 0 and nowhere else"
                )
                fix = f"it is one-sided: give 2 * min({{{name}}}, 1 - {{{name}}})"
                yield Conflict("ONE_SIDED", columns, rule, _some(other, size), int(ok.sum()), fix)
                return
    order = _order(size[ok], p[ok])
    # Weak genes can have the largest effects: without their noise the order says less.
    if order > (0.3 if "z" in numbers or "se" in numbers else 0.6):
        rule = f"{{{name}}} is small where {{{columns[1]}}} is large; it rises with it"
        fix = (
            _reading(numbers, name)
            if "z" in numbers or "se" in numbers
            else (f"it may be 1 - p, or -log10 of p where none is above 1: give the column of {name}")
        )
        yield Conflict("NOT_P", columns, rule, _some(ok, np.where(ok, size, 0)), int(ok.sum()), fix)
        return
    top = p[ok].max()
    if name == "p" and not cut and ok.sum() >= 50 and 0.45 < top <= 0.5 + 1e-9:
        yield Conflict(
            "ONE_SIDED",
            ("p",),
            "{p} is two-sided; none is above .5",
            _some(ok, p),
            int(ok.sum()),
            "it is one-sided, each in the direction of its effect: give 2 * {p}",
        )
