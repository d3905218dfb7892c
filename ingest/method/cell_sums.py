"""Counts of cells summed by group, one block of cells at a time."""

import numpy as np
from scipy import sparse

from kg.signatures.store import Floats


def add_block(sums: Floats, group: np.ndarray, block: sparse.csr_matrix) -> None:
    """Add cells x genes to the sums of their groups; cells of group -1 are left out.

    The cells of a group are brought together and counted as one long row: that is 4 to 20 times as fast as the product
    with a matrix of groups x cells. Sums of counts are exact up to 2**53.
    """
    order = np.argsort(group, kind="stable")
    order = order[np.searchsorted(group[order], 0) :]
    if not len(order):
        return
    there, first = np.unique(group[order], return_index=True)
    rows = block if np.array_equal(order, np.arange(len(group))) else block[order]
    ends = rows.indptr[np.append(first, len(order))]
    for at, start, stop in zip(there, ends[:-1], ends[1:], strict=True):
        sums[at] += np.bincount(rows.indices[start:stop], rows.data[start:stop], minlength=sums.shape[1])
