"""A field that is deprecated says what to use, and that says the same: by enum, by null, by names that hold for any
model."""

import re

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, build_schema

from api.access.limits import Limits
from api.graphql.node import global_id, shown
from api.schema import build
from api.types.cells.embedding import Embedding
from api.types.knowledge.gene import GeneChange
from tests.api.ask import data, error
from tests.api.conftest import GENES
from tests.api.wide import HUMAN

MATCHES = """{ matches(model: "TauMouse", disease: "MONDO:0004975") { nodes {
  model modelLabel modelTaxon askedUnder matchLevel orthology amongStates amongModels null { model } modelContrast
    { curie }
  policyBand { orthology matchStatus } changes(first: 3) { zModel }
  mouse mouseLabel mouseTaxon disease level policy specificity modelSpecificity null { mouse } mouseContrast { curie }
  policyBand { policy status } changes(first: 3) { zMouse } } } }"""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(build(Limits()).as_str())


def deprecated(schema: GraphQLSchema) -> list[tuple[str, str, str]]:
    kinds = [kind for kind in schema.type_map.values() if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))]
    return [
        (kind.name, name, field.deprecation_reason)
        for kind in kinds
        for name, field in kind.fields.items()
        if field.deprecation_reason
    ]


def test_what_to_use_is_there_and_not_deprecated_itself(schema):
    found = deprecated(schema)
    assert len(found) > 30
    for kind, name, reason in found:
        use = re.match(r"use (\w+)", reason)
        assert use, (kind, name)
        assert schema.type_map[kind].fields[use[1]].deprecation_reason is None, (kind, name)


def test_no_name_says_mouse_that_is_not_deprecated(schema):
    named = [
        (kind.name, name)
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name in kind.fields
        if "mouse" in name.lower()
    ]
    assert set(named) <= {(kind, name) for kind, name, _ in deprecated(schema)}


def test_old_and_new_say_the_same(still_client):
    for row in data(still_client, MATCHES)["matches"]["nodes"]:
        assert [
            row[n]
            for n in (
                "model",
                "modelLabel",
                "modelTaxon",
                "askedUnder",
                "matchLevel",
                "orthology",
                "amongStates",
                "amongModels",
            )
        ] == [
            row[n]
            for n in (
                "mouse",
                "mouseLabel",
                "mouseTaxon",
                "disease",
                "level",
                "policy",
                "specificity",
                "modelSpecificity",
            )
        ]
        assert row["null"]["model"] == row["null"]["mouse"]
        assert row["modelContrast"] == row["mouseContrast"]
        assert [(b["orthology"], b["matchStatus"]) for b in row["policyBand"]] == [
            (b["policy"], b["status"]) for b in row["policyBand"]
        ]
        assert [c["zModel"] for c in row["changes"]] == [c["zMouse"] for c in row["changes"]]


def test_none_is_null(still_client):
    found = data(
        still_client,
        f"""{{ disease(curie: "MONDO:0004975") {{ replacement replacedBy }} old: node(id: "{
            global_id("Disease", "MONDO:0000001")
        }") {{ ... on Disease {{ replacement replacedBy }} }}
            gene(curie: "{GENES[0]}") {{ orthologs(first: 100) {{ nodes {{ confidence identity }} }} }}
              contrasts {{ nodes {{ universe replicate level }} }} }}""",
    )
    assert [found["disease"], found["old"]] == [
        {"replacement": None, "replacedBy": ""},
        {"replacement": "MONDO:0004975", "replacedBy": "MONDO:0004975"},
    ]
    numbers = [row[name] for row in found["gene"]["orthologs"]["nodes"] for name in ("confidence", "identity")]
    assert None in numbers
    assert -1 not in numbers
    assert shown(GeneChange, {"p": -1.0, "fdr": 0.2}) == {"p": None, "fdr": 0.2}
    assert shown(Embedding, {"seed": -1}) == {"seed": None}
    assert all(
        row["universe"] != 0 and row["replicate"] == (row["level"] or None) for row in found["contrasts"]["nodes"]
    )


def test_lists_are_narrowed_by_taxon(still_client):
    asked = '{ cellType(curie: "CL:0000129") { markers(%s) { totalCount } } }'
    both = [data(still_client, asked % f'{name}: "{HUMAN}"') for name in ("taxon", "species")]
    assert both[0] == both[1]
    found = error(still_client, asked % f'taxon: "{HUMAN}", species: "{HUMAN}"')["extensions"]
    assert [found["code"], found["argument"]] == ["ARGUMENT", "species"]
    models = '{ diseaseModels(taxon: "%s") { totalCount } }'
    assert data(still_client, models % HUMAN)["diseaseModels"]["totalCount"] == 0
