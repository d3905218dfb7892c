import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from statsmodels.stats.multitest import multipletests

from kg.match.conjunction import adjusted, conjunction
from kg.match.joint import Side


@given(hnp.arrays(float, st.integers(1, 60), elements=st.floats(0, 1)))
def test_q_is_that_of_statsmodels(p):
    np.testing.assert_allclose(adjusted(p), multipletests(p, method="fdr_bh")[1], atol=1e-12)


def test_by_hand():
    """Both up, both down, opposite, one silent, and one strong side alone; noise 1 and 2."""
    mouse = Side(np.array([3.0, -4.0, 3.0, 5.0, 9.0]), np.vstack([np.ones(5), np.zeros(5)]), 2)
    human = Side(np.array([6.0, -4.0, -6.0, 0.0, 1.0]), np.full((4, 5), 1.0), 4)
    found = conjunction(mouse, human)
    np.testing.assert_allclose(found.z_mouse, [3, -4, 3, 5, 9])
    np.testing.assert_allclose(found.z_human, [3, -2, -3, 0, 0.5])
    expected = [
        max(stats.t.sf(3, 2), stats.t.sf(3, 4)),
        max(stats.t.sf(4, 2), stats.t.sf(2, 4)),
        1,
        1,
        max(stats.t.sf(9, 2), stats.t.sf(0.5, 4)),
    ]
    np.testing.assert_allclose(found.p, expected)
    np.testing.assert_allclose(found.q, multipletests(expected, method="fdr_bh")[1])


def test_a_strong_change_of_one_side_alone_is_not_found():
    factor = np.eye(50)[:20] + 0.1
    mouse = Side(np.r_[np.full(10, 80.0), np.zeros(40)], factor, 20)
    assert not (conjunction(mouse, Side(np.full(50, 0.01), factor, 20)).q < 0.5).any()
    assert (conjunction(mouse, mouse).q < 0.05)[:10].all()


def test_features_without_noise_are_not_called():
    side = Side(np.array([5.0, 5.0]), np.array([[1.0, 0.0]]), 10)
    found = conjunction(side, side)
    assert found.p[1] == 1
    assert found.p[0] == pytest.approx(stats.t.sf(5, 10))


def test_nothing_shared_is_nothing_found():
    assert not len(conjunction(Side(np.zeros(0), np.zeros((1, 0)), 1), Side(np.zeros(0), np.zeros((1, 0)), 1)).q)


@pytest.mark.parametrize("alpha", [0.05, 0.4])
@pytest.mark.parametrize("seed", range(4))
def test_what_passed_is_what_q_says(seed: int, alpha: float):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=300) * rng.choice([0, 4], 300) * (seed > 0)
    factors = [rng.normal(size=(df, 300)) / np.sqrt(df) for df in (3, 9)]
    sides = [
        Side(np.where(rng.random(300) < 0.05, 0, shared + rng.normal(size=300)).round(1), factor, len(factor))
        for factor in factors
    ]
    found = conjunction(*sides)
    features, p, q = found.passed(alpha)
    assert features.tolist() == np.flatnonzero(found.q <= alpha).tolist()
    assert len(features) or not seed
    assert p.tolist() == found.p[features].tolist()
    assert q.tolist() == found.q[features].tolist()
