from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from kg.match.calibrate import Probe, calibrate, split_table
from kg.match.contrast import contrast
from kg.match.joint import Side
from kg.match.verdict import MAX_REFERENCE_ERROR

GENES = 400
AXES = np.random.default_rng(0).normal(size=(3, GENES)) / 2
GROUPS = np.repeat(["old", "young"], [10, 8])


def donors(n: int, seed: int):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)) @ AXES + rng.normal(size=(n, GENES))


def probe() -> Probe:
    """A strong contrast that moves along the common axes of noise."""
    case = np.repeat([0.0, 1.0], 8)
    found = contrast(donors(16, 5) + np.outer(case, AXES.sum(axis=0) * 3), case)
    return Probe("a strong model", Side(found.vector, found.factor, found.df), np.arange(GENES))


def test_a_table_of_one_group_is_the_z_of_students_t():
    values, case = donors(9, 1), np.array([1, 1, 1, 1, 0, 0, 0, 0, 0.0])
    t, p = stats.ttest_ind(values[case == 1], values[case == 0])
    expected = np.sign(t) * stats.norm.isf(p / 2)
    np.testing.assert_allclose(split_table(values, np.zeros(9), case), expected, atol=1e-8)


def test_differences_of_the_groups_are_no_effect():
    values, case = donors(12, 2), np.tile([0.0, 1.0], 6)
    groups = np.repeat(["a", "b"], 6)
    moved = values + np.outer(groups == "b", np.arange(GENES))
    np.testing.assert_allclose(split_table(moved, groups, case), split_table(values, groups, case), atol=1e-6)


@pytest.mark.long
def test_a_good_reference_calls_about_as_often_as_it_should():
    errors = [calibrate(donors(18, seed), GROUPS, [probe()], splits=100)[0].error for seed in range(4)]
    assert 0 <= np.mean(errors) <= 0.10


@pytest.mark.long
def test_donors_that_are_no_replicates_show():
    """Donors measured in batches that nobody declared: the noise of those left over misses that of the table."""
    rng = np.random.default_rng(0)
    values = donors(40, 9)
    values[rng.choice(40, 2, replace=False)] += 40 * AXES.sum(axis=0)
    (strange,) = calibrate(values, np.zeros(40), [probe()], splits=200)
    (plain,) = calibrate(donors(40, 9), np.zeros(40), [probe()], splits=200)
    assert plain.error <= MAX_REFERENCE_ERROR < strange.error


@pytest.mark.parametrize(("n", "groups"), [(11, np.zeros(11)), (14, np.repeat([0, 1], 7))])
def test_too_few_donors_are_unmeasured(n, groups):
    (found,) = calibrate(donors(n, 0), groups, [probe()])
    assert found.error is None
    assert found.splits == 0
    assert found.how.startswith("unmeasured")


def test_the_card_says_how_it_was_measured_and_can_be_repeated():
    found = [calibrate(donors(18, 0), GROUPS, [probe()], splits=20, seed=3)[0] for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].how == "20 random splits of its donors against a strong model, seed 3"


def test_genes_that_do_not_vary_among_those_left_over_are_left_out():
    values = donors(18, 0)
    values[:, :50] = 1.0
    assert calibrate(values, GROUPS, [probe()], splits=5)[0].error is not None


def test_probes_are_judged_over_the_same_splits_each_over_its_own_features():
    some = np.arange(0, GENES, 2)
    whole = probe()
    part = Probe("half", whole.side.at(some), some)
    together = calibrate(donors(18, 1), GROUPS, [whole, part], splits=40)
    moved = replace(part, features=np.arange(len(some)))
    assert together[:1] == calibrate(donors(18, 1), GROUPS, [whole], splits=40)
    assert together[1:] == calibrate(donors(18, 1)[:, some], GROUPS, [moved], splits=40)
