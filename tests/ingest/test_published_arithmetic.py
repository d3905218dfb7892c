"""Figures that others published, from their own files, joined as they join."""

import pandas as pd
import pytest

from ingest.source import modules, published
from ingest.source.published import Survivors


def test_magora_before_and_after_correction(cache):
    table = published.read_nanostring(cache.get(published.NANOSTRING))
    assert published.survivors(table) == Survivors(1_800, 364, 134)
    assert published.survivors(table, "5xFAD") == Survivors(120, 47, 29)
    assert ((table["p_value"] < 0.05) == table["significant"].astype(bool)).all()


def test_5xfad_male_12_months_against_the_modules(cache):
    effects = pd.read_csv(cache.get("fivexfad_bulk/DEG_5xFAD_12months_male.csv"))
    found = modules.correlations_as_published(modules.read(modules.get(cache)), effects).set_index("module")
    assert len(found) == 30
    assert found.loc["STGblue", "n"] == 378
    published_r = {"STGblue": 0.4959, "CBEturquoise": 0.4093, "IFGturquoise": 0.4056, "FPbrown": -0.4218}
    for module, r in published_r.items():
        assert found.loc[module, "r"] == pytest.approx(r, abs=5e-5)


def test_published_results_are_nodes_with_what_they_are_about(cache):
    batch = published.transform(published.get(cache))
    assert batch.read == batch.accepted == 1_800 + 1_251 + 104 + 5_000
    rows = {row["id"]: row for row in batch.nodes["PublishedResult"]}
    assert len(rows) == batch.accepted
    assert sum(row["kind"] == "correlation" and row["significant"] for row in rows.values()) == 364
    about = {
        label: batch.edges["RESULT_OF", "PublishedResult", label] for label in ("DiseaseModel", "GeneModule", "Disease")
    }
    assert {label: len(edges) for label, edges in about.items()} == {
        "DiseaseModel": 1_800 + 1_251 + 104,
        "GeneModule": 1_800,
        "Disease": 5_000,
    }
    assert set(batch.edges) == {("RESULT_OF", "PublishedResult", label) for label in about}
