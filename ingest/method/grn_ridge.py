"""Ridge regression of every gene on the transcription factors, in closed form, for many resamples of the cells at once.

Expression is taken by rank (``normal_scores``), and scaled to unit variance after covariates are regressed out. With R
the factors' correlations, C those of factors and targets and A = (R + penalty)^-1, the coefficients are A C, and the
score of factor j for a target is

    b_j / sqrt(A_jj)

whose square is what the penalised fit loses when j is dropped, in units of the target's variance. A target that is a
factor itself is regressed on the others: both b and A of that smaller problem follow from A without another inverse.

Cells enter by sums over groups (donors, or random blocks of cells), so a resample is a weighted sum of small matrices
and costs no pass over the cells. Where factors outnumber cells the same numbers come from the cells' side
(``ridge_dual``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ingest.method import ridge_dual
from ingest.method.engine import Engine, Floats, Ints, Matrix, Scores, best, dense
from ingest.method.normal_scores import normal_scores
from ingest.method.ridge_dual import spread, without_itself
from kg.match.card import Card

_BLOCK_BYTES = 2**28
_GROUPS_AT_ONCE = 16


@dataclass(frozen=True)
class Resampled:
    """``expression``: cells x genes; ``factors``: columns of the factors; ``design``: cells x covariates with the
    intercept; ``group``: 0..groups-1 of each cell; ``weights``: resamples x groups, how often each group counts."""

    expression: Matrix
    factors: Ints
    design: Floats
    group: Ints
    weights: Floats

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self.group, kind="stable")

    @cached_property
    def _edges(self) -> Ints:
        return np.r_[0, np.cumsum(np.bincount(self.group, minlength=self.weights.shape[1]))]

    def _columns(self, columns: Ints) -> Matrix:
        return self.expression[:, columns][self._order]

    @cached_property
    def _left(self) -> tuple[Floats, Matrix]:
        return self.design[self._order], self._columns(self.factors)

    def _predictors(self, rows: slice) -> Floats:
        design, factors = self._left
        return np.hstack([design[rows], dense(factors[rows])])

    def _sums(self, right: Matrix | None) -> tuple[Floats, Floats]:
        """Weighted sums over cells of predictors x right (the predictors themselves for None), and of right squared."""
        width = self.design.shape[1] + len(self.factors)
        columns = width if right is None else right.shape[1]
        count = len(self.weights)
        products, squares = np.zeros((count, width * columns)), np.zeros((count, columns))
        for first in range(0, self.weights.shape[1], _GROUPS_AT_ONCE):
            made, square = [], []
            chosen = range(first, min(first + _GROUPS_AT_ONCE, self.weights.shape[1]))
            for group in chosen:
                rows = slice(self._edges[group], self._edges[group + 1])
                left = self._predictors(rows)
                values = left if right is None else dense(right[rows])
                made.append((left.T @ values).ravel())
                square.append((values**2).sum(axis=0))
            weights = self.weights[:, chosen.start : chosen.stop]
            products += weights @ np.array(made)
            squares += weights @ np.array(square)
        return products.reshape(count, width, columns), squares

    @cached_property
    def _gram(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Inverse of the covariates' products, covariates x factors, the factors' correlations and their spread."""
        width = self.design.shape[1]
        sums, squares = self._sums(None)
        inverse = np.asarray(np.linalg.pinv(sums[:, :width, :width], hermitian=True), float)
        across = sums[:, :width, width:]
        inner = sums[:, width:, width:] - np.swapaxes(across, 1, 2) @ inverse @ across
        scale = spread(np.diagonal(inner, axis1=1, axis2=2), squares[:, width:])
        return inverse, across, inner / (scale[:, :, None] * scale[:, None, :]), scale

    @property
    def correlations(self) -> Floats:
        """Resamples x factors x factors; 0 where a factor does not vary."""
        return self._gram[2]

    def with_targets(self, targets: Ints) -> Floats:
        """Correlations of factors and targets, resamples x factors x targets; 0 where either does not vary."""
        inverse, across, _, scale = self._gram
        width = self.design.shape[1]
        sums, squares = self._sums(self._columns(targets))
        seen = inverse @ sums[:, :width]
        inner = sums[:, width:] - np.swapaxes(across, 1, 2) @ seen
        left = squares - (sums[:, :width] * seen).sum(axis=1)
        return inner / (scale[:, :, None] * spread(left, squares)[:, None, :])

    def blocks(self) -> Iterator[Ints]:
        """Targets in blocks that keep one array of resamples x factors x targets within bounds."""
        genes = self.expression.shape[1]
        size = max(1, _BLOCK_BYTES // (8 * len(self.weights) * (self.design.shape[1] + len(self.factors))))
        for first in range(0, genes, size):
            yield np.arange(first, min(first + size, genes))


def scores(data: Resampled, penalty: float) -> Iterator[tuple[Ints, Floats]]:
    """Blocks of targets with their scores, resamples x factors x targets; 0 for a factor on itself."""
    cells, factors = data.expression.shape[0], len(data.factors)
    if cells < factors:
        drawn = (weights[data.group] for weights in data.weights)
        return ridge_dual.scores(data.expression, data.factors, data.design, drawn, penalty, data.blocks())
    return primal_scores(data, penalty)


def primal_scores(data: Resampled, penalty: float) -> Iterator[tuple[Ints, Floats]]:
    """The same by the factors' correlations, whatever the number of cells."""
    own = np.full(data.expression.shape[1], -1)
    own[data.factors] = np.arange(len(data.factors))
    inverse = np.linalg.inv(data.correlations + penalty * np.eye(len(data.factors)))
    diagonal = np.asarray(np.diagonal(inverse, axis1=1, axis2=2), float)
    for targets in data.blocks():
        score = inverse @ data.with_targets(targets)
        score /= np.sqrt(diagonal)[:, :, None]
        here = np.flatnonzero(own[targets] >= 0)
        at = own[targets[here]]
        score[:, :, here] = without_itself(np.asarray(inverse[:, :, at], float), diagonal, at)
        yield targets, score


def usual_penalty(data: Resampled) -> float:
    """Factors over cells, r, where there are ten or more cells per factor; else r (10 r)^2.

    r minimises the expected error where factors explain half of a target. With fewer cells than that, what each factor
    adds to the others cannot be told from noise: the penalty then grows until the score is the plain correlation, which
    agrees better between halves of real cells (decision 0041).
    """
    cells, covariates = data.design.shape
    ratio = len(data.factors) / max(cells - covariates, 1)
    return ratio * max(1.0, (10 * ratio) ** 2)


def fit(expression: Matrix, factors: Ints, design: Floats, seed: int) -> Scores:  # noqa: ARG001 nothing is random
    one = Resampled(normal_scores(expression), factors, design, np.zeros(expression.shape[0], int), np.ones((1, 1)))
    score = np.concatenate([block[0] for _, block in scores(one, usual_penalty(one))], axis=1)
    return Scores(score**2, np.sign(score).astype(np.int8))


def resample(
    expression: Matrix, factors: Ints, design: Floats, group: Ints, weights: Floats, regulators: int
) -> Scores:
    """Mean of the signed score over resamples; support counts the resamples of the same sign."""
    data = Resampled(normal_scores(expression), factors, design, group, weights)
    means, support = [], []
    for _, score in scores(data, usual_penalty(data)):
        means.append(score.mean(axis=0))
        same = np.sign(score) == np.sign(means[-1])
        support.append((best(np.abs(score), regulators) & same).mean(axis=0))
    mean = np.concatenate(means, axis=1)
    return Scores(mean**2, np.sign(mean).astype(np.int8), np.concatenate(support, axis=1))


RIDGE = Engine(
    Card(
        "ridge",
        "2",
        "each gene regressed on all factors with one penalty, closed form, both by rank as normal scores; importance is"
        " the share of the target's variance that the fit loses without the factor; signed",
        (
            "near chance against curated networks on real cells: lean on support, pruning and donors",
            "additive: a pair of factors that act only together is seen by what each does alone",
            "factors that move together share the credit",
            "co-expression with a factor is not binding: unpruned until motifs say more",
        ),
        "10.1080/00401706.1970.10488634",
    ),
    fit,
    resample,
)
