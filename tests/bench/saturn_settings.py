"""SATURN away from the recorded sets: other seeds, few or unlike numbers of cells, noisy vectors, labels of one
species, batches.

Beside it PCA of one-to-one orthologs and the best that is possible. Simulated.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anndata
import numpy as np
from scipy import sparse

from ingest.method.saturn.run import embed
from ingest.method.saturn.run_file import RunFile, Source
from ingest.method.saturn.settings import Settings
from tests.bench.bench_saturn import scored
from tests.bench.saturn_baselines import baseline

SEEDS = (301, 302)
SPECIES = ("human", "mouse")
Change = Callable[[str, anndata.AnnData, np.random.Generator], anndata.AnnData]


def cells_of(**kept: int) -> Change:
    """So many cells of each species named."""

    def change(species: str, cells: anndata.AnnData, rng: np.random.Generator) -> anndata.AnnData:
        n = kept.get(species, cells.n_obs)
        return cells[np.sort(rng.choice(cells.n_obs, n, replace=False))].copy()

    return change


def thinned(species: str, share: float) -> Change:
    """One species sequenced at ``share`` of its depth."""

    def change(at: str, cells: anndata.AnnData, rng: np.random.Generator) -> anndata.AnnData:
        if at == species:
            cells.X = sparse.csr_matrix(rng.binomial(cells.X.toarray().astype(int), share).astype(np.float32))
        return cells

    return change


def batch_effect(species: str, cells: anndata.AnnData, rng: np.random.Generator) -> anndata.AnnData:
    """Each batch catches each gene by a factor of its own (log-normal, sd .7, 1 at most)."""
    counts, batch = cells.X.toarray().astype(int), cells.obs["batch"].astype(str).to_numpy()
    for name in np.unique(batch):
        caught = np.minimum(np.exp(rng.normal(-1, 0.7, counts.shape[1])), 1)
        counts[batch == name] = rng.binomial(counts[batch == name], caught)
    cells.X = sparse.csr_matrix(counts.astype(np.float32))
    return cells


@dataclass(frozen=True)
class Case:
    name: str
    made: dict[str, Any]
    labels: tuple[str, ...] = SPECIES
    change: Change | None = None


MEDIUM = {"hard": 0.8, "emb_noise": 0.7, "frac_orth": 0.8, "types": 10}
HARD = {"hard": 1.2, "emb_noise": 1.0, "frac_orth": 0.6, "types": 12, "unique_types": 2}
CASES = (
    Case("20 types, 40% of genes orthologous", MEDIUM | {"types": 20, "frac_orth": 0.4}),
    Case("20 types, 40% of genes orthologous", MEDIUM | {"types": 20, "frac_orth": 0.4}, ()),
    Case("vectors of noise 1.5", MEDIUM | {"emb_noise": 1.5}),
    Case("vectors of noise 1.5", MEDIUM | {"emb_noise": 1.5}, ()),
    Case("1,500 human and 150 mouse cells", MEDIUM, SPECIES, cells_of(mouse=150)),
    Case("1,500 human and 150 mouse cells", MEDIUM, (), cells_of(mouse=150)),
    Case("200 cells of each", MEDIUM, SPECIES, cells_of(human=200, mouse=200)),
    Case("200 cells of each", MEDIUM, (), cells_of(human=200, mouse=200)),
    Case("3 types", MEDIUM | {"types": 3}, ()),
    Case("5 types of 11 in one species alone", MEDIUM | {"types": 6, "unique_types": 5}, ()),
    Case("mouse at a tenth of the depth", MEDIUM, (), thinned("mouse", 0.1)),
    Case("batches that differ", MEDIUM, (), batch_effect),
    Case("the hard set", HARD, ("human",)),
    Case("the hard set", HARD, ("mouse",)),
    Case("species far apart, 30% of genes orthologous", HARD | {"hard": 1.5, "frac_orth": 0.3}),
    Case("species far apart, 30% of genes orthologous", HARD | {"hard": 1.5, "frac_orth": 0.3}, ()),
)


def prepared(case: Case, seed: int, folder: Path) -> None:
    from make_two_species import make  # pyright: ignore[reportMissingImports]

    make(str(folder), seed=seed, save_torch=False, **case.made)
    rng = np.random.default_rng(seed)
    for s in SPECIES:
        cells = anndata.read_h5ad(folder / f"{s}.h5ad")
        if case.change:
            case.change(s, cells, rng).write_h5ad(folder / f"{s}.h5ad")


def embedded(case: Case, seed: int, folder: Path) -> dict[str, float]:
    """The labels of the species that the case does not name are kept from the run, and used to score it."""
    sources = []
    for s in SPECIES:
        path = folder / f"{s}.h5ad"
        if s not in case.labels:
            cells = anndata.read_h5ad(path)
            del cells.obs["cell_type"]
            path = folder / f"{s}-unlabelled.h5ad"
            cells.write_h5ad(path)
        sources.append(Source(s, path, folder / f"{s}_emb.npz"))
    run = RunFile(tuple(sources), "cell_type" if case.labels else None, "batch")
    embed(run, folder / "out", Settings(seed=seed), lambda *_: None)
    return scored(folder, anndata.read_h5ad(folder / "out" / "saturn.h5ad"), "X_saturn")


def rows() -> list[dict[str, Any]]:
    found = []
    for case in CASES:
        each, plain = [], []
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as at:
                folder = Path(at)
                prepared(case, seed, folder)
                each.append(embedded(case, seed, folder))
                plain.append(baseline(folder, "pca", ()))

        def told(values: list[dict[str, float]], *keys: str) -> str:
            return " / ".join(f"{np.mean([v[k] for v in values]):.3f}" for k in keys)

        found.append(
            {
                "set": case.name,
                "labels of": " and ".join(case.labels) or "none",
                "SATURN": told(each, "there", "back"),
                "PCA of one-to-one orthologs": told(plain, "there", "back"),
                "best possible": told(each, "best there", "best back"),
                "mixing": told(each, "mixing"),
                "seeds": len(SEEDS),
            }
        )
        print(found[-1], file=sys.stderr, flush=True)
    return found
