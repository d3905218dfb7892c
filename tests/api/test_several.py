"""Two models compared, and a drug: GraphQL's pages are what the commands print, and are computed once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.ask import questions
from kg.ask.questions import compare_answer, drug_answer
from kg.read.contents import rounded
from kg.records.match import Answer
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from tests.api.ask import MATCH, data, error
from tests.api.test_match import camel, expected
from tests.conftest import clean
from tests.simulated import ingested

OWNER = {"source": "test", "run": "orthokg:run/test"}
AD = "MONDO:0004975"
EXAMPLES = Path(__file__).parents[2] / "api" / "examples"
REST = (
    "question release family known missing { what why remedy } withheld { what why remedy } pageInfo { hasNextPage"
    " endCursor }"
)
COMPARE = (
    'query($first: Int!, $after: String, $level: Level! = gene) { found: compareModels(model: "simulated-specific",'
    f' other: "simulated-shared", level: $level, first: $first, after: $after) {{ {REST} nodes {{ %s }} }} }}'
)
DRUG = (
    'query($first: Int!, $after: String, $disease: String) { found: drugMatches(drug: "Testdrug", disease: $disease,'
    f" first: $first, after: $after) {{ {REST} nodes {{ %s }} }} }}"
)


@dataclass(frozen=True)
class Study:
    store: Store
    signatures: SignatureStore
    client: TestClient


@pytest.fixture(scope="module")
def study(_embedded: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """The simulated study, where a drug was given to the animals of two contrasts."""
    store = clean(_embedded)
    signatures = ingested(store, tmp_path_factory.mktemp("several"))
    write_nodes(store, "Drug", [{"id": "CHEMBL:TEST", "label": "Testdrug"}], **OWNER)
    write_nodes(store, "DrugCondition", [{"id": "orthokg:condition/test", "label": "Testdrug, 10 uM"}], **OWNER)
    write_edges(
        store,
        "USES_DRUG",
        "DrugCondition",
        "Drug",
        [{"subject": "orthokg:condition/test", "object": "CHEMBL:TEST"}],
        **OWNER,
    )
    given = [
        {"subject": f"orthokg:contrast/simulated/{name}", "object": "orthokg:condition/test"}
        for name in ("opposite", "none")
    ]
    write_edges(store, "OF_CONDITION", "Contrast", "DrugCondition", given, **OWNER)
    with TestClient(
        create_app(store, signatures.root), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
    ) as client:
        yield Study(store, signatures, client)


def alike(found: dict, answer: Answer) -> None:
    """The whole connection is what the command prints as JSON."""
    said = rounded(answer.to_json())
    assert json.dumps(found["nodes"], sort_keys=True) == json.dumps(
        [expected(r) for r in answer.matches], sort_keys=True
    )
    assert found["known"] == len(answer.matches) > 1
    for name in ("question", "release", "family"):
        assert found[name] == said[name]
    for kind in ("missing", "withheld"):
        assert found[kind] == [{name: gap[name] for name in ("what", "why", "remedy")} for gap in camel(said[kind])]


def walked(client: TestClient, asked: str, **words) -> list[str]:
    ids, after = [], None
    while True:
        page = data(client, asked % "curie", first=1, after=after, **words)["found"]
        ids += [node["curie"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return ids


@pytest.mark.parametrize("level", ["gene", "regulon"])
def test_two_models_are_compared_as_by_the_command(study, level):
    answer = compare_answer(
        study.store, study.signatures, model="simulated-specific", other="simulated-shared", level=level, first=40
    )
    found = data(study.client, COMPARE % MATCH, first=40, level=level)["found"]
    assert json.dumps(found["nodes"], sort_keys=True) == json.dumps(
        [expected(r) for r in answer.matches], sort_keys=True
    )
    assert [found["question"], found["family"]] == [answer.question, answer.family]


@pytest.mark.parametrize("disease", [None, AD])
def test_a_drug_is_asked_as_by_the_command(study, disease):
    answer = drug_answer(study.store, study.signatures, drug="testdrug", disease=disease, first=40)
    asked = DRUG.replace("Testdrug", "testdrug")
    alike(data(study.client, asked % MATCH, first=40, disease=disease)["found"], answer)
    assert {r.score > 0 for r in answer.matches if r.score} == {True, False}


def test_pages_join_and_are_computed_once(study, monkeypatch):
    ids = [node["curie"] for node in data(study.client, DRUG % "curie", first=100)["found"]["nodes"]]
    assert len(set(ids)) == len(ids) > 3
    monkeypatch.setattr(questions, "of_drug", None)
    assert walked(study.client, DRUG) == ids


def test_a_match_of_two_models_is_explained(study):
    (node,) = data(
        study.client, COMPARE % "statistic explain { statistic evidence { side contrast } } cypherGives", first=1
    )["found"]["nodes"]
    assert node["explain"]["statistic"] == pytest.approx(node["statistic"])
    assert {each["side"] for each in node["explain"]["evidence"]} == {"mouse", "human"}


@pytest.mark.parametrize("name", ["compare", "mimics"])
def test_the_example_answers(study, name):
    words = {"model": "simulated-specific", "other": "simulated-shared", "level": "gene", "drug": "Testdrug"}
    text = (EXAMPLES / f"{name}.graphql").read_text()
    (found,) = data(study.client, text, **{key: value for key, value in words.items() if f"${key}:" in text}).values()
    assert len(found["nodes"]) == found["totalCount"] > 0


@pytest.mark.parametrize(
    ("query", "argument", "hint"),
    [
        (
            '{ compareModels(model: "simulated-specifi", other: "simulated-shared") { known } }',
            "model",
            "simulated-specific",
        ),
        (
            '{ compareModels(model: "simulated-specific", other: "simulated-shard") { known } }',
            "other",
            "simulated-shared",
        ),
        ('{ drugMatches(drug: "Testdrg") { known } }', "drug", "Testdrug"),
    ],
)
def test_unknown_names_are_told_by_argument(study, query, argument, hint):
    found = error(study.client, query)["extensions"]
    assert [found["code"], found["argument"]] == ["UNKNOWN_TERM", argument]
    assert hint in found["suggestions"]


@pytest.mark.parametrize("asked", [COMPARE, DRUG], ids=["compare", "drug"])
def test_a_page_is_bounded_as_every_page(study, asked):
    assert error(study.client, asked % "curie", first=101)["extensions"]["code"] == "LIMIT_EXCEEDED"
    found = error(study.client, asked % "curie", first=1, after="bm8")["extensions"]
    assert [found["code"], found["argument"]] == ["ARGUMENT", "after"]
    wide = f"curie changes(first: 100) {{ {' '.join(f'x{at}: label' for at in range(40))} }}"
    assert error(study.client, asked % wide, first=100)["extensions"]["code"] == "LIMIT_EXCEEDED"
