"""Sex, age, region, strain and drug condition of a file of cells: on its donors, on every contrast made of it, and as
nodes."""

from pathlib import Path

import pytest

from ingest.fetch.genes_index import GeneIndex
from kg.errors import ContractError
from tests.ingest.make_cells import study, write
from tests.ingest.test_cells import read

FACTS = """
schema: 1
dataset: {id: made, title: Made cells, taxon: "NCBITaxon:10090", licence: none stated, redistribute: false,
          citation: made by a generator, simulated: true}
material: {kind: cell type, tissue: "UBERON:0000956", region: "UBERON:0002421"}
strain: C57BL/6J
models: [{id: "orthokg:model/app", label: APP mice, strain: C57BL/6J, disease: "MONDO:0004975", engineered_genes:
  [App]}]
cells: {file: cells.h5ad, composition: true, sex_column: sex, age_column: age, region_column: region, strain_column:
  strain}
contrasts:
  - {id: drug, label: drug against vehicle, kind: drug, drug: Plx, dose: 10, dose_unit: mg/kg, time_hours: 48, model:
    "orthokg:model/app",
     case: {treatment: plx}, control: {treatment: vehicle}, case_arm: plx, control_arm: vehicle}
  - {id: females, label: females against males, kind: ageing, sex: female and male, strain: "", age: "",
     case: {sex: female}, control: {sex: male}}
"""


@pytest.fixture(scope="module")
def genes(mouse: GeneIndex) -> list[str]:
    return [g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[:60]]


def made_cells(genes: list[str]):
    made = study(genes, types=("CL:0000127", "CL:0000129", "CL:0000128"))
    at = made.obs["donor_id"].str[1:].astype(int)
    made.obs["treatment"] = (at % 2).map({1: "plx", 0: "vehicle"}).to_numpy()
    made.obs["age"] = (at + 3).astype(str) + " months"
    made.obs["region"] = (at < 3).map({True: "hippocampus", False: "cortex"}).to_numpy()
    made.obs["strain"] = (at < 2).map({True: "CAST/EiJ", False: "C57BL/6J"}).to_numpy()
    return made


def test_facts_arrive_where_they_belong(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    write(made_cells(genes), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, FACTS)
    donors = {row["id"]: row for row in batch.nodes["Donor"]}
    assert donors["orthokg:donor/made-d1"] == {
        "id": "orthokg:donor/made-d1",
        "in_taxon": "NCBITaxon:10090",
        "arm": donors["orthokg:donor/made-d1"]["arm"],
        "n_pooled": 1,
        "sex": "female",
        "age": "4 months",
        "region": "hippocampus",
        "strain": "CAST/EiJ",
    }
    rows = {row["id"].removeprefix("orthokg:contrast/made/"): row for row in batch.nodes["Contrast"]}
    drug = [name for name in rows if name.startswith("drug.")]
    assert sorted(drug) == ["drug.astrocyte", "drug.composition", "drug.microglial-cell", "drug.oligodendrocyte"]
    for name in drug:
        row = rows[name]
        assert (row["kind"], row["case_arm"], row["control_arm"]) == ("drug", "plx", "vehicle")
        assert (row["sex"], row["age"], row["strain"]) == ("female, male", "8 values", "C57BL/6J"), name
    told = rows["females.microglial-cell"]
    assert (told["sex"], told["age"], told["strain"]) == ("female and male", "8 values", "C57BL/6J, CAST/EiJ")


def test_the_drug_condition_is_of_what_was_treated_and_of_every_contrast(
    tmp_path: Path, mouse: GeneIndex, genes: list[str]
):
    write(made_cells(genes), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, FACTS)
    (condition,) = batch.nodes["DrugCondition"]
    assert condition["label"] == "Plx 10 mg/kg 48 h in cerebral cortex"
    assert (condition["dose"], condition["dose_unit"], condition["time_hours"]) == (10, "mg/kg", 48)
    assert [row["label"] for row in batch.nodes["Drug"]] == ["Plx"]
    drug = {row["id"] for row in batch.nodes["Contrast"] if row["kind"] == "drug"}
    for kind, label, target in (
        ("OF_CONDITION", "DrugCondition", condition["id"]),
        ("OF_MODEL", "DiseaseModel", "orthokg:model/app"),
        ("IN_TISSUE", "Tissue", "UBERON:0002421"),
    ):
        edges = {edge["subject"] for edge in batch.edges[kind, "Contrast", label] if edge["object"] == target}
        assert drug <= edges, kind
    types = {
        edge["subject"].rsplit(".", 1)[1]: edge["object"] for edge in batch.edges["OF_TYPE", "Contrast", "CellType"]
    }
    assert types == {"astrocyte": "CL:0000127", "microglial-cell": "CL:0000129", "oligodendrocyte": "CL:0000128"}
    states = {row["label"] for row in batch.nodes["DiseaseState"]}
    assert "ageing, microglial cell" in states


def test_a_fact_that_differs_within_a_donor_is_one_named_error(tmp_path: Path, mouse: GeneIndex, genes: list[str]):
    made = made_cells(genes)
    made.obs["region"] = ["cortex", "hippocampus"] * (made.n_obs // 2)
    write(made, tmp_path / "cells.h5ad")
    with pytest.raises(ContractError) as caught:
        read(tmp_path, mouse, FACTS)
    assert caught.value.code == "WRONG_COLUMNS"
    assert "region_column" in str(caught.value)
