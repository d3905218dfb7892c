"""Engines beside the closed form, by the functions that the commands call: sums by type in MapMyCells' layout, out and
in again, and the space of scANVI."""

from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.atlas.create import create
from ingest.atlas.mapped import Reading, read_against
from ingest.atlas.of_statistics import Published, create_of_statistics, export_statistics
from ingest.atlas.page import page
from ingest.atlas.policy import policy_of
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from ingest.jobs.map import picture
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Version
from kg.atlas.versions import card_of, manifest_of
from kg.errors import ContractError
from kg.store.driver import Store
from tests.ingest.atlas_cells import POLICY, write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human)

pytestmark = pytest.mark.graph
ADA = Author("Ada")
SOURCE = Published("NCBITaxon:9606", "published sums", "CC-BY-4.0", "Somebody 2023")


@pytest.fixture(scope="module")
def names(human: GeneIndex) -> list[str]:
    return sorted(human.symbols)[1000:1240]


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "atlas", own=True)


def made(store: Store, objects: ObjectStore, cache: Cache, path: Path, **engine: object) -> Version:
    policy = policy_of(POLICY | {"engine": POLICY["engine"] | engine})  # type: ignore[operator]
    return create(store, objects, "pbmc", [path], policy, ADA, "now", cache=cache, genes=Genes(cache)).version


def right(reading: Reading, file: Path) -> float:
    truth = anndata.read_h5ad(file).obs["type"].to_numpy(str).astype(object)
    called = reading.mapped.nearest.astype(object)
    called[called == "plasmacytoid dendritic cell"] = "pDC"
    return float((called == truth).mean())


def test_sums_are_written_and_a_version_made_of_them_maps_as_their_own_does(
    embedded_store: Store, objects: ObjectStore, cache: Cache, names: list[str], tmp_path: Path
) -> None:
    one, asked = write_study(tmp_path, "one", names), write_study(tmp_path, "asked", names, donors=2, seed=9)
    version = made(embedded_store, objects, cache, one, heads=["hierarchical"])
    assert card_of(objects, version).head == "correlation with type means, level by level down the tree"
    file, markers = tmp_path / "sums.h5", tmp_path / "markers.json"
    assert export_statistics(objects, version, file, markers) == 6
    other, notes = create_of_statistics(
        embedded_store, objects, "sums", file, markers, SOURCE, policy_of(POLICY), ADA, "now", genes=Genes(cache)
    )
    assert notes == ()
    assert (other.n_cells, other.n_donors, other.n_types) == (360, 0, 6)
    card = card_of(objects, other)
    assert (card.studies[0].licence, card.studies[0].note) == ("CC-BY-4.0", "sums by type, no cells")
    assert "no donor was held out" in card.forbidden[0]
    own, theirs = (read_against(objects, v, asked, cache=cache, genes=Genes(cache)) for v in (version, other))
    assert right(own, asked.with_suffix(".h5ad")) > 0.85
    assert (own.mapped.nearest == theirs.mapped.nearest).mean() > 0.97
    assert np.isnan(theirs.mapped.outside_p).all()
    assert theirs.terms["plasmacytoid dendritic cell"] == "CL:0000784"
    assert "<svg" in page(theirs)


def test_a_version_without_sums_says_how_to_have_them(
    embedded_store: Store, objects: ObjectStore, cache: Cache, names: list[str], tmp_path: Path
) -> None:
    version = made(embedded_store, objects, cache, write_study(tmp_path, "one", names), heads=["means"])
    with pytest.raises(ContractError) as told:
        export_statistics(objects, version, tmp_path / "sums.h5")
    assert told.value.code == "NO_STATISTICS"
    assert not (tmp_path / "sums.h5").exists()


@pytest.mark.models
def test_a_version_in_the_space_of_scanvi_is_kept_and_mapped_to(
    embedded_store: Store, objects: ObjectStore, cache: Cache, names: list[str], tmp_path: Path
) -> None:
    one, asked = write_study(tmp_path, "one", names), write_study(tmp_path, "asked", names, donors=2, seed=9)
    small = {"latent": 6, "hidden": 32, "layers": 1, "epochs": [30, 10, 10]}
    version = made(embedded_store, objects, cache, one, name="scanvi", folds=2, scanvi=small)
    assert {"model/scanvi", "model/scanvi-card"} <= set(manifest_of(objects, version).objects)
    card = card_of(objects, version)
    assert (card.engine.name, card.policy.endswith("; scANVI, 6 axes")) == ("scanvi-surgery", True)
    reading = read_against(objects, version, asked, cache=cache, genes=Genes(cache))
    assert right(reading, asked.with_suffix(".h5ad")) > 0.7
    assert reading.mapped.coordinates.shape == (120, 6)
    assert np.isfinite(reading.mapped.outside_p).all()
    assert "<svg" in page(reading)
    drawn, heads = picture(reading), reading.built.heads
    axes = np.linalg.svd(heads.means - heads.means.mean(axis=0), full_matrices=False)[2][:2]
    behind = (heads.cells - heads.means.mean(axis=0)) @ axes.T
    assert drawn["atlas"]["x"] == pytest.approx(behind[:, 0].tolist(), abs=1e-3)
    assert drawn["atlas"]["type"] == [heads.types[code] for code in heads.code]
    assert (drawn["atlas_cells"], drawn["study_cells"]) == (360, 120)
