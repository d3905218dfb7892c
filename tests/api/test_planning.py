"""Plans, stages, gene sets and a drug across species by GraphQL: what the command line answers, on both stores."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.ask.power import power_answer
from kg.ask.questions import match_answer
from kg.ask.species import species_answer
from kg.ask.stages import stages_answer
from kg.read.contents import rounded
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.tables.gene_sets import gmt
from tests.api.ask import data, error
from tests.e2e.lab import Lab
from tests.graph.test_stages_command import staged
from tests.simulated import ingested

pytestmark = pytest.mark.graph
AD, MODEL = "MONDO:0004975", "simulated-specific"
EXAMPLES = Path(__file__).parents[2] / "api" / "examples"


@dataclass(frozen=True)
class Study:
    store: Store
    signatures: SignatureStore
    client: TestClient


@pytest.fixture
def study(store: Store, tmp_path: Path) -> Iterator[Study]:
    signatures = ingested(store, tmp_path)
    with TestClient(
        create_app(store, signatures.root), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
    ) as client:
        yield Study(store, signatures, client)


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.graphql").read_text()


def test_a_plan_is_that_of_the_command_line(study: Study) -> None:
    found = data(study.client, example("plan"), model="simulated-shared", disease=AD, animals=[4, 8])["plan"]
    wanted = power_answer(study.store, study.signatures, model="simulated-shared", disease=AD, animals=(4, 8))
    (pair,), (told,) = wanted.pairs, found["nodes"]
    assert (told["modelLabel"], told["humanLabel"]) == (pair.mouse_label, pair.human_label)
    assert told["rows"] == [
        {
            "r": row.r,
            "animals": row.animals,
            "supported": rounded(row.supported),
            "nonspecific": rounded(row.nonspecific),
            "given": [
                {"label": g.label, "takesPart": rounded(g.takes_part), "left": rounded(g.left)} for g in row.given
            ],
        }
        for row in pair.rows
    ]
    assert [row["animals"] for row in told["takes"]] == [each.animals for each in pair.takes]
    after = data(study.client, example("plan"), model="simulated-shared", disease=AD, animals=[4, 8],
                 after=found["pageInfo"]["endCursor"])["plan"]  # fmt: skip
    assert (after["nodes"], after["totalCount"], found["draws"]) == ([], 1, wanted.draws)


def test_what_cannot_be_planned_has_the_code_of_the_command_line(study: Study) -> None:
    for given, code in (
        ({"model": "simulated-cut"}, "NO_FACTOR"),
        ({"model": "simulated-none"}, "NO_SIGNAL"),
        ({"model": "no such"}, "UNKNOWN_TERM"),
        ({"model": MODEL, "animals": [1]}, "ARGUMENT"),
        ({"model": MODEL, "animals": []}, "ARGUMENT"),
        ({"model": MODEL, "animals": list(range(3, 40))}, "ARGUMENT"),
        ({"model": MODEL, "after": "W10"}, "ARGUMENT"),
    ):
        assert error(study.client, example("plan"), disease=AD, **given)["extensions"]["code"] == code, given
    refused = error(study.client, example("stages"), model=MODEL, disease=AD)
    assert refused["extensions"]["code"] == "NO_STAGES"
    assert "ingest cohorts of two or more stages" in refused["message"]


def sets_of(signatures: SignatureStore) -> str:
    """Sets of genes that rise or fall in the human state, and one of a single gene."""
    table = signatures.get_table("genes/NCBITaxon:9606")
    human = signatures.get("orthokg:contrast/simulated/alzheimer-1")
    symbols = dict(zip(table["id"], table["symbol"], strict=True))
    order, rng = [str(symbols[gene]) for gene in human.genes[np.argsort(human.effect)]], np.random.default_rng(1)
    ends = order[: len(order) // 2], order[len(order) // 2 :]
    lines = [f"SET_{i:02}\t\t" + "\t".join(rng.choice(ends[i % 2], 30, replace=False)) for i in range(20)]
    return "\r\n".join([*lines, f"LONE\t\t{order[0]}"])


def test_gene_sets_of_a_question(study: Study) -> None:
    text = sets_of(study.signatures)
    asked = {"model": MODEL, "disease": AD, "sets": {"text": text, "name": "mine.gmt"}}
    found = data(study.client, example("gene_sets"), **asked)["matches"]
    sets = gmt("mine.gmt", text.replace("\r\n", "\n"), 100, 1 << 20)
    wanted = match_answer(study.store, study.signatures, model=MODEL, disease=AD, sets=sets)
    (match,), (told,) = wanted.matches, found["nodes"]
    assert [told[name] for name in ("status", "score", "p", "q")] == rounded(
        [match.status, match.score, match.p, match.q]
    )
    assert [change["label"] for change in told["changes"]] == [change.label for change in match.changes[:20]]
    assert all(change["leading"] for change in told["changes"])
    assert found["withheld"] == [{"what": g.what, "why": g.why} for g in wanted.gaps if g.kind == "withheld"]
    more = """query($sets: GeneSetsInput!) { matches(model: "simulated-specific", disease: "MONDO:0004975",
      sets: $sets, first: 1, pairBy: cl) { totalCount pairing { ways { by } } } }"""
    assert len(data(study.client, more, sets=asked["sets"])["matches"]["pairing"]["ways"]) == 5
    whole = """query($sets: GeneSetsInput!) { matches(model: "simulated-specific", disease: "MONDO:0004975",
      sets: $sets) { nodes { curie matchLevel explain { statistic parts(first: 30) { nodes { contribution } } }
      features(first: 30) { totalCount nodes { label leading } } } } }"""
    (match_of_sets,) = data(study.client, whole, sets=asked["sets"])["matches"]["nodes"]
    assert (match_of_sets["curie"], match_of_sets["matchLevel"]) == (match.id, "sets")
    parts = match_of_sets["explain"]["parts"]["nodes"]
    assert sum(part["contribution"] for part in parts) == pytest.approx(match_of_sets["explain"]["statistic"])
    assert match_of_sets["features"]["totalCount"] == len(match_of_sets["features"]["nodes"]) == 20


def test_gene_sets_that_cannot_be_compared(study: Study) -> None:
    gene = sets_of(study.signatures).split("\t")[2]
    many = "".join(f"S{i}\t\t{gene}\n" for i in range(10_001))
    long = f"A\t\t{gene}\t" + "X" * (3 << 20)
    for text, code in (
        ("", "EMPTY_FILE"),
        ("A\t\tFOO\tBAR\n", "UNKNOWN_GENES"),
        ("A\t\tX\nA\t\tY\n", "DUPLICATE_SETS"),
        ("no tabs here\n", "NOT_GMT"),
        (f"A\t\t{gene}\n", "NO_SETS"),
        (many, "TOO_LARGE"),
        (long, "TOO_LARGE"),
    ):
        refused = error(study.client, example("gene_sets"), model=MODEL, disease=AD, sets={"text": text})
        assert refused["extensions"]["code"] == code
    beside = """query($sets: GeneSetsInput, $level: Level!) { matches(model: "simulated-specific",
      disease: "MONDO:0004975", sets: $sets, level: $level) { totalCount } }"""
    for level, sets in (("regulon", {"text": sets_of(study.signatures)}), ("sets", None)):
        assert error(study.client, beside, level=level, sets=sets)["extensions"]["argument"] == "level"


def test_gene_sets_of_a_signature_of_ones_own(study: Study) -> None:
    human = study.signatures.get("orthokg:contrast/simulated/alzheimer-1")
    asked = """query($s: SignatureInput!, $sets: GeneSetsInput!) { matchSignature(signature: $s, sets: $sets,
      disease: "MONDO:0004975") { nodes { matchLevel status nFeatures } } }"""
    genes, z = list(map(str, human.genes)), [float(value) for value in human.vector]
    mine = {"taxon": human.taxon, "tissue": "UBERON:0000956", "label": "mine", "genes": genes, "z": z}
    found = data(study.client, asked, s=mine, sets={"text": sets_of(study.signatures)})["matchSignature"]["nodes"]
    assert found
    assert {(match["matchLevel"], match["nFeatures"]) for match in found} == {("sets", 20)}


def test_a_drug_across_species(study: Study) -> None:
    for name, status in (("alike", "SUPPORTED"), ("unlike", "NOT_SUPPORTED")):
        drug = f"simulated-drug-{name}"
        found = data(study.client, example("across_species"), drug=drug)["drugAcrossSpecies"]
        wanted = species_answer(study.store, study.signatures, drug=drug, first=1)
        (match,), (told,) = wanted.matches, found["nodes"]
        names = ("sentence", "status", "score", "p", "q")
        assert [told[name] for name in names] == rounded([getattr(match, name) for name in names])
        assert (told["status"], found["totalCount"]) == (status, 1)


def test_a_drug_in_one_species(study: Study) -> None:
    study.store.write("MATCH (c:Contrast {id: 'orthokg:contrast/simulated/drug-alike-mice'}) DETACH DELETE c")
    refused = error(study.client, example("across_species"), drug="simulated-drug-alike")
    assert refused["extensions"]["code"] == "ONE_SPECIES"


def test_stages_are_those_of_the_command_line(store: Store, tmp_path: Path) -> None:
    lab = Lab(store, tmp_path)
    staged(lab)
    with TestClient(
        create_app(store, lab.signatures.root), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
    ) as client:
        found = data(client, example("stages"), model=MODEL, disease=AD)["stages"]
        wanted = stages_answer(store, lab.signatures, model=MODEL, disease=AD)
        (of,), (told,) = wanted.contrasts, found["nodes"]
        assert [(row["stage"], row["place"], row["correctedScore"]) for row in told["rows"]] == [
            (row.stage, row.place, rounded(row.corrected_score)) for row in of.rows
        ]
        assert [(d["one"], d["two"], d["p"], d["q"]) for d in told["differences"]] == [
            (d.one, d.two, rounded(d.p), rounded(d.q)) for d in of.differences
        ]
        assert [trend["stages"] for trend in told["trends"]] == [["early", "middle", "late"]]
        turned = """query { stages(model: "simulated-specific", disease: "MONDO:0004975",
          order: ["late", "middle", "early"]) { nodes { trends { step } } } }"""
        (back,) = data(client, turned)["stages"]["nodes"]
        assert back["trends"][0]["step"] == pytest.approx(-told["trends"][0]["step"])
