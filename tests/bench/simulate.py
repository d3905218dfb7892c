"""Simulated studies: samples drawn from the covariance of real residuals, with effects of known inner product.

A study's noise is part its real residual rows, part independent noise of each gene. The share of the second makes the
squared length of the covariance equal to its unbiased estimate: the residuals of few samples alone would put all noise
into too few directions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from kg.match.contrast import contrast, noise_rows
from kg.match.joint import Side

Floats = NDArray[np.float64]
TRUTHS = ("both null", "mouse real, human null", "human real, mouse null", "both real, unrelated")


@dataclass(frozen=True)
class Noise:
    """``rows``: df x genes with rows'rows the residual covariance; ``spread``: its root diagonal; ``own``: share of
    the variance that is each gene's own."""

    rows: Floats
    spread: Floats
    own: float

    @classmethod
    def of(cls, expression: Floats, groups: Floats) -> "Noise":
        rows, spread = noise_rows(expression, groups)
        return cls(rows, spread, own_share(rows / (spread + np.median(spread))))

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        common = rng.standard_normal((n, len(self.rows))) @ self.rows
        return (
            np.sqrt(1 - self.own) * common
            + np.sqrt(self.own) * rng.standard_normal((n, len(self.spread))) * self.spread
        )

    def at(self, genes: NDArray) -> "Noise":
        return Noise(self.rows[:, genes], self.spread[genes], self.own)


def own_share(rows: Floats) -> float:
    """Share of independent noise at which |covariance|^2 is the unbiased estimate from rows of ``len(rows)`` df."""
    df, gram = len(rows), rows @ rows.T
    squared, trace = float((gram**2).sum()), float(np.trace(gram))
    target = df / ((df - 1) * (df + 2)) * (df * squared - trace**2)
    diagonal = float(((rows**2).sum(axis=0) ** 2).sum())

    def excess(own: float) -> float:
        return (1 - own) ** 2 * squared + (2 * own * (1 - own) + own**2) * diagonal - target

    if excess(1.0) >= 0:
        return 1.0
    return float(optimize.brentq(excess, 0.0, 1.0)) if excess(0.0) > 0 else 0.0


@dataclass(frozen=True)
class Species:
    """``noise`` of its samples and the log2 ``effect`` of its arms (genes)."""

    noise: Noise
    effect: Floats

    def sides(
        self, cases: int, controls: int, rng: np.random.Generator, effects: Mapping[str, Floats]
    ) -> dict[str, Side]:
        """One draw of samples; its contrast under each effect, through the product's kernel."""
        values, case = self.noise.draw(cases + controls, rng), np.repeat([1.0, 0.0], [cases, controls])
        made = {}
        for name, effect in effects.items():
            found = contrast(values + case[:, None] * effect, case)
            made[name] = Side(found.vector, found.factor, found.df).centred()
        return made


def unrelated(state: Floats, to: list[Floats]) -> Floats:
    """A state's true vector without its part along each of the given directions."""
    basis = np.linalg.qr(np.array(to).T)[0]
    return state - basis @ (basis.T @ state)


def related(apart: Floats, mouse: Floats, score: float) -> Floats:
    """A true vector of the length of ``apart`` whose true score with the mouse is ``score``."""
    along = mouse / np.linalg.norm(mouse)
    return np.linalg.norm(apart) * (np.sqrt(1 - score**2) * apart / np.linalg.norm(apart) + score * along)
