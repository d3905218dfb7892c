"""What curators say, on both stores: reviewed by another, kept beside what was computed, through every load."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from kg.ask.questions import match_answer
from kg.cli import render
from kg.cli.main import main
from kg.curate.curation import curations, curations_of, propose, relink, review
from kg.errors import ContractError, KgError, UnknownTermError
from kg.jobs.worker import Worker
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.write import cleanup, ensure_schema, write_edges, write_nodes
from kg.stored.write import write_matches
from tests.api.conftest import AD, GENES, OWNER, graph_records, write_small
from tests.graph.dump import dump

pytestmark = pytest.mark.graph
MATCH, MOUSE_GENE = "orthokg:match/ad", "ENSEMBL:ENSMUSG00000000001"


@pytest.fixture
def small(store: Store, tmp_path: Path) -> Store:
    write_small(store, graph_records(SignatureStore(tmp_path / "signatures").version))
    write_nodes(store, "Gene", [{"id": MOUSE_GENE, "symbol": "G0", "in_taxon": "NCBITaxon:10090"}], **OWNER)
    row = {"subject": GENES[0], "object": MOUSE_GENE, "cardinality": "one2one", "confidence": 1.0}
    write_edges(store, "ORTHOLOG_OF", "Gene", "Gene", [row], **OWNER)
    return store


def computed(store: Store) -> tuple[list[str], list[str]]:
    """The graph without what curators said."""
    nodes, edges = dump(store)
    said = ("Curation", "Review", "WriteLock")
    return (
        [n for n in nodes if json.loads(n)[0][0] not in said],
        [e for e in edges if json.loads(e)[1] not in ("ABOUT", "REVIEWS", "SUPERSEDES")],
    )


def test_a_proposal_is_reviewed_by_another(small: Store) -> None:
    before = computed(small)
    made = propose(small, about=(MATCH,), verdict="accept", why="seen in our own mice", who="ada", release="r1")
    assert (made.state, made.status, made.kind, made.release) == ("proposed", "SUPPORTED", "match", "r1")
    for own in ("ada", " ADA "):
        with pytest.raises(KgError, match="somebody else") as caught:
            review(small, made.id, accept=True, who=own)
        assert caught.value.code == "OWN_CURATION"
    assert curations(small) == [made]
    done = review(small, made.id, accept=True, who="bob", why="agreed")
    assert (done.state, done.reviewer, done.review_why) == ("accepted", "bob", "agreed")
    assert replace(done, state="proposed", reviewer="", reviewed="", review_why="") == made
    with pytest.raises(KgError, match="accepted by bob") as caught:
        review(small, made.id, accept=False, who="eve")
    assert caught.value.code == "REVIEWED"
    assert curations(small) == [done]
    assert computed(small) == before
    about = small.read(
        "MATCH (r:Review)-[:REVIEWS]->(c:Curation)-[a:ABOUT]->(k:Match) RETURN k.id AS id, a.role AS role"
    )
    assert about == [{"id": MATCH, "role": "match"}]


def test_a_declined_proposal_is_kept(small: Store) -> None:
    made = propose(small, about=(MATCH,), verdict="reject", why="gliosis", who="ada")
    assert review(small, made.id, accept=False, who="bob").state == "declined"
    assert [each.verdict for each in curations(small)] == ["reject"]


def test_a_later_one_supersedes_once_it_is_accepted(small: Store) -> None:
    first = propose(small, about=(MATCH,), verdict="accept", why="first", who="ada")
    review(small, first.id, accept=True, who="bob")
    second = propose(small, about=(MATCH,), verdict="reject", why="second", who="eve", supersedes=first.id)
    assert [each.state for each in curations(small)] == ["accepted", "proposed"]
    review(small, second.id, accept=True, who="ada")
    found = {each.id: each for each in curations(small)}
    assert (found[first.id].state, found[first.id].superseded_by) == ("superseded", second.id)
    assert found[second.id].state == "accepted"
    assert small.read("MATCH (:Curation)-[r:SUPERSEDES]->(c) RETURN c.id AS id") == [{"id": first.id}]


@pytest.mark.parametrize("ends", [(GENES[0], MOUSE_GENE), (MOUSE_GENE, GENES[0])])
def test_an_ortholog_pair(small: Store, ends: tuple[str, str]) -> None:
    before = computed(small)
    made = propose(small, about=ends, verdict="reject", why="a retrogene", who="ada")
    assert (made.kind, made.about) == ("ortholog", f"{GENES[0]} ORTHOLOG_OF {MOUSE_GENE}")
    ends_of = small.read("MATCH (:Curation)-[a:ABOUT]->(g:Gene) RETURN a.role AS role, g.id AS id ORDER BY role")
    assert ends_of == [{"role": "object", "id": MOUSE_GENE}, {"role": "subject", "id": GENES[0]}]
    assert computed(small) == before


def test_a_term_mapping(small: Store) -> None:
    made = propose(small, about=("orthokg:model/tau", AD), verdict="comment", why="a tauopathy", who="ada")
    assert (made.kind, made.predicate) == ("term mapping", "MODELS")


def test_a_load_leaves_it_and_it_says_what_it_was_made_for(small: Store, tmp_path: Path) -> None:
    made = propose(small, about=(MATCH,), verdict="accept", why="seen", who="ada")
    records = graph_records("data-two")
    changed = [replace(records[0], status="NONSPECIFIC"), records[1]]
    write_matches(small, changed, source=OWNER["source"], run="orthokg:run/two")
    (found,) = curations(small)
    assert (
        found.note
        == f"made for data {made.data_version}, where the verdict was SUPPORTED; in data data-two it is NONSPECIFIC"
    )
    cleanup(small, source=OWNER["source"], run="orthokg:run/three")
    assert small.read("MATCH (k:Match) RETURN count(k) AS n") == [{"n": 0}]
    (found,) = curations(small)
    assert found.note.endswith("the match is no longer stored")
    assert found.why == "seen"
    write_small(small, graph_records("data-two"))
    relink(small)
    (found,) = curations(small)
    assert found.note.endswith("as it is in data data-two")
    assert small.read("MATCH (:Curation)-[:ABOUT]->(k:Match) RETURN k.id AS id") == [{"id": MATCH}]
    cleanup(small, source="curation", run="orthokg:run/other")
    assert len(curations(small)) == 1


def test_it_stands_in_every_answer(small: Store, tmp_path: Path) -> None:
    signatures = SignatureStore(tmp_path / "signatures")
    plain = match_answer(small, signatures, model="TauMouse", disease=AD)
    made = propose(small, about=(MATCH,), verdict="accept", why="seen | in\tmice", who="ada")
    review(small, made.id, accept=True, who="bob")
    said = curations_of(small, [MATCH])[MATCH]
    answer = match_answer(small, signatures, model="TauMouse", disease=AD)
    assert [r.curations for r in answer.matches] == [said, ()]
    assert [replace(r, curations=()) for r in answer.matches] == list(plain.matches)
    assert answer.to_json()["matches"][0]["curations"][0]["why"] == "seen | in\tmice"
    assert "accept by ada" in render.tsv(answer).splitlines()[1]
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    render.table(answer, console)
    assert "curated: accept by ada" in console.export_text()


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({"why": "  "}, ["why"]),
        ({"why": "x" * 2001, "who": "", "verdict": "maybe"}, ["why", "who", "verdict"]),
        ({"about": ("a", "b", "c")}, ["about"]),
    ],
)
def test_all_that_is_wrong_is_told(embedded_store: Store, given: dict, paths: list[str]) -> None:
    with pytest.raises(ContractError) as caught:
        propose(embedded_store, **{"about": (MATCH,), "verdict": "accept", "why": "x", "who": "ada", **given})
    assert [issue.path for issue in caught.value.issues] == paths
    assert curations(embedded_store) == []


def test_what_is_not_there_cannot_be_curated(small: Store) -> None:
    for about in (("orthokg:match/none",), (GENES[0], GENES[1])):
        with pytest.raises(UnknownTermError):
            propose(small, about=about, verdict="accept", why="x", who="ada")
    made = propose(small, about=(MATCH,), verdict="accept", why="x", who="ada")
    with pytest.raises(UnknownTermError):
        review(small, "orthokg:curation/none", accept=True, who="bob")
    with pytest.raises(ContractError, match="supersedes"):
        propose(small, about=(GENES[0], MOUSE_GENE), verdict="accept", why="x", who="ada", supersedes=made.id)


def test_the_command() -> None:
    with open_store("embedded") as store:
        ensure_schema(store)
        write_small(store, graph_records("v"))

    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["curate", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    made = run("propose", MATCH, "--accept", "--why", "seen", "--who", "ada").splitlines()
    assert made[1].startswith("proposed: accept by ada on ")
    assert run("review", made[0], "--accept", "--who", "bob").startswith("curated: accept by ada on ")
    (said,) = json.loads(run("list", "--format", "json"))
    assert (said["id"], said["state"], said["reviewer"]) == (made[0], "accepted", "bob")
    refused = CliRunner().invoke(main, ["curate", "review", made[0], "--reject", "--who", "ada"])
    assert refused.exit_code == 1
    assert "somebody else" in refused.stderr


def test_the_command_works_beside_a_server_that_holds_the_graph(tmp_path: Path) -> None:
    """What is written goes to the process that has the embedded store open; in it, the thread of a server's worker."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["curate", *words])

    with open_store("embedded") as store:
        ensure_schema(store)
        write_small(store, graph_records(SignatureStore(tmp_path / "signatures").version))
        worker = Worker(store, slots=0).start()
        try:
            made = run("propose", MATCH, "--accept", "--why", "seen", "--who", "ada")
            assert made.exit_code == 0, made.output
            key = made.stdout.splitlines()[0]
            own = run("review", key, "--accept", "--who", "ada")
            assert (own.exit_code, "OWN_CURATION" in own.stderr) == (1, True)
            done = run("review", key, "--accept", "--who", "bob", "--why", "agreed")
            assert "accepted by bob" in done.stdout
            none = run("propose", "orthokg:match/none", "--why", "x", "--who", "ada")
            assert (none.exit_code, "orthokg:match/none" in none.stderr) == (1, True)
            (found,) = curations(store)
            assert (found.id, found.state, found.who, found.review_why) == (key, "accepted", "ada", "agreed")
        finally:
            worker.stop()
