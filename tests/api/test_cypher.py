"""A curator's query over HTTP: rows that can be drawn, TSV, limits, and refusals with their code."""

import logging

import pytest
from starlette.testclient import TestClient

from api.access.limits import Limits
from api.http.app import create_app
from kg.store.driver import open_store

DRAW = "MATCH p = (m:DiseaseModel)-[r:MODELS]->(d:Disease) RETURN m, r, p, {a: [d]} AS inside"


def ask(client, query: str, accept: str = "application/json", **parameters):
    return client.post("/cypher", json={"query": query, "parameters": parameters}, headers={"accept": accept})


def refusal(answer) -> tuple[int, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]


def test_rows_with_parameters(client):
    found = ask(client, "MATCH (d:Disease {id: $id}) RETURN d.label AS label, 1.5 AS n", id="MONDO:0004975").json()
    assert found.pop("seconds") >= 0
    assert found == {"columns": ["label", "n"], "rows": [["Alzheimer disease", 1.5]], "truncated": False}


def test_nodes_relationships_and_paths_can_be_drawn(client):
    ((node, edge, path, inside),) = ask(client, DRAW).json()["rows"]
    assert (node["kind"], node["labels"]) == ("node", ["DiseaseModel"])
    assert node["properties"]["id"] == "orthokg:model/tau"
    assert (edge["kind"], edge["type"], edge["start"]) == ("relationship", "MODELS", node["key"])
    assert edge["end"] == inside["a"][0]["key"] == path["nodes"][1]["key"]
    assert path["kind"] == "path"
    assert path["relationships"] == [edge]


def test_tsv(client):
    answer = ask(
        client, "UNWIND [1, null] AS n RETURN n, 'a\tb\nc' AS text, [1, 'x'] AS l", "text/tab-separated-values"
    )
    assert answer.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert answer.headers["x-truncated"] == "false"
    assert answer.text == 'n\ttext\tl\n1\ta b c\t[1, "x"]\n\ta b c\t[1, "x"]\n'


def test_numbers_that_json_lacks(client):
    rows = ask(client, "RETURN [0.0 / 0.0, 1.0 / 0.0, -1.0 / 0.0] AS n, datetime('2020-01-01T00:00:00Z') AS t").json()[
        "rows"
    ]
    assert rows == [[["NaN", "Infinity", "-Infinity"], "2020-01-01T00:00:00.000000000+00:00"]]


def test_rows_are_bounded(graph):
    with graph.client(limits=Limits(cypher_rows=5)) as client:
        found = ask(client, "UNWIND range(1, 9) AS i RETURN i").json()
        assert (found["rows"], found["truncated"]) == ([[1], [2], [3], [4], [5]], True)
        assert (
            ask(client, "UNWIND range(1, 9) AS i RETURN i", "text/tab-separated-values").headers["x-truncated"]
            == "true"
        )


def test_time_is_bounded(graph):
    query = "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b WITH a WHERE a < 0 RETURN count(a) AS n"
    for seconds in (0.05, 0.5, 5):  # until this machine reads the question in that time
        with graph.client(limits=Limits(seconds=seconds)) as client:
            answer = ask(client, query)
        if answer.status_code != 408:
            break
    assert refusal(answer) == (400, "LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "MATCH (n) DETACH DELETE n"}, (403, "STORE_READ_ONLY")),
        ({"query": "MATCH (n RETURN n"}, (400, "STORE_SYNTAX")),
        ({"query": "RETURN $nothing AS x"}, (400, "STORE_QUERY")),
        ({"query": "UNWIND [0] AS i RETURN 1 / i AS x"}, (400, "STORE_QUERY")),
        ({"query": "RETURN $x AS x", "parameters": {"x": 2**64}}, (400, "ARGUMENT")),
        ({"query": 1}, (400, "ARGUMENT")),
        ({"query": "RETURN 1", "parameters": [1]}, (400, "ARGUMENT")),
        ({"query": "RETURN 1", "database": "system"}, (400, "ARGUMENT")),
        (["RETURN 1"], (400, "ARGUMENT")),
        ({}, (400, "ARGUMENT")),
    ],
)
def test_refusals(client, body, code):
    assert refusal(client.post("/cypher", json=body)) == code


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 60_000, b'{"query": "RETURN \\ud800"}', b"{'query'}"])
def test_bodies_that_are_no_query(client, body):
    answer = client.post("/cypher", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_a_form_of_another_site_is_refused(client):
    answer = client.post("/cypher", content='{"query": "RETURN 1"}', headers={"content-type": "text/plain"})
    assert refusal(answer) == (400, "ARGUMENT")
    assert client.get("/cypher", params={"query": "RETURN 1"}).status_code == 405


def test_a_store_that_is_gone_tells_no_address(tmp_path, caplog):
    with open_store("embedded") as store:
        client = TestClient(create_app(store, tmp_path), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000))
        assert ask(client, "RETURN 1 AS x").status_code == 200
        assert store.server is not None
        store.server.stop()
        with caplog.at_level(logging.CRITICAL):
            answer = ask(client, "RETURN 1 AS x")
    assert refusal(answer) == (503, "STORE_DOWN")
    assert "retry-after" in answer.headers
    assert "bolt" not in answer.text
