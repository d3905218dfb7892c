"""Versions of atlases on both stores: heads that move once, readers of any version, and what is told of a race."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kg.atlas.card import Card
from kg.atlas.commit import commit, relink
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Version
from kg.atlas.versions import atlases, card_of, history, manifest_of, resolve, stamp
from kg.errors import ContractError, KgError, UnknownTermError
from kg.integrity import ledger
from kg.integrity.verify import atlas as findings
from kg.release.releases import fingerprint
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema, write_nodes
from tests.kg.atlas_parts import DATASET, ORCID, card, manifest

pytestmark = pytest.mark.graph
ADA, BOB = Author("Ada", ORCID), Author("Bob")


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "atlas", own=True)


def put(store: Store, objects: ObjectStore, cite: str, parent: str = "", author: Author = ADA) -> Version:
    return commit(store, objects, manifest(objects, cite=cite), author, f"now {cite}", parent=parent)


def test_a_version_and_the_next(store: Store, objects: ObjectStore) -> None:
    write_nodes(store, "Dataset", [{"id": DATASET, "title": "PBMC"}], source="dataset/kang", run="r")
    first = put(store, objects, "one")
    second = put(store, objects, "two", first.id, BOB)
    third = put(store, objects, "one", second.id)
    assert [each.head for each in history(store, "pbmc")] == [True, False, False]
    assert [each.commit for each in history(store, "PBMC")] == [third.commit, second.commit, first.commit]
    assert (first.content_id, first.commit == third.commit) == (third.content_id, False)
    assert (second.parent, second.author, second.orcid, second.message) == (first.id, "Bob", "", "now two")
    assert (first.n_studies, first.n_donors, first.n_cells, first.n_types) == (1, 8, 1200, 2)
    assert (first.engine, first.datasets, first.orcid) == ("closed form 1", (DATASET,), ORCID)
    assert [asdict(each) for each in atlases(store)] == [
        {
            "id": "orthokg:atlas/pbmc", "label": "pbmc", "in_taxon": "NCBITaxon:9606", "head": third.id,
            "n_versions": 3, "when": third.when,
        }
    ]  # fmt: skip
    assert card_of(objects, second) == Card.unpack(card(cite="two").pack())
    assert manifest_of(objects, second).content_id == second.content_id
    assert store.read("MATCH (:AtlasVersion)-[r:CONTAINS]->(:Dataset) RETURN count(r) AS n") == [{"n": 3}]
    assert store.read("MATCH (:AtlasVersion)-[r:PARENT_VERSION]->() RETURN count(r) AS n") == [{"n": 2}]
    again = put(store, objects, "one", second.id)
    assert (again.id, len(history(store, "pbmc"))) == (third.id, 3), "the same content stands there already"


def test_it_is_no_part_of_what_was_loaded(embedded_store: Store, objects: ObjectStore) -> None:
    """Neither an ingest nor a release sees another graph because somebody made an atlas."""
    signatures = SignatureStore(objects.place.root / "signatures")  # type: ignore[attr-defined]
    write_nodes(embedded_store, "Dataset", [{"id": DATASET, "title": "PBMC"}], source="dataset/kang", run="r")
    before = ledger.tallies(embedded_store), fingerprint(embedded_store, signatures)
    put(embedded_store, objects, "one")
    assert (ledger.tallies(embedded_store), fingerprint(embedded_store, signatures)) == before


@pytest.mark.parametrize("new", [True, False])
def test_of_a_race_one_wins(store: Store, objects: ObjectStore, new: bool) -> None:
    """Six writers from one head, or six who all make the atlas."""
    parent = "" if new else put(store, objects, "zero").id
    won: list[Version] = []
    lost: list[KgError] = []
    ready = threading.Barrier(6)

    def race(number: int) -> None:
        made = manifest(objects, cite=f"writer {number}")
        ready.wait()
        try:
            won.append(commit(store, objects, made, Author(f"w{number}"), "mine", parent=parent))
        except KgError as error:
            lost.append(error)

    ensure_schema(store)
    writers = [threading.Thread(target=race, args=(number,)) for number in range(6)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert (len(won), [each.code for each in lost]) == (1, ["ATLAS_MOVED"] * 5)
    assert all(won[0].commit[:12] in str(each) for each in lost)
    assert resolve(store, "pbmc").id == won[0].id
    assert len(history(store, "pbmc")) == (1 if new else 2)


def test_of_two_processes_one_wins(neo4j_store: Store, neo4j_settings: dict[str, str], objects: ObjectStore) -> None:
    first = put(neo4j_store, objects, "zero")
    code = """
import sys
from pathlib import Path
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author
from kg.errors import KgError
from kg.store.driver import open_store
from tests.kg.atlas_parts import manifest
objects = ObjectStore(Path(sys.argv[1]))
made = manifest(objects, cite=sys.argv[2])
with open_store("neo4j") as store:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        print("won", commit(store, objects, made, Author(sys.argv[2]), "mine", parent=sys.argv[3]).id)
    except KgError as error:
        print("lost", error.code)
"""
    place = str(objects.place.root)  # type: ignore[attr-defined]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, place, who, first.id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **neo4j_settings},
            cwd=Path(__file__).parents[2],
        )
        for who in ("ada", "bob")
    ]
    for each in writers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in writers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    told = sorted(each.communicate()[0].split() for each in writers)
    assert told == [["lost", "ATLAS_MOVED"], ["won", resolve(neo4j_store, "pbmc").id]]


def test_killed_anywhere_a_whole_head_stands(
    neo4j_store: Store, neo4j_settings: dict[str, str], objects: ObjectStore
) -> None:
    code = """
import sys
from pathlib import Path
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author
from kg.atlas.versions import atlases
from kg.store.driver import open_store
from tests.kg.atlas_parts import manifest
objects = ObjectStore(Path(sys.argv[1]))
with open_store("neo4j") as store:
    head = next((each.head for each in atlases(store)), "")
    for number in range(1000):
        made = manifest(objects, cite=f"after {head}")
        head = commit(store, objects, made, Author("Ada"), "more", parent=head).id
        print(head, flush=True)
"""
    said: list[str] = []
    for seconds in (0.0, 0.03):
        writer = subprocess.Popen(
            [sys.executable, "-c", code, str(objects.place.root)],  # type: ignore[attr-defined]
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **neo4j_settings},
            cwd=Path(__file__).parents[2],
        )
        assert writer.stdout is not None
        said += [writer.stdout.readline().strip() for _ in range(2)]
        time.sleep(seconds)
        writer.kill()
        said += writer.stdout.read().split()
        assert writer.wait() == -signal.SIGKILL
        made = history(neo4j_store, "pbmc")
        assert [each.parent for each in made] == [*(each.id for each in made[1:]), ""], "one line of versions"
        assert {*said} <= {each.id for each in made}, "what was said to stand does"
        assert card_of(objects, made[0]).cite == f"after {made[0].parent}"
        assert [each for each in findings(neo4j_store, objects) if each.due != "nothing"] == []


def test_what_was_first_is_kept(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects, "one")
    with pytest.raises(KgError, match=f"is now at pbmc@{first.commit[:12]}.*was to be its first version") as told:
        put(store, objects, "two")
    assert told.value.code == "ATLAS_MOVED"
    with pytest.raises(UnknownTermError):
        put(store, objects, "two", "orthokg:atlas-version/none")
    other = manifest(objects, taxon="NCBITaxon:10090", cite="two")
    with pytest.raises(ContractError, match="is of NCBITaxon:9606") as told:
        commit(store, objects, other, ADA, "of mice", parent=first.id)
    assert told.value.code == "MANIFEST"
    assert len(history(store, "pbmc")) == 1
    assert store.read("MATCH (v:AtlasVersion) RETURN count(v) AS n") == [{"n": 1}]


def test_nothing_moves_without_its_objects(store: Store, objects: ObjectStore) -> None:
    made = manifest(objects)
    lying = objects.place.find(made.objects["embedding"].sha256)
    assert lying is not None
    objects.place.remove(lying)
    with pytest.raises(ContractError) as told:
        commit(store, objects, made, ADA, "new")
    assert [each.path for each in told.value.issues] == ["embedding"]
    with pytest.raises(ContractError, match="message"):
        commit(store, objects, manifest(objects), ADA, " ")
    assert atlases(store) == []


def test_any_version_by_id_or_date(store: Store, objects: ObjectStore) -> None:
    first = put(store, objects, "one")
    second = put(store, objects, "two", first.id)
    other = commit(store, objects, manifest(objects, "brain"), ADA, "new")
    day, when = second.when[:10], datetime.fromisoformat(first.when)
    for text, due in {
        "pbmc": second,
        "orthokg:atlas/pbmc": second,
        "brain": other,
        f"pbmc@{day}": second,
        f"pbmc@{first.when}": first,
        f"pbmc@{first.commit[:8]}": first,
        first.commit[:9]: first,
        second.commit: second,
        first.content_id: first,
        first.id: first,
        f"pbmc@{(when + timedelta(days=800)).date()}": second,
    }.items():
        assert resolve(store, text).id == due.id, text
    for text, code in {
        "pbmcs": "UNKNOWN_TERM",
        "f" * 12: "UNKNOWN_TERM",
        f"brain@{first.commit[:10]}": "UNKNOWN_TERM",
        f"pbmc@{stamp(when - timedelta(milliseconds=1))}": "UNKNOWN_TERM",
        "pbmc@2026-13-01": "ARGUMENT",
        "pbmc@0001-01-01T00:00+23:00": "ARGUMENT",
        f"pbmc@{first.commit[:7]}": "ARGUMENT",
        "pbmc@": "ARGUMENT",
    }.items():
        with pytest.raises(KgError) as told:
            resolve(store, text)
        assert told.value.code == code, text


def test_a_beginning_of_two_ids_is_refused(store: Store) -> None:
    ensure_schema(store)
    rows = [
        {
            "id": f"orthokg:atlas-version/{'ab' * 6}{end * 52}", "label": "x", "atlas": "x", "in_taxon": "NCBITaxon:1",
            "content": end * 64, "author": "Ada", "when": f"2026-01-0{end}T00:00:00.000+00:00",
        }
        for end in "12"
    ]  # fmt: skip
    write_nodes(store, "AtlasVersion", rows, source="atlas", run="r")
    with pytest.raises(KgError, match="matches the ids of 2 versions") as told:
        resolve(store, "ab" * 5)
    assert told.value.code == "AMBIGUOUS_VERSION"
    assert resolve(store, "ab" * 6 + "1").content_id == "1" * 64


def test_a_study_that_comes_later_is_linked(store: Store, objects: ObjectStore) -> None:
    put(store, objects, "one")
    links = "MATCH (:AtlasVersion)-[r:CONTAINS]->(d:Dataset) RETURN d.id AS id"
    relink(store)
    assert store.read(links) == []
    write_nodes(store, "Dataset", [{"id": DATASET, "title": "PBMC"}], source="dataset/kang", run="r")
    for _ in range(2):
        relink(store)
        assert store.read(links) == [{"id": DATASET}]
