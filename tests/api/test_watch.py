"""What the server says of itself: ids, log lines, metrics; and what it tells a browser."""

import hashlib
import json
import logging
import re

import pytest

from api.access.auth import Tokens
from api.access.limits import Limits
from api.access.rate import Bucket
from api.access.shields import read_origins
from api.http.watch import JsonLines, log_settings
from kg.errors import ContractError

ASK = {"query": "{ status { store } }"}
TOKEN = "okg_secret-of-ada"
ENTRIES = f"ada:read:never:{hashlib.sha256(TOKEN.encode()).hexdigest()}"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict]:
    return [json.loads(JsonLines().format(each)) for each in caplog.records if each.name.startswith("orthokg")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-1.2_Z", True), ("a" * 64, True), ("a" * 65, False), ('x"y', False), ("a b", False), ("é", False)],
)
def test_a_request_keeps_its_id_when_it_is_a_plain_one(client, given, kept):
    answer = client.get("/health", headers=[(b"x-request-id", given.encode())])
    assert (answer.headers["x-request-id"] == given) is kept
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.headers["x-request-id"])


def test_each_request_is_one_line_of_json(client, caplog):
    with caplog.at_level(logging.INFO, logger="orthokg"):
        client.post("/graphql", json={"query": "{ match(id: 7) { id } }"}, headers={"x-request-id": "one"})
        client.get("/no%0A%22such", headers={"x-request-id": "two"})
    first, second = [line for line in lines(caplog) if line["message"] == "request"]
    assert [first[k] for k in ("method", "path", "status", "who", "cost", "codes")] == [
        "POST",
        "/graphql",
        200,
        "anonymous",
        2,
        ["UNKNOWN_TERM"],
    ]
    assert [second["path"], second["status"]] == ['/no\n"such', 404]
    assert first["ms"] > 0


def test_no_token_is_ever_logged(graph, caplog, monkeypatch):
    def broken() -> None:
        raise ValueError("broken")

    with caplog.at_level(logging.DEBUG), graph.client(tokens=Tokens.read({"ORTHOKG_TOKENS": ENTRIES})) as client:
        for token in (TOKEN, TOKEN + "x"):
            client.post("/graphql", json=ASK, headers={"authorization": f"Bearer {token}"})
            client.post("/graphql", content=b"{", headers={"authorization": f"Bearer {token}"})
        monkeypatch.setattr(graph.store, "read", broken)
        client.post("/graphql", json=ASK, headers={"authorization": f"Bearer {TOKEN}"})
    text = "\n".join(JsonLines().format(each) for each in caplog.records)
    assert "ada" in text
    assert "secret-of-ada" not in text
    assert ENTRIES.rpartition(":")[2] not in text


def test_log_settings_can_be_used(caplog):
    from logging.config import dictConfig

    names = ("orthokg", "uvicorn", "uvicorn.error")
    before = {name: (logging.getLogger(name).handlers[:], logging.getLogger(name).propagate) for name in names}
    try:
        dictConfig(log_settings())
        assert isinstance(logging.getLogger("orthokg").handlers[0].formatter, JsonLines)
    finally:
        for name, (handlers, propagate) in before.items():
            logging.getLogger(name).handlers[:], logging.getLogger(name).propagate = handlers, propagate


def test_metrics_count_what_happened(client):
    client.post("/graphql", json=ASK)
    client.post("/graphql", json={"query": "{ nothing }"})
    for n in range(3):
        client.get(f"/nowhere/{n}")
    text = client.get("/metrics").text
    assert 'orthokg_requests_total{method="POST",path="/graphql",status="200"} 2.0' in text
    assert 'orthokg_requests_total{method="GET",path="other",status="404"} 3.0' in text
    assert 'orthokg_errors_total{code="INVALID_QUERY"} 1.0' in text
    assert 'orthokg_request_seconds_count{path="/graphql"} 2.0' in text
    assert "orthokg_query_cost_sum 3.0" in text
    assert "orthokg_requests_in_flight 1.0" in text
    assert "process_resident_memory_bytes" in text


def test_a_token_may_ask_so_often(graph):
    limits = Limits(rate=0.0001, burst=2)
    with graph.client(tokens=Tokens.read({"ORTHOKG_TOKENS": ENTRIES}), limits=limits) as client:
        asked = [client.post("/graphql", json=ASK, headers={"authorization": f"Bearer {TOKEN}"}) for _ in range(4)]
    assert [answer.status_code for answer in asked] == [200, 200, 429, 429]
    assert asked[-1].json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}
    assert 1 <= int(asked[-1].headers["retry-after"]) <= 10_000


def test_a_bucket_fills_at_its_rate():
    bucket = Bucket(2.0, 3, now=0.0)
    assert [bucket.wait(0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert [bucket.wait(0.5), bucket.wait(0.5)] == [0, 0.5]
    assert [bucket.wait(100.0) for _ in range(4)] == [0, 0, 0, 0.5]


def test_other_origins_are_closed_out(client):
    assert client.post("/graphql", json=ASK, headers={"origin": "http://127.0.0.1:8000"}).status_code == 200
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9000"):
        answer = client.post("/graphql", json=ASK, headers={"origin": origin})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FOREIGN_ORIGIN")
        assert "access-control-allow-origin" not in answer.headers


def test_listed_origins_may_ask(graph):
    with graph.client(origins=["https://app.example"]) as client:
        ask = {
            "origin": "https://app.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        preflight = client.options("/graphql", headers=ask)
        answer = client.post("/graphql", json=ASK, headers={"origin": "https://app.example"})
        other = client.post("/graphql", json=ASK, headers={"origin": "https://other.example"})
    assert preflight.status_code == 200
    assert "access-control-allow-credentials" not in preflight.headers
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert other.status_code == 403


def test_origins_by_environment():
    assert read_origins({}) == ()
    assert read_origins({"ORTHOKG_CORS_ORIGINS": "https://a.example, http://b.example:8080"}) == (
        "https://a.example",
        "http://b.example:8080",
    )
    for text in ("*", "a.example", "https://a.example/", "https://a.example/x"):
        with pytest.raises(ContractError):
            read_origins({"ORTHOKG_CORS_ORIGINS": text})


def test_every_answer_is_shielded(client):
    for answer in (
        client.get("/health"),
        client.post("/graphql", json=ASK),
        client.get("/nothing"),
        client.get("/graphiql"),
    ):
        assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
