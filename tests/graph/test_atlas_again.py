"""An open submission is checked again where its branch stands, on both stores: what stays, and whose word counts."""

from pathlib import Path

import pytest

from kg.atlas.again import renew
from kg.atlas.commit import commit
from kg.atlas.kept import named
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.review import needs, review
from kg.atlas.submissions import Submission, propose, report_of, submission, submissions
from kg.atlas.version import Author, Version
from kg.atlas.versions import manifest_of, resolve
from kg.cli.atlas_report import submission_text
from kg.errors import KgError, UnknownTermError
from kg.integrity.verify import atlas as findings
from kg.store.driver import Store
from tests.kg.atlas_parts import manifest, report, with_objects

pytestmark = pytest.mark.graph
ADA, BOB, CAROL = Author("Ada"), Author("Bob"), Author("Carol")


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "atlas", own=True)


def ask(store: Store, objects: ObjectStore, base: Version, *outcomes: str, embedding: bytes) -> Submission:
    made = with_objects(objects, manifest_of(objects, base), study__new=b"new", embedding=embedding)
    return propose(
        store, objects, branch="pbmc", base=base, manifest=made, report=report(base, *outcomes), author=ADA,
        verified=True, message="six mice",
    )  # fmt: skip


def again(store: Store, objects: ObjectStore, found: Submission, *outcomes: str) -> Submission:
    """Against where the branch stands."""
    base = resolve(store, "pbmc")
    made = with_objects(objects, manifest_of(objects, base), study__new=b"new", embedding=b"fitted again")
    return renew(store, objects, found, base=base, manifest=made, report=report(base, *outcomes))


def accept(store: Store, objects: ObjectStore, number: int, who: Author, **more) -> Submission:
    return review(
        store, objects, number, reviewer=who, verified=False, accept=True, **{"why": f"{who.name} looked", **more}
    )


def refused(code: str, work, *given, **more) -> KgError:
    with pytest.raises(KgError) as told:
        work(*given, **more)
    assert told.value.code == code, told.value
    return told.value


def grown(store: Store, objects: ObjectStore) -> tuple[Version, Submission, Version]:
    """A submission that two have to accept, of whom Bob has, and what its branch has become since."""
    first = commit(store, objects, manifest(objects), ADA, "first")
    made = ask(store, objects, first, "underpowered", embedding=b"fitted")
    other = ask(store, objects, first, embedding=b"of another")
    made = accept(store, objects, made.number, BOB)
    assert accept(store, objects, other.number, CAROL).status == "accepted"
    return first, made, resolve(store, "pbmc")


def test_it_is_checked_against_where_the_branch_stands(store: Store, objects: ObjectStore) -> None:
    first, found, head = grown(store, objects)
    told = refused("NEEDS_REFIT", accept, store, objects, 1, CAROL)
    assert f"against {head.short}: orthokg atlas submit pbmc STUDIES --again 1" in str(told)
    made = again(store, objects, found, "underpowered", "passed")
    assert (made.number, made.base, made.status, made.author, made.message) == (
        1, head.id, "underpowered", "Ada", "six mice",
    )  # fmt: skip
    assert (made.when, len(made.rechecked), made.earlier) == (found.when, 1, (found.report,))
    assert made.rechecked[0] > found.reviews[0].when
    assert report_of(objects, made) == report_of(objects, made, 2) == report(head, "underpowered", "passed")
    assert report_of(objects, made, 1) == report(first, "underpowered"), "what was found before stays"
    for check in (0, 3):
        with pytest.raises(UnknownTermError, match="check of submission 1"):
            report_of(objects, made, check)
    edges = "MATCH (s:Submission {number: 1})-[:PROPOSED_FOR]->(v:AtlasVersion) RETURN v.id AS v"
    assert store.read(edges) == [{"v": head.id}]
    assert {found.report, made.report, made.content} <= named(store, objects).keys(), "no sweep takes them"
    assert [each for each in findings(store, objects) if each.due != "nothing"] == []
    assert resolve(store, "pbmc") == head

    assert again(store, objects, made, "underpowered", "passed") == made, "asked again nothing is written"
    assert again(store, objects, found, "underpowered", "passed") == made, "nor after an answer that was lost"
    refused("ATLAS_MOVED", again, store, objects, found, "failed")
    third = again(store, objects, made, "passed")
    assert (third.status, third.earlier) == ("passed", (found.report, made.report))
    assert [*third.rechecked] == sorted({*third.rechecked})


def test_a_review_counts_for_the_check_that_it_is_of(store: Store, objects: ObjectStore) -> None:
    _, found, _ = grown(store, objects)
    assert (needs(report_of(objects, found), found), len(found.counting)) == (1, 1)
    made = again(store, objects, found, "underpowered")
    assert (needs(report_of(objects, made), made), made.counting, len(made.reviews)) == (2, (), 1)
    text = submission_text(made, report_of(objects, made))
    assert f"checked again {made.rechecked[0]}" in text
    assert "accept by Bob (unverified, of an earlier check)" in text
    assert accept(store, objects, 1, BOB).open, "he says it of this report too"
    done = accept(store, objects, 1, CAROL)
    assert (done.status, len(done.reviews), len(done.counting)) == ("accepted", 3, 2)
    held = manifest_of(objects, resolve(store, "pbmc")).objects["embedding"]
    assert objects.read(held.sha256) == b"fitted again"
    refused("CLOSED_SUBMISSION", again, store, objects, done, "passed")
    assert submission(store, 1) == done


def test_an_override_is_of_the_report_that_it_was_given_for(store: Store, objects: ObjectStore) -> None:
    first = commit(store, objects, manifest(objects), ADA, "first")
    ask(store, objects, first, "failed", embedding=b"fitted")
    accept(store, objects, 1, BOB, override=["G1"], why="stained by hand")
    again(store, objects, submission(store, 1), "failed", "passed")
    refused("GATES_FAILED", accept, store, objects, 1, CAROL)
    assert accept(store, objects, 1, CAROL, override=["G1"], why="so it is").open
    assert accept(store, objects, 1, Author("Dan")).status == "accepted"
    assert resolve(store, "pbmc").caveats == ("submission 1: Carol overrode G1: so it is",)


def test_what_is_no_check_of_it(store: Store, objects: ObjectStore) -> None:
    _, found, head = grown(store, objects)
    known = manifest_of(objects, head)
    other: Report = report(resolve(store, found.base), "passed")
    refused("NOTHING_NEW", renew, store, objects, found, base=head, manifest=known, report=report(head))
    new = with_objects(objects, known, study__more=b"more")
    refused("MANIFEST", renew, store, objects, found, base=head, manifest=new, report=other)
    assert submission(store, 1) == found


def test_a_graph_of_before_has_checks_of_one(store: Store, objects: ObjectStore) -> None:
    _, found, _ = grown(store, objects)
    store.write("MATCH (s:Submission) REMOVE s.rechecked, s.earlier")
    assert submission(store, 1) == found
    assert again(store, objects, submissions(store)[0], "passed").earlier == (found.report,)
