"""Cell populations by GraphQL, on both stores: what corresponds, what is near, and what is refused."""

import numpy as np
import pytest

from api.graphql.node import global_id
from kg.store.write import write_edges, write_nodes
from tests.api.ask import data, error
from tests.api.conftest import MOUSE, OWNER
from tests.api.test_nodes import SCHEMA, deep, named
from tests.api.wide import HUMAN, MURINE

pytestmark = pytest.mark.graph
SPACE = "orthokg:embedding/lab-space"
IDS = [f"orthokg:population/p{at}" for at in range(6)]
PLACES = np.random.default_rng(0).normal(size=(6, 5))


@pytest.fixture
def client(any_graph):
    taxa = [HUMAN, HUMAN, MURINE, MURINE, "NCBITaxon:9483", MURINE]
    rows = [
        {
            "id": IDS[at],
            "label": f"type {at}",
            "in_taxon": taxa[at],
            "n_cells": 10 + at,
            "centroid": PLACES[at].tolist(),
            "layout": [0.5, at + 0.25],
            "embedding": "lab/space" if at < 5 else "lab/other",
            "counterpart": "NCBITaxon:10090: none at FDR 0.05",
        }
        for at in range(6)
    ]
    write_nodes(any_graph.store, "CellPopulation", [*rows, {"id": "orthokg:population/bare", "label": "bare"}], **OWNER)
    write_nodes(any_graph.store, "CellType", [{"id": "CL:0000129", "label": "microglial cell"}], **OWNER)
    card = "saturn 1; seed 7; gene embedding: ESM2"
    space = {
        "id": SPACE,
        "label": "lab/space",
        "method": "saturn",
        "version": "1",
        "seed": 7,
        "stand_in": False,
        "card": card,
        "null_shuffled": "missing: no control run",
        "coverage": ["human: 21 cells"],
        "taxa": sorted(set(taxa[:5])),
    }
    write_nodes(any_graph.store, "Embedding", [space], **OWNER)
    within = [{"subject": key, "object": SPACE} for key in IDS[:5]]
    write_edges(any_graph.store, "IN_EMBEDDING", "CellPopulation", "Embedding", within, **OWNER)
    same = [{"subject": IDS[2], "object": "orthokg:population/bare", "basis": "label"}]
    write_edges(any_graph.store, "SAME_POPULATION", "CellPopulation", "CellPopulation", same, **OWNER)
    compared = [{"subject": MOUSE, "object": "orthokg:population/bare"}]
    write_edges(any_graph.store, "IN_POPULATION", "Contrast", "CellPopulation", compared, **OWNER)
    of = [{"subject": IDS[0], "object": "CL:0000129", "method": "label"}]
    write_edges(any_graph.store, "OF_TYPE", "CellPopulation", "CellType", of, **OWNER)
    pairs = [(2, 0, 0.9, True), (3, 0, 0.1, False), (0, 4, 0.7, True)]
    edges = [
        {
            "subject": IDS[a],
            "object": IDS[b],
            "score": score,
            "p": 0.001,
            "q": 0.004,
            "reciprocal": called,
            "agrees": called,
            "called": called,
            "status": "COUNTERPART" if called else "NONE",
            "card": card,
            "null_shuffled": space["null_shuffled"],
            "auroc": 0.95,
            "method": "saturn; x 1",
            "embedding": "lab/space",
            "null": "labels permuted",
        }
        for a, b, score, called in pairs
    ]
    write_edges(any_graph.store, "CORRESPONDS_TO", "CellPopulation", "CellPopulation", edges, **OWNER)
    with any_graph.client() as made:
        yield made


def test_a_population_tells_what_corresponds_and_what_is_near(client):
    asked = """query($id: String!, $species: String, $first: Int!) { cellPopulation(id: $id) {
      label taxon nCells nDonors counterpart cellType { label } correspondences(species: $species, first: $first) {
        nodes { population { curie taxon } score p q reciprocal auroc agrees embedding method } known
        pageInfo { hasNextPage } } } }"""
    found = data(client, asked, id=IDS[0], first=2)["cellPopulation"]
    assert (found["label"], found["taxon"], found["nCells"], found["nDonors"]) == ("type 0", HUMAN, 10, None)
    assert found["cellType"] == {"label": "microglial cell"}
    pairs = found["correspondences"]
    assert [(row["population"]["curie"], row["score"]) for row in pairs["nodes"]] == [(IDS[2], 0.9), (IDS[4], 0.7)]
    assert (pairs["known"], pairs["pageInfo"]["hasNextPage"]) == (3, True)
    assert (pairs["nodes"][0]["agrees"], pairs["nodes"][0]["auroc"], pairs["nodes"][0]["q"]) == (True, 0.95, 0.004)
    of_mouse = data(client, asked, id=IDS[0], species=MURINE, first=20)["cellPopulation"]["correspondences"]
    assert [row["population"]["curie"] for row in of_mouse["nodes"]] == [IDS[2], IDS[3]]
    assert of_mouse["known"] == 2

    asked = (
        "query($to: String!, $first: Int!) { similarPopulations(to: $to, first: $first) { known nodes { curie cosine"
        " population { taxon } } } }"
    )
    found = data(client, asked, to=IDS[0], first=3)["similarPopulations"]
    cosines = [PLACES[0] @ x / np.sqrt(PLACES[0] @ PLACES[0] * (x @ x)) for x in PLACES[:5]]
    expected = sorted(range(1, 5), key=lambda at: -cosines[at])[:3]
    assert [row["curie"] for row in found["nodes"]] == [IDS[at] for at in expected]
    np.testing.assert_allclose([row["cosine"] for row in found["nodes"]], [cosines[at] for at in expected], atol=1e-6)
    assert found["known"] == 4
    refused = error(client, asked, to="orthokg:population/bare", first=3)
    assert refused["extensions"]["code"] == "UNKNOWN_TERM"
    assert error(client, asked, to=IDS[0], first=101)["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_a_space_tells_its_run_and_its_populations(client):
    asked = """{ embeddings { known nodes { label version seed standIn card nullShuffled coverage taxa
      populations(species: "NCBITaxon:10090", first: 10) { nodes { curie layout
        correspondences(first: 5) { nodes { status card nullShuffled qShuffled population { curie } } } } } } } }"""
    found = data(client, asked)["embeddings"]
    (space,) = found["nodes"]
    assert (found["known"], space["label"], space["seed"], space["standIn"]) == (1, "lab/space", 7, False)
    assert space["nullShuffled"] == "missing: no control run"
    assert [(p["curie"], p["layout"]) for p in space["populations"]["nodes"]] == [
        (IDS[2], [0.5, 2.25]),
        (IDS[3], [0.5, 3.25]),
    ]
    (pair,) = space["populations"]["nodes"][0]["correspondences"]["nodes"]
    assert pair == {
        "status": "COUNTERPART",
        "card": space["card"],
        "nullShuffled": space["nullShuffled"],
        "qShuffled": None,
        "population": {"curie": IDS[0]},
    }
    one = data(client, f'{{ embedding(id: "{SPACE}") {{ curie }} }}')
    assert one == {"embedding": {"curie": SPACE}}


@pytest.mark.parametrize(("field", "key"), [("embedding", SPACE), ("cellPopulation", IDS[0])])
def test_all_of_it_can_be_asked_together_and_by_global_id(client, field, key):
    kind = named(SCHEMA.query_type.fields[field].type)
    found = data(client, f'{{ {field}(id: "{key}") {{ {deep(kind, 2)} }} }}')[field]
    assert found["curie"] == key
    assert set(found) == {name for name, each in kind.fields.items() if not each.deprecation_reason}
    by_id = f'{{ node(id: "{global_id(kind.name, key)}") {{ __typename curie }} }}'
    assert data(client, by_id)["node"] == {"__typename": kind.name, "curie": key}


def test_contrasts_and_correspondences_meet(client):
    asked = """query($id: String!) { contrast(curie: $id) { population { label same { nodes { curie space { card }
      correspondences { nodes { status population { curie } } } } } } } }"""
    (there,) = data(client, asked, id=MOUSE)["contrast"]["population"]["same"]["nodes"]
    assert there["curie"] == IDS[2]
    assert there["space"]["card"].startswith("saturn 1; seed 7")
    assert there["correspondences"]["nodes"] == [{"status": "COUNTERPART", "population": {"curie": IDS[0]}}]
