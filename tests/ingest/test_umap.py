"""The picture of points: its graph against umap-learn's, its neighbours against a plain loop's."""

import numpy as np
import pytest

from ingest.method.umap import fuzzy_neighbours, umap


def points(n=240, d=12, seed=0):
    rng = np.random.default_rng(seed)
    centres = 4 * rng.normal(size=(6, d))
    return centres[np.arange(n) % 6] + rng.normal(size=(n, d)), np.arange(n) % 6


def nearest(X, k):
    gap = np.array([[np.sum((a - b) ** 2) for b in X] for a in X])
    np.fill_diagonal(gap, np.inf)
    return np.argsort(gap, axis=1)[:, :k]


def test_groups_stay_groups_and_neighbours_neighbours():
    X, group = points()
    places = umap(X, seed=3)
    assert places.shape == (240, 2)
    assert np.isfinite(places).all()
    assert (group[nearest(places, 10)] == group[:, None]).mean() > 0.99
    kept = [len(set(a) & set(b)) / 15 for a, b in zip(nearest(X, 15), nearest(places, 15), strict=True)]
    assert np.mean(kept) > 0.4, "15 neighbours of 40 in the group: .38 by chance, if only the groups stayed"


def test_the_same_points_and_seed_give_the_same_picture():
    X, _ = points(90)
    np.testing.assert_array_equal(umap(X, seed=1), umap(X, seed=1))
    assert not np.array_equal(umap(X, seed=1), umap(X, seed=2))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
def test_few_points_and_equal_points(n):
    assert np.isfinite(umap(np.zeros((n, 5)))).all()
    assert np.isfinite(umap(points(n)[0])).all()


def test_the_graph_is_symmetric_and_each_point_has_its_neighbours_weight():
    X, _ = points(120)
    graph = fuzzy_neighbours(X, 14)
    assert abs(graph - graph.T).max() == 0
    assert graph.max() <= 1


@pytest.mark.models
def test_the_graph_is_that_of_umap_learn():
    from umap.umap_ import fuzzy_simplicial_set

    X, _ = points()
    expected = fuzzy_simplicial_set(X.astype(np.float32), 15, np.random.RandomState(0), "euclidean")[0]
    assert abs(fuzzy_neighbours(X, 14) - expected).max() < 1e-4
