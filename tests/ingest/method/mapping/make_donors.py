"""Counts of simulated donors: types with genes of their own, sisters that share most of them, donors that shift."""

import numpy as np
from scipy import sparse

from ingest.method.mapping.space.cells import StudyCells

GENES = np.array([f"g{i:03d}" for i in range(240)])
TYPES = ("B", "CD4 T", "CD8 T", "Mono", "NK", "pDC")
PARENTS = {"CD4 T": "T", "CD8 T": "T", "T": "lymphoid", "B": "lymphoid", "NK": "lymphoid"}


def rates(seed: int = 0) -> np.ndarray:
    """Types x genes: log rates; each type has 20 genes up, CD4 T and CD8 T differ in 10."""
    rng = np.random.default_rng(seed)
    base = rng.normal(-1.2, 0.6, len(GENES))
    made = np.tile(base, (len(TYPES), 1))
    for t in range(len(TYPES)):
        made[t, 20 * t : 20 * t + 20] += 1.8
    made[2] = made[1]
    made[1, 120:128] += 1.4
    made[2, 128:136] += 1.4
    return made


def make_study(
    name: str = "study",
    donors: int = 6,
    cells: int = 60,
    *,
    seed: int = 0,
    types: tuple[str, ...] = TYPES,
    shift: float = 0.15,
    state: float = 0.0,
) -> StudyCells:
    """``shift``: sd of a donor's log rates; ``state``: log fold change of 20 genes of all cells."""
    rng, rate = np.random.default_rng(seed), rates()
    rate[:, 200:220] += state
    counts, labels, who = [], [], []
    for d in range(donors):
        kind = rng.choice([TYPES.index(t) for t in types], cells)
        own = rate + shift * rng.normal(size=len(GENES))
        depth = np.exp(rng.normal(0, 0.25, cells))[:, None]
        counts.append(rng.poisson(np.exp(own[kind]) * depth))
        labels.append(np.array(TYPES)[kind])
        who.append(np.full(cells, f"{name}/d{d}"))
    return StudyCells(
        name,
        sparse.csr_matrix(np.concatenate(counts).astype(np.float32)),
        GENES,
        np.concatenate(labels),
        np.concatenate(who),
        taxon="NCBITaxon:9606",
    )
