"""A contrast of composition stands in the graph, and no match can reach it."""

import pytest

from kg.sides.catalog import Catalog
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes

pytestmark = pytest.mark.graph


def test_what_is_matched_holds_no_composition(store: Store) -> None:
    row = {"label": "x", "in_taxon": "NCBITaxon:10090", "kind": "model"}
    rows = [
        row | {"id": "made:expression"},
        row | {"id": "made:empty", "measure": ""},
        row | {"id": "made:cells", "measure": "composition"},
    ]
    write_nodes(store, "Contrast", rows, source="t", run="1")
    write_nodes(store, "CellPopulation", [{"id": "made:p", "label": "microglia"}], source="t", run="1")
    change = {
        "subject": "made:cells",
        "object": "made:p",
        "effect": -2.0,
        "z": -3.0,
        "p": 0.01,
        "fdr": 0.02,
        "share_case": 0.1,
        "share_control": 0.2,
        "noise": [0.5, -0.25],
    }
    write_edges(store, "CHANGES_PROPORTION", "Contrast", "CellPopulation", [change], source="t", run="1")
    assert set(Catalog.read(store).contrasts) >= {"made:expression", "made:empty"}
    assert "made:cells" not in Catalog.read(store).contrasts
    query = (
        "MATCH (:Contrast {measure: 'composition'})-[r:CHANGES_PROPORTION]->(p:CellPopulation) RETURN p.id AS id,"
        " r.noise AS noise"
    )
    assert [dict(r) for r in store.read(query)] == [{"id": "made:p", "noise": [0.5, -0.25]}]
