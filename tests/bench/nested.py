"""Simulated nested batches, called so: laboratories, and runs within each, whose effects are larger than the types'.

In the manner of scIB's second simulation: each laboratory shifts most genes, each of its runs shifts them again by
less, types have genes of their own; not every run has every type.
"""

import numpy as np
from numpy.typing import NDArray


def nested(
    seed: int = 0,
    *,
    laboratories: int = 4,
    runs: int = 4,
    types: int = 7,
    cells: int = 60,
    genes: int = 300,
    between: float = 0.9,
    within: float = 0.45,
    apart: float = 1.2,
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Counts (n, genes), type, batch (a run), laboratory. ``between``, ``within``: sd of log rates of a laboratory and
    of a run; ``apart``: what the 15 genes of a type gain."""
    rng = np.random.default_rng(seed)
    base = rng.normal(-0.6, 0.6, genes)
    kinds = np.tile(base, (types, 1))
    for t in range(types):
        kinds[t, 15 * t : 15 * t + 15] += apart
    counts, label, batch, laboratory = [], [], [], []
    for lab in range(laboratories):
        of_lab = between * rng.normal(size=genes)
        for run in range(runs):
            rate = kinds + of_lab + within * rng.normal(size=genes)
            present = np.sort(rng.permutation(types)[: rng.integers(types - 2, types + 1)])
            kind = rng.choice(present, cells, p=rng.dirichlet(np.full(len(present), 5.0)))
            depth = np.exp(rng.normal(0, 0.2, cells))[:, None]
            counts.append(rng.poisson(np.exp(rate[kind]) * depth))
            label.append(kind)
            batch.append(np.full(cells, lab * runs + run))
            laboratory.append(np.full(cells, lab))
    made = np.concatenate(counts).astype(float)
    return made, *(np.concatenate(each).astype(np.intp) for each in (label, batch, laboratory))
