"""Search by name, on both stores."""

import pytest

from api.types.search import Fit, Kind
from kg.read.lookup import PLACES, SEARCHED
from tests.api.ask import data

ASK = """query($text: String!, $kinds: [Kind!], $first: Int = 20) { search(text: $text, kinds: $kinds, first: $first) {
  known missing { what } nodes { kind curie label matched fit node { id ... on Gene { symbol } ... on CellType
    { label } } } } }"""


def hits(client, text, **more):
    found = data(client, ASK, text=text, **more)["search"]
    return [(hit["kind"], hit["matched"], hit["fit"]) for hit in found["nodes"]], found["known"]


def test_exact_before_prefix_before_contained(still_client):
    assert hits(still_client, "app") == (
        [("Gene", "APP", "EXACT"), ("Gene", "App", "EXACT"), ("Gene", "APPL1", "PREFIX")],
        3,
    )
    found, known = hits(still_client, "PPL")
    assert (found, known) == ([("Gene", "APPL1", "CONTAINED")], 1)
    assert hits(still_client, "PP") == ([], 0)


def test_synonyms_ids_and_kinds(still_client):
    assert hits(still_client, "hortega") == ([("CellType", "hortega cell", "PREFIX")], 1)
    assert hits(still_client, "cl:0000129") == ([("CellType", "CL:0000129", "EXACT")], 1)
    assert hits(still_client, "ENSEMBL:ENSG00000000001") == ([("Gene", "ENSEMBL:ENSG00000000001", "EXACT")], 1)
    kinds = {kind for kind, _, _ in hits(still_client, "tau")[0]}
    assert kinds == {"DiseaseModel", "Dataset"}
    assert {kind for kind, _, _ in hits(still_client, "tau", kinds=["Dataset"])[0]} == {"Dataset"}
    assert [len(hits(still_client, "g1", first=3)[0]), hits(still_client, "g1", first=3)[1]] == [3, 51]


def test_a_hit_leads_to_the_thing(still_client):
    hit, *_ = data(still_client, ASK, text="microglial cell")["search"]["nodes"]
    assert hit["node"]["label"] == "microglial cell"


def test_what_is_missing_is_said(still_client):
    missing = data(still_client, ASK, text="app", kinds=["Gene"])["search"]["missing"]
    assert missing == []
    assert "absent" not in [gap["what"] for gap in missing]


@pytest.mark.parametrize("text", ["'", '"', "\\", "*", "ä", "app' OR 1=1 //", "%", "(", "𝔸𝔹"])
def test_no_text_breaks_it(still_client, text):
    assert hits(still_client, text)[1] == 0


def test_kinds_are_those_that_the_graph_searches():
    assert tuple(kind.value for kind in Kind) == SEARCHED
    assert tuple(fit.value for fit in Fit) == PLACES
