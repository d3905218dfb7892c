"""The quality control that a manifest declares, carried out on its cells, with what each step took out."""

from dataclasses import dataclass

import numpy as np

from ingest.batch import Batch
from ingest.files.cells.matrix import CellMatrix
from ingest.files.frames import broken
from ingest.files.tokens import Genes
from ingest.manifest.cell_blocks import Quality
from ingest.manifest.manifest import Manifest
from ingest.method.cell_quality import STEPS, Failed, Sieve, mitochondrial, removed
from ingest.method.doublets import SEED, find_doublets, need_packages
from ingest.progress import cells_bar
from kg.signatures.store import Strings


@dataclass(frozen=True)
class Declared:
    """``sieve``: what tells the cells to leave out; ``placed``: cells with a donor and a type, all others are in no
    sum."""

    sieve: Sieve
    quality: Quality
    library: str
    placed: np.ndarray

    def told(self, failed: Failed) -> tuple[str, ...]:
        """One line per step with the cells that it took out, and what is left."""
        lost = removed(np.where(self.placed, failed, 0).astype(np.int8))
        lines = [f"{int(self.placed.sum()):,} cells with a donor and a type"]
        lines += [f"{self._named(step)}: {lost.get(step, 0):,} removed" for step in STEPS if self._declared(step)]
        return *lines, f"{int(self.placed.sum()) - sum(lost.values()):,} kept"

    def _declared(self, step: str) -> bool:
        return step in self.sieve.limits or (step == "doublets" and self.sieve.doublets is not None)

    def _named(self, step: str) -> str:
        if step == "doublets":
            return (
                f"doublets {self.quality.doublets} (rate {self.quality.doublet_rate:g} by {self.library}, seed {SEED})"
            )
        mito = f" ({int(self.sieve.mito.sum())} genes {self.quality.mito_prefix})" if step == "max_mito_percent" else ""
        return f"{step} {self.sieve.limits[step]:g}{mito}"


def declared(
    m: Manifest, cells: CellMatrix, placed: np.ndarray, ids: Strings, genes: Genes, batch: Batch
) -> Declared | None:
    """What the manifest declares, or None. ``ids``: Ensembl id of each column, "" where it has none.

    Raises:
        ContractError: NO_MITO_GENES, WRONG_COLUMNS.
        MethodError: NEEDS_MODELS.
    """
    assert m.cells is not None
    quality = m.cells.qc
    if quality is None:
        return None
    mito = np.zeros(len(ids), dtype=bool)
    if quality.max_mito_percent is not None:
        symbols = np.array([genes.symbol(str(g)) or t for g, t in zip(ids, cells.genes, strict=True)])
        mito = mitochondrial(symbols, quality.mito_prefix)
        if not mito.any():
            fix = "the file leaves them out: remove cells.qc.max_mito_percent; or correct cells.qc.mito_prefix"
            rule = f"a share of mitochondrial counts needs genes whose symbol begins with {quality.mito_prefix!r}"
            raise broken("NO_MITO_GENES", cells.path.name, rule, f"none of {len(ids)} genes", fix)
    limits = {s: float(v) for s in STEPS if s != "doublets" and (v := getattr(quality, s)) is not None}
    sieve, library = Sieve(limits, mito), quality.library or m.cells.donor
    if quality.doublets == "scrublet":
        sieve = Sieve(limits, mito, _doublets(m, cells, placed, quality, sieve, library, batch))
    return Declared(sieve, quality, library, placed)


def _doublets(
    m: Manifest, cells: CellMatrix, placed: np.ndarray, quality: Quality, sieve: Sieve, column: str, batch: Batch
) -> np.ndarray:
    need_packages()
    library = cells.texts(column, "cells.qc.library")
    with cells_bar(f"{m.dataset.id}: quality") as progress:
        kept = placed.copy()
        progress(0, cells.n_cells)
        for start, block in cells.chunks():
            stop = start + block.get_shape()[0]
            kept[start:stop] &= sieve(start, block) == 0
            progress(stop, cells.n_cells)
    with cells_bar(f"{m.dataset.id}: doublets") as progress:
        found = find_doublets(cells, library, kept, quality.doublet_rate, progress)
    for name, why in list(found.unjudged.items())[:20]:
        batch.missing.append(f"{m.dataset.id}: doublets of {column} {name} not looked for: {why}")
    return found.cells
