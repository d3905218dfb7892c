"""Cohorts pooled: linear combinations of contrasts.

Noise of two contrasts adds in squares when their donors differ. Contrasts that borrow their factor from one reference
keep it once, scaled, with its own degrees of freedom; own factors are stacked.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.errors import MethodError
from kg.match.joint import Side

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Component:
    """One contrast over features. ``factor_id`` is its own id, or the reference's from which ``factor`` is borrowed.
    ``donors``: samples behind the vector; ``factor_donors``: samples behind the factor."""

    id: str
    vector: Floats
    factor: Floats
    df: int
    factor_id: str
    donors: frozenset[str] = frozenset()
    factor_donors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Combination:
    """Contrasts with their coefficients."""

    terms: tuple[tuple[Component, float], ...]

    @property
    def donors(self) -> frozenset[str]:
        return frozenset[str]().union(*(component.donors for component, _ in self.terms))

    @property
    def side(self) -> Side:
        return Side(self.vector, self._factor(), self.df)

    @property
    def vector(self) -> Floats:
        return sum(c * part.vector for part, c in self.terms)  # type: ignore[return-value]

    @property
    def df(self) -> int:
        return _freedom([owner for key, owner in self.owners.items() if self.squares[key] > 0])

    @property
    def owners(self) -> dict[str, Component]:
        """Id of each factor -> the first contrast that has it."""
        made: dict[str, Component] = {}
        for component, _ in self.terms:
            made.setdefault(component.factor_id, component)
        return made

    @property
    def squares(self) -> dict[str, float]:
        """Id of each factor -> the sum of the squares of its coefficients."""
        made: dict[str, float] = defaultdict(float)
        for component, coefficient in self.terms:
            made[component.factor_id] += coefficient**2
        return dict(made)

    def _factor(self) -> Floats:
        owners = self.owners
        return np.vstack([np.sqrt(square) * owners[key].factor for key, square in self.squares.items()])


def _freedom(owners: list[Component]) -> int:
    """Degrees of freedom add up, but donors that stand behind two factors are counted once."""
    total, left = 0, sorted(owners, key=lambda component: -component.df)
    seen: set[str] = set()
    for component in left:
        if not component.factor_donors & seen:
            total += component.df
        seen |= component.factor_donors
    return total


def single(component: Component) -> Combination:
    return Combination(((component, 1.0),))


def pooled(cohorts: list[Component]) -> Combination:
    """Sum of the cohorts' vectors over the root of their number. Raises MethodError when cohorts share samples."""
    weight = 1 / np.sqrt(len(cohorts))
    seen: set[str] = set()
    for cohort in cohorts:
        if cohort.donors & seen:
            raise MethodError(f"{cohort.id} shares samples with another cohort of its pool", code="SHARED_SAMPLES")
        seen |= cohort.donors
    return Combination(tuple((cohort, weight) for cohort in cohorts))
