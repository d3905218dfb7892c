"""Regulons: a factor with its targets, made of adjacencies or read from what others made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.method.grn import Adjacencies
from kg.errors import MethodError

TOP_TARGETS = 50
MIN_TARGETS = 10


@dataclass(frozen=True)
class Regulon:
    """``targets``: names, heaviest first; the factor may be one. ``weights``: at least 0, one per target.

    ``sign``: 1 activates its targets, -1 represses them, 0 not known. ``pruned``: only targets with the factor's motif
    are left. ``support``: share of resamples that found each target, None where not asked; ``context``: words on how it
    was made, such as the motifs' database.
    """

    tf: str
    targets: tuple[str, ...]
    weights: tuple[float, ...]
    sign: int
    pruned: bool
    support: tuple[float, ...] | None = None
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        columns = (self.targets, self.weights, self.targets if self.support is None else self.support)
        if len({len(column) for column in columns}) != 1:
            raise ValueError(f"regulon of {self.tf}: targets, weights and support differ in length")
        if len(set(self.targets)) != len(self.targets):
            raise ValueError(f"regulon of {self.tf}: a target is there twice")

    @property
    def name(self) -> str:
        """As SCENIC writes it: the factor, and (+) or (-)."""
        return f"{self.tf}({'+' if self.sign > 0 else '-'})" if self.sign else self.tf

    @property
    def mean_support(self) -> float | None:
        return None if self.support is None else float(np.mean(self.support))


@dataclass(frozen=True)
class RegulonSet:
    """Regulons of one network. ``engine``: how its edges were found; ``pruned``: by motifs."""

    regulons: tuple[Regulon, ...]
    engine: str
    pruned: bool

    def __len__(self) -> int:
        return len(self.regulons)

    def __iter__(self) -> Iterator[Regulon]:
        return iter(self.regulons)


def from_adjacencies(
    adjacencies: Adjacencies,
    *,
    top_targets: int = TOP_TARGETS,
    min_support: float = 0.0,
    min_targets: int = MIN_TARGETS,
    context: Sequence[str] = (),
) -> RegulonSet:
    """Unpruned regulons: the best ``top_targets`` of each factor and sign, of at least ``min_support``.

    Activated and repressed targets make two regulons; regulons of fewer than ``min_targets`` targets are left out.

    Raises:
        MethodError: NO_SUPPORT when ``min_support`` is asked of the adjacencies of one fit.
    """
    found = adjacencies
    if min_support > 0:
        if found.support is None:
            raise MethodError("these adjacencies have no support: make them by consensus()", code="NO_SUPPORT")
        found = found.at(found.support >= min_support)
    found = found.at(np.argsort(-found.importance, kind="stable"))
    signs = np.zeros(len(found), np.int8) if found.sign is None else found.sign
    made = []
    for tf in np.unique(found.tf):
        for sign in (1, -1, 0):
            rows = np.flatnonzero((found.tf == tf) & (signs == sign))[:top_targets]
            if len(rows) >= min_targets:
                made.append(_regulon(found, rows, sign, (f"top{top_targets}", *context)))
    return RegulonSet(tuple(made), adjacencies.engine, pruned=False)


def _regulon(found: Adjacencies, rows: NDArray[np.int64], sign: int, context: tuple[str, ...]) -> Regulon:
    support = None if found.support is None else tuple(found.support[rows].tolist())
    targets, weights = tuple(found.target[rows].tolist()), tuple(found.importance[rows].tolist())
    return Regulon(str(found.tf[rows[0]]), targets, weights, sign, False, support, context)
