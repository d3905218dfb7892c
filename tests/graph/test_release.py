"""Releases on both stores: one hash for one content, a name that keeps what it names, and a change that is found out."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kg.cli import main
from kg.curation import propose
from kg.errors import ContractError, KgError, UnknownTermError
from kg.questions import match_answer
from kg.release import checked_release, fingerprint, make_release, releases
from kg.signatures import SignatureStore
from kg.store import Store, open_store
from kg.write import write_edges, write_nodes
from tests.api.conftest import AD, OWNER, graph_records, write_small

pytestmark = pytest.mark.graph


@pytest.fixture
def signatures(tmp_path: Path) -> SignatureStore:
    made = SignatureStore(tmp_path / "signatures")
    made.put_table("genes/x", id=np.array(["a"]))
    return made


def test_one_content_has_one_hash_on_both_stores(
    embedded_store: Store, neo4j_store: Store, signatures: SignatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for store in (embedded_store, neo4j_store):
        write_small(store, graph_records("v"))
    found = fingerprint(embedded_store, signatures)
    assert found == fingerprint(neo4j_store, signatures)
    monkeypatch.setattr("kg.graph_rows.PAGE", 7)
    assert found == fingerprint(embedded_store, signatures)
    counted = neo4j_store.read("MATCH (n) WHERE NOT n:WriteLock RETURN count(n) AS n")[0]["n"]
    related = neo4j_store.read("MATCH ()-[r]->() RETURN count(r) AS n")[0]["n"]
    assert (found.nodes, found.edges) == (counted, related)


def test_a_release_is_named_once_and_kept(store: Store, signatures: SignatureStore) -> None:
    write_small(store, graph_records(signatures.version))
    made, new = make_release(store, signatures, "2026.11", note="small")
    assert (new, made.data_version, made.note) == (True, signatures.version, "small")
    assert make_release(store, signatures, "2026.11", note="another") == (made, False)
    write_small(store, graph_records(signatures.version))
    propose(store, about=("orthokg:match/ad",), verdict="comment", why="x", who="ada")
    assert make_release(store, signatures, "2026.11") == (made, False), "the same data again, and what curators say"
    assert checked_release(store, "2026.11", fingerprint(store, signatures)).state == "current"
    answer = match_answer(store, signatures, model="TauMouse", disease=AD)
    assert answer.release == f"2026.11 (data {signatures.version})"


@pytest.mark.parametrize("what", ["property", "node", "edge gone", "signatures"])
def test_what_has_changed_is_found_out(store: Store, signatures: SignatureStore, what: str) -> None:
    write_small(store, graph_records(signatures.version))
    first, _ = make_release(store, signatures, "first")
    if what == "property":
        store.write("MATCH (k:Match {id: 'orthokg:match/ad'}) SET k.p = 0.00001")
    elif what == "node":
        write_nodes(store, "Drug", [{"id": "CHEMBL:1", "label": "new"}], **OWNER)
    elif what == "edge gone":
        store.write("MATCH ()-[r:MODELS]->() DELETE r")
    else:
        signatures.put_table("genes/x", id=np.array(["b"]))
    with pytest.raises(KgError, match="choose another name") as caught:
        make_release(store, signatures, "first")
    assert caught.value.code == "RELEASE_FROZEN"
    (found,) = releases(store, signatures)
    assert found.state == ("signatures changed since" if what == "signatures" else "graph changed since")
    with pytest.raises(KgError, match="any more"):
        checked_release(store, "first", fingerprint(store, signatures))
    _, new = make_release(store, signatures, "second")
    assert new
    assert {each.label: each.state for each in releases(store, signatures)}["second"] == "current"
    assert releases(store, signatures)[0].graph_version == first.graph_version


def test_a_later_load_makes_answers_unreleased(store: Store, signatures: SignatureStore) -> None:
    write_small(store, graph_records(signatures.version))
    make_release(store, signatures, "first")
    write_nodes(store, "Source", [{"id": "more", "label": "more", "status": "loaded"}], source="more", run="r2")
    answer = match_answer(store, signatures, model="TauMouse", disease=AD)
    assert answer.release == f"unreleased (data {signatures.version})"


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "é", "a\n"])
def test_names_that_are_none(embedded_store: Store, signatures: SignatureStore, name: str) -> None:
    with pytest.raises(ContractError):
        make_release(embedded_store, signatures, name)


def test_nothing_to_release(embedded_store: Store, signatures: SignatureStore) -> None:
    with pytest.raises(KgError) as caught:
        make_release(embedded_store, signatures, "empty")
    assert caught.value.code == "EMPTY"
    with pytest.raises(UnknownTermError):
        checked_release(embedded_store, "none", fingerprint(embedded_store, signatures))


def test_edges_that_are_parallel_and_rows_without_key(embedded_store: Store, signatures: SignatureStore) -> None:
    write_small(embedded_store, graph_records("v"))
    before = fingerprint(embedded_store, signatures)
    row = {"subject": "orthokg:contrast/cohort-ad", "object": "orthokg:contrast/cohort-hd", "arm": "x", "n_shared": 1}
    write_edges(embedded_store, "SHARES_SAMPLES", "Contrast", "Contrast", [row], **OWNER)
    after = fingerprint(embedded_store, signatures)
    assert after.edges == before.edges + 1
    assert after.graph_version != before.graph_version


def test_the_command() -> None:
    with open_store("embedded") as store:
        store.ensure_schema()
        write_small(store, graph_records("v"))

    def run(*words: str):
        return CliRunner().invoke(main, ["release", *words])

    assert "2026.11: released" in run("2026.11").stdout
    assert "already released, and unchanged" in run("2026.11").stdout
    (listed,) = json.loads(run("--list", "--format", "json").stdout)
    assert (listed["label"], listed["state"]) == ("2026.11", "current")
    assert "current" in run("--list").stdout
    assert run().exit_code == 1
