"""Contrasts of one species so like one another, or so opposite, that they must be of the same samples.

Noise of two studies is independent, and so the correlation of two vectors is at most the root of the product of their
reliabilities (``joint.ceiling``), save for chance. The same samples analysed twice share their noise as well as their
effects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.match.card import Card
from kg.match.replicates import COPY_LOG2

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

CARD = Card(
    "same-samples",
    "1",
    "contrasts whose vectors correlate above .95, or below -.95, over 200 genes or more; samples whose expression is"
    " equal",
    (
        (
            "samples analysed in two very different ways (p rounded, few genes, another arm) may stay below and are not"
            " seen"
        ),
        "a common arm alone does not raise the correlation that far: it is known from donors or from the manifests",
    ),
)

LIKE, LEAST_GENES, BLOCK = 0.95, 200, 256
TOP, NEARLY = 1000, 0.99


@dataclass(frozen=True)
class Like:
    """Places of two contrasts; ``r`` over the ``n`` genes that both have."""

    one: int
    two: int
    r: float
    n: int


def correlation(genes: Strings, vector: Floats, other_genes: Strings, other: Floats) -> tuple[float, int]:
    """Over the genes that both have (sorted and unique in each), and their number; 0 where either does not vary."""
    _, mine, theirs = np.intersect1d(genes, other_genes, assume_unique=True, return_indices=True)
    a, b = np.asarray(vector)[mine], np.asarray(other)[theirs]
    if len(a) < 2 or not (a.std() > 0 and b.std() > 0):
        return 0.0, len(a)
    return float(np.corrcoef(a, b)[0, 1]), len(a)


def is_alike(r: float, n: int) -> bool:
    return n >= LEAST_GENES and abs(r) > LIKE


def by_likeness(r: float) -> str:
    """What is shared, in the words in which an arm is named where two contrasts share one."""
    return f"its samples, by their likeness (r {r:.2f}),"


def alike_pairs(contrasts: Sequence[tuple[Strings, Floats]]) -> list[Like]:
    """Every pair that is alike, of (sorted genes, vector) each; by blocks of matrix products in single precision, the
    candidates again in double. Memory: contrasts x genes."""
    made: list[Like] = []
    for i, j in _candidates(contrasts):
        r, n = correlation(*contrasts[i], *contrasts[j])
        if is_alike(r, n):
            made.append(Like(i, j, r, n))
    return made


def same_samples(genes: Strings, expression: Floats, other_genes: Strings, other: Floats) -> list[tuple[int, int]]:
    """Rows of two matrices of log expression (samples x sorted genes) that are one sample: over the most expressed of
    the genes that both have they differ by a shift alone, to a hundredth of a doubling."""
    _, mine, theirs = np.intersect1d(genes, other_genes, assume_unique=True, return_indices=True)
    if len(mine) < LEAST_GENES or not (len(expression) and len(other)):
        return []
    a, b = np.asarray(expression)[:, mine], np.asarray(other)[:, theirs]
    loud = np.argsort(-(a.mean(axis=0) + b.mean(axis=0)), kind="stable")[:TOP]
    a, b = a[:, loud], b[:, loud]
    x, y = (v - v.mean(axis=1, keepdims=True) for v in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (x @ y.T) / np.sqrt((x**2).sum(axis=1)[:, None] * (y**2).sum(axis=1)[None, :])
    made: list[tuple[int, int]] = []
    for i, j in np.argwhere(r > NEARLY):
        shift = a[i] - b[j]
        if 1.4826 * np.median(np.abs(shift - np.median(shift))) <= COPY_LOG2:
            made.append((int(i), int(j)))
    return made


def _candidates(contrasts: Sequence[tuple[Strings, Floats]]) -> Iterator[tuple[int, int]]:
    if len(contrasts) < 2:
        return
    known = np.unique(np.concatenate([genes for genes, _ in contrasts]))
    x, there = np.zeros((len(contrasts), len(known)), np.float32), np.zeros((len(contrasts), len(known)), bool)
    for at, (genes, vector) in enumerate(contrasts):
        place = np.searchsorted(known, genes)
        size = float(np.sqrt(np.mean(np.asarray(vector) ** 2))) if len(vector) else 0.0
        x[at, place], there[at, place] = np.asarray(vector) / (size or 1.0), True
    for start in range(0, len(x), BLOCK):
        a, m = x[start : start + BLOCK], there[start : start + BLOCK].astype(np.float32)
        for after in range(start, len(x), BLOCK):
            b, k = x[after : after + BLOCK], there[after : after + BLOCK].astype(np.float32)
            n = m @ k.T
            ab, a1, b1, aa, bb = a @ b.T, a @ k.T, m @ b.T, a**2 @ k.T, m @ (b**2).T
            with np.errstate(invalid="ignore", divide="ignore"):
                r = (n * ab - a1 * b1) / np.sqrt((n * aa - a1**2) * (n * bb - b1**2))
            rows, columns = np.nonzero((np.abs(r) > LIKE - 0.01) & (n >= LEAST_GENES))
            yield from (
                (start + int(i), after + int(j)) for i, j in zip(rows, columns, strict=True) if start + i < after + j
            )
