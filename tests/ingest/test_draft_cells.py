"""A draft for a file of cells writes down what the file shows, and asks for the rest."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from ingest.draft.cells import draft_cells, is_cells
from ingest.manifest import manifest
from kg.cli.main import main
from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError
from tests.ingest.make_cells import study
from tests.ingest.make_cellxgene import cellxgene
from tests.ingest.make_formats import FORMATS

MICE = [f"ENSMUSG{i:011d}" for i in range(1, 40)]


def gaps(text: str, folder: Path) -> dict[str, str]:
    """Place -> what is asked for, by the check of a manifest."""
    (folder / "m.yaml").write_text(text)
    with pytest.raises(ContractError) as caught:
        manifest.read(folder / "m.yaml")
    assert len(caught.value.issues) == text.count(manifest.FILL), caught.value
    return {issue.path.removeprefix("m.yaml: "): issue.fix for issue in caught.value.issues}


def test_a_file_of_cellxgene_says_nearly_all(tmp_path: Path):
    made = cellxgene(MICE, "7.1.0")
    made.uns["citation"] = "Publication: https://doi.org/10.1/x"
    made.write_h5ad(tmp_path / "Mouse cortex.h5ad")
    text = draft_cells(tmp_path / "Mouse cortex.h5ad")
    facts = yaml.safe_load(text)
    assert facts["dataset"]["id"] == "mouse-cortex"
    assert (facts["dataset"]["taxon"], facts["dataset"]["title"]) == (MOUSE, "Made nuclei")
    assert facts["material"] == {"kind": "cell type", "tissue": "UBERON:0000956", "assay": "EFO:0009922"}
    assert facts["cells"] == {"file": "Mouse cortex.h5ad"}
    (contrast,) = facts["contrasts"]
    assert contrast["id"] == "alzheimer-disease"
    assert contrast["case"] == {"disease_ontology_term_id": "MONDO:0004975"}
    assert set(gaps(text, tmp_path)) == {"dataset.licence", "dataset.redistribute", "contrasts.0.model"}


def test_a_filled_draft_of_human_cells_passes(tmp_path: Path):
    made = cellxgene([f"ENSG{i:011d}" for i in range(1, 40)], "7.1.0")
    made.uns["organism_ontology_term_id"] = HUMAN
    for column, value in (
        ("development_stage_ontology_term_id", "HsapDv:0000258"),
        ("self_reported_ethnicity_ontology_term_id", "unknown"),
    ):
        made.obs[column] = pd.Categorical([value] * made.n_obs)
    made.write_h5ad(tmp_path / "cells.h5ad")
    facts = yaml.safe_load(draft_cells(tmp_path / "cells.h5ad"))
    facts["dataset"] |= {"licence": "CC BY 4.0", "redistribute": True, "citation": "us"}
    assert facts["contrasts"][0]["pooled"].startswith(manifest.FILL)
    facts["contrasts"][0]["pooled"] = True
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(facts))
    read = manifest.read(tmp_path / "m.yaml")
    assert read.contrasts[0].disease == "MONDO:0004975"
    assert read.files() == ["cells.h5ad"]


def test_columns_of_other_files_are_recognised_or_asked_for(tmp_path: Path):
    made = study([f"Gene{i}" for i in range(30)])
    made.obs = made.obs.rename(columns={"donor_id": "mouse_id", "cell_type_ontology_term_id": "my types"})
    made.write_h5ad(tmp_path / "cells.h5ad")
    text = draft_cells(tmp_path / "cells.h5ad")
    facts = yaml.safe_load(text)
    assert facts["cells"]["donor"] == "mouse_id"
    assert facts["cells"]["gene_id"] == "symbol"
    assert facts["cells"]["sex_column"] == "sex"
    asked = gaps(text, tmp_path)
    assert "my types" in asked["cells.cell_type"]
    assert "case, normal" in asked["contrasts.0.case.disease"]
    assert "dataset.taxon" in asked


def test_a_folder_of_counts_is_asked_for_its_sheet(tmp_path: Path):
    FORMATS["Cell Ranger 3 folder"](study(MICE, donors=2, cells=4), tmp_path)
    folder = tmp_path / "filtered_feature_bc_matrix"
    text = draft_cells(folder)
    assert yaml.safe_load(text)["dataset"]["taxon"] == MOUSE
    assert "cells.obs" in gaps(text, tmp_path)
    assert is_cells(folder)
    assert not is_cells(tmp_path / "cells.csv")


def test_the_command_drafts_cells_and_says_why_it_cannot(tmp_path: Path):
    made = study(MICE)
    made.write_h5ad(tmp_path / "cells.h5ad")
    ran = CliRunner().invoke(main, ["ingest", "--init", str(tmp_path / "cells.h5ad")])
    assert ran.exit_code == 0, ran.output
    assert "# counts are in X: 480 cells x 39 genes" in ran.output
    made.X = made.X.log1p()
    made.write_h5ad(tmp_path / "cells.h5ad")
    ran = CliRunner().invoke(main, ["ingest", "--init", str(tmp_path / "cells.h5ad")])
    assert ran.exit_code == 1
    assert "NO_COUNTS" in ran.output
