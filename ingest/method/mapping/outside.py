"""How far a cell lies from all that the reference knows, judged with its neighbours in the query.

One cell of an unseen type is hardly farther off than a noisy cell of a known one; fifteen that all deviate the same way
are. So a cell's deviation from the type it was given is averaged over its neighbours in the query before its length is
taken, on the axes along which the query itself deviates most (an unseen type makes such an axis; the reference's own
axes need not hold it), in units of the reference's spread there; and so is its distance in the space. Neighbourhoods of
cells are the idea of Milo (Dann 2022, doi 10.1038/s41587-021-01033-z).

What all types do together is a state or a batch, not a type: in the variant without state the axes that the types share
in their mean deviation are removed first. What each type does in such a state in its own way is left; how much that is
the other types show, and an axis along which they differ more counts for less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh

from ingest.method.mapping.geometry import TINY, Floats, Ints, group_means, signed, unit
from ingest.method.mapping.neighbours import nearest
from kg.match.card import Card

CARD = Card(
    "outside-score",
    "1",
    "deviation of a cell and its neighbours in the query from the type given, along the query's own main axes",
    (
        "it takes company: ten cells of an unseen type among hundreds are found half of the time",
        "a state of one type alone is not told from a new type: ask the controls first",
        "its p is that of whole donors held out: a study of another platform is not one of them",
    ),
    "10.1038/s41587-021-01033-z",
)
COMPANY, AXES, STATES, LEAST = 15, 5, 2, 10
MOST_LEVEL, STEPS = 4.0, 13


@dataclass(frozen=True)
class Deviations:
    """``moved`` (cells, G): scaled genes less the profile of the type given; ``given`` (cells,)."""

    moved: Floats
    given: Ints


def shared_axes(found: Deviations, types: int, most: int = STATES, least: int = LEAST) -> Floats:
    """(axes, G): what the types given share in their mean deviation; none where too few types have ``least`` cells."""
    many = np.bincount(found.given, minlength=types)
    shift = group_means(found.moved, found.given, types)[many >= least]
    if len(shift) <= most:
        return np.zeros((0, found.moved.shape[1]), found.moved.dtype)
    return linalg.svd(unit(shift), full_matrices=False)[2][:most].astype(found.moved.dtype)


def own_axes(moved: Floats, within: Floats, most: int = AXES) -> tuple[Floats, Floats]:
    """Place (cells, axes) of each cell on the axes along which the query deviates most, from its median; and the
    variance (axes,) of the reference within types there."""
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
    """(cells, axes): of the types given except a cell's own that have ``least`` cells, the mean square of their mean
    places ``at`` (cells, axes); 0 where there is none."""
    types, code = np.unique(given, return_inverse=True)
    square = group_means(at, code, len(types)).astype(float) ** 2
    square[np.bincount(code) < least] = 0
    some = np.bincount(code) >= least
    others = np.maximum(some.sum() - some, 1)[:, None]
    return np.maximum(square.sum(axis=0) - square, 0)[code] / others[code]


@dataclass(frozen=True)
class Measured:
    """Of each cell (cells,): ``axis``: log squared length of the mean place of its company on the query's own axes;
    ``length``: mean log squared deviation of its company; ``company`` (cells, k): who they are, itself first."""

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
    """``moved`` (cells, G): deviations from the profile of the type given; ``within`` (G, G): of the reference;
    ``points`` (cells, d): coordinates; ``telling``: genes whose deviations make the length; ``given`` (cells,): in a
    state the types, each measured by what the others do."""
    at, variance = own_axes(moved, within)
    place = np.concatenate([points, (at / np.sqrt(variance)).astype(at.dtype)], axis=1)
    near = nearest(place, place, company)[0]
    at = at / np.sqrt(variance if given is None else variance + of_others(at, given))
    axis = np.log(np.maximum((at[near].mean(axis=1, dtype=float) ** 2).sum(axis=1), TINY))
    far = moved[:, telling]
    length = np.log(np.maximum(np.einsum("ij,ij->i", far, far, dtype=float), TINY))
    return Measured(axis, length[near].mean(axis=1), near)


def without(moved: Floats, axes: Floats) -> Floats:
    """Deviations (cells, G) less their part along ``axes`` (a, G), which are orthonormal."""
    return moved - (moved @ axes.T) @ axes


def strength(found: Deviations, within: Floats, types: int) -> float:
    """How far the types given lie along what they share, in squared standard deviations of the reference within types.

    Every other cell of a type gives the axes and one shift, the rest another; the median over types of their product is
    about 0 where nothing is shared, however few the cells, or where one type alone deviates, however far. nan where too
    few types have cells enough to share anything.
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
    """What held-out cells have: mean and standard deviation of axis and of length. A score is the sum of both in these
    units, so that neither leads."""

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
    """p (cells,): the share of held-out cells that lie as far or farther, donors weighing alike.

    ``held``, ``donor``: (cells held out,). A cell beyond all of a donor's n has 1 / (n + 1) of it.
    """
    donors = np.unique(donor)
    p = np.zeros(len(score))
    for each in donors:
        own = np.sort(held[donor == each])
        p += (len(own) - np.searchsorted(own, score, side="left") + 1) / (len(own) + 1)
    return p / max(len(donors), 1)


def supported(past: NDArray[np.bool_], company: Ints) -> NDArray[np.bool_]:
    """Cells past the limit of which half of the company is past it too: one odd cell is not a type. ``company``
    (cells, k): -1 where there is none."""
    there = company >= 0
    return past & (2 * (past[company] & there).sum(axis=1) >= np.maximum(there.sum(axis=1), 1))


def grouped(past: NDArray[np.bool_], company: Ints) -> tuple[NDArray[np.bool_], Ints]:
    """Cells of groups of ten or more, joined by their company; (cells,) the group of each, largest first, else -1."""
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
    """The p at or below which a cell counts for UNKNOWN, ``rate`` to four times that: the largest at which the whole
    rule (half of the company, a group of ten) takes at most ``rate`` of the known cells of a donor, in the mean.

    Company takes cells away, so that one at p = ``rate`` finds fewer than it may. ``scores``: (cells,) of each donor
    held out, nan of a type that its reference lacked; ``company``: of each, its cells' places in it.
    """
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
