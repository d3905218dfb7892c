"""Ridge regression where factors outnumber cells, by the cells' inner products instead of the factors' correlations.

With X the scaled factors of a resample (cells x factors, roots of the weights multiplied in), K = X X' and P = (K +
penalty)^-1 X,

    A C = P' Y        A[:, j] = (e_j - P' x_j) / penalty        for A = (X'X + penalty)^-1, C = X'Y

so that nothing of factors x factors is inverted (Saunders et al. 1998, ICML). Cells that a resample has not drawn drop
out.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from ingest.method.engine import Floats, Ints, Matrix, dense

NO_VARIANCE = 1e-10


def spread(left: Floats, whole: Floats) -> Floats:
    """Root of the sums of squares that the covariates leave; infinite where that is nothing but rounding."""
    return np.where(left > NO_VARIANCE * whole, np.sqrt(np.clip(left, 0, None)), np.inf)


def without_itself(column: Floats, diagonal: Floats, at: Ints) -> Floats:
    """Scores of all factors for targets that are factors: each of them regressed on the others.

    ``column``: columns ``at`` of A, resamples x factors x targets; ``diagonal``: that of A, resamples x factors.
    """
    made = column / -diagonal[:, None, at]
    left = column * made
    left += diagonal[:, :, None]
    left[:, at, np.arange(len(at))] = np.inf
    np.sqrt(np.maximum(left, np.finfo(float).tiny, out=left), out=left)
    made /= left
    return made


class Drawn:
    """The cells of one resample. ``weights``: how often each cell counts."""

    def __init__(self, expression: Matrix, factors: Ints, design: Floats, weights: Floats, penalty: float):
        self._rows = np.flatnonzero(weights)
        self._root = np.sqrt(weights[self._rows])[:, None]
        basis, size, _ = np.linalg.svd(design[self._rows] * self._root, full_matrices=False)
        self._basis = basis[:, size > size.max(initial=0) * len(design) * np.finfo(float).eps]
        self._expression = expression
        x = self.scaled(factors)
        kernel = x @ x.T
        kernel[np.diag_indices_from(kernel)] += penalty
        self._p = np.linalg.solve(kernel, x)
        self.diagonal = (1 - (self._p * x).sum(axis=0)) / penalty

    def scaled(self, columns: Ints) -> Floats:
        """Cells x columns without the covariates, of unit sum of squares; 0 where nothing is left."""
        values = dense(self._expression[:, columns][self._rows]) * self._root
        left = values - self._basis @ (self._basis.T @ values)
        return left / spread((left**2).sum(axis=0), (values**2).sum(axis=0))

    def coefficients(self, targets: Ints) -> Floats:
        """A C, factors x targets."""
        return self._p.T @ self.scaled(targets)


def scores(
    expression: Matrix, factors: Ints, design: Floats, weights: Iterable[Floats], penalty: float, blocks: Iterable[Ints]
) -> Iterator[tuple[Ints, Floats]]:
    """As :func:`ingest.method.grn_ridge.scores`; ``weights``: how often each cell counts in each resample."""
    own = np.full(expression.shape[1], -1)
    own[factors] = np.arange(len(factors))
    drawn = [Drawn(expression, factors, design, each, penalty) for each in weights]
    diagonal = np.array([each.diagonal for each in drawn])
    for targets in blocks:
        score = np.array([each.coefficients(targets) for each in drawn])
        here = np.flatnonzero(own[targets] >= 0)
        at = own[targets[here]]
        column = -score[:, :, here] / penalty
        column[:, at, np.arange(len(at))] += 1 / penalty
        score /= np.sqrt(diagonal)[:, :, None]
        score[:, :, here] = without_itself(column, diagonal, at)
        yield targets, score
