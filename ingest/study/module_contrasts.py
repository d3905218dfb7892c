"""The AMP-AD modules as contrasts: human Alzheimer's against control, a module's genes in the region of its cohort.

The authors give fold changes without standard error or p, so that none of them can be tested; they are compared with
mouse models as published (Wan 2020, doi 10.1016/j.celrep.2020.107908), by score only.
"""

from pathlib import Path

import pandas as pd

from ingest.batch import Batch
from ingest.fetch.download import sha256_of
from ingest.files.tokens import Genes
from ingest.manifest.manifest import Manifest
from ingest.source.modules import PATH, fold_changes, region
from ingest.study import datasets
from kg.curie import HUMAN

ALZHEIMER = "MONDO:0004975"
CORTEX, CEREBELLUM = "UBERON:0000956", "UBERON:0002037"


def manifest(modules: list[str]) -> Manifest:
    """One contrast per module; cerebellum is a material of its own, the other regions are facts of cortex cohorts."""
    contrasts = []
    for module in modules:
        name, tissue = region(module)
        place = {"tissue": CEREBELLUM} if tissue == CEREBELLUM else {"tissue": CORTEX, "region": tissue}
        contrasts.append({
            "id": module.lower(), "label": f"Alzheimer's, genes of module {module}, {name}", "kind": "disease",
            "disease": ALZHEIMER, "pooled": False, "material": place, "table": {"where": {"module": [module]}},
            "case_arm": f"Alzheimer's, {name}", "control_arm": f"control, {name}",
            "shares": [{"contrast": c, "arm": "donors of the AMP-AD cohorts"} for c in ("rosmap-fl/ad", "mayo-tl/ad")],
        })  # fmt: skip
    return Manifest.model_validate(
        {
            "schema": 1,
            "dataset": {
                "id": "ampad-modules",
                "title": "Alzheimer's against control in 30 co-expression modules",
                "taxon": HUMAN,
                "licence": "CC BY 4.0",
                "redistribute": True,
                "citation": "Wan et al. 2020",
                "doi": "10.1016/j.celrep.2020.107908",
            },
            "material": {"kind": "bulk", "assay": "EFO:0008896"},
            "table": {
                "file": PATH,
                "columns": {"gene": "human_gene", "effect": "effect"},
                "gene_id": "ensembl",
                "cut": {"by": "genes of the module", "universe": "known"},
            },
            "contrasts": contrasts,
        }
    )


def transform(members: pd.DataFrame, path: Path, genes: Genes) -> Batch:
    """``members``: what modules.human_genes returns; ``path``: its file. Reads the rows that have one human gene and
    one value; what is lost before is counted where the modules are read."""
    rows = fold_changes(members).astype(str)
    files = datasets.Files({PATH: path}, {PATH: sha256_of(path)})
    return datasets.transform(manifest(sorted(set(rows["module"]))), files, genes, {PATH: rows})
