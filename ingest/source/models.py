"""Mouse models of Alzheimer's disease and tauopathy.

Upstream: ``available_models`` of magora (Sage-Bionetworks, MIT; the MODEL-AD explorer; Preuss 2020, doi
10.1186/s13024-020-00412-5): 18 rows with matched control, type, centre and strain page. Genotype, engineered genes and
disease of each, and APP/PS1, rTg4510 and J20, are curated by us in ``ontologies/models.tsv`` with a DOI where one is.
Traps: 5xFAD is there twice, from two centres: a model is keyed by name and centre; some models of UCI are crossed with
5xFAD, so their matched control column names two strains. Engineered genes are human symbols: transgenes, and genes
whose count the construct itself changes (the Prnp vector of APP/PS1 and rTg4510, the Thy1 vector of 5xFAD and 3xTg-AD:
Prnp and Thy1 stand among the top changes of the data available; the Fgf14 insertion site of rTg4510: Gamache 2019, doi
10.1038/s41467-019-10428-1).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ingest.batch import Batch
from ingest.fetch.curated import curated
from ingest.files.r_objects import read_r_objects
from kg.curie import MOUSE, listed

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

SOURCE = "models"
PATH = "magora/available_models.rda"
_FACTS = {
    "Mouse Model": "name",
    "Center": "centre",
    "Matched Control": "their_control",
    "Model Type": "their_form",
    "Model Information": "page",
}


@dataclass(frozen=True)
class ModelFiles:
    published: Path


def get(cache: "Cache") -> ModelFiles:
    return ModelFiles(cache.get(PATH))


def model_id(name: str, centre: str = "") -> str:
    return listed("model", name, centre)


def find(name: str, centre: str = "") -> str | None:
    """Id of a curated model by name or alias, whatever the case; with several centres, ``centre`` decides."""
    table, wanted = curated("models.tsv"), name.casefold()
    named = [
        row
        for row in table.itertuples()
        if wanted in (str(row.name).casefold(), *str(row.aliases).casefold().split(";"))
        and (not centre or centre == row.centre)
    ]
    return model_id(str(named[0].name), str(named[0].centre)) if len(named) == 1 else None


def diseases(model: str) -> tuple[str, ...]:
    """What a curated model models, by its id; none for a model that is not curated."""
    table = curated("models.tsv")
    named = [str(row.models) for row in table.itertuples() if model_id(str(row.name), str(row.centre)) == model]
    return tuple(named[0].split(";")) if named else ()


def transform(files: ModelFiles) -> Batch:
    """DiseaseModel nodes, IN_SPECIES and MODELS edges. A published row without a curated one is quarantined."""
    theirs = read_r_objects(files.published)["available_models"].rename(columns=_FACTS)
    theirs = theirs[list(_FACTS.values())].astype(object).where(lambda t: t.notna(), "")
    ours = curated("models.tsv")
    own = ours[ours["centre"] == ""]
    both = theirs.merge(ours, on=["name", "centre"], how="left", indicator=True)
    batch = Batch(SOURCE, "magora d4f21ca, curated", read=len(theirs) + len(own))
    for row in (both["_merge"] == "left_only").to_numpy().nonzero()[0]:
        batch.quarantine(
            PATH, int(row) + 1, "not-curated", both["name"].iloc[row], "add the model to ontologies/models.tsv"
        )
    known = pd.concat([both[both["_merge"] == "both"].drop(columns="_merge"), own]).fillna("")
    batch.accepted = len(known)
    for row in known.to_dict("records"):
        node = model_id(row["name"], row["centre"])
        batch.nodes["DiseaseModel"].append(
            {
                "id": node,
                "label": row["name"],
                "centre": row["centre"],
                "strain": row["strain"],
                "genotype": row["genotype"],
                "control": row["control"] or row["their_control"],
                "form": row["form"] or row["their_form"],
                "engineered_genes": row["engineered_genes"].split(";"),
                "url": row["url"] or row["page"],
                "in_taxon": MOUSE,
            }
        )
        batch.edges["IN_SPECIES", "DiseaseModel", "Species"].append({"subject": node, "object": MOUSE})
        batch.edges["MODELS", "DiseaseModel", "Disease"] += [
            {"subject": node, "object": disease} for disease in row["models"].split(";")
        ]
    return batch.check()
