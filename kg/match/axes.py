"""Common axes of noise: cell composition, RNA quality. Learned from animals other than those that are scored.

The number of axes is chosen by parallel analysis (Horn 1965, doi 10.1007/BF02289447) on the reference alone: components
above the 95th percentile of those of data whose genes were permuted one by one over the samples.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kg.match.card import Card
from kg.match.contrast import noise_rows, residual

Floats = NDArray[np.float64]

CARD = Card(
    "noise-axes",
    "1",
    "main axes of the residuals of other samples of the same species and tissue",
    ("an axis may carry biology too: the plain score is the primary one, the axes-out score is shown beside it",),
    "10.1007/BF02289447",
)


def _centre(values: Floats) -> Floats:
    return values - values.mean(axis=-1, keepdims=True)


def moderated_rows(expression: ArrayLike, groups: Floats) -> Floats:
    """Noise rows (df x genes) over spread + median spread, the scale on which contrasts are scored."""
    rows, spread = noise_rows(expression, groups)
    return rows / (spread + np.median(spread))


def noise_axes(rows: Floats, count: int) -> Floats:
    """The first ``count`` orthonormal axes (axes x features) of noise rows over the shared features."""
    if count == 0:
        return np.zeros((0, rows.shape[1]))
    centred = _centre(rows)
    # The Gram matrix is rows x rows: an SVD of rows x features gives the same axes in fifty times the time.
    size, basis = np.linalg.eigh(centred @ centred.T)
    return (basis[:, ::-1][:, :count] / np.sqrt(size[::-1][:count])).T @ centred


def parallel_analysis(expression: ArrayLike, groups: Floats, *, seed: int = 0, turns: int = 10) -> int:
    """Number of noise axes of samples x genes with the means of the groups taken out."""
    values, rng = np.asarray(expression, float), np.random.default_rng(seed)
    rows, spread = noise_rows(values, groups)
    scale = spread + np.median(spread)
    own = _singular(_centre(rows / scale))
    # The permuted data lose the group means a second time; this gives back the spread that the second fit takes away.
    left = residual(values, groups) / scale * np.sqrt((len(values) - 1) / len(rows))
    tops = [_singular(_centre(residual(rng.permuted(left, axis=0), groups)))[: len(own)] for _ in range(turns)]
    above = own > np.quantile(np.array(tops) / np.sqrt(len(rows)), 0.95, axis=0)
    return len(own) if above.all() else int(np.argmin(above))


def _singular(values: Floats) -> Floats:
    """Singular values of a wide matrix by its Gram matrix, largest first."""
    return np.sqrt(np.clip(np.linalg.eigvalsh(values @ values.T)[::-1], 0, None))
