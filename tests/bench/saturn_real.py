"""SATURN on real cells: human cortex (Darmanis 2015) and two sets of mouse cells, genes embedded by the orthology
stand-in.

    python -m tests.bench.bench_saturn --part real

Mouse: Zeisel 2015 (1,464 cells, 1,000 genes: interneurons, pyramidal cells, endothelial and mural cells) and
MetaNeighbor's interneurons (1,051 cells of two studies, 3,157 genes). Human: the adult cells, "hybrid" ones left out;
batches are samples. Labels are transferred at the level that both sides have. Mouse astrocytes, microglia and
oligodendrocytes are not available as cells, so their transfer is not measured; what a human cell of these is called,
when mouse cells are all that is known, is.
"""

from collections.abc import Sequence
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.io import mmread
from sklearn.linear_model import LogisticRegression

from ingest.fetch.cache import Cache
from ingest.method.saturn.baselines import embed_baseline
from ingest.method.saturn.genes.standin import read_pairs, standin, write_standin
from ingest.method.saturn.run import embed
from ingest.method.saturn.run_file import RunFile, Source
from ingest.method.saturn.settings import Settings

HUMAN = {
    "neurons": "neuron",
    "astrocytes": "astrocyte",
    "microglia": "microglia",
    "oligodendrocytes": "oligodendrocyte",
    "endothelial": "endothelial",
    "OPC": "OPC",
}
ZEISEL = {"interneurons": "neuron", "pyramidal CA1": "neuron", "endothelial-mural": "endothelial"}
GUIDES = ("no labels", "labels of the species learned from", "labels of both")


def darmanis(cache: Cache) -> anndata.AnnData:
    """332 adult cells; ``level``: what is transferred."""
    counts = pd.read_csv(cache.get("darmanis/2015-Darmanis_b_prepared_data.csv.gz"), sep="\t", index_col=0).T
    facts = pd.read_csv(cache.get("darmanis/2015-Darmanis_b_prepared_meta.csv.gz"), sep="\t", index_col=0).loc[
        counts.index
    ]
    made = anndata.AnnData(
        sparse.csr_matrix(counts.to_numpy(np.float32)), facts, pd.DataFrame(index=counts.columns.astype(str))
    )
    made.obs = pd.DataFrame({"level": facts["cell type"].map(HUMAN), "batch": facts["experiment_sample_name"]})
    return made[(facts["age"].str.startswith("postnatal") & made.obs["level"].notna()).to_numpy()].copy()


def zeisel(cache: Cache) -> anndata.AnnData:
    made = anndata.read_h5ad(cache.get("zeisel/zeisel_1464x1000.h5ad"))
    made.obs = pd.DataFrame({"level": made.obs["label"].astype(str).map(ZEISEL), "batch": "GSE60361"})
    return made


def metaneighbor(cache: Cache) -> anndata.AnnData:
    """Interneurons alone; the counts of one study have fractions."""
    files = [cache.get(f"metaneighbor/mn_{name}") for name in ("counts.mtx.gz", "genes.txt", "cells.csv")]
    facts = pd.read_csv(files[2], index_col=0)
    genes = files[1].read_text().split("\n")
    counts = sparse.csr_matrix(mmread(files[0]).T, dtype=np.float32)
    made = anndata.AnnData(counts, var=pd.DataFrame(index=genes[: counts.shape[1]]))
    made.obs = pd.DataFrame({"level": "neuron", "batch": facts["study_id"].to_numpy()}, index=facts.index.astype(str))
    return made


def prepared(folder: Path, cache: Cache) -> None:
    """Cells as h5ad, gene vectors and the table of orthologs."""
    pairs = read_pairs(cache)
    write_standin(folder, standin(pairs))
    pairs.rename(columns={"human": "human_gene", "mouse": "mouse_gene"}).to_csv(folder / "orthologs.csv", index=False)
    for read in (darmanis, zeisel, metaneighbor):
        read(cache).write_h5ad(folder / f"{read.__name__}.h5ad")


def joined(folder: Path, mouse: str, method: str, guide: Sequence[str], seed: int) -> anndata.AnnData:
    """Human and mouse cells in one space, made with the labels of the species in ``guide``; obs ``level`` is the
    truth."""
    sources, truth = [], []
    for species, name in (("human", "darmanis"), ("mouse", mouse)):
        cells = anndata.read_h5ad(folder / f"{name}.h5ad")
        truth.append(cells.obs["level"].astype(str))
        if species not in guide:
            del cells.obs["level"]
        path = folder / f"{species}-told.h5ad"
        cells.write_h5ad(path)
        sources.append(Source(species, path, folder / f"{species}.npz", "corrected"))
    out, run = folder / "out", RunFile(tuple(sources), "level" if guide else None, "batch")
    if method == "saturn":
        embed(run, out, Settings(seed=seed), lambda *_: None)
    else:
        embed_baseline(method, run, folder / "orthologs.csv", out, Settings(seed=seed))
    made = anndata.read_h5ad(out / f"{method}.h5ad")
    made.obs["level"] = np.concatenate(truth)
    return made


def transferred(made: anndata.AnnData, learn: str, method: str) -> pd.Series:
    """What the cells of the other species are called by a logistic regression of those of ``learn`` (C .005,
    balanced)."""
    points, mine = np.asarray(made.obsm[f"X_{method}"]), (made.obs["species"] == learn).to_numpy()
    fit = LogisticRegression(C=0.005, max_iter=500, class_weight="balanced").fit(points[mine], made.obs["level"][mine])
    return pd.Series(fit.predict(points[~mine]), index=made.obs_names[~mine])


def recalls(made: anndata.AnnData, called: pd.Series) -> dict[str, float]:
    """Share of the cells of each true level that are called by it."""
    truth = made.obs.loc[called.index, "level"].astype(str)
    return {level: float((called[truth == level] == level).mean()) for level in sorted(set(truth))}


def rows(folder: Path, cache: Cache, seeds: int) -> list[dict[str, object]]:
    """One row a mouse set, method and guide: mean over seeds of the recall of each level that both species have."""
    prepared(folder, cache)
    found = []
    for mouse in ("zeisel", "metaneighbor"):
        plans = [("saturn", g) for g in GUIDES] + [("pca", ""), ("harmony", "")]
        for method, guide in plans:
            each = [_scored(folder, mouse, method, guide, seed) for seed in range(seeds)]
            table = pd.DataFrame(each)
            told = {k: f"{table[k].mean():.3f} ({table[k].std():.3f})" if k in table else "-" for k in _COLUMNS}
            found.append({"mouse cells": mouse, "method": method, "guide": guide or "none", **told, "seeds": seeds})
            print(found[-1], flush=True)
        chance = {"zeisel": ("0.167", "0.167", "0.500", "0.500"), "metaneighbor": ("0.167", "-", "-", "-")}[mouse]
        found.append(
            {
                "mouse cells": mouse,
                "method": "chance",
                "guide": "-",
                **dict(zip(_COLUMNS, (*chance, "-"), strict=True)),
                "seeds": "-",
            }
        )
    return found


_COLUMNS = (
    "human to mouse: neuron",
    "human to mouse: endothelial",
    "mouse to human: neuron",
    "mouse to human: endothelial",
    "human glia called neuron",
)


def _scored(folder: Path, mouse: str, method: str, guide: str, seed: int) -> dict[str, float]:
    both = ("human", "mouse")
    guides = {"labels of both": (both, both), GUIDES[1]: (("human",), ("mouse",))}.get(guide, ((), ()))
    there = joined(folder, mouse, method, guides[0], seed)
    found = recalls(there, transferred(there, "human", method))
    made = {f"human to mouse: {level}": share for level, share in found.items()}
    if mouse == "metaneighbor":
        return made
    back = there if guides[0] == guides[1] else joined(folder, mouse, method, guides[1], seed)
    called = transferred(back, "mouse", method)
    made |= {f"mouse to human: {level}": share for level, share in recalls(back, called).items()}
    glia = ~back.obs.loc[called.index, "level"].isin(["neuron", "endothelial"])
    return made | {"human glia called neuron": float((called[glia.to_numpy()] == "neuron").mean())}
