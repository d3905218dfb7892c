"""From counts of samples to a contrast with its own noise.

Rows of one gene are summed, runs of one donor are summed, genes that the samples do not express are left out
(``min_count`` in more than ``min_share`` of all samples), libraries are sized over the genes that stay, and expression
is log2(cpm + 1). Corrected counts may have fractions; undeclared ones are an error, since they are means, TPM or
normalised values more often than counts. Log expression is averaged where counts are summed, and is not filtered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kg.match.contrast import log_cpm
from kg.match.levels import flags_of
from kg.match.replicates import Alike, Pair, Scale, alike

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]
Mask = NDArray[np.bool_]
MIN_COUNT, MIN_SHARE, _NAMED = 10, 0.5, 8
LEAST_DEPTHS, MANY_DEPTHS = 6, 50
HUGE = 2**31
"""No sample has this many counts of one gene: such a number is an overflow."""


@dataclass(frozen=True)
class Fault:
    """A broken rule: code, the rule in words, what was found, what to do; ``arm``: the arm that breaks it, or ""."""

    code: str
    rule: str
    found: str
    fix: str
    arm: str = ""


def scale_faults(values: Floats, tokens: Sequence[str] | Strings, scale: Scale) -> list[Fault]:
    """Negative counts, and fractions that were not declared; ``values``: genes x samples, nan where there is none."""
    if scale == "log2":
        return []
    made: list[Fault] = []
    negative = np.argwhere(values < 0)
    if len(negative):
        found = f"{len(negative)} values, first at {tokens[negative[0][0]]}"
        fix = "give raw counts, or declare `scale: log2` for log expression"
        made.append(Fault("NEGATIVE_COUNTS", "counts are not below 0", found, fix))
    if len(huge := np.argwhere(values >= HUGE)):
        found = f"{values[tuple(huge[0])]:.0f} at {tokens[huge[0][0]]}"
        fix = "the number has wrapped around or is a code of missing values: count again, or leave the gene out"
        made.append(Fault("HUGE_COUNT", f"no sample has {HUGE:,} counts of a gene", found, fix))
    if scale == "counts":
        finite = values[np.isfinite(values)]
        share = float(np.mean(finite[finite > 0] % 1 > 0)) if (finite > 0).any() else 0.0
        if share > 0:
            fix = "give raw counts; declare `scale: corrected` if a known correction (ambient RNA) made fractions"
            found = f"{share:.1%} of the non-zero values"
            made.append(Fault("FRACTIONAL_COUNTS", "counts are whole numbers", found, fix))
        elif values.size and one_depth(totals := np.nansum(values, axis=0)):
            found, fix = (
                f"{np.median(totals):,.0f} in each of {len(totals)} samples",
                "give raw counts: these are normalised and rounded",
            )
            made.append(Fault("NORMALISED", "the depth of counts differs from sample to sample", found, fix))
    return made


def one_depth(totals: Floats) -> bool:
    """Do counts of samples add up to one number, closer than counting allows (a variance far below the mean)?"""
    n = len(totals)
    return n >= LEAST_DEPTHS and float(np.var(totals, ddof=1)) < (0.1 if n >= MANY_DEPTHS else 0.01) * float(
        np.mean(totals)
    )


def doubts(scale: Scale, unit: str) -> list[str]:
    """Caveats on such counts, which every answer repeats."""
    made: list[str] = []
    if scale == "corrected":
        made.append("counts-corrected: counts are corrected for ambient RNA and have fractions")
    return made + flags_of(unit)


@dataclass(frozen=True)
class DonorExpression:
    """``genes``: sorted ids of those expressed; ``values``: donors x genes, log2; ``counts``: the same before the
    logarithm;
    ``donors``: names, with the ``first`` column of each; ``measured``: genes before the filter; ``once``: columns that
    are copies of another column of their donor, with that column; ``alike``: donors that lie closer than replicates
    do."""

    genes: Strings
    values: Floats
    counts: Floats
    donors: Strings
    first: NDArray[np.int64]
    measured: int
    once: dict[int, int]
    alike: Alike


def donor_expression(
    values: Floats,
    genes: Strings,
    samples: ArrayLike,
    donors: ArrayLike | None,
    scale: Scale,
    *,
    min_count: float = MIN_COUNT,
    min_share: float = MIN_SHARE,
) -> DonorExpression:
    """From genes x samples; ``genes``: id of each row; ``donors`` of the columns, sorted in the result, or None where
    each sample is one and keeps its place. It may be that no gene remains. A sample without a value (nan) does not
    count in whether the gene is expressed, and its donor has nan in the result."""
    known, table = by_gene(values, genes, scale)
    names = np.asarray(samples, dtype=str)
    first, once = np.arange(len(names)), {}
    if donors is not None:
        once = copies_of_donors(table, donors, scale)
        used = np.setdiff1d(first, [*once])
        names, first, table = by_donor(table[:, used], np.asarray(donors, dtype=str)[used], scale)
        first = used[first]
    kept = expressed(table, scale, min_count, min_share)
    return DonorExpression(
        known[kept],
        expression(table[kept], scale),
        table[kept].T,
        names,
        first,
        len(table),
        once,
        alike(_complete(table), scale),
    )


def _complete(values: Floats) -> Floats:
    """The genes that every sample has a value of."""
    there = np.isfinite(values).all(axis=1)
    return values if there.all() else values[there]


def by_gene(values: Floats, genes: Strings, scale: Scale) -> tuple[Strings, Floats]:
    """Sorted genes and genes x samples: rows of one gene summed, log expression averaged."""
    known, of, count = np.unique(genes, return_inverse=True, return_counts=True)
    made = np.zeros((len(known), values.shape[1]))
    np.add.at(made, of, values)
    return known, made / count[:, None] if scale == "log2" else made


def copies_of_donors(values: Floats, donors: ArrayLike, scale: Scale) -> dict[int, int]:
    """Columns (of genes x samples) that are a copy of another column of their donor -> the one of them that counts."""
    made: dict[int, int] = {}
    of = np.asarray(donors, dtype=str)
    for name in np.unique(of):
        own = np.flatnonzero(of == name)
        for pair in alike(_complete(values[:, own]), scale).copies if len(own) > 1 else ():
            one, two = int(own[pair.one]), int(own[pair.two])
            made[two] = made.get(one, one)
    return made


def by_donor(values: Floats, donors: ArrayLike, scale: Scale = "counts") -> tuple[Strings, NDArray[np.int64], Floats]:
    """Sorted donors, the first column of each, and genes x donors: runs of one donor summed, log expression
    averaged."""
    names, first, of, count = np.unique(
        np.asarray(donors, dtype=str), return_index=True, return_inverse=True, return_counts=True
    )
    made = np.zeros((len(values), len(names)))
    np.add.at(made.T, of, values.T)
    return names, first, made / count if scale == "log2" else made


def alike_faults(found: Alike, names: Sequence[str] | Strings, fix: str) -> list[Fault]:
    """Errors where two donors are the same one; ``fix``: how the file in question says whose a column is."""
    pairs = [*(f"{_two(p, names)} are copies of one column" for p in found.copies)]
    pairs += [
        f"{_two(p, names)} are one library sequenced twice (BCV {np.sqrt(p.distance):.3f})" for p in found.libraries
    ]
    if not pairs:
        return []
    some = "; ".join(pairs[:_NAMED]) + (f"; and {len(pairs) - _NAMED} pairs more" if len(pairs) > _NAMED else "")
    rule = "replicates differ more than one library counted twice, as the study's other pairs do"
    return [
        Fault(
            "ALIKE_SAMPLES",
            rule,
            some,
            f"leave one of each pair out, or {fix}: copies then count once and lanes are summed",
        )
    ]


def alike_doubts(found: Alike, names: Sequence[str] | Strings) -> list[str]:
    """Caveats, in every answer, where depth cannot distinguish donors from one library sequenced twice."""
    if not found.untold:
        return []
    touched = len({at for p in found.untold for at in (p.one, p.two)})
    some = "; ".join(_two(p, names) for p in found.untold[:3])
    return [
        f"replicates-not-told: {touched} of {found.n} samples are so close to another, or so shallow,"
        f" that one library sequenced twice cannot be distinguished from two"
        f" replicates ({some}{' …' if len(found.untold) > 3 else ''})"
    ]


def _two(p: Pair, names: Sequence[str] | Strings) -> str:
    return f"{names[p.one]} and {names[p.two]}"


def expressed(values: Floats, scale: Scale, min_count: float = MIN_COUNT, min_share: float = MIN_SHARE) -> Mask:
    """Genes that the samples with a value express (genes x samples); all of log expression."""
    if scale == "log2":
        return np.ones(len(values), bool)
    there = np.isfinite(values).sum(axis=1)
    return (values >= min_count).sum(axis=1) / np.maximum(there, 1) > min_share


def expression(values: Floats, scale: Scale) -> Floats:
    """Samples x genes on a log2 scale, of genes x samples."""
    # Column by column in memory, so that a library is summed pairwise and its size does not depend on where counts came
    # from.
    return (values if scale == "log2" else log_cpm(np.asfortranarray(values))).T


def design_faults(case: Floats, batches: Strings | None = None) -> list[Fault]:
    """Arms without replicates, and arms that never meet within a batch. ``case``: 1 or 0 of each sample."""
    made: list[Fault] = []
    for arm, n in (("case", int(case.sum())), ("control", int((1 - case).sum()))):
        if n < 2:
            fix = "one sample has no noise to compare with; add animals or donors"
            made.append(Fault("NO_REPLICATES", "an arm has 2 or more replicates", str(n), fix, arm))
    if batches is not None:
        held = {str(b): np.unique(case[batches == b]) for b in np.unique(batches)}
        if len(held) > 1 and all(len(arms) == 1 for arms in held.values()):
            fix = "no analysis can tell the two apart; leave the contrast out"
            made.append(Fault("CONFOUNDED", "both arms occur within a batch", f"one arm in each of {list(held)}", fix))
    return made
