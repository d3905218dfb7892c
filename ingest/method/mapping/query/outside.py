"""How far a cell lies outside the reference, judged together with its neighbours in the query.

A single cell of an unseen type is hardly farther away than a noisy cell of a known type, but fifteen cells that deviate
in the same way are. So a cell's deviation from its assigned type is averaged over its neighbours in the query before
its length is taken, on the axes along which the query itself deviates most (an unseen type creates such an axis; the
reference's own axes need not contain it), in units of the reference's spread there; the same is done for its distance
in the space. Neighbourhoods of cells follow Milo (Dann 2022, doi 10.1038/s41587-021-01033-z).

A shift shared by all types is a state or a batch effect, not a new type: in the variant without state, the axes of mean
deviation that the types share are removed first. The response specific to each type remains; its size is estimated from
the other types, and an axis along which they differ more has less weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh

from ingest.method.mapping.space.geometry import TINY, Floats, Ints, group_means, signed, unit
from ingest.method.mapping.space.neighbours import nearest
from kg.match.card import Card

CARD = Card(
    "outside-score",
    "1",
    "deviation of a cell and its neighbours in the query from the assigned type, along the query's own main axes",
    (
        "needs several similar cells: ten cells of an unseen type among hundreds are found half of the time",
        "a state of a single type cannot be distinguished from a new type: check the controls first",
        "known cells of one type, mapped without the other types of their donors, are often called UNKNOWN",
        "p is calibrated on held-out donors, which do not represent other platforms",
    ),
    "10.1038/s41587-021-01033-z",
)
COMPANY, AXES, STATES, LEAST = 15, 5, 2, 10
MOST_LEVEL, STEPS = 4.0, 13


@dataclass(frozen=True)
class Deviations:
    """``moved`` (cells, G): scaled genes minus the profile of the assigned type; ``given`` (cells,): the assigned
    type."""

    moved: Floats
    given: Ints


def shared_axes(found: Deviations, types: int, most: int = STATES, least: int = LEAST) -> Floats:
    """Axes (axes, G) of mean deviation shared by the assigned types; none if too few types have ``least`` cells."""
    many = np.bincount(found.given, minlength=types)
    shift = group_means(found.moved, found.given, types)[many >= least]
    if len(shift) <= most:
        return np.zeros((0, found.moved.shape[1]), found.moved.dtype)
    return linalg.svd(unit(shift), full_matrices=False)[2][:most].astype(found.moved.dtype)


def own_axes(moved: Floats, within: Floats, most: int = AXES) -> tuple[Floats, Floats]:
    """Coordinates (cells, axes) of each cell on the axes along which the query deviates most, relative to the median;
    and the variance (axes,) of the reference within types along them."""
    cells, genes = moved.shape
    centre = moved.mean(axis=0)
    most = min(most, genes - 1, cells - 1)
    if most < 1:
        return np.zeros((cells, 0), moved.dtype), np.zeros(0, moved.dtype)

    def times(v: Floats) -> Floats:
        v = np.asarray(v, moved.dtype).ravel()
        along = moved @ v - centre @ v
        return (along @ moved - along.sum() * centre) / cells

    operator = LinearOperator((genes, genes), matvec=times, dtype=moved.dtype)  # pyright: ignore[reportCallIssue]
    start = np.ones(genes, moved.dtype)
    _, axes = eigsh(operator, k=most, v0=start, tol=1e-3)  # pyright: ignore[reportArgumentType]
    axes = signed(axes[:, ::-1])
    at, variance = moved @ axes, np.einsum("ij,ij->j", within @ axes, axes)
    return (at - np.median(at, axis=0)).astype(moved.dtype), np.maximum(variance, TINY)


def of_others(at: Floats, given: Ints, least: int = LEAST) -> Floats:
    """Mean square (cells, axes) of the mean coordinates ``at`` (cells, axes) of the assigned types with at least
    ``least`` cells, except each cell's own type; 0 if there is none."""
    types, code = np.unique(given, return_inverse=True)
    square = group_means(at, code, len(types)).astype(float) ** 2
    square[np.bincount(code) < least] = 0
    some = np.bincount(code) >= least
    others = np.maximum(some.sum() - some, 1)[:, None]
    return np.maximum(square.sum(axis=0) - square, 0)[code] / others[code]


@dataclass(frozen=True)
class Measured:
    """For each cell and its neighbours: ``axis`` (cells,): log squared length of their mean coordinates on the query's
    own axes; ``length`` (cells,): their mean log squared deviation; ``company`` (cells, k): the neighbours, the cell
    itself first."""

    axis: Floats
    length: Floats
    company: Ints


def measured(
    moved: Floats,
    within: Floats,
    points: Floats,
    telling: Ints | slice = slice(None),
    given: Ints | None = None,
    company: int = COMPANY,
) -> Measured:
    """``moved`` (cells, G): deviations from the profile of the assigned type; ``within`` (G, G): covariance of the
    reference within types; ``points`` (cells, d): coordinates; ``telling``: genes used for the length; ``given``
    (cells,): in a state, the assigned types, each judged by the variance of the others."""
    at, variance = own_axes(moved, within)
    place = np.concatenate([points, (at / np.sqrt(variance)).astype(at.dtype)], axis=1)
    near = nearest(place, place, company)[0]
    at = at / np.sqrt(variance if given is None else variance + of_others(at, given))
    axis = np.log(np.maximum((at[near].mean(axis=1, dtype=float) ** 2).sum(axis=1), TINY))
    far = moved[:, telling]
    length = np.log(np.maximum(np.einsum("ij,ij->i", far, far, dtype=float), TINY))
    return Measured(axis, length[near].mean(axis=1), near)


def without(moved: Floats, axes: Floats) -> Floats:
    """Deviations (cells, G) without their component along the orthonormal ``axes`` (a, G)."""
    return moved - (moved @ axes.T) @ axes


def strength(found: Deviations, within: Floats, types: int) -> float:
    """Size of the shift shared by the assigned types, in squared standard deviations of the reference within types.

    Half of the cells of each type (every other one) give the axes and one estimate of the shift, the other half a
    second estimate; the median over types of their product is about 0 if nothing is shared, however few the cells, and
    if only one type deviates, however far. nan if too few types have enough cells to share anything.
    """
    half = np.zeros(len(found.given), dtype=bool)
    for t in np.unique(found.given):
        half[np.flatnonzero(found.given == t)[::2]] = True
    first, second = (Deviations(found.moved[rows], found.given[rows]) for rows in (half, ~half))
    axes = shared_axes(first, types, least=LEAST // 2)
    if not len(axes):
        return float("nan")
    many = np.minimum(*(np.bincount(each.given, minlength=types) for each in (first, second)))
    one, two = (group_means(each.moved, each.given, types)[many >= LEAST // 2] @ axes.T for each in (first, second))
    spread = np.maximum(np.einsum("ij,ij->i", axes @ within, axes), TINY)
    return float(np.median((one * two / spread).sum(axis=1))) if len(one) else float("nan")


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of axis and length in held-out cells. A score is the sum of both in these units, so
    that they have equal weight."""

    mean: tuple[float, float]
    sd: tuple[float, float]

    @classmethod
    def of(cls, axis: Floats, length: Floats) -> "Scale":
        return cls(
            (float(axis.mean()), float(length.mean())),
            (float(max(axis.std(), TINY)), float(max(length.std(), TINY))),
        )

    def score(self, axis: Floats, length: Floats) -> Floats:
        return (axis - self.mean[0]) / self.sd[0] + (length - self.mean[1]) / self.sd[1]


def tail(score: Floats, held: Floats, donor: Ints) -> Floats:
    """p (cells,): the share of held-out cells with the same or a higher score, with equal weight for all donors.
    ``held``, ``donor`` (held-out cells,). A cell beyond all n cells of a donor gets 1 / (n + 1) from that donor."""
    donors = np.unique(donor)
    p = np.zeros(len(score))
    for each in donors:
        own = np.sort(held[donor == each])
        p += (len(own) - np.searchsorted(own, score, side="left") + 1) / (len(own) + 1)
    return p / max(len(donors), 1)


def supported(past: NDArray[np.bool_], company: Ints) -> NDArray[np.bool_]:
    """Cells past the limit with at least half of their neighbours past it too: a single odd cell is not a type.
    ``company`` (cells, k): neighbours, -1 if there is none."""
    there = company >= 0
    return past & (2 * (past[company] & there).sum(axis=1) >= np.maximum(there.sum(axis=1), 1))


def grouped(past: NDArray[np.bool_], company: Ints) -> tuple[NDArray[np.bool_], Ints]:
    """Cells (cells,) in groups of at least ten, connected as neighbours; and the group of each (cells,), numbered by
    decreasing size, otherwise -1."""
    place = np.cumsum(past) - 1
    rows, at = np.nonzero(past[:, None] & (company >= 0))
    to = company[rows, at]
    rows, to = rows[past[to]], to[past[to]]
    many = int(past.sum())
    joined_by = sparse.csr_matrix((np.ones(len(rows)), (place[rows], place[to])), (many, many))
    group = np.full(len(past), -1)
    if many:
        found = connected_components(joined_by, directed=False)[1]
        size = np.bincount(found)
        order = np.argsort(-size, kind="stable")
        rank = np.empty(len(size), dtype=np.intp)
        rank[order] = np.arange(len(size))
        group[past] = np.where(size[found] >= LEAST, rank[found], -1)
    return group >= 0, group


def level(scores: Sequence[Floats], company: Sequence[Ints], rate: float) -> float:
    """The p at or below which a cell counts for UNKNOWN, from ``rate`` to four times ``rate``: the largest value at
    which the whole rule (half of the neighbours, a group of ten) flags on average at most ``rate`` of a donor's known
    cells. The rule removes cells, so a limit of p = ``rate`` would be too strict. ``scores``: (cells,) for each
    held-out donor, nan for types missing from its reference; ``company``: for each donor, the neighbours of its cells
    as indices within it."""
    p = []
    for at, own in enumerate(scores):
        others = [each[np.isfinite(each)] for k, each in enumerate(scores) if k != at]
        donor = np.repeat(np.arange(len(others)), [len(each) for each in others])
        mine = np.ones(len(own))
        mine[np.isfinite(own)] = tail(own[np.isfinite(own)], np.concatenate(others), donor)
        p.append(mine)
    for most in np.linspace(MOST_LEVEL, 1, STEPS)[:-1] * rate:
        taken = [grouped(supported(own <= most, near), near)[0].mean() for own, near in zip(p, company, strict=True)]
        if np.mean(taken) <= rate:
            return float(most)
    return rate
