"""Conditions for mapping a study, each with its own error; and whether its controls are near the reference."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from ingest.method.mapping.cells import MILLION, TARGET_SUM, Query, Strings
from ingest.method.mapping.genes import places
from ingest.method.mapping.geometry import Floats, Ints, squared
from ingest.method.mapping.reference import Reference
from kg.errors import broken
from kg.match.card import Card

CARD = Card(
    "mapping-gates",
    "1",
    "counts, species, genes weighted by use, batches; controls near the reference's healthy donors, before correction",
    (
        "controls that lie near in the space may still differ in genes that it does not use",
        "fewer than five healthy donors in the reference, or no controls in the study: not testable, which is said",
    ),
    "10.1038/s41588-023-01523-7",
)
LEAST_DONORS, LEVEL, MOST_NAMED = 5, 0.05, 10
LARGEST_LOG = 30.0  # log2 of a thousand million
LEAST_DUE, LEAST_PROOFS = 10.0, 3
Nearness = Literal["near", "far", "not testable"]


@dataclass(frozen=True)
class Present:
    """``at`` (G,): column of the query where each gene of the reference stands, -1 where missing; ``use``: share of the
    space that the genes present carry; ``missing``: genes of the space that are not there, most used first."""

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
            "a study has cells and genes",
            f"{cells} cells, {columns} genes",
            "give one that has some",
        )
    if columns != len(genes):
        raise broken(
            "OTHER_GENES", where, "each column of the counts is a gene", f"{columns} columns, {len(genes)} genes",
            "name every column once",
        )  # fmt: skip
    names, many = np.unique(genes, return_counts=True)
    if len(names) < len(genes):
        twice = ", ".join(names[many > 1][:MOST_NAMED])
        raise broken("GENES_TWICE", where, "a gene stands in one column", twice, "sum the columns of one gene")
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
            f"values are counts or estimates of them, 0 or more; fractions that all lie below {LARGEST_LOG:g} are logs",
            f"{data[first]:g}; {bad.sum()} of {len(data)} values",
            "give the layer of raw counts, not logs or scaled values",
        )


def whole(counts: sparse.csr_matrix) -> bool:
    """Are all values whole numbers? If not, what passed the gate are estimates (of isoforms, or per length)."""
    return bool((counts.data == np.round(counts.data)).all())


def check_species(query: str, reference: str) -> None:
    """Raises ContractError OTHER_SPECIES where both are known and differ."""
    if query and reference and query != reference:
        raise broken(
            "OTHER_SPECIES",
            "query",
            f"a study is mapped to a reference of its species, {reference}",
            query,
            "map it to a reference of its own species, or give its genes as orthologs under the reference's taxon",
        )


def check_genes(reference: Reference, genes: Strings, least: float) -> Present:
    """Raises ContractError MISSING_GENES where genes that carry ``least`` of the space are not all there."""
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
            f"the genes present carry at least {least:g} of what the reference's space is made of",
            f"{share:.2f}; {len(missing)} of {reference.own} are missing: {named}",
            "give all genes that were measured, by the ids of the reference; missing genes are never taken as 0",
        )
    return Present(at, share, missing)


def unmeasured(reference: Reference, counts: sparse.csr_matrix, genes: Strings) -> NDArray[np.bool_]:
    """(genes,) columns of zeros that are no measurement.

    Some tools fill genes that a study lacks with zeros. It is such a file where three genes of the reference have no
    count in any cell, although cells of the type that has least of them would give ten; then no column of zeros counts.
    Of Pearson residuals nothing is told.
    """
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
    """(cells,) batch of each cell, 0 to b - 1. Raises ContractError ONE_CELL_BATCH."""
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
            "a batch has two cells or more: of one, batch and type are the same",
            ", ".join(map(str, names[alone][:MOST_NAMED])),
            "leave the cell out, or name the batch that it was prepared with",
        )
    return code


def to_nearest(points: Floats, means: Floats) -> Floats:
    """(cells,) distance to the nearest type's mean."""
    return np.sqrt(squared(np.asarray(points, float), np.asarray(means, float)).min(axis=1))


def limit(held: Floats) -> float:
    """The median distance, before the correction, that one more healthy donor passes in 5%: a prediction interval of
    those held out (one each). nan with fewer than five."""
    many = len(held)
    if many < LEAST_DONORS:
        return float("nan")
    reach = float(stats.t.ppf(1 - LEVEL, many - 1)) * float(np.std(held, ddof=1)) * np.sqrt(1 + 1 / many)
    return float(np.mean(held) + reach)


def nearness(distance: Floats, most: float) -> Nearness:
    """Of cells by their distances before the correction; ``most``: of ``limit``."""
    if not len(distance) or not np.isfinite(most):
        return "not testable"
    return "near" if float(np.median(distance)) <= most else "far"
