"""Rewiring: distances by hand, groups of donors, the atlas null where nothing changes, and planted changes."""

import numpy as np
import pytest

from ingest.method.rewiring import Cells, coupling, distances, halves, matched_cells, rewiring
from kg.errors import MethodError


def test_distances_of_a_case_worked_by_hand():
    # One factor, four targets. Weighted: min sums .5 + 0 + 0 + .2, max sums 1 + (.4 + .4) + .3 + .2.
    a, b = np.array([[[1.0, 0.4, 0.3, 0.2]]]), np.array([[[0.5, -0.4, 0.0, 0.2]]])
    score = np.empty((2, 1, 4))
    score[0], score[1] = a[0], b[0]
    weighted, jaccard = distances(iter([(np.arange(4), score)]), 1, 1)
    assert weighted[0, 0] == pytest.approx(1 - 0.7 / 2.3)
    # Edges: a has 4, b has 3 (a score of 0 is none); alike in place and sign are the first and the last.
    assert jaccard[0, 0] == pytest.approx(1 - 2 / 5)


def test_distances_are_the_same_in_blocks():
    score = np.random.default_rng(0).normal(size=(6, 8, 30))
    whole = distances(iter([(np.arange(30), score)]), 8, 3, regulators=3)
    parts = distances(iter([(np.arange(i, i + 10), score[:, :, i : i + 10]) for i in (0, 10, 20)]), 8, 3, regulators=3)
    for one, two in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, two)


def test_an_edge_counts_when_it_is_among_the_best_of_its_target():
    score = np.array([[[3.0], [2.0], [1.0]], [[1.0], [2.0], [3.0]]])
    _, jaccard = distances(iter([(np.arange(1), score)]), 3, 1, regulators=2)
    np.testing.assert_allclose(jaccard[0], [1, 0, 1])  # the middle one is among the best two of both


def test_groups_are_all_there_are_or_as_many_as_asked():
    rng = np.random.default_rng(0)
    few = halves(np.arange(4), 2, 60, rng)
    assert len(few) == 3
    many = halves(np.arange(12), 6, 60, rng)
    assert len({(tuple(a), tuple(b)) for a, b in many}) == 60
    assert all(not set(a) & set(b) and len(a) == len(b) == 6 for a, b in many)


def test_donors_bring_the_same_number_of_cells():
    donors = np.array(["a"] * 50 + ["b"] * 30 + ["c"] * 5)
    rows, used = matched_cells(donors, least=10, most=40)
    assert used.tolist() == ["a", "b"]
    assert [int((donors[rows] == d).sum()) for d in "abc"] == [30, 30, 0]


def cells_of(rng: np.random.Generator, hold: np.ndarray, each: int = 60, noise: float = 0.1) -> Cells:
    """Each factor drives ten targets; ``hold``: donors x factors."""
    donors, factors = hold.shape
    own = hold * rng.lognormal(0, noise, hold.shape)
    activity = rng.normal(size=(donors, each, factors))
    targets = np.repeat(activity * own[:, None, :], 10, axis=2) + rng.normal(size=(donors, each, factors * 10))
    values = np.concatenate([activity, targets], axis=2).reshape(donors * each, -1)
    return Cells(values, np.arange(factors), np.repeat(np.arange(donors), each), np.ones((donors * each, 1)))


def test_where_nothing_changes_nothing_is_called():
    rng, called, p = np.random.default_rng(1), 0, []
    for seed in range(6):
        found = rewiring(cells_of(rng, np.full((16, 30), 0.8), noise=0.3), np.arange(16) % 2 == 1, seed=seed)
        called += int((found.q <= 0.05).sum())
        p.append(found.p)
    assert called <= 2
    assert (np.concatenate(p) <= 0.05).mean() <= 0.06


def test_lost_targets_are_found_and_the_others_are_not():
    hold = np.full((16, 30), 0.8)
    case = np.arange(16) % 2 == 1
    hold[np.ix_(case, range(6))] = 0.1
    found = rewiring(cells_of(np.random.default_rng(2), hold), case)
    assert (found.q[:6] <= 0.05).all()
    assert (found.q[6:] <= 0.05).mean() <= 0.05
    assert (found.weighted[:6] > found.expected[:6]).all()
    assert (found.donors, found.cells) == (4, 60)


def test_swapped_targets_are_found_though_the_hold_is_the_same():
    rng, case = np.random.default_rng(3), np.arange(12) % 2 == 1
    made = cells_of(rng, np.full((12, 20), 0.8))
    values = made.expression.copy()
    rows = np.isin(made.donor, np.flatnonzero(case))
    first, second = slice(20, 30), slice(30, 40)  # the targets of factors 0 and 1
    values[rows, first], values[rows, second] = made.expression[rows, second], made.expression[rows, first]
    found = rewiring(Cells(values, made.factors, made.donor, made.design), case)
    assert (found.q[:2] <= 0.05).all()
    assert (found.p_jaccard[:2] <= 0.05).all()


def test_the_hold_of_each_donor_is_its_own_network():
    hold = np.full((6, 10), 0.8)
    hold[3] = 0.2
    signs = np.zeros((10, 110), np.int8)
    for factor in range(10):
        signs[factor, 10 + factor * 10 : 20 + factor * 10] = 1
    made = cells_of(np.random.default_rng(4), hold, each=200)
    values = coupling(made, signs)
    assert values.shape == (6, 10)
    assert values[3].max() < np.delete(values, 3, axis=0).min()
    # Alone, a donor has the same value: no other donor enters it.
    rows = made.donor == 3
    alone = coupling(Cells(made.expression[rows], made.factors, np.zeros(200, int), made.design[rows]), signs)
    np.testing.assert_allclose(alone[0], values[3], rtol=1e-6)


def test_too_few_controls_are_an_error():
    made = cells_of(np.random.default_rng(5), np.full((6, 10), 0.8))
    with pytest.raises(MethodError, match="two groups of two controls") as error:
        rewiring(made, np.array([True, True, True, False, False, False]))
    assert error.value.code == "FEW_DONORS"
