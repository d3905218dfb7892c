"""The interface of a model that makes coordinates in place of the principal axes.

With a model, head, sets and neighbours use its space; genes, the distance before correction, deviations from types, and
the calibration by held-out donors stay as in the closed form.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from scipy import sparse

from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.geometry import Floats, Ints, group_means
from ingest.method.mapping.space.reference import Reference, whitener


class Embedded(Protocol):
    """A model fitted to cells: their coordinates, and those of a query after adaptation to the query's batches."""

    @property
    def cells(self) -> Floats: ...

    def query(self, counts: sparse.csr_matrix, genes: Strings, batch: Ints, seed: int) -> Floats:
        """Coordinates (cells, d) of a query. ``batch`` (cells,): 0, 1, ..."""
        ...


class Space(Protocol):
    def fit(self, counts: sparse.csr_matrix, genes: Strings, types: Strings, batch: Ints, seed: int) -> Embedded:
        """Fits a model to labelled cells. ``counts``: cells x ``genes``, those of the space; ``types`` (cells,);
        ``batch`` (cells,): 0, 1, ..."""
        ...


def _nothing() -> Floats:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Latent:
    """``whitening`` (d, d), ``means`` (t, d), ``cells`` (n, d), in units of the spread within types; empty if the
    principal axes are used."""

    whitening: Floats = field(default_factory=_nothing)
    means: Floats = field(default_factory=_nothing)
    cells: Floats = field(default_factory=_nothing)

    @classmethod
    def of(cls, points: Floats, code: Ints, types: int) -> "Latent":
        """``points`` (cells, d): coordinates of the model; ``code`` (cells,): types, 0 to ``types`` - 1."""
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
        """The reference with these coordinates for its cells and types."""
        return replace(reference, cells=self.cells, means=self.means) if self.given else reference
