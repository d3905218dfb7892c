"""What an ingest changes is said, what it does not change stays, and nothing stale is answered; on a simulated
graph."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.load import simulated
from ingest.load.joins import joins
from ingest.load.pipeline import Pipeline, Report
from ingest.manifest import manifest
from ingest.study import datasets
from kg.ask.questions import match_answer
from kg.cli.main import main
from kg.curie import HUMAN
from kg.names.genes import GeneNames
from kg.read.contents import rounded
from kg.sides.catalog import Catalog
from kg.sides.human import JOINS
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema
from kg.verdict.derive import derive
from tests.ingest.test_bad_input import TABLE, table_manifest

AD, MODEL = "MONDO:0004975", "simulated-specific"
LIKE = "orthokg:contrast/simulated/alzheimer-1"


def loaded(store: Store, folder: Path, *batches: Batch) -> Report:
    """Loads the gene level of some batches as an ingest does."""
    folder.mkdir(exist_ok=True)
    ensure_schema(store)
    pipeline = Pipeline(store, SignatureStore(folder / "signatures"), Cache.open(), folder, levels=("gene",))
    pipeline._batches = list(batches)
    report = pipeline._finish()
    assert report.exit_code == 0
    return report


def base() -> list[Batch]:
    """The simulated study with two of its models."""
    made = simulated.batches()
    study, gone = made[-1], {f"orthokg:contrast/simulated/{name}" for name in ("none", "opposite", "cut")}
    study.edges["OF_MODEL", "Contrast", "DiseaseModel"] = [
        e for e in study.edges["OF_MODEL", "Contrast", "DiseaseModel"] if e["subject"] not in gone
    ]
    return made


def table_study(signatures: SignatureStore, folder: Path, name: str, **contrasts: dict) -> Batch:
    """A simulated table of AD cohorts by contrast; the genes of each are those of the simulated study."""
    stored, table = signatures.get(LIKE), signatures.get_table(f"genes/{HUMAN}")
    folder = folder / name
    folder.mkdir(parents=True)
    told = []
    for c, facts in contrasts.items():
        rng = np.random.default_rng((1, *c.encode()))
        effect = np.asarray(stored.effect) + rng.normal(size=len(stored.genes)) * 0.5
        frame = pd.DataFrame({"gene": stored.genes, "z": effect / 0.5 + rng.normal(size=len(effect))})
        frame.to_csv(folder / f"{c}.csv", index=False, float_format="%.17g")
        told.append(
            {"id": c, "label": f"cohort {c}", "kind": "disease", "disease": AD, "table": {"file": f"{c}.csv"}} | facts
        )
    made = {
        "schema": 1,
        "material": {"tissue": simulated.CORTEX},
        "contrasts": told,
        "table": {
            "gene_id": "ensembl",
            "columns": {"gene": "gene", "effect": "z", "z": "z"},
            "n_case": 9,
            "n_control": 9,
        },
        "dataset": {
            "id": name,
            "title": name,
            "taxon": HUMAN,
            "licence": "CC0",
            "redistribute": True,
            "citation": "us",
            "simulated": True,
        },
    }
    (folder / "m.yaml").write_text(yaml.safe_dump(made))
    read = manifest.read(folder / "m.yaml")
    names = GeneNames.of_symbols(HUMAN, table["id"], table["symbol"])
    return datasets.transform(read, datasets.get(Cache.open(), read), names)


def answers(store: Store, folder: Path) -> dict[str, dict]:
    """All stored verdicts of the model with all their fields but the version of the data."""
    found = match_answer(store, SignatureStore(folder / "signatures"), model=MODEL, disease=AD)
    return {record.human_label: rounded(record.to_json() | {"data_version": ""}, 9) for record in found.matches}


def test_an_ingest_says_what_it_changed_and_by_whom(embedded_store: Store, tmp_path: Path) -> None:
    store, home = embedded_store, tmp_path / "home"
    first = loaded(store, home, *base())
    assert first.changes.lines() == [f"{first.matches} verdicts, the first of this graph"]
    signatures, before = SignatureStore(home / "signatures"), answers(store, home)

    apart = loaded(store, home, table_study(signatures, tmp_path, "silent", silent={}))
    assert {row.kind for row in apart.changes.rows} == {"new"}
    after = answers(store, home)
    assert {label: after[label] for label in before} == before
    (state,) = after.keys() - before.keys()
    assert (after[state]["status"], after[state]["q"]) == ("UNTESTABLE", None)
    assert "`pooled: true`" in after[state]["reason"]

    one = table_study(signatures, tmp_path, "lab-one", one={"pooled": True})
    (line,) = joins(one, Catalog.read(store), home / "signatures")
    assert line == f"cohort one: would be in the pool of {state}, which has no other cohort"
    report = loaded(store, home, one)
    told = [row.text() for row in report.changes.rows]
    assert report.changes.rows[0].kind == "flipped"
    assert all("cohort one (lab-one/one) joined the pool of" in text for text in told)
    q = [row for row in report.changes.rows if row.match.human_label in before]
    assert q
    assert all("family of 1 -> 2" in row.causes[0] for row in q)
    assert report.changes_table is not None
    assert len(report.changes_table.read_text().splitlines()) == len(told) + 1

    two = table_study(signatures, tmp_path, "lab-two", two={"pooled": True}, other={})
    lines = list(joins(two, Catalog.read(store), home / "signatures"))
    assert lines == [
        f"cohort two: would be in the pool of {state}, with cohort one",
        (f"cohort other: would not be in the pool of {state}: not pooled: its manifest does not ask for it; {JOINS}"),
    ]
    assert (
        next(joins(two, None, home / "signatures"))
        == f"cohort two: asks to join the pool of {state}; no graph yet shows its other cohorts"
    )
    report = loaded(store, home, two)
    assert "cohort two (lab-two/two) joined the pool of" in report.changes.lines()[1]
    assert loaded(store, home, two).changes.lines() == ["no stored verdict changed"]


def test_nothing_stale_is_read_when_the_derivation_was_killed(embedded_store: Store, tmp_path: Path) -> None:
    store, home = embedded_store, tmp_path / "home"
    loaded(store, home, *base())
    signatures = SignatureStore(home / "signatures")
    asked = {"model": MODEL, "disease": AD}
    (stored,) = match_answer(store, signatures, **asked).matches
    rows = store.read("MATCH (k:Match) RETURN k.id AS id, k.run AS run, k.score AS score ORDER BY id")
    store.write("MATCH (m:DiseaseModel {label: $label}) SET m.engineered_genes = ['SIM3', 'SIM8']", label=MODEL)
    (fresh,) = match_answer(store, signatures, **asked).matches
    assert (fresh.engineered, fresh.n_features) == (("SIM3", "SIM8"), stored.n_features - 2)
    assert fresh.score != stored.score
    assert store.read("MATCH (k:Match) RETURN k.id AS id, k.run AS run, k.score AS score ORDER BY id") == rows
    assert derive(store, signatures, levels=("gene",)).changed
    (derived,) = match_answer(store, signatures, **asked).matches
    assert rounded(derived.to_json(), 9) == rounded(fresh.to_json(), 9)
    assert not derive(store, signatures, levels=("gene",)).changed


def test_a_reference_that_is_loaded_again_has_its_card(embedded_store: Store, tmp_path: Path) -> None:
    store, home = embedded_store, tmp_path / "home"
    loaded(store, home, *base())
    card = (
        "MATCH (r:NoiseReference) RETURN r.type_i_error AS error, r.measured_how AS how, r.status AS status, r.n_axes"
        " AS n"
    )
    before = store.read(card)
    assert before[0]["error"] >= 0
    store.write(
        "MATCH (r:NoiseReference) SET r.type_i_error = -1.0, r.measured_how = 'unmeasured', r.status = 'unmeasured'"
    )
    assert not derive(store, SignatureStore(home / "signatures"), levels=("gene",)).changed
    assert store.read(card) == before


def test_a_check_makes_no_graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ORTHOKG_HOME", str(home))
    (tmp_path / "t.csv").write_bytes(TABLE)
    done = CliRunner().invoke(main, ["ingest", str(table_manifest(tmp_path)), "--check"])
    assert "m.yaml" in done.output
    assert not (home / "graph").exists()
    assert not (home / "signatures").exists()
