"""Two simulated species that share cell types and gene families but no gene names; what links them is gene vectors
alone."""

from dataclasses import dataclass, field
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse


@dataclass
class World:
    """Families of genes with a programme for each type; each species sees its own noise, and ``private`` genes
    besides."""

    types: int = 5
    families: int = 240
    private: int = 40
    drift: float = 0.6
    noise: float = 0.6
    seed: int = 0
    rng: np.random.Generator = field(init=False)
    programme: np.ndarray = field(init=False)
    vectors: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        all_genes = self.families + 4 * self.private
        self.programme = np.repeat(self.rng.normal(-0.5, 1, (all_genes, 1)), self.types + 2, axis=1)
        marks = self.rng.random((all_genes, self.types + 2)) < 0.12
        self.programme += marks * self.rng.gamma(3, 0.6, marks.shape)
        self.vectors = self.rng.normal(0, 1, (all_genes, 48))

    def species(self, n: int, cells: int, types: list[int], batches: int = 2) -> tuple[anndata.AnnData, np.ndarray]:
        """Cells of the ``n``-th species and the vectors of its genes."""
        rng = np.random.default_rng([self.seed, n])
        genes = np.concatenate([np.arange(self.families), self.families + n * self.private + np.arange(self.private)])
        rng.shuffle(genes)
        own = rng.normal(0, self.drift, (len(genes), 1)) + rng.normal(0, self.drift / 2, (len(genes), self.types + 2))
        label = rng.choice(types, cells)
        mean = np.exp((self.programme[genes] + own)[:, label]).T
        mean *= rng.lognormal(np.log(600), 0.3, (cells, 1)) / mean.sum(axis=1, keepdims=True)
        counts = rng.poisson(rng.gamma(2.0, mean / 2.0))
        obs = pd.DataFrame(
            {"cell_type": [f"type_{t}_of_all" for t in label], "batch": [f"b{i % batches}" for i in range(cells)]},
            index=[f"s{n}_{i:04d}" for i in range(cells)],
        )
        var = pd.DataFrame(index=[f"S{n}G{g:04d}" for g in genes])
        made = anndata.AnnData(sparse.csr_matrix(counts.astype(np.float32)), obs, var)
        return made, (self.vectors[genes] + rng.normal(0, self.noise, (len(genes), 48))).astype(np.float32)


def write_run(
    folder: Path,
    made: list[tuple[anndata.AnnData, np.ndarray]],
    names: tuple[str, ...] = ("human", "mouse", "marmoset"),
) -> Path:
    """Files of a run, embeddings as npz; returns the run file."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, (cells, vectors) in zip(names, made, strict=False):
        cells.write_h5ad(folder / f"{name}.h5ad")
        np.savez(folder / f"{name}.npz", genes=cells.var_names.to_numpy(dtype=str), vectors=vectors)
        rows.append({"path": f"{name}.h5ad", "species": name, "embedding_path": f"{name}.npz"})
    path = folder / "run.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def transferred(path: Path, learn: str = "human", ask: str = "mouse", truth: pd.Series | None = None) -> float:
    """Share of the cells of ``ask`` whose type a nearest centroid of ``learn`` names, among types that ``learn``
    has."""
    cells = anndata.read_h5ad(path)
    labels = cells.obs["label"].astype(str) if truth is None else truth.loc[cells.obs_names].astype(str)
    points, species = np.asarray(cells.obsm["X_saturn"]), cells.obs["species"].astype(str).to_numpy()
    types = sorted(set(labels[species == learn]))
    centres = np.stack([points[(species == learn) & (labels == t).to_numpy()].mean(axis=0) for t in types])
    asked = (species == ask) & labels.isin(types).to_numpy()
    told = np.array(types)[((points[asked, None] - centres) ** 2).sum(axis=2).argmin(axis=1)]
    return float((told == labels.to_numpy()[asked]).mean())
