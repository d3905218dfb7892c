"""Whoever submits, checks again, accepts or reverts is killed (-9) at every write in turn: what stood stands, or what
is to come does, and the same command run again ends with it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.submissions import Submission, submissions
from kg.atlas.version import Author
from kg.atlas.versions import history, manifest_of, resolve
from kg.integrity.verify import atlas as findings
from kg.store.driver import Store
from tests.kg.atlas_parts import manifest, with_objects

pytestmark = pytest.mark.graph
ROOT = Path(__file__).parents[2]
MOST = 60


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "atlas", own=True)


@pytest.fixture
def killed(neo4j_settings: dict[str, str], objects: ObjectStore) -> Iterator[Callable[[str, int], bool]]:
    """Does what it is told; whether it was killed at the nth write."""
    folder = str(objects.place.root)  # type: ignore[attr-defined]
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.graph.killed_atlas", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env={**os.environ, **neo4j_settings}, cwd=ROOT,
    )  # fmt: skip
    assert writer.stdin is not None
    assert writer.stdout is not None
    asked, told = writer.stdin, writer.stdout

    def work(what: str, at: int) -> bool:
        asked.write(f"{what} {at}\n")
        asked.flush()
        said = told.readline().strip()
        assert said in ("killed", "done"), said
        return said == "killed"

    yield work
    asked.close()
    writer.wait()
    told.close()


def test_at_every_write(neo4j_store: Store, objects: ObjectStore, killed: Callable[[str, int], bool]) -> None:
    store = neo4j_store
    first = commit(store, objects, manifest(objects), Author("Ada"), "first")

    def stands() -> tuple:
        return resolve(store, "pbmc").content_id, [(e.content, e.status, len(e.reviews)) for e in submissions(store)]

    def at_every_write(what: str) -> Submission:
        """Until it is done; the states seen are the one before and the one after, and no other."""
        before, seen, at = stands(), [], 1
        while killed(what, at):
            seen.append(stands())
            assert [each for each in findings(store, objects) if each.due != "nothing"] == []
            at += 1
            assert at < MOST
        after = stands()
        assert at > 6, "it writes more than that"
        assert seen[0] == before
        assert seen[-1] == after, "killed after the commit it is done, and asked again the same"
        assert {str(each) for each in seen} == {str(before), str(after)}
        (one,) = submissions(store)
        return one

    one = at_every_write("submit")
    assert resolve(store, "pbmc") == first
    beside = with_objects(objects, manifest(objects), study__beside=b"beside", embedding=b"of another")
    head = commit(store, objects, beside, Author("Cy"), "meanwhile", parent=first.id)
    one = at_every_write("again")
    assert (one.base, len(one.earlier)) == (head.id, 1)
    at_every_write("accept")
    merged = resolve(store, "pbmc")
    assert (merged.content_id, merged.submission, merged.parent) == (one.content, 1, head.id)
    assert set(manifest_of(objects, merged).named("study")) == {"kang", "beside", "new"}
    at_every_write("revert")
    assert resolve(store, "pbmc").content_id == head.content_id
    line = history(store, "pbmc")
    assert [each.parent for each in line] == [*(each.id for each in line[1:]), ""]
    assert len(line) == 4
