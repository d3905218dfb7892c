"""Real cells: an atlas of the adult donors of Darmanis 2015, and cells of Zeisel 2015 that are refused onto it."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml

from ingest.atlas.create import create
from ingest.atlas.mapped import read_against
from ingest.atlas.policy import policy_of
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Version
from kg.atlas.versions import card_of
from kg.errors import ContractError
from kg.store.driver import Store
from tests.conftest import clean
from tests.ingest.conftest import *  # noqa: F403  (cache)

pytestmark = pytest.mark.graph
TYPES = ["OPC", "astrocytes", "endothelial", "microglia", "neurons", "oligodendrocytes"]
POLICY = {"schema": 1, "engine": {"genes": 500, "axes": 20, "folds": 4, "heads": ["means"]}}


def written(folder: Path, name: str, taxon: str, cells: dict[str, str]) -> Path:
    facts = {
        "schema": 1,
        "dataset": {
            "id": name, "title": name, "taxon": taxon, "licence": "none stated: test data only",
            "redistribute": False, "citation": "as the title says",
        },
        "material": {"kind": "cell type", "tissue": "UBERON:0000956"},
        "cells": {"gene_id": "symbol", **cells},
    }  # fmt: skip
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(facts))
    return path


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    return ObjectStore(tmp_path_factory.mktemp("objects"), own=True)


@pytest.fixture(scope="module")
def adults(_embedded: Store, objects: ObjectStore, cache: Cache, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Cells of adult donors that the authors gave one type; the others name no donor or no type."""
    folder = tmp_path_factory.mktemp("darmanis")
    meta = pd.read_csv(cache.get("darmanis/2015-Darmanis_b_prepared_meta.csv.gz"), sep="\t", index_col=0)
    adult = meta["age"].str.startswith("postnatal")
    meta["adult"] = meta["experiment_sample_name"].where(adult, "")
    meta["kind"] = meta["cell type"].where(meta["cell type"].isin(TYPES), "")
    meta[["adult", "kind"]].to_csv(folder / "cells.csv")
    cells = {
        "file": "darmanis/2015-Darmanis_b_prepared_data.csv.gz", "obs": "cells.csv", "rows": "genes",
        "donor": "adult", "cell_type": "kind",
    }  # fmt: skip
    path = written(folder, "darmanis2015", "NCBITaxon:9606", cells)
    made = create(
        clean(_embedded), objects, "cortex", [path], policy_of(POLICY), Author("Ada"), "adults", cache=cache,
        genes=Genes(cache),
    )  # fmt: skip
    return made.version


def test_the_adult_donors_make_an_atlas(adults: Version, objects: ObjectStore) -> None:
    assert (adults.n_donors, adults.n_types) == (8, 6)
    card = card_of(objects, adults)
    assert 250 < card.cells < 350
    assert {line.label for line in card.coverage if line.of == "donor"} == {
        f"darmanis2015/AB_S{at}" for at in (1, 2, 3, 4, 5, 7, 8, 11)
    }
    assert (card.measures[0].value or 0) > 0.6
    few = next(line for line in card.forbidden if line.startswith("fewer than 5 donors"))
    assert "microglia" in few, "two to eight cells a donor set no threshold of their own"


def test_zeisel_is_refused_for_its_genes_and_for_its_species(
    adults: Version, objects: ObjectStore, cache: Cache, tmp_path: Path
) -> None:
    data = anndata.read_h5ad(cache.get("zeisel/zeisel_1464x1000.h5ad"))
    data.obs["donor"] = np.resize(["a", "b"], len(data))
    data.write_h5ad(tmp_path / "mouse.h5ad")
    data.var.index = data.var.index.str.upper()
    data.write_h5ad(tmp_path / "named.h5ad")

    def refused(name: str, taxon: str) -> ContractError:
        path = written(tmp_path, name, taxon, {"file": f"{name}.h5ad", "donor": "donor", "cell_type": "label"})
        with pytest.raises(ContractError) as told:
            read_against(objects, adults, path, cache=cache, genes=Genes(cache))
        return told.value

    genes = refused("named", "NCBITaxon:9606")
    assert genes.code == "MISSING_GENES"
    share = float(genes.issues[0].found.partition(";")[0])
    assert 0.02 < share < 0.3
    assert genes.issues[0].found.count("ENSG") == 10
    assert refused("mouse", "NCBITaxon:10090").code == "OTHER_SPECIES"
