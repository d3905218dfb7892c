"""What was tested and did not match is told from what was not tested, on both stores."""

from pathlib import Path

import pytest

from kg.ask.questions import match_answer
from kg.ask.saved import saved_query
from kg.store.driver import Store
from kg.verdict.derive import derive
from tests.simulated import ingested

pytestmark = pytest.mark.graph
AD = "MONDO:0004975"
EDGES = """
MATCH (c:Contrast)-[n:DOES_NOT_MATCH]->(s:DiseaseState) MATCH (c)-[:OF_MODEL]->(m:DiseaseModel)
RETURN m.label AS model, s.disease AS of, n.disease AS disease, n.level AS level, n.power AS power, n.q AS q,
  n.match_id AS match ORDER BY model, disease, level
"""


def test_negative_evidence_is_a_relationship_with_its_power(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    edges = store.read(EDGES)
    matches = store.read(
        "MATCH (k:Match {status: 'NOT_SUPPORTED'}) RETURN k.id AS id, k.power AS power, k.q AS q, k.status_line AS line"
    )
    assert {(e["match"], e["power"], e["q"]) for e in edges} == {(k["id"], k["power"], k["q"]) for k in matches}
    assert ("simulated-none", "gene") in {(e["model"], e["level"]) for e in edges}
    assert not {e["model"] for e in edges if e["level"] == "gene"} & {"simulated-specific", "simulated-cut"}
    assert store.read("MATCH (k:Match) WHERE k.status <> 'NOT_SUPPORTED' AND k.power IS NOT NULL RETURN k.id") == []
    for k in matches:
        assert ("cases" in k["line"]) == (k["power"] is not None)
    derive(store, signatures)
    assert store.read(EDGES) == edges


def test_the_saved_query_tells_no_from_not_tested(store: Store, tmp_path: Path) -> None:
    ingested(store, tmp_path)
    query = saved_query("what-was-tested")
    rows = store.read(query.text, disease=AD, level="gene")  # pyright: ignore[reportArgumentType]
    told = {row["model"]: row["answer"] for row in rows}
    assert told["simulated-specific"] == "found"
    assert told["simulated-cut"] == "not tested"
    assert told["simulated-none"].startswith("no")
    store.write("MATCH (k:Match) DETACH DELETE k")
    store.write("MATCH (:Contrast)-[n:DOES_NOT_MATCH]->() DELETE n")
    rows = store.read(query.text, disease=AD, level="gene")  # pyright: ignore[reportArgumentType]
    assert {row["answer"] for row in rows} == {"not tested: not asked"}


def test_an_answer_says_what_a_test_could_have_found(store: Store, tmp_path: Path) -> None:
    """Stored and computed anew it is the same."""
    signatures = ingested(store, tmp_path)
    (read,) = match_answer(store, signatures, model="simulated-none", disease=AD).matches
    store.write("MATCH (k:Match) DETACH DELETE k")
    (made,) = match_answer(store, signatures, model="simulated-none", disease=AD).matches
    assert read.status == "NOT_SUPPORTED"
    assert read.status_line.startswith("NOT_SUPPORTED; tested")
    assert (read.power, read.status_line) == (made.power, made.status_line)
    (cut,) = match_answer(store, signatures, model="simulated-cut", disease=AD).matches
    assert (cut.power, cut.status_line) == (None, "UNTESTABLE; not tested")
