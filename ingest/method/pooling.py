"""Size factors of cells by pooling: sums of many cells have few zeros, so their ratio to the average cell can be
estimated robustly.

Lun, Bach & Marioni 2016 (doi 10.1186/s13059-016-0947-7). Cells of one group (a type) stand on a ring by library size,
small ones on one side and large ones on the other, and windows along the ring are the pools. A pool's median ratio to
the group's average cell is the sum of what its cells share in it; all windows of all sizes together are a linear system
of the cells' factors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from kg.match.card import Card
from kg.signatures.store import Floats

CARD = Card(
    "pooled-size-factors",
    "1",
    "size factors by deconvolution of pools of cells of one type, types joined by their median ratio",
    (
        "at least half of the genes must not differ between the cells of a type, nor between types",
        "a type of fewer than 21 cells keeps factors by library size, and this is reported",
    ),
    "10.1186/s13059-016-0947-7",
)
SIZES = range(21, 102, 5)
MIN_MEAN = 0.1  # genes of fewer counts a cell have medians of 0 in a pool
AT_MOST = 3_000
_LIBRARY_WEIGHT = 1e-6  # of the equation that says a cell's factor is its library's: it decides where pools do not


@dataclass(frozen=True)
class SizeFactors:
    """``factors``: of each cell, mean 1 over the cells that have counts; ``by_library``: cells whose factor pools could
    not give, taken from their library size."""

    factors: Floats
    by_library: NDArray[np.bool_]


def size_factors(counts: sparse.csr_matrix, groups: ArrayLike | None = None) -> SizeFactors:
    """``counts``: cells x genes; ``groups``: type of each cell, None for one type. A cell without counts has factor
    1."""
    total = np.asarray(counts.sum(axis=1)).ravel()
    here = np.flatnonzero(total > 0)
    names = (
        np.zeros(len(total), dtype=np.intp) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    )
    factors, by_library = np.ones(len(total)), np.zeros(len(total), dtype=bool)
    parts = [part for k in np.unique(names[here]) for part in _split(here[names[here] == k])]
    means = np.empty((len(parts), counts.get_shape()[1]))
    for at, cells in enumerate(parts):
        rows = sparse.csr_matrix(sparse.diags(1 / total[cells]) @ counts[cells])
        means[at] = np.asarray(rows.mean(axis=0)).ravel()
        share = np.ones(len(cells))
        if len(cells) >= SIZES[0]:
            used = means[at] * total[cells].mean() >= MIN_MEAN
            share = pooled(rows[:, used].toarray(), means[at][used], total[cells])
        poor = (share <= 0) | (len(cells) < SIZES[0])
        share[poor] = 1
        factors[cells], by_library[cells] = share * total[cells], poor
    for cells, ratio in zip(parts, _between(means, np.array([total[p].mean() for p in parts])), strict=True):
        factors[cells] *= ratio
    factors[here] /= factors[here].mean()
    return SizeFactors(factors, by_library)


def pooled(rows: Floats, reference: Floats, total: Floats) -> Floats:
    """Factor over library size of each cell. ``rows``: cells x genes, counts over library size; ``reference``: their
    mean."""
    n = len(rows)
    ring = _ring(total)
    around = np.vstack([np.zeros((1, rows.shape[1])), np.cumsum(np.vstack([rows[ring], rows[ring]]), axis=0)])
    member, seen = np.zeros(n), np.zeros(n, dtype=complex)
    transfer = np.full(n, _LIBRARY_WEIGHT, dtype=complex)
    for size in SIZES:
        if size > n:
            break
        sums = around[size : size + n] - around[:n]
        member[:] = 0
        member[:size] = 1
        spectrum = np.conj(np.fft.fft(member))  # the window that begins at i holds i, i + 1, ...: a correlation
        seen += np.conj(spectrum) * np.fft.fft(np.median(sums / reference, axis=1))
        transfer += np.abs(spectrum) ** 2
    # Windows along a ring make the normal equations circulant, so that a transform solves them.
    solved = np.fft.ifft((seen + _LIBRARY_WEIGHT * np.fft.fft(np.ones(n))) / transfer).real
    made = np.empty(n)
    made[ring] = solved
    return made


def _ring(total: Floats) -> NDArray[np.intp]:
    """Cells by size, those of odd rank upwards and those of even rank back."""
    order = np.argsort(total, kind="stable")
    return np.concatenate([order[::2], order[1::2][::-1]])


def _split(cells: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [part for part in np.array_split(cells, -(-len(cells) // AT_MOST)) if len(part)]


def _between(means: Floats, total: Floats) -> Floats:
    """What joins groups: the median ratio of a group's average cell to that of the group with most genes seen."""
    if len(means) == 1:
        return np.ones(1)
    base = int(np.argmax((means > 0).sum(axis=1)))
    made = np.ones(len(means))
    for at in range(len(means)):
        used = (means[at] * total[at] + means[base] * total[base]) / 2 >= MIN_MEAN
        if at != base and used.any():
            ratio = float(np.median(means[at][used] / np.where(means[base][used] > 0, means[base][used], np.nan)))
            made[at] = ratio if np.isfinite(ratio) and ratio > 0 else 1.0
    return made
