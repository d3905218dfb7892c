"""A small version of the bench: the joint null calls at most its share where there is nothing to find.

Bounds have four standard deviations of slack, so that a broken null fails and chance does not.
"""

import numpy as np
import pytest

from kg.match.contrast import contrast
from kg.match.joint import Side, joint_test
from kg.match.weights import GeneSets

GENES, DRAWS, ALPHA = 1000, 300, 0.05
RNG = np.random.default_rng(12)
COMMON = {
    species: RNG.normal(size=(5, GENES)) * np.array([1.0, 0.8, 0.6, 0.5, 0.4])[:, None]
    for species in ("mouse", "human")
}
COMMON["human"][:3] = COMMON["mouse"][:3]  # the same axes of noise in both: cell composition, RNA quality
SETS = GeneSets.build(
    np.repeat([f"T{i:02}" for i in range(80)], 20),
    np.concatenate([np.random.default_rng(i).choice(GENES, 20, False) for i in range(80)]).astype("U5"),
    RNG.choice([-1.0, 1.0], 1600),
    np.arange(GENES).astype("U5"),
).on(np.arange(GENES))
MOUSE = COMMON["mouse"][0] * 2 + RNG.normal(size=GENES)
HUMAN = COMMON["human"][1] * 2 + RNG.normal(size=GENES)
SPAN = np.linalg.qr(
    np.array([MOUSE - MOUSE.mean(), (d := SETS.signs @ (SETS.signs.T @ (MOUSE - MOUSE.mean()))) - d.mean()]).T
)[0]
HUMAN = HUMAN - SPAN @ (SPAN.T @ HUMAN)  # unrelated over genes and over regulons


def draw(species: str, arms: tuple[int, int], effect, rng) -> Side:
    n, case = sum(arms), np.repeat([1.0, 0.0], arms)
    values = rng.normal(size=(n, 5)) @ COMMON[species] + rng.normal(size=(n, GENES)) + np.outer(case, effect)
    found = contrast(values, case)
    return Side(found.vector, found.factor, found.df).centred()


def rates(mice, donors, mouse_effect, human_effect, seed=0):
    rng, calls = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        m, h = draw("mouse", mice, mouse_effect, rng), draw("human", donors, human_effect, rng)
        regulon = joint_test(SETS.activity(m), SETS.activity(h))
        found = joint_test(m, h)
        calls.append([found.p, regulon.p, found.mouse_only_p, found.naive_p])
    return dict(zip(("gene", "regulon", "mouse-only", "naive"), np.mean(np.array(calls) <= ALPHA, axis=0), strict=True))


SLACK = 4 * np.sqrt(ALPHA * (1 - ALPHA) / DRAWS)


@pytest.mark.long
@pytest.mark.parametrize("design", [((3, 3), (3, 3)), ((3, 3), (12, 10)), ((7, 8), (12, 10))], ids=str)
@pytest.mark.parametrize(
    ("mouse", "human"),
    [(0 * MOUSE, 0 * HUMAN), (MOUSE, 0 * HUMAN), (0 * MOUSE, HUMAN), (MOUSE, HUMAN)],
    ids=["both null", "mouse real", "human real", "unrelated"],
)
def test_the_joint_null_holds_its_level(design, mouse, human):
    found = rates(*design, mouse, human)
    assert found["gene"] <= ALPHA + SLACK
    assert found["regulon"] <= ALPHA + SLACK


@pytest.mark.long
def test_the_tests_that_it_replaces_do_not():
    found = rates((7, 8), (12, 10), MOUSE, 0 * HUMAN)
    assert found["mouse-only"] > 0.5
    assert found["naive"] > 0.5


@pytest.mark.long
def test_it_finds_what_is_there():
    found = rates((7, 8), (12, 10), MOUSE, MOUSE + HUMAN)
    assert found["gene"] > 0.7
