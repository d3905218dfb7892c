"""The space of scANVI and the surgery that maps to it: what moves, what stays, what is stored and what is refused."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from ingest.method import scanvi
from ingest.method.mapping import pack
from ingest.method.mapping.engine import Built, Policy, Query, build, map_cells
from ingest.method.scanvi import Model, Scanvi, Settings
from kg.errors import ContractError, MethodError
from tests.ingest.method.mapping import make_models
from tests.ingest.method.mapping.make_donors import GENES, PARENTS, make_study

pytestmark = pytest.mark.models
SETTINGS = Settings(latent=6, hidden=32, layers=1, epochs=(30, 10, 10))
POLICY = Policy(genes=150, axes=15, centroids=12, wide=240, folds=2)


@pytest.fixture(scope="module")
def made() -> tuple[Built, Model]:
    kept: list[Model] = []
    built = build([make_study("one", 6)], PARENTS, POLICY, space=Scanvi(SETTINGS), kept=kept.append)  # type: ignore[arg-type]
    return built, kept[0]


def asked() -> tuple[Query, np.ndarray]:
    study = make_study("query", 2, 60, seed=9)
    return Query(study.counts, study.genes, study.donors, taxon=study.taxon), study.labels


def test_a_query_is_mapped_in_the_latent_space_and_what_is_kept_maps_alike(made: tuple[Built, Model]) -> None:
    built, model = made
    assert built.latent.cells.shape == (360, 6)
    assert built.calibration.promised
    query, truth = asked()
    found = map_cells(built, query, embedded=model)
    assert found.coordinates.shape == (120, 6)
    assert (found.nearest == truth).mean() > 0.7
    at = np.searchsorted(found.types, truth)
    assert found.sets[np.arange(120), at].mean() > 0.75
    assert found.verdict.corrected
    again = scanvi.from_bytes(*scanvi.to_bytes(model))
    restored = pack.unpack(*pack.from_bytes(*pack.to_bytes(*pack.pack(built))))
    other = map_cells(restored, query, embedded=again)
    assert other.coordinates == pytest.approx(found.coordinates, abs=1e-4)
    assert other.outcome.tolist() == found.outcome.tolist()
    with pytest.raises(MethodError) as told:
        map_cells(built, query)
    assert told.value.code == "NO_MODEL"


def test_a_model_on_which_surgery_does_nothing_is_refused(made: tuple[Built, Model]) -> None:
    _, model = made
    query, _ = asked()
    batch = np.repeat([0, 1], 60)
    idle = replace(model, settings=replace(model.settings, epochs=(1, 1, 0)))
    with pytest.raises(MethodError, match="moved no query cell") as told:
        idle.query(query.counts, GENES, batch, 0)
    assert told.value.code == "NO_SURGERY"
    arguments = model.card["arguments"] | {"encode_covariates": False}
    with pytest.raises(MethodError, match="encode_covariates") as told:
        replace(model, card=model.card | {"arguments": arguments}).query(query.counts, GENES, batch, 0)
    assert told.value.code == "NO_SURGERY"


def test_genes_that_a_query_lacks_are_taken_at_their_share(made: tuple[Built, Model]) -> None:
    built, model = made
    query, truth = asked()
    own = np.array(model.card["genes"])
    filled = scanvi._filled(sparse.csr_matrix(query.counts[:, 5:]), GENES[5:], list(own), model.share).toarray()
    lacking = np.isin(own, GENES[:5])
    depth = filled[:, ~lacking].sum(axis=1) / model.share[~lacking].sum()
    assert filled[:, lacking] == pytest.approx(np.outer(depth, model.share[lacking]), rel=1e-4)
    assert lacking.any()
    light = built.reference.genes[: built.reference.own][np.argsort(built.reference.use)[:12]]
    kept = ~np.isin(GENES, light)
    found = map_cells(built, Query(sparse.csr_matrix(query.counts[:, kept]), GENES[kept], query.donors), embedded=model)
    assert (found.nearest == truth).mean() > 0.7
    assert any("share of the reference's counts" in reason for reason in found.verdict.reasons)


def test_a_card_says_what_it_is_of_and_a_pickle_is_refused(made: tuple[Built, Model], tmp_path: Path) -> None:
    _, model = made
    weights, card = scanvi.to_bytes(model)
    said = json.loads(card)
    assert set(said["versions"]) == {"python", "scvi-tools", "torch"}
    assert (said["class"], said["types"]) == ("scvi.model.SCANVI", sorted(said["types"]))
    for data in (pickle.dumps([1.0]), b"PK\x03\x04"):
        with pytest.raises(ContractError) as told:
            scanvi.from_bytes(data, card)
        assert told.value.code == "PICKLED"
    for data, text in ((weights[:50], card), (weights, b"{}"), (weights, card.replace(b'"layout": 1', b'"layout": 9'))):
        with pytest.raises(ContractError) as told:
            scanvi.from_bytes(data, text)
        assert told.value.code == "REFERENCE_LAYOUT"
    fewer = {name: each for name, each in model.weights.items() if "encoder" not in name}
    with pytest.raises(ContractError, match="weights fit") as told:
        replace(model, weights=fewer).query(asked()[0].counts, GENES, np.repeat([0, 1], 60), 0)
    assert told.value.code == "REFERENCE_LAYOUT"


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_a_model_that_another_python_wrote_is_opened_and_mapped_to(python: str) -> None:
    model = make_models.read(python)
    assert model.card["versions"]["python"].startswith(f"{python}.")
    assert make_models.mapped(model) > 0.6
    moved = replace(model, places=model.places + 0.1)
    with pytest.raises(ContractError, match="reproduces the coordinates") as told:
        make_models.mapped(moved)
    assert told.value.code == "REFERENCE_LAYOUT"
