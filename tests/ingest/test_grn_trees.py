import numpy as np
import pandas as pd
import pytest

from ingest.method import grn
from ingest.method.pyscenic_compat import scenic
from tests.ingest.grn_truth import made

pytestmark = pytest.mark.models
TREES = ("grnboost2", "rustscenic")


def frame(found: grn.Adjacencies) -> pd.Series:
    return pd.Series(found.importance, index=pd.MultiIndex.from_arrays([found.tf, found.target])).sort_index()


def test_grnboost2_is_arboretos_own():
    from distributed import Client, LocalCluster

    data = made(cells=120, tfs=4, targets=12)
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster, Client(cluster) as client:
        theirs = scenic("arboreto.algo").grnboost2(
            data.expression, gene_names=data.genes, tf_names=data.tfs, client_or_address=client, seed=5
        )
    ours = frame(grn.infer(data.expression, data.genes, data.tfs, engine="grnboost2", seed=5))
    expected = theirs.set_index(["TF", "target"])["importance"].sort_index()
    expected = expected[expected > 0]
    assert ours.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(ours.to_numpy(), expected.to_numpy(), rtol=1e-9)


@pytest.mark.parametrize("engine", TREES)
def test_trees_find_true_edges_and_say_no_signs(engine):
    data = made(cells=300, tfs=6, targets=20)
    one, two = (grn.infer(data.expression, data.genes, data.tfs, engine=engine, seed=s) for s in (1, 1))
    assert frame(one).equals(frame(two))
    assert one.sign is None
    assert one.engine == engine
    best = list(zip(one.tf[:15].tolist(), one.target[:15].tolist(), strict=True))
    assert sum(pair in data.edges for pair in best) >= 11
    assert (one.tf != one.target).all()


@pytest.mark.parametrize("engine", TREES)
def test_a_consensus_of_trees_has_support(engine):
    data = made(cells=150, tfs=5, targets=16)
    found = grn.consensus(data.expression, data.genes, data.tfs, engine=engine, bootstraps=4, regulators=2)
    true = np.array([pair in data.edges for pair in zip(found.tf.tolist(), found.target.tolist(), strict=True)])
    assert set(np.unique(found.support * 4)) <= {0, 1, 2, 3, 4}
    assert found.support[true].mean() > found.support[~true].mean() + 0.3


@pytest.mark.parametrize("engine", TREES)
def test_covariates_are_taken_out_of_trees_too(engine):
    rng = np.random.default_rng(0)
    depth = rng.normal(size=200)
    values = rng.normal(size=(200, 6)) * 0.3 + 3 * depth[:, None]
    values[:, 5] += values[:, 0] - 3 * depth
    genes, tfs = ["A", "B", "C", "D", "x", "y"], ["A", "B", "C", "D"]
    found = grn.infer(values, genes, tfs, engine=engine, covariates=depth, seed=1)
    share = frame(found)["A", "y"] / frame(found).xs("y", level=1).sum()
    assert share > 0.7
