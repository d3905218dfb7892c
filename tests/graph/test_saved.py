"""The saved queries: each answers on both stores, and with the same rows."""

import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.ask import saved
from kg.ask.saved import GUIDE, guide, saved_queries, saved_query
from kg.cli.main import main
from kg.cli.rows import plain
from kg.curate.curation import propose, review
from kg.errors import ContractError, UnknownTermError
from kg.read.contents import rounded
from kg.store.driver import Store
from kg.store.guard import check_words, run_user_query
from kg.store.write import write_edges, write_nodes
from tests.api.atlas_nodes import write_atlas
from tests.api.conftest import AD, GENES, MOUSE, OWNER, graph_records, write_small

pytestmark = pytest.mark.graph
COHORT = "orthokg:contrast/cohort-ad"
PEOPLE, MICE = "NCBITaxon:9606", "NCBITaxon:10090"
GIVEN = {
    "model": "TauMouse",
    "level": "gene",
    "tf": "G1",
    "network": "CollecTRI",
    "symbol": "G0",
    "disease": AD,
    "kind": "rewiring",
    "atlas": "pbmc",
    "other": "mice",
    "term": "CL:0000000",
}
JOB = {
    "kind": "map",
    "state": "failed",
    "owner": "0" * 16,
    "submitted": "2026-01-01T00:00:00.000+00:00",
    "ended": "2026-01-01T00:00:09.000+00:00",
    "attempt": 2,
    "code": "JOB_TIME",
}
DATED = {"id", "said", "reviewed"}


def fill(store: Store) -> None:
    """The small graph, and whatever else a saved query looks for."""
    write_small(store, graph_records("v"))
    write_nodes(store, "Gene", [{"id": "ENSEMBL:ENSMUSG1", "symbol": "g0", "in_taxon": "NCBITaxon:10090"}], **OWNER)
    write_nodes(
        store, "Regulon", [{"id": "orthokg:regulon/g1", "label": "G1", "tf": "G1", "network": "collectri"}], **OWNER
    )
    write_nodes(store, "Drug", [{"id": "CHEMBL:1", "label": "a drug", "clinical_phase": "2", "moa": ["x"]}], **OWNER)
    cut = {
        "id": "orthokg:contrast/cut",
        "label": "cut",
        "in_taxon": "NCBITaxon:9606",
        "kind": "disease",
        "noise": "none",
        "cut": "FDR < .05",
        "universe": 0,
        "n_genes": 12,
        "noise_reason": "a table cut to some genes",
    }
    write_nodes(store, "Contrast", [cut], **OWNER)

    def edge(kind: str, a: str, b: str, subject: str, target: str, **properties: object) -> None:
        write_edges(store, kind, a, b, [{"subject": subject, "object": target, **properties}], **OWNER)

    edge(
        "ORTHOLOG_OF", "Gene", "Gene", GENES[0], "ENSEMBL:ENSMUSG1", cardinality="one2one", confidence=1.0, version="1"
    )
    edge("REGULATES", "Regulon", "Gene", "orthokg:regulon/g1", GENES[0], sign=1, support=3)
    edge("CHANGES_GENE", "Contrast", "Gene", COHORT, GENES[0], effect=1.0 / 3, moderated=2.5, p=0.001, fdr=0.01)
    edge("CHANGES_GENE", "Contrast", "Gene", MOUSE, "ENSEMBL:ENSMUSG1", effect=-0.5, moderated=-2.5, p=0.001, fdr=0.01)
    edge("HAS_TF", "Regulon", "Gene", "orthokg:regulon/g1", GENES[0])
    write_nodes(store, "Regulon", [{"id": "orthokg:regulon/m", "label": "g0", "tf": "g0", "network": "cells"}], **OWNER)
    edge("HAS_TF", "Regulon", "Gene", "orthokg:regulon/m", "ENSEMBL:ENSMUSG1")
    for contrast, regulon in ((COHORT, "orthokg:regulon/g1"), (MOUSE, "orthokg:regulon/m")):
        change = {
            "subject": contrast,
            "object": regulon,
            "kind": "rewiring",
            "effect": 0.1,
            "z": 4.0,
            "p": 1e-4,
            "fdr": 0.01,
        }
        write_edges(store, "CHANGES_REGULON", "Contrast", "Regulon", [change], **OWNER)
    edge("TARGETS", "Drug", "Gene", "CHEMBL:1", GENES[3])
    write_atlas(store, "orthokg:dataset/ad")
    populations(store, "orthokg:dataset/ad")
    store.write("MERGE (j:Job {id: 'orthokg:job/1'}) SET j += $row", row=JOB)
    made = propose(store, about=("orthokg:match/ad",), verdict="accept", why="seen", who="ada")
    review(store, made.id, accept=True, who="bob")


def populations(store: Store, dataset: str) -> None:
    """Two populations of the atlas in a space with an atlas of mice, one of which has a counterpart there."""
    mice, version = "orthokg:dataset/mice", f"orthokg:atlas-version/{'12' * 32}"
    names = ("human-b", "human-t", "mouse-b")
    own = {name: f"orthokg:population/{name}" for name in names}
    rows = [
        {"id": own[name], "label": name[-1], "in_taxon": MICE if "mouse" in name else PEOPLE, "embedding": "x/space"}
        for name in names
    ]
    write_nodes(store, "Dataset", [{"id": mice, "title": "mice"}], **OWNER)
    write_nodes(store, "CellPopulation", rows, **OWNER)
    space = {"id": "orthokg:embedding/x", "label": "x/space", "taxa": [PEOPLE, MICE], "condition": "PATO:0000461"}
    write_nodes(store, "Embedding", [space], **OWNER)
    write_nodes(store, "CellType", [{"id": "CL:0000000", "label": "cell"}, {"id": "CL:1", "label": "b"}], **OWNER)
    made = {"id": version, "label": "mice@12", "atlas": "mice", "in_taxon": MICE, "content": "34" * 32}
    write_nodes(store, "AtlasVersion", [made | {"author": "Ada", "when": "2026-11-29T00:00:00.000+00:00"}], **OWNER)
    write_nodes(
        store, "Atlas", [{"id": "orthokg:atlas/mice", "label": "mice", "in_taxon": MICE, "head": version}], **OWNER
    )
    edges: tuple[tuple[str, str, str, list[tuple[str, str]]], ...] = (
        ("HAS_VERSION", "Atlas", "AtlasVersion", [("orthokg:atlas/mice", version)]),
        ("CONTAINS", "AtlasVersion", "Dataset", [(version, mice)]),
        ("SUBCLASS_OF", "CellType", "CellType", [("CL:1", "CL:0000000")]),
        ("OF_TYPE", "CellPopulation", "CellType", [(each, "CL:1") for each in own.values()]),
        ("IN_EMBEDDING", "CellPopulation", "Embedding", [(each, space["id"]) for each in own.values()]),
        (
            "FROM_DATASET", "CellPopulation", "Dataset",
            [(own["human-b"], dataset), (own["human-t"], dataset), (own["mouse-b"], mice)],
        ),
    )  # fmt: skip
    for kind, a, b, pairs in edges:
        write_edges(store, kind, a, b, [{"subject": one, "object": two} for one, two in pairs], **OWNER)
    pair = {"subject": own["mouse-b"], "object": own["human-b"], "status": "COUNTERPART", "called": True, "score": 0.9}
    pair |= {"q": 0.01, "null": "labels permuted", "auroc": 0.95, "auroc_of": "genes", "agrees": True}
    write_edges(store, "CORRESPONDS_TO", "CellPopulation", "CellPopulation", [pair | {"embedding": "x/space"}], **OWNER)


def answers(store: Store) -> dict[str, list[dict]]:
    found = {}
    for each in saved_queries():
        parameters = each.filled({p.name: GIVEN[p.name] for p in each.parameters})
        rows = run_user_query(store, each.text, parameters)
        named = [dict(zip(rows.columns, row, strict=True)) for row in rounded(plain(rows.rows))]
        kept = [{k: v for k, v in row.items() if each.name != "what-curators-said" or k not in DATED} for row in named]
        found[each.name] = kept
    return found


def test_every_saved_query_answers_the_same_on_both_stores(embedded_store: Store, neo4j_store: Store) -> None:
    fill(embedded_store)
    fill(neo4j_store)
    found = answers(embedded_store)
    assert found == answers(neo4j_store)
    assert all(found.values()), [name for name, rows in found.items() if not rows]
    verdicts = [(row["human"], row["status"], row["r"]) for row in found["verdicts-of-a-model"]]
    assert verdicts == [("pool ad", "SUPPORTED", 0.333333333333), ("pool ad-early", "UNTESTABLE", 0.142857142857)]
    assert [row["id"] for row in found["what-cannot-be-tested"]] == ["orthokg:contrast/cut"]
    assert [row["taxon"] for row in found["gene-in-both-species"]] == ["NCBITaxon:10090", "NCBITaxon:9606"]
    beside = found["counterparts-of-an-atlas"]
    assert [(r["population"], r["counterpart"], r["in_other_atlas"], r["score"], r["auroc"]) for r in beside] == [
        ("b", "b", True, 0.9, 0.95),
        ("t", None, False, None, None),
    ]
    assert found["what-curators-said"][0]["reviewer"] == "bob"
    assert [
        (row["state"], row["jobs"], row["tried_again"], row["codes"]) for row in found["jobs-by-kind-and-state"]
    ] == [("failed", 1, 1, ["JOB_TIME"])]


def test_one_file_more_is_listed_filled_and_run(
    embedded_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "diseases-by-name.cypher").write_text(
        "// title: Diseases by name\n// question: Which diseases have this name?\n"
        '// param name = "tauopathy": name of a disease\n'
        "MATCH (d:Disease {label: $name}) RETURN d.id AS id ORDER BY id\n"
    )
    monkeypatch.setattr(saved, "FOLDER", tmp_path)
    monkeypatch.setattr(saved, "saved_queries", cache(saved.saved_queries.__wrapped__))
    each = saved.saved_query("diseases-by-name")
    assert (each.title, each.question) == ("Diseases by name", "Which diseases have this name?")
    assert "== Diseases by name" in guide()
    rows = [{"id": "MONDO:1", "label": "tauopathy"}, {"id": "MONDO:2", "label": "another"}]
    write_nodes(embedded_store, "Disease", rows, **OWNER)
    assert run_user_query(embedded_store, each.text, each.filled({})).rows == [["MONDO:1"]]
    assert run_user_query(embedded_store, each.text, each.filled({"name": "another"})).rows == [["MONDO:2"]]


def test_each_says_what_it_answers() -> None:
    assert len(saved_queries()) == 23
    for each in saved_queries():
        check_words(each.text)
        assert each.title
        assert each.question.endswith("?")
        used = {p.name for p in each.parameters}
        assert all(f"${name}" in each.text for name in used)
        assert each.text.count("$") == sum(each.text.count(f"${name}") for name in used)
        assert "ORDER BY" in each.text


def test_the_guide_is_that_of_the_queries() -> None:
    assert GUIDE.read_text(encoding="utf-8") == guide(), "run: python -m kg.ask.saved --write"
    assert guide().count("\n== ") == 23
    assert GUIDE.suffix == ".adoc"


def test_names_and_parameters_that_are_none() -> None:
    with pytest.raises(UnknownTermError, match="verdicts-of-a-model"):
        saved_query("verdicts-of-model")
    with pytest.raises(ContractError, match="modell"):
        saved_query("verdicts-of-a-model").filled({"modell": "x"})


@pytest.mark.usefixtures("served")
def test_the_command(embedded_store: Store) -> None:
    fill(embedded_store)

    def run(*words: str):
        return CliRunner().invoke(main, ["cypher", *words])

    listed = json.loads(run("--list", "--format", "json").stdout)
    assert [row["name"] for row in listed] == [each.name for each in saved_queries()]
    done = run("--saved", "models-of-a-disease", "--format", "tsv")
    assert done.stdout.splitlines()[1].startswith("TauMouse\t")
    assert "Which models of a disease are there" in done.stderr
    assert run("--saved", "models-of-a-disease", "--param", "disease=MONDO:0", "--format", "json").stdout == "[]\n"
    assert run("RETURN $n + 1 AS n", "--param", "n=41", "--format", "tsv").stdout == "n\n42\n"
    for words in ([], ["RETURN 1", "--list"], ["RETURN 1", "--param", "x"]):
        assert run(*words).exit_code == 1
