"""Regulons and modules as linear maps: genes x features, so that activity is ``vector @ weights``.

A column is the sign of each target (1, -1; 0 for genes that are no targets), centred over all genes and of unit length:
the activity of a regulon is the contrast between its targets and the other genes. At equal weights this is decoupler's
univariate linear model up to its scale (Badia-i-Mompel 2022, doi 10.1093/bioadv/vbac016).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]
MIN_TARGETS = 5


def feature_weights(
    names: Strings, members: Strings, signs: NDArray, genes: Strings, min_members: int = MIN_TARGETS
) -> tuple[Strings, Floats]:
    """Columns for the regulons (or modules) ``names`` of the edges (name, member, sign).

    ``genes``: features of the rows, unique, in any order. Repeated edges count once (the first). Sets with fewer than
    ``min_members`` members among the genes are left out, and so is a set that holds every gene, which no contrast can
    tell. Returns the sorted names and genes x names.
    """
    at = {gene: row for row, gene in enumerate(genes)}
    rows = np.array([at.get(member, -1) for member in members], int)
    known, columns = np.unique(names, return_inverse=True)
    keep = rows >= 0
    pairs, first = np.unique(np.stack([rows[keep], columns[keep]]), axis=1, return_index=True)
    matrix = np.zeros((len(genes), len(known)))
    matrix[pairs[0], pairs[1]] = np.sign(np.asarray(signs, float)[keep][first])
    counts = np.bincount(pairs[1], minlength=len(known))
    matrix -= matrix.mean(axis=0)
    length = np.linalg.norm(matrix, axis=0)
    good = (counts >= min_members) & (length > 1e-12)
    return known[good], matrix[:, good] / length[good]
