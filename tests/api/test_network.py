"""Paths, neighbourhoods and communities by GraphQL, on both stores."""

import pytest

from kg.store.write import write_edges, write_nodes
from tests.api.ask import data, error
from tests.api.conftest import AD, GENES, OWNER

pytestmark = pytest.mark.graph
HUMAN = "NCBITaxon:9606"


def test_how_nodes_are_connected(any_graph, any_client) -> None:
    regulon = {"id": "orthokg:regulon/f", "label": "F", "tf": "F", "network": "little", "in_taxon": HUMAN}
    write_nodes(any_graph.store, "Regulon", [regulon], **OWNER)
    targets = [{"subject": regulon["id"], "object": gene, "weight": 1.0, "sign": -1} for gene in GENES[:2]]
    write_edges(any_graph.store, "REGULATES", "Regulon", "Gene", targets, **OWNER)
    path = """query($a: String!, $b: String!, $by: [String!]) { paths(start: $a, end: $b, by: $by, longest: 3) {
      start { id } complete reason hubs { n } paths { length steps { start { name } end { name label }
      links { type subject object source evidence } } } } }"""
    (found,) = data(any_client, path, a="G0", b="g1")["paths"]["paths"]
    assert found["length"] == 2
    assert [step["end"]["name"] for step in found["steps"]] == ["F", "G1"]
    assert found["steps"][1]["links"] == [
        {
            "type": "REGULATES",
            "subject": regulon["id"],
            "object": GENES[1],
            "source": OWNER["source"],
            "evidence": ["sign: -1", "weight: 1"],
        }
    ]
    (model,) = data(any_client, path, a="TauMouse", b=AD, by=["MODELS"])["paths"]["paths"]
    assert model["steps"][0]["links"][0]["type"] == "MODELS"
    near = '{ neighbourhood(node: "G0", radius: 2) { known complete neighbours { distance node { name } } } }'
    assert data(any_client, near)["neighbourhood"] == {
        "known": 2,
        "complete": True,
        "neighbours": [{"distance": 1, "node": {"name": "F"}}, {"distance": 2, "node": {"name": "G1"}}],
    }
    groups = """query($name: String!) { communities(network: $name, shuffles: 1) { modularity shuffled
      communities { factors targets inside } } }"""
    found = data(any_client, groups, name="LITTLE")["communities"]
    assert found["communities"] == [{"factors": 1, "targets": 2, "inside": 1}]
    assert error(any_client, groups, name="none")["extensions"]["code"] == "UNKNOWN_TERM"
    assert error(any_client, path, a="G0", b="G1", by=["NOTHING"])["extensions"]["code"] == "ARGUMENT"
