from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.tools.tools import add_constant

from kg.errors import MethodError
from kg.match.contrast import contrast, indicators, linear_contrast, log_cpm, noise_rows, residual, small_sample

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
        full = OLS(values[:, gene], indicators(strata, case)).fit()
        pooled = OLS(values[:, gene], np.column_stack([case, indicators(strata)])).fit()
        error = np.sqrt(pooled.normalized_cov_params[0, 0] * full.mse_resid)
        t = pooled.params[0] / error
        assert found.effect[gene] == pytest.approx(pooled.params[0], abs=1e-10)
        expected = 2 * stats.t.sf(abs(t), full.df_resid)
        assert found.p[gene] == pytest.approx(expected, abs=1e-10)
    assert found.df == 15 - 6


def test_without_strata_p_is_that_of_the_ordinary_t(study):
    values, case, _ = study
    found = contrast(values, case)
    p = [OLS(column, add_constant(case)).fit().pvalues[1] for column in values.T]
    np.testing.assert_allclose(found.p, p, rtol=0, atol=1e-10)


def test_the_factor_is_the_residual_covariance_over_the_moderated_spread(study):
    values, case, strata = study
    found = contrast(values, case, strata, corrected=False)
    left = np.column_stack([OLS(column, indicators(strata, case)).fit().resid for column in values.T])
    covariance = left.T @ left / found.df
    spread = np.sqrt(np.diag(covariance))
    scale = spread + np.median(spread)
    np.testing.assert_allclose(found.factor.T @ found.factor, covariance / np.outer(scale, scale), atol=1e-12)
    root = np.sqrt(1 - 2 * spread / scale / found.df)
    full = contrast(values, case, strata).factor
    np.testing.assert_allclose(full.T @ full, covariance / np.outer(scale * root, scale * root), atol=1e-12)


@pytest.mark.long
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


def made_design(seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strain x genotype with a covariate, unbalanced: 19 samples, 7 coefficients, and expression with effects."""
    rng = np.random.default_rng(seed)
    strain, case, age = np.repeat([0, 1, 2], [7, 7, 5]), (np.arange(19) % 2).astype(float), rng.uniform(60, 400, 19)
    a, b = (strain == 1).astype(float), (strain == 2).astype(float)
    design = np.column_stack([np.ones(19), a, b, case, a * case, b * case, age])
    effects = rng.normal(size=(7, GENES)) * np.array([[1, 1, 1, 1, 1, 1, 0.01]]).T
    return rng.normal(size=(19, GENES)) * rng.gamma(2, 1, GENES) + design @ effects, design, rng.normal(size=7)


def test_any_combination_of_any_design_is_that_of_least_squares_by_statsmodels():
    values, design, _ = made_design()
    for combination in ([0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, -1, 0], [0, 0, 0, 0, 0, 0, 1.0]):
        found = linear_contrast(values, design, combination)
        for gene in range(GENES):
            test = OLS(values[:, gene], design).fit().t_test(combination)
            assert found.effect[gene] == pytest.approx(float(test.effect[0]), rel=1e-9)
            assert found.p[gene] == pytest.approx(float(test.pvalue), rel=1e-8, abs=1e-14)
        assert found.df == 19 - 7


def test_arms_within_strata_are_one_combination_of_the_full_design(study):
    """Each stratum's difference weighs n1 n0 / (n1 + n0): the same vector, factor, effect and p, to rounding."""
    values, case, strata = study
    cells = indicators(strata, case)  # a0 a1 b0 b1 c0 c1
    n = cells.sum(axis=0).reshape(3, 2)
    weight = n.prod(axis=1) / n.sum(axis=1)
    combination = np.column_stack([-weight, weight]).ravel() / weight.sum()
    one, two = contrast(values, case, strata), linear_contrast(values, cells, combination)
    for name in ("vector", "effect", "p"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=0, atol=1e-12)
    np.testing.assert_allclose(two.factor.T @ two.factor, one.factor.T @ one.factor, rtol=0, atol=1e-12)


def test_what_a_design_gives_does_not_depend_on_how_it_is_coded():
    """Other reference levels, a column too many, or years in place of days: the same contrast."""
    values, design, combination = made_design()
    turn = np.random.default_rng(2).normal(size=(7, 7))
    other = design @ turn
    plain, turned = linear_contrast(values, design, combination), linear_contrast(values, other, combination @ turn)
    doubled = linear_contrast(
        values, np.column_stack([design, design[:, 0] - design[:, 1]]), [*combination, combination[0] - combination[1]]
    )
    years = linear_contrast(values, design * [1, 1, 1, 1, 1, 1, 1e-9], combination * [1, 1, 1, 1, 1, 1, 1e-9])
    for found in (turned, doubled, years):
        np.testing.assert_allclose(found.vector, plain.vector, rtol=1e-7)
        np.testing.assert_allclose(found.effect, plain.effect, rtol=1e-7)
        np.testing.assert_allclose(found.factor.T @ found.factor, plain.factor.T @ plain.factor, atol=1e-8)


@pytest.mark.long
def test_the_factor_gives_the_variance_of_the_vector_of_an_interaction():
    rng, common = np.random.default_rng(5), np.random.default_rng(6).normal(size=(4, 150)) / 2
    _, design, _ = made_design()
    vectors, lengths = [], []
    for _ in range(1500):
        values = rng.normal(size=(19, 4)) @ common + rng.normal(size=(19, 150)) * (1 + np.arange(150) / 50)
        found = linear_contrast(values, design, [0, 0, 0, 0, 1, 0, 0])
        vectors.append(found.vector)
        lengths.append((found.factor**2).sum())
    assert np.var(vectors, axis=0).sum() / np.mean(lengths) == pytest.approx(1, abs=0.06)


def test_a_combination_that_the_samples_do_not_tell():
    values, design, _ = made_design()
    confounded = np.column_stack([design, design[:, 1]])  # a batch that is the strain
    for matrix, combination in (
        (confounded, [0, 1, 0, 0, 0, 0, 0, 0]),
        (confounded, [0, 0, 0, 0, 0, 0, 0, 1]),
        (design * [1, 1, 1, 1, 0, 1, 1], [0, 0, 0, 0, 1, 0, 0]),
        (design, [0] * 7),
    ):
        with pytest.raises(MethodError) as caught:
            linear_contrast(values, matrix, combination)
        assert caught.value.code == "NOT_ESTIMABLE"
    assert linear_contrast(values, confounded, [0, 0, 0, 1, 0, 0, 0, 0]).df == 12
    with pytest.raises(MethodError) as caught:
        linear_contrast(values[:7], np.eye(7), [1, -1, 0, 0, 0, 0, 0])
    assert caught.value.code == "NO_REPLICATES"


def test_draws_from_the_factor_spread_as_exact_permutation_of_the_labels():
    """4 against 4: the score of all 70 ways to deal the labels, of genes that move together, against the factor's own
    sd."""
    rng = np.random.default_rng(11)
    common = rng.normal(size=(3, 400))
    values = rng.normal(size=(8, 3)) @ common + rng.normal(size=(8, 400)) * rng.gamma(2, 1, 400)
    score = rng.normal(size=3) @ common + rng.normal(size=400)
    dealt, known, drawn = [], [], []
    for chosen in combinations(range(8), 4):
        made = contrast(values, np.isin(np.arange(8), chosen).astype(float))
        dealt.append(made.vector @ score)
        known.append(((made.factor @ score) ** 2).sum())
        drawn.append(rng.normal(size=(50, made.df)) @ made.factor @ score)
    assert np.sqrt(np.mean(known)) == pytest.approx(np.std(dealt), rel=0.06)
    assert np.std(drawn) == pytest.approx(np.std(dealt), rel=0.08)
    # what genes that do not move together would give, at the median spread
    independent = np.sqrt((score**2).sum()) * 0.5
    assert np.std(dealt) > 2 * independent
