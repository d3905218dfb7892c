"""Texts that would be code somewhere, in every argument of every field that the schema has."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_object_type,
    is_required_argument,
)

from api.access.limits import Limits
from api.schema import build
from tests.api.bombs import TEXTS
from tests.graph.dump import dump

SCHEMA = build(Limits())._schema
KNOWN = {
    "model": "TauMouse",
    "disease": "MONDO:0004975",
    "id": "orthokg:match/ad",
    "text": "tau",
    "taxon": "NCBITaxon:9606",
}
CURIES = {
    "DiseaseModel": "orthokg:model/tau",
    "DiseaseState": "orthokg:state/ad",
    "Disease": "MONDO:0004975",
    "Match": "orthokg:match/ad",
    "Contrast": "orthokg:contrast/cohort-ad",
    "Dataset": "orthokg:dataset/ad",
    "Tissue": "UBERON:0000956",
    "Gene": "ENSEMBL:ENSG00000000001",
}


def is_text(kind: Any) -> bool:
    named = get_named_type(kind)
    return named.name not in ("Int", "Float", "Boolean") and not is_enum_type(named)


def value(kind: Any, text: str) -> str:
    """A literal of this type that holds ``text`` wherever it can."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        return f"[{value(kind.of_type, text)}]"
    if isinstance(kind, GraphQLInputObjectType):
        return (
            "{"
            + ", ".join(
                f"{name}: {value(f.type, text)}"
                for name, f in kind.fields.items()
                if isinstance(f.type, GraphQLNonNull) or is_text(f.type)
            )
            + "}"
        )
    if is_enum_type(kind):
        return next(iter(kind.values))
    if kind.name in ("String", "ID"):
        return json.dumps(text)
    if kind.name not in ("Int", "Float", "Boolean"):
        return f"[{json.dumps(text)}]"  # a scalar of ours holds a list
    return {"Boolean": "true"}.get(kind.name, "1")


def plain(name: str, field: Any) -> str:
    """A field with arguments that find something."""
    given = []
    for argument, found in field.args.items():
        if is_required_argument(found) or (name == "gene" and argument == "curie"):
            known = (
                CURIES.get(get_named_type(field.type).name, "x") if argument == "curie" else KNOWN.get(argument, "x")
            )
            given.append(f"{argument}: {value(found.type, known)}")
    return f"{name}({', '.join(given)})" if given else name


def ways() -> dict[str, list[str]]:
    """For every object type, the fields that lead to it from the root, a short way first."""
    found: dict[str, list[str]] = {"Query": []}
    queue = ["Query"]
    while queue:
        at = queue.pop(0)
        for name, field in SCHEMA.type_map[at].fields.items():
            target = get_named_type(field.type)
            if is_object_type(target) and target.name not in found and not target.name.startswith("__"):
                found[target.name] = [*found[at], plain(name, field)]
                queue.append(target.name)
    return found


def places() -> Iterator[tuple[str, str, str]]:
    """(type, field, argument) of every argument that takes a text."""
    for name in ways():
        for field, found in SCHEMA.type_map[name].fields.items():
            for argument, each in found.args.items():
                if is_text(each.type):
                    yield name, field, argument


def selection(kind: Any) -> str:
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        return "{ __typename }" if hasattr(named, "fields") else ""
    return "{ nodes { __typename } }" if "nodes" in named.fields else "{ __typename }"


def attack(place: tuple[str, str, str], texts: tuple[str, ...]) -> str:
    kind, name, argument = place
    field, way = SCHEMA.type_map[kind].fields[name], ways()[kind]
    calls = []
    for at, text in enumerate(texts):
        given = [f"{argument}: {value(field.args[argument].type, text)}"]
        for other, found in field.args.items():
            if other != argument and is_required_argument(found):
                given.append(f"{other}: {value(found.type, KNOWN.get(other, 'x'))}")
        calls.append(f"a{at}: {name}({', '.join(given)}) {selection(field.type)}")
    return "{ " + "".join(f"{step} {{ " for step in way) + " ".join(calls) + " }" * len(way) + " }"


def shown(value: Any) -> bool:
    """Whether an attacked field gave anything."""
    if isinstance(value, dict):
        if value.keys() == {"nodes"}:
            return bool(value["nodes"])
        return any(shown(each) for each in value.values())
    if isinstance(value, list):
        return any(shown(each) for each in value)
    return value is not None and value is not False


def test_the_walk_finds_the_questions():
    found = set(places())
    assert {("Query", "matches", "model"), ("Query", "search", "text"), ("Query", "node", "id")} <= found
    assert len({kind for kind, _, _ in found}) > 5


def test_no_text_is_code_anywhere(graph):
    before = dump(graph.store)
    with graph.client() as client:
        for place in places():
            for start in range(0, len(TEXTS), 4):
                query = attack(place, TEXTS[start : start + 4])
                answer = client.post("/graphql", json={"query": query})
                assert answer.status_code == 200, (place, answer.text)
                said = answer.json()
                codes = {error["extensions"]["code"] for error in said.get("errors", ())}
                assert not codes & {"INTERNAL", "SYNTAX", "STORE", "STORE_SYNTAX", "STORE_DOWN"}, (place, said)
                if place[0] == "Query":
                    for name, found in (said["data"] or {}).items():
                        assert not shown(found), (place, TEXTS[start + int(name[1:])], found)
    assert dump(graph.store) == before


def test_no_text_is_code_in_a_mutation(graph):
    before = dump(graph.store)
    mutations = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}
    asked = 0
    with graph.client() as client:
        for name, field in mutations.items():
            for text in TEXTS:
                given = ", ".join(f"{argument}: {value(found.type, text)}" for argument, found in field.args.items())
                answer = client.post(
                    "/graphql", json={"query": f"mutation {{ {name}({given}) {selection(field.type)} }}"}
                )
                assert answer.status_code in (200, 403), answer.text
                codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
                assert not codes & {"INTERNAL", "STORE", "STORE_SYNTAX"}, (name, text, answer.text)
                asked += 1
    assert asked == len(mutations) * len(TEXTS)
    assert dump(graph.store) == before


@pytest.mark.parametrize("text", [t for t in TEXTS if t])
def test_no_path_or_header_is_code(client, text):
    safe = text.encode("utf-8").replace(b"\r\n", b" ").replace(b"\n", b" ")
    for name in (b"x-request-id", b"authorization", b"content-type", b"accept", b"x-forwarded-for", b"if-none-match"):
        answer = client.post("/graphql", content=b'{"query": "{ status { store } }"}', headers=[(name, safe)])
        assert answer.status_code in (200, 415)
        assert "set-cookie" not in answer.headers
    for folder in ("graphiql", "explorer", "cypher"):
        answer = client.get(f"/{folder}/{text}" if text.isprintable() else f"/{folder}/x")
        assert answer.status_code in (404, 405)
        assert "root:" not in answer.text
