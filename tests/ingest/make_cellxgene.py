"""A small file that keeps the CELLxGENE contract of a version; made by a generator, simulated."""

import anndata
import numpy as np
import pandas as pd

from tests.ingest.make_cells import study

CL = ("CL:0000127", "CL:0000129")
_SAME = {
    "assay_ontology_term_id": "EFO:0009922",
    "development_stage_ontology_term_id": "MmusDv:0000110",
    "self_reported_ethnicity_ontology_term_id": "na",
    "suspension_type": "nucleus",
    "tissue_type": "tissue",
    "tissue_ontology_term_id": "UBERON:0000956",
}


def cellxgene(genes: list[str], version: str = "7.1.0", **more: object) -> anndata.AnnData:
    """Mouse nuclei of two types, raw counts in raw.X and log counts in X; ``more`` goes to :func:`study`."""
    made = study(genes, types=CL, **more)  # type: ignore[arg-type]
    obs = made.obs.drop(columns=["sex", "disease"])
    case = made.obs["disease"] == "case"
    obs["disease_ontology_term_id"] = np.where(case, "MONDO:0004975", "PATO:0000461")
    obs["sex_ontology_term_id"] = np.where(made.obs["sex"] == "female", "PATO:0000383", "PATO:0000384")
    obs["is_primary_data"] = True
    uns: dict[str, object] = {"title": "Made nuclei", "schema_version": version}
    organism = {"organism_ontology_term_id": "NCBITaxon:10090"}
    for name, value in (_SAME | ({} if version >= "6" else organism)).items():
        obs[name] = pd.Categorical([value] * len(obs))
    made.obs, made.uns = obs, uns | (organism if version >= "6" else {})
    made.var["feature_is_filtered"] = False
    made.raw = anndata.AnnData(made.X.copy(), obs[[]], pd.DataFrame(index=made.var_names))
    made.X = made.X.log1p()
    return made
