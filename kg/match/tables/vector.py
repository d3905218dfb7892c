# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""From a table of differential expression to a vector: one number per gene in units of its own noise.

In this order: a Wald z; effect and standard error; p with the sign of the effect; FDR, where the Benjamini-Hochberg
procedure is inverted (p = FDR x rank / tests). A p below 1e-15 is taken as 1e-15, since tables round there. Columns
that say the same thing are compared first: see ``conflict`` (errors of the table) and ``agreement`` (what is taken). A
table with effects only, a table of cells, and a cut table have no unit noise to scale a reference to: noise ``none``.

``numbers`` everywhere: name of the column -> array over rows, nan where the row has none. Names: ``effect`` (log2 fold
change, case minus control), ``minus`` (subtracted from effect), ``se``, ``z``, ``p``, ``fdr``, ``mean``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.match.levels import LEVELS
from kg.match.tables.agreement import Agreement, agreement, basis_of, exchanged
from kg.match.tables.conflict import Conflict, conflicts

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]
Mask = NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)
Duplicates = Literal["refuse", "smallest_p", "highest_mean", "mean", "first"]
DUPLICATES: tuple[Duplicates, ...] = get_args(Duplicates)

SMALLEST_P = 1e-15
CUT_BELOW = 0.1  # a complete table has genes that do not change; one whose largest p or FDR is this low has lost them
EFFECT_ONLY = "effect only"
LOOKS_CUT = "no gene with p or FDR above .1 is in it"
REMEDY = {
    "missing-value": "the authors give no value for this gene; nothing to do",
    "not-a-number": "write a number with a point as decimal mark",
    "not-finite": "infinite effects come from dividing by zero; give a shrunken estimate, or leave the row out",
    "p-range": "p and FDR lie between 0 and 1; check which column is which",
    "se-range": "a standard error is above 0",
    "opposite-signs": "effect and statistic point apart in this row; check it, or leave the statistic out",
    "duplicated-gene": "several rows of one gene; declare `duplicates: smallest_p`, highest_mean or mean",
}


@dataclass(frozen=True)
class Faults:
    """Arrays over rows: the first rule that a row breaks ("" where none) and the column that breaks it."""

    rule: NDArray[np.object_]
    column: NDArray[np.object_]


@dataclass(frozen=True)
class Examined:
    """``faults``: over the rows given; ``kept``: those without one; ``numbers`` and ``agreed`` over these, ``minus``
    taken from ``effect``. Where there are ``conflicts``, rows of ``whole``, the table cannot be taken at all."""

    faults: Faults
    kept: Mask
    numbers: dict[str, Floats]
    agreed: Agreement
    conflicts: list[Conflict]
    whole: dict[str, Floats]


@dataclass(frozen=True)
class UnitNoise:
    """Arrays over rows: ``vector`` in units of its own noise; ``p`` two-sided, stated or implied, nan where neither.
    ``basis``: what the vector is based on, in words."""

    vector: Floats
    p: Floats
    basis: str


@dataclass(frozen=True)
class TableContrast:
    """Arrays over genes, sorted by id; ``p`` and ``fdr`` nan where not stated or implied. ``basis``: what the vector is
    based on; ``noise``: ``table`` where a reference may lend it, else ``none`` and the ``reason``. ``refused``: mask
    over the rows given, those of genes that have several. ``flags``: what of the table was not used; ``cut``: rule that
    cut the table, "" for none."""

    genes: Strings
    vector: Floats
    effect: Floats
    p: Floats
    fdr: Floats
    basis: str
    noise: Literal["table", "none"]
    reason: str
    refused: Mask
    flags: tuple[str, ...]
    cut: str


@dataclass(frozen=True)
class OneRow:
    """``genes``: sorted and unique; ``columns``: arrays over them; ``refused``: mask over the rows given."""

    genes: Strings
    columns: dict[str, Floats]
    refused: Mask


def examine(numbers: Mapping[str, Floats], empty: Mapping[str, Mask], *, cut: bool = False) -> Examined:
    """Everything that is wrong with a table, and what of it is taken; ``empty`` as in :func:`faults`; ``cut``: it is
    said to hold only some of the genes tested."""
    whole = _effects(numbers)
    clash = conflicts(whole, cut or looks_cut(numbers))
    swapped = exchanged(numbers)
    if swapped:
        numbers, empty, whole = _exchange(numbers), _exchange(empty), _exchange(whole)
    found = faults(numbers, empty)
    rows = np.flatnonzero(found.rule == "")
    agreed = agreement({name: column[rows] for name, column in whole.items()})
    if swapped:
        told = "p-and-fdr-exchanged: {fdr} is what Benjamini-Hochberg makes of {p}; each is read as what it is"
        agreed = replace(agreed, exchanged=True, flags=(told, *agreed.flags))
    _fault(found, rows[agreed.apart], "opposite-signs", "z")
    if agreed.basis in ("p", "fdr"):
        _fault(found, rows[np.isnan(whole[agreed.basis][rows])], "missing-value", agreed.basis)
    kept = found.rule == ""
    return Examined(found, kept, {n: column[kept] for n, column in whole.items()}, agreed.at(kept[rows]), clash, whole)


def _exchange(columns: Mapping[str, NDArray[T]]) -> dict[str, NDArray[T]]:
    return {**columns, "p": columns["fdr"], "fdr": columns["p"]}


def _effects(numbers: Mapping[str, Floats]) -> dict[str, Floats]:
    made = dict(numbers)
    if "minus" in made:
        made["effect"] = made["effect"] - made.pop("minus")
    if {"z", "se"} <= made.keys():  # compared where it can be, and no more
        made["se"] = np.where(made["se"] > 0, made["se"], np.nan)
    return made


def _fault(faults: Faults, rows: NDArray[np.int64], name: str, column: str) -> None:
    new = rows[faults.rule[rows] == ""]
    faults.rule[new], faults.column[new] = name, column


def table_contrast(
    numbers: Mapping[str, Floats],
    genes: Strings,
    *,
    agreed: Agreement | None = None,
    names: Mapping[str, str] | None = None,
    sign: int = 1,
    duplicates: Duplicates = "refuse",
    unit: str = "donor",
    cut: str = "",
    universe: str = "unknown",
) -> TableContrast:
    """A contrast from the rows that :func:`examine` kept, with the agreement that it found. ``genes``: id of each row,
    "" where it has none; ``names``: field -> column, for the flags; ``sign``: -1 turns a table that is control minus
    case; ``unit`` and ``cut`` as in :func:`borrows`."""
    agreed = agreed or agreement(numbers)
    made, unstated, known = unit_noise(numbers, sign, agreed), np.full(len(genes), np.nan), genes != ""
    columns = {
        "vector": made.vector,
        "effect": sign * numbers.get("effect", unstated),
        "p": made.p,
        "fdr": numbers.get("fdr", unstated) if agreed.fdr_holds else unstated,
        "mean": numbers.get("mean", unstated),
    }
    one = one_row_a_gene(genes[known].astype(str), {n: column[known] for n, column in columns.items()}, duplicates)
    refused = np.zeros(len(genes), bool)
    refused[known] = one.refused
    vector, effect, p, fdr = (one.columns[c] for c in ("vector", "effect", "p", "fdr"))
    noise = borrows(unit, made.basis, cut, universe)
    return TableContrast(one.genes, vector, effect, p, fdr, made.basis, *noise, refused, agreed.words(names or {}), cut)


def used(names: Iterable[str], duplicates: str = "refuse") -> list[str]:
    """The columns that a contrast uses; the mean only where rows are chosen by it."""
    return [name for name in names if name != "mean" or duplicates == "highest_mean"]


def common_fault(found: Faults) -> tuple[str, str, int] | None:
    """Rule, column and number of rows where most rows break one rule other than being empty: then the column is
    wrong."""
    broken = found.rule[(found.rule != "") & (found.rule != "missing-value")]
    rules, count = np.unique(broken.astype(str), return_counts=True)
    if not len(rules) or 2 * count.max() <= len(found.rule):
        return None
    rule = str(rules[count.argmax()])
    return rule, str(found.column[found.rule == rule][0]), int(count.max())


def faults(numbers: Mapping[str, Floats], empty: Mapping[str, Mask]) -> Faults:
    """Which rows cannot be used, and for which rule of ``REMEDY``. ``empty``: cells without a value; any other nan is a
    text that is not a number.

    What the vector is not based on (an FDR beside a p, say, which DESeq2 leaves out for weak genes) may be empty.
    """
    basis, n = basis_of(numbers), len(next(iter(numbers.values())))
    rule, at_fault = np.full(n, "", dtype=object), np.full(n, "", dtype=object)

    def fault(mask: Mask, name: str, column: str) -> None:
        new = mask & (rule == "")
        rule[new], at_fault[new] = name, column

    for name, number in numbers.items():
        if name == "se" and "z" in numbers:
            continue
        blank = empty[name]
        if name in (basis, "effect", "minus"):
            fault(blank, "missing-value", name)
        fault(np.isnan(number) & ~blank, "not-a-number", name)
        fault(np.isinf(number), "not-finite", name)
        if name in ("p", "fdr"):
            fault((number < 0) | (number > 1), "p-range", name)
        if name == "se":
            fault(number <= 0, "se-range", name)
    return Faults(rule, at_fault)


def unit_noise(numbers: Mapping[str, Floats], sign: int = 1, agreed: Agreement | None = None) -> UnitNoise:
    """``sign``: -1 turns a table that is control minus case. An FDR is converted to p over all the rows given."""
    agreed = agreed or agreement(numbers)
    unstated = np.full(len(next(iter(numbers.values()))), np.nan)
    effect, z, stated = (numbers.get(name, unstated) for name in ("effect", "z", "p"))
    side = np.where(np.nan_to_num(effect) == 0, np.nan_to_num(z), np.nan_to_num(effect))
    if agreed.basis in ("z", "se"):
        z = z if agreed.basis == "z" else effect / numbers["se"]
        basis = "z" if agreed.basis == "z" else "effect and standard error"
        vector = np.where(agreed.by_p, _from_p(side, stated), z)
        return UnitNoise(sign * vector, _or(stated, 2 * stats.norm.sf(np.abs(z))), basis)
    if agreed.basis == "p":
        return UnitNoise(sign * _from_p(side, stated), stated, "p")
    if agreed.basis == "fdr":
        fdr = numbers["fdr"]
        p = np.clip(fdr * stats.rankdata(fdr, method="max") / max(len(fdr), 1), 0, 1)
        return UnitNoise(sign * _from_p(side, p), p, "FDR, converted to p")
    return UnitNoise(sign * effect, unstated, EFFECT_ONLY)


def _or(stated: Floats, implied: Floats) -> Floats:
    return np.where(np.isnan(stated), implied, stated)


def _from_p(effect: Floats, p: Floats) -> Floats:
    return np.sign(effect) * stats.norm.isf(np.clip(p, SMALLEST_P, 1) / 2)


def one_row_a_gene(genes: Strings, columns: Mapping[str, Floats], rule: Duplicates = "refuse") -> OneRow:
    """Collapse rows of one gene: ``refuse`` takes none of them; ``first`` in the order given; ``smallest_p`` and
    ``highest_mean`` by the column ``p`` or ``mean``; ``mean`` averages every column over what is not nan."""
    known, of, count = np.unique(genes, return_inverse=True, return_counts=True)
    refused = count[of] > 1 if rule == "refuse" else np.zeros(len(genes), bool)
    if rule == "mean":
        return OneRow(known, {name: _mean(values, of, len(known)) for name, values in columns.items()}, refused)
    rank = {"smallest_p": 1, "highest_mean": -1}.get(rule)
    order = np.arange(len(genes))
    if rank is not None:
        order = np.argsort(rank * columns["p" if rank > 0 else "mean"], kind="stable")
    order = order[~refused[order]]
    taken, first = np.unique(genes[order], return_index=True)
    return OneRow(taken, {name: values[order[first]] for name, values in columns.items()}, refused)


def _mean(values: Floats, of: NDArray[np.int64], n: int) -> Floats:
    there = ~np.isnan(values)
    total, count = np.bincount(of[there], values[there], n), np.bincount(of[there], minlength=n)
    return np.divide(total, count, out=np.full(n, np.nan), where=count > 0)


def borrows(level: str, basis: str, cut: str = "", universe: str = "unknown") -> tuple[Literal["table", "none"], str]:
    """Whether a reference may lend a table its noise, and why not. ``level``: unit of replication of its p-values;
    ``cut``: rule that cut it; ``universe`` of the cut: known or unknown."""
    if LEVELS[level].never:
        return "none", LEVELS[level].never
    if basis == EFFECT_ONLY:
        return "none", "effects without standard error or p; a table with either would make it testable"
    if cut:
        a = "a known" if universe == "known" else "an unknown"
        return (
            "none",
            f"the table is cut ({cut}) from {a} universe; the table of all tested genes would make it testable",
        )
    return "table", ""


def looks_cut(numbers: Mapping[str, Floats]) -> bool:
    """Every gene of the table is near significance: it was cut, whether or not that was said."""
    for name in ("fdr", "p"):
        if name in numbers and np.isfinite(numbers[name]).any():
            return bool(np.nanmax(numbers[name]) <= CUT_BELOW)
    return False
