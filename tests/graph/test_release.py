"""Releases on both stores: one hash for one content, a name that keeps what it names, and a change that is found
out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from kg.ask.questions import match_answer
from kg.backup.diff import Side, Why
from kg.backup.kept import keep
from kg.backup.kept import kept as kept_releases
from kg.cli.main import main
from kg.curate.curation import propose
from kg.errors import ContractError, KgError, UnknownTermError
from kg.integrity.verify import verify
from kg.release.releases import checked_release, fingerprint, make_release, releases
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema, write_edges, write_nodes
from tests.api.conftest import AD, MOUSE, OWNER, graph_records, write_small

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
    monkeypatch.setattr("kg.read.stream.PAGE", 7)
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
        ensure_schema(store)
        write_small(store, graph_records("v"))

    def run(*words: str):
        return CliRunner().invoke(main, ["release", *words])

    assert "2026.11: released" in run("2026.11").stdout
    assert "already released and unchanged" in run("2026.11").stdout
    (listed,) = json.loads(run("--list", "--format", "json").stdout)
    assert (listed["label"], listed["state"]) == ("2026.11", "current")
    assert "current" in run("--list").stdout
    assert run().exit_code == 1


def test_a_kept_release_is_had_back_exported_and_compared(embedded_store: Store, served: Path, tmp_path: Path) -> None:
    kept = SignatureStore(served / "signatures")
    kept.put_table(MOUSE, vector=np.arange(3.0))
    kept.put_table("orthologs/small", id=np.array(["a"]))

    def run(*words: str):
        return CliRunner().invoke(main, list(words))

    def export(name: str) -> dict[str, bytes]:
        done = run("export", "--format", "kgx", "--out", str(tmp_path / "out"), "--release", name)
        assert done.exit_code == 0, done.output
        return {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    write_small(embedded_store, graph_records(kept.version))
    write_nodes(
        embedded_store, "Source", [{"id": "small", "label": "small", "version": "1", "status": "loaded"}], **OWNER
    )
    release, _ = make_release(embedded_store, kept, "a")
    assert keep(embedded_store, served, release)
    assert not keep(embedded_store, served, release), "it is kept already"
    then = export("a")
    kept.put_table(MOUSE, vector=np.arange(3.0) + 1)
    embedded_store.write("MATCH (k:Match {id: 'orthokg:match/ad'}) SET k.p = 0.9, k.status = 'NOT_SUPPORTED'")
    embedded_store.write("MATCH (s:Source {id: 'small'}) SET s.version = '2'")
    with pytest.raises(KgError, match="changed before") as changed:
        keep(embedded_store, served, replace(release, label="c"))
    assert changed.value.code == "RELEASE_CHANGED"
    release, _ = make_release(embedded_store, kept, "b")
    assert run("release", "diff", "a", "b").exit_code == 1, "not kept yet"
    keep(embedded_store, served, release)

    (row,) = json.loads(run("release", "diff", "a", "b", "--format", "json").stdout)
    assert (row["match"], row["change"], row["after"]) == ("orthokg:match/ad", "status", "NOT_SUPPORTED, p 0.9")
    assert row["by"][0] == "the data of tau 8 months (source small, 1 -> 2)"
    assert "SUPPORTED, p 0.00241 -> NOT_SUPPORTED, p 0.9" in run("release", "diff", "a", "b").stdout
    assert "no match differs" in run("release", "diff", "b", "b").stdout

    assert export("a") == then
    assert json.loads(then["EXPORT.json"])["release"].startswith("a (data ")
    assert run("restore", "--release", "a", "--to", str(tmp_path / "then")).exit_code == 0
    assert SignatureStore(tmp_path / "then" / "signatures").get_table(MOUSE)["vector"].tolist() == [0, 1, 2]
    listed = {row["label"]: row for row in json.loads(run("release", "list", "--format", "json").stdout)}
    assert [(each["state"], each["kept"]) for each in listed.values()] == [
        ("signatures and graph changed since", True),
        ("current", True),
    ]
    assert 0 < listed["b"]["own_bytes"] < listed["b"]["bytes"]

    assert "bytes are free" in run("release", "forget", "b").stdout
    assert "kept are a" in run("release", "diff", "a", "b").output
    for words in (["diff"], ["x", "--list"], [], ["forget", "b"], ["--note", "x"]):
        assert run("release", *words).exit_code != 0


def test_a_kept_release_takes_the_place_of_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    with open_store("embedded", home_folder=home) as store:
        signatures = SignatureStore(home / "signatures")
        signatures.put_table(MOUSE, vector=np.arange(3.0))
        write_small(store, graph_records(signatures.version))
        keep(store, home, make_release(store, signatures, "a")[0])
        signatures.put_table(MOUSE, vector=np.arange(3.0) + 1)
        store.write("MATCH (k:Match {id: 'orthokg:match/ad'}) SET k.p = 0.9")
        keep(store, home, make_release(store, signatures, "b")[0])
    done = CliRunner().invoke(main, ["restore", "--release", "a", "--replace"])
    assert done.exit_code == 0, done.output
    assert not list(home.glob(".re*"))
    assert sorted(kept_releases(home)) == ["a", "b"], "both can still be had"
    with open_store("embedded", read_only=True, home_folder=home) as store:
        signatures = SignatureStore(home / "signatures")
        assert signatures.get_table(MOUSE)["vector"].tolist() == [0, 1, 2]
        assert store.read("MATCH (k:Match {id: 'orthokg:match/ad'}) RETURN k.p < 0.01 AS before") == [{"before": True}]
        assert [(each.label, each.state) for each in releases(store, signatures)] == [("a", "current")]
        assert list(verify(store, home)) == []


def test_by_what_a_match_differs() -> None:
    a, b = (kept_side("1"), kept_side("1"))
    why = Why(a, b)
    assert list(why.of("m", a.nodes["Match"]["m"])) == ["the method"]
    b.nodes["Match"]["m"]["method"] = "joint/2"
    assert list(Why(a, b).of("m", a.nodes["Match"]["m"])) == ["the method (joint/1 -> joint/2)"]
    b = kept_side("2")
    b.objects["h"], b.objects["orthologs/x"], b.objects["regulons/y"] = "other", "other", "other"
    b.ends["POOLS", "pool"].append(("new", {}))
    assert list(Why(a, b).of("m", a.nodes["Match"]["m"])) == [
        "new joined the pool",
        "the data of h (source dataset/h, 1 -> 2)",
        "the table orthologs/x",
    ]


def kept_side(version: str) -> Side:
    side = Side(None, {"m0": "1", "h": "1", "orthologs/x": "1", "regulons/y": "1"})  # type: ignore[arg-type]
    side.nodes["Match"]["m"] = {"id": "m", "level": "gene", "method": "joint/1", "status": "SUPPORTED", "p": 0.01}
    side.nodes["Contrast"]["h"] = {"id": "h", "source": "dataset/h"}
    side.nodes["Source"]["dataset/h"] = {"version": version}
    side.ends["MATCH_OF", "m"] += [("m0", {"side": "mouse"}), ("pool", {"side": "human"})]
    side.ends["POOLS", "pool"].append(("h", {}))
    return side
