"""Requirements for mapping a study, each with its own error; and whether its controls are near the reference."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from ingest.method.mapping.space.cells import MILLION, TARGET_SUM, Query, Strings
from ingest.method.mapping.space.genes import places
from ingest.method.mapping.space.geometry import Floats, Ints, squared
from ingest.method.mapping.space.reference import Reference
from kg.errors import broken
from kg.match.card import Card

CARD = Card(
    "mapping-gates",
    "1",
    "counts, species, genes weighted by use, batches; controls near the reference's healthy donors, before correction",
    (
        "controls near in the space may still differ in genes outside it",
        "with fewer than five healthy donors in the reference, or no controls in the study, it is reported as not"
        " testable",
    ),
    "10.1038/s41588-023-01523-7",
)
LEAST_DONORS, LEVEL, MOST_NAMED = 5, 0.05, 10
LARGEST_LOG = 30.0  # log2 of 10^9
LEAST_DUE, LEAST_PROOFS = 10.0, 3
Nearness = Literal["near", "far", "not testable"]


@dataclass(frozen=True)
class Present:
    """Measured genes. ``at`` (G,): column of each gene of the reference in the query, -1 if missing; ``use``: share of
    the space's weight carried by the measured genes, 0 to 1; ``missing``: missing genes of the space, by decreasing
    weight."""

    at: Ints
    use: float
    missing: tuple[str, ...]


def check_counts(counts: sparse.csr_matrix, genes: Strings, where: str) -> None:
    """Raises ContractError NO_CELLS, OTHER_GENES, GENES_TWICE, NOT_COUNTS."""
    cells, columns = counts.get_shape()
    if not cells or not columns:
        raise broken(
            "NO_CELLS",
            where,
            "a study must have cells and genes",
            f"{cells} cells, {columns} genes",
            "give a study that is not empty",
        )
    if columns != len(genes):
        raise broken(
            "OTHER_GENES", where, "one gene per column of the counts", f"{columns} columns, {len(genes)} genes",
            "give one name per column",
        )  # fmt: skip
    names, many = np.unique(genes, return_counts=True)
    if len(names) < len(genes):
        twice = ", ".join(names[many > 1][:MOST_NAMED])
        raise broken(
            "GENES_TWICE", where, "each gene may have only one column", twice, "sum the columns of the same gene"
        )
    data = counts.data
    bad = ~np.isfinite(data) | (data < 0)
    if not whole(counts) and data.max(initial=0) <= LARGEST_LOG:
        bad |= data != np.round(data)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        row = int(np.searchsorted(counts.indptr, first, side="right")) - 1
        raise broken(
            "NOT_COUNTS",
            f"{where}, cell {row + 1}, gene {genes[counts.indices[first]]}",
            f"values must be non-negative counts or estimated counts; fractions all below {LARGEST_LOG:g} are taken"
            " for logs",
            f"{data[first]:g}; {bad.sum()} of {len(data)} values",
            "give the layer with raw counts, not logs or scaled values",
        )


def whole(counts: sparse.csr_matrix) -> bool:
    """Whether all values are whole numbers. If not, values that passed the gate are estimated counts."""
    return bool((counts.data == np.round(counts.data)).all())


def check_species(query: str, reference: str) -> None:
    """Raises ContractError OTHER_SPECIES if both are known and differ."""
    if query and reference and query != reference:
        raise broken(
            "OTHER_SPECIES",
            "query",
            f"study and reference must be from the same species, {reference}",
            query,
            "map it to a reference of its own species, or replace its genes by orthologs and give the reference's"
            " taxon",
        )


def check_genes(reference: Reference, genes: Strings, least: float) -> Present:
    """Finds the reference's genes in the query. Raises ContractError MISSING_GENES if the measured genes carry less
    than ``least`` (0 to 1) of the space's weight."""
    at = places(reference.genes, genes)
    use = reference.use
    there = at[: reference.own] >= 0
    share = float(use[there].sum())
    lacking = np.flatnonzero(~there)
    order = lacking[np.argsort(-use[lacking], kind="stable")]
    missing = tuple(str(each) for each in reference.genes[order])
    if share < least:
        named = ", ".join(missing[:MOST_NAMED]) + (", …" if len(missing) > MOST_NAMED else "")
        raise broken(
            "MISSING_GENES",
            "query genes",
            f"the measured genes carry at least {least:g} of the weight of the reference's space",
            f"{share:.2f}; {len(missing)} of {reference.own} are missing: {named}",
            "give all measured genes, with the ids of the reference; missing genes are never treated as 0",
        )
    return Present(at, share, missing)


def unmeasured(reference: Reference, counts: sparse.csr_matrix, genes: Strings) -> NDArray[np.bool_]:
    """Columns (genes,) of zeros that are not measurements: some tools fill missing genes with zeros. A file counts as
    filled if three genes of the reference have no count in any cell although even the type with the lowest expression
    would give ten; then every all-zero column is unmeasured. Not determined for Pearson residuals."""
    silent = np.asarray(counts.sum(axis=0), float).ravel() == 0
    at = places(reference.genes, genes)
    rows = np.flatnonzero((at >= 0) & silent[np.maximum(at, 0)])
    if reference.normalisation == "pearson" or not len(rows):
        return np.zeros(len(genes), dtype=bool)
    least = (reference.profile[:, rows] * reference.sd[rows] + reference.mean[rows]).min(axis=0).astype(float)
    least = np.maximum(least, 0)
    rate = (np.exp2(least) - 1) / MILLION if reference.normalisation == "log2cpm" else np.expm1(least) / TARGET_SUM
    return silent & bool((rate * counts.sum() >= LEAST_DUE).sum() >= LEAST_PROOFS)


def check_batches(query: Query) -> Ints:
    """Batch of each cell (cells,), 0 to b - 1. Raises ContractError ONE_CELL_BATCH."""
    cells = query.counts.get_shape()[0]
    if query.batches is None:
        names, code = np.array(["all cells"]), np.zeros(cells, dtype=np.intp)
    else:
        names, code = np.unique(query.batches, return_inverse=True)
    alone = np.flatnonzero(np.bincount(code) < 2)
    if len(alone):
        raise broken(
            "ONE_CELL_BATCH",
            "query",
            "a batch needs at least two cells: with one, batch and type cannot be separated",
            ", ".join(map(str, names[alone][:MOST_NAMED])),
            "remove the cell, or assign it to the batch it was prepared with",
        )
    return code


def to_nearest(points: Floats, means: Floats) -> Floats:
    """Distance of each cell to the nearest type mean (cells,)."""
    return np.sqrt(squared(np.asarray(points, float), np.asarray(means, float)).min(axis=1))


def limit(held: Floats) -> float:
    """The median distance before correction that a new healthy donor exceeds with probability 5%: a prediction limit
    from held-out donors (one value each). nan with fewer than five."""
    many = len(held)
    if many < LEAST_DONORS:
        return float("nan")
    reach = float(stats.t.ppf(1 - LEVEL, many - 1)) * float(np.std(held, ddof=1)) * np.sqrt(1 + 1 / many)
    return float(np.mean(held) + reach)


def nearness(distance: Floats, most: float) -> Nearness:
    """near, far or not testable, from the distances of cells before correction (cells,). ``most``: from
    :func:`limit`."""
    if not len(distance) or not np.isfinite(most):
        return "not testable"
    return "near" if float(np.median(distance)) <= most else "far"
