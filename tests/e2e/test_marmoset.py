"""A third species linked by a table of its authors and by a shared space, from the manifest to GraphQL, on both
stores."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.curie import local
from kg.store.driver import Store
from tests.api.ask import data
from tests.e2e.marmoset import MARMOSET, load_marmoset
from tests.ingest.test_embedding import TAXA

pytestmark = pytest.mark.graph
VIP = local("population", "lab", "consensus", "ncbitaxon 9483", "Vip")
GLIA = local("population", "lab", "space", "ncbitaxon 9483", "microglial cell")
POPULATION = """query($id: String!) { cellPopulation(id: $id) { label taxon nCells authorLabels
  same { nodes { curie } } correspondences(first: 100) { nodes { status score q published publishedBy embedding
  population { label taxon } } } } }"""
SIMILAR = """query($id: String!) { similarPopulations(to: $id, first: 2) { known nodes { cosine population
  { label taxon } } } }"""


@pytest.fixture
def client(store: Store, tmp_path: Path):
    load_marmoset(store, tmp_path)
    app = create_app(store, tmp_path / "signatures")
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5)) as made:
        yield made


def test_a_marmoset_population_is_linked_by_the_table_and_by_the_space(store: Store, client: TestClient) -> None:
    (species,) = store.read("MATCH (s:Species {id: $id}) RETURN s.label AS label", id=MARMOSET)
    assert species == {"label": "Callithrix jacchus"}
    vip = data(client, POPULATION, id=VIP)["cellPopulation"]
    assert (vip["label"], vip["taxon"], vip["nCells"]) == ("Vip", MARMOSET, 21)
    assert vip["authorLabels"] == ["Inh VIP 1", "Inh VIP 2"]
    (pair,) = vip["correspondences"]["nodes"]
    assert pair == {
        "status": "COUNTERPART",
        "score": None,
        "q": None,
        "published": "the same type: Vip",
        "publishedBy": "A. 2020",
        "embedding": "lab/consensus",
        "population": {"label": "Vip", "taxon": TAXA["human"]},
    }, "mouse has no such type"
    glia = data(client, POPULATION, id=GLIA)["cellPopulation"]
    assert glia["same"]["nodes"] == [{"curie": local("population", "lab", "consensus", "ncbitaxon 9483", "Micro")}]
    told = {
        (each["population"]["taxon"], each["population"]["label"]): (each["status"], each["published"])
        for each in glia["correspondences"]["nodes"]
    }
    assert {label for _, label in told} >= {"astrocyte", "microglial cell"}
    for taxon in TAXA.values():
        assert told[taxon, "microglial cell"] == ("COUNTERPART", "the same type: Micro")
        status, said = told[taxon, "astrocyte"]
        assert status == "NONE"
        assert said in ("different types: Micro, Astro", "different types: Astro, Micro")
    near = data(client, SIMILAR, id=GLIA)["similarPopulations"]
    assert near["known"] > 2
    assert [each["population"]["label"] for each in near["nodes"]] == ["microglial cell"] * 2
    assert {each["population"]["taxon"] for each in near["nodes"]} == set(TAXA.values())
    assert all(each["cosine"] > 0.75 for each in near["nodes"]), "far above any other type"
