import numpy as np
import pytest
from scipy.sparse import csr_matrix

from ingest.method.aucell import aucell
from ingest.method.regulons import Regulon
from kg.errors import MethodError


def regulon(targets, weights=None):
    return Regulon("T", tuple(targets), tuple(weights or [1.0] * len(targets)), 1, False)


def by_loop(row, genes, targets, weights, threshold, rng):
    """The area under the recovery curve of one cell, step by step; ties in the order of a shuffle."""
    order = rng.permutation(len(row))
    order = order[np.argsort(-row[order], kind="stable")]
    ranked = [genes[i] for i in order]
    cutoff = round(threshold * len(genes)) - 1
    found, area = 0.0, 0.0
    for gene in ranked[:cutoff]:
        found += dict(zip(targets, weights, strict=True)).get(gene, 0.0)
        area += found
    present = sum(w for t, w in zip(targets, weights, strict=True) if t in genes)
    return area / ((cutoff + 1) * present)


@pytest.mark.parametrize("weighted", [False, True])
def test_without_ties_it_is_the_area_by_a_plain_loop(weighted):
    rng = np.random.default_rng(0)
    genes = [f"g{i}" for i in range(150)]
    values = rng.normal(size=(12, 150))
    sets = [regulon(rng.choice(genes, n, replace=False), rng.uniform(0.1, 2, n).tolist()) for n in (5, 30, 80)]
    found = aucell(values, genes, sets, auc_threshold=0.2, weights=weighted)
    for cell, row in enumerate(values):
        for at, one in enumerate(sets):
            weight = one.weights if weighted else [1.0] * len(one.targets)
            assert found[cell, at] == pytest.approx(by_loop(row, genes, one.targets, weight, 0.2, rng), abs=1e-12)


def test_ties_share_the_mean_over_shuffles():
    rng = np.random.default_rng(1)
    genes = [f"g{i}" for i in range(60)]
    values = rng.poisson(0.7, size=(6, 60)).astype(float)
    values[0] = 0
    values[1] = 2
    values[2, :3] = 9
    values[2, 3:] = 0
    one = regulon(rng.choice(genes, 12, replace=False))
    found = aucell(values, genes, [one], auc_threshold=0.25)[:, 0]
    for cell, row in enumerate(values):
        shuffled = [by_loop(row, genes, one.targets, one.weights, 0.25, rng) for _ in range(3000)]
        error = np.std(shuffled) / np.sqrt(3000)
        assert found[cell] == pytest.approx(np.mean(shuffled), abs=max(4 * error, 1e-12))


def test_sparse_dense_and_shifted_cells_agree():
    rng = np.random.default_rng(2)
    genes = [f"g{i}" for i in range(200)]
    values = rng.poisson(0.4, size=(1100, 200)).astype(float)
    sets = [regulon(rng.choice(genes, 20, replace=False)) for _ in range(4)]
    dense = aucell(values, genes, sets)
    np.testing.assert_allclose(aucell(csr_matrix(values), genes, sets), dense, atol=1e-14)
    np.testing.assert_allclose(aucell(values - 5, genes, sets), dense, atol=1e-14)
    explicit = csr_matrix(values)
    explicit.data[::3] = 0
    np.testing.assert_allclose(aucell(explicit, genes, sets), aucell(explicit.toarray(), genes, sets), atol=1e-14)
    assert (explicit.data == 0).any()


def test_a_regulon_that_is_mostly_absent_is_zero_and_a_full_one_is_near_one():
    genes = [f"g{i}" for i in range(100)]
    values = np.arange(100.0)[None, ::-1]
    sets = [regulon([*genes[:7], "x", "y"]), regulon([*genes[:8], "x", "y"]), regulon(genes[:1]), regulon(genes[50:60])]
    found = aucell(values, genes, sets, auc_threshold=0.2)[0]
    assert found[0] == 0
    assert found[1] > 0.6
    assert found[2] == pytest.approx(19 / 20)
    assert found[3] == 0


@pytest.mark.parametrize(
    ("values", "threshold", "code"),
    [
        (np.ones((3, 9)), 0.5, "BAD_EXPRESSION"),
        (np.full((3, 10), np.nan), 0.5, "BAD_EXPRESSION"),
        (np.ones((3, 10)), 0.05, "BAD_THRESHOLD"),
        (np.ones((3, 10)), 1.5, "BAD_THRESHOLD"),
    ],
)
def test_what_is_wrong_is_said(values, threshold, code):
    with pytest.raises(MethodError) as caught:
        aucell(values, [f"g{i}" for i in range(10)], [regulon(["g1"])], auc_threshold=threshold)
    assert caught.value.code == code
