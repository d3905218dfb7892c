"""The parent's cells in its space: each donor is mapped to the others, and the donors of a submission to all of them.

A mapping needs only sums over cells, so a donor is held out by subtraction: nothing is refitted, and genes, loadings
and whitening stay. As these were fitted with the donor included, its agreement is slightly too good: a new donor
disagrees somewhat more than the parent's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.method.mapping.heads.head import by_means, tempered
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.space.correct import cluster_sums, correct
from ingest.method.mapping.space.geometry import Floats, Ints, group_sums
from kg.match.card import Card

CARD = Card(
    "donors-held-out-in-a-fixed-space",
    "1",
    "each donor mapped to the sums of the others, in the space of all donors; donors of a submission mapped to all",
    (
        "loadings and whitening include the held-out donor: its agreement is slightly too good",
        "uses type means only, whatever the head of the version",
    ),
    "10.1038/s41467-021-25957-x",
)
AT_ONCE, MOST_CELLS, MOST_DONORS = 20_000, 2_000, 40


@dataclass(frozen=True)
class Cells:
    """``points`` (n, d): coordinates before correction; ``code`` (n,): type, -1 = not in the tree; ``donor`` (n,): 0,
    1, ..., -1 = unknown."""

    points: Floats
    code: Ints
    donor: Ints

    @property
    def donors(self) -> Ints:
        known = np.unique(self.donor)
        return known[known >= 0]

    def some(self, rows: Ints | NDArray[np.bool_]) -> "Cells":
        return Cells(self.points[rows], self.code[rows], self.donor[rows])


@dataclass(frozen=True)
class Sums:
    """Sums over some cells: ``many`` (t,), ``total`` (t, d) by type; ``n`` (r, k), ``sums`` (r, k, d) by soft
    cluster."""

    many: Floats
    total: Floats
    n: Floats
    sums: Floats

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.many + other.many, self.total + other.total, self.n + other.n, self.sums + other.sums)

    def __sub__(self, other: "Sums") -> "Sums":
        n = np.maximum(self.n - other.n, 0)
        return Sums(self.many - other.many, self.total - other.total, n, self.sums - other.sums)

    @property
    def means(self) -> Floats:
        """Type means (t, d); 0 for a type without cells."""
        return self.total / np.maximum(self.many, 1)[:, None]


@dataclass(frozen=True)
class Space:
    """``centroids`` (r, k, d); ``temperature``: of the means; ``corrected``: whether batch effects of donors are
    removed."""

    tree: Tree
    centroids: Floats
    temperature: float
    corrected: bool

    def sums(self, cells: Cells) -> Sums:
        types, d = len(self.tree.types), cells.points.shape[1]
        r, k = self.centroids.shape[:2]
        made = Sums(np.zeros(types), np.zeros((types, d)), np.zeros((r, k)), np.zeros((r, k, d)))
        for start in range(0, len(cells.code), AT_ONCE):
            points, code = cells.points[start : start + AT_ONCE], cells.code[start : start + AT_ONCE]
            known = code >= 0
            n, sums = (np.stack(each) for each in zip(*(cluster_sums(points, c) for c in self.centroids), strict=True))
            made = made + Sums(
                np.bincount(code[known], minlength=types).astype(float),
                group_sums(np.asarray(points[known], float), code[known], types),
                n,
                sums,
            )
        return made

    def placed(self, points: Floats, ground: Sums) -> Floats:
        """Coordinates (n, d) of one donor's cells, corrected relative to the cells summed in ``ground``."""
        if not self.corrected:
            return points
        return correct(points, np.zeros(len(points), dtype=np.intp), self.centroids, ground.n, ground.sums)

    def log_p(self, placed: Floats, ground: Sums) -> Floats:
        """Log P (n, t); -inf for a type without cells."""
        scores = by_means(placed, ground.means)
        scores[:, ground.many <= 0] = -np.inf
        return tempered(scores, self.temperature)


@dataclass(frozen=True)
class Donor:
    """One donor mapped to others. ``rows`` (n,): of its cells; ``placed`` (n, d): coordinates; ``log_p`` (n, t);
    ``code`` (n,): types."""

    donor: int
    rows: Ints
    placed: Floats
    log_p: Floats
    code: Ints


@dataclass(frozen=True)
class Parent:
    """``cells``: a sample from each held-out donor; ``own``: sums of ALL cells of each of these donors; ``total``: sums
    of all cells of the version."""

    space: Space
    cells: Cells
    total: Sums
    own: dict[int, Sums]

    @classmethod
    def of(cls, space: Space, cells: Cells, most: int = MOST_CELLS, seed: int = 0) -> "Parent":
        """From a version's cells. At most ``MOST_DONORS`` donors are held out, drawn at random, with at most ``most``
        cells each, balanced over types, so that the work does not grow with the version."""
        asked, rows = held_out_rows(cells.donor, cells.code, most, seed)
        own = {int(d): space.sums(cells.some(np.flatnonzero(cells.donor == d))) for d in asked}
        total = space.sums(cells.some(np.flatnonzero(~np.isin(cells.donor, asked))))
        for each in own.values():
            total = total + each
        return cls(space, cells.some(rows), total, own)

    @cached_property
    def held_out(self) -> tuple[Donor, ...]:
        """Each donor mapped to the others."""
        return tuple(self._held_out())

    def _held_out(self) -> Iterator[Donor]:
        for d, own in self.own.items():
            ground = self.total - own
            rows = np.flatnonzero((self.cells.donor == d) & (ground.many[self.cells.code] > 0))
            if len(rows):
                placed = self.space.placed(self.cells.points[rows], ground)
                yield Donor(d, rows, placed, self.space.log_p(placed, ground), self.cells.code[rows])

    def mapped(self, cells: Cells) -> tuple[Donor, ...]:
        """The donors of a submission, each mapped to all of the parent, including cells of types not in the tree."""
        made = []
        for d in cells.donors:
            rows = np.flatnonzero(cells.donor == d)
            placed = self.space.placed(cells.points[rows], self.total)
            made.append(Donor(int(d), rows, placed, self.space.log_p(placed, self.total), cells.code[rows]))
        return tuple(made)


def held_out_rows(donor: Ints, code: Ints, most: int = MOST_CELLS, seed: int = 0) -> tuple[Ints, Ints]:
    """The held-out donors, and the rows of their cells that are mapped."""
    rng, known = np.random.default_rng(seed), np.unique(donor)
    asked = np.sort(rng.permutation(known[known >= 0])[:MOST_DONORS])
    some = [in_turn(np.flatnonzero(donor == d), code, most, rng) for d in asked]
    return asked, np.concatenate([np.zeros(0, np.intp), *some])


def in_turn(rows: Ints, code: Ints, most: int, rng: np.random.Generator) -> Ints:
    """At most ``most`` of the rows, balanced over types, so that rare types are kept completely."""
    if len(rows) <= most:
        return rows
    rows = rng.permutation(rows)
    rank = np.zeros(len(rows), dtype=np.intp)
    for t in np.unique(code[rows]):
        at = code[rows] == t
        rank[at] = np.arange(at.sum())
    return np.sort(rows[np.argsort(rank, kind="stable")[:most]])


def as_many(code: Ints, many: Ints, rng: np.random.Generator) -> Ints:
    """Rows with as many cells per type as before (all, for new types), drawn from old and new cells, because denser
    types are nearer."""
    order = rng.permutation(len(code))
    parts = [order[code[order] == t] for t in range(len(many))]
    return np.concatenate([rows[: n or len(rows)] for rows, n in zip(parts, many, strict=True)])
