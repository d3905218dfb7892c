"""The report of a match over HTTP: the file of the command, sent so that nothing in it runs; and what is refused."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.access.auth import Tokens, new_token
from api.http.app import create_app
from kg.report.contents import model_report
from kg.report.page import page
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from tests.conftest import clean
from tests.simulated import ingested

AD = "MONDO:0004975"
ASKED = {"model": "simulated-specific", "disease": AD}


@pytest.fixture(scope="module", params=["_embedded", "_neo4j"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, SignatureStore, TestClient]]:
    store = clean(request.getfixturevalue(request.param))
    signatures = ingested(store, tmp_path_factory.mktemp("report"))
    with client(store, signatures) as made:
        yield store, signatures, made


def client(store: Store, signatures: SignatureStore, **options) -> TestClient:
    app = create_app(store, signatures.root, **options)
    return TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000))


def refusal(answer) -> tuple[int, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]


def test_it_is_the_file_of_the_command_and_runs_nothing(site):
    store, signatures, asking = site
    answer = asking.get("/report", params=ASKED)
    assert answer.status_code == 200
    assert answer.text == page(model_report(store, signatures, **ASKED))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    key = model_report(store, signatures, **ASKED).shown[0].record.id
    assert asking.get("/report", params={"match": key}).status_code == 200
    one = asking.get("/report", params={**ASKED, "level": "regulon", "policy": "one2one"})
    assert "--level regulon" in one.text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (400, "ARGUMENT")),
        ({"model": "simulated-specific", "colour": "red"}, (400, "ARGUMENT")),
        ({"model": "x" * 501}, (400, "ARGUMENT")),
        ({**ASKED, "level": "cells"}, (400, "ARGUMENT")),
        ({"model": "a\0b"}, (400, "ARGUMENT")),
        ({"model": "no such mouse"}, (404, "UNKNOWN_TERM")),
        ({"match": "orthokg:match/none"}, (404, "UNKNOWN_TERM")),
        ({"model": "simulated-cut", "disease": AD}, (400, "WITHHELD")),
    ],
)
def test_what_is_refused(site, asked, expected):
    assert refusal(site[2].get("/report", params=asked)) == expected


def test_it_needs_a_token_that_reads_where_there_are_tokens(site):
    store, signatures, _ = site
    secret, entry = new_token("ada", frozenset({"read"}), None)
    with client(store, signatures, tokens=Tokens((entry,))) as asking:
        assert asking.get("/report", params=ASKED).status_code == 401
        allowed = asking.get("/report", params=ASKED, headers={"authorization": f"Bearer {secret}"})
        assert allowed.status_code == 200
