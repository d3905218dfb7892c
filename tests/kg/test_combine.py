import numpy as np
import pytest

from kg.errors import MethodError
from kg.match.combine import Component, pooled

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
