"""Types by correlation to their means over marker genes, a subset of the markers at a time (the rule of MapMyCells: Yao
2023, doi 10.1038/s41586-023-06812-z).

What is kept of cells are sums by type and gene of log2(CPM + 1), as MapMyCells precomputes them; studies add.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ingest.method.mapping.cells import Strings
from ingest.method.mapping.genes import places
from ingest.method.mapping.geometry import Floats, Ints, unit
from kg.errors import MethodError, broken
from kg.match.card import Card

CARD = Card(
    "bootstrap-correlation",
    "1",
    "the type of highest correlation over 90% of the marker genes, a hundred times; P is the share of votes",
    (
        "flat: all types compete at once, P of a node is the sum of its types'",
        "votes say how the choice depends on genes, not how often it is right",
    ),
    "10.1038/s41586-023-06812-z",
)
MARKERS, ROUNDS, SHARE, MILLION = 15, 100, 0.9, 1e6


@dataclass(frozen=True)
class TypeStatistics:
    """``n_cells`` (t,); ``sum``, ``sumsq``, ``gt0``, ``gt1``, ``ge1`` (t, genes): of log2(CPM + 1) the sum, the sum of
    squares, and the cells above 0, above 1, at 1 or above."""

    types: tuple[str, ...]
    genes: Strings
    n_cells: Floats
    sum: Floats
    sumsq: Floats
    gt0: Floats
    gt1: Floats
    ge1: Floats

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

    @property
    def mean(self) -> Floats:
        return self.sum / np.maximum(self.n_cells, 1)[:, None]

    @property
    def variance(self) -> Floats:
        n = np.maximum(self.n_cells, 1)[:, None]
        return np.maximum(self.sumsq - self.sum**2 / n, 0) / np.maximum(n - 1, 1)


def log2_cpm(counts: sparse.csr_matrix, total: Floats | None = None) -> sparse.csr_matrix:
    """log2(1 + counts per million of the cell), CSR. ``total``: (cells,), of these genes if None."""
    depth = np.asarray(counts.sum(axis=1), float).ravel() if total is None else total
    made = sparse.csr_matrix(sparse.diags(MILLION / np.maximum(depth, 1)) @ counts)
    made.data = np.log1p(made.data) / np.log(2)
    return made


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


def markers(found: TypeStatistics, most: int = MARKERS) -> Ints:
    """Columns of the genes that tell pairs of types apart: ``most`` of each ordered pair, by difference over spread."""
    mean, variance = found.mean, found.variance
    kept: list[Ints] = []
    for i in range(len(mean)):
        for j in range(len(mean)):
            if i != j:
                apart = (mean[i] - mean[j]) / np.sqrt(variance[i] + variance[j] + 0.05)
                best = np.argsort(-apart, kind="stable")[:most]
                kept.append(best[apart[best] > 0])
    return np.unique(np.concatenate(kept)) if kept else np.zeros(0, dtype=np.intp)


def by_correlation(
    found: TypeStatistics, counts: sparse.csr_matrix, genes: Strings, *, seed: int = 0, rounds: int = ROUNDS
) -> Floats:
    """P (cells, t): share of the rounds that a type won. Raises MethodError NO_MARKERS if none of them is measured."""
    chosen = markers(found)
    at = places(found.genes[chosen], genes)
    chosen, at = chosen[at >= 0], at[at >= 0]
    if len(chosen) < 2:
        raise MethodError("fewer than two marker genes of the reference are measured in the query", code="NO_MARKERS")
    values = np.asarray(log2_cpm(counts)[:, at].toarray())
    mean = found.mean[:, chosen]
    rng = np.random.default_rng(seed)
    votes = np.zeros((len(values), len(found.types)))
    size = max(2, round(SHARE * len(chosen)))
    rows = np.arange(len(values))
    for _ in range(rounds):
        some = rng.choice(len(chosen), size, replace=False)
        votes[rows, (_centred(values[:, some]) @ _centred(mean[:, some]).T).argmax(axis=1)] += 1
    return votes / rounds


def _centred(rows: Floats) -> Floats:
    return unit(rows - rows.mean(axis=1, keepdims=True))
