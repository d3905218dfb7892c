"""What a query costs, told before it runs; and texts that are refused whatever they ask."""

import json
from dataclasses import dataclass

import pytest
from graphql import build_schema, parse

from api.access.limits import Limits
from api.graphql.cost import measured, too_much
from kg.errors import ContractError
from tests.api.ask import data, error

SCHEMA = build_schema("""
  type Query { rows(first: Int): Page  flat(first: Int): [Row!]!  one: Row  some: [Row!]! }
  type Page { nodes: [Row!]!  edges: [Edge!]!  total: Int!  info: Info }
  type Edge { node: Row }
  type Info { more: Boolean }
  type Row { id: ID!  name: String  rows(first: Int): Page  flat(first: Int): [Row!]! }
""")

for kind in SCHEMA.type_map.values():
    for found in getattr(kind, "fields", {}).values():
        for argument in getattr(found, "args", {}).values():
            argument.default_value = 20  # as strawberry gives it


def cost(text: str, **variables: object) -> int:
    return measured(SCHEMA, parse(text), None, variables).cost


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ one { id } }", 2),
        ("{ one { id name } }", 3),
        ("{ rows(first: 50) { total } }", 2),
        ("{ rows(first: 50) { nodes { id } } }", 1 + 1 + 50),
        ("{ rows(first: 50) { info { more } nodes { id name } } }", 1 + 2 + 1 + 100),
        ("{ rows { nodes { id } } }", 1 + 1 + 20),
        ("{ rows(first: 10) { edges { node { id } } } }", 1 + 1 + 10 * 2),
        ("{ flat(first: 10) { id } }", 11),
        ("{ some { id } }", 2),
        ("{ rows(first: 10) { nodes { rows(first: 10) { nodes { id } } } } }", 1 + 1 + 10 * (1 + 1 + 10)),
        (
            "{ rows(first: 10) { nodes { flat(first: 10) { flat(first: 10) { id } } } } }",
            1 + 1 + 10 * (1 + 10 * (1 + 10)),
        ),
        ("query($n: Int = 7) { flat(first: $n) { id } }", 8),
        ("{ a: one { id } b: one { id } }", 4),
        ("{ one { ...F ...F } } fragment F on Row { id name }", 5),
        ("{ rows(first: 10) { ...P } } fragment P on Page { nodes { ... on Row { id } } }", 1 + 1 + 10),
        ("{ one { ...F } } fragment F on Row { id ...F }", 2),
        ("{ flat(first: 99999999999999999999) { id } }", 1 + 10**12),
        ("{ flat(first: -5) { id } }", 2),
    ],
)
def test_fields_times_pages(text, expected):
    assert cost(text) == expected


@pytest.mark.parametrize(("given", "expected"), [(30, 31), (100, 101), ("x", 101), (None, 101), (True, 101)])
def test_a_page_by_variable(given, expected):
    assert cost("query($n: Int) { flat(first: $n) { id } }", n=given) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{ flat(first: 101) { id } }", "page"),
        ("{ rows(first: 100) { nodes { rows(first: 100) { nodes { flat(first: 100) { id } } } } } }", "cost"),
        ("{ one { id " + "@skip(if: false) " * 51 + "} }", "directives"),
        ("{ one { " + "id " * 500 + "} }", "fields"),
        ("{ one { ...F } } fragment F on Row { " + " ".join(f"a{n}: id" for n in range(16)) + " }", "aliases"),
    ],
)
def test_what_is_too_much(text, what):
    refused = too_much(measured(SCHEMA, parse(text), None, {}), Limits())
    assert refused is not None
    assert refused.extensions is not None
    assert refused.extensions["what"] == what
    assert refused.extensions["found"] > refused.extensions["limit"]


def test_the_cost_is_in_a_header_and_a_refusal_says_it(graph):
    query = {"query": "{ status { store nodes { name } } }"}
    with graph.client() as client:
        answers = [client.post("/graphql", json=query) for _ in range(2)]
    assert [answer.headers["x-orthokg-cost"] for answer in answers] == ["4", "4"]
    with graph.client(limits=Limits(cost=3)) as client:
        answer = client.post("/graphql", json=query)
        (found,) = answer.json()["errors"]
    assert found["extensions"] == {"code": "LIMIT_EXCEEDED", "what": "cost", "found": 4, "limit": 3, "cost": 4}
    assert answer.json()["data"] is None
    assert answer.headers["x-orthokg-cost"] == "4"


def test_only_the_operation_that_runs_is_measured(client):
    text = "query A { status { store } } query B { " + " ".join(f"a{n}: status {{ store }}" for n in range(16)) + " }"
    run = client.post("/graphql", json={"query": text, "operationName": "A"}).json()
    assert run == {"data": {"status": {"store": "embedded"}}}
    refused = client.post("/graphql", json={"query": text, "operationName": "B"}).json()
    assert refused["errors"][0]["extensions"]["what"] == "aliases"


def test_a_schema_kept_to_itself(graph):
    with graph.client(introspection=False) as client:
        for query in ("{ __schema { types { name } } }", '{ __type(name: "Query") { name } }'):
            assert error(client, query)["extensions"]["code"] == "INTROSPECTION_OFF"
        assert data(client, "{ status { __typename } }") == {"status": {"__typename": "GraphStatus"}}


def test_a_bomb_of_the_schema_itself_is_refused(client):
    deep = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    assert error(client, deep)["extensions"]["what"] == "lists of the schema in one another"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "REQUEST"),
        (b"null", 400, "REQUEST"),
        (b"{", 400, "REQUEST"),
        (b"\xff\xfe", 400, "REQUEST"),
        (b"[" * 50_000, 400, "REQUEST"),
        (b'{"query": "{ status { store } }", "variables": {"x": NaN}}', 400, "REQUEST"),
        (b'{"query": "{ status { store } }", "variables": {"x": ' + b"9" * 5000 + b"}}", 400, "REQUEST"),
        (b'{"query": "{ status { store } }", "variables": {"x": ' + b"9" * 50 + b"}}", 400, "ARGUMENT"),
        (b'{"query": "{ status { store } }", "variables": {"x": ' + b"[" * 50 + b"]" * 50 + b"}}", 400, "ARGUMENT"),
        (b'{"query": "{ status { store } }", "variables": {"x": "\\u0000"}}', 400, "ARGUMENT"),
        (b'{"query": "{ status { store } }", "variables": {"\\ud800": 1}}', 400, "ARGUMENT"),
        (b'{"query": "{ status { store } }", "variables": []}', 400, "REQUEST"),
        (b'{"query": "{ status { store } }", "operationName": 7}', 400, "REQUEST"),
        (b'{"query": "{ status { store } }", "operationName": "None"}', 400, "INVALID_QUERY"),
        (b'{"query": "subscription { status { store } }"}', 400, "INVALID_QUERY"),
        (b'{"query": "fragment F on GraphStatus { store }"}', 400, "INVALID_QUERY"),
        (b'{"query": ["{ status { store } }"]}', 400, "REQUEST"),
        (b'{"query": " "}', 400, "REQUEST"),
        (b"{}", 400, "REQUEST"),
        (b'[{"query": "{ status { store } }"}]', 400, "LIMIT_EXCEEDED"),
        (b'{"query": "{ status { store } } \\u0000"}', 400, "ARGUMENT"),
        (b'{"query": "{ match(id: \\"\\\\u0000\\") { id } }"}', 200, "ARGUMENT"),
        (b'{"query": "{ match(id: \\"\\\\ud800\\") { id } }"}', 200, "SYNTAX"),
        (b'{"query": "#' + b"x" * 70_000 + b'\\n{ status { store } }"}', 400, "LIMIT_EXCEEDED"),
        (b'{"query": "{ a: status(x: 1) { store } }"}', 200, "INVALID_QUERY"),
        (b'{"query": "query($x: Int!) { status { store } }"}', 200, "INVALID_QUERY"),
        (b'{"query": "{ status { ...F } } fragment F on GraphStatus { ...F }"}', 200, "INVALID_QUERY"),
        (b'{"query": "mutation { status { store } }"}', 200, "INVALID_QUERY"),
    ],
)
def test_bodies_that_are_no_request_are_told_why(client, body, status, code):
    answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert not answer.json()["data"]
    assert "Traceback" not in json.dumps(answer.json())


def test_limits_by_environment():
    assert Limits.read({"ORTHOKG_LIMIT_COST": "7", "ORTHOKG_LIMIT_SECONDS": "0.5", "OTHER": "x"}) == Limits(
        cost=7, seconds=0.5
    )
    for name, value in (("COST", "many"), ("COST", "0"), ("SECONDS", "nan"), ("SECONDS", "inf"), ("COSTS", "7")):
        with pytest.raises(ContractError) as caught:
            Limits.read({f"ORTHOKG_LIMIT_{name}": value})
        assert [issue.path for issue in caught.value.issues] == [f"ORTHOKG_LIMIT_{name}"]
        assert caught.value.code == "SETTING"


def test_a_limit_is_one_field():
    """Its variable, its check and its message come of the declaration."""

    @dataclass(frozen=True)
    class Declared(Limits):
        pages: int = 40

    assert Declared.read({"ORTHOKG_LIMIT_PAGES": "3", "ORTHOKG_LIMIT_COST": "7"}) == Declared(pages=3, cost=7)
    with pytest.raises(ContractError) as caught:
        Declared.read({"ORTHOKG_LIMIT_PAGES": "2.5"})
    assert str(caught.value) == (
        "ORTHOKG_LIMIT_PAGES: SETTING: it must be a whole number of at least 1 (found 2.5)."
        " use a value such as 40, the default"
    )
