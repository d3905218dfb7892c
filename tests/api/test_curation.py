"""Curation over GraphQL: who may, in whose name, and where it is shown."""

import pytest

from api.access.auth import Tokens, new_token
from kg.ask.saved import saved_queries
from kg.curate.curation import MAPPINGS, propose, review
from kg.schema.edges import EDGE_BY_TYPE
from tests.api.ask import data, error
from tests.api.conftest import GENES
from tests.api.wide import MICE

PROPOSE = """mutation($match: ID, $ends: [ID!], $verdict: CurationVerdict!, $why: String!, $supersedes: ID) {
  proposeCuration(match: $match, ends: $ends, verdict: $verdict, why: $why, supersedes: $supersedes) {
    id about kind verdict why who state status dataVersion release } }"""
REVIEW = (
    "mutation($id: ID!, $accept: Boolean!) { reviewCuration(id: $id, accept: $accept) { id state reviewer reviewed } }"
)
SHOWN = """{ matches(model: "TauMouse", disease: "MONDO:0004975") {
  nodes { curie status p curations { id state who reviewer why note } } } }"""
MATCH = "orthokg:match/ad"


@pytest.fixture
def curators(graph):
    """A client for each token: ada and bob may curate, eve may only read."""
    made = [
        (name, *new_token(name, frozenset(scopes), None))
        for name, scopes in (("ada", ("read", "curate")), ("bob", ("read", "curate")), ("eve", ("read",)))
    ]
    tokens = Tokens(tuple(entry for _, _, entry in made))
    clients = {}
    for name, token, _ in made:
        clients[name] = graph.client(tokens=tokens)
        clients[name].headers["authorization"] = f"Bearer {token}"
    return clients


def test_one_proposes_another_reviews_and_every_answer_shows_it(curators):
    before = data(curators["eve"], SHOWN)["matches"]["nodes"]
    made = data(curators["ada"], PROPOSE, match=MATCH, verdict="accept", why="seen")["proposeCuration"]
    assert (made["who"], made["state"], made["status"], made["kind"]) == ("ada", "proposed", "SUPPORTED", "match")
    assert made["release"].startswith("unreleased")
    own = error(curators["ada"], REVIEW, id=made["id"], accept=True)
    assert own["extensions"]["code"] == "OWN_CURATION"
    done = data(curators["bob"], REVIEW, id=made["id"], accept=True)["reviewCuration"]
    assert (done["state"], done["reviewer"]) == ("accepted", "bob")
    assert error(curators["bob"], REVIEW, id=made["id"], accept=False)["extensions"]["code"] == "REVIEWED"
    after = data(curators["eve"], SHOWN)["matches"]["nodes"]
    (said,) = after[0].pop("curations")
    assert said == {"id": made["id"], "state": "accepted", "who": "ada", "reviewer": "bob", "why": "seen", "note": ""}
    assert before[0].pop("curations") == []
    assert after == before, "nothing that was computed has changed"


def test_a_later_one_supersedes_in_the_page_as_it_does_in_the_list(curators, graph):
    first = data(curators["ada"], PROPOSE, match=MATCH, verdict="accept", why="first")["proposeCuration"]["id"]
    data(curators["bob"], REVIEW, id=first, accept=True)
    other = data(curators["ada"], PROPOSE, match=MATCH, verdict="comment", why="idle", supersedes=first)[
        "proposeCuration"
    ]
    second = data(curators["ada"], PROPOSE, match=MATCH, verdict="reject", why="second", supersedes=first)[
        "proposeCuration"
    ]
    data(curators["bob"], REVIEW, id=second["id"], accept=True)
    found = data(curators["eve"], SHOWN)["matches"]["nodes"][0]["curations"]
    assert {each["id"]: each["state"] for each in found} == {
        first: "superseded",
        other["id"]: "proposed",
        second["id"]: "accepted",
    }


def test_a_mapping_is_told_by_its_ends(curators):
    made = data(curators["ada"], PROPOSE, ends=["orthokg:model/tau", "MONDO:0004975"], verdict="comment", why="tau")
    assert made["proposeCuration"]["about"] == "orthokg:model/tau MODELS MONDO:0004975"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"match": "orthokg:match/none"}, "UNKNOWN_TERM"),
        ({"match": MATCH, "ends": ["a", "b"]}, "ARGUMENT"),
        ({}, "ARGUMENT"),
        ({"match": MATCH, "why": ""}, "ARGUMENT"),
        ({"ends": ["a", "b", "c"]}, "ARGUMENT"),
        ({"match": MATCH, "supersedes": "orthokg:curation/none"}, "UNKNOWN_TERM"),
    ],
)
def test_refusals(curators, graph, given, code):
    refused = error(curators["ada"], PROPOSE, **{"verdict": "accept", "why": "x", **given})
    assert refused["extensions"]["code"] == code
    assert graph.store.read("MATCH (c:Curation) RETURN count(c) AS n") == [{"n": 0}]


def test_without_the_scope_nobody_curates(curators, graph):
    asked = {"match": MATCH, "verdict": "accept", "why": "x"}
    assert error(curators["eve"], PROPOSE, **asked)["extensions"]["code"] == "FORBIDDEN"
    assert error(curators["eve"], REVIEW, id="orthokg:curation/x", accept=True)["extensions"]["code"] == "FORBIDDEN"
    assert graph.store.read("MATCH (c:Curation) RETURN count(c) AS n") == [{"n": 0}]


LIST = """query($state: CurationState, $first: Int!, $after: String) {
  curations(state: $state, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { id state who } } }"""


def test_what_waits_is_listed_by_page_and_who_asks_is_said(curators, graph):
    eve = curators["eve"]
    made = [propose(graph.store, about=(MATCH,), verdict="comment", why=f"{n}", who="ada").id for n in range(3)]
    data(curators["bob"], REVIEW, id=made[1], accept=False)
    waiting = data(eve, LIST, state="proposed", first=1)["curations"]
    assert (waiting["totalCount"], [each["id"] for each in waiting["nodes"]]) == (2, [made[2]]), "newest first"
    rest = data(eve, LIST, state="proposed", first=5, after=waiting["pageInfo"]["endCursor"])["curations"]
    assert ([each["id"] for each in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([made[0]], False)
    assert data(eve, LIST, state="declined", first=5)["curations"]["totalCount"] == 1
    assert data(eve, LIST, first=5)["curations"]["totalCount"] == 3
    place = data(eve, "{ contrasts(first: 1) { pageInfo { endCursor } } }")["contrasts"]["pageInfo"]["endCursor"]
    assert error(eve, LIST, first=5, after=place)["extensions"]["code"] == "ARGUMENT"
    told = data(curators["bob"], "{ viewer { name scopes } }")["viewer"]
    assert told == {"name": "bob", "scopes": ["curate", "read"]}


def test_nobody_curates_without_a_name(client):
    told = data(client, "{ viewer { name scopes } }")["viewer"]
    assert told == {"name": "anonymous", "scopes": ["cypher", "jobs", "read"]}
    refused = error(client, PROPOSE, match=MATCH, verdict="accept", why="x")
    assert refused["extensions"]["code"] == "UNAUTHENTICATED"
    assert "orthokg curate" in refused["message"]


def test_saved_queries(client):
    found = data(client, "{ savedQueries { name title question cypher parameters { name example description } } }")[
        "savedQueries"
    ]
    assert [each["name"] for each in found] == [each.name for each in saved_queries()]
    one = next(each for each in found if each["name"] == "verdicts-of-a-model")
    assert one["parameters"] == [{"name": "model", "example": "rTg4510", "description": "name of a disease model"}]
    rows = client.post("/cypher", json={"query": one["cypher"], "parameters": {"model": "TauMouse"}}).json()["rows"]
    assert len(rows) == 2


def test_what_was_said_of_a_mapping_stands_at_both_its_ends(wide_graph, wide_client):
    store, cohort, cortex = wide_graph.store, "orthokg:contrast/cohort-ad", "UBERON:0000956"
    first = propose(store, about=(GENES[0], MICE[0]), verdict="reject", why="paralogs", who="ada")
    review(store, first.id, accept=True, who="bob")
    propose(store, about=(GENES[0], MICE[1]), verdict="comment", why="unsure", who="ada")
    propose(store, about=(cohort, cortex), verdict="accept", why="seen", who="ada")
    said = "curations { about kind verdict state why }"
    found = data(
        wide_client,
        f"""{{ human: gene(curie: "{GENES[0]}") {{ {said} }}
               mouse: gene(curie: "{MICE[0]}") {{ {said} }} other: gene(curie: "{MICE[2]}") {{ {said} }}
               contrast(curie: "{cohort}") {{ {said} }} tissue(curie: "{cortex}") {{ {said}
                 }} match(id: "{MATCH}") {{ {said} }} }}""",
    )
    told = {
        name: [(c["kind"], c["verdict"], c["state"], c["why"]) for c in node["curations"]]
        for name, node in found.items()
    }
    one = ("ortholog", "reject", "accepted", "paralogs")
    assert told == {
        "human": [one, ("ortholog", "comment", "proposed", "unsure")],
        "mouse": [one],
        "other": [],
        "match": [],
        "contrast": [("term mapping", "accept", "proposed", "seen")],
        "tissue": [("term mapping", "accept", "proposed", "seen")],
    }
    assert found["mouse"]["curations"][0]["about"] == f"{GENES[0]} ORTHOLOG_OF {MICE[0]}"


def test_a_curation_may_be_about_every_end_of_a_mapping():
    ends = {label for kind in MAPPINGS for pair in EDGE_BY_TYPE[kind].pairs for label in pair}
    assert ends <= {label for _, label in EDGE_BY_TYPE["ABOUT"].pairs}
