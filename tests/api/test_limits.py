"""What a stranger may not do: ask for too much, or learn of the server's inside."""

import json
import logging
import threading

import pytest
from graphql import get_introspection_query

from api.access.limits import Limits, page
from kg.ask import questions
from kg.errors import KgError, StoreError
from tests import patience
from tests.api.ask import data, error

DOUBLING = (
    "query { status { ...F0 } } "
    + " ".join(f"fragment F{n} on GraphStatus {{ ...F{n + 1} ...F{n + 1} }}" for n in range(20))
    + " fragment F20 on GraphStatus { store }"
)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ __schema { types { " + "ofType { " * 14 + "name" + " }" * 14 + " } } }", "depth"),
        ("{ " + "a { " * 400 + "b" + " }" * 400 + " }", "nested too deeply"),
        ("{ " + " ".join(f"a{n}: status {{ store }}" for n in range(16)) + " }", "aliases: 16"),
        ("{ status { " + "store " * 1100 + "} }", "tokens"),
        (DOUBLING, "fields"),
        ('{ matches(model: "TauMouse", disease: "MONDO:0004975", first: 101) { known } }', "101"),
    ],
    ids=["depth", "nesting", "aliases", "tokens", "fragments", "page"],
)
def test_too_much_is_refused_by_name(client, query, said):
    found = error(client, query)
    assert found["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert said in found["message"]


def test_tools_can_still_ask_for_the_schema(client):
    answered = data(client, get_introspection_query(input_value_deprecation=True))
    assert answered["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize("announced", [True, False])
def test_large_body_is_refused(client, announced):
    body = json.dumps({"query": "{ status { store } }" + " " * Limits.body_bytes}).encode()
    answer = client.post("/graphql", content=body if announced else iter([body[:1000], body[1000:]]))
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


def test_a_body_that_nests_without_end_tells_nothing(client):
    answer = client.post("/graphql", content="[" * 50_000, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 500)
    assert "Traceback" not in answer.text
    assert "recursion" not in answer.text.lower()


def test_time_and_room_are_limited(graph, monkeypatch):
    hold, entered = threading.Event(), threading.Event()

    def slow(*_, **__):
        entered.set()
        hold.wait()

    monkeypatch.setattr(questions, "planned", slow)
    try:
        for seconds in (0.2, 2, 20, patience.SECONDS):  # until this machine begins with the question in that time
            with graph.client(limits=Limits(seconds=seconds, workers=1, waiting=0)) as client:
                first, second = (
                    error(client, query)["extensions"]["code"]
                    for query in ('{ matches(model: "TauMouse") { known } }', "{ releases { known } }")
                )
                if entered.is_set():
                    break
        assert entered.is_set()
        assert (first, second) == ("LIMIT_EXCEEDED", "BUSY")
    finally:
        hold.set()


def test_internal_error_is_masked_and_logged(client, monkeypatch, caplog):
    def broken(*_, **__):
        raise ValueError("secret at /srv/graph")

    monkeypatch.setattr(questions, "planned", broken)
    with caplog.at_level(logging.ERROR):
        found = error(client, '{ matches(model: "TauMouse") { known } }')
    assert found["extensions"]["code"] == "INTERNAL"
    assert "secret" not in json.dumps(found)
    (logged,) = [entry for entry in caplog.records if found["extensions"]["id"] in entry.getMessage()]
    assert logged.exc_info is not None
    assert "secret" in str(logged.exc_info[1])


def test_store_that_refuses_says_so_and_no_address(graph, monkeypatch):
    def down(*_, **__):
        raise StoreError("No database answers at bolt://10.0.0.7:7687", code="STORE_DOWN")

    monkeypatch.setattr(graph.store, "read", down)
    monkeypatch.setattr(graph.store, "ping", down)
    with graph.client() as client:
        found = error(client, "{ releases { known } }")
        assert found["extensions"]["code"] == "STORE_DOWN"
        assert "10.0.0.7" not in json.dumps(found)
        ready = client.get("/ready")
    assert ready.status_code == 503
    assert ready.json() == {"status": "not ready", "code": "STORE_DOWN"}


@pytest.mark.parametrize(
    ("first", "after", "code"), [(0, None, "ARGUMENT"), (101, None, "LIMIT_EXCEEDED"), (1, "z", "ARGUMENT")]
)
def test_pages_that_cannot_be(first, after, code):
    with pytest.raises(KgError) as caught:
        page(["a", "b"], str, first, after)
    assert caught.value.code == code
