# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""From samples to a contrast: a vector in units of its own noise, and the factor of that noise.

One linear model with its strata. For gene g let s_g be the residual spread under the full model (strata x arm) and
s the median spread of all genes. Then

    vector  x_g = <y, e_g> / |y| / (s_g + s)        y: case indicator, e_g: log expression, both free of the strata
    factor  L   = residual rows / (s_g + s) / sqrt(1 - 2 w_g / df)      w_g = s_g / (s_g + s)

so that L'L is the covariance of the noise of x. The spread moderation is that of SAM (Tusher 2001, doi
10.1073/pnas.091062498) with the median as its constant. The last root is what a small design needs: s_g is estimated
from the very rows that it divides, and so a gene that looks quiet by chance has a vector that is too long and rows that
are too short. To first order in 1/df the variance is short by 1 - 2 w_g / df; for a gene far above the median spread
that is the (df - 2) / df of Student's t, exactly.

For any design X and combination c of its coefficients the effect is a'e_g with a = X (X'X)^- c, the weights of the
samples, and x_g = a'e_g / |a| / (s_g + s). Within strata a is y / |y|^2: each stratum's difference, weighed by its
precision.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from kg.errors import MethodError
from kg.match.card import Card

Floats = NDArray[np.float64]

CARD = Card(
    "moderated-contrast",
    "2",
    "case against control within strata, or a combination of the coefficients of a design: effects in units of their"
    " own noise, and the noise factor",
    (
        "L'L gives the covariance of the noise to 3% from 4 against 4 up; at 3 against 3 it is up to 5% too large",
        "samples must be independent donors; cells of one donor are not",
    ),
    "10.1073/pnas.091062498",
)


@dataclass(frozen=True)
class ContrastResult:
    """Arrays over genes. ``vector``: unit-noise effects; ``factor``: df x genes; ``effect``: difference of the arms in
    the units of the expression (log2); ``p``: two-sided p of the ordinary t with ``df`` degrees of freedom."""

    vector: Floats
    factor: Floats
    effect: Floats
    p: Floats

    @property
    def df(self) -> int:
        return len(self.factor)


def log_cpm(counts: ArrayLike) -> Floats:
    """log2(counts per million + 1); ``counts`` is genes x samples, non-negative; libraries are the column sums of what
    is there, and nan stays nan."""
    values = np.asarray(counts, float)
    return np.log2(values / np.nansum(values, axis=0) * 1e6 + 1)


def indicators(*labels: ArrayLike) -> Floats:
    """Samples x groups, one column for each combination of the labels that occurs."""
    joined = np.array(["\x1f".join(map(str, row)) for row in zip(*map(np.asarray, labels), strict=True)])
    return (joined[:, None] == np.unique(joined)[None, :]).astype(float)


def residual(values: Floats, design: Floats) -> Floats:
    """What least squares on the design leaves of the values (samples x anything)."""
    basis, size, _ = np.linalg.svd(design, full_matrices=False)
    basis = basis[:, size > size.max(initial=0) * 1e-10]
    return values - basis @ (basis.T @ values)


def noise_rows(expression: ArrayLike, groups: Floats) -> tuple[Floats, Floats]:
    """Independent noise rows and each gene's spread, from residuals under the full model.

    ``expression``: samples x genes; ``groups``: samples x groups, or any design. Returns rows (df x genes) with
    rows'rows = residual covariance, and the spread (genes), the root of its diagonal. Raises MethodError without
    residual freedom.
    """
    values = np.asarray(expression, float)
    freedom = len(values) - int(np.linalg.matrix_rank(groups))
    if freedom < 1:
        raise MethodError(
            f"no residual degrees of freedom: {len(values)} samples and {len(values) - freedom} coefficients leave no"
            " replicate",
            code="NO_REPLICATES",
        )
    left = residual(values, groups)
    spread = np.sqrt((left**2).sum(axis=0) / freedom)
    # The Gram matrix is samples x samples: its eigenvectors give the rows without an SVD of samples x genes.
    _, basis = np.linalg.eigh(left @ left.T)
    rows = basis[:, ::-1][:, :freedom].T @ left / np.sqrt(freedom)
    return rows, spread


def small_sample(spread: Floats, scale: Floats, df: int) -> Floats:
    """Factor by which the noise of each gene is too small when rows are divided by a spread of ``df`` degrees of
    freedom (genes).

    At most 2: with one or two degrees of freedom the expansion in 1/df no longer holds.
    """
    return 1 / np.sqrt(np.maximum(1 - 2 * spread / scale / df, 0.25))


def contrast(expression: ArrayLike, case: ArrayLike, *strata: ArrayLike, corrected: bool = True) -> ContrastResult:
    """Case (1) against control (0) within strata; ``expression`` is samples x genes on a log scale.

    ``corrected``: the factor with its correction for small designs; without it the factor is that of the residuals
    alone. Raises MethodError NO_REPLICATES when nothing is left to estimate noise from, and CONFOUNDED when the strata
    determine the arm.
    """
    values, arm = np.asarray(expression, float), np.asarray(case, float)
    labels = strata or (np.zeros(len(arm), int),)
    nuisance = indicators(*labels)
    y = residual(arm[:, None], nuisance)[:, 0]
    weight = y @ y
    if weight < 1e-9:
        raise MethodError("case and control never meet within a stratum: the arm is confounded", code="CONFOUNDED")
    rows, spread = noise_rows(values, indicators(*labels, arm))
    product = y @ residual(values, nuisance)
    return _in_units(product / np.sqrt(weight), product / weight, rows, spread, corrected)


def linear_contrast(
    expression: ArrayLike, design: ArrayLike, combination: ArrayLike, corrected: bool = True
) -> ContrastResult:
    """A combination of the coefficients of a linear model; ``expression`` is samples x genes on a log scale.

    ``design``: samples x coefficients, of any rank; ``combination``: one weight per coefficient. All samples give the
    noise. Raises MethodError NO_REPLICATES when nothing is left to estimate noise from, and NOT_ESTIMABLE when the
    samples do not determine the combination.
    """
    values = np.asarray(expression, float)
    weights = sample_weights(design, combination)
    rows, spread = noise_rows(values, _even(np.asarray(design, float))[0])
    effect = weights @ values
    return _in_units(effect / np.sqrt(weights @ weights), effect, rows, spread, corrected)


def sample_weights(design: ArrayLike, combination: ArrayLike) -> Floats:
    """How each sample enters the least-squares estimate of a combination of coefficients: effect = weights @
    expression.

    Raises MethodError NOT_ESTIMABLE when the combination is not in the row space of the design, or is all zero.
    """
    matrix, size = _even(np.asarray(design, float))
    wanted = np.asarray(combination, float) / size
    weights = wanted @ np.linalg.pinv(matrix, rcond=1e-10)
    if not wanted.any() or np.abs(weights @ matrix - wanted).max() > 1e-8 * np.abs(wanted).max():
        raise MethodError(
            "the samples do not determine this contrast: it is confounded with the rest of the design, "
            "or a group that it needs has no sample",
            code="NOT_ESTIMABLE",
        )
    return weights


def _even(design: Floats) -> tuple[Floats, Floats]:
    """Columns of length 1 and their lengths: the unit of a covariate (days, years) must not decide what counts as
    zero."""
    size = np.linalg.norm(design, axis=0)
    size[size == 0] = 1.0
    return design / size, size


def _in_units(unit: Floats, effect: Floats, rows: Floats, spread: Floats, corrected: bool) -> ContrastResult:
    """``unit``: the effect over the root of its variance in units of the residual variance; ``rows``, ``spread``:
    noise."""
    scale = spread + np.median(spread)
    if not np.all(scale > 0):
        raise MethodError("more than half of the genes do not vary at all", code="NO_VARIANCE")
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(spread > 0, unit / spread, 0.0)
    p = 2 * stats.t.sf(np.abs(t), len(rows))
    factor = rows / scale * (small_sample(spread, scale, len(rows)) if corrected else 1.0)
    return ContrastResult(unit / scale, factor, effect, p)
