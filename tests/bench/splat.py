"""Simulated nested batches as in scIB's second simulation, called so: laboratories, and runs within each.

By the Splat model (Zappia 2017, doi 10.1186/s13059-017-1305-0) with the published parameters of that simulation
(Luecken 2022, doi 10.1038/s41592-021-01336-8): four types in other proportions in each laboratory; a laboratory moves
all genes by as much as a type moves a tenth of them, and keeps 30% to all of its counts; each run adds counts of genes
of its own, as ambient RNA does, whose share differs from cell to cell. So a batch is no shift that all its cells share.

Ours are smaller: a twelfth of the cells, a fifth of the genes with the same counts of each. Runs that have one ambient
profile in common there by the numbering of seeds have each their own here, and no cells are filtered.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
TYPES, LABORATORIES, RUNS = 4, 4, 4
DIFFERENT, TYPE_LOC, TYPE_SCALE = (0.10, 0.12, 0.08, 0.20), (0.10, 0.08, 0.12, 0.18), (0.40, 0.30, 0.45, 0.48)
BATCH_LOC, BATCH_SCALE = (0.20, 0.25, 0.22, 0.28), (0.10, 0.08, 0.12, 0.10)
MIX = ((0.35, 0.22, 0.25, 0.18), (0.25, 0.40, 0.27, 0.10), (0.30, 0.15, 0.35, 0.20), (0.10, 0.30, 0.20, 0.40))
RUN_SHARE = ((0.25, 0.25, 0.25, 0.25), (0.3, 0.3, 0.2, 0.2), (0.4, 0.25, 0.25, 0.1), (0.35, 0.35, 0.15, 0.15))
KEPT = (1.0, 0.7, 0.6, 0.3)
GENES_THERE, DEPTH, DEPTH_SD, AMBIENT, AMBIENT_SD = 10_000, 12.0, 0.2, 8.0, 0.5


@dataclass(frozen=True)
class Nested:
    """``counts`` (n, genes); of each cell ``label``, ``batch`` (a run) and ``laboratory``: 0, 1, ..."""

    counts: Floats
    label: Ints
    batch: Ints
    laboratory: Ints


def nested(seed: int, *, cells: int = 400, genes: int = 2_000) -> Nested:
    """``cells``: of each laboratory."""
    rng, thinner = np.random.default_rng(seed), np.log(genes / GENES_THERE)
    base = _means(rng, genes)
    kind = np.stack([_factors(rng, genes, *each) for each in zip(DIFFERENT, TYPE_LOC, TYPE_SCALE, strict=True)])
    made, label, batch = [], [], []
    for lab in range(LABORATORIES):
        moved = base * _factors(rng, genes, 1.0, BATCH_LOC[lab], BATCH_SCALE[lab])
        mix = np.array(MIX[lab]) / sum(MIX[lab])
        own = rng.choice(TYPES, cells, p=mix)
        counts = _counts(rng, moved * kind[own], DEPTH + thinner, DEPTH_SD)
        run = np.repeat(np.arange(RUNS), np.diff(np.round(cells * np.cumsum([0, *RUN_SHARE[lab]])).astype(int)))
        for each in range(RUNS):
            ambient = np.tile(_means(rng, genes), (int((run == each).sum()), 1))
            counts[run == each] += _counts(rng, ambient, AMBIENT + thinner, AMBIENT_SD)
        made.append(rng.binomial(counts.astype(np.int64), KEPT[lab]).astype(float))
        label.append(own)
        batch.append(lab * RUNS + run)
    codes = np.concatenate(batch).astype(np.intp)
    return Nested(np.concatenate(made), np.concatenate(label).astype(np.intp), codes, codes // RUNS)


def _means(rng: np.random.Generator, genes: int) -> Floats:
    """Of each gene, not to scale; one in twenty lies far above the others."""
    made = rng.gamma(0.6, 1 / 0.3, genes)
    high = rng.random(genes) < 0.05
    return np.where(high, np.median(made) * rng.lognormal(4.0, 0.5, genes), made)


def _factors(rng: np.random.Generator, genes: int, share: float, loc: float, scale: float) -> Floats:
    """1, or for a share of the genes up or down by a log-normal factor."""
    log = rng.choice([-1.0, 1.0], genes) * rng.normal(loc, scale, genes)
    return np.where(rng.random(genes) < share, np.exp(log), 1.0)


def _counts(rng: np.random.Generator, rate: Floats, depth: float, sd: float) -> Floats:
    """Counts (n, genes) of cells with these relative rates: a gene varies more the less there is of it."""
    mean = rate / rate.sum(axis=1, keepdims=True) * rng.lognormal(depth, sd, len(rate))[:, None]
    spread = (0.1 + 1 / np.sqrt(mean)) * np.sqrt(60 / rng.chisquare(60, mean.shape[1]))
    shape = 1 / spread**2
    return rng.poisson(rng.gamma(shape, mean / shape)).astype(float)
