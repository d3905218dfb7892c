"""Normalisations against their definitions: plain arithmetic, dense least squares, and size factors that are known."""

import numpy as np
import pytest
from scipy import sparse

from ingest.method.normalise import normalise
from ingest.method.pooling import SIZES, pooled, size_factors


def cells_of(rng: np.random.Generator, n: int, genes: int = 400, raised: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Counts and the true factor of each cell; in every second cell ``raised`` genes are six times as high."""
    true = rng.lognormal(0, 0.5, n)
    mean = np.tile(rng.gamma(2, 2, genes), (n, 1))
    mean[::2, :raised] *= 6
    return rng.poisson(mean * true[:, None]), true / true.mean()


def test_log_is_counts_per_ten_thousand():
    counts = np.array([[1, 3, 0], [0, 5, 5]])
    total = np.array([8.0, 10.0])  # of the whole cell, not of these genes alone
    want = np.log1p(counts / total[:, None] * 1e4)
    np.testing.assert_allclose(normalise(sparse.csr_matrix(counts), total).toarray(), want)


def test_pools_are_a_least_squares_problem_solved_by_a_transform():
    rng = np.random.default_rng(0)
    counts, _ = cells_of(rng, 60)
    total = counts.sum(axis=1).astype(float)
    rows = counts / total[:, None]
    reference = rows.mean(axis=0)
    order = np.argsort(total, kind="stable")
    ring = np.concatenate([order[::2], order[1::2][::-1]])
    left, right = [], []
    for size in (s for s in SIZES if s <= 60):
        for start in range(60):
            members = ring[(start + np.arange(size)) % 60]
            equation = np.zeros(60)
            equation[members] = 1
            left.append(equation)
            right.append(np.median(rows[members].sum(axis=0) / reference))
    weight = np.sqrt(1e-6)
    left, right = np.vstack([left, weight * np.eye(60)]), np.concatenate([right, np.full(60, weight)])
    want = np.linalg.lstsq(left, right, rcond=None)[0]
    np.testing.assert_allclose(pooled(rows, reference, total), want, rtol=1e-6)


def test_pools_find_the_factors_that_library_sizes_miss():
    """A tenth of the genes is six times as high in half of the cells: their libraries are large, their factors are
    not."""
    rng = np.random.default_rng(1)
    counts, true = cells_of(rng, 400, raised=40)
    found = size_factors(sparse.csr_matrix(counts))
    library = counts.sum(axis=1) / counts.sum(axis=1).mean()
    bias = [np.log(f / true)[::2].mean() - np.log(f / true)[1::2].mean() for f in (found.factors, library)]
    assert bias[1] > 0.3
    assert abs(bias[0]) < 0.4 * bias[1]
    assert not found.by_library.any()


def test_few_cells_keep_their_library_sizes_and_it_is_told():
    counts, _ = cells_of(np.random.default_rng(2), 12)
    found = size_factors(sparse.csr_matrix(counts))
    assert found.by_library.all()
    np.testing.assert_allclose(found.factors, counts.sum(axis=1) / counts.sum(axis=1).mean())


def test_pooled_values_are_counts_over_the_factors():
    counts, _ = cells_of(np.random.default_rng(3), 80)
    total = counts.sum(axis=1).astype(float)
    size = size_factors(sparse.csr_matrix(counts)).factors * total.mean() / 1e4
    want = np.log1p(counts / size[:, None])
    np.testing.assert_allclose(normalise(sparse.csr_matrix(counts), total, "pooled").toarray(), want)


@pytest.mark.models
def test_pearson_residuals_are_those_of_the_formula():
    counts, _ = cells_of(np.random.default_rng(4), 50)
    counts[:, 7] = 0
    mean = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    with np.errstate(invalid="ignore"):
        want = np.clip((counts - mean) / np.sqrt(mean + mean**2 / 100), -np.sqrt(50), np.sqrt(50))
    found = normalise(sparse.csr_matrix(counts), counts.sum(axis=1).astype(float), "pearson")
    np.testing.assert_allclose(found, np.nan_to_num(want), atol=1e-9)
