"""Arguments of GraphQL take every spelling of an id, as the command line does."""

import pytest

from kg.ask.questions import disease_term
from kg.errors import UnknownTermError
from kg.sides.catalog import Catalog
from tests.api.ask import data, error

AD = "MONDO:0004975"


@pytest.mark.parametrize(
    "disease", ["MONDO_0004975", "mondo:0004975", "http://purl.obolibrary.org/obo/MONDO_0004975", f" {AD} "]
)
def test_a_disease_of_the_main_question(client, disease: str):
    asked = (
        'query($d: String) { matches(model: "TauMouse", disease: $d) { nodes { curie } } diseaseStates(disease: $d) {'
        " nodes { curie } } }"
    )
    assert data(client, asked, d=disease) == data(client, asked, d=AD)
    assert data(client, "query($d: String!) { disease(curie: $d) { curie } }", d=disease) == {"disease": {"curie": AD}}


@pytest.mark.parametrize("other", ["EFO_0000249", "DOID:10652", "MESH:D000544"])
def test_a_term_of_another_vocabulary_says_so_with_the_nearest(client, graph, other: str):
    found = error(client, 'query($d: String) { matches(model: "TauMouse", disease: $d) { nodes { curie } } }', d=other)
    assert found["extensions"]["code"] == "UNKNOWN_TERM"
    assert "MONDO term" in found["message"]
    assert found["extensions"]["suggestions"] == ["MONDO:0004975 (Alzheimer disease)"]
    with pytest.raises(UnknownTermError, match="MONDO term"):
        disease_term(graph.store, Catalog.read(graph.store), other)


@pytest.mark.parametrize("taxon", ["mouse", "Mus musculus", "10090", "NCBITaxon_10090", "NCBITaxon:10090"])
def test_a_species_by_name_or_id(client, taxon: str):
    asked = (
        'query($t: String) { contrasts(taxon: $t) { nodes { curie } } gene(symbol: "G1", taxon: "human") { taxon } }'
    )
    found = data(client, asked, t=taxon)
    assert [row["curie"] for row in found["contrasts"]["nodes"]] == ["orthokg:contrast/tau-8m"]
    assert found["gene"] == {"taxon": "NCBITaxon:9606"}


def test_variables_as_a_text_are_refused_in_words(client):
    body = {"query": "query($d: String!) { disease(curie: $d) { curie } }", "variables": '{"d": "MONDO:0004975"}'}
    answer = client.post("/graphql", json=body)
    assert answer.status_code == 400
    (found,) = answer.json()["errors"]
    assert "variables is a text: send a JSON object without quotes" in found["message"]


def test_a_retired_term_without_a_replacement_is_said_to_be_obsolete(client, graph):
    graph.store.write("MATCH (d:Disease {id: 'MONDO:0000001'}) SET d.replaced_by = ''")
    for asked in (
        "query($d: String!) { disease(curie: $d) { curie } }",
        'query($d: String!) { matches(model: "TauMouse", disease: $d) { nodes { curie } } }',
    ):
        found = error(client, asked, d="MONDO_0000001")
        assert found["extensions"]["code"] == "OBSOLETE_TERM"
        assert "it is obsolete, and no term replaces it" in found["message"]
