"""Mutual nearest neighbours: pairs by brute force, a shift that is known, batches within batches."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ingest.method.integration.clusters import ari, kmeans
from ingest.method.integration.fastmnn import fastmnn, mutual, principal, smoothed
from kg.errors import MethodError
from tests.bench.nested import nested

RNG = np.random.default_rng(5)


def test_pairs_are_those_of_all_distances() -> None:
    one, two = RNG.normal(size=(40, 3)), RNG.normal(size=(30, 3))
    far, k = cdist(one, two), 4
    rank, back = far.argsort(axis=1).argsort(axis=1), far.argsort(axis=0).argsort(axis=0)
    found = mutual(one, two, k)
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == set(
        zip(*map(np.ndarray.tolist, np.nonzero((rank < k) & (back < k))), strict=True)
    )


def test_a_correction_is_the_mean_of_the_vectors_near() -> None:
    ends, vectors = np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    near = smoothed(np.array([[0.1, 0.0], [9.9, 0.0]]), ends, vectors, k=1)
    np.testing.assert_allclose(near, vectors, atol=1e-6)
    between = smoothed(np.array([[5.0, 0.0]]), ends, vectors, k=2)
    np.testing.assert_allclose(between, [[0.5, 0.5]], atol=1e-6)


def test_a_shift_is_taken_off_where_only_some_types_are_common() -> None:
    means = 8 * np.eye(5)
    one, two = RNG.integers(0, 4, 200), RNG.integers(1, 5, 200)
    left, right = (means[t] + 0.5 * RNG.normal(size=(200, 5)) for t in (one, two))
    shift = np.array([0.0, 0.0, 0.0, 0.0, 0.0])
    shift[:] = 3 * np.linalg.qr(RNG.normal(size=(5, 5)))[0][:, 0]
    points, batch = np.concatenate([left, right + shift]), np.repeat([0, 1], 200)
    found, label = fastmnn(points, batch), np.r_[one, two]
    for t in (1, 2, 3):
        apart = found[(label == t) & (batch == 0)].mean(axis=0) - found[(label == t) & (batch == 1)].mean(axis=0)
        assert np.linalg.norm(apart) < 0.8
    assert ari(label, kmeans(found, 5, starts=10)) > 0.95


def test_batches_within_batches_find_each_other() -> None:
    counts, label, batch, _ = nested(0, laboratories=3, runs=3, types=5, cells=60, genes=200)
    values = np.log1p(1e4 * counts / counts.sum(axis=1, keepdims=True))
    points = principal(values, batch, 15)
    before, after = (ari(label, kmeans(each, 5)) for each in (points, fastmnn(points, batch)))
    assert after > before + 0.3
    assert after > 0.7


def test_no_label_is_seen_and_the_order_of_cells_does_not_matter() -> None:
    points, batch = RNG.normal(size=(120, 4)), np.repeat([0, 1, 2], 40)
    order = RNG.permutation(120)
    np.testing.assert_allclose(fastmnn(points, batch)[order], fastmnn(points[order], batch[order]), atol=1e-9)
    with pytest.raises(MethodError) as told:
        fastmnn(points, np.r_[np.zeros(119), 1].astype(int))
    assert told.value.code == "FEW_CELLS"
