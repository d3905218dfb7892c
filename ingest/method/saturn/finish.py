"""What is added to a file of embedded cells: a picture, and expression over one-to-one orthologs for a second score.

``obsm["X_umap"]``: coordinates of the cells sampled for a picture, nan for the others. ``obsm["X_orthologs"]``: log
counts of one-to-one orthologs that vary in every species, from which MetaNeighbor's AUROC is computed without the
embedding.
"""

from collections.abc import Sequence
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
from anndata.io import write_elem
from numpy.typing import NDArray

from ingest.files.cells.space import LAYOUT, SHARED
from ingest.method.saturn.baselines import KIND, one_to_one
from ingest.method.saturn.cells import SpeciesCells, read_species
from ingest.method.saturn.genes.vectors import GeneEmbedding
from ingest.method.saturn.run_file import RunFile
from ingest.method.umap import umap
from kg.errors import MethodError

A_POPULATION, ALL = 40, 4_000
_BLOCK = 8_192


def add_layout(path: Path, obsm: str, seed: int = 0) -> int:
    """Write ``X_umap`` for cells sampled evenly from the populations; returns how many."""
    cells = anndata.read_h5ad(path, backed="r")
    rows = drawn(facts(cells), np.random.default_rng(seed))
    points = np.asarray(cells.obsm[obsm])[rows]
    made = np.full((cells.n_obs, 2), np.nan, np.float32)
    made[rows] = umap(points, seed=seed)
    cells.file.close()
    _write(path, LAYOUT, made)
    return len(rows)


def facts(cells: anndata.AnnData) -> pd.DataFrame:
    """Species and label of each cell, as text."""
    return pd.DataFrame({c: np.asarray(cells.obs[c]).astype(str) for c in ("species", "label")}, index=cells.obs_names)


def drawn(obs: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows of at most 40 cells of each label in each species (1,000 of a species without labels), 4,000 in all, sorted.
    Cells are chosen by name, so that their order in the file does not matter."""
    species, labels = obs["species"].to_numpy(str), obs["label"].to_numpy(str)
    order = np.argsort(obs.index.to_numpy(dtype=str), kind="stable")
    of = species[order], labels[order]
    groups = {name: order[(of[0] == name[0]) & (of[1] == name[1])] for name in sorted(set(zip(*of, strict=True)))}
    share = min(1.0, ALL / max(1, sum(min(len(own), _room(label)) for (_, label), own in groups.items())))
    kept = [rng.permutation(own)[: max(3, int(_room(label) * share))] for (_, label), own in groups.items()]
    return np.sort(np.concatenate(kept))


def _room(label: str) -> int:
    return A_POPULATION if label else 1_000


def add_shared(path: Path, run: RunFile, orthologs: Path, genes: int) -> int:
    """Write ``X_orthologs``: cells x one-to-one orthologs that are among the ``genes`` most variable genes of every
    species. Returns how many genes.

    Raises:
        ContractError: the table of orthologs is wrong.
        MethodError: NO_ORTHOLOGS where the species share none that varies.
    """
    families = one_to_one(orthologs, [s.species for s in run.sources])
    species = [_variable(run, at, families, genes) for at in range(len(run.sources))]
    shared = sorted(set.intersection(*(set(c.vectors[:, 0].astype(int).tolist()) for c in species)))
    if not shared:
        raise MethodError(
            "no one-to-one ortholog varies in every species: check the names in the ortholog table", code="NO_ORTHOLOGS"
        )
    _write(path, SHARED, np.concatenate([_logs(cells, shared) for cells in species]))
    return len(shared)


def _variable(run: RunFile, at: int, families: pd.DataFrame, genes: int) -> SpeciesCells:
    source = run.sources[at]
    known = GeneEmbedding(
        families[source.species].to_numpy(dtype=str), np.arange(len(families), dtype=np.float32)[:, None], KIND
    )
    return read_species(source.species, source.path, known, None, None, genes, 0.0, scale=source.scale)


def _logs(cells: SpeciesCells, shared: Sequence[int]) -> NDArray[np.float32]:
    """Log counts of the shared families, cells in the order of their file."""
    column = {int(family): at for at, family in enumerate(cells.vectors[:, 0])}
    columns = [column[family] for family in shared]
    made = np.empty((len(cells), len(shared)), np.float32)
    for at, logs in cells.blocks(_BLOCK):
        made[cells.order[at : at + len(logs)]] = logs[:, columns]
    return made


def _write(path: Path, name: str, values: NDArray[np.float32]) -> None:
    with h5py.File(path, "r+") as file:
        if f"obsm/{name}" in file:
            del file[f"obsm/{name}"]
        write_elem(file["obsm"], name, values)  # pyright: ignore[reportArgumentType]
