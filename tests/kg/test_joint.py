import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kg.errors import MethodError
from kg.match.joint import Side, ceiling, corrected_score, joint_test, naive_p

FEATURES, DRAWS = 60, 20_000


def side(seed: int, rows: int = 8, effect: float = 1.0) -> Side:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(rows, 5)) @ rng.normal(size=(5, FEATURES)) / 10 + rng.normal(size=(rows, FEATURES)) / 5
    return Side(rng.normal(size=FEATURES) * effect, factor, rows)


@pytest.mark.long
@pytest.mark.parametrize("mouse_real", [False, True])
@pytest.mark.parametrize("human_real", [False, True])
def test_variance_is_that_of_draws_from_the_factors(mouse_real, human_real):
    """Whatever the true effects, as long as they are orthogonal, V before its floor is on average the variance of T."""
    rng = np.random.default_rng(7)
    mouse, human = side(1, 8), side(2, 12)
    m = mouse.vector * mouse_real
    h = human.vector - (human.vector @ mouse.vector) / (mouse.vector @ mouse.vector) * mouse.vector
    h = h * human_real
    drawn_m = m + rng.normal(size=(DRAWS, 8)) @ mouse.factor
    drawn_h = h + rng.normal(size=(DRAWS, 12)) @ human.factor
    statistic = (drawn_m * drawn_h).sum(axis=1)
    tests = [
        joint_test(Side(a, mouse.factor, 8), Side(b, human.factor, 12))
        for a, b in zip(drawn_m[:2000], drawn_h[:2000], strict=True)
    ]
    expected = np.mean([t.mouse_term + t.human_term - t.shared_term for t in tests])
    assert statistic.mean() == pytest.approx(0, abs=4 * statistic.std() / np.sqrt(DRAWS))
    assert expected == pytest.approx(statistic.var(), rel=0.08)
    assert np.mean([t.variance for t in tests]) >= expected


def test_score_and_p_are_recomputed_from_what_an_explanation_shows():
    mouse, human = side(1).centred(), side(2, 12).centred()
    found = joint_test(mouse, human)
    contributions = mouse.vector * human.vector
    a = sum(float(row @ human.vector) ** 2 for row in mouse.factor)
    b = sum(float(row @ mouse.vector) ** 2 for row in human.factor)
    c = sum(float(r @ s) ** 2 for r in mouse.factor for s in human.factor)
    variance = max(a, b, a + b - c)
    p = 2 * stats.t.cdf(-abs(contributions.sum()) / variance**0.5, min(8, 12))
    assert (found.mouse_term, found.human_term, found.shared_term) == pytest.approx((a, b, c), abs=1e-9)
    assert found.p == pytest.approx(p, abs=1e-9)
    assert found.df == 8
    length = np.linalg.norm(mouse.vector) * np.linalg.norm(human.vector)
    assert found.score == pytest.approx(contributions.sum() / length, abs=1e-9)
    assert found.score == pytest.approx(np.corrcoef(mouse.vector, human.vector)[0, 1], abs=1e-9)


def test_the_floor_holds_when_the_shared_term_would_eat_the_variance():
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(4, FEATURES))
    small = Side(factor[0] * 1e-3, factor, 4)
    found = joint_test(small, Side(factor[1] * 1e-3 + factor[0] * 1e-4, factor, 4))
    assert found.shared_term > found.mouse_term + found.human_term
    assert found.variance == max(found.mouse_term, found.human_term)


def test_interval_holds_zero_exactly_when_p_is_above_alpha():
    for seed in range(40):
        mouse, human = side(seed), side(seed + 100, effect=0.3)
        human = Side(human.vector + mouse.vector * (seed % 8) / 20, human.factor, human.df)
        found = joint_test(mouse, human)
        assert (found.low <= 0 <= found.high) == (found.p > 0.05)
        assert found.low <= found.score <= found.high


@given(st.integers(0, 50), st.floats(0.1, 10), st.floats(0.1, 10))
def test_unit_of_a_side_does_not_matter(seed, a, b):
    mouse, human = side(seed), side(seed + 1)
    plain = joint_test(mouse, human)
    scaled = joint_test(
        Side(mouse.vector * a, mouse.factor * a, mouse.df), Side(human.vector * b, human.factor * b, human.df)
    )
    assert (scaled.score, scaled.p, scaled.effective_n) == pytest.approx((plain.score, plain.p, plain.effective_n))


def test_sides_may_be_exchanged_and_turned():
    mouse, human = side(1), side(2)
    there, back = joint_test(mouse, human), joint_test(human, mouse)
    assert (there.p, there.score) == pytest.approx((back.p, back.score))
    turned = joint_test(mouse, Side(-human.vector, human.factor, human.df))
    assert (turned.p, turned.score) == pytest.approx((there.p, -there.score))
    assert there.one_sided_p + turned.one_sided_p == pytest.approx(1)


def test_an_exact_side_leaves_the_test_of_the_other_side_alone():
    mouse, human = side(1), side(2)
    exact = Side(human.vector, np.zeros((1, FEATURES)), 10_000)
    found = joint_test(mouse, exact)
    assert found.p == pytest.approx(found.mouse_only_p)


def test_linear_maps_act_on_vector_and_factor_alike():
    mouse, weights = side(1), np.random.default_rng(0).normal(size=(FEATURES, 9))
    axes = np.linalg.qr(np.random.default_rng(1).normal(size=(FEATURES, 3)))[0].T
    draws = np.random.default_rng(2).normal(size=(50, 8)) @ mouse.factor
    for change, same in (
        (lambda s: s.mapped(weights), draws @ weights),
        (lambda s: s.without(axes), draws - draws @ axes.T @ axes),
        (lambda s: s.centred(), draws - draws.mean(axis=1, keepdims=True)),
    ):
        basis = change(mouse).factor
        np.testing.assert_allclose(np.linalg.lstsq(basis.T, same.T, rcond=None)[0].T @ basis, same, atol=1e-8)
    np.testing.assert_allclose(mouse.without(axes).vector @ axes.T, 0, atol=1e-12)


def test_ceiling_and_corrected_score_recover_the_true_score():
    """Attenuated by noise; without the attenuation the score is the true one, on average, where it can be measured."""
    rng, n, true = np.random.default_rng(4), 4000, 0.6
    m = rng.normal(size=n)
    h = true * m + np.sqrt(1 - true**2) * rng.normal(size=n)
    plain, corrected, limits = [], [], []
    for _ in range(50):
        factors = rng.normal(size=(2, 10, n)) / np.sqrt(10)
        noise = [rng.normal(size=10) @ f for f in factors]
        mouse, human = Side(m + noise[0], factors[0], 10), Side(h + noise[1], factors[1], 10)
        plain.append(joint_test(mouse, human).score)
        corrected.append(corrected_score(mouse, human))
        limits.append(ceiling(mouse, human))
    assert np.mean(plain) == pytest.approx(true / 2, abs=0.03)
    assert np.mean(limits) == pytest.approx(0.5, abs=0.05)
    measured = [each for each in corrected if each is not None]
    assert len(measured) > 30
    assert max(map(abs, measured)) <= 1
    assert np.median(measured) == pytest.approx(true, abs=0.08)


def test_a_side_without_effects_has_no_corrected_score():
    loud = Side(np.full(4, 0.1), np.eye(4), 4)
    assert corrected_score(loud, loud) is None
    assert ceiling(loud, loud) == 0


def test_naive_p_is_that_of_fisher():
    r, n = 0.1, 500
    assert naive_p(r, n) == pytest.approx(2 * stats.norm.sf(np.arctanh(r) * np.sqrt(n - 3)))


def test_impossible_sides_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        Side(np.ones(3), np.ones((2, 4)), 2)
    with pytest.raises(ValueError, match="features"):
        joint_test(side(1), Side(np.ones(3), np.ones((2, 3)), 2))
    for empty in (
        Side(np.zeros(FEATURES), np.ones((2, FEATURES)), 2),
        Side(np.ones(FEATURES), np.zeros((2, FEATURES)), 2),
    ):
        with pytest.raises(MethodError) as caught:
            joint_test(empty, empty)
        assert caught.value.code == "EMPTY_SIDE"
