"""The whole line on the simulated study, on both real stores: ingest, verdicts, answers, explanation."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from ingest.fetch.cache import Cache
from ingest.load.pipeline import Pipeline
from kg.ask.questions import compare_answer, match_answer
from kg.errors import UnknownTermError
from kg.match.verdict import Status
from kg.read.contents import rounded
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.verdict.derive import derive
from kg.verdict.explain import explain
from tests.conftest import clean
from tests.graph.dump import dump
from tests.simulated import ingested

TRUTH = {
    "simulated-specific": Status.SUPPORTED,
    "simulated-shared": Status.NONSPECIFIC,
    "simulated-none": Status.NOT_SUPPORTED,
    "simulated-opposite": Status.DISCORDANT,
    "simulated-cut": Status.UNTESTABLE,
}
AD = "MONDO:0004975"


def test_every_status_comes_out_for_its_own_reason(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    reasons = {}
    for model, status in TRUTH.items():
        answer = match_answer(store, signatures, model=model, disease=AD)
        (record,) = answer.matches
        assert record.status == status
        assert any(flag.startswith("simulated") for flag in record.flags)
        assert (record.p is None) == (status is Status.UNTESTABLE)
        assert record.null.mouse
        assert record.null.human
        reasons[model] = record.reason
    assert "Huntington" in reasons["simulated-shared"]
    assert "full table" in reasons["simulated-cut"]
    assert len(set(reasons.values())) == len(TRUTH)


def test_a_model_of_a_broader_disease_is_asked_about_those_below(store: Store, tmp_path: Path) -> None:
    """rTg4510 models tauopathy, and the question is Alzheimer's: both are stored, as they would be computed."""
    signatures, tauopathy = ingested(store, tmp_path), "MONDO:0005574"
    store.write(
        "MATCH (m:DiseaseModel {label: 'simulated-specific'})-[r:MODELS]->() MATCH (d:Disease {id: $id}) "
        "CREATE (m)-[:MODELS {source: r.source, run: r.run}]->(d) DELETE r",
        id=tauopathy,
    )
    store.write("MATCH (s:Source {id: 'derived'}) SET s.run = 'another'")
    assert derive(store, signatures).changed
    stored = {d: match_answer(store, signatures, model="simulated-specific", disease=d) for d in (AD, tauopathy)}
    rows = store.read(
        "MATCH (k:Match)-[:MATCH_OF]->(:Contrast)-[:OF_MODEL]->(:DiseaseModel {label: 'simulated-specific'}) RETURN"
        " DISTINCT k.id AS id"
    )
    assert {row["id"] for row in rows} > {record.id for answer in stored.values() for record in answer.matches}
    store.write("MATCH (k:Match) DETACH DELETE k")
    for disease, answer in stored.items():
        computed = match_answer(store, signatures, model="simulated-specific", disease=disease)
        # The q of another family is known where both were computed, and named without it where one was asked.
        one, two = ([r.to_json() | {"other_families": ()} for r in each.matches] for each in (answer, computed))
        assert rounded(one, 9) == rounded(two, 9)


def test_what_is_stored_is_what_is_computed(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    stored = match_answer(store, signatures, model="simulated-specific", disease=AD, level="regulon")
    store.write("MATCH (k:Match) DETACH DELETE k")
    computed = match_answer(store, signatures, model="simulated-specific", disease=AD, level="regulon")
    assert stored.matches
    assert rounded(stored.to_json()) == rounded(computed.to_json())


def test_explanation_recomputes_score_and_p(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    for level in ("gene", "module", "regulon"):
        (record,) = match_answer(store, signatures, model="simulated-specific", disease=AD, level=level).matches
        told = json.loads(json.dumps(explain(store, signatures, record.id).to_json()))
        m, h = (np.array([part[side] for part in told["parts"]]) for side in ("mouse", "human"))
        a, b, c = told["mouse_term"], told["human_term"], told["shared_term"]
        total = sum(part["contribution"] for part in told["parts"])
        p = 2 * stats.t.sf(abs(total) / np.sqrt(max(a, b, a + b - c)), told["df"])
        assert total / np.linalg.norm(m) / np.linalg.norm(h) == pytest.approx(record.score, abs=1e-9)
        assert p == pytest.approx(record.p, abs=1e-9)
    with pytest.raises(UnknownTermError):
        explain(store, signatures, "orthokg:match/none")


def test_what_is_laid_down_again_is_what_was_ingested(store: Store, tmp_path: Path) -> None:
    laid = [ingested(clean(store), tmp_path / name) for name in ("a", "b")]
    found = dump(store)
    assert {path.name: path.read_bytes() for path in laid[0].root.rglob("*") if path.is_file()} == {
        path.name: path.read_bytes() for path in laid[1].root.rglob("*") if path.is_file()
    }
    Pipeline(clean(store), SignatureStore(tmp_path / "c" / "signatures"), Cache.open(), tmp_path / "c").run_simulated()
    assert dump(store) == found


def test_twice_is_once_and_nothing_is_done_again(store: Store, tmp_path: Path) -> None:
    ingested(store, tmp_path)
    first = dump(store)
    signatures = SignatureStore(tmp_path / "signatures")
    report = Pipeline(store, signatures, Cache.open(), tmp_path).run_simulated()
    assert {step.status for step in report.steps} == {"unchanged"}
    assert dump(store) == first


def test_an_interrupted_load_is_completed(store: Store, tmp_path: Path) -> None:
    ingested(store, tmp_path)
    whole = dump(store)
    store.write("MATCH (s:Source) SET s.run = 'killed'")
    store.write("MATCH (k:Match) DETACH DELETE k")
    store.write("MATCH (:Regulon)-[r:REGULATES]->(:Gene) DELETE r")
    ingested(store, tmp_path)
    assert dump(store) == whole


def test_both_stores_answer_the_same(embedded_store: Store, neo4j_store: Store, tmp_path: Path) -> None:
    answers = []
    for store, name in ((embedded_store, "a"), (neo4j_store, "b")):
        signatures = ingested(store, tmp_path / name)
        made = [
            match_answer(store, signatures, model=model, disease=AD, level=level).to_json()
            for model in TRUTH
            for level in ("gene", "module", "regulon")
        ]
        made.append(compare_answer(store, signatures, model="simulated-specific", other="simulated-shared").to_json())
        answers.append(json.dumps(rounded(made)))
    assert answers[0] == answers[1]


def test_unknown_names_get_suggestions(embedded_store: Store, tmp_path: Path) -> None:
    signatures = ingested(embedded_store, tmp_path)
    with pytest.raises(UnknownTermError) as model:
        match_answer(embedded_store, signatures, model="simulated-specifik", disease=AD)
    assert "simulated-specific" in model.value.suggestions
    with pytest.raises(UnknownTermError) as disease:
        match_answer(embedded_store, signatures, model="simulated-none", disease="MONDO:0004976")
    assert disease.value.suggestions
