import numpy as np
import pytest

from kg.errors import MethodError
from kg.match.combine import Component, given, pooled, single, slope

FEATURES = 500
RNG = np.random.default_rng(8)
REFERENCE = RNG.normal(size=(16, FEATURES)) / 4


def table(name: str, vector=None, donors: str = "") -> Component:
    """Borrows the factor of healthy samples."""
    vector = RNG.normal(size=FEATURES) * 3 if vector is None else vector
    return Component(name, vector, REFERENCE, 16, "healthy", frozenset(donors.split()), frozenset({"r1", "r2"}))


def study(name: str, df: int = 8, vector=None, donors: str = "", factor_donors: str | None = None) -> Component:
    vector = RNG.normal(size=FEATURES) * 3 if vector is None else vector
    own = frozenset((donors if factor_donors is None else factor_donors).split())
    factor = RNG.normal(size=(df, FEATURES)) / np.sqrt(df)
    return Component(name, vector, factor, df, name, frozenset(donors.split()), own)


def covariance(side):
    return side.factor.T @ side.factor


def test_a_shared_reference_is_kept_once_with_its_own_df():
    a, b = table("a"), table("b")
    found = pooled([a, b]).side
    np.testing.assert_allclose(found.vector, (a.vector + b.vector) / np.sqrt(2))
    np.testing.assert_allclose(found.factor, REFERENCE)
    assert found.df == 16


def test_own_factors_are_stacked_each_over_the_root_of_the_number():
    parts = [study("a", 8, donors="1 2"), study("b", 10, donors="3 4"), study("c", 5, donors="5")]
    found = pooled(parts).side
    assert found.df == 23
    expected = sum(part.factor.T @ part.factor for part in parts) / 3
    np.testing.assert_allclose(covariance(found), expected, atol=1e-12)


def test_a_table_and_a_study_keep_both_factors():
    found = pooled([table("a"), study("b"), table("c")]).side
    assert found.df == 24
    b = study("d")
    found = pooled([table("a"), b, table("c")]).side
    np.testing.assert_allclose(covariance(found), (2 * REFERENCE.T @ REFERENCE + b.factor.T @ b.factor) / 3, atol=1e-12)


def test_donors_behind_two_factors_count_once_in_the_df():
    found = pooled([study("a", 10, factor_donors="1 2 3"), study("b", 8, factor_donors="3 4"), study("c", 5)]).side
    assert found.df == 15


def test_cohorts_that_share_samples_are_refused():
    with pytest.raises(MethodError, match="b shares samples") as caught:
        pooled([table("a", donors="d1 d2"), table("b", donors="d2 d3")])
    assert caught.value.code == "SHARED_SAMPLES"
    with pytest.raises(MethodError) as caught:
        given(single(table("a", donors="d1")), single(table("b", donors="d1 d9")))
    assert caught.value.code == "SHARED_SAMPLES"


def test_given_is_linear_in_vector_and_noise():
    h, d = pooled([table("a"), table("b")]), pooled([study("c", donors="7"), study("e", donors="8")])
    b, left = slope(h, d), given(h, d)
    np.testing.assert_allclose(left.side.vector, h.side.vector - b * d.side.vector)
    np.testing.assert_allclose(covariance(left.side), covariance(h.side) + b**2 * covariance(d.side), atol=1e-10)


def test_given_a_state_of_the_same_reference_scales_it():
    h, d = single(table("a")), single(table("b"))
    b = slope(h, d)
    np.testing.assert_allclose(given(h, d).side.factor, np.sqrt(1 + b**2) * REFERENCE)
    assert given(h, d).side.df == 16


def test_what_is_left_is_orthogonal_to_the_other_states_true_effects():
    """The slope is corrected for the noise of the other state, so that its effects go out whole: a plain regression
    would leave a part behind."""
    rng, rows = np.random.default_rng(2), 200
    shared, own = rng.normal(size=(2, FEATURES))
    corrected, plain = [], []
    for _ in range(100):
        noise = rng.normal(size=(2, rows, FEATURES)) / np.sqrt(rows)
        moved = [rng.normal(size=rows) @ factor for factor in noise]
        h = single(Component("h", shared + own + moved[0], noise[0], rows, "h"))
        d = single(Component("d", shared + moved[1], noise[1], rows, "d"))
        corrected.append(slope(h, d))
        plain.append(h.side.vector @ d.side.vector / (d.side.vector @ d.side.vector))
    truth = 1 + own @ shared / (shared @ shared)
    assert np.mean(corrected) == pytest.approx(truth, abs=0.05)
    assert np.mean(plain) == pytest.approx(truth / 2, abs=0.05)


def test_an_exact_state_goes_out_exactly():
    d = Component("d", RNG.normal(size=FEATURES), np.zeros((1, FEATURES)), 1, "d")
    assert given(single(study("h")), single(d)).side.vector @ d.vector == pytest.approx(0, abs=1e-9)


def test_a_state_without_effects_above_its_noise_explains_nothing():
    quiet = Component("q", np.full(FEATURES, 1e-3), RNG.normal(size=(8, FEATURES)), 8, "q")
    with pytest.raises(MethodError) as caught:
        given(single(study("h")), single(quiet))
    assert caught.value.code == "NO_SIGNAL"
