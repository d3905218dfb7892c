"""``contrasts.h5ad`` read back by anndata and scanpy: the numbers of ``contrasts.parquet``, orthologs in one column."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kg.curie import HUMAN, MOUSE
from kg.export.run import export
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from tests.simulated import ingested

pytestmark = pytest.mark.graph


def test_it_holds_the_numbers_of_the_table_and_shares_columns_between_species(store: Store, tmp_path: Path) -> None:
    import anndata

    signatures = ingested(store, tmp_path)
    export(store, signatures, "h5ad", tmp_path / "h5ad")
    export(store, signatures, "contrasts", tmp_path / "parquet")
    data = anndata.read_h5ad(tmp_path / "h5ad" / "contrasts.h5ad")
    table = pd.read_parquet(tmp_path / "parquet" / "contrasts.parquet").query("level == 'gene'")
    assert set(data.obs_names) == set(table["contrast"])
    assert data.obs_names.is_unique
    assert data.var_names.is_unique
    for contrast, rows in table.groupby("contrast"):
        here = data[contrast]
        taxon = rows["taxon"].iloc[0]
        ids = data.var["human_gene" if taxon == HUMAN else "mouse_gene"]
        at = pd.Index(ids).get_indexer(rows["gene"])
        assert (at >= 0).all()
        for name in ("effect", "moderated", "z", "p", "q"):
            np.testing.assert_array_equal(here.layers[name][0, at], rows[name])
            assert np.isfinite(here.layers[name]).sum() == rows[name].notna().sum()
        np.testing.assert_array_equal(here.X[0, at], rows["z"])
    both = data.var[data.var["one2one"]]
    assert len(both) > 200
    assert (both.index == both["human_gene"]).all()
    shared = data[:, both.index].layers["effect"]
    for taxon in (HUMAN, MOUSE):
        assert np.isfinite(shared[(data.obs["in_taxon"] == taxon).to_numpy()]).any()
    row = data.obs.loc["orthokg:contrast/simulated/alzheimer-1"]
    assert row["licence"] == "CC0"
    assert row["n_case"] > 0
    assert row["dataset"]
    assert data.uns["orthokg"]["data_version"] == signatures.version


@pytest.mark.models
def test_it_opens_in_scanpy(embedded_store: Store, tmp_path: Path) -> None:
    import scanpy as sc

    signatures = ingested(embedded_store, tmp_path)
    export(embedded_store, signatures, "h5ad", tmp_path / "h5ad")
    data = sc.read_h5ad(tmp_path / "h5ad" / "contrasts.h5ad")
    human = data[np.isfinite(data.X).any(axis=1) & (data.obs["in_taxon"] == HUMAN).to_numpy()]
    whole = human[:, np.isfinite(human.X).all(axis=0)].copy()
    assert whole.n_vars > 200
    sc.pp.pca(whole, n_comps=2)
    assert whole.obsm["X_pca"].shape == (whole.n_obs, 2)


def test_where_no_values_may_leave_there_is_none(embedded_store: Store, tmp_path: Path) -> None:
    import anndata

    signatures: SignatureStore = ingested(embedded_store, tmp_path)
    embedded_store.write("MATCH (d:Dataset) SET d.redistribute = false")
    done = export(embedded_store, signatures, "h5ad", tmp_path / "out")
    assert anndata.read_h5ad(tmp_path / "out" / "contrasts.h5ad").shape == (0, 0)
    assert "gene values" in {what for _, _, what, _, _ in done.left_out}
