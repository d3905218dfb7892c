"""One pair from samples to status: what is planted is found, and called what it is."""

import numpy as np
import pytest

from kg.errors import MethodError
from kg.match.axes import moderated_rows, noise_axes
from kg.match.combine import Component, pooled
from kg.match.contrast import contrast, indicators
from kg.match.joint import joint_test
from kg.match.pair import Axes, Projected, State, evaluate, plain_score
from kg.match.specificity import Role
from kg.match.verdict import Other, Status, Testability, decide
from kg.match.weights import GeneSets

Testability.__test__ = False
GENES = 1500
NAMES = np.array([f"g{i:04}" for i in range(GENES)])
ALL = np.ones(GENES, bool)
TRUTH = np.random.default_rng(1).normal(size=(4, GENES)) * 0.8
SHARED, SPECIFIC, ELSEWHERE, BIT = TRUTH[0], TRUTH[1], TRUTH[2], TRUTH[3] / 3
# Genes move together as in tissue: few strong axes, each gene's own noise, unequal spread.
AXES = np.random.default_rng(2).normal(size=(6, GENES)) * np.array([0.9, 0.7, 0.5, 0.4, 0.3, 0.3])[:, None]
SPREAD = np.random.default_rng(3).gamma(4, 0.25, GENES)


def samples(effect, per_arm: int, seed: int):
    rng, case = np.random.default_rng(seed), np.repeat([0.0, 1.0], per_arm)
    noise = rng.normal(size=(2 * per_arm, len(AXES))) @ AXES + rng.normal(size=(2 * per_arm, GENES))
    return (noise + np.outer(case, effect)) * SPREAD, case


def study(name: str, effect, per_arm: int = 10, seed: int | None = None, measured=ALL) -> Projected:
    found = contrast(*samples(effect, per_arm, sum(map(ord, name)) if seed is None else seed))
    donors = frozenset(f"{name}-{i}" for i in range(2 * per_arm))
    return Projected(Component(name, found.vector, found.factor, found.df, name, donors, donors), measured)


def state(name: str, effect, cohorts: int = 2, **how) -> State:
    return State(name, name, tuple(study(f"{name}{i}", effect, **how) for i in range(cohorts)))


def status(mouse: Projected, ad: State, *others: State, **how):
    found = evaluate(mouse, ad, names=NAMES, allowed=ALL, others=others, **how)
    given = [Other(g.label, g.role, g.judged is not None and g.judged.explained) for g in found.given]
    testability = Testability(found.level, len(found.names))
    return decide(testability, score=found.test.score, q=found.test.p, given=given)


OTHER = state("other", SHARED, per_arm=20)
MANY_SETS = GeneSets.build(
    np.repeat([f"T{i:02}" for i in range(60)], 25),
    NAMES[np.concatenate([np.random.default_rng(i).choice(GENES, 25, False) for i in range(60)])],
    np.random.default_rng(0).choice([-1.0, 1.0], 1500),
    NAMES,
)


@pytest.mark.parametrize("how", [{}, {"sets": MANY_SETS, "level": "regulon"}], ids=["gene", "regulon"])
@pytest.mark.parametrize(
    ("mouse", "human", "expected"),
    [
        (SHARED + SPECIFIC, SHARED + SPECIFIC, "SUPPORTED"),
        (SHARED, SHARED + BIT, "NONSPECIFIC"),
        (-SHARED, SHARED + BIT, "DISCORDANT"),
        (ELSEWHERE, SHARED + SPECIFIC, "NOT_SUPPORTED"),
        (0 * SHARED, SHARED + SPECIFIC, "NOT_SUPPORTED"),
    ],
    ids=["a specific effect beside a shared one", "shared alone", "reversed", "another effect", "no effect"],
)
def test_what_is_planted_is_called_what_it_is(mouse, human, expected, how):
    found = status(study("mouse", mouse, 8), state("AD", human), OTHER, **how)
    assert found.status == Status(expected), found.reason


def test_a_nonspecific_match_names_the_state_and_without_it_is_supported_untested():
    mouse, ad = study("mouse", SHARED, 8), state("AD", SHARED + BIT)
    assert status(mouse, ad, OTHER).reason in (
        "cannot be told apart from other",
        "explained by other as far as can be seen",
    )
    alone = status(mouse, ad)
    assert (alone.status, alone.specificity) == (Status.SUPPORTED, "untested")


def test_a_badly_measured_state_is_too_weak_to_tell_and_takes_no_match_away():
    weak = state("other", SHARED * (np.arange(GENES) % 7 == 0), cohorts=1, per_arm=3)
    found = evaluate(
        study("mouse", SHARED, 8), state("AD", SHARED + BIT), names=NAMES, allowed=ALL, others=[weak]
    ).given[0]
    assert found.role is Role.TOO_WEAK
    assert found.judged.power < 0.8
    verdict = status(study("mouse", SHARED, 8), state("AD", SHARED + BIT), weak)
    assert (verdict.status, verdict.specificity) == (Status.SUPPORTED, "untested")


def test_too_few_features_are_untestable():
    few = np.arange(GENES) < 199
    found = status(study("mouse", SHARED, 8, measured=few), state("AD", SHARED))
    assert found.status == Status.UNTESTABLE


def test_only_what_is_measured_on_both_sides_and_not_engineered_is_scored():
    allowed, seen = ALL.copy(), ALL.copy()
    allowed[3], seen[5] = False, False
    measured = ALL.copy()
    measured[7] = False
    ad = State("AD", "AD", (study("AD0", SHARED), study("AD1", SHARED, measured=seen)))
    found = evaluate(study("mouse", SHARED, measured=measured), ad, names=NAMES, allowed=allowed)
    assert set(range(GENES)) - set(found.rows) == {3, 5, 7}
    assert found.names.tolist() == NAMES[found.rows].tolist()


def test_a_transgene_moves_the_score_only_when_it_is_allowed():
    effect, allowed = SHARED.copy(), ALL.copy()
    effect[0], allowed[0] = 500.0, False
    ad = state("AD", SHARED)
    clean = evaluate(study("mouse", SHARED, seed=5), ad, names=NAMES, allowed=allowed)
    dirty = evaluate(study("mouse", effect, seed=5), ad, names=NAMES, allowed=allowed)
    assert (dirty.test.score, dirty.test.p) == pytest.approx((clean.test.score, clean.test.p), rel=1e-9)


def test_cohorts_are_pooled_and_shown_one_by_one():
    mouse, ad = study("mouse", SHARED, 8), state("AD", SHARED, cohorts=3, per_arm=4)
    found = evaluate(mouse, ad, names=NAMES, allowed=ALL)
    assert list(found.cohorts) == ["AD0", "AD1", "AD2"]
    side = pooled([cohort.component for cohort in ad.cohorts]).side.centred()
    expected = joint_test(found.mouse, side)
    assert (found.test.score, found.test.p) == pytest.approx((expected.score, expected.p), rel=1e-9)
    assert found.test.score > max(test.score for test in found.cohorts.values())


@pytest.mark.parametrize("how", [{}, {"sets": MANY_SETS, "level": "regulon"}], ids=["gene", "regulon"])
def test_contributions_sum_to_the_score(how):
    found = evaluate(study("mouse", SHARED), state("AD", SHARED), names=NAMES, allowed=ALL, **how)
    parts = found.mouse.vector * found.human.vector
    length = np.linalg.norm(found.mouse.vector) * np.linalg.norm(found.human.vector)
    assert parts.sum() / length == pytest.approx(found.test.score, abs=1e-12)
    assert len(parts) == len(found.names)


def test_axes_of_other_animals_are_taken_out_of_both_sides():
    values, case = samples(0 * SHARED, 12, seed=99)
    axes = Axes("others", moderated_rows(values, indicators(case)), ALL, 4)
    found = evaluate(study("mouse", SHARED), state("AD", SHARED), names=NAMES, allowed=ALL, axes=axes)
    taken = noise_axes(axes.rows, 4)
    expected = joint_test(found.mouse.without(taken), found.human.without(taken))
    assert (found.axes.score, found.axes.p) == pytest.approx((expected.score, expected.p), rel=1e-9)
    assert found.axes.effective_n > found.test.effective_n
    none = Axes("others", axes.rows, ALL, 0)
    assert evaluate(study("mouse", SHARED), state("AD", SHARED), names=NAMES, allowed=ALL, axes=none).axes is None


def test_what_still_changes_alike_given_another_state():
    """Given the other state, the genes of the specific effect stay and those of the shared one go."""
    shared, specific = SHARED * (np.arange(GENES) < 750) * 3, SPECIFIC * (np.arange(GENES) >= 750) * 3
    mouse, ad = study("mouse", shared + specific, 12), state("AD", shared + specific, per_arm=15)
    found = evaluate(mouse, ad, names=NAMES, allowed=ALL, others=[state("other", shared, per_arm=15)]).given[0]
    late = sum(name >= NAMES[750] for name in found.changes)
    assert late > 100
    assert late > 20 * (len(found.changes) - late)
    assert found.role is Role.LEFT
    assert max(found.judged.base.p, found.judged.model.p, found.judged.human.p, found.judged.left.p) <= 0.05


def test_a_state_that_cannot_be_given_says_why():
    ad, mouse = state("AD", SHARED), study("mouse", SHARED)
    silent = State("silent", "silent", (Projected(Component("s", 1e-6 * SHARED, np.eye(GENES)[:5], 5, "s"), ALL),))
    few = state("few", SHARED, measured=np.arange(GENES) < 199)
    for other, role, says in (
        (silent, Role.TOO_WEAK, "no effect above its noise"),
        (few, Role.NOT_TESTED, "199 features shared"),
    ):
        found = evaluate(mouse, ad, names=NAMES, allowed=ALL, others=[other]).given[0]
        assert found.role is role
        assert says in found.note


def test_a_state_that_is_not_asked_changes_nothing_of_the_rest():
    """Its own row apart, what is found with a state of noise is what is found without it."""
    mouse, ad = study("mouse", SHARED + SPECIFIC, 8), state("AD", SHARED + SPECIFIC)
    noise = state("noise", 0 * SHARED)
    alone = evaluate(mouse, ad, names=NAMES, allowed=ALL, others=[OTHER])
    beside = evaluate(mouse, ad, names=NAMES, allowed=ALL, others=[noise, OTHER])
    assert beside.given[0].role in (Role.UNLIKE, Role.TOO_WEAK)
    assert beside.given[1] == alone.given[0]
    assert beside.together == alone.together


def test_nothing_shared_is_an_error():
    with pytest.raises(MethodError) as caught:
        evaluate(study("mouse", SHARED), state("AD", SHARED), names=NAMES, allowed=~ALL)
    assert caught.value.code == "EMPTY_SIDE"


def test_the_exploratory_score_needs_one_noisy_side():
    mouse = study("mouse", SHARED).component
    there = plain_score(mouse.vector, SHARED, mouse.factor, mouse.df, on_mouse=True)
    back = plain_score(SHARED, mouse.vector, mouse.factor, mouse.df, on_mouse=False)
    assert (there.score, there.one_sided_p) == pytest.approx((back.score, back.one_sided_p))
    assert there.one_sided_p < 0.01
    against = plain_score(mouse.vector, -SHARED, mouse.factor, mouse.df, on_mouse=True)
    assert against.one_sided_p == pytest.approx(1 - there.one_sided_p)
    assert plain_score(mouse.vector, SHARED, None, 0, on_mouse=True).one_sided_p is None
    assert plain_score(mouse.vector, 0 * SHARED, None, 0, on_mouse=True).score == 0
