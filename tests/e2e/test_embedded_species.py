"""The whole line from counts of several species to an answer about correspondence, by real SATURN runs, on both
stores."""

import pytest
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.curie import local
from kg.store.driver import Store
from tests.api.ask import data
from tests.e2e.embedded_species import OWN, SHARED, TAXA, embed_species, load_space, truth

pytestmark = [pytest.mark.graph, pytest.mark.models]
PAIR, THREE = ("human", "mouse"), ("human", "mouse", "marmoset")
ASKED = """query($id: String!) { embedding(id: $id) { card standIn nControls nullShuffled aurocOf
  populations(first: 50) { nodes { label taxon counterpart layout nCells
    correspondences(first: 30) { nodes { status score q qShuffled auroc agrees card population
      { label taxon } } } } } } }"""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    return embed_species(tmp_path_factory.mktemp("two"))


def answer(store: Store, home, name: str) -> dict:
    app = create_app(store, home / "signatures")
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5)) as client:
        return data(client, ASKED, id=local("embedding", name, "space"))["embedding"]


def called(space: dict, *, agreed: bool = False) -> set[frozenset[str]]:
    """Counterparts; ``agreed``: by both scores."""
    return {
        frozenset((f"{p['taxon']} {p['label']}", f"{c['population']['taxon']} {c['population']['label']}"))
        for p in space["populations"]["nodes"]
        for c in p["correspondences"]["nodes"]
        if c["status"] == "COUNTERPART" and (c["agrees"] or not agreed)
    }


def test_the_right_types_are_found_and_the_controls_find_none(store: Store, embedded, tmp_path):
    shuffled = [f"shuffled-{n}.h5ad" for n in range(1, 7)]
    load_space(store, embedded, tmp_path, file="saturn.h5ad", controls=shuffled, species=PAIR, name="simulated-two")
    space = answer(store, tmp_path, "simulated-two")
    assert called(space) == truth(PAIR)
    assert (space["nControls"], space["standIn"], space["aurocOf"]) == (6, False, "obsm X_orthologs")
    assert space["card"].startswith(
        "saturn 1; seed 0; gene embedding: protein language model; human: 220 cells; 100.0% of"
    )
    nodes = {(p["taxon"], p["label"]): p for p in space["populations"]["nodes"]}
    assert len(nodes) == 2 * (len(SHARED) + 1)
    for (_, label), p in nodes.items():
        assert 0 < len(p["layout"]) <= 80
        for c in p["correspondences"]["nodes"]:
            assert c["card"] == space["card"]
            if c["status"] == "COUNTERPART":
                assert c["population"]["label"] == label
                assert max(c["q"], c["qShuffled"]) <= 0.05
                assert c["auroc"] > 0.9
                assert c["agrees"] is True
    for name in PAIR:
        assert "none at FDR 0.05" in nodes[TAXA[name], OWN[name]]["counterpart"]

    load_space(
        store, embedded, tmp_path, file=shuffled[0], controls=shuffled[1:], species=PAIR, name="simulated-control"
    )
    control = answer(store, tmp_path, "simulated-control")
    assert called(control) == set()
    assert "shuffled (control 1)" in control["card"]


def test_a_third_species_is_data_alone(embedded_store: Store, tmp_path):
    """Without control runs the types that each species has alone are called each other's counterpart, for want of
    another; the second score says otherwise, and the answer shows it."""
    out = embed_species(tmp_path, species=THREE, controls=0, cells=180)
    load_space(embedded_store, out, tmp_path, file="saturn.h5ad", controls=[], species=THREE, name="simulated-three")
    space = answer(embedded_store, tmp_path, "simulated-three")
    assert called(space) >= truth(THREE)
    assert called(space, agreed=True) == truth(THREE)
    assert space["nullShuffled"].startswith("missing")
    assert {p["taxon"] for p in space["populations"]["nodes"]} == set(TAXA.values())
