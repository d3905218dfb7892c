"""Answers that authors published, as nodes of their own: never inputs of, and never mixed with, what is computed here.

Upstream: ``nanostring`` of magora (MIT; Preuss 2020, doi 10.1186/s13024-020-00412-5): 1,800 Pearson correlations of 11
mouse models with 30 AMP-AD modules by sex and age; GO gene-set enrichments of asliuyar/translational-omics-AD (CC BY
4.0): 5xFAD, LOAD1 and human cohorts.
Traps: magora calls "significant" what is p < .05 before any correction, 364 of 1,800; Benjamini-Hochberg over all
leaves 134 (5xFAD: 47 -> 29): :func:`survivors`. It writes LOAD1.Abca7A1527G here and LOAD1.ABCA7A1527G in its list of
models. Its correlations are those of the centre IU/Jax/Pitt. The enrichment tables are cut to listed terms; the
model column of the LOAD1 table says Trem2; the 5xFAD table has 4, 6 and 12 months, the ages of
IU/Jax/Pitt (inferred, not stated).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ingest.batch import Batch
from ingest.files.r_objects import read_r_objects
from ingest.source.models import find
from ingest.source.modules import module_id
from kg.curie import listed
from kg.match.conjunction import adjusted

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

SOURCE = "published"
NANOSTRING = "magora/nanostring.rda"
GSEA = {name: f"gsea/{name}_gsea_results.tsv" for name in ("5xFAD", "LOAD1", "Hsap")}
CENTRE = "IU/Jax/Pitt"
ALZHEIMER = "MONDO:0004975"


@dataclass(frozen=True)
class PublishedFiles:
    nanostring: Path
    gsea: dict[str, Path]


def get(cache: "Cache") -> PublishedFiles:
    return PublishedFiles(cache.get(NANOSTRING), {name: cache.get(path) for name, path in GSEA.items()})


def read_nanostring(path: Path) -> pd.DataFrame:
    """module, mouse_model, sex, age_group, correlation, p_value, significant; one row a correlation."""
    return read_r_objects(path)["nanostring"].reset_index(drop=True)


class Survivors(NamedTuple):
    """Results called significant at .05, and those that stay so after Benjamini-Hochberg over all."""

    total: int
    nominal: int
    adjusted: int


def survivors(correlations: pd.DataFrame, model: str | None = None) -> Survivors:
    """Count in what :func:`read_nanostring` returns; the correction is over all rows, the count over the model's."""
    p, q = correlations["p_value"].to_numpy(float), adjusted(correlations["p_value"].to_numpy(float))
    mine = np.ones(len(p), bool) if model is None else (correlations["mouse_model"] == model).to_numpy(bool)
    return Survivors(int(mine.sum()), int((p[mine] < 0.05).sum()), int((q[mine] < 0.05).sum()))


def transform(files: PublishedFiles) -> Batch:
    """PublishedResult nodes with RESULT_OF edges to the model, module or disease they are about."""
    batch = Batch(SOURCE, "magora d4f21ca, translational-omics-AD 6c0ddc6")
    _correlations(batch, read_nanostring(files.nanostring))
    for name, path in files.gsea.items():
        _enrichments(batch, name, pd.read_csv(path, sep="\t"))
    return batch.check()


def _link(batch: Batch, node: str, label: str, target: str | None) -> None:
    if target:
        batch.edges["RESULT_OF", "PublishedResult", label].append({"subject": node, "object": target})


def _correlations(batch: Batch, table: pd.DataFrame) -> None:
    models = {name: find(name, CENTRE) for name in table["mouse_model"].unique()}
    batch.read += len(table)
    batch.accepted += len(table)
    for row in table.to_dict("records"):
        module, model, sex, age = (str(row[k]) for k in ("module", "mouse_model", "sex", "age_group"))
        node = listed("published", "magora", model, sex, age, module)
        batch.nodes["PublishedResult"].append(
            {
                "id": node,
                "kind": "correlation",
                "label": f"{model} {sex.lower()} {age} x {module}",
                "model": model,
                "sex": sex.lower(),
                "age": age,
                "cohort": "AMP-AD",
                "term": module,
                "value": float(row["correlation"]),
                "p": float(row["p_value"]),
                "significant": bool(row["significant"]),
            }
        )
        _link(batch, node, "DiseaseModel", models[model])
        _link(batch, node, "GeneModule", module_id(module))


def _enrichments(batch: Batch, name: str, table: pd.DataFrame) -> None:
    human = name == "Hsap"
    batch.read += len(table)
    batch.accepted += len(table)
    model_node = None if human else find(name, CENTRE)
    for row in table.to_dict("records"):
        where = (row["Study"], row["Tissue"]) if human else (row["model"], row["sex"], row["age"])
        node = listed("published", "gsea", name, *where, row["ID"])
        age = "" if human else f"{row['age']} months" if isinstance(row["age"], int) else str(row["age"])
        batch.nodes["PublishedResult"].append(
            {
                "id": node,
                "kind": "enrichment",
                "label": f"{' '.join(map(str, where))}: {row['Description']}",
                "model": "" if human else str(row["model"]),
                "sex": "" if human else str(row["sex"]),
                "age": age.replace(" mo", " months") if age.endswith(" mo") else age,
                "cohort": f"{row['Study']} {row['Tissue']}" if human else "",
                "term": row["ID"],
                "value": float(row["NES"]),
                "p": float(row["pvalue"]),
                "fdr": float(row["p.adjust"]),
                "significant": bool(row["p.adjust"] < 0.05),
            }
        )
        _link(batch, node, "DiseaseModel", model_node)
        if human:
            _link(batch, node, "Disease", ALZHEIMER)
