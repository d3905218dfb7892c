"""Assigns types by correlation with type means over marker genes, on random subsets of the markers (as in MapMyCells:
Yao 2023, doi 10.1038/s41586-023-06812-z). Cells are summarised as sums of log2(CPM + 1) by type and gene, as in
MapMyCells' precomputed statistics; sums of studies can be added."""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from ingest.method.mapping.space.cells import Strings, log2_cpm
from ingest.method.mapping.space.genes import places
from ingest.method.mapping.space.geometry import Floats, Ints, unit
from kg.errors import MethodError, broken
from kg.match.card import Card

CARD = Card(
    "bootstrap-correlation",
    "1",
    "the type with the highest correlation over 90% of the marker genes, a hundred times; P is the share of votes",
    (
        "flat: all types compete at once, P of a node is the sum over its types; `hierarchical` goes down the tree",
        "votes measure how the choice depends on the genes, not how often it is right",
    ),
    "10.1038/s41586-023-06812-z",
)
MARKERS, ROUNDS, SHARE = 15, 100, 0.9
MOST_COMPARED = 60  # types compared in pairs, whose number grows quadratically


@dataclass(frozen=True)
class TypeStatistics:
    """``n_cells`` (t,); ``sum``, ``sumsq``, ``gt0``, ``gt1``, ``ge1`` (t, genes): sum and sum of squares of log2(CPM +
    1), and numbers of cells with a value > 0, > 1, >= 1 (no columns if a file lacks them). ``lookup``: marker genes of
    nodes of the tree ("" is its root), if a file lists them."""

    types: tuple[str, ...]
    genes: Strings
    n_cells: Floats
    sum: Floats
    sumsq: Floats
    gt0: Floats
    gt1: Floats
    ge1: Floats
    lookup: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), kw_only=True)

    def __add__(self, other: "TypeStatistics") -> "TypeStatistics":
        """The union of types; genes must be the same. Raises ContractError OTHER_GENES."""
        if not np.array_equal(self.genes, other.genes):
            raise broken(
                "OTHER_GENES",
                "statistics",
                "statistics can be added only for the same genes in the same order",
                f"{len(self.genes)} and {len(other.genes)} genes",
                "compute the statistics of both studies over their common genes",
            )
        types = tuple(sorted({*self.types, *other.types}))
        total: list[Floats] = []
        for name in ("n_cells", "sum", "sumsq", "gt0", "gt1", "ge1"):
            mine, theirs = getattr(self, name), getattr(other, name)
            joint = np.zeros((len(types), *mine.shape[1:]))
            joint[[types.index(each) for each in self.types]] += mine
            joint[[types.index(each) for each in other.types]] += theirs
            total.append(joint)
        return TypeStatistics(types, self.genes, *total)

    def of(self, types: Ints) -> "TypeStatistics":
        """The statistics of some types, by index."""
        values = (getattr(self, name)[types] for name in ("n_cells", "sum", "sumsq", "gt0", "gt1", "ge1"))
        return TypeStatistics(tuple(self.types[at] for at in types), self.genes, *values)

    def pooled(self, group: Ints) -> "TypeStatistics":
        """Sums over groups of types, named by number. ``group`` (t,): 0, 1, ..."""
        names = np.unique(group)
        member = (group == names[:, None]).astype(float)
        values = (member @ getattr(self, name) for name in ("n_cells", "sum", "sumsq", "gt0", "gt1", "ge1"))
        return TypeStatistics(tuple(map(str, names)), self.genes, *values)

    @property
    def mean(self) -> Floats:
        return self.sum / np.maximum(self.n_cells, 1)[:, None]

    @property
    def variance(self) -> Floats:
        n = np.maximum(self.n_cells, 1)[:, None]
        return np.maximum(self.sumsq - self.sum**2 / n, 0) / np.maximum(n - 1, 1)


def statistics(counts: sparse.csr_matrix, genes: Strings, labels: Strings) -> TypeStatistics:
    """Statistics of one study; unlabelled cells (``""``) are left out."""
    kept = np.flatnonzero(labels != "")
    types, code = np.unique(labels[kept], return_inverse=True)
    values = log2_cpm(sparse.csr_matrix(counts[kept]))
    member = sparse.csr_matrix((np.ones(len(kept)), (code, np.arange(len(kept)))), (len(types), len(kept)))

    def total(data: Floats) -> Floats:
        each = sparse.csr_matrix((data.astype(float), values.indices, values.indptr), values.shape)
        return sparse.csr_matrix(member @ each).toarray()

    one = np.asarray(values.data, float)
    return TypeStatistics(
        tuple(map(str, types)), genes, np.bincount(code, minlength=len(types)).astype(float),
        *(total(each.astype(float)) for each in (one, one**2, one > 0, one > 1, one >= 1)),
    )  # fmt: skip


def markers(found: TypeStatistics, most: int = MARKERS, group: Ints | None = None) -> Ints:
    """Columns of marker genes: the best ``most`` for each ordered pair of types, by difference over spread. ``group``
    (t,): types of the same group are not compared; if there are many types, groups are compared instead, by their sums.
    """
    group = np.arange(len(found.types)) if group is None else group
    if len(found.types) > MOST_COMPARED:
        found, group = found.pooled(group), np.unique(group)
    mean, variance = found.mean, found.variance
    kept: list[Ints] = []
    for i in range(len(mean)):
        for j in range(len(mean)):
            if group[i] != group[j]:
                apart = (mean[i] - mean[j]) / np.sqrt(variance[i] + variance[j] + 0.05)
                best = np.argsort(-apart, kind="stable")[:most]
                kept.append(best[apart[best] > 0])
    return np.unique(np.concatenate(kept)) if kept else np.zeros(0, dtype=np.intp)


def measured(found: TypeStatistics, chosen: Ints, genes: Strings) -> tuple[Ints, Ints]:
    """The chosen columns that the query has: (their columns, their columns in the query)."""
    at = places(found.genes[chosen], genes)
    return chosen[at >= 0], at[at >= 0]


def by_correlation(
    found: TypeStatistics, counts: sparse.csr_matrix, genes: Strings, *, seed: int = 0, rounds: int = ROUNDS
) -> Floats:
    """P (cells, t): share of the rounds that each type won. Raises MethodError NO_MARKERS if fewer than two marker
    genes are measured."""
    chosen, at = measured(found, markers(found), genes)
    if len(chosen) < 2:
        raise no_markers()
    values = np.asarray(log2_cpm(counts)[:, at].toarray())
    every = np.arange(len(found.types))
    return votes(values, found.mean[:, chosen], every, np.random.default_rng(seed), rounds) / rounds


def votes(values: Floats, mean: Floats, group: Ints, rng: np.random.Generator, rounds: int) -> Floats:
    """Number of rounds (cells, groups) in which the type with the highest correlation belongs to the group. ``values``
    (cells, markers); ``mean`` (types, markers); ``group`` (types,): 0, 1, ..."""
    made = np.zeros((len(values), int(group.max()) + 1))
    size = max(2, round(SHARE * values.shape[1]))
    rows = np.arange(len(values))
    for _ in range(rounds):
        some = rng.choice(values.shape[1], size, replace=False)
        made[rows, group[(_centred(values[:, some]) @ _centred(mean[:, some]).T).argmax(axis=1)]] += 1
    return made


def no_markers() -> MethodError:
    return MethodError("fewer than two marker genes of the reference are measured in the query", code="NO_MARKERS")


def _centred(rows: Floats) -> Floats:
    return unit(rows - rows.mean(axis=1, keepdims=True))
