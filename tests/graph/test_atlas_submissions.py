"""Submissions and reviews on both stores: who may close one, what a merge makes of it, and what is left when a writer
is killed or many come at once."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.atlas import branches as cutting
from kg.atlas.commit import commit, relink
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Marker, NewType
from kg.atlas.review import review
from kg.atlas.submissions import Submission, propose, report_of, submission, submissions
from kg.atlas.version import Author, Version
from kg.atlas.versions import history, manifest_of, resolve
from kg.backup.repository import Repository
from kg.backup.restore import restore
from kg.backup.save import backup
from kg.cli.main import main
from kg.errors import KgError
from kg.integrity.verify import atlas as findings
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema, write_nodes
from tests.kg.atlas_parts import DATASET, ORCID, manifest, report, with_objects

pytestmark = pytest.mark.graph
ADA, BOB, CAROL = Author("Ada", ORCID), Author("Bob"), Author("Carol")
OWN = b'{"review":{"own":true}}'


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "atlas", own=True)


def first(store: Store, objects: ObjectStore, policy: bytes | None = None) -> Version:
    made = manifest(objects)
    return commit(store, objects, with_objects(objects, made, policy=policy) if policy else made, ADA, "first")


def ask(
    store: Store, objects: ObjectStore, base: Version, *outcomes: str, branch: str = "pbmc", author: Author = ADA,
    given: dict | None = None, **told
) -> Submission:  # fmt: skip
    made = with_objects(objects, manifest_of(objects, base), **(given or {"study__new": b"new"}))
    return propose(
        store, objects, branch=branch, base=base, manifest=made, report=report(base, *outcomes, **told), author=author,
        verified=True, message="six mice",
    )  # fmt: skip


def say(store: Store, objects: ObjectStore, number: int, who: Author, *, accept: bool = True, **given) -> Submission:
    return review(
        store, objects, number, reviewer=who, verified=False, accept=accept, **{"why": f"{who.name} looked", **given}
    )


def refused(code: str, work, *given, **more) -> KgError:
    with pytest.raises(KgError) as told:
        work(*given, **more)
    assert told.value.code == code
    return told.value


def test_what_is_submitted_is_read_again(store: Store, objects: ObjectStore) -> None:
    write_nodes(store, "Dataset", [{"id": DATASET, "title": "PBMC"}], source="dataset/kang", run="r")
    base = first(store, objects)
    made = ask(store, objects, base, "passed", studies=("kang",))
    assert (made.number, made.status, made.open, made.place) == (1, "passed", True, "pbmc")
    assert (made.author, made.orcid, made.verified, made.message) == ("Ada", ORCID, True, "six mice")
    assert (made.donors, made.cells, made.datasets) == (6, 900, (DATASET,))
    assert ask(store, objects, base, "passed", studies=("kang",)) == made, "submitted again it is the same"
    assert report_of(objects, made) == report(base, "passed", studies=("kang",))
    other = ask(store, objects, base, "underpowered", author=BOB)
    assert (other.number, other.status) == (2, "underpowered")
    assert ask(store, objects, base, "failed", given={"study__x": b"x"}).status == "failed"
    assert [each.number for each in submissions(store)] == [1, 2, 3]
    assert submissions(store, "pbmc", "underpowered") == [other]
    assert len(submissions(store, "PBMC", "open")) == 3
    edges = """MATCH (s:Submission)-[:PROPOSED_FOR]->(v:AtlasVersion) OPTIONAL MATCH (s)-[:CONTAINS]->(d:Dataset)
      RETURN s.number AS s, v.id AS v, d.id AS d ORDER BY s"""
    assert [(e["s"], e["v"], e["d"]) for e in store.read(edges)] == [
        (1, base.id, DATASET),
        (2, base.id, None),
        (3, base.id, None),
    ]
    relink(store)
    assert len(store.read(edges)) == 3
    assert list(findings(store, objects)) == []
    assert resolve(store, "pbmc") == base, "nothing is merged before it is reviewed"


def test_what_cannot_be_submitted(store: Store, objects: ObjectStore) -> None:
    base = first(store, objects)
    refused("NOTHING_NEW", ask, store, objects, base, given={"study__kang": b"a study"})
    refused("MANIFEST", ask, store, objects, base, atlas="brain")
    refused("UNKNOWN_TERM", ask, store, objects, base, branch="pbmc/none")
    refused("UNKNOWN_TERM", submissions, store, "brains")
    refused("UNKNOWN_TERM", submissions, store, "pbmc", "done")
    refused("UNKNOWN_TERM", submission, store, 1)
    assert submissions(store) == []


def test_one_reviewer_accepts_what_passed(store: Store, objects: ObjectStore) -> None:
    base = first(store, objects)
    made = ask(store, objects, base)
    assert refused("ARGUMENT", say, store, objects, 1, BOB, why=" ").code == "ARGUMENT"
    refused("ARGUMENT", say, store, objects, 1, BOB, override=["G1"])
    refused("OWN_SUBMISSION", say, store, objects, 1, Author("ada"))
    refused("OWN_SUBMISSION", say, store, objects, 1, Author("A. Lovelace", ORCID))
    refused("UNKNOWN_TERM", say, store, objects, 2, BOB)
    assert submission(store, 1) == made, "nothing of that is written"
    done = say(store, objects, 1, BOB)
    head = resolve(store, "pbmc")
    assert (done.status, done.version, head.content_id) == ("accepted", head.id, made.content)
    assert (head.author, head.orcid, head.message, head.submission) == ("Ada", ORCID, "six mice", 1)
    assert (head.parents, head.caveats) == ((base.id,), ())
    (said,) = done.reviews
    assert (said.reviewer, said.decision, said.own, said.verified, said.override) == ("Bob", "accept", False, False, ())
    assert say(store, objects, 1, BOB) == done, "said again it is said once"
    for who, accept in ((CAROL, True), (CAROL, False), (BOB, False)):
        told = refused("CLOSED_SUBMISSION", say, store, objects, 1, who, accept=accept)
        assert "accepted by Bob" in str(told)
    edge = "MATCH (v:AtlasVersion)-[:MERGED_FROM]->(s:Submission)<-[:REVIEWS]-(r:Review) RETURN v.id AS v, r.who AS who"
    assert store.read(edge) == [{"v": head.id, "who": "Bob"}]
    assert list(findings(store, objects)) == []


def test_refused_or_withdrawn(store: Store, objects: ObjectStore) -> None:
    base = first(store, objects)
    ask(store, objects, base, "failed")
    ask(store, objects, base, "passed", given={"study__x": b"x"})
    assert say(store, objects, 1, BOB, accept=False).status == "refused"
    assert say(store, objects, 2, ADA, accept=False).status == "withdrawn"
    refused("CLOSED_SUBMISSION", say, store, objects, 2, BOB)
    assert [each.status for each in submissions(store)] == ["refused", "withdrawn"]
    assert ask(store, objects, base, "passed", given={"study__x": b"x"}).number == 3, "a closed one may be asked again"
    assert resolve(store, "pbmc") == base


def test_a_gate_is_overridden_by_two(store: Store, objects: ObjectStore) -> None:
    base = first(store, objects)
    ask(store, objects, base, "failed", "passed", "failed")
    told = refused("GATES_FAILED", say, store, objects, 1, BOB)
    assert "G1" in str(told)
    assert "G3" in str(told)
    refused("GATES_FAILED", say, store, objects, 1, BOB, override=["G1"])
    refused("ARGUMENT", say, store, objects, 1, BOB, override=["G1", "G2", "G3"])
    pending = say(store, objects, 1, BOB, override=["G1", "G3"], why="stained by hand")
    assert (pending.status, pending.reviews[0].override) == ("failed", ("G1", "G3"))
    refused("REVIEWED", say, store, objects, 1, BOB, override=["G1", "G3"], why="and again")
    refused("OWN_SUBMISSION", say, store, objects, 1, ADA)
    assert resolve(store, "pbmc") == base
    assert say(store, objects, 1, CAROL).status == "accepted"
    (caveat,) = resolve(store, "pbmc").caveats
    assert caveat == "submission 1: Bob overrode G1, G3: stained by hand"
    new = ask(store, objects, resolve(store, "pbmc"), given={"study__x": b"x"})
    say(store, objects, new.number, BOB)
    assert resolve(store, "pbmc").caveats == (caveat,), "what rests on it says so too"


def test_too_few_donors_are_accepted_by_two_and_provisional(store: Store, objects: ObjectStore) -> None:
    base = first(store, objects)
    kind = NewType("orthokg:type/1", "B cell 2", "CL:0000236", (Marker("CD19", 2.0, 3),), 90, 3, "single-study")
    ask(store, objects, base, "underpowered", new_types=(kind,))
    assert say(store, objects, 1, BOB).open
    assert say(store, objects, 1, CAROL).status == "accepted"
    head = resolve(store, "pbmc")
    assert head.caveats == (
        "submission 1 had too few donors for G1 to judge it",
        "submission 1: the type B cell 2 [orthokg:type/1] is provisional (single-study)",
    )
    confirmed = NewType(kind.id, kind.label, kind.parent_cl, kind.markers, 200, 9, "confirmed")
    new = ask(store, objects, head, given={"study__x": b"x"}, new_types=(confirmed,))
    say(store, objects, new.number, BOB)
    assert resolve(store, "pbmc").caveats == head.caveats[:1], "another study has confirmed it"


def test_a_lab_of_one(store: Store, objects: ObjectStore) -> None:
    base = first(store, objects, OWN)
    ask(store, objects, base)
    ask(store, objects, base, given={"policy": b"{}", "study__y": b"y"})
    done = say(store, objects, 1, ADA)
    assert (done.status, done.reviews[0].own) == ("accepted", True)
    assert resolve(store, "pbmc").caveats == ("submission 1 was reviewed by its author, Ada",)
    ask(store, objects, resolve(store, "pbmc"), "failed", given={"study__z": b"z"})
    assert say(store, objects, 3, ADA, override=["G1"]).open, "an override needs somebody else"
    assert say(store, objects, 3, BOB).status == "accepted"


def test_a_submission_does_not_change_its_own_policy(store: Store, objects: ObjectStore) -> None:
    ask(store, objects, first(store, objects), given={"policy": OWN})
    refused("OWN_SUBMISSION", say, store, objects, 1, ADA)


def test_two_submissions_of_one_base(store: Store, objects: ObjectStore) -> None:
    base = first(store, objects)
    sides = {"a": {"study__a": b"a"}, "b": {"study__b": b"b"}, "clash": {"study__a": b"A"}, "fit": {"embedding": b"e"}}
    numbers = {name: ask(store, objects, base, given=given).number for name, given in sides.items()}
    say(store, objects, numbers["a"], BOB)
    assert say(store, objects, numbers["b"], BOB).status == "accepted"
    head = resolve(store, "pbmc")
    assert set(manifest_of(objects, head).named("study")) == {"kang", "a", "b"}
    conflict = refused("CONFLICT", say, store, objects, numbers["clash"], BOB)
    assert f"submission {numbers['clash']} (Ada: six mice)" in str(conflict)
    refit = refused("NEEDS_REFIT", say, store, objects, numbers["fit"], BOB)
    assert f"against {head.short}: orthokg atlas submit pbmc" in str(refit)
    assert [each.status for each in submissions(store, "pbmc", "open")] == ["passed", "passed"]
    assert resolve(store, "pbmc") == head
    cutting.cut(store, objects, base.id, "other", BOB)
    numbers = {name: ask(store, objects, base, branch="pbmc/other", given=sides[name]).number for name in ("a", "b")}
    for name in ("b", "a"):
        say(store, objects, numbers[name], BOB)
    assert resolve(store, "pbmc/other").content_id == head.content_id, "in any order the same content"
    assert resolve(store, "pbmc") == head


def test_fifty_at_once(store: Store, objects: ObjectStore) -> None:
    """None is lost and none doubled, though some are submitted twice; and of two curators who accept all of them, each
    submission is merged once."""
    base = first(store, objects)
    ensure_schema(store)
    failures: list[BaseException] = []

    def together(work, count: int) -> None:
        ready = threading.Barrier(count)

        def one(at: int) -> None:
            ready.wait()
            try:
                work(at)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=one, args=(at,)) for at in range(count)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    together(lambda at: ask(store, objects, base, given={f"study__s{at % 50}": b"%d" % (at % 50)}), 60)
    assert failures == []
    made = submissions(store)
    assert [each.number for each in made] == list(range(1, 51))
    assert len({each.content for each in made}) == 50
    few = [each.number for each in made[:5]]
    together(lambda at: say(store, objects, few[at // 2], (BOB, CAROL)[at % 2]), 10)
    assert {each.code for each in failures} <= {"CLOSED_SUBMISSION"}  # type: ignore[attr-defined]
    line = history(store, "pbmc")
    assert sorted(each.submission for each in line) == [0, *few]
    assert [each.parent for each in line] == [*(each.id for each in line[1:]), ""]
    assert len(manifest_of(objects, line[0]).named("study")) == 6
    said = store.read("MATCH (r:Review)-[:REVIEWS]->(s:Submission) RETURN s.number AS n")
    assert sorted(each["n"] for each in said) == few
    assert [each for each in findings(store, objects) if each.due != "nothing"] == []


def test_killed_anywhere_it_is_asked_again(
    neo4j_store: Store, neo4j_settings: dict[str, str], objects: ObjectStore
) -> None:
    first(neo4j_store, objects)
    code = """
import sys
from pathlib import Path
from kg.atlas.objects import ObjectStore
from kg.atlas.review import review
from kg.atlas.submissions import propose
from kg.atlas.version import Author
from kg.atlas.versions import manifest_of, resolve
from kg.store.driver import open_store
from tests.kg.atlas_parts import report, with_objects
objects = ObjectStore(Path(sys.argv[1]))
with open_store("neo4j") as store:
    for number in range(1000):
        base = resolve(store, "pbmc")
        made = with_objects(objects, manifest_of(objects, base), study__new=f"after {base.id}".encode())
        asked = propose(store, objects, branch="pbmc", base=base, manifest=made, report=report(base),
                        author=Author("Ada"), verified=False, message="more")
        print("asked", asked.number, flush=True)
        review(store, objects, asked.number, reviewer=Author("Bob"), verified=False, accept=True, why="fine")
        print("done", asked.number, flush=True)
"""
    said: list[str] = []
    for seconds in (0.0, 0.02, 0.05):
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
        said += writer.stdout.read().splitlines()
        assert writer.wait() == -signal.SIGKILL
        made, line = submissions(neo4j_store), history(neo4j_store, "pbmc")
        assert [each.number for each in made] == list(range(1, len(made) + 1))
        assert {int(text.split()[1]) for text in said if text.startswith("done ")} <= {
            each.number for each in made if each.status == "accepted"
        }
        assert [each.submission for each in line[:-1]] == [each.number for each in made[::-1] if each.version]
        assert all(len(each.reviews) == 1 for each in made if each.version)
        assert [each for each in findings(neo4j_store, objects) if each.due != "nothing"] == []
    left = submissions(neo4j_store, "pbmc", "open")
    for each in left:
        assert say(neo4j_store, objects, each.number, BOB).status == "accepted"


def test_what_keeps_atlases_knows_submissions(
    embedded_store: Store, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = ObjectStore(served / "atlas", own=True)
    base = first(embedded_store, objects)
    kept = ask(embedded_store, objects, base)
    gone = ask(embedded_store, objects, base, "failed", given={"study__x": b"refused"})
    say(embedded_store, objects, gone.number, BOB, accept=False)
    cutting.cut(embedded_store, objects, "pbmc", "trial", BOB)
    cutting.tagged(embedded_store, "pbmc", "v1", "", BOB)
    (more,) = {each.found for each in findings(embedded_store, objects)}
    assert more == "an object that no version names"
    asked = CliRunner()
    asked.invoke(main, ["atlas", "sweep", "--days", "0"])
    assert list(findings(embedded_store, objects)) == []
    assert report_of(objects, gone).failed == ("G1",), "why it was refused stays"
    assert objects.has(kept.content)
    backup(embedded_store, served, tmp_path / "backups")
    repository = Repository.open(tmp_path / "backups")
    restore(repository, repository.manifest(), tmp_path / "backups", tmp_path / "second", "embedded")
    there = ObjectStore(tmp_path / "second" / "atlas", own=True)
    with open_store("embedded", home_folder=tmp_path / "second") as store:
        assert submissions(store) == submissions(embedded_store)
        assert report_of(there, submission(store, 1)) == report_of(objects, kept)
        assert resolve(store, "pbmc/trial") == resolve(store, "pbmc@v1") == base
        assert list(findings(store, there)) == []
        assert say(store, there, 1, BOB).status == "accepted"
    path = objects.file(kept.report)
    assert path is not None
    path.unlink()
    (told,) = findings(embedded_store, objects)
    assert (told.found, told.due) == ("nothing", "the report of submission 1")
    embedded_store.write("MATCH (b:AtlasBranch) SET b.head = 'none'")
    embedded_store.write("MATCH (s:Submission) SET s.base = 'none'")
    assert {each.where for each in findings(embedded_store, objects)} >= {"branch pbmc/trial", "submission 1"}
    monkeypatch.undo()


def test_the_command_line(
    neo4j_store: Store, neo4j_settings: dict[str, str], objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(objects.place.root)  # type: ignore[attr-defined]
    for name, value in {**neo4j_settings, "ORTHOKG_ATLAS": place}.items():
        monkeypatch.setenv(name, value)
    base = first(neo4j_store, objects)
    asked = CliRunner()

    def run(*words: str, code: int = 0) -> str:
        made = asked.invoke(main, ["atlas", *words])
        assert made.exit_code == code, made.output
        return made.output if code else made.stdout

    assert "no submission" in run("submissions")
    ask(neo4j_store, objects, base, "failed", "passed")
    assert [(e["number"], e["status"]) for e in json.loads(run("submissions", "pbmc", "--format", "json"))] == [
        (1, "failed")
    ]
    shown = run("submission", "1")
    for text in (
        "submission 1 to pbmc: failed", f"Ada ({ORCID})", "G1 resolution: failed: it failed", "look at the labels",
        "G2 resolution: passed", "B cell  -0.03  -0.02  0.91  0.88   -0.04    -0.01  stops it; donors held out",
        "2 reviewers to accept it", "megakaryocyte",
    ):  # fmt: skip
        assert text in shown, shown
    told = json.loads(run("submission", "1", "--format", "json"))
    assert told["report"]["gates"][0]["lines"][0]["old"] == 0.91
    monkeypatch.setenv("ORTHOKG_CURATOR", "Bob")
    assert "override G1" in run("review", "1", "--accept", "--why", "fine", code=1)
    assert (
        run("review", "1", "--accept", "--why", "fine", "--override", "G1")
        == "submission 1: 1 more reviewer to accept it\n"
    )
    run("review", "1", "--why", "fine", code=2)
    done = run("review", "1", "--accept", "--why", "so say I", "--who", "Carol")
    head = resolve(neo4j_store, "pbmc")
    assert done == f"submission 1 is accepted: {head.short}\n"
    assert "Bob overrode G1: fine" in run("show", "pbmc")
    assert "accept by Bob (unverified), overrides G1" in run("submission", "1")
    assert "submission 1" in run("log", "pbmc")
    assert "not known" in run("submission", "9", code=1)
