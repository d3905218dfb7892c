# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""One signature against many sides, each over its own features: the joint null of all pairs by matrix products.

A pair is scored on the features that both sides have, centred there. With a value 0 where it is not measured, the mask
1_x of a side x and n = <1_m, 1_h> features in common, each centred product is exact in products over the whole space:

    <m, h> - <m, 1_h> <h, 1_m> / n

and so are the terms of V, row by row of the factors. What depends on a mask and a factor alone (|K m|^2, |L K'|^2) is
found once for all sides that have both: tables that borrow from one reference and were measured on one platform. Single
precision, over vectors that were centred before; :class:`Screened` says where that is not accurate enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.match.joint import joint_variance

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Mask = NDArray[np.bool_]
_ROWS, _PRODUCTS = 512, 2**23
_NEAR = 2**20
"""Values of a block that stay near the processor while several products are asked of them."""
_FLAT = 1e-6
"""Share of its squared length over its own features below which what is left of a side over the common ones may be
rounding."""


@dataclass(frozen=True)
class Stack:
    """n sides over a space of f features; arrays may be memory-mapped.

    ``vectors``: n x f, each centred over its features and 0 elsewhere; ``masks``: u x f, the different sets of
    features;
    ``mask_of``: n, which of them a side has; ``df``: n. ``factors``: rows x f, 0 where one is not known;
    ``starts``: first row of each factor, and the number of rows. ``parts``: side, factor and the square of its
    coefficient, one row for each factor in a side (Combination's rows: a factor that k cohorts of a pool borrow stands
    there once).
    """

    vectors: Singles
    masks: Mask
    mask_of: NDArray[np.int64]
    df: NDArray[np.int64]
    factors: Singles
    starts: NDArray[np.int64]
    parts: tuple[NDArray[np.int64], NDArray[np.int64], Floats]

    def __post_init__(self) -> None:
        n, f = self.vectors.shape
        if len(self.mask_of) != n or len(self.df) != n:
            raise ValueError(f"{len(self.mask_of)} masks and {len(self.df)} degrees of freedom for {n} vectors")
        if self.masks.shape[1] != f or self.factors.shape[1] != f:
            raise ValueError(
                f"masks of {self.masks.shape[1]} and factors of {self.factors.shape[1]} features for vectors of {f}"
            )
        if self.starts[-1] != len(self.factors):
            raise ValueError(f"factors of {self.starts[-1]} rows in {len(self.factors)}")

    def rows_of(self, factor: int) -> Singles:
        """Of one of the factors."""
        return np.asarray(self.factors[self.starts[factor] : self.starts[factor + 1]])


@dataclass(frozen=True)
class Screened:
    """Arrays over the sides: ``score`` and ``statistic`` (T), ``variance`` (V), ``df``, two-sided ``p``, and the
    features in common. ``sure`` is False where a side has next to no effect or noise over these: the pair is to be
    tested on its own."""

    n_features: NDArray[np.int64]
    score: Floats
    statistic: Floats
    variance: Floats
    df: NDArray[np.int64]
    p: Floats
    sure: Mask


def centred_over(values: Floats, mask: Mask) -> Singles:
    """Rows (or one) centred over the features of a mask, 0 elsewhere."""
    there = values[..., mask]
    made = np.zeros(values.shape, np.float32)
    made[..., mask] = there - there.mean(axis=-1, keepdims=True) if mask.any() else there
    return made


def screen(stack: Stack, vector: Floats, factor: Floats, df: int, mask: Mask) -> Screened:
    """A side (``vector``: f; ``factor``: rows x f; ``mask``: the features that it has and that may be used) against all
    of a stack, over the features that each two have in common."""
    one = np.vstack([centred_over(vector[None], mask), centred_over(factor, mask), mask[None]]).astype(np.float32)
    products, whole = _products(stack.vectors, one)
    with np.errstate(divide="ignore", invalid="ignore"):
        # m, L, 1 and m^2 over the common features
        sums = _sums(stack.masks, np.vstack([one, one[:1] ** 2]))[stack.mask_of]
        n = np.rint(sums[:, -2])
        along = products[:, :-2] - sums[:, :-2] * products[:, -2:-1] / n[:, None]  # <m, h>, then L h
        lengths = (sums[:, -1] - sums[:, 0] ** 2 / n, products[:, -1] - products[:, -2] ** 2 / n)
        noise, both = _factor_terms(stack, one, sums, n)
        variance = joint_variance((along[:, 1:] ** 2).sum(axis=1), noise, both)
        least = np.minimum(df, stack.df)
        p = 2 * stats.t.sf(np.abs(along[:, 0]) / np.sqrt(variance), least)
        score = along[:, 0] / np.sqrt(lengths[0] * lengths[1])
    sure = (n > 0) & (variance > 0) & np.isfinite(p) & np.isfinite(score)
    for length, of in zip(lengths, (float((one[0] ** 2).sum()), whole), strict=True):
        sure &= length > _FLAT * of
    return Screened(n.astype(np.int64), score, along[:, 0], variance, least, p, sure)


def _products(vectors: Singles, one: Singles) -> tuple[Floats, Floats]:
    """n x (rows of ``one`` + 1): with each, the last being the mask, and the squares over the mask; and the squares
    over all features."""
    made, whole = np.empty((len(vectors), len(one) + 1)), np.empty(len(vectors))
    over = np.column_stack([one[-1], np.ones_like(one[-1])])
    rows = max(1, _NEAR // one.shape[1])
    squares = np.empty((rows, one.shape[1]), np.float32)
    for start in range(0, len(vectors), rows):
        part = np.asarray(vectors[start : start + rows])
        made[start : start + len(part), :-1] = part @ one.T
        lengths = np.multiply(part, part, out=squares[: len(part)]) @ over
        made[start : start + len(part), -1], whole[start : start + len(part)] = lengths.T
    return made, whole


def _sums(masks: Mask, rows: Singles) -> Floats:
    made = np.empty((len(masks), len(rows)))
    for start in range(0, len(masks), _ROWS):
        made[start : start + _ROWS] = masks[start : start + _ROWS].astype(np.float32) @ rows.T
    return made


def _factor_terms(stack: Stack, one: Singles, sums: Floats, n: Floats) -> tuple[Floats, Floats]:
    """|K m|^2 and |L K'|^2 of each side."""
    side, of, square = stack.parts
    # One pair of a mask and a factor stands for all sides that have it.
    pairs, first, at = np.unique(
        np.column_stack([of, stack.mask_of[side]]), axis=0, return_index=True, return_inverse=True
    )
    noise, both = np.empty(len(pairs)), np.empty(len(pairs))
    room = np.empty((int(np.diff(stack.starts).max(initial=0)), one.shape[1]), np.float32)

    for factor, start, count in zip(*np.unique(pairs[:, 0], return_index=True, return_counts=True), strict=True):
        here = slice(start, start + count)
        found = _over_masks(stack.rows_of(factor), one, stack.masks, pairs[here, 1], room)
        like = side[first[here]]
        centred = found[:, :, :-1] - found[:, :, -1:] * (sums[like, None, : len(one) - 1] / n[like, None, None])
        noise[here] = (centred[:, :, 0] ** 2).sum(axis=1)
        both[here] = (centred[:, :, 1:] ** 2).sum(axis=(1, 2))
    at = at.ravel()
    return tuple(np.bincount(side, square * part[at], minlength=len(n)) for part in (noise, both))  # type: ignore[return-value]


def _over_masks(rows: Singles, one: Singles, masks: Mask, which: NDArray[np.int64], room: Singles) -> Floats:
    """Products of the rows of a factor with those of ``one`` over each of the masks: masks x rows x ``len(one)``.
    ``room``: of at least as many rows, written over.

    What all of the masks hold is summed once; only features that some hold and others lack are asked of each.
    """
    some, common = masks[which[0]].copy(), masks[which[0]].copy()
    for mask in which[1:]:
        some |= masks[mask]
        common &= masks[mask]
    made = np.empty((len(which), len(rows), len(one)))
    # To multiply by the mask is less work than to pick its features out of both.
    made[:] = np.multiply(rows, common, out=room[: len(rows)]) @ one.T
    apart = np.flatnonzero(some & ~common & (one[-1] > 0))
    if not len(apart):
        return made
    left, right = rows[:, apart], one[:, apart]
    at_once = max(1, _PRODUCTS // max(1, len(one) * len(apart)))
    for start in range(0, len(which), _ROWS):
        held = np.asarray(masks[which[start : start + _ROWS]])[:, apart].astype(np.float32)
        for row in range(0, len(rows), at_once):
            few = left[row : row + at_once, None]
            pairs = (few * right).reshape(len(few) * len(one), len(apart))
            there_too = (held @ pairs.T).reshape(len(held), len(few), len(one))
            made[start : start + len(held), row : row + at_once] += there_too
    return made


@dataclass(frozen=True)
class Row:
    """A side of a stack: its ``vector`` over the features of ``mask``, and its factors, each a key, its rows over the
    space (0 where it is not known) and the square of its coefficient."""

    vector: Floats
    mask: Mask
    df: int
    factors: Sequence[tuple[str, Floats, float]]


def stacked(rows: Sequence[Row]) -> Stack:
    """A stack in memory. Factors of one key are taken once, as the first one has them."""
    if not rows:
        raise ValueError("a stack has a side at least")
    masks: dict[bytes, int] = {}
    known: dict[str, int] = {}
    factors: list[Singles] = []
    mask_of: list[int] = []
    parts: list[tuple[int, int, float]] = []
    for at, row in enumerate(rows):
        mask_of.append(masks.setdefault(row.mask.tobytes(), len(masks)))
        for key, factor, square in row.factors:
            if key not in known:
                known[key] = len(factors)
                factors.append(factor.astype(np.float32))
            parts.append((at, known[key], square))
    f = len(rows[0].mask)
    side, of, square = (
        (np.array(column) for column in zip(*parts, strict=True))
        if parts
        else (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    )
    return Stack(
        np.vstack([centred_over(row.vector[None], row.mask) for row in rows]),
        np.vstack([np.frombuffer(mask, bool) for mask in masks]),
        np.array(mask_of),
        np.array([row.df for row in rows]),
        np.vstack(factors) if factors else np.zeros((0, f), np.float32),
        np.cumsum([0, *map(len, factors)]),
        (side.astype(np.int64), of.astype(np.int64), square.astype(float)),
    )
