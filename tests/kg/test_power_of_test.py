"""The power of a test that found nothing: by draws from its factors, against studies drawn whole."""

from pathlib import Path

import numpy as np
import pytest

from kg.curie import HUMAN, MOUSE
from kg.match.joint import Side, joint_test
from kg.match.power import FEWER_DRAWS, Power, power_of_test, setting
from kg.verdict.family import family
from tests.kg.little import AD, GENES, TRUTH, Little

FEATURES = 250


def a_side(seed: int, df: int, length: float) -> Side:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(df, FEATURES)) / np.sqrt(df)
    return Side(rng.normal(size=FEATURES) * length, factor, df)


def test_it_is_the_planned_power_of_the_design_that_there_is() -> None:
    mouse, human = a_side(1, 14, 1.2), a_side(2, 20, 1.2)
    base = setting(mouse, human)
    planned = Power(base, size=4.0, draws=FEWER_DRAWS).at(0.3, 8)
    assert Power(base, draws=FEWER_DRAWS).present(0.3) == planned
    assert power_of_test(mouse, human, 1) == round(planned.found, 3)


def test_more_tests_and_more_noise_leave_less_power_and_none_where_nothing_rises_above_noise() -> None:
    mouse, human = a_side(1, 14, 1.2), a_side(2, 20, 1.2)
    one, many = power_of_test(mouse, human, 1), power_of_test(mouse, human, 20)
    noisy = power_of_test(Side(mouse.vector, 1.1 * mouse.factor, 14), human, 1)
    assert one is not None
    assert many is not None
    assert noisy is not None
    assert one > many > 0
    assert one > noisy
    assert power_of_test(Side(mouse.vector * 0.1, mouse.factor, 14), human, 1) is None


@pytest.mark.long
def test_it_is_how_often_studies_drawn_whole_are_found() -> None:
    """True vectors at r .3 along the measured ones; each study draws its noise and its own factor, as counts would."""
    mouse, human = a_side(1, 14, 1.15), a_side(2, 20, 1.15)
    rng, calls, draws = np.random.default_rng(0), [], 600
    own = mouse.vector / np.linalg.norm(mouse.vector)
    beside = human.vector - (human.vector @ own) * own
    beside /= np.linalg.norm(beside)
    m0 = np.sqrt(mouse.signal) * own
    h0 = np.sqrt(human.signal) * (0.3 * own + np.sqrt(1 - 0.3**2) * beside)
    for _ in range(draws):
        sides = []
        for side, true in ((mouse, m0), (human, h0)):
            noise = rng.normal(size=len(side.factor)) @ side.factor
            factor = rng.normal(size=(side.df, len(side.factor))) / np.sqrt(side.df) @ side.factor
            sides.append(Side(true + noise, factor, side.df))
        test = joint_test(*sides)
        calls.append(test.p <= 0.05 and test.score > 0)
    found = power_of_test(mouse, human, 1)
    assert found is not None
    assert 0.1 < found < 0.9, "a power that could not be wrong shows nothing"
    assert abs(found - np.mean(calls)) < 4 * np.sqrt(found * (1 - found) * (1 / draws + 1 / FEWER_DRAWS))


def test_only_a_verdict_of_not_supported_has_a_power(tmp_path: Path) -> None:
    lab = Little(tmp_path)
    other = np.random.default_rng(9).normal(size=GENES) * 1.2
    lab.add("model", MOUSE, TRUTH)
    lab.add("cohort", HUMAN, TRUTH, state="ad")
    lab.add("unlike", HUMAN, other, state="unlike")
    found = {
        r.human_label: r for r in family(lab.workspace(), lab.contrasts["orthokg:contrast/little/model"], disease=AD)
    }
    assert found["ad"].status == "SUPPORTED"
    assert found["ad"].power is None
    no = found["unlike"]
    assert no.status == "NOT_SUPPORTED"
    assert no.power is not None
    assert 0 < no.power <= 1
    assert f"{no.power:.0%} of cases" in no.status_line
