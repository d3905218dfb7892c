"""What is left of a match given another contrast: the closed forms against draws, and how often each role is called."""

import numpy as np
import pytest
from scipy import stats

from kg.errors import MethodError
from kg.match.joint import Side, joint_test
from kg.match.specificity import Role, judge, left, residual, together

FEATURES, DF = 400, 12
AXES = np.random.default_rng(0).normal(size=(5, FEATURES)) * np.array([3, 2, 1.5, 1, 1])[:, None] ** 0.5
TRUTH = np.random.default_rng(1).normal(size=(3, FEATURES))
TRUTH /= np.linalg.norm(TRUTH, axis=1, keepdims=True)
HUMAN, OWN, MOUSE_OWN = TRUTH


def factor(seed: int, df: int = DF) -> np.ndarray:
    """Noise as in tissue: few common axes, and each feature's own."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(df, 5)) @ AXES + rng.normal(size=(df, FEATURES))) / np.sqrt(df)


L, K, D = (factor(seed) for seed in (10, 11, 12))


def scaled(direction: np.ndarray, noise: np.ndarray, reliability: float) -> np.ndarray:
    """True effects along a direction, of the length that gives them a reliability."""
    return direction / np.linalg.norm(direction) * np.sqrt((noise**2).sum() * reliability / (1 - reliability))


def drawn(effect: np.ndarray, noise: np.ndarray, rng: np.random.Generator) -> Side:
    return Side(effect + rng.standard_normal(len(noise)) @ noise, noise, len(noise))


def test_statistic_and_variance_are_those_of_the_formula():
    rng = np.random.default_rng(2)
    m, h, d = (drawn(scaled(v, F, 0.8), F, rng) for v, F in ((HUMAN + MOUSE_OWN, L), (HUMAN, K), (HUMAN + OWN, D)))
    found, signal = left(m, h, d), d.vector @ d.vector - np.trace(D @ D.T)
    b, c = h.vector @ d.vector / signal, m.vector @ d.vector / signal
    r, s = h.vector - b * d.vector, m.vector - c * d.vector
    terms = [np.square(F @ v).sum() for F, v in ((L, r), (K, s), (D, b * s + c * r))]
    assert found.statistic == pytest.approx(m.vector @ h.vector - signal * b * c)
    met = [
        np.square(L @ K.T).sum(),
        b**2 * np.square(L @ D.T).sum(),
        c**2 * np.square(K @ D.T).sum(),
        2 * b**2 * c**2 * np.square(D @ D.T).sum(),
    ]
    assert found.variance == pytest.approx(max(*terms, sum(terms) - sum(met)))
    assert found.p == pytest.approx(2 * stats.t.sf(found.statistic / np.sqrt(found.variance), DF))
    length = np.linalg.norm(m.vector) * np.linalg.norm(h.vector)
    assert found.score == pytest.approx(found.statistic / length)
    assert found.high - found.score == pytest.approx(stats.t.isf(0.025, DF) * np.sqrt(found.variance) / length)


def test_the_unit_of_the_other_contrast_does_not_matter():
    rng = np.random.default_rng(3)
    m, h, d = (drawn(scaled(v, F, 0.8), F, rng) for v, F in ((HUMAN, L), (HUMAN, K), (HUMAN + OWN, D)))
    one, two = judge(m, h, d), judge(m, h, Side(7 * d.vector, 7 * d.factor, d.df))
    assert one.left.statistic == pytest.approx(two.left.statistic)
    assert (one.left.p, one.power, one.role) == (pytest.approx(two.left.p), pytest.approx(two.power), two.role)


@pytest.mark.long
def test_the_third_term_is_the_noise_of_the_slopes():
    """Over draws of all three, T varies at most as V says; by the first two terms alone it would vary less than it
    does."""
    rng = np.random.default_rng(4)
    true = [scaled(v, F, 0.9) for v, F in ((HUMAN + 0.5 * MOUSE_OWN, L), (HUMAN + 0.3 * OWN, K), (HUMAN, D))]
    values, told, known = [], [], []
    for _ in range(400):
        m, h, d = (drawn(v, F, rng) for v, F in zip(true, (L, K, D), strict=True))
        found = left(m, h, d)
        values.append(found.statistic)
        told.append(found.variance)
        r, s = residual(h, d).vector, residual(m, d).vector
        known.append(np.square(L @ r).sum() + np.square(K @ s).sum() - np.square(L @ K.T).sum())
    assert 0.9 < np.mean(told) / np.var(values) < 1.5
    assert np.mean(known) < 0.8 * np.var(values)


def test_the_noise_of_a_residual_is_that_of_draws():
    rng = np.random.default_rng(5)
    effect, other = scaled(HUMAN, K, 0.9), scaled(HUMAN + OWN, D, 0.95)
    found = [residual(drawn(effect, K, rng), drawn(other, D, rng)) for _ in range(600)]
    spread = np.array([each.vector for each in found]).std(axis=0)
    told = np.sqrt(np.mean([each.noise**2 for each in found], axis=0))
    assert np.median(told / spread) == pytest.approx(1, abs=0.06)
    assert found[0].df == DF


def test_a_residual_sums_to_what_is_left():
    """<m, residual of h> is T of ``left``: features and score tell of the same thing."""
    rng = np.random.default_rng(6)
    m, h, d = (drawn(scaled(v, F, 0.8), F, rng) for v, F in ((HUMAN, L), (HUMAN + OWN, K), (OWN, D)))
    assert m.vector @ residual(h, d).vector == pytest.approx(left(m, h, d).statistic)
    assert residual(m, d).vector @ h.vector == pytest.approx(left(m, h, d).statistic)


def rates(share: float, reliability: float, side: str = "human", draws: int = 100) -> dict[Role, float]:
    """How often each role is called for a d whose direction has ``share`` of its squared length in common with the side
    that it stands beside, in matches that are found."""
    rng, called = np.random.default_rng(7), []
    mouse = 0.7 * HUMAN + np.sqrt(1 - 0.49) * MOUSE_OWN
    beside, noise = (HUMAN, D) if side == "human" else (mouse, D)
    for _ in range(draws):
        m, h = drawn(scaled(mouse, L, 0.85), L, rng), drawn(scaled(HUMAN, K, 0.85), K, rng)
        effect = (
            scaled(np.sqrt(share) * beside + np.sqrt(1 - share) * OWN, noise, reliability) if reliability else 0 * HUMAN
        )
        if joint_test(m, h).p <= 0.05:
            called.append(judge(m, h, drawn(effect, noise, rng), side).role)
    assert len(called) > draws / 2
    return {role: called.count(role) / len(called) for role in Role}


@pytest.mark.long
@pytest.mark.parametrize("side", ["human", "model"])
@pytest.mark.parametrize("reliability", [0.1, 0.5, 0.9])
def test_a_wholly_shared_match_is_hardly_ever_called_its_own(reliability, side):
    found = rates(1.0, reliability, side)
    assert found[Role.LEFT] + found[Role.UNLIKE] <= 0.06 + 2 * np.sqrt(0.06 * 0.94 / 100)


@pytest.mark.long
@pytest.mark.parametrize("side", ["human", "model"])
def test_noise_hardly_ever_takes_part(side):
    found = rates(0.0, 0.0, side)
    assert found[Role.LEFT] + found[Role.NOT_TOLD_APART] <= 0.03


@pytest.mark.long
def test_a_well_measured_state_tells():
    """Wholly shared: not told apart. Alike in nothing: unlike."""
    assert rates(1.0, 0.95)[Role.NOT_TOLD_APART] > 0.8
    assert rates(0.0, 0.95)[Role.UNLIKE] > 0.8


def test_a_side_without_a_signal_is_too_weak_and_says_nothing_of_what_is_left():
    rng = np.random.default_rng(8)
    m, h = drawn(scaled(HUMAN, L, 0.85), L, rng), drawn(scaled(HUMAN, K, 0.85), K, rng)
    quiet = Side(1e-3 * HUMAN, D, DF)
    found = judge(m, h, quiet)
    assert (found.role, found.left, found.power, found.reliability) == (Role.TOO_WEAK, None, 0.0, 0.0)
    with pytest.raises(MethodError) as caught:
        residual(m, quiet)
    assert caught.value.code == "NO_SIGNAL"


@pytest.mark.long
def test_power_is_the_share_of_draws_that_take_part():
    """Of a d that carries the whole match, seen in the side that it is less alike to."""
    rng = np.random.default_rng(9)
    mouse = 0.7 * HUMAN + np.sqrt(1 - 0.49) * MOUSE_OWN
    seen, told = [], []
    for _ in range(400):
        m, h, d = (drawn(scaled(v, F, 0.8), F, rng) for v, F in ((mouse, L), (HUMAN, K), (HUMAN, D)))
        told.append(judge(m, h, d).power)
        seen.append(joint_test(m, d).p <= 0.05)
    assert np.mean(told) == pytest.approx(np.mean(seen), abs=0.1)


def test_a_state_that_moves_the_other_way_says_so():
    rng = np.random.default_rng(10)
    m, h, d = (drawn(scaled(v, F, 0.95), F, rng) for v, F in ((HUMAN, L), (HUMAN, K), (-HUMAN, D)))
    found = judge(m, h, d)
    assert (found.role, found.opposite) == (Role.NOT_TOLD_APART, True)
    assert found.left.p > 0.05


def test_explained_asks_that_the_interval_lies_below_half_of_the_match():
    exact = Side(np.eye(FEATURES)[0] * 100, np.full((1, FEATURES), 1e-6), 50)
    found = judge(exact, exact, exact)
    assert (found.role, found.explained) == (Role.NOT_TOLD_APART, True)
    rng = np.random.default_rng(11)
    m, h, d = (drawn(scaled(v, F, 0.9), F, rng) for v, F in ((HUMAN, L), (HUMAN + 1.2 * OWN, K), (HUMAN, D)))
    wide = judge(m, h, d)
    assert wide.explained == (wide.role is Role.NOT_TOLD_APART and wide.left.high < joint_test(m, h).score / 2)


def test_a_single_state_together_is_what_is_left_given_it():
    rng = np.random.default_rng(12)
    m, h, d = (drawn(scaled(v, F, 0.9), F, rng) for v, F in ((HUMAN, L), (HUMAN, K), (HUMAN + OWN, D)))
    found, alone = together(m, h, {"d": d}), left(m, h, d)
    assert found.share == pytest.approx(alone.share)
    assert (found.used, found.left_out) == (("d",), ())
    assert found.high - found.share == pytest.approx(
        stats.t.isf(0.025, DF) * np.sqrt(alone.variance) / (m.vector @ h.vector)
    )


def test_the_share_is_of_t_and_not_of_a_direction():
    """A direction that the other lacks to .6 of its length leaves .36 of T."""
    exact = np.full((1, FEATURES), 1e-9)
    lacks = Side(np.sqrt(1 - 0.36) * HUMAN + 0.6 * np.linalg.qr(np.array([HUMAN, OWN]).T)[0][:, 1], exact, 50)
    one = Side(HUMAN, exact, 50)
    assert left(one, one, lacks).share == pytest.approx(0.36, abs=1e-6)


def test_states_that_cannot_be_told_from_one_another_are_given_once_and_named():
    rng = np.random.default_rng(13)
    m, h = drawn(scaled(HUMAN, L, 0.9), L, rng), drawn(scaled(HUMAN, K, 0.9), K, rng)
    good = drawn(scaled(HUMAN, D, 0.97), D, rng)
    twin = Side(good.vector + 0.01 * rng.normal(size=FEATURES), D, DF)
    other = drawn(scaled(OWN, factor(14), 0.9), factor(14), rng)
    found = together(m, h, {"worse": Side(0.9 * twin.vector, D, DF), "better": good, "other": other})
    assert found.used[0] == "better"
    assert (set(found.used), found.left_out) == ({"better", "other"}, ("worse",))
    assert together(m, h, {"other": other, "better": good, "worse": Side(0.9 * twin.vector, D, DF)}) == found
