"""A server that runs known documents only."""

import hashlib

import pytest

from api.access.trusted import read_documents
from kg.errors import ContractError

KNOWN = "query Store { status { store } }\n"
OTHER = "{ status { store } }"


@pytest.fixture
def documents(tmp_path):
    (tmp_path / "store.graphql").write_text(KNOWN)
    (tmp_path / "notes.txt").write_text(OTHER)
    return read_documents(tmp_path)


def test_known_documents_run_by_hash_or_as_they_are(graph, documents):
    name = hashlib.sha256(KNOWN.encode()).hexdigest()
    with graph.client(documents=documents) as client:
        for body in ({"documentId": f"sha256:{name}"}, {"query": KNOWN}):
            assert client.post("/graphql", json=body).json() == {"data": {"status": {"store": "embedded"}}}


@pytest.mark.parametrize(
    "body",
    [
        {"query": OTHER},
        {"query": KNOWN + " "},
        {"query": KNOWN, "documentId": "sha256:" + "0" * 64},
        {},
        {"documentId": hashlib.sha256(KNOWN.encode()).hexdigest()},
        {"documentId": "sha256:../store.graphql"},
        {"query": None},
    ],
)
def test_nothing_else_runs(graph, documents, body):
    with graph.client(documents=documents) as client:
        answer = client.post("/graphql", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNTRUSTED_DOCUMENT"}


def test_a_folder_without_documents_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ContractError):
            read_documents(folder)
