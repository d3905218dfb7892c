"""Columns of one study that lie closer together than replicates do: a sample listed twice, or one library sequenced
twice.

For two columns a, b of counts, with n = a + b, the share s of a in their libraries and m = n s (1 - s), two sequencings
of one library give each gene c = (a - n s)^2 / m with mean 1; libraries of two animals give 1 + 2 f m, f being the
square of the biological coefficient of variation (BCV). f is found where the median of c / (1 + 2 f m) over the most
counted genes is that of a chi-square, so that a few changed counts do not move it. Sequencing alone gives a BCV near
.01, inbred animals .1, people .4 (McCarthy et al. 2012, doi 10.1093/nar/gks042).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from kg.match.card import Card

Floats = NDArray[np.float64]
Scale = Literal["counts", "corrected", "log2"]

CARD = Card(
    "alike-replicates",
    "1",
    "pairs of samples that are copies of one column, or one library sequenced twice",
    (
        (
            "a library is called twice sequenced at a BCV below .02 beyond doubt, and only where every other pair of"
            " the two lies three times as far"
        ),
        (
            "below some 200 counts of each of the 1,000 most counted genes two sequencings cannot"
            " be distinguished from two animals, and only copies are refused"
        ),
        (
            "two samples per arm whose libraries differ by sequencing alone, beside an arm that differs in most genes,"
            " are called one library"
        ),
        "log expression shows copies only, shifted or not, to a hundredth of a doubling",
        "cells of one animal split over two names differ as cells do, and are not found",
    ),
    "10.1093/nar/gks042",
)

ONE_LIBRARY = 0.02**2  # square of the BCV; seen: lanes up to .015, animals from .027
APART = 3.0
TOP, LEAST_GENES, LEAST_COUNTS = 1000, 100, 10.0
COPY, COPY_LOG2, COPY_GENES = 0.05, 0.01, 20
NEIGHBOURS = 12
_MEDIAN = 0.45493642311957283  # of a chi-square with one degree of freedom
_ERROR = 2.331  # standard error of the median of k such, as a share of it and times the root of k


@dataclass(frozen=True)
class Pair:
    """Two columns; ``distance``: square of the BCV between them (counts), or the spread of their differences (log2), at
    least 0; ``error``: its standard error; ``closer``: closer than two sequencings of one library would be."""

    one: int
    two: int
    distance: float
    error: float
    closer: bool = False


@dataclass(frozen=True)
class Alike:
    """``copies``: one column twice, perhaps scaled or shifted, with a few values changed; ``libraries``: one library
    sequenced twice; ``untold``: pairs that are neither, but could be one library as far as their depth, or the other
    pairs, can tell."""

    copies: tuple[Pair, ...] = ()
    libraries: tuple[Pair, ...] = ()
    untold: tuple[Pair, ...] = ()
    n: int = 0


def alike(values: Floats, scale: Scale) -> Alike:
    """``values``: genes x samples, without nan; counts, or log2. The closest pairs of each class come first."""
    n = values.shape[1]
    if n < 2 or not len(values):
        return Alike(n=n)
    same = _identical(values)
    pairs = list(_of_log2(values) if scale == "log2" else _of_counts(values))
    limit = COPY_LOG2 if scale == "log2" else 0.0
    copies = {(p.one, p.two): p for p in pairs if p.distance <= limit and p.error == 0}
    copies |= {(i, j): Pair(i, j, 0.0, 0.0, True) for i, j in same}
    others = [p for p in pairs if (p.one, p.two) not in copies]
    libraries, untold = _unsure(others, copies, n) if scale == "log2" else _libraries(others, copies, n)
    return Alike(
        tuple(sorted(copies.values(), key=_order)),
        tuple(sorted(libraries, key=_order)),
        tuple(sorted(untold, key=_order)),
        n,
    )


def _order(p: Pair) -> tuple[bool, float, int, int]:
    """Pairs with too few counts to say anything come last."""
    return np.isinf(p.error), p.distance, p.one, p.two


def _identical(values: Floats) -> list[tuple[int, int]]:
    """Columns that are equal to the last digit and not all but empty."""
    first: dict[bytes, int] = {}
    made: list[tuple[int, int]] = []
    for at in range(values.shape[1]):
        column = np.ascontiguousarray(values[:, at]) + 0.0
        if len(np.unique(column)) < 3 or np.count_nonzero(column) < COPY_GENES:
            continue
        if (other := first.setdefault(column.tobytes(), at)) != at:
            made.append((other, at))
    return made


def _top(values: Floats, level: Floats) -> Floats:
    rows = np.argsort(-level, kind="stable")[:TOP]
    return values[rows[level[rows] > 0]]


def _of_counts(values: Floats) -> Iterator[Pair]:
    """Pairs of neighbours; distance and error 0 marks a copy, an infinite error a pair with too few counts."""
    with np.errstate(over="ignore"):
        size = values.sum(axis=0)
    if not np.isfinite(size.sum()):
        return  # beyond all measure
    filled = np.flatnonzero(size > 0)
    top = (
        _top(values, cast("Floats", np.median(values[:, filled] / size[filled], axis=1))) if len(filled) else values[:0]
    )
    if len(top) < LEAST_GENES:
        return
    noise = cast("Floats", 0.25 * size[filled].mean() / np.maximum(size, 1))
    for i, j in _neighbours(np.sqrt(top / np.maximum(size, 1) * size[filled].mean()), noise):
        yield _distance(int(i), int(j), top[:, i], top[:, j])


def _distance(i: int, j: int, a: Floats, b: Floats) -> Pair:
    n = a + b
    seen = n > 0
    if not seen.any() or not (a.any() and b.any()):
        return Pair(i, j, 0.0, np.inf)
    loud = n >= np.sort(n)[-max(LEAST_GENES, int(seen.sum()) // 2) :][0]
    share = float(np.clip(np.median(a[loud & seen] / n[loud & seen]), 1e-6, 1 - 1e-6))
    m = n * share * (1 - share)
    told = m >= LEAST_COUNTS
    k = int(told.sum())
    if k < LEAST_GENES:
        return Pair(i, j, 0.0, np.inf)
    m, c = m[told], (a[told] - n[told] * share) ** 2 / m[told]
    relative, ratio = _ERROR / np.sqrt(k), float(np.median(c)) / _MEDIAN
    if ratio <= COPY:
        return Pair(i, j, 0.0, 0.0, True)
    low, high = 0.0, 1.0
    for _ in range(40 if ratio > 1 else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if np.median(c / (1 + 2 * middle * m)) > _MEDIAN else (low, middle)
    usual = float(np.median(m))
    # Few counts take few values, and their median lies below that of a chi-square: five errors, not two or three.
    return Pair(i, j, low, relative * (1 + 2 * low * usual) / (2 * usual), ratio * (1 + 5 * relative) < 1)


def _of_log2(values: Floats) -> Iterator[Pair]:
    top = _top(values - values.min(), (values - values.min()).mean(axis=1))
    if len(top) < LEAST_GENES:
        return
    for i, j in _neighbours(top, np.zeros(int(top.shape[1]))):
        shift = top[:, i] - top[:, j]
        spread = 1.4826 * float(np.median(np.abs(shift - np.median(shift))))
        yield Pair(int(i), int(j), spread, 0.0 if spread <= COPY_LOG2 else spread / np.sqrt(len(top)))


def _neighbours(values: Floats, noise: Floats) -> list[tuple[int, int]]:
    """Each column with its nearest, by squared distance less what counting alone gives (``noise`` of each column, a
    gene); gross differences of single genes are cut."""
    n = values.shape[1]
    if n <= NEIGHBOURS + 1:
        return [(i, j) for i in range(n) for j in range(i + 1, n)]
    middle = np.median(values, axis=1, keepdims=True)
    spread = 3 * np.median(np.abs(values - middle), axis=1, keepdims=True)
    x = np.clip(values - middle, -spread, spread)
    square = (x**2).sum(axis=0)
    d = square[:, None] + square[None, :] - 2 * x.T @ x - len(x) * (noise[:, None] + noise[None, :])
    np.fill_diagonal(d, np.inf)
    near = np.argpartition(d, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return sorted({(min(i, int(j)), max(i, int(j))) for i in range(n) for j in near[i]})


def _libraries(pairs: Sequence[Pair], copies: dict[tuple[int, int], Pair], n: int) -> tuple[list[Pair], list[Pair]]:
    """Those that are one library beyond doubt, and those that could be."""
    sure = [p for p in pairs if p.closer or p.distance + 2 * p.error <= ONE_LIBRARY]
    group = _groups([*copies, *((p.one, p.two) for p in sure)], n)
    near = np.full(n, np.inf)
    for p in pairs:
        if group[p.one] != group[p.two] and p.error <= max(ONE_LIBRARY, p.distance / APART):
            near[[p.one, p.two]] = np.minimum(near[[p.one, p.two]], p.distance)
    libraries: list[Pair] = []
    for p in sure:
        least = ONE_LIBRARY if p.closer else APART * (p.distance + 2 * p.error)
        if least <= min(near[p.one], near[p.two]) < np.inf:
            libraries.append(p)
    untold = [p for p in pairs if p not in libraries and p.distance - 2 * p.error <= ONE_LIBRARY]
    return libraries, untold


def _unsure(pairs: Sequence[Pair], copies: dict[tuple[int, int], Pair], n: int) -> tuple[list[Pair], list[Pair]]:
    """Of log expression no library is called; pairs that lie three times closer than any other of the two are
    unsure."""
    group, near = _groups(list(copies), n), [[np.inf, np.inf] for _ in range(n)]
    for p in pairs:
        if group[p.one] != group[p.two]:
            for at in (p.one, p.two):
                near[at] = sorted([*near[at], p.distance])[:2]
    return [], [p for p in pairs if APART * p.distance <= min(near[p.one][1], near[p.two][1]) < np.inf]


def _groups(joined: Sequence[tuple[int, int]], n: int) -> list[int]:
    """A number of each column; columns that are joined, directly or by others, have the same."""
    group = list(range(n))
    for one, two in joined:
        a, b = group[one], group[two]
        group = [min(a, b) if g in (a, b) else g for g in group]
    return group
