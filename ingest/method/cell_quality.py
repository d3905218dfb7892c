"""Which cells are too poor, too rich or too mitochondrial to be summed, decided one block of cells at a time.

A cell is counted at the first step that it fails, in the order of ``STEPS``. Bounds are the manifest's: nothing is
chosen from the data, so that donors of different quality are judged by the same bounds (Luecken & Theis 2019, doi
10.15252/msb.20188746).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kg.match.card import Card
from kg.signatures.store import Floats, Strings

CARD = Card(
    "cell-quality",
    "1",
    "cells outside the manifest's bounds of counts, genes and mitochondrial share are left out of every sum",
    (
        "bounds hold for all cell types alike, and types differ in counts and genes",
        "nuclei have few mitochondrial counts whatever their quality",
    ),
    "10.15252/msb.20188746",
)
STEPS = ("min_counts", "max_counts", "min_genes", "max_genes", "max_mito_percent", "doublets")
Failed = NDArray[np.int8]


class Measures(NamedTuple):
    """Of each cell: sum of its counts, genes with a count above 0, and mitochondrial share of the counts in percent."""

    counts: Floats
    genes: NDArray[np.int64]
    mito_percent: Floats


def measures(block: sparse.csr_matrix, mito: NDArray[np.bool_]) -> Measures:
    """``block``: cells x genes; ``mito``: which genes are mitochondrial. A cell without counts has 0 percent."""
    counts, of_mito = (block @ np.column_stack([np.ones(len(mito)), mito])).T
    seen = np.bincount(np.repeat(np.arange(len(counts)), np.diff(block.indptr)), block.data > 0, len(counts))
    return Measures(counts, seen.astype(np.int64), 100 * of_mito / np.where(counts > 0, counts, 1))


def mitochondrial(symbols: Strings, prefix: str) -> NDArray[np.bool_]:
    """Symbols that begin with the prefix, in capitals or not: MT-ND1 of people, mt-Nd1 of mice."""
    return np.char.startswith(np.char.lower(symbols.astype(str)), prefix.lower())


@dataclass(frozen=True)
class Sieve:
    """``limits``: bound of each step that is declared; ``mito``: genes; ``doublets``: cells, or None where not looked
    for."""

    limits: Mapping[str, float]
    mito: NDArray[np.bool_]
    doublets: NDArray[np.bool_] | None = None

    def __call__(self, start: int, block: sparse.csr_matrix) -> Failed:
        """Of each cell of a block that begins at cell ``start``: 0, or 1 + the place in STEPS of the first that it
        fails."""
        found = measures(block, self.mito)
        stop = start + len(found.counts)
        of = {"counts": found.counts, "genes": found.genes, "mito_percent": found.mito_percent}
        failed = np.zeros(len(found.counts), dtype=np.int8)
        if self.doublets is not None:
            failed[self.doublets[start:stop]] = 1 + STEPS.index("doublets")
        for step in reversed([s for s in STEPS if s in self.limits]):
            side, _, what = step.partition("_")
            out = of[what] < self.limits[step] if side == "min" else of[what] > self.limits[step]
            failed[out] = 1 + STEPS.index(step)
        return failed

    @property
    def key(self) -> str:
        """The same for the same decisions."""
        cells = b"" if self.doublets is None else np.packbits(self.doublets).tobytes()
        parts = str(CARD).encode(), repr(sorted(self.limits.items())).encode(), np.packbits(self.mito).tobytes(), cells
        return hashlib.sha256(b"\n".join(parts)).hexdigest()


def removed(failed: Failed) -> dict[str, int]:
    """Cells that each step took out, of the steps that took any."""
    count = np.bincount(failed, minlength=len(STEPS) + 1)[1:]
    return {step: int(n) for step, n in zip(STEPS, count, strict=True) if n}
