"""The server by the GraphQL-over-HTTP specification: media types, encodings, parameters, status codes; and by its
audit, where node has it."""

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.http.media import JSON, RESPONSE, media_type
from kg.store.driver import Store
from tests.api.conftest import Graph, small_graph
from tests.conftest import clean

QUERY = {"query": "{ __typename }"}
WRONG = {
    "syntax": {"query": "{"},
    "validation": {"query": "{ nosuchfield }"},
    "variable": {"query": "query($t: String!) { search(text: $t) { known } }", "variables": {"t": None}},
}


@pytest.fixture(scope="module")
def small(_embedded: Store, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(clean(_embedded), tmp_path_factory.mktemp("over-http"))


@pytest.fixture(scope="module")
def client(small: Graph) -> Iterator[TestClient]:
    with small.client() as made:
        yield made


@pytest.mark.parametrize(
    ("accept", "due"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("text/html", JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON}, {RESPONSE}", RESPONSE),
        (f"{JSON}, {RESPONSE};q=0.5", JSON),
        (f"{RESPONSE};q=0", JSON),
        (f"{RESPONSE.upper()} ; Q=1", RESPONSE),
        (f"{RESPONSE};q=many", JSON),
        (f"{RESPONSE}; charset=utf-8", RESPONSE),
    ],
)
def test_the_answer_has_the_media_type_that_is_wanted(accept, due):
    assert media_type(accept) == due


def sent(client, body, accept=None, **headers):
    named = {"content-type": "application/json", **({"accept": accept} if accept else {}), **headers}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/graphql", content=raw, headers=named)


@pytest.mark.parametrize("accept", [None, JSON, RESPONSE])
def test_a_query_is_answered_in_it(client, accept):
    answer = sent(client, QUERY, accept)
    assert [answer.status_code, answer.json()] == [200, {"data": {"__typename": "Query"}}]
    assert answer.headers["content-type"].partition(";")[0] == (RESPONSE if accept == RESPONSE else JSON)
    assert answer.content.decode("utf-8")


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_was_not_run_is_told_by_the_status_only_in_its_own_type(client, wrong):
    plain, typed = sent(client, wrong, JSON), sent(client, wrong, RESPONSE)
    assert [plain.status_code, plain.json()["data"]] == [200, None]
    assert typed.status_code == 400
    assert "data" not in typed.json()
    assert plain.json()["errors"] == typed.json()["errors"]
    assert plain.json()["errors"][0]["extensions"]["code"] in ("SYNTAX", "INVALID_QUERY")


def test_an_error_of_what_was_run_leaves_its_data(client):
    asked = {"query": '{ search(text: "tau") { known } gene(curie: "nosuch") { curie } }'}
    answer = sent(client, asked, RESPONSE)
    assert answer.status_code == 200
    assert answer.json()["data"]["search"]["known"] > 0
    none = sent(client, {"query": '{ matches(model: "nosuch") { totalCount } }'}, RESPONSE)
    assert [none.status_code, none.json()["data"]] == [200, None]


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b'"{ __typename }"',
        b"{}",
        *(
            json.dumps({**QUERY, name: value}).encode()
            for name, value in (
                ("query", {}),
                ("query", 1),
                ("variables", "{}"),
                ("variables", [1]),
                ("operationName", 7),
                ("extensions", "x"),
                ("extensions", [1]),
                ("extensions", 0),
            )
        ),
    ],
)
def test_a_body_that_is_no_request_is_400(client, body, accept):
    answer = sent(client, body, accept)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert ("data" in answer.json()) == (accept == JSON)


@pytest.mark.parametrize("name", ["variables", "operationName", "extensions"])
def test_null_and_maps_are_taken(client, name):
    assert sent(client, {**QUERY, name: None}).status_code == 200
    assert sent(client, {**QUERY, **({name: {"a": 1}} if name != "operationName" else {})}).status_code == 200


def test_text_is_utf8_said_or_not(client):
    asked = '{ search(text: "µ–ß") { known } }'
    for kind in ("application/json", "application/json; charset=utf-8"):
        assert "errors" not in sent(client, {"query": asked}, **{"content-type": kind}).json()
        raw = json.dumps({"query": asked}, ensure_ascii=False).encode("utf-8")
        assert "errors" not in sent(client, raw, **{"content-type": kind}).json()
    assert (
        sent(client, json.dumps({"query": asked}, ensure_ascii=False).encode("latin-1", "replace")).status_code == 400
    )


def test_other_ways_to_ask_are_refused(client):
    assert client.get("/graphql", params=QUERY, headers={"accept": JSON}).status_code == 405
    assert client.get("/graphql", params={"query": "mutation { __typename }"}).status_code == 405
    assert client.post("/graphql", content=b'{"query": "{ __typename }"}').status_code == 415
    assert client.post("/graphql", data={"query": "{ __typename }"}).status_code == 415
