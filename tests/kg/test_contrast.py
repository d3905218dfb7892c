import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import MethodError
from kg.match.contrast import contrast, indicators, log_cpm, noise_rows, residual, small_sample

GENES = 40


@pytest.fixture
def study():
    """Unbalanced: 3 strata of 5, 6 and 4 samples; a gene with an effect in each."""
    rng = np.random.default_rng(3)
    strata = np.repeat(["a", "b", "c"], [5, 6, 4])
    case = np.array([0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1.0])
    values = rng.normal(size=(15, 4)) @ rng.normal(size=(4, GENES)) + rng.normal(size=(15, GENES)) * rng.gamma(
        2, 1, GENES
    )
    values += np.outer(case, rng.normal(size=GENES)) + indicators(strata) @ rng.normal(size=(3, GENES))
    return values, case, strata


def test_effect_and_p_are_those_of_least_squares_by_statsmodels(study):
    values, case, strata = study
    found = contrast(values, case, strata)
    for gene in range(GENES):
        # The residual freedom is that of strata x arm: the interaction is in the model, the effect is the pooled one.
        full = sm.OLS(values[:, gene], indicators(strata, case)).fit()
        pooled = sm.OLS(values[:, gene], np.column_stack([case, indicators(strata)])).fit()
        error = np.sqrt(pooled.normalized_cov_params[0, 0] * full.mse_resid)
        t = pooled.params[0] / error
        assert found.effect[gene] == pytest.approx(pooled.params[0], abs=1e-10)
        expected = 2 * sm.stats.stattools.stats.t.sf(abs(t), full.df_resid)
        assert found.p[gene] == pytest.approx(expected, abs=1e-10)
    assert found.df == 15 - 6


def test_without_strata_p_is_that_of_the_ordinary_t(study):
    values, case, _ = study
    found = contrast(values, case)
    p = [sm.OLS(column, sm.add_constant(case)).fit().pvalues[1] for column in values.T]
    np.testing.assert_allclose(found.p, p, rtol=0, atol=1e-10)


def test_the_factor_is_the_residual_covariance_over_the_moderated_spread(study):
    values, case, strata = study
    found = contrast(values, case, strata, corrected=False)
    left = np.column_stack([sm.OLS(column, indicators(strata, case)).fit().resid for column in values.T])
    covariance = left.T @ left / found.df
    spread = np.sqrt(np.diag(covariance))
    scale = spread + np.median(spread)
    np.testing.assert_allclose(found.factor.T @ found.factor, covariance / np.outer(scale, scale), atol=1e-12)
    root = np.sqrt(1 - 2 * spread / scale / found.df)
    full = contrast(values, case, strata).factor
    np.testing.assert_allclose(full.T @ full, covariance / np.outer(scale * root, scale * root), atol=1e-12)


@pytest.mark.parametrize(("arm", "short"), [(8, 1.05), (5, 1.1), (3, 1.2)])
def test_the_factor_gives_the_variance_of_the_vector(arm, short):
    """To 6% with the correction for small designs; without it the noise is short by more than ``short``."""
    rng, common = np.random.default_rng(5), np.random.default_rng(6).normal(size=(4, 150)) / 2
    case, vectors, lengths = np.repeat([0.0, 1.0], arm), [], {True: [], False: []}
    for _ in range(1500):
        values = rng.normal(size=(2 * arm, 4)) @ common + rng.normal(size=(2 * arm, 150)) * (1 + np.arange(150) / 50)
        for corrected, found in ((c, contrast(values, case, corrected=c)) for c in lengths):
            lengths[corrected].append((found.factor**2).sum())
        vectors.append(found.vector)
    total = np.var(vectors, axis=0).sum()
    assert total / np.mean(lengths[True]) == pytest.approx(1, abs=0.06)
    assert total / np.mean(lengths[False]) > short


def test_the_correction_is_that_of_student_for_a_loud_gene():
    """Far above the median spread the vector is Student's t, whose variance is df / (df - 2)."""
    for df in (4, 6, 13):
        assert small_sample(np.array([1.0]), np.array([1.0 + 1e-12]), df)[0] ** 2 == pytest.approx(df / (df - 2))


def test_rows_of_noise_are_independent_and_span_the_residuals(study):
    values, case, strata = study
    groups = indicators(strata, case)
    rows, spread = noise_rows(values, groups)
    left = residual(values, groups)
    np.testing.assert_allclose(rows.T @ rows, left.T @ left / len(rows), atol=1e-10)
    gram = rows @ rows.T
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-10)
    np.testing.assert_allclose(spread**2, (rows**2).sum(axis=0))


@given(st.floats(-5, 5), st.floats(0.1, 10))
def test_shift_and_unit_of_the_expression_do_not_matter(shift, unit):
    rng = np.random.default_rng(1)
    values, case = rng.normal(size=(8, 20)), np.repeat([0.0, 1.0], 4)
    plain, moved = contrast(values, case), contrast(values * unit + shift, case)
    np.testing.assert_allclose(moved.vector, plain.vector, atol=1e-9)
    np.testing.assert_allclose(moved.effect, plain.effect * unit, atol=1e-9)


def test_exchanged_arms_turn_the_sign_and_keep_the_noise(study):
    values, case, strata = study
    there, back = contrast(values, case, strata), contrast(values, 1 - case, strata)
    np.testing.assert_allclose(there.vector, -back.vector, atol=1e-12)
    np.testing.assert_allclose(there.factor.T @ there.factor, back.factor.T @ back.factor, atol=1e-12)


@pytest.mark.parametrize(
    ("case", "strata", "code"),
    [
        ([0, 1], ["a", "a"], "NO_REPLICATES"),
        ([0, 0, 1, 1], ["a", "a", "b", "b"], "CONFOUNDED"),
        ([1, 1, 1, 1], ["a", "a", "a", "a"], "CONFOUNDED"),
        ([0, 1, 0, 1], ["a", "a", "b", "b"], "NO_REPLICATES"),
    ],
)
def test_designs_that_say_nothing_are_refused(case, strata, code):
    values = np.random.default_rng(0).normal(size=(len(case), 10))
    with pytest.raises(MethodError) as caught:
        contrast(values, case, strata)
    assert caught.value.code == code


def test_genes_that_do_not_vary():
    values = np.random.default_rng(0).normal(size=(8, 10))
    values[:, :3] = 1.0
    found = contrast(values, np.repeat([0.0, 1.0], 4))
    assert found.vector[:3] == pytest.approx(0, abs=1e-9)
    assert np.isfinite(found.factor).all()
    values[:, :8] = 1.0
    with pytest.raises(MethodError) as caught:
        contrast(values, np.repeat([0.0, 1.0], 4))
    assert caught.value.code == "NO_VARIANCE"


def test_log_cpm_by_hand():
    np.testing.assert_allclose(log_cpm([[1, 0], [3, 2]]), np.log2([[250_001, 1], [750_001, 1_000_001]]))
