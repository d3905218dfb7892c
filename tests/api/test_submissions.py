"""Branches, submissions and reviews by GraphQL, on both stores: who may say what, and what is shown of it."""

import pytest

from api.access.auth import Tokens, new_token
from api.graphql.node import global_id
from kg.atlas import branches as cutting
from kg.atlas.again import renew
from kg.atlas.commit import commit
from kg.atlas.lines import merge
from kg.atlas.objects import ObjectStore
from kg.atlas.submissions import propose, submission
from kg.atlas.version import Author, Version
from kg.atlas.versions import manifest_of, resolve
from tests.api.ask import data, error
from tests.kg.atlas_parts import ORCID, manifest, report, with_objects

pytestmark = pytest.mark.graph
SUBMISSION = """number atlas branch status author orcid verified message donors cells reviewersDue closed
  base { curie } version { curie submission { number } caveats }
  reviews { reviewer verified decision why own override }
  report { base atlas studies donors cells affected untouched flips notes
    gates { id name outcome reason fix lines { of value limit old new lowest highest note stops } }
    newTypes { id label parentCl cells donors standing markers { gene effect donors } } }"""
ASK = f"query($number: Int!) {{ submission(number: $number) {{ {SUBMISSION} }} }}"
SAY = f"""mutation($number: Int!, $accept: Boolean!, $why: String!, $override: [String!]) {{
  reviewSubmission(number: $number, accept: $accept, why: $why, override: $override) {{ {SUBMISSION} }} }}"""


@pytest.fixture
def base(any_graph) -> Version:
    objects = ObjectStore(any_graph.signatures.parent / "atlas")
    return commit(any_graph.store, objects, manifest(objects), Author("Ada", ORCID), "the first")


@pytest.fixture
def curators(any_graph, base):
    """A client for each token: bob and carol may curate, eve may only read."""
    made = [
        (name, *new_token(name, frozenset(scopes), None))
        for name, scopes in (("bob", ("read", "curate")), ("carol", ("read", "curate")), ("eve", ("read",)))
    ]
    tokens = Tokens(tuple(entry for _, _, entry in made))
    clients = {}
    for name, token, _ in made:
        clients[name] = any_graph.client(tokens=tokens)
        clients[name].headers["authorization"] = f"Bearer {token}"
    return clients


def ask(graph, base: Version, *outcomes: str, **given) -> int:
    objects = ObjectStore(graph.signatures.parent / "atlas")
    made = with_objects(objects, manifest_of(objects, base), **(given or {"study__new": b"new"}))
    return propose(
        graph.store, objects, branch="pbmc", base=base, manifest=made, report=report(base, *outcomes),
        author=Author("Ada", ORCID), verified=False, message="six mice",
    ).number  # fmt: skip


def test_a_submission_is_shown_with_each_gate_and_reviewed_by_token(any_graph, curators, base):
    number = ask(any_graph, base, "failed", "not applicable")
    found = data(curators["eve"], ASK, number=number)["submission"]
    assert (found["number"], found["status"], found["branch"], found["reviewersDue"]) == (1, "failed", "main", 2)
    assert (found["author"], found["orcid"], found["verified"]) == ("Ada", ORCID, False)
    assert (found["base"], found["version"], found["reviews"]) == ({"curie": base.id}, None, [])
    gate, other = found["report"]["gates"]
    assert (gate["id"], gate["outcome"], other["outcome"]) == ("G1", "failed", "not_applicable")
    assert gate["lines"] == [
        {
            "of": "B cell", "value": -0.03, "limit": -0.02, "old": 0.91, "new": 0.88, "lowest": -0.04,
            "highest": -0.01, "note": "donors held out", "stops": True,
        }
    ]  # fmt: skip
    for who, more, code in (
        ("eve", {}, "FORBIDDEN"), ("bob", {}, "GATES_FAILED"), ("bob", {"why": " "}, "ARGUMENT"),
        ("bob", {"override": ["G7"]}, "ARGUMENT"), ("bob", {"number": 9}, "UNKNOWN_TERM"),
    ):  # fmt: skip
        told = error(curators[who], SAY, **{"number": number, "accept": True, "why": "fine", **more})
        assert told["extensions"]["code"] == code, (who, more)
    first = data(curators["bob"], SAY, number=number, accept=True, why="stained", override=["G1"])["reviewSubmission"]
    assert (first["status"], first["reviewersDue"]) == ("failed", 1)
    done = data(curators["carol"], SAY, number=number, accept=True, why="so say I")["reviewSubmission"]
    assert done["status"] == "accepted"
    assert [(each["reviewer"], each["verified"], each["override"]) for each in done["reviews"]] == [
        ("bob", True, ["G1"]), ("carol", True, []),
    ]  # fmt: skip
    head = resolve(any_graph.store, "pbmc")
    assert done["version"] == {
        "curie": head.id, "submission": {"number": 1}, "caveats": ["submission 1: bob overrode G1: stained"],
    }  # fmt: skip
    told = error(curators["carol"], SAY, number=number, accept=False, why="no")
    assert told["extensions"]["code"] == "CLOSED_SUBMISSION"


def test_one_without_a_name_reviews_nothing(any_graph, base):
    number = ask(any_graph, base)
    with any_graph.client() as client:
        told = error(client, SAY, number=number, accept=True, why="fine")
        assert (told["extensions"]["code"], "orthokg atlas review" in told["message"]) == ("UNAUTHENTICATED", True)


def test_submissions_are_listed(any_graph, base):
    for name in ("a", "b", "c"):
        ask(any_graph, base, "passed" if name == "a" else "underpowered", **{f"study__{name}": b"x"})
    listed = """query($atlas: String, $status: SubmissionStatus) {
      submissions(atlas: $atlas, status: $status) { totalCount nodes { number curie id } } }"""
    with any_graph.client() as client:
        found = data(client, listed)["submissions"]
        assert [each["number"] for each in found["nodes"]] == [3, 2, 1]
        assert data(client, listed, atlas="pbmc", status="passed")["submissions"]["totalCount"] == 1
        assert data(client, listed, atlas="brain")["submissions"]["nodes"] == []
        key = found["nodes"][2]["id"]
        assert data(client, f'{{ node(id: "{key}") {{ ... on Submission {{ message }} }} }}')["node"] == {
            "message": "six mice"
        }


def test_history_is_a_graph_and_versions_are_compared(any_graph, base):
    objects = ObjectStore(any_graph.signatures.parent / "atlas")
    view = cutting.cut(any_graph.store, objects, "pbmc", "b-cells", Author("Bob"), chosen={"type": ["B cell"]})
    cutting.cut(any_graph.store, objects, "pbmc", "trial", Author("Bob"))
    grown = commit(
        any_graph.store, objects, with_objects(objects, manifest(objects, cells=1300), study__b=b"b"), Author("Ada"),
        "grown", parent=base.id, branch="trial",
    )  # fmt: skip
    head = merge(any_graph.store, objects, "pbmc/trial", "pbmc", Author("Bob"), "take it up")
    cutting.tagged(any_graph.store, "pbmc", "v1", "", Author("Bob"))
    asked = """{ atlas(curie: "pbmc") {
      branches { nodes { label kind author filter { by values } head { curie } base { curie } atlas { label } } }
      versions { nodes { curie branch caveats parents { nodes { curie } } parent { curie }
        tags { nodes { label version { curie } } } branches { nodes { label } } } } } }"""
    with any_graph.client() as client:
        found = data(client, asked)["atlas"]
        assert [(each["label"], each["kind"], each["head"]["curie"]) for each in found["branches"]["nodes"]] == [
            ("pbmc/b-cells", "view", base.id), ("pbmc/trial", "line", grown.id),
        ]  # fmt: skip
        assert found["branches"]["nodes"][0]["filter"] == [{"by": "type", "values": ["B cell"]}]
        versions = {each["curie"]: each for each in found["versions"]["nodes"]}
        assert list(versions) == [base.id, grown.id, head.id]
        assert [each["branch"] for each in versions.values()] == ["main", "trial", "main"]
        assert {each["curie"] for each in versions[head.id]["parents"]["nodes"]} == {base.id, grown.id}
        assert (versions[head.id]["parent"], versions[base.id]["parent"]) == ({"curie": base.id}, None)
        assert versions[head.id]["tags"]["nodes"] == [{"label": "pbmc@v1", "version": {"curie": head.id}}]
        assert [each["label"] for each in versions[base.id]["branches"]["nodes"]] == ["pbmc/b-cells"]
        asked = """query($old: String!, $new: String!) { atlasDiff(old: $old, new: $new) {
          same old { curie } new { curie } objects { key old new }
          numbers { of label what old new } words { of old new } } }"""
        found = data(client, asked, old=base.id, new="pbmc@v1")["atlasDiff"]
        assert (found["same"], found["old"]["curie"], found["new"]["curie"]) == (False, base.id, head.id)
        study = manifest_of(objects, head).objects["study/b"].sha256
        assert [each for each in found["objects"] if each["key"] == "study/b"] == [
            {"key": "study/b", "old": None, "new": study}
        ]
        assert found["numbers"] == [{"of": "all", "label": "", "what": "cells", "old": 1200, "new": 1300}]
        assert data(client, asked, old="pbmc/trial", new="pbmc")["atlasDiff"]["same"]
        assert error(client, asked, old="pbmc/none", new="pbmc")["extensions"]["code"] == "UNKNOWN_TERM"
        asked = f'{{ node(id: "{global_id("AtlasBranch", view.id)}") {{ ... on AtlasBranch {{ label }} }} }}'
        assert data(client, asked)["node"] == {"label": "pbmc/b-cells"}


def test_what_was_checked_again_keeps_its_reports(any_graph, curators, base):
    number = ask(any_graph, base, "failed")
    data(curators["bob"], SAY, number=number, accept=True, why="stained", override=["G1"])
    objects, found = ObjectStore(any_graph.signatures.parent / "atlas"), submission(any_graph.store, number)
    made = with_objects(objects, manifest_of(objects, base), study__new=b"new")
    renew(any_graph.store, objects, found, base=base, manifest=made, report=report(base, "underpowered"))
    asked = """query($number: Int!) { submission(number: $number) { status reviewersDue rechecked reviews { when }
      report { gates { outcome } } earlierReports { base gates { outcome } } } }"""
    told = data(curators["eve"], asked, number=number)["submission"]
    assert (told["status"], told["reviewersDue"]) == ("underpowered", 2), "a review of the earlier check counts no more"
    assert told["report"]["gates"] == [{"outcome": "underpowered"}]
    assert told["earlierReports"] == [{"base": base.id, "gates": [{"outcome": "failed"}]}]
    assert told["reviews"][0]["when"] < told["rechecked"][0]
    any_graph.store.write("MATCH (s:Submission) REMOVE s.rechecked, s.earlier")
    told = data(curators["eve"], asked, number=number)["submission"]
    assert (told["rechecked"], told["earlierReports"]) == ([], [])
