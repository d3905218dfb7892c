"""Each gene's values by rank, as quantiles of the normal distribution (Conover and Iman 1981, doi
10.1080/00031305.1981.10479327).

What is linear in these needs only a monotone relation, and a few cells of high counts weigh no more than their rank.
"""

import numpy as np
from scipy import sparse
from scipy.special import ndtri
from scipy.stats import rankdata

from ingest.method.engine import Floats, Matrix


def normal_scores(values: Matrix) -> Matrix:
    """Cells x genes -> the same, dense or CSR as it was: the normal quantile of rank / (cells + 1), ties at their mean
    rank.

    For CSR the score of 0 is subtracted from the whole gene, so that zeros stay zero; a fit with an intercept is the
    same.
    """
    if not sparse.issparse(values):
        return ndtri(rankdata(np.asarray(values, float), axis=0) / (len(values) + 1))
    made = sparse.csc_matrix(values, dtype=float, copy=True)
    made.eliminate_zeros()
    cells = values.shape[0]
    for first, last in zip(made.indptr[:-1], made.indptr[1:], strict=True):
        made.data[first:last] = _above_zero(np.asarray(made.data[first:last], float), cells)
    return made.tocsr()


def _above_zero(stored: Floats, cells: int) -> Floats:
    """Scores of the values that are not 0, less that of 0."""
    zeros = cells - len(stored)
    ranks = np.asarray(rankdata(stored), float)
    ranks[stored > 0] += zeros
    zero = ndtri(((stored < 0).sum() + (zeros + 1) / 2) / (cells + 1)) if zeros else 0.0
    return np.asarray(ndtri(ranks / (cells + 1)) - zero, float)
