"""The main question: what is answered is what the graph holds."""

import re
from pathlib import Path
from typing import Any

import pytest

from api.access.limits import Limits
from api.schema import build
from api.types.enums import Level, MatchStatus, Policy
from kg.ask.questions import match_answer
from kg.match.compared import LEVELS
from kg.match.orthology import POLICIES
from kg.match.verdict import Status
from kg.read.contents import rounded
from kg.signatures.store import SignatureStore
from tests.api.ask import MATCH, data, error

ASK = "query($model: String!, $disease: String) { matches(model: $model, disease: $disease) %s }"


def camel(value: Any) -> Any:
    """A record's JSON as GraphQL names it."""
    if isinstance(value, dict):
        return {re.sub(r"_(\w)", lambda m: m[1].upper(), name): camel(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [camel(each) for each in value]
    return rounded(value)


def expected(record: Any) -> dict[str, Any]:
    made = camel(record.to_json())
    low_high = record.interval and dict(zip(("low", "high"), rounded(record.interval), strict=True))
    del made["curations"]
    made = {"curie": made.pop("id"), **made}
    return {**made, "interval": low_high, "changes": made["changes"][:100]}


def test_answer_is_the_records(any_graph, any_client):
    found = data(
        any_client, ASK % f"{{ release family known nodes {{ {MATCH} }} }}", model="taumouse", disease="MONDO:0004975"
    )
    assert found["matches"]["nodes"] == [expected(record) for record in any_graph.records]
    assert found["matches"]["known"] == 2
    assert found["matches"]["release"] == f"unreleased (data {SignatureStore(any_graph.signatures).version})"


def test_answer_is_that_of_the_command_line(any_graph, any_client):
    answer = match_answer(
        any_graph.store, SignatureStore(any_graph.signatures), model="TauMouse", disease="MONDO:0004975"
    )
    said = rounded(answer.to_json())
    found = data(
        any_client,
        ASK
        % """{ question release family missing { what why remedy } withheld { what why remedy }
               nodes { curie p q policyBand { policy score p status } changes(first: 100)
                 { feature contribution q } } }""",
        model="TauMouse",
        disease="Alzheimer disease",
    )["matches"]
    for kind in ("missing", "withheld"):
        assert found[kind] == [{name: gap[name] for name in ("what", "why", "remedy")} for gap in said[kind]]
    for made, match in zip(found["nodes"], said["matches"], strict=True):
        assert [made["curie"], made["p"], made["q"]] == [match["id"], match["p"], match["q"]]
        assert made["policyBand"] == match["policy_band"]
        changes = [change for change in said["changes"] if change["match"] == match["id"]]
        names = ("feature", "contribution", "q")
        assert made["changes"] == [{name: change[name] for name in names} for change in changes[:100]]
    assert [found["release"], found["family"]] == [said["release"], said["family"]]
    assert "absent" in [gap["what"] for gap in found["missing"]]
    assert [gap["what"] for gap in found["withheld"]] == ["10 further changes of tau 8 months x pool ad"]


def test_one_match_by_its_id(any_graph, any_client):
    asked = f"query($id: ID!) {{ match(id: $id) {{ {MATCH} }} }}"
    assert data(any_client, asked, id=any_graph.records[0].id)["match"] == expected(any_graph.records[0])
    found = error(any_client, asked, id="orthokg:match/none")
    assert found["extensions"]["code"] == "UNKNOWN_TERM"
    assert found["extensions"]["suggestions"] == [record.id for record in any_graph.records]


def test_a_gene_tells_the_matches_that_it_leads(graph, client):
    asked = """query($id: String!) { gene(curie: $id) { leads { known nodes { direction zMouse q match {
        curie status mouseContrast { label } } } } } }"""
    change = graph.records[0].changes[3]
    found = data(client, asked, id=change.feature)["gene"]["leads"]
    match = {"curie": graph.records[0].id, "status": "SUPPORTED", "mouseContrast": {"label": "tau 8 months"}}
    assert found == {
        "known": 1,
        "nodes": [{"direction": change.direction, "zMouse": change.z_mouse, "q": change.q, "match": match}],
    }


def test_pages_join_without_gap_or_overlap(any_graph, any_client):
    asked = "query($id: ID!, $after: ID) { match(id: $id) { changes(first: 60, after: $after) { feature } } }"
    seen: list[str] = []
    while rows := data(any_client, asked, id=any_graph.records[0].id, after=seen[-1] if seen else None)["match"][
        "changes"
    ]:
        seen += [row["feature"] for row in rows]
    assert seen == [change.feature for change in any_graph.records[0].changes]


@pytest.mark.parametrize(
    ("model", "disease", "code", "hint", "argument"),
    [
        ("TauMose", "MONDO:0004975", "UNKNOWN_TERM", {"suggestions": ["TauMouse"], "replacement": None}, "model"),
        ("TauMouse", "MONDO:0000001", "OBSOLETE_TERM", {"suggestions": [], "replacement": "MONDO:0004975"}, "disease"),
        (
            "TauMouse",
            "Huntingtons",
            "UNKNOWN_TERM",
            {"suggestions": ["MONDO:0007739 (Huntington disease)"], "replacement": None},
            "disease",
        ),
    ],
)
def test_unknown_names_come_with_what_to_ask_instead(any_client, model, disease, code, hint, argument):
    found = error(any_client, ASK % "{ known }", model=model, disease=disease)
    assert found["extensions"] == {"code": code, "argument": argument, **hint}
    assert found["path"] == ["matches"]


def test_status_counts_and_says_what_is_missing(any_graph, any_client):
    found = data(
        any_client,
        "{ status { store nodes { name count } sources { curie read accepted quarantined } missing { curie reason"
        " } } }",
    )
    counts = {row["name"]: row["count"] for row in found["status"]["nodes"]}
    assert [counts["Match"], counts["Gene"], counts["DiseaseState"]] == [2, 130, 3]
    assert found["status"]["missing"] == [{"curie": "absent", "reason": "no network"}]
    assert {"curie": "small", "read": 3, "accepted": 2, "quarantined": 1} in found["status"]["sources"]
    assert found["status"]["store"] == any_graph.store.dialect


def test_committed_schema_is_current():
    committed = Path(__file__).parents[2] / "api" / "schema.graphql"
    assert committed.read_text() == build(Limits()).as_str() + "\n", "python -m api.schema > api/schema.graphql"


def test_enums_are_those_of_the_graph():
    assert [level.value for level in Level] == list(LEVELS)
    assert [policy.value for policy in Policy] == list(POLICIES)
    assert {status.name for status in MatchStatus} == {status.name for status in Status}
