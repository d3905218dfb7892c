"""Whatever was there before, an ingest of the same sources and studies leaves one graph and one set of signatures."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kg.store.driver import Store
from kg.store.write import ensure_schema
from tests.conftest import ROOT, clean
from tests.graph.tiny_world import STUDIES, few_terms, hashes, ingested, manifests, run_of

pytestmark = pytest.mark.graph
Hashes = tuple[str, str, int, int]


@pytest.fixture(autouse=True)
def _few_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.source import ontologies

    monkeypatch.setattr(ontologies, "get", ontologies.get)
    few_terms()


@pytest.fixture(scope="session")
def one_hash() -> list[Hashes]:
    """What every test of this file has found, on either store."""
    return []


@pytest.fixture(scope="session")
def one_hash_with_counts() -> list[Hashes]:
    """The same of the studies with one that is counted here: donors, a noise reference and its axes are written too."""
    return []


def left(store: Store, folder: Path, runs: list[tuple[str, ...]], own: Path) -> Hashes:
    """What these ingests, one after the other, leave in an empty store."""
    clean(store)
    for studies in runs:
        ingested(store, folder, studies, own)
    return hashes(store, own)


def test_orders_and_numbers_of_runs(store: Store, tmp_path: Path, one_hash: list[Hashes]) -> None:
    ensure_schema(store)
    whole = tuple(sorted(STUDIES))
    ways = [
        [whole],
        [whole, whole[::-1], STUDIES],
        [("gse125957-j20",), ("mice", "b-study"), ("a-study",)],
        [("a-study", "a-study"), ("b-study", "mice"), ("gse125957-j20",), ("mice",)],
    ]
    found = [left(store, tmp_path, way, tmp_path / f"own-{at}") for at, way in enumerate(ways)]
    one_hash += found
    assert len(set(one_hash)) == 1, one_hash
    shared = store.read("MATCH (d:Drug) RETURN d.label AS label, d.source AS source")
    assert shared == [{"label": "JQ1", "source": "dataset/a-study"}]
    (joined,) = store.read(
        "MATCH (a:Contrast)-[r:SHARES_SAMPLES]->(b:Contrast) RETURN a.id AS a, b.id AS b, r.source AS source"
    )
    assert joined == {
        "a": "orthokg:contrast/a-study/late",
        "b": "orthokg:contrast/gse125957-j20/12-months",
        "source": "dataset/a-study",
    }


def test_orders_with_a_study_of_counts(store: Store, tmp_path: Path, one_hash_with_counts: list[Hashes]) -> None:
    ensure_schema(store)
    whole = (*sorted(STUDIES), "counts")
    ways = [[whole], [("counts",), whole[-2::-1]]]
    one_hash_with_counts += [left(store, tmp_path, way, tmp_path / f"own-{at}") for at, way in enumerate(ways)]
    assert len(set(one_hash_with_counts)) == 1, one_hash_with_counts
    assert store.read("MATCH (:Donor) RETURN count(*) > 0 AS some") == [{"some": True}]


def run(store: Store, folder: Path, own: Path, kill_at: int, *studies: str) -> dict | None:
    """An ingest as a process of its own; None when it was killed."""
    words = [sys.executable, "-m", "tests.graph.tiny_world", str(folder), store.dialect, str(kill_at), *studies]
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"ORTHOKG_HOME": str(own)}
    )
    if kill_at:
        assert done.returncode == -9, done.stderr[-2000:]
        return None
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize(("store", "moments"), [("embedded", (12,)), ("neo4j", (30, 75))], indirect=["store"])
def test_killed_at_any_moment_and_run_again(
    store: Store,
    moments: tuple[int, ...],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    one_hash: list[Hashes],
) -> None:
    if store.dialect == "neo4j":
        for name, value in request.getfixturevalue("neo4j_settings").items():
            monkeypatch.setenv(name, value)
    for moment in moments:
        run(store, tmp_path, tmp_path / "own", moment, *STUDIES)
    found = run(store, tmp_path, tmp_path / "own", 0, *reversed(STUDIES))
    assert found is not None
    assert found["transactions"] > moments[-1] / 2
    one_hash.append(tuple(found["hashes"]))
    assert len(set(one_hash)) == 1, one_hash


def test_two_manifests_of_one_dataset_are_both_left_out(embedded_store: Store, tmp_path: Path) -> None:
    store, home = embedded_store, tmp_path / "home"
    again = Path(shutil.copytree(manifests(tmp_path)["b-study"].parent, tmp_path / "again")) / "m.yaml"
    twice = run_of(store, tmp_path, [manifests(tmp_path)[name] for name in ("mice", "b-study")] + [again], home)
    assert twice.exit_code == 1
    reasons = [step.reason for step in twice.steps if step.status == "failed"]
    assert len(reasons) == 2
    for reason, path, other in zip(
        sorted(reasons), sorted(map(str, (again, tmp_path / "b-study" / "m.yaml"))), ("b-study", "again"), strict=True
    ):
        assert reason.startswith(f"[DUPLICATE_DATASET] {path}: dataset.id")
        assert str(tmp_path / other / "m.yaml") in reason.removeprefix(f"[DUPLICATE_DATASET] {path}")
    ids = "MATCH (c:Contrast) RETURN DISTINCT c.source AS source"
    assert [row["source"] for row in store.read(ids)] == ["dataset/mice"], "the third is loaded"
    assert ingested(store, tmp_path, ("b-study",), home).exit_code == 0
    whole = hashes(store, home)
    assert run_of(store, tmp_path, [again, manifests(tmp_path)["b-study"]], home).exit_code == 1
    assert hashes(store, home) == whole, "what was loaded before stays"
