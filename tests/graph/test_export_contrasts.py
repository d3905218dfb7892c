"""``contrasts.parquet`` read back by pandas, on both stores: the numbers of the signature store, under each licence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet
from scipy import stats

from kg.export.run import export
from kg.signatures.store import Signature, SignatureStore
from kg.store.driver import Store
from tests.simulated import ingested

pytestmark = pytest.mark.graph
COHORT = "orthokg:contrast/simulated/alzheimer-1"


def stored(signatures: SignatureStore) -> dict[str, Signature]:
    return {key: signatures.get(key) for key in signatures.ids("signature")}


def test_every_gene_of_every_contrast_leaves_as_it_is_stored(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    done = export(store, signatures, "contrasts", tmp_path / "out")
    table, wanted = pd.read_parquet(tmp_path / "out" / "contrasts.parquet"), stored(signatures)
    assert {key for key, _ in table.groupby("contrast")} == set(wanted)
    assert done.rows["gene values"] == len(table) == sum(len(each.genes) for each in wanted.values())
    assert set(table["level"]) == {"gene"}
    assert table["symbol"].notna().all()
    for key, rows in table.groupby("contrast"):
        signature = wanted[str(key)]
        assert list(rows["gene"]) == list(signature.genes)
        for column, values in (("effect", signature.effect), ("moderated", signature.vector), ("p", signature.p)):
            np.testing.assert_array_equal(rows[column], values)
        known = rows["p"].notna()
        np.testing.assert_allclose(rows["q"][known], stats.false_discovery_control(rows["p"][known]))
        assert rows["q"].isna().equals(~known)
        if signature.factor is not None:
            noise = np.sqrt(np.einsum("ij,ij->j", signature.factor, signature.factor))
            np.testing.assert_allclose(rows["z"] * noise, signature.vector)
        elif signature.noise == "table":
            np.testing.assert_array_equal(rows["z"], signature.vector)
        else:
            assert rows["z"].isna().all()
    assert {each.noise for each in wanted.values()} == {"donors", "table", "none"}
    metadata = parquet.read_schema(tmp_path / "out" / "contrasts.parquet").metadata
    assert metadata[b"orthokg.data_version"].decode() == signatures.version
    sets = pd.read_parquet(tmp_path / "out" / "activity.parquet")
    assert done.rows["regulon activity"] == (sets["level"] == "regulon").sum() > 0
    regulons_of_each_contrast(sets, wanted, signatures)


def regulons_of_each_contrast(sets: pd.DataFrame, wanted: dict[str, Signature], signatures: SignatureStore) -> None:
    """The human cohort's, computed again with all genes of each regulon written out."""
    assert set(sets["contrast"]) == set(wanted)
    assert set(sets["level"]) == {"regulon", "module"}
    assert set(sets["licence"]) == {"CC0"}
    assert not sets.duplicated(["contrast", "level", "set"]).any()
    human, network = wanted[COHORT], signatures.get_table("regulons/collectri")
    rows = sets.query("contrast == @COHORT and level == 'regulon'").set_index("set")
    assert set(rows["noise"]) == {"own samples"}
    assert human.factor is not None
    for regulon in rows.index[:5]:
        edges = network["name"] == regulon
        sign = dict(zip(network["gene"][edges], np.sign(network["sign"][edges]), strict=True))
        column = np.array([sign.get(gene, 0.0) for gene in human.genes])
        told, targets = rows.loc[[regulon]].to_dict("records")[0], int((column != 0).sum())
        column -= column.mean()
        column /= np.linalg.norm(column)
        vector = human.vector - human.vector.mean()
        noise = np.linalg.norm((human.factor - human.factor.mean(axis=1, keepdims=True)) @ column)
        z = float(vector @ column / noise)
        wanted_row = [targets, vector @ column, z, 2 * stats.t.sf(abs(z), human.df)]
        assert [told[name] for name in ("genes", "activity", "z", "p")] == pytest.approx(wanted_row)
    np.testing.assert_allclose(rows["q"], stats.false_discovery_control(rows["p"]))
    without = sets[sets["noise"].isna()]
    assert set(without["contrast"]) == {key for key, each in wanted.items() if each.noise == "none"}
    assert without[["df", "z", "p", "q"]].isna().all(axis=None)
    assert without["activity"].notna().all()


def test_values_that_may_not_be_passed_on_are_left_out_and_counted(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    every = export(store, signatures, "contrasts", tmp_path / "all").rows["gene values"]
    store.write(
        "MATCH (c:Contrast {id: $id})-[r:FROM_DATASET]->(:Dataset) DELETE r "
        "CREATE (c)-[:FROM_DATASET {source: 'dataset/other', run: 'r'}]->(:Dataset {id: 'orthokg:dataset/other', "
        "source: 'dataset/other', run: 'r', licence: 'data use', redistribute: false})",
        id=COHORT,
    )
    done = export(store, signatures, "contrasts", tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "contrasts.parquet")
    n = len(signatures.get(COHORT).genes)
    assert set(table["contrast"]) == set(signatures.ids("signature")) - {COHORT}
    assert len(table) == done.rows["gene values"] == every - n
    assert set(table["licence"]) == {"CC0"}
    reason = "its source is not marked as redistributable"
    assert ("dataset/other", "data use", "gene values", reason, n) in done.left_out
    assert COHORT not in set(pd.read_parquet(tmp_path / "out" / "activity.parquet")["contrast"])
    assert json.loads((tmp_path / "out" / "EXPORT.json").read_text())["rows"]["gene values"] == len(table)
    left = pd.read_csv(tmp_path / "out" / "LEFT_OUT.tsv", sep="\t").set_index("what")
    assert left.loc["gene values", "rows"] == n


def test_a_gene_without_p_has_no_q_and_lowers_no_other(embedded_store: Store, tmp_path: Path) -> None:
    signatures = ingested(embedded_store, tmp_path)
    known = signatures.get(COHORT)
    signatures.put(replace(known, p=np.where(np.arange(len(known.p)) < 3, np.nan, known.p)))
    export(embedded_store, signatures, "contrasts", tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "contrasts.parquet").query("contrast == @COHORT")
    assert list(np.flatnonzero(table["q"].isna())) == [0, 1, 2]
    np.testing.assert_allclose(table["q"][3:], stats.false_discovery_control(known.p[3:]))
