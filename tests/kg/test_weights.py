import numpy as np
import pandas as pd
import pytest

from kg.match.joint import Side
from kg.match.weights import GeneSets

N = 300


@pytest.fixture
def net():
    rng = np.random.default_rng(1)
    genes = np.array([f"g{i:03}" for i in range(N)])
    rows = [
        (f"T{t:02}", gene, rng.choice([-1.0, 1.0])) for t in range(12) for gene in rng.choice(genes, 5 + 4 * t, False)
    ]
    return genes, pd.DataFrame(rows, columns=["source", "target", "weight"])


def built(genes, edges) -> GeneSets:
    return GeneSets.build(edges.source.to_numpy(str), edges.target.to_numpy(str), edges.weight.to_numpy(), genes)


def a_side(seed: int = 0) -> Side:
    rng = np.random.default_rng(seed)
    return Side(rng.normal(size=N) + 0.4, rng.normal(size=(6, N)), 6)


@pytest.mark.long
def test_activity_is_the_univariate_linear_model_of_decoupler(net):
    """ulm gives the t of the slope; ours is the correlation in the length of the vector: t = r sqrt((n - 2) / (1 -
    r^2))."""
    import decoupler as dc  # which imports anndata: slow where this test is left out

    genes, edges = net
    weights, side = built(genes, edges).on(np.arange(N)), a_side()
    ulm = dc.mt.ulm(pd.DataFrame(side.vector[None], ["x"], genes), edges, tmin=5)[0].loc["x", weights.names]
    r = weights.activity(side).vector / np.linalg.norm(side.centred().vector)
    np.testing.assert_allclose(r * np.sqrt((N - 2) / (1 - r**2)), ulm, rtol=1e-4, atol=1e-4)
    assert (np.sign(r) == np.sign(ulm)).all()
    assert (np.argsort(r) == np.argsort(ulm.to_numpy())).all()


def test_activity_is_the_dense_map_of_centred_columns_of_unit_length(net):
    genes, edges = net
    rows = np.arange(0, N, 2)
    weights, whole = built(genes, edges).on(rows), a_side()
    side = whole.at(rows)
    dense = edges.pivot_table(index="target", columns="source", values="weight").reindex(genes[rows]).fillna(0)
    dense = dense[weights.names].to_numpy()
    dense -= dense.mean(axis=0)
    dense /= np.linalg.norm(dense, axis=0)
    found = weights.activity(side)
    np.testing.assert_allclose(found.vector, side.vector @ dense, atol=1e-10)
    np.testing.assert_allclose(found.factor, side.factor @ dense, atol=1e-10)
    assert found.df == side.df


def test_sets_that_are_too_small_or_hold_everything_are_left_out():
    genes = np.array(["a", "b", "c", "d", "e", "f"])
    names = np.repeat(["all", "five", "four"], [6, 5, 4])
    members = np.array(list("abcdef") + list("abcde") + list("abcd"))
    sets = GeneSets.build(names, members, np.ones(15), genes)
    assert sets.on(np.arange(6)).names.tolist() == ["five"]
    assert sets.on(np.arange(5)).names.tolist() == []
    assert sets.on(np.arange(6), min_members=4).names.tolist() == ["five", "four"]


def test_edges_count_once_by_sign_and_strangers_are_left_out():
    genes = np.array(["b", "a", "c"])
    sets = GeneSets.build(
        np.array(["T", "T", "T", "T"]), np.array(["a", "a", "c", "z"]), np.array([2.5, -1, -0.3, 1]), genes
    )
    assert sets.matrix.toarray().ravel().tolist() == [0, 1, -1]


def test_a_gene_on_several_rows_is_a_member_on_each():
    sets = GeneSets.build(np.array(["T"]), np.array(["a"]), np.array([-1.0]), np.array(["a", "b", "a"]))
    assert sets.matrix.toarray().ravel().tolist() == [-1, 0, -1]
