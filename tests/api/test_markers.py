"""Markers of a cell type by GraphQL, on both stores: those of a list's two species, and what has no term of its own."""

import pytest

from kg.store.write import write_edges, write_nodes
from tests.api.ask import data
from tests.api.conftest import GENES, OWNER
from tests.api.wide import HUMAN, MICE, MURINE

pytestmark = pytest.mark.graph
GLIA, OWN = "CL:0000129", "orthokg:population/own"
FIELDS = (
    "known nodes { gene { curie taxon } authorLabels method canonical ubiquitousness sensitivity specificity organ"
    " source } missing { what }"
)


def test_a_cell_type_tells_its_markers(wide_graph, wide_client):
    def edge(gene: str, **more: object) -> dict:
        return {
            "subject": GLIA,
            "object": gene,
            "author_labels": ["Microglia"],
            "method": "mapping",
            "canonical": True,
            **more,
        }

    rows = [
        edge(GENES[0], sensitivity=0.4),
        edge(MICE[0], sensitivity=0.9, specificity=0.1, ubiquitousness=0.02, organ="Brain"),
        edge(GENES[1], canonical=False),
    ]
    write_edges(wide_graph.store, "HAS_MARKER", "CellType", "Gene", rows, source="dataset/list", run="1")
    write_nodes(wide_graph.store, "CellPopulation", [{"id": OWN, "label": "Cells of my own naming"}], **OWNER)
    write_edges(wide_graph.store, "HAS_MARKER", "CellPopulation", "Gene", [edge(GENES[2]) | {"subject": OWN}], **OWNER)

    asked = (
        f'query($species: String, $first: Int!) {{ cellType(curie: "{GLIA}") {{ markers(species: $species, first:'
        f" $first) {{ {FIELDS} }} }} }}"
    )
    found = data(wide_client, asked, first=2)["cellType"]["markers"]
    assert (found["known"], [row["gene"]["curie"] for row in found["nodes"]]) == (3, [MICE[0], GENES[0]])
    assert found["nodes"][0] == {
        "gene": {"curie": MICE[0], "taxon": MURINE},
        "authorLabels": ["Microglia"],
        "method": "mapping",
        "canonical": True,
        "ubiquitousness": 0.02,
        "sensitivity": 0.9,
        "specificity": 0.1,
        "organ": "Brain",
        "source": "dataset/list",
    }
    assert found["nodes"][1]["specificity"] is None
    of_human = data(wide_client, asked, species=HUMAN, first=20)["cellType"]["markers"]
    assert [row["gene"]["curie"] for row in of_human["nodes"]] == [GENES[0], GENES[1]]
    own = data(wide_client, f'{{ cellPopulation(id: "{OWN}") {{ markers {{ nodes {{ gene {{ curie }} }} }} }} }}')
    assert own["cellPopulation"]["markers"]["nodes"] == [{"gene": {"curie": GENES[2]}}]
