"""Real cells that come again: ifnb onto an atlas of the donors of Kang 2018, whose control cells it has."""

from pathlib import Path

import anndata
import pytest
import yaml

from ingest.atlas.create import put_version
from ingest.atlas.policy import policy_of
from ingest.atlas.submit import checked
from ingest.fetch.genes_index import Genes
from kg.atlas.objects import ObjectStore
from kg.atlas.shared import barcode
from kg.atlas.version import Version
from kg.errors import ContractError
from tests.needs import Sources

KANG, IFNB = "singlecell/kang_pbmc_8donors_1287x12261.h5ad", "singlecell/ifnb_pbmc_6447x2800.h5ad"
ENGINE = {"genes": 300, "axes": 15, "centroids": 15, "folds": 2, "heads": ["means"]}
POLICY = {"schema": 1, "engine": ENGINE, "gates": {"labels_only": True}}


def written(folder: Path, name: str, cells: dict[str, str]) -> Path:
    facts = {
        "schema": 1,
        "dataset": {
            "id": name, "title": name, "taxon": "NCBITaxon:9606", "licence": "test data only", "redistribute": False,
            "citation": "Kang 2018",
        },
        "material": {"kind": "cell type", "tissue": "UBERON:0000178"},
        "cells": {"cell_type": "cell_type", **cells},
    }  # fmt: skip
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(facts))
    return path


@pytest.fixture(scope="module")
def genes(cache: Sources) -> Genes:
    return Genes(cache)


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    return ObjectStore(tmp_path_factory.mktemp("objects"), own=True)


@pytest.fixture(scope="module")
def kang(objects: ObjectStore, cache: Sources, genes: Genes, tmp_path_factory: pytest.TempPathFactory) -> Version:
    cache.get_all(KANG, IFNB)
    path = written(tmp_path_factory.mktemp("kang"), "kang2018", {"file": KANG, "donor": "donor_id"})
    made = put_version(objects, "pbmc", [path], policy_of(POLICY), cache=cache, genes=genes).manifest
    objects.put(made.pack())
    mark = made.content_id
    return Version(
        f"orthokg:atlas-version/{mark}", mark, "pbmc", made.taxon, mark, "", "Ada", "", "", "2026-01-01", "", 0, 0, 0,
        0, (), True,
    )  # fmt: skip


def test_ifnb_is_refused_and_the_cells_that_it_shares_are_named(
    kang: Version, objects: ObjectStore, cache: Sources, genes: Genes, tmp_path: Path
) -> None:
    """It names types and genes otherwise and has no donors; its cells are asked first."""
    path = written(tmp_path, "ifnb", {"file": IFNB, "donor": "nobody", "gene_id": "symbol"})
    with pytest.raises(ContractError) as told:
        checked(objects, kang, [path], cache=cache, genes=genes)
    (issue,) = told.value.issues
    assert (told.value.code, issue.path) == ("SHARED_CELLS", "ifnb")
    data, known = anndata.read_h5ad(cache.get(IFNB)), anndata.read_h5ad(cache.get(KANG)).obs.index
    both = data.obs.index.map(barcode).isin(known.map(barcode))
    control = (data.obs["condition"] == "CTRL").to_numpy()
    assert (control.sum(), (both & control).sum(), (both & ~control).sum()) == (1310, 1287, 31), "31 by chance"
    assert data.obs.index[both].map(barcode).nunique() == 1313
    assert "1,313 cells (47%) that are already in kang2018" in issue.found
    named = issue.found.partition(": ")[2].split(", ")
    assert len(named) == 5
    assert set(data[named].obs["condition"]) == {"CTRL"}

    data[~control].copy().write_h5ad(tmp_path / "stim.h5ad")
    other = written(tmp_path, "stim", {"file": "stim.h5ad", "donor": "nobody", "gene_id": "symbol"})
    with pytest.raises(ContractError) as told:
        checked(objects, kang, [other], cache=cache, genes=genes)
    assert told.value.code == "UNKNOWN_LABELS", "its other cells are no cells of the atlas"
