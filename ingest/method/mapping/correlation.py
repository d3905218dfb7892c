"""Types by correlation to their means over marker genes, a subset of the markers at a time (the rule of MapMyCells: Yao
2023, doi 10.1038/s41586-023-06812-z).

What is kept of cells are sums by type and gene of log2(CPM + 1), as MapMyCells precomputes them; studies add.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from ingest.method.mapping.cells import Strings, log2_cpm
from ingest.method.mapping.genes import places
from ingest.method.mapping.geometry import Floats, Ints, unit
from kg.errors import MethodError, broken
from kg.match.card import Card

CARD = Card(
    "bootstrap-correlation",
    "1",
    "the type of highest correlation over 90% of the marker genes, a hundred times; P is the share of votes",
    (
        "flat: all types compete at once, P of a node is the sum of its types'; `hierarchical` goes down the tree",
        "votes say how the choice depends on genes, not how often it is right",
    ),
    "10.1038/s41586-023-06812-z",
)
MARKERS, ROUNDS, SHARE = 15, 100, 0.9
MOST_COMPARED = 60  # types compared in pairs: their number grows with the square


@dataclass(frozen=True)
class TypeStatistics:
    """``n_cells`` (t,); ``sum``, ``sumsq``, ``gt0``, ``gt1``, ``ge1`` (t, genes): of log2(CPM + 1) the sum, the sum of
    squares, and the cells above 0, above 1, at 1 or above (no columns where a file lacks them). ``lookup``: marker
    genes of a node of the tree ("" is its root), where a file names them."""

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
        """Types of either; genes must be the same. Raises ContractError OTHER_GENES."""
        if not np.array_equal(self.genes, other.genes):
            raise broken(
                "OTHER_GENES",
                "statistics",
                "statistics that are added have the same genes in one order",
                f"{len(self.genes)} and {len(other.genes)} genes",
                "take the statistics of both studies over the genes that they share",
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
        """Some of the types, by their places."""
        values = (getattr(self, name)[types] for name in ("n_cells", "sum", "sumsq", "gt0", "gt1", "ge1"))
        return TypeStatistics(tuple(self.types[at] for at in types), self.genes, *values)

    def pooled(self, group: Ints) -> "TypeStatistics":
        """The sums of groups (t,), which are named by their numbers."""
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
    """Of one study; cells without a label (``""``) are left out."""
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
    """Columns of the genes that tell types apart: ``most`` of each ordered pair, by difference over spread. ``group``
    (t,): types of one group need not be told apart; where types are many, groups are compared instead, by their sums.
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
    """Of chosen columns those that the query has, and where: column there, column of the query."""
    at = places(found.genes[chosen], genes)
    return chosen[at >= 0], at[at >= 0]


def by_correlation(
    found: TypeStatistics, counts: sparse.csr_matrix, genes: Strings, *, seed: int = 0, rounds: int = ROUNDS
) -> Floats:
    """P (cells, t): share of the rounds that a type won. Raises MethodError NO_MARKERS if none of them is measured."""
    chosen, at = measured(found, markers(found), genes)
    if len(chosen) < 2:
        raise no_markers()
    values = np.asarray(log2_cpm(counts)[:, at].toarray())
    every = np.arange(len(found.types))
    return votes(values, found.mean[:, chosen], every, np.random.default_rng(seed), rounds) / rounds


def votes(values: Floats, mean: Floats, group: Ints, rng: np.random.Generator, rounds: int) -> Floats:
    """(cells, groups): rounds in which the type of best correlation is of the group. ``values`` (cells, markers);
    ``mean`` (types, markers); ``group`` (types,): 0, 1, ..."""
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
