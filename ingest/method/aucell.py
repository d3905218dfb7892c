"""AUCell: how high a regulon's targets stand among the genes of each cell (Aibar 2017, doi 10.1038/nmeth.4463).

The area under the recovery curve over the first c = round(threshold x genes) - 1 ranks is, for ranks r from 0,

    sum over targets of weight x max(0, c - r)  /  ((c + 1) x sum of weights)

so each gene of a cell has a score, 0 for most, and activity is a sparse matrix product. pyscenic's aucell gives the
same to rounding where a cell has no ties. **The tie rule**: pyscenic shuffles the genes and ranks ties in the order
that results, again for each seed; here tied genes share the mean of their scores, which is what pyscenic's answers
average to. A regulon with fewer than 80% of its targets among the genes is 0 in every cell, as there.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse

from ingest.method.engine import Matrix, dense
from ingest.method.regulons import Regulon
from kg.errors import MethodError
from kg.match.card import Card

Floats = NDArray[np.float64]
CARD = Card(
    "aucell",
    "1",
    "area under the recovery curve of a regulon's targets in each cell's ranking of genes",
    (
        "says that targets rank high within a cell, not that they differ between cells or donors",
        "cells that express fewer genes than the threshold covers rank the rest by nothing",
    ),
    "10.1038/nmeth.4463",
)
SHARE_PRESENT = 0.8
_CELLS_AT_ONCE = 500


def aucell(
    expression: ArrayLike | Matrix,
    genes: Sequence[str],
    regulons: Iterable[Regulon],
    *,
    auc_threshold: float = 0.05,
    weights: bool = False,
    threads: int = 2,
) -> Floats:
    """Activity, cells x regulons, from 0 to 1.

    ``expression``: cells x genes, dense or CSR; only the order of genes within a cell counts. ``auc_threshold``: share
    of the ranked genes looked at. ``weights``: targets count by their weight, else alike.

    Raises:
        MethodError: BAD_EXPRESSION, BAD_THRESHOLD.
    """
    values = _stored(expression)
    names = np.asarray(genes, dtype=str)
    if values.ndim != 2 or values.shape[1] != len(names):
        raise MethodError(f"expression {values.shape} does not fit {len(names)} genes", code="BAD_EXPRESSION")
    if _has_nan(values.data if issparse(values) else values):
        raise MethodError("expression holds NaN", code="BAD_EXPRESSION")
    cutoff = round(auc_threshold * len(names)) - 1
    if not 0 < cutoff < len(names) - 1:
        raise MethodError(
            f"a threshold of {auc_threshold} of {len(names)} genes looks at {cutoff + 1} of them: more genes or a "
            "threshold between the two ends are needed",
            code="BAD_THRESHOLD",
        )
    members = _members(names, list(regulons), weights)
    starts = range(0, values.shape[0], _CELLS_AT_ONCE)
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(lambda at: _area(values[at : at + _CELLS_AT_ONCE], members, cutoff), starts)
        return np.vstack([np.zeros((0, members.shape[1])), *parts])


def _has_nan(values: NDArray) -> bool:
    """By the sum first: it is NaN where one is, or where both infinities are."""
    with np.errstate(invalid="ignore"):
        return bool(np.isnan(values.sum()) and np.isnan(values).any())


def _stored(expression: ArrayLike | Matrix) -> Matrix:
    """Dense as it is; sparse as a CSR copy in which no zero is stored and no entry twice."""
    if not issparse(expression):
        return np.asarray(expression)
    made = csr_matrix(expression, copy=True)
    made.sum_duplicates()
    made.eliminate_zeros()
    return made


def _members(names: NDArray[np.str_], regulons: list[Regulon], weighted: bool) -> Matrix:
    """Genes x regulons, each column summing to 1; empty where too few targets are among the genes."""
    column = {name: at for at, name in enumerate(names.tolist())}
    rows, columns, entries = [], [], []
    for at, regulon in enumerate(regulons):
        weight = regulon.weights if weighted else (1.0,) * len(regulon.targets)
        here = [(column[t], w) for t, w in zip(regulon.targets, weight, strict=True) if t in column]
        whole = sum(w for _, w in here)
        if whole > 0 and len(here) >= SHARE_PRESENT * len(regulon.targets):
            rows += [row for row, _ in here]
            columns += [at] * len(here)
            entries += [w / whole for _, w in here]
    return csr_matrix((entries, (rows, columns)), shape=(len(names), len(regulons)))


def _area(values: Matrix, members: Matrix, cutoff: int) -> Floats:
    cells, genes = values.shape
    if isinstance(values, csr_matrix) and (values.data < 0).any():
        values = dense(values)
    found, scores, rest = [], [], np.zeros(cells)
    for cell in range(cells):
        row, at = _row(values, cell)
        chosen, score = _scores(row, cutoff)
        if len(row) < cutoff:
            rest[cell] = _shared(cutoff - len(row)) / (genes - len(row))
        found.append(at[chosen])
        scores.append(score - rest[cell])
    ends = np.r_[0, np.cumsum([len(part) for part in found])]
    made = csr_matrix((np.concatenate(scores), np.concatenate(found), ends), shape=(cells, genes)) @ members
    return (made.toarray() + rest[:, None] * np.asarray(members.sum(axis=0)).ravel()) / (cutoff + 1)


def _row(values: Matrix, cell: int) -> tuple[NDArray, NDArray]:
    """The values of a cell and their columns: without its zeros where most are 0 and none is below, so that fewer are
    ranked."""
    if isinstance(values, csr_matrix):
        stored = slice(values.indptr[cell], values.indptr[cell + 1])
        return values.data[stored], values.indices[stored]
    row = values[cell]
    at = np.flatnonzero(row)
    if 2 * len(at) < len(row) and (kept := row[at]).min(initial=0) >= 0:
        return kept, at
    return row, np.arange(len(row))


def _scores(row: NDArray, cutoff: int) -> tuple[NDArray[np.int64], Floats]:
    """Which of a cell's values are among the first ``cutoff`` ranks or tied with the last of them, and their scores."""
    count = min(cutoff, len(row))
    if not count:
        return np.zeros(0, int), np.zeros(0)
    least = np.partition(row, len(row) - count)[len(row) - count]
    chosen = np.flatnonzero(row >= least)
    order = np.argsort(row[chosen])
    chosen = chosen[order]
    value = row[chosen]
    first = np.flatnonzero(np.r_[True, value[1:] != value[:-1]])
    past = np.r_[first[1:], len(value)]
    score = cutoff - len(value) + (first + past + 1) / 2
    ranks = int(past[0]) - (len(value) - count)  # of the lowest tie, which may reach beyond the cutoff
    score[0] = (ranks * (cutoff - count) + _shared(ranks)) / past[0]
    return chosen, np.repeat(score, past - first)


def _shared(ranks: int) -> float:
    """Sum of the scores 1 to ``ranks``."""
    return ranks * (ranks + 1) / 2
