"""A space of coordinates that a model makes, in place of the principal axes: what the kernels ask of it.

Where one is given, head, sets and the company of a cell are told in it; genes, the distance before the correction and
the deviations from a type stay those of the closed form, and so do what is held out and what it calibrates.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from scipy import sparse

from ingest.method.mapping.cells import Strings
from ingest.method.mapping.geometry import Floats, Ints, group_means
from ingest.method.mapping.reference import Reference, whitener


class Embedded(Protocol):
    """A model of some cells: their coordinates, and those of a query after it was adapted to the query's batches."""

    @property
    def cells(self) -> Floats: ...

    def query(self, counts: sparse.csr_matrix, genes: Strings, batch: Ints, seed: int) -> Floats:
        """(cells, d)."""
        ...


class Space(Protocol):
    def fit(self, counts: sparse.csr_matrix, genes: Strings, types: Strings, batch: Ints, seed: int) -> Embedded:
        """Of cells with a type each. ``counts``: cells x ``genes``, those of the space; ``batch``: 0, 1, ..."""
        ...


def _nothing() -> Floats:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Latent:
    """``whitening`` (d, d), ``means`` (t, d), ``cells`` (n, d), in units of the spread within types; empty where the
    principal axes serve."""

    whitening: Floats = field(default_factory=_nothing)
    means: Floats = field(default_factory=_nothing)
    cells: Floats = field(default_factory=_nothing)

    @classmethod
    def of(cls, points: Floats, code: Ints, types: int) -> "Latent":
        """``points``: (cells, d) of the model; ``code``: (cells,)."""
        points = np.asarray(points, np.float32)
        apart = points - group_means(points, code, types)[code]
        whitening = whitener(np.asarray(apart.T @ apart, float) / len(apart))
        cells = points @ whitening
        return cls(whitening, group_means(cells, code, types), cells)

    @property
    def given(self) -> bool:
        return self.cells.size > 0

    def placed(self, points: Floats) -> Floats:
        return np.asarray(points, np.float32) @ self.whitening

    def within(self, reference: Reference) -> Reference:
        """The reference with these coordinates of its cells and types."""
        return replace(reference, cells=self.cells, means=self.means) if self.given else reference
