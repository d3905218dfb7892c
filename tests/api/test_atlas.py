"""Atlases by GraphQL, on both stores: versions by page, by date and by id, each with its card, or why there is none."""

import pytest

from api.graphql.node import global_id
from kg.atlas.card import StudyLine
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author
from tests.api.ask import data, error
from tests.api.atlas_nodes import MAPPING
from tests.api.test_nodes import SCHEMA, deep, named
from tests.kg.atlas_parts import ORCID, manifest

pytestmark = pytest.mark.graph
CARD = """engine { name version chosenBy doi } head policy cite donors cells alpha licences forbidden limits
  studies { name title dataset licence citation donors cells types redistribute doi note }
  types { label donors cells cl limit provisional } coverage { of label coverage cells donors }
  reliability { low high said observed cells } confusion { type called share cells }
  measures { name value of lowest highest } contributors { name orcid role }"""


@pytest.fixture
def made(any_graph):
    """Two versions of one atlas, whose study is in the graph, and one of another."""
    objects, parts = ObjectStore(any_graph.signatures.parent / "atlas"), {}
    study = any_graph.store.read("MATCH (d:Dataset) RETURN d.id AS id")[0]["id"]
    for name, parent in (("pbmc", ""), ("pbmc", "pbmc"), ("brain", "")):
        before = parts[parent].id if parent else ""
        taxon = "NCBITaxon:9606" if name == "pbmc" else "NCBITaxon:10090"
        content = manifest(objects, name, taxon=taxon, cite=f"{name} {len(parts)}", studies=of(study))
        parts[name if not before else "second"] = commit(
            any_graph.store, objects, content, Author("Ada", ORCID), f"as {name}", parent=before
        )
    return any_graph, objects, parts


def of(study: str) -> tuple[StudyLine, ...]:
    return (StudyLine("kang", "PBMC of lupus", study, "CC BY 4.0", "Kang 2018", 8, 1200, 2),)


def test_atlases_and_their_versions(made):
    graph, _, parts = made
    first, second = parts["pbmc"], parts["second"]
    with graph.client() as client:
        asked = """{ atlases { totalCount nodes { curie label taxon moved head { curie author orcid message when engine
          nStudies nDonors nCells nTypes contentId parent { curie } atlas { label } datasets { nodes { title } } }
          versions { totalCount nodes { curie } } } } }"""
        found = data(client, asked)["atlases"]
        assert (found["totalCount"], [each["label"] for each in found["nodes"]]) == (2, ["brain", "pbmc"])
        pbmc = found["nodes"][1]
        assert pbmc["versions"] == {"totalCount": 2, "nodes": [{"curie": first.id}, {"curie": second.id}]}
        assert (pbmc["taxon"], pbmc["moved"]) == ("NCBITaxon:9606", second.when)
        assert pbmc["head"] == {
            "curie": second.id, "author": "Ada", "orcid": ORCID, "message": "as pbmc", "when": second.when,
            "engine": "closed form 1", "nStudies": 1, "nDonors": 8, "nCells": 1200, "nTypes": 2,
            "contentId": second.content_id, "parent": {"curie": first.id}, "atlas": {"label": "pbmc"},
            "datasets": {"nodes": [{"title": "cohort"}]},
        }  # fmt: skip
        of_mice = data(client, '{ atlases(taxon: "NCBITaxon:10090") { nodes { label } } }')["atlases"]["nodes"]
        assert of_mice == [{"label": "brain"}]
        asked = "query($curie: String!) { atlas(curie: $curie) { curie head { curie } } }"
        for name in ("pbmc", "PBMC", "orthokg:atlas/pbmc", global_id("Atlas", "orthokg:atlas/pbmc")):
            assert data(client, asked, curie=name)["atlas"]["head"]["curie"] == second.id
        told = error(client, asked, curie="pbmcs")["extensions"]
        assert (told["code"], told["suggestions"]) == ("UNKNOWN_TERM", ["pbmc"])
        asked = "query($curie: String!) { atlasVersion(curie: $curie) { curie card { cite } } }"
        for name, due in {
            "pbmc": second,
            f"pbmc@{second.when[:10]}": second,
            f"pbmc@{first.when}": first,
            first.commit[:10]: first,
            first.content_id: first,
            global_id("AtlasVersion", first.id): first,
        }.items():
            answer = data(client, asked, curie=name)["atlasVersion"]
            assert answer == {"curie": due.id, "card": {"cite": f"pbmc {0 if due is first else 1}"}}
        assert error(client, asked, curie="pbmc@then")["extensions"]["code"] == "ARGUMENT"
        study = data(client, "{ datasets { nodes { atlasVersions { totalCount } } } }")["datasets"]["nodes"]
        assert study == [{"atlasVersions": {"totalCount": 3}}]


def test_a_card_is_what_it_was_written_as(made):
    graph, objects, parts = made
    asked = f"query($curie: String!) {{ atlasVersion(curie: $curie) {{ card {{ {CARD} }} }} }}"
    with graph.client() as client:
        card = data(client, asked, curie="pbmc")["atlasVersion"]["card"]
        kind = SCHEMA.query_type.fields["atlasVersion"].type
        assert set(card) == set(named(named(kind).fields["card"].type).fields)
        whole = data(client, f'{{ atlasVersion(curie: "pbmc") {{ {deep(kind, 2)} }} }}')["atlasVersion"]
        assert whole["card"] == card
        assert card["engine"]["chosenBy"] == "held-out donors: macro-F1 .80, MapMyCells' rule .76"
        assert card["coverage"][1] == {
            "of": "type", "label": "megakaryocyte", "coverage": None, "cells": 300, "donors": 3,
        }  # fmt: skip
        assert card["types"][0]["limit"] == 0.41
        assert (card["licences"], card["contributors"][0]["orcid"]) == (["CC BY 4.0"], ORCID)
        lying = objects.place.find(parts["second"].content_id)
        objects.place.remove(lying)
        told = error(client, asked, curie="pbmc")
        assert told["extensions"]["code"] == "STORE_CORRUPT"
        assert str(graph.signatures.parent) not in told["message"]
        assert data(client, asked, curie=parts["pbmc"].commit)["atlasVersion"]["card"] == {**card, "cite": "pbmc 0"}


def test_a_mapping_stands_between_a_study_and_a_version(wide_client):
    fields = """curie label taxon controls provisional geneWeight nCells nType nAncestor nAmbiguous nUnknown nLowQuality
      reasons version { label mappings { totalCount } } dataset { curie }"""
    asked = f'{{ dataset(curie: "orthokg:dataset/tau") {{ mappings {{ totalCount nodes {{ {fields} }} }} }} }}'
    found = data(wide_client, asked)["dataset"]["mappings"]
    assert found["totalCount"] == 1
    (one,) = found["nodes"]
    assert one["curie"] == MAPPING["id"]
    assert [one[n] for n in ("controls", "provisional", "geneWeight", "nCells", "nType", "nUnknown", "reasons")] == [
        "near", False, 0.94, 100, 80, 4, ["said of it"]
    ]  # fmt: skip
    assert one["version"] == {"label": "pbmc@abababababab", "mappings": {"totalCount": 1}}
    assert one["dataset"] == {"curie": "orthokg:dataset/tau"}
