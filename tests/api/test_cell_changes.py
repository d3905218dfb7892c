"""What a study of single cells brings beside genes, by GraphQL on both stores: composition, regulons and where they
stand."""

import pytest

from kg.store.write import write_edges, write_nodes
from tests.api.ask import data
from tests.api.conftest import MOUSE, OWNER
from tests.api.wide import MURINE, REGULON

pytestmark = pytest.mark.graph
SHARES, MICRO, NEURON = "orthokg:contrast/shares", "orthokg:population/micro", "orthokg:population/neuron"


@pytest.fixture
def client(any_graph):
    from tests.api.wide import widen

    store = any_graph.store
    widen(store)

    def edges(kind: str, subject: str, target: str, *rows: dict) -> None:
        write_edges(store, kind, subject, target, rows, **OWNER)

    write_nodes(
        store,
        "Contrast",
        [
            {
                "id": SHARES,
                "label": "tau, composition",
                "in_taxon": MURINE,
                "kind": "model",
                "measure": "composition",
                "level": "donor",
                "n_case": 6,
                "n_control": 6,
            }
        ],
        **OWNER,
    )
    write_nodes(
        store,
        "CellPopulation",
        [
            {
                "id": MICRO,
                "label": "microglial cell",
                "in_taxon": MURINE,
                "n_cells": 50,
                "n_removed": 7,
                "network_status": "inferred",
            },
            {
                "id": NEURON,
                "label": "neuron",
                "in_taxon": MURINE,
                "network_status": "UNTESTABLE",
                "network_reason": "2 donors",
            },
        ],
        **OWNER,
    )
    change = {"p": 0.01, "fdr": 0.02, "noise": [0.5, -0.25]}
    edges(
        "CHANGES_PROPORTION",
        "Contrast",
        "CellPopulation",
        {
            "subject": SHARES,
            "object": MICRO,
            "effect": 0.5,
            "z": 1.5,
            "share_case": 0.2,
            "share_control": 0.1,
            **change,
        },
        {
            "subject": SHARES,
            "object": NEURON,
            "effect": -1.0,
            "z": -3.0,
            "share_case": 0.8,
            "share_control": 0.9,
            **change,
        },
    )
    edges(
        "CHANGES_REGULON",
        "Contrast",
        "Regulon",
        {"subject": MOUSE, "object": REGULON, "kind": "activity", "effect": -0.1, "z": -2.0, "p": 0.02, "fdr": 0.03},
        {"subject": MOUSE, "object": REGULON, "kind": "rewiring", "effect": 0.7, "z": 4.0, "p": 0.001, "fdr": 0.01},
    )
    edges("IN_POPULATION", "Contrast", "CellPopulation", {"subject": MOUSE, "object": MICRO})
    edges("INFERRED_IN", "Regulon", "CellPopulation", {"subject": REGULON, "object": MICRO})
    edges("OF_TYPE", "CellPopulation", "CellType", {"subject": MICRO, "object": "CL:0000129", "method": "label"})
    edges("FROM_DATASET", "CellPopulation", "Dataset", {"subject": MICRO, "object": "orthokg:dataset/tau"})
    with any_graph.client() as made:
        yield made


def test_composition_is_found_and_read_from_both_ends(client):
    asked = """{ contrasts(measure: "composition") { known nodes { curie measure level nCase proportions { known nodes {
      population { curie label } effect z p fdr shareCase shareControl } } } } }"""
    found = data(client, asked)["contrasts"]
    assert (found["known"], found["nodes"][0]["curie"], found["nodes"][0]["proportions"]["known"]) == (1, SHARES, 2)
    assert found["nodes"][0]["proportions"]["nodes"] == [
        {
            "population": {"curie": NEURON, "label": "neuron"},
            "effect": -1.0,
            "z": -3.0,
            "p": 0.01,
            "fdr": 0.02,
            "shareCase": 0.8,
            "shareControl": 0.9,
        },
        {
            "population": {"curie": MICRO, "label": "microglial cell"},
            "effect": 0.5,
            "z": 1.5,
            "p": 0.01,
            "fdr": 0.02,
            "shareCase": 0.2,
            "shareControl": 0.1,
        },
    ]
    back = data(
        client,
        f'{{ cellPopulation(id: "{MICRO}") {{ proportions {{ nodes {{ contrast {{ curie }} shareCase }} }} }} }}',
    )
    assert back["cellPopulation"]["proportions"]["nodes"] == [{"contrast": {"curie": SHARES}, "shareCase": 0.2}]
    page = """query($after: String) { contrast(curie: "SHARES") { proportions(first: 1, after: $after) { nodes { z }
      pageInfo { endCursor hasNextPage } } } }""".replace("SHARES", SHARES)
    first = data(client, page)["contrast"]["proportions"]
    second = data(client, page, after=first["pageInfo"]["endCursor"])["contrast"]["proportions"]
    assert [first["nodes"], second["nodes"]] == [[{"z": -3.0}], [{"z": 1.5}]]
    assert not second["pageInfo"]["hasNextPage"]


def test_regulons_that_change_and_the_cells_they_stand_in(client):
    asked = f"""{{ contrast(curie: "{MOUSE}") {{ population {{ curie networkStatus nRemoved }}
      regulonChanges {{ nodes {{ kind effect z regulon {{ curie }} }} }} }}
      regulon(curie: "{REGULON}") {{ populations {{ nodes {{ curie }} }} changes {{ nodes {{ kind contrast {{ curie
        }} }} }} }}
      cellPopulations(cellType: "CL:0000129", dataset: "orthokg:dataset/tau", taxon: "{MURINE}") {{ known nodes {{ curie
        contrasts {{ nodes {{ curie }} }} regulons {{ nodes {{ curie }} }} }} }}
      neuron: cellPopulation(id: "{NEURON}") {{ networkStatus networkReason }} }}"""
    found = data(client, asked)
    assert found["contrast"]["population"] == {"curie": MICRO, "networkStatus": "inferred", "nRemoved": 7}
    assert found["contrast"]["regulonChanges"]["nodes"] == [
        {"kind": "rewiring", "effect": 0.7, "z": 4.0, "regulon": {"curie": REGULON}},
        {"kind": "activity", "effect": -0.1, "z": -2.0, "regulon": {"curie": REGULON}},
    ]
    regulon = found["regulon"]
    assert regulon["populations"]["nodes"] == [{"curie": MICRO}]
    assert [row["kind"] for row in regulon["changes"]["nodes"]] == ["rewiring", "activity"]
    assert {row["contrast"]["curie"] for row in regulon["changes"]["nodes"]} == {MOUSE}
    assert found["cellPopulations"] == {
        "known": 1,
        "nodes": [
            {"curie": MICRO, "contrasts": {"nodes": [{"curie": MOUSE}]}, "regulons": {"nodes": [{"curie": REGULON}]}}
        ],
    }
    assert found["neuron"] == {"networkStatus": "UNTESTABLE", "networkReason": "2 donors"}
