"""How far a cell lies outside the reference, judged together with its neighbours in the query.

A single cell of an unseen type is hardly farther away than a noisy cell of a known type, but fifteen cells that deviate
in the same way are. So a cell's deviation from its assigned type is averaged over its neighbours in the query before
its length is taken, on the axes along which the query itself deviates most (an unseen type creates such an axis; the
reference's own axes need not contain it), in units of the reference's spread there; the same is done for its distance
in the space. Axes fitted to few cells show their noise, so that each half of the cells is measured on the axes of the
other half too. Distances are in units of what the reference varies over the same genes. Neighbourhoods of cells follow
Milo (Dann 2022, doi 10.1038/s41587-021-01033-z).

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
        "known cells of one type, mapped without the other types of their donors, are called UNKNOWN more often",
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


def own_axes(moved: Floats, most: int = AXES) -> Floats:
    """Axes (G, axes) along which cells deviate most from their mean."""
    cells, genes = moved.shape
    most = min(most, genes - 1, cells - 1)
    if most < 1:
        return np.zeros((genes, 0), moved.dtype)
    centre = moved.mean(axis=0)

    def times(v: Floats) -> Floats:
        v = np.asarray(v, moved.dtype).ravel()
        along = moved @ v - centre @ v
        return (along @ moved - along.sum() * centre) / cells

    operator = LinearOperator((genes, genes), matvec=times, dtype=moved.dtype)  # pyright: ignore[reportCallIssue]
    start = np.ones(genes, moved.dtype)
    _, axes = eigsh(operator, k=most, v0=start, tol=1e-3)  # pyright: ignore[reportArgumentType]
    return signed(axes[:, ::-1])


def along(moved: Floats, within: Floats, axes: Floats) -> tuple[Floats, Floats]:
    """Coordinates (cells, axes) relative to the median, and the variance (axes,) of the reference within types."""
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
    """For each cell and its neighbours: ``axis`` (cells, 2): log squared length of their mean coordinates on the main
    axes of all cells; and that of those in its half on the main axes of the other half; ``length`` (cells,): their mean
    log squared deviation; ``company`` (cells, k): the neighbours, the cell itself first."""

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
    *,
    crossed: bool = True,
    unmeasured: float = 0.0,
) -> Measured:
    """``moved`` (cells, G): deviations from the profile of the assigned type; ``within`` (G, G): covariance of the
    reference within types; ``points`` (cells, d): coordinates; ``telling``: genes used for the length; ``given``
    (cells,): in a state, the assigned types, each judged by the variance of the others. ``crossed``: squared deviations
    are divided by the variance of the reference within types over the same genes; without it, as in versions calibrated
    before, they are not, and ``axis`` is (cells, 1), of all cells. ``unmeasured``: the variance of those genes
    of the space that the query lacks: they count as not deviating, so that a panel of responding genes lengthens
    nothing."""
    at, variance = along(moved, within, own_axes(moved))
    place = np.concatenate([points, (at / np.sqrt(variance)).astype(at.dtype)], axis=1)
    near = nearest(place, place, company)[0]
    every = np.ones(len(moved), dtype=bool)
    axis = [_along_of(at, variance, given, near, every)]
    if crossed:
        half, other = np.arange(len(moved)) % 2 == 0, np.empty(len(moved))
        for rows in (half, ~half):
            found = _along_of(*along(moved, within, own_axes(moved[~rows])), given, near, rows)
            other[rows] = found[rows]
        axis.append(other)
    far = moved[:, telling]
    usual = max(float(np.diag(within)[telling].sum(dtype=float)) + unmeasured, TINY) if crossed else 1.0
    length = np.log(np.maximum(np.einsum("ij,ij->i", far, far, dtype=float) / usual, TINY))
    return Measured(np.stack(axis, axis=1), length[near].mean(axis=1), near)


def _along_of(at: Floats, variance: Floats, given: Ints | None, near: Ints, rows: NDArray[np.bool_]) -> Floats:
    """Log squared length (cells,) of the mean coordinates of the neighbours that are among ``rows``; of cells that are
    not among them it is of no use."""
    at = at / np.sqrt(variance if given is None else variance + of_others(at, given))
    among = rows[near].astype(float)
    mean = np.einsum("ij,ijk->ik", among, at[near], dtype=float) / np.maximum(among.sum(axis=1, keepdims=True), 1)
    return np.log(np.maximum((mean**2).sum(axis=1), TINY))


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
    """Mean and standard deviation, in held-out cells, of the measures on axes and, last, of the length. A score is the
    sum of the length and of the smaller measure on axes in these units: what is seen by one only is the noise of few
    cells, or what many cells of known types do."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]

    @classmethod
    def of(cls, values: Floats) -> "Scale":
        """``values``: (cells, measures)."""
        return cls(tuple(map(float, values.mean(axis=0))), tuple(float(max(each, TINY)) for each in values.std(axis=0)))

    def score(self, values: Floats) -> Floats:
        """(cells,) of ``values`` (cells, measures)."""
        units = (values - np.array(self.mean)) / np.array(self.sd)
        return units[:, :-1].min(axis=1) + units[:, -1]


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
