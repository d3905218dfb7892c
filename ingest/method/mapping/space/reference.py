"""The space of a reference, all of it derived from sums over cells.

Variable genes are scaled, projected to principal axes, and whitened by the covariance of cells WITHIN types, so that an
axis is weighted by how well it separates types and not by how much cells vary (the space of linear discriminants,
shrunk towards a sphere: Friedman 1989, doi 10.1080/01621459.1989.10478752). It contains type means, cluster centroids
with their sums N and C (Symphony, doi 10.1038/s41467-021-25957-x), and the cells, which are used only as neighbours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy import linalg

from ingest.method.mapping.space.cells import AT_ONCE, Strings
from ingest.method.mapping.space.correct import cluster_sums
from ingest.method.mapping.space.genes import use_of_genes
from ingest.method.mapping.space.geometry import Floats, Ints, group_means, group_sums, signed, unit
from ingest.method.mapping.space.harmony import joined, shifted
from ingest.method.mapping.space.values import Kind, Values
from kg.errors import MethodError
from kg.match.card import Card

CARD = Card(
    "closed-form-reference",
    "1",
    "principal axes of variable genes, whitened within types, with type means and the sums of soft clusters",
    (
        "the space depends on the labels: two types under one label are not separated",
        "all types are assumed to have the same covariance",
        "the covariance of the wide genes is estimated from at most 20,000 cells, balanced over donors and types",
    ),
    "10.1038/s41467-021-25957-x",
)
CLIP = 10.0  # standard deviations
SHRINK = 0.5  # of the within-type covariance towards a sphere
GENE_RIDGE = 0.1  # relative to the variance of a gene, for predicting missing genes from measured ones
COVARIANCE_CELLS, CENTROID_CELLS, ROUNDS = 20_000, 20_000, 15
CLUSTERINGS = 5  # a correction from a single clustering depends on its start


@dataclass(frozen=True)
class Reference:
    """G wide genes, the first g of which make the space of d axes; t types; k centroids; n cells.

    ``mean``, ``sd`` (G,): of the policy's values; ``loadings`` (g, d); ``whitening`` (d, d); ``gene_covariance`` (g,
    g): of scaled genes; ``means`` (t, d); of r clusterings ``centroids`` (r, k, d) of length 1, ``n`` (r, k) and
    ``sums`` (r, k, d); ``cells`` (n, d), ``code`` (n,) their type, ``donor`` (n,) their donor, from 1 (0: unknown);
    ``profile`` (t, G) and ``within`` (G, G): mean of scaled genes by type, covariance around it. Coordinates are in
    units of the spread within types. ``universe``: all genes counted in a cell's total. ``share``: each universe gene's
    share of all counts, if values are Pearson residuals; otherwise empty.
    """

    genes: Strings
    universe: Strings
    types: tuple[str, ...]
    donors: tuple[str, ...]
    mean: Floats
    sd: Floats
    loadings: Floats
    whitening: Floats
    gene_covariance: Floats
    means: Floats
    centroids: Floats
    n: Floats
    sums: Floats
    cells: Floats
    code: Ints
    donor: Ints
    profile: Floats
    within: Floats
    normalisation: Kind = "log"
    share: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def own(self) -> int:
        return len(self.loadings)

    @property
    def use(self) -> Floats:
        """Weight of each gene in the space (g,), summing to 1."""
        variance = np.einsum("ij,ij->j", self.loadings, self.gene_covariance @ self.loadings)
        return use_of_genes(self.loadings, variance)

    def projection(self, present: Ints) -> Floats:
        """Projection (measured genes, d) from scaled genes of the space to coordinates. The contribution of missing
        genes is predicted from the measured ones by ridge regression on the reference's covariance; they are never
        treated as 0."""
        full = self.loadings @ self.whitening
        if len(present) == self.own:
            return full
        missing = np.setdiff1d(np.arange(self.own), present)
        covariance = np.asarray(self.gene_covariance, float)
        left = covariance[np.ix_(present, present)]
        left = left + np.diag(GENE_RIDGE * np.maximum(np.diag(left), 1e-6))
        told = linalg.solve(left, covariance[np.ix_(present, missing)], assume_a="pos")
        return (full[present] + told @ full[missing]).astype(np.float32)


def scaled(values: Values, mean: Floats, sd: Floats) -> Iterator[tuple[int, Floats]]:
    """Blocks of cells: index of the first cell, and (value - mean) / sd clipped at 10, dense, single precision."""
    cells, genes = values.shape
    block = max(1, AT_ONCE // max(genes, 1))
    for start in range(0, cells, block):
        dense = values.dense(start, start + block)
        dense -= mean
        dense /= sd
        yield start, np.clip(dense, -CLIP, CLIP, out=dense)


def projected(values: Values, mean: Floats, sd: Floats, projection: Floats) -> Floats:
    """Coordinates (cells, d) of values (cells, genes of the projection)."""
    made = np.empty((values.shape[0], projection.shape[1]), np.float32)
    for start, block in scaled(values, mean, sd):
        made[start : start + len(block)] = block @ projection
    return made


def fit(
    values: Values,
    code: Ints,
    donor: Ints,
    *,
    own: int,
    genes: Strings,
    universe: Strings,
    types: tuple[str, ...],
    donors: tuple[str, ...],
    axes: int = 50,
    centroids: int = 50,
    normalisation: Kind = "log",
    share: Floats | None = None,
    study: Ints | None = None,
    seed: int = 0,
) -> Reference:
    """``values``: cells x wide genes, the first ``own`` of which make the space; ``code``, ``donor``: (cells,);
    ``share``: as the reference keeps it; ``study``: (cells,) 0, 1, ... of studies to be integrated, None for no
    correction. Every type must have a cell. Raises MethodError FEW_TYPES, FEW_CELLS."""
    cells, t = len(code), len(types)
    if t < 2:
        raise MethodError(f"a reference needs at least two types, not one ({', '.join(types)})", code="FEW_TYPES")
    axes = min(axes, own, cells - t - 1)
    if axes < 1:
        raise MethodError(f"{cells} cells of {t} types are too few: more cells than types are needed", code="FEW_CELLS")
    mean, sd = _scale(values)
    near = values.columns(np.arange(own))
    covariance = np.zeros((own, own))
    for _, block in scaled(near, mean[:own], sd[:own]):
        covariance += block.T @ block
    covariance /= cells
    _, vector = linalg.eigh(covariance, subset_by_index=(own - axes, own - 1))
    loadings = signed(vector[:, ::-1]).astype(np.float32)
    plain = projected(near, mean[:own], sd[:own], loadings)
    whitening = _whitening(plain - group_means(plain, code, t)[code])
    points = plain @ whitening
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(cells)[:CENTROID_CELLS])
    few = max(2, min(centroids, cells // 5))
    if study is not None:
        begin = spherical_kmeans(unit(shifted(points, study, code)[some]), few, rng)
        points = joined(points, study, code, begin, rng)
    centre = np.stack([spherical_kmeans(unit(points[some]), few, rng) for _ in range(CLUSTERINGS)])
    n, sums = (np.stack(each) for each in zip(*(cluster_sums(points, each) for each in centre), strict=True))
    profile, within = _profiles(values, mean, sd, code, donor, t)
    return Reference(
        genes, universe, types, donors, mean, sd, loadings, whitening, covariance.astype(np.float32),
        group_means(points, code, t), centre, n, sums, points, code.astype(np.int32), donor.astype(np.int32),
        profile, within, normalisation, np.zeros(0, np.float32) if share is None else share,
    )  # fmt: skip


def _scale(values: Values) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each gene, from the sums of values and squares."""
    cells, genes = values.shape
    first, second = np.zeros(genes), np.zeros(genes)
    block = max(1, AT_ONCE // max(genes, 1))
    for start in range(0, cells, block):
        dense = values.dense(start, start + block)
        first += dense.sum(axis=0, dtype=float)
        second += np.einsum("ij,ij->j", dense, dense, dtype=float)
    mean, square = first / cells, second / cells
    return mean.astype(np.float32), (np.sqrt(np.maximum(square - mean**2, 0)) + 1e-6).astype(np.float32)


def _whitening(deviation: Floats, shrink: float = SHRINK) -> Floats:
    """(d, d), symmetric: makes the shrunk covariance of deviations (cells, d) from type means the identity."""
    return whitener(np.asarray(deviation.T @ deviation, float) / len(deviation), shrink)


def whitener(within: Floats, shrink: float = SHRINK) -> Floats:
    """(d, d), symmetric: makes a covariance within types, shrunk towards a sphere, the identity."""
    axes = len(within)
    within = (1 - shrink) * within + shrink * np.trace(within) / axes * np.eye(axes)
    value, vector = linalg.eigh(within)
    value = np.maximum(value, 1e-12 * value.max())
    return ((vector / np.sqrt(value)) @ vector.T).astype(np.float32)


def _profiles(values: Values, mean: Floats, sd: Floats, code: Ints, donor: Ints, types: int) -> tuple[Floats, Floats]:
    """Mean of the scaled genes by type (t, G), and the covariance around it (G, G)."""
    genes = values.shape[1]
    total = np.zeros((types, genes))
    for start, block in scaled(values, mean, sd):
        total += group_sums(block, code[start : start + len(block)], types)
    profile = (total / np.maximum(np.bincount(code, minlength=types), 1)[:, None]).astype(np.float32)
    some = in_turn(code, donor, COVARIANCE_CELLS)
    within = np.zeros((genes, genes), np.float32)
    for start, block in scaled(values.rows(some), mean, sd):
        block -= profile[code[some[start : start + len(block)]]]
        within += block.T @ block
    return profile, within / len(some)


def in_turn(code: Ints, donor: Ints, most: int) -> Ints:
    """At most ``most`` cells, taken in turn from each donor and type, so that no donor dominates."""
    if len(code) <= most:
        return np.arange(len(code))
    group = np.unique(donor.astype(np.int64) * (int(code.max()) + 1) + code, return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    first = np.r_[0, np.cumsum(np.bincount(group))[:-1]]
    rank = np.empty(len(code), dtype=np.intp)
    rank[order] = np.arange(len(code)) - np.repeat(first, np.bincount(group))
    return np.sort(np.argsort(rank, kind="stable")[:most])


def spherical_kmeans(points: Floats, k: int, rng: np.random.Generator, rounds: int = ROUNDS) -> Floats:
    """Centroids (k, d) of length 1 of rows of length 1 (Dhillon 2001, doi 10.1023/A:1007612920971), seeded far apart
    (k-means++); a cluster that becomes empty keeps its centroid."""
    centre = np.empty((k, points.shape[1]), points.dtype)
    centre[0] = points[rng.integers(len(points))]
    gap = np.full(len(points), np.inf)
    for at in range(1, k):
        gap = np.minimum(gap, np.maximum(1 - points @ centre[at - 1], 0))
        whole = gap.sum()
        centre[at] = points[rng.choice(len(points), p=gap / whole) if whole > 0 else rng.integers(len(points))]
    for _ in range(rounds):
        nearest = (points @ centre.T).argmax(axis=1)
        total = group_sums(points, nearest, k)
        held = np.linalg.norm(total, axis=1) > 0
        centre[held] = unit(total[held])
    return centre
