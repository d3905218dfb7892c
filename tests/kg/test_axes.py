import numpy as np
import pytest

from kg.match.axes import moderated_rows, noise_axes, parallel_analysis
from kg.match.contrast import indicators

GENES = 800


def animals(planted: int, seed: int, strength: float = 1.0):
    rng = np.random.default_rng(seed)
    case, age = np.tile([0, 1], 12), np.repeat(["2", "6", "12"], 8)
    axes = np.linalg.qr(rng.normal(size=(GENES, max(planted, 1))))[0].T[:planted]
    loads = rng.normal(size=(24, planted)) * strength * np.sqrt(GENES) * np.linspace(1, 0.6, planted)
    values = loads @ axes + rng.normal(size=(24, GENES)) + np.outer(case, rng.normal(size=GENES))
    return values, indicators(age, case), axes


@pytest.mark.parametrize("planted", [0, 1, 3])
def test_parallel_analysis_finds_the_planted_axes(planted):
    counts = []
    for seed in range(9):
        values, groups, _ = animals(planted, seed)
        counts.append(parallel_analysis(values, groups))
    assert np.median(counts) == planted


def test_the_axes_are_those_planted():
    values, groups, axes = animals(3, 1, strength=2)
    found = noise_axes(moderated_rows(values, groups), 3)
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-10)
    centred = axes - axes.mean(axis=1, keepdims=True)
    assert np.linalg.norm(centred @ found.T) ** 2 > 0.9 * np.linalg.norm(centred) ** 2


def test_axes_do_not_learn_from_the_arms():
    """A difference of the arms, however large, is no axis of noise."""
    values, groups, _ = animals(1, 2)
    effect = np.outer(groups[:, ::2].sum(axis=1), np.random.default_rng(0).normal(size=GENES) * 20)
    assert parallel_analysis(values + effect, groups) == parallel_analysis(values, groups)


def test_the_count_is_the_same_whoever_asks():
    values, groups, _ = animals(3, 4)
    assert len({parallel_analysis(values, groups, seed=11) for _ in range(2)}) == 1


def test_no_axes_is_an_empty_projection():
    assert noise_axes(np.ones((3, 7)), 0).shape == (0, 7)
