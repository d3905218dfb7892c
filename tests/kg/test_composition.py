import numpy as np
import pytest
from scipy import stats

from kg.errors import MethodError
from kg.match.composition import common_types, log_ratios
from kg.match.contrast import contrast

SHARES = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.03, 0.01])


def cells(rng: np.random.Generator, donors: int, shares: np.ndarray = SHARES, spread: float = 60) -> np.ndarray:
    """Donors x types: each donor has its own proportions around the shares, and between 300 and 3,000 cells.
    Simulated."""
    return np.array([rng.multinomial(rng.integers(300, 3000), rng.dirichlet(shares * spread)) for _ in range(donors)])


def test_log_ratios_are_those_of_the_geometric_mean():
    counts = np.array([[10, 20, 70], [0, 5, 5]])
    wanted = np.log2((counts + 0.5) / stats.gmean(counts + 0.5, axis=1)[:, None])
    np.testing.assert_allclose(log_ratios(counts), wanted, atol=1e-12)
    np.testing.assert_allclose(log_ratios(counts).sum(axis=1), 0, atol=1e-12)


def test_two_types_are_one_number_twice():
    with pytest.raises(MethodError) as caught:
        log_ratios(np.ones((4, 2)))
    assert caught.value.code == "TOO_FEW_TYPES"


def test_types_that_half_of_the_donors_lack_are_left_out():
    assert common_types([[1, 0, 0], [2, 1, 0], [3, 0, 0], [4, 5, 1]]).tolist() == [True, True, False]


@pytest.mark.long
@pytest.mark.parametrize("arm", [4, 8])
def test_where_nothing_changes_five_in_a_hundred_are_called(arm: int):
    """Donors differ by far more than counting does: a chi-square of the cells calls nearly all of them."""
    rng, case = np.random.default_rng(arm), np.repeat([0.0, 1.0], arm)
    p, naive = [], []
    for _ in range(600):
        counts = cells(rng, 2 * arm)
        p.append(contrast(log_ratios(counts), case).p)
        table = [counts[case == a].sum(axis=0) for a in (0, 1)]
        naive.append(stats.chi2_contingency(table).pvalue)
    assert 0.035 <= np.mean(np.array(p) <= 0.05) <= 0.065
    assert np.mean(np.array(naive) <= 0.05) > 0.9


@pytest.mark.long
def test_the_factor_gives_the_variance_of_the_vector():
    rng, case = np.random.default_rng(1), np.repeat([0.0, 1.0], 6)
    made = [contrast(log_ratios(cells(rng, 12)), case) for _ in range(800)]
    ratio = np.var([m.vector for m in made], axis=0).sum() / np.mean([(m.factor**2).sum() for m in made])
    assert ratio == pytest.approx(1, abs=0.1)


def test_a_type_that_falls_by_three_quarters_is_found():
    """In 89 of these 100 studies of eight against eight donors, after Benjamini-Hochberg over the types."""
    rng, found = np.random.default_rng(2), []
    less = SHARES * [1, 1, 1, 0.25, 1, 1, 1]
    for _ in range(100):
        counts = np.vstack([cells(rng, 8), cells(rng, 8, less / less.sum())])
        made = contrast(log_ratios(counts), np.repeat([0.0, 1.0], 8))
        found.append((stats.false_discovery_control(made.p)[3] <= 0.05) & (made.effect[3] < 0))
    assert np.mean(found) >= 0.8
