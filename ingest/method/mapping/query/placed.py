"""Places a query in the space of a reference, before and after correction, and measures its deviations from the
assigned types."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.heads.head import by_means
from ingest.method.mapping.query import outside
from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.correct import correct
from ingest.method.mapping.space.genes import places, variable_genes
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.mapping.space.reference import Reference, projected, scaled
from ingest.method.mapping.space.values import Values, depths, valued

BLOCK = 20_000  # cells tested together for outside: keeps memory and time linear in cells


@dataclass(frozen=True)
class Placed:
    """``values``, ``counts``: of the measured wide genes; ``wide``: their indices in the reference; ``detected``
    (cells,): number of genes of the space detected; ``raw``, ``points`` (cells, d): coordinates before and after
    correction; ``by_library``: number of cells without pooled size factors."""

    counts: sparse.csr_matrix
    values: Values
    wide: Ints
    detected: Ints
    raw: Floats
    points: Floats
    by_library: int = 0


def place(
    reference: Reference, counts: sparse.csr_matrix, genes: Strings, batch: Ints, sample: Ints | None = None
) -> Placed:
    """``counts``: cells x genes; genes that the reference lacks do not count towards a cell's total; ``sample``
    (cells,): donors, None = one donor."""
    known = places(reference.universe, genes)
    shared = sparse.csr_matrix(counts[:, known[known >= 0]])
    one = np.zeros(counts.get_shape()[0], dtype=np.intp)
    depth = depths(shared, one if sample is None else sample, reference.normalisation, "query")
    at = places(reference.genes, genes)
    wide = np.flatnonzero(at >= 0)
    part = sparse.csr_matrix(counts[:, at[wide]])
    values = valued(part, depth.of, reference.normalisation, _shares(reference, known >= 0, wide), len(reference.code))
    own = int((wide < reference.own).sum())
    present = wide[:own]
    near = values.columns(np.arange(own))
    raw = projected(near, reference.mean[present], reference.sd[present], reference.projection(present))
    points = correct(raw, batch, reference.centroids, reference.n, reference.sums)
    detected = sparse.csr_matrix(part[:, :own]).getnnz(axis=1)
    return Placed(part, values, wide, detected, raw, points, depth.by_library)


def _shares(reference: Reference, there: NDArray[np.bool_], wide: Ints) -> Floats:
    """Share of each measured wide gene in the counts of all measured genes; empty if values are logs."""
    if not len(reference.share):
        return reference.share
    at = places(reference.genes[wide], reference.universe)
    return reference.share[at] / reference.share[there].sum()


@dataclass(frozen=True)
class Outside:
    """The measures of ``outside`` for each cell, on axes and the length (cells, 3; 2 if not ``crossed``), with
    (``whole``) and without (``stateless``) the shift shared by all types; ``strength`` (cells,): size of the shared
    shift, the same for cells tested together; ``company`` (cells, k): neighbours, -1 if there is none."""

    given: Ints
    whole: Floats
    stateless: Floats
    strength: Floats
    company: Ints


def outlying(
    reference: Reference,
    placed: Placed,
    group: Ints,
    seed: int,
    *,
    state: float | None = None,
    crossed: bool = True,
) -> Outside:
    """``group`` (cells,): groups tested separately, such as controls and cases. The variant without state is computed
    where the strength exceeds ``state`` (everywhere if None), and is nan elsewhere. ``crossed``: see ``measured``."""
    given = by_means(placed.points, reference.means).argmax(axis=1)
    cells = len(given)
    whole, stateless = np.full((2, cells, 3 if crossed else 2), np.nan)
    strength = np.full(cells, np.nan)
    company = np.full((cells, outside.COMPANY), -1)
    rng = np.random.default_rng(seed)
    lacking = np.setdiff1d(np.arange(reference.own), placed.wide)
    unmeasured = float(np.diag(reference.within)[lacking].sum(dtype=float))
    for each in np.unique(group):
        rows = rng.permutation(np.flatnonzero(group == each))
        for some in np.array_split(rows, -(-len(rows) // BLOCK)):
            some = np.sort(some)
            moved = _deviations(reference, placed, some, given[some])
            telling = _telling(reference, placed, some)
            near, points = moved[:, telling], placed.points[some]
            within = reference.within[np.ix_(placed.wide[telling], placed.wide[telling])]
            found = outside.measured(near, within, points, crossed=crossed, unmeasured=unmeasured)
            whole[some] = np.column_stack([found.axis, found.length])
            company[some, : found.company.shape[1]] = some[found.company]
            strength[some] = outside.strength(outside.Deviations(near, given[some]), within, len(reference.types))
            if state is None or strength[some[0]] > state:
                shared = outside.shared_axes(outside.Deviations(moved, given[some]), len(reference.types))
                within = reference.within[np.ix_(placed.wide, placed.wide)]
                rest = outside.without(moved, shared)
                found = outside.measured(
                    rest, within, points, telling, given[some], crossed=crossed, unmeasured=unmeasured
                )
                stateless[some] = np.column_stack([found.axis, found.length])
                if state is not None:
                    company[some, : found.company.shape[1]] = some[found.company]
    return Outside(given, whole, stateless, strength, company)


def _deviations(reference: Reference, placed: Placed, rows: Ints, given: Ints) -> Floats:
    moved = np.empty((len(rows), len(placed.wide)), np.float32)
    profile = reference.profile[:, placed.wide]
    for start, block in scaled(placed.values.rows(rows), reference.mean[placed.wide], reference.sd[placed.wide]):
        moved[start : start + len(block)] = block - profile[given[start : start + len(block)]]
    return moved


def _telling(reference: Reference, placed: Placed, rows: Ints) -> Ints:
    """Columns of the genes of the space, and of the same number of genes that vary most in the query."""
    own = np.flatnonzero(placed.wide < reference.own)
    varying = variable_genes([sparse.csr_matrix(placed.counts[rows])], reference.own)
    return np.union1d(own, varying)
