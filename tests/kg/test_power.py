"""The power of a match: draws against simulated studies that go through the product's own tests."""

from dataclasses import dataclass

import numpy as np
import pytest

from kg.errors import MethodError
from kg.match.contrast import contrast
from kg.match.joint import Side, joint_test
from kg.match.power import KNOWN, Chances, Power, Setting, setting
from kg.match.specificity import ALPHA, Role, judge

FEATURES, STUDIES, NOW = 300, 300, 6
APART = 4  # standard errors of a difference of two shares


@dataclass(frozen=True)
class Truth:
    """True effects and noise: ``means`` of the model, of what the human state has beside it, and of another state;
    ``factors``: rows x features, of which samples are drawn."""

    means: tuple[np.ndarray, np.ndarray, np.ndarray]
    factors: tuple[np.ndarray, np.ndarray, np.ndarray]
    df: tuple[int, int, int]

    def human(self, r: float) -> np.ndarray:
        u, v = (x / np.linalg.norm(x) for x in self.means[:2])
        return np.linalg.norm(self.means[1]) * (r * u + np.sqrt(1 - r**2) * v)


def truth(signal: float = 30.0, human_df: int = 14) -> Truth:
    """Noise that moves together: two strong common directions, and the own noise of each feature."""
    rng = np.random.default_rng(3)
    common = rng.normal(size=(2, FEATURES))
    factors = []
    for rows in (40, 50, 45):
        made = np.vstack([common * 0.6 + rng.normal(size=(2, FEATURES)) * 0.3, rng.normal(size=(rows, FEATURES)) / 7])
        factors.append(made - made.mean(axis=1, keepdims=True))
    base = np.linalg.qr(rng.normal(size=(FEATURES, 3)))[0].T
    means = tuple(each * length for each, length in zip(base, (signal, 30.0, 32.0), strict=True))
    return Truth(means, tuple(factors), (10, human_df, 16))  # type: ignore[arg-type]


def known(t: Truth, alike: float | None = None) -> Setting:
    """The inner products of the truth itself."""
    units = [x / np.linalg.norm(x) for x in t.means]
    n = 2 if alike is None else 3
    return Setting(
        {(i, j): t.factors[i] @ t.factors[j].T for i in range(n) for j in range(n)},
        {(i, j): t.factors[i] @ units[j] for i in range(n) for j in range(n)},
        tuple(float(np.linalg.norm(x)) for x in t.means[:n]),
        t.df[:n],
        alike or 0.0,
    )


def drawn(mean: np.ndarray, factor: np.ndarray, df: int, rng: np.random.Generator) -> Side:
    """A study of the given freedom: vector and factor as samples would give them."""
    return Side(
        mean + rng.standard_normal(len(factor)) @ factor,
        rng.standard_normal((df, len(factor))) @ factor / np.sqrt(df),
        df,
    )


def apart(one: float, two: float, n: int, draws: int = 1000) -> float:
    """A difference of shares over its standard error, at least that of one case in a hundred."""
    p = np.clip((one + two) / 2, 0.01, 0.99)
    return abs(one - two) / float(np.sqrt(p * (1 - p) * (1 / n + 1 / draws)))


@pytest.mark.parametrize(("animals", "r"), [(3, 0.5), (10, 0.3)])
def test_power_is_that_of_studies_through_the_joint_test(animals: int, r: float) -> None:
    t, rng = truth(), np.random.default_rng(11)
    mean = t.means[0] * np.sqrt(animals / NOW)
    calls = [0, 0]
    for _ in range(STUDIES):
        test = joint_test(
            drawn(mean, t.factors[0], 2 * animals - 2, rng), drawn(t.human(r), t.factors[1], t.df[1], rng)
        )
        calls[test.statistic < 0] += test.p <= ALPHA
    found = Power(known(t), size=NOW / 2, seed=1).at(r, animals)
    assert 0.1 < found.found < 0.95
    assert apart(found.found, calls[0] / STUDIES, STUDIES) < APART
    assert apart(found.discordant, calls[1] / STUDIES, STUDIES) < APART


@pytest.mark.parametrize("animals", [4, 12])
def test_parts_of_another_state_are_those_of_studies_that_are_judged(animals: int) -> None:
    t, rng, r, alike = truth(45.0), np.random.default_rng(12), 0.5, 0.6
    mean, h0 = t.means[0] * np.sqrt(animals / NOW), t.human(0.5)
    # <m0, d0> = r a, <h0, d0> = a, the rest of d along a direction of its own
    plane = np.array([mean / np.linalg.norm(mean), h0 / np.linalg.norm(h0)])
    beside = t.means[2] / np.linalg.norm(t.means[2])
    d0 = np.linalg.norm(t.means[2]) * (alike * plane[1] + np.sqrt(1 - alike**2) * beside)
    statuses = dict.fromkeys(("supported", "nonspecific", "takes_part", "left"), 0)
    for _ in range(STUDIES):
        m, h, d = (
            drawn(x, t.factors[i], df, rng)
            for i, (x, df) in enumerate(((mean, 2 * animals - 2), (h0, t.df[1]), (d0, t.df[2])))
        )
        found = judge(m, h, d)
        if found.base.p <= ALPHA and found.base.statistic > 0:
            statuses["supported" if found.role is not Role.NOT_TOLD_APART else "nonspecific"] += 1
            statuses["takes_part"] += found.role.takes_part
            statuses["left"] += found.role is Role.LEFT
    units = known(t, alike)
    along = {**units.along, **{(i, 2): t.factors[i] @ d0 / np.linalg.norm(d0) for i in range(3)}}
    other = Setting(units.gram, along, units.length, units.df, alike)
    chances = Power(known(t), [other], size=NOW / 2, seed=2).at(r, animals)
    told = {"supported": chances.supported, "nonspecific": chances.nonspecific, **vars(chances.parts[0])}
    assert statuses["takes_part"] > STUDIES / 5
    for name, count in statuses.items():
        assert apart(told[name], count / STUDIES, STUDIES) < APART, name


@pytest.mark.parametrize(("animals", "r"), [(4, 0.5), (10, 0.3)])
def test_power_is_that_of_samples_through_the_contrast(animals: int, r: float) -> None:
    """Samples of both arms, their effects moderated and their noise estimated by the product's own kernel."""
    rng, t = np.random.default_rng(21), truth(13.0)
    unit = [factor / np.sqrt((factor**2).sum(axis=0)) for factor in t.factors]
    # A feature of unit noise has an effect in units of itself and the median spread: half of it.
    halves = tuple((each - each.mean(axis=1, keepdims=True)) / 2 for each in unit)
    t = Truth((t.means[0], t.means[1] / 2, t.means[2]), halves, (10, 14, 16))  # type: ignore[arg-type]

    def study(mean: np.ndarray, rows: np.ndarray, n: int) -> Side:
        values, case = rng.standard_normal((2 * n, len(rows))) @ rows, np.arange(2 * n) >= n
        values[case] += 2 * mean / np.sqrt(n / 2)
        found = contrast(values, case)
        return Side(found.vector, found.factor, found.df).centred()

    hits = 0
    for _ in range(STUDIES):
        test = joint_test(study(t.means[0] * np.sqrt(animals / NOW), unit[0], animals), study(t.human(r), unit[1], 8))
        hits += test.p <= ALPHA and test.statistic > 0
    found = Power(known(t), size=NOW / 2, seed=4).at(r, animals).found
    assert 0.1 < found < 0.95
    # The kernel's own limit at small designs (noise up to 5% too large) stands beside the error of the draws.
    assert abs(found - hits / STUDIES) < 0.05 + 2 * np.sqrt(found * (1 - found) / STUDIES)


def test_it_grows_with_animals_and_with_r() -> None:
    power = Power(known(truth()), size=NOW / 2)
    table = np.array([[power.at(r, n).found for r in (0.2, 0.3, 0.4, 0.5)] for n in (3, 5, 8, 12, 20, KNOWN)])
    assert (np.diff(table, axis=0) > -0.01).all()
    assert (np.diff(table, axis=1) > 0).all()
    assert table[-1, 0] > table[0, 0] + 0.1


def test_the_human_side_caps_it() -> None:
    """No number of animals takes it above what the human side allows; a larger human study does."""
    few, many = (Power(known(truth(human_df=df)), size=NOW / 2) for df in (4, 40))
    ends = few.at(0.15, None).found, many.at(0.15, None).found
    assert few.at(0.15, 20_000).found == pytest.approx(ends[0], abs=0.02)
    assert few.at(0.15, 10).found <= ends[0] < 0.8
    assert ends[1] > ends[0] + 0.1


def test_a_larger_family_asks_for_more() -> None:
    one, five = (Power(known(truth()), size=NOW / 2, tests=n).at(0.4, 8) for n in (1, 5))
    assert five.found < one.found - 0.05


def test_the_chances_of_all_statuses_sum_to_one_and_come_again_with_the_seed() -> None:
    t = truth(45.0)
    made = [Power(known(t), [known(t, 0.9)], size=NOW / 2, seed=5, draws=200).at(0.5, 6) for _ in range(2)]
    assert made[0] == made[1]
    c: Chances = made[0]
    assert c.supported + c.nonspecific + c.not_supported + c.discordant == pytest.approx(1)
    assert Power(known(t), [known(t, 0.9)], size=NOW / 2, seed=6, draws=200).at(0.5, 6) != c


def test_a_setting_is_of_vectors_along_those_measured() -> None:
    """Power from measured sides is that of studies of explicit true vectors, which any other program can draw."""
    t, rng, r, animals = truth(35.0), np.random.default_rng(8), 0.4, 9
    m, h = drawn(t.means[0], t.factors[0], 10, rng).centred(), drawn(t.means[1], t.factors[1], 14, rng).centred()
    u = m.vector / np.linalg.norm(m.vector)
    v = h.vector - (h.vector @ u) * u
    h0 = np.sqrt(h.signal) * (r * u + np.sqrt(1 - r**2) * v / np.linalg.norm(v))
    m0 = u * np.sqrt(m.signal * animals / NOW)
    tests = [
        joint_test(drawn(m0, m.factor, 2 * animals - 2, rng), drawn(h0, h.factor, h.df, rng)) for _ in range(STUDIES)
    ]
    share = float(np.mean([test.p <= ALPHA and test.statistic > 0 for test in tests]))
    assert 0.1 < share < 0.95
    assert apart(Power(setting(m, h), size=NOW / 2, seed=3).at(r, animals).found, share, STUDIES) < APART


def test_a_side_without_an_effect_is_refused() -> None:
    loud = Side(np.ones(4) / 10, np.eye(4), 4)
    with pytest.raises(MethodError, match="the human state has no effect above its noise") as caught:
        setting(Side(np.arange(4.0) * 5, np.eye(4), 4), loud)
    assert caught.value.code == "NO_SIGNAL"
