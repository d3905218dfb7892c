import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import norm, rankdata

from ingest.method import grn, grn_ridge
from ingest.method.normal_scores import normal_scores
from kg.errors import MethodError
from tests.ingest.grn_truth import made


def loss(X, y, penalty):
    """Least penalised loss a cell, by an ordinary least-squares solver on the augmented problem."""
    n, k = X.shape
    if k == 0:
        return (y @ y) / n
    wide = np.vstack([X, np.sqrt(penalty * n) * np.eye(k)])
    b = np.linalg.lstsq(wide, np.r_[y, np.zeros(k)], rcond=None)[0]
    return (((y - X @ b) ** 2).sum() / n + penalty * (b @ b), b)


def by_hand(values, factors, gene, penalty):
    """Loss without each factor minus loss with all, and the sign of its coefficient."""
    others = [f for f in factors if f != gene]
    X, y = values[:, others], values[:, gene]
    whole, b = loss(X, y, penalty)
    without = [loss(np.delete(X, j, axis=1), y, penalty)[0] - whole for j in range(len(others))]
    return dict(zip(others, zip(without, np.sign(b), strict=True), strict=True))


def by_rank(values):
    return norm.ppf(rankdata(values, axis=0) / (len(values) + 1))


def standard(values):
    return (values - values.mean(axis=0)) / values.std(axis=0)


def as_matrix(found, data, column):
    at = {name: i for i, name in enumerate(data.genes)}
    matrix = np.zeros((len(data.tfs), len(data.genes)))
    matrix[[at[t] for t in found.tf], [at[t] for t in found.target]] = column
    return matrix


def test_ridge_is_the_loss_without_each_factor_by_least_squares():
    data = made(cells=60, tfs=5, targets=12)
    found = grn.infer(data.expression, data.genes, data.tfs)
    importance, sign = (as_matrix(found, data, c) for c in (found.importance, found.sign))
    values, penalty = standard(by_rank(data.expression)), 5 / (60 - 1)
    for gene in range(len(data.genes)):
        for factor, (lost, way) in by_hand(values, range(5), gene, penalty).items():
            assert importance[factor, gene] == pytest.approx(lost, rel=1e-8, abs=1e-12)
            assert sign[factor, gene] == way
    assert (np.diagonal(importance) == 0).all()


def test_what_is_monotone_changes_nothing():
    data = made(cells=120, tfs=4, targets=10)
    values = np.where(data.expression > 5, data.expression, 0)
    found, bent = (grn.consensus(v, data.genes, data.tfs, bootstraps=6) for v in (values, np.expm1(values / 3)))
    assert found.target.tolist() == bent.target.tolist()
    np.testing.assert_allclose(found.importance, bent.importance, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_normal_scores_are_quantiles_of_mean_ranks(shift):
    values = np.round(np.random.default_rng(0).normal(shift, 1, (50, 6)), 1).clip(-1, 2)
    values[:, 4], values[:, 5] = 0, 3.5
    expected = by_rank(values)
    np.testing.assert_allclose(normal_scores(values), expected, atol=1e-12)
    thin = normal_scores(csr_matrix(values))
    assert thin.nnz <= np.count_nonzero(values)
    centred = [x - x.mean(axis=0) for x in (thin.toarray(), expected)]
    np.testing.assert_allclose(*centred, atol=1e-12)


def test_covariates_and_donors_are_regressed_out_first():
    data = made(cells=80, tfs=4, targets=15)
    rng = np.random.default_rng(1)
    depth, donor = rng.normal(size=80), np.repeat(["a", "b", "c", "d"], 20)
    shifted = data.expression + depth[:, None] * rng.normal(size=19) + (donor == "b")[:, None] * rng.normal(size=19) * 3
    design = np.column_stack([depth, *(donor == d for d in "abcd")]).astype(float)
    ranked = by_rank(shifted)
    left = ranked - design @ np.linalg.lstsq(design, ranked, rcond=None)[0]
    found = grn.infer(shifted, data.genes, data.tfs, covariates=depth, donors=donor)
    importance = as_matrix(found, data, found.importance)
    for gene in (0, 3, 4, 18):
        for factor, (lost, _) in by_hand(left / left.std(axis=0), range(4), gene, 4 / (80 - 5)).items():
            assert importance[factor, gene] == pytest.approx(lost, rel=1e-7, abs=1e-12)


def test_a_resample_by_weights_is_a_fit_of_the_repeated_cells():
    data = made(cells=90, tfs=4, targets=10)
    rng = np.random.default_rng(2)
    group = rng.integers(0, 9, 90)
    weights = rng.multinomial(9, np.full(9, 1 / 9), size=6).astype(float)
    factors, ones = np.arange(4), np.ones((90, 1))
    resampled = grn_ridge.Resampled(data.expression, factors, ones, group, weights)
    scores = np.concatenate([s for _, s in grn_ridge.scores(resampled, 0.1)], axis=2)
    for at, weight in enumerate(weights.astype(int)):
        rows = np.repeat(np.arange(90), weight[group])
        values = standard(data.expression[rows])
        for gene in (0, 2, 4, 13):
            for factor, (lost, way) in by_hand(values, range(4), gene, 0.1).items():
                assert scores[at, factor, gene] ** 2 == pytest.approx(lost, rel=1e-7, abs=1e-12)
                assert np.sign(scores[at, factor, gene]) == way


@pytest.mark.parametrize("penalty", [0.3, 5.0, 500.0])
def test_with_fewer_cells_than_factors_the_dual_form_gives_the_same(penalty):
    rng = np.random.default_rng(7)
    cells, factors = 60, np.r_[np.arange(3, 90), 95]
    values = np.log1p(rng.poisson(1.5, (cells, 110))).astype(float)
    values[:, 5] = 2.0  # a factor that does not vary, and below a target that does not
    values[:, 100] = 0.0
    design = np.column_stack([np.ones(cells), rng.normal(9, 1, cells), np.arange(cells) % 3 == 1])
    group = np.arange(cells) % 20
    weights = rng.multinomial(20, np.full(20, 1 / 20), size=5).astype(float)
    for given in (values, csr_matrix(values)):
        data = grn_ridge.Resampled(given, factors, design, group, weights)
        (_, dual), (_, primal) = (next(f(data, penalty)) for f in (grn_ridge.scores, grn_ridge.primal_scores))
        assert dual.shape == primal.shape == (5, 88, 110)
        np.testing.assert_allclose(dual, primal, atol=1e-8, rtol=0)
        assert np.abs(primal).max() > 0.01
    assert np.count_nonzero(dual[:, 2]) == np.count_nonzero(dual[:, :, 100]) == 0


def test_blocks_of_targets_and_sparse_cells_change_nothing(monkeypatch):
    data = made(cells=100, tfs=4, targets=30)
    counts = np.where(data.expression > 5, data.expression, 0)
    donors = np.repeat(["a", "b", "c", "d", "e"], 20)
    whole = grn.consensus(counts, data.genes, data.tfs, donors=donors, bootstraps=8)
    monkeypatch.setattr(grn_ridge, "_BLOCK_BYTES", 8 * 8 * 9 * 7)
    parts = grn.consensus(csr_matrix(counts), data.genes, data.tfs, donors=donors, bootstraps=8)
    assert whole.tf.tolist() == parts.tf.tolist()
    assert whole.target.tolist() == parts.target.tolist()
    np.testing.assert_allclose(whole.importance, parts.importance, rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(whole.support, parts.support)


def test_edges_of_high_support_are_true_and_signed():
    data = made()
    found = grn.consensus(data.expression, data.genes, data.tfs, regulators=2, seed=3)
    sure = found.at(found.support >= 0.95)
    pairs = list(zip(sure.tf.tolist(), sure.target.tolist(), strict=True))
    true = [pair in data.edges for pair in pairs]
    assert np.mean(true) >= 0.95
    assert sum(true) >= 0.95 * len(data.edges)
    assert all(data.edges[p] == s for p, s, t in zip(pairs, sure.sign, true, strict=True) if t)
    empty = [t.startswith("G") and int(t[1:]) >= 50 for t in found.target]
    assert (
        found.support[empty].mean()
        < 0.5
        < found.support[[p in data.edges for p in zip(found.tf, found.target, strict=True)]].mean()
    )


def test_what_only_donors_share_is_no_edge():
    rng = np.random.default_rng(4)
    donors = np.repeat([f"d{i}" for i in range(8)], 40)
    shift = np.repeat(rng.normal(size=8), 40) * 3
    noise = rng.normal(size=(320, 4))
    values = np.column_stack([noise[:, 0] + shift, noise[:, 1], noise[:, 2] + shift, noise[:, 3] + noise[:, 1]])
    genes, tfs = ["A", "B", "x", "y"], ["A", "B"]
    edge = {}
    for named in (None, donors):
        found = grn.infer(values, genes, tfs, donors=named)
        edge[named is None] = {(a, b): i for a, b, i in zip(found.tf, found.target, found.importance, strict=True)}
    assert edge[True]["A", "x"] > 0.5
    assert edge[False]["A", "x"] < 0.02
    assert edge[False]["B", "y"] > 0.3


def test_donors_are_the_unit_of_the_support():
    """An edge that one donor of six alone carries is lost when that donor is not drawn; each cell would vouch for
    it."""
    rng = np.random.default_rng(5)
    donors = np.repeat([f"d{i}" for i in range(6)], 200)
    values = rng.normal(size=(1200, 9))
    values[:200, 8] += 3 * values[:200, 0]
    genes, tfs = [f"T{i}" for i in range(8)] + ["x"], [f"T{i}" for i in range(8)]
    support = {}
    for named in (None, donors):
        found = grn.consensus(values, genes, tfs, donors=named, regulators=1, bootstraps=200)
        support[named is None] = dict(zip(zip(found.tf, found.target, strict=True), found.support, strict=True))[
            "T0", "x"
        ]
    assert support[True] > 0.95
    assert 0.5 < support[False] < 0.85


def test_the_same_seed_gives_the_same_network():
    data = made(cells=100)
    one, two = (grn.consensus(data.expression, data.genes, data.tfs, seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.support, two.support)
    other = grn.consensus(data.expression, data.genes, data.tfs, seed=8)
    assert (as_matrix(one, data, one.support) != as_matrix(other, data, other.support)).any()


def test_genes_that_do_not_vary_have_no_edges():
    data = made(cells=50, tfs=4, targets=12)
    data.expression[:, [1, 6]] = 3.3
    found = grn.consensus(data.expression, data.genes, data.tfs, bootstraps=5)
    assert "TF1" not in found.tf
    assert data.genes[6] not in found.target
    assert np.isfinite(found.importance).all()


def test_no_more_than_the_most_important_edges_are_kept():
    data = made()
    whole, some = (grn.infer(data.expression, data.genes, data.tfs, most=n) for n in (10**6, 25))
    assert len(some) == 25
    np.testing.assert_array_equal(some.importance, whole.importance[:25])
    assert (np.diff(whole.importance) <= 0).all()


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"tfs": ["ENSG0"]}, "NO_FACTORS", "same naming"),
        ({"genes": ["a"] * 68}, "BAD_EXPRESSION", "twice"),
        ({"genes": ["a"]}, "BAD_EXPRESSION", "does not fit"),
        ({"covariates": np.full(400, np.nan)}, "BAD_COVARIATES", "400"),
        ({"donors": ["a", "b"]}, "BAD_COVARIATES", "400"),
        ({"engine": "magic"}, "UNKNOWN_ENGINE", "ridge"),
    ],
)
def test_what_is_wrong_is_said(change, code, words):
    data = made()
    options = {"expression": data.expression, "genes": data.genes, "tfs": data.tfs} | change
    with pytest.raises(MethodError, match=words) as caught:
        grn.infer(**options)
    assert caught.value.code == code


def test_nan_and_one_donor_are_refused():
    data = made(cells=20)
    with pytest.raises(MethodError, match="NaN"):
        grn.infer(np.where(data.expression > 6, np.nan, data.expression), data.genes, data.tfs)
    with pytest.raises(MethodError, match="two donors"):
        grn.consensus(data.expression, data.genes, data.tfs, donors=["a"] * 20)


def test_the_penalty_grows_where_cells_are_few():
    data = made(cells=300, tfs=8)
    few = grn_ridge.Resampled(data.expression[:12], np.arange(8), np.ones((12, 1)), np.zeros(12, int), np.ones((1, 1)))
    many = grn_ridge.Resampled(data.expression, np.arange(8), np.ones((300, 1)), np.zeros(300, int), np.ones((1, 1)))
    assert grn_ridge.usual_penalty(many) == pytest.approx(8 / 299)
    assert grn_ridge.usual_penalty(few) == pytest.approx(8 / 11 * (80 / 11) ** 2)
    found = grn.infer(data.expression[:12], data.genes, data.tfs)
    importance = as_matrix(found, data, found.importance)[:, 8:]
    plain = np.corrcoef(by_rank(data.expression[:12]).T)[:8, 8:] ** 2
    assert np.corrcoef(importance.ravel(), plain.ravel())[0, 1] > 0.99
