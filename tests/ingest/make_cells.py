"""Small studies of single cells, made by a generator: donors, cell types, counts, and a planted change."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse

CASE_CONTROL = """
schema: 1
dataset: {id: made, title: Made cells, taxon: "NCBITaxon:10090", licence: none stated, redistribute: false,
          citation: made by a generator, simulated: true}
material: {kind: cell type, tissue: "UBERON:0000956"}
cells: {file: cells.h5ad}
contrasts:
  - {id: case, label: case against normal, kind: disease, disease: "MONDO:0004975", case: {disease: case},
     control: {disease: normal}}
"""
TYPES = ("CL:0000127", "CL:0000129", "with nobody waiting-of cell")


def study(
    genes: list[str], donors: int = 8, cells: int = 20, changed: int = 20, seed: int = 0, types: tuple[str, ...] = TYPES
) -> anndata.AnnData:
    """Half of the donors are cases; in them the first ``changed`` genes of the first type double. Simulated."""
    rng = np.random.default_rng(seed)
    base = rng.gamma(2.0, 2.0, len(genes))
    rows, obs = [], []
    for d in range(donors):
        own = base * rng.lognormal(0, 0.1, len(genes))
        for t, kind in enumerate(types):
            mean = own.copy()
            if d % 2 and t == 0:
                mean[:changed] *= 2
            rows.append(rng.poisson(mean, (cells, len(genes))))
            fact = {
                "donor_id": f"d{d}",
                "cell_type_ontology_term_id": kind,
                "sex": "female" if d % 4 < 2 else "male",
                "disease": "case" if d % 2 else "normal",
                "batch": f"b{d // 2}",
            }
            obs += [fact] * cells
    frame = pd.DataFrame(obs, index=[f"cell{i}" for i in range(len(obs))])
    frame["n_counts"] = np.concatenate([r.sum(axis=1) for r in rows]).astype(float)
    return anndata.AnnData(sparse.csr_matrix(np.concatenate(rows).astype(np.float32)), frame, pd.DataFrame(index=genes))


def write(made: anndata.AnnData, path: Path) -> Path:
    made.write_h5ad(path)
    return path
