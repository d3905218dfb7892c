"""The masked product against the loop: every pair by itself, on the features that it shares."""

from dataclasses import replace

import numpy as np
import pytest

from kg.errors import MethodError
from kg.match.combine import Component
from kg.match.masked import screen, stacked
from kg.match.pair import PairResult, Projected, State, evaluate
from kg.verdict.screen import row_of

F = 700
NAMES = np.array([f"f{i}" for i in range(F)])


def part(
    rng: np.random.Generator, name: str, df: int, reference: tuple[str, np.ndarray, np.ndarray] | None = None
) -> Projected:
    mask = rng.random(F) < rng.uniform(0.5, 1)
    vector = rng.normal(size=F) * 2 + rng.normal() * 3
    if reference is None:
        factor = rng.normal(size=(df, F)) / np.sqrt(df) + rng.normal(size=(df, 1))
        key = name
    else:
        key, factor, known = reference
        mask = mask & known
    return Projected(
        Component(
            name,
            np.where(mask, vector, 0.0),
            factor * (mask if reference is None else 1),
            len(factor),
            key,
            frozenset({name}),
            frozenset({key}),
        ),
        mask,
    )


def world(seed: int) -> tuple[Projected, list[State]]:
    """A side with samples of its own, and states of one to four cohorts: own factors, shared references, few masks or
    many."""
    rng = np.random.default_rng(seed)
    lent = []
    for i, df in enumerate((9, 40)):
        known = rng.random(F) < 0.9
        lent.append((f"reference{i}", np.where(known, rng.normal(size=(df, F)) / np.sqrt(df) + 0.3, 0.0), known))
    states = []
    for i in range(40):
        cohorts = tuple(
            part(rng, f"c{i}.{k}", int(rng.integers(1, 12)), lent[rng.integers(2)] if rng.random() < 0.6 else None)
            for k in range(rng.integers(1, 5))
        )
        states.append(State(f"s{i}", f"s{i}", cohorts))
    twins = [
        State(f"twin{i}", "twin", (Projected(c.component, states[i].measured),))
        for i in range(5)
        for c in states[i].cohorts[:1]
    ]
    return part(rng, "mouse", int(rng.integers(2, 30))), states + twins


def loop(mouse: Projected, state: State, allowed: np.ndarray) -> PairResult:
    return evaluate(mouse, state, names=NAMES, allowed=allowed, by_cohort=False)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_every_pair_is_what_the_loop_makes_of_it(seed: int) -> None:
    mouse, states = world(seed)
    rng = np.random.default_rng(seed + 100)
    own = rng.random(F) > 0.02
    engineered = [rng.random(F) > 0.03 for _ in states]
    c = mouse.component
    found = screen(
        stacked([row_of(s, a) for s, a in zip(states, engineered, strict=True)]),
        c.vector,
        c.factor,
        c.df,
        mouse.measured & own,
    )
    tests = [loop(mouse, s, a & own).test for s, a in zip(states, engineered, strict=True)]
    assert found.sure.all()
    assert found.n_features.tolist() == [t.n_features for t in tests]
    assert found.df.tolist() == [t.df for t in tests]
    np.testing.assert_allclose(found.score, [t.score for t in tests], atol=1e-6)
    np.testing.assert_allclose(found.variance, [t.variance for t in tests], rtol=1e-5)
    np.testing.assert_allclose(
        found.statistic, [t.statistic for t in tests], atol=1e-5 * np.sqrt([t.variance for t in tests]).max()
    )
    np.testing.assert_allclose(found.p, [t.p for t in tests], atol=1e-5)
    sure = np.array([t.p for t in tests]) < 0.05
    np.testing.assert_allclose(found.p[sure], [t.p for t in tests if t.p < 0.05], rtol=1e-4)


def test_what_has_no_effect_or_nothing_in_common_is_left_to_the_loop() -> None:
    mouse, states = world(3)
    c, first = mouse.component, states[0].cohorts[0]
    zero = State("zero", "zero", (Projected(Component("zero", np.zeros(F), c.factor, c.df, "zero"), np.ones(F, bool)),))
    even = State(
        "even", "even", (Projected(Component("even", np.full(F, 3.3), c.factor, c.df, "even"), np.ones(F, bool)),)
    )
    apart = State("apart", "apart", (Projected(first.component, ~mouse.measured),))
    still = State(
        "still",
        "still",
        (Projected(Component("still", first.component.vector, np.zeros((2, F)), 2, "still"), first.measured),),
    )
    found = screen(
        stacked([row_of(s, np.ones(F, bool)) for s in (zero, even, apart, still, states[1])]),
        c.vector,
        c.factor,
        c.df,
        mouse.measured,
    )
    assert found.sure.tolist() == [False, False, False, True, True]
    for state, what in ((zero, "no effect"), (apart, "share no feature")):
        with pytest.raises(MethodError, match=what):
            loop(mouse, state, np.ones(F, bool))
    np.testing.assert_allclose(found.p[3], loop(mouse, still, np.ones(F, bool)).test.p, rtol=1e-4)
    silent = screen(stacked([row_of(still, np.ones(F, bool))]), c.vector, np.zeros((1, F)), 1, mouse.measured)
    assert not silent.sure.any()
    nothing = screen(stacked([row_of(states[0], np.ones(F, bool))]), np.zeros(F), c.factor, c.df, mouse.measured)
    assert not nothing.sure.any()


def test_stacks_that_contradict_themselves_do_not_exist() -> None:
    _, states = world(1)
    good = stacked([row_of(s, np.ones(F, bool)) for s in states[:4]])
    for change in (
        {"df": good.df[:-1]},
        {"mask_of": good.mask_of[:-1]},
        {"masks": good.masks[:, 1:]},
        {"starts": good.starts + 1},
    ):
        with pytest.raises(ValueError, match=r"for|rows"):
            replace(good, **change)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least"):
        stacked([])
