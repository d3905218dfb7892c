"""``orthokg stages`` over a study of three stages that share their controls, loaded by its manifest beside the
simulated study, on both stores."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from ingest.fetch.cache import Cache
from ingest.manifest import manifest
from ingest.study import datasets
from kg.cli.main import main
from kg.curie import HUMAN
from kg.store.driver import Store
from kg.verdict.derive import derive
from tests.e2e.lab import AD, CORTEX, Lab

pytestmark = pytest.mark.graph
STAGES = ("early", "middle", "late")
ASK = ("stages", "--model", "simulated-specific", "--disease", AD)


def staged(lab: Lab) -> None:
    """Human donors whose effects turn, stage by stage, from those of nothing in the graph to those of the simulated
    Alzheimer's state."""
    stored = lab.signatures.get("orthokg:contrast/simulated/alzheimer-1")
    own = np.random.default_rng(4).permutation(np.asarray(stored.effect))
    groups = np.repeat(["control", *STAGES], 9)
    log = (
        lab.rng.uniform(3, 8, len(stored.genes))[:, None] + lab.rng.normal(size=(len(stored.genes), len(groups))) * 0.4
    )
    for turned, stage in zip((0.0, 0.5, 1.0), STAGES, strict=True):
        effect = turned * np.asarray(stored.effect) + np.sqrt(1 - turned**2) * own
        log[:, groups == stage] += effect[:, None]
    runs = [f"d{i:02}" for i in range(len(groups))]
    folder = lab.folder / "staged"
    folder.mkdir()
    counts = pd.DataFrame(lab.rng.poisson(2**log), index=list(map(str, stored.genes)), columns=runs)
    counts.to_csv(folder / "c.csv", index_label="gene")
    pd.DataFrame({"run": runs, "group": groups}).to_csv(folder / "s.csv", index=False)
    contrast = {"kind": "disease", "disease": AD, "pooled": True, "control": {"group": "control"}}
    contrast |= {"control_arm": "well"}
    told = {
        "schema": 1,
        "dataset": {"id": "staged", "title": "staged", "taxon": HUMAN, "licence": "CC0", "redistribute": True,
                    "citation": "us", "simulated": True},
        "material": {"kind": "bulk", "tissue": CORTEX},
        "counts": {"matrix": "c.csv", "samples": "s.csv", "gene_id": "ensembl", "scale": "counts",
                   "sample_column": "run"},
        "contrasts": [
            {"id": s, "label": f"{s} AD", "stage": s, "case": {"group": s}, "case_arm": s} | contrast
            for s in STAGES
        ],
    }  # fmt: skip
    (folder / "m.yaml").write_text(yaml.safe_dump(told))
    read = manifest.read(folder / "m.yaml")
    lab.keep(datasets.transform(read, datasets.get(Cache.open(), read), lab.names(HUMAN)))


@pytest.fixture
def run(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    if store.dialect == "neo4j":
        for name, value in request.getfixturevalue("neo4j_settings").items():
            monkeypatch.setenv(name, value)
        home = tmp_path
        monkeypatch.setenv("ORTHOKG_HOME", str(home))
    else:
        home = request.getfixturevalue("served")
    lab = Lab(store, tmp_path)
    staged(lab)
    derive(store, lab.signatures, levels=["gene"])
    if home != tmp_path:
        shutil.copytree(tmp_path / "signatures", home / "signatures")
    return lambda *words: CliRunner().invoke(main, words)


def test_a_match_that_grows_along_the_stages(run: Callable[..., Result], store: Store) -> None:
    asked = run(*ASK, "--format", "json")
    assert asked.exit_code == 0, asked.output
    (of,) = json.loads(asked.stdout)["contrasts"]
    assert [(row["place"], row["stage"]) for row in of["rows"]] == [(1, "early"), (2, "middle"), (3, "late")]
    cosines = [row["corrected_score"] for row in of["rows"]]
    assert cosines == sorted(cosines)
    ends = next(d for d in of["differences"] if (d["one"], d["two"]) == ("early", "late"))
    assert ends["difference"] == pytest.approx(cosines[2] - cosines[0], abs=1e-6)
    assert ends["q"] < 0.01
    assert 0.4 < ends["correlation"] < 0.6
    (trend,) = of["trends"]
    assert trend["stages"] == ["early", "middle", "late"]
    assert trend["p"] < 0.01
    assert trend["step"] > 0
    matched = store.read(
        "MATCH (:DiseaseState {stage: 'late'})<-[:POOL_OF]-(:Contrast)<-[:MATCH_OF]-"
        "(k:Match {level: 'gene', disease: $d})-[:MATCH_OF {side: 'mouse'}]->(:Contrast)"
        "-[:OF_MODEL]->(:DiseaseModel {label: 'simulated-specific'})"
        " RETURN k.score AS r, k.n_features AS n",
        d=AD,
    )
    assert [row["r"] for row in matched] == [pytest.approx(of["rows"][2]["score"], abs=0.02)]


def test_the_other_forms_and_the_order(run: Callable[..., Result]) -> None:
    text = run(*ASK)
    assert text.exit_code == 0, text.output
    for words in ("late less early", "trend over early, middle, late", "noise correlated by", "differ"):
        assert words in text.stdout
    rows = [line.split("\t") for line in run(*ASK, "--format", "tsv").stdout.splitlines()]
    assert [row[2] for row in rows[1:]] == ["stage"] * 3 + ["difference"] * 3 + ["trend"]
    turned = run(*ASK, "--order", "late,middle,early", "--format", "json")
    (of,) = json.loads(turned.stdout)["contrasts"]
    assert of["trends"][0]["step"] < 0
    regulons = run(*ASK, "--level", "regulon", "--format", "json")
    assert regulons.exit_code == 0, regulons.output
    refused = run(*ASK, "--order", "late,early")
    assert "the order names every stage once" in refused.output + refused.stderr


def test_a_disease_without_stages_says_what_it_takes(run: Callable[..., Result]) -> None:
    asked = run("stages", "--model", "simulated-specific", "--disease", "MONDO:0007739")
    assert asked.exit_code != 0
    assert "no two stages" in asked.output + asked.stderr
    by = run(*ASK, "--by", "region")
    assert "no two regions" in by.output + by.stderr
