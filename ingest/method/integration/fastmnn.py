"""Integrates batches by mutual nearest neighbours, without labels (Haghverdi 2018, doi 10.1038/nbt.4091).

Cells of two batches that are among each other's nearest neighbours are assumed to be in the same state, so that their
difference is the local batch effect. Variation along its mean direction is first removed within each batch; then each
cell is shifted by the nearby pairs, weighted by distance. The two batches with the most pairs are merged first and then
treated as one batch, so that nested batches are merged first.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from ingest.method.mapping.space.geometry import Floats, Ints, group_means, signed, unit
from ingest.method.mapping.space.neighbours import nearest
from kg.errors import MethodError
from kg.match.card import Card

CARD = Card(
    "fastmnn",
    "1",
    "mutual nearest neighbours between batches, with their smoothed differences removed; batches with the most pairs"
    " first",
    (
        "two batches without a common type are wrongly drawn together by their closest cells",
        "corrected coordinates are for comparing cells, not for differential expression between batches",
    ),
    "10.1038/nbt.4091",
)
NEIGHBOURS, BANDWIDTH, AXES = 20, 3.0, 50


@dataclass(frozen=True)
class Pairs:
    """Row indices of mutual nearest neighbours: ``left[i]`` and ``right[i]`` are a pair."""

    left: Ints
    right: Ints


def mutual(left: Floats, right: Floats, k: int = NEIGHBOURS) -> Pairs:
    """Pairs of rows that are among each other's k nearest neighbours; k is limited to the size of the smaller side."""
    to_right, to_left = nearest(left, right, k)[0], nearest(right, left, k)[0]
    one = np.repeat(np.arange(len(left)), to_right.shape[1]) * len(right) + to_right.ravel()
    two = to_left.ravel() * len(right) + np.repeat(np.arange(len(right)), to_left.shape[1])
    both = np.intersect1d(one, two)
    return Pairs(both // len(right), both % len(right))


def principal(values: Floats, batch: Ints, axes: int = AXES) -> Floats:
    """Principal components (n, axes) of cells scaled to length 1 (cosine), with equal weight for all batches."""
    cells = unit(np.asarray(values, float))
    code = np.unique(batch, return_inverse=True)[1]
    batches = int(code.max()) + 1
    around = cells - group_means(cells, code, batches).mean(axis=0)
    weighted = around / np.sqrt(np.bincount(code, minlength=batches)[code])[:, None]
    square = weighted.T @ weighted
    most = min(axes, len(square), len(cells) - 1)
    _, vector = linalg.eigh(square, subset_by_index=(len(square) - most, len(square) - 1))
    return around @ signed(vector[:, ::-1])


def fastmnn(points: Floats, batch: Ints, k: int = NEIGHBOURS) -> Floats:
    """Integrated coordinates (n, d). Raises MethodError FEW_CELLS if a batch has fewer than two cells."""
    points, code = np.array(points, float), np.unique(batch, return_inverse=True)[1]
    groups = [np.flatnonzero(code == b) for b in range(int(code.max()) + 1)]
    if small := [len(rows) for rows in groups if len(rows) < 2]:
        raise MethodError(f"{len(small)} batches of fewer than two cells: leave them out", code="FEW_CELLS")
    found = {
        (i, j): mutual(points[groups[i]], points[groups[j]], k)
        for i in range(len(groups))
        for j in range(i + 1, len(groups))
    }
    left = dict(enumerate(groups))
    while len(left) > 1:
        i, j = max(found, key=lambda pair: (len(found[pair].left), -pair[0], -pair[1]))
        rows, others = left[i], left[j]
        if len(others) > len(rows):
            rows, others, pairs = others, rows, Pairs(found[i, j].right, found[i, j].left)
        else:
            pairs = found[i, j]
        points[rows], points[others] = _merged(points[rows], points[others], pairs, k)
        left[i] = np.concatenate([rows, others])
        del left[j]
        found = {pair: each for pair, each in found.items() if not {i, j} & set(pair)}
        for other in left:
            if other != i:
                a, b = sorted((i, other))
                found[a, b] = mutual(points[left[a]], points[left[b]], k)
    return points


def _merged(kept: Floats, moved: Floats, pairs: Pairs, k: int) -> tuple[Floats, Floats]:
    """``kept`` without variation along the batch direction, and ``moved`` shifted towards it."""
    along = (kept[pairs.left] - moved[pairs.right]).mean(axis=0)
    length = np.linalg.norm(along)
    if length > 0:
        kept, moved = (_flattened(each, along / length) for each in (kept, moved))
    ends, code = np.unique(pairs.right, return_inverse=True)
    vectors = group_means(kept[pairs.left] - moved[pairs.right], code, len(ends))
    return kept, moved + smoothed(moved, moved[ends], vectors, k)


def _flattened(points: Floats, direction: Floats) -> Floats:
    """Points with their coordinate along a direction of length 1 set to the batch's mean."""
    at = points @ direction
    return points - np.outer(at - at.mean(), direction)


def smoothed(points: Floats, ends: Floats, vectors: Floats, k: int = NEIGHBOURS, width: float = BANDWIDTH) -> Floats:
    """Correction of each cell (n, d): the mean of the k ``vectors`` with the nearest ``ends``, with tricube weights of
    bandwidth ``width`` times their median distance."""
    index, far = nearest(points, ends, min(k, len(ends)))
    reach = np.maximum(np.median(far, axis=1, keepdims=True) * width, 1e-12)
    weight = np.maximum(1 - np.minimum(far / reach, 1) ** 3, 0) ** 3 + 1e-12
    weight /= weight.sum(axis=1, keepdims=True)
    return np.einsum("ij,ijk->ik", weight, vectors[index])
