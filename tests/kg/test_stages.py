"""The difference between two stages of one disease: by the closed form against draws, and from contrasts to an
answer."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError, MethodError
from kg.match.contrast import contrast
from kg.match.joint import Side
from kg.match.stages import Shared, shared_correlation, stage_test, trend_weights
from kg.sides.catalog import Named
from kg.sides.stage_order import ordered, place_of
from kg.verdict.stages import stages_of
from tests.kg.little import AD, GENES, TRUTH, Little

FEATURES = 300


def a_side(seed: int, df: int, vector: np.ndarray) -> Side:
    rng = np.random.default_rng(seed)
    return Side(vector, rng.normal(size=(df, FEATURES)) / np.sqrt(df), df)


def test_the_variance_is_that_of_draws_of_all_sides() -> None:
    """Model and stages drawn from their factors, two stages with noise in common: T varies as V says."""
    rng = np.random.default_rng(1)
    m0, a0, b0 = (rng.normal(size=FEATURES) * 2 for _ in range(3))
    a0, b0 = a0 + m0, 1.5 * (b0 + m0)
    mouse, human = (rng.normal(size=(40, FEATURES)) / np.sqrt(40) for _ in range(2))
    r, draws = 0.6, 4000
    noise = [rng.normal(size=(draws, 40)) @ mouse]
    common, *own = (rng.normal(size=(draws, 40)) @ human for _ in range(3))
    noise += [np.sqrt(r) * common + np.sqrt(1 - r) * each for each in own]
    drawn = []
    for at in range(draws):
        sides = [Side(x + e[at], f, 40) for x, e, f in zip((m0, a0, b0), noise, (mouse, human, human), strict=True)]
        drawn.append(stage_test(sides[0], sides[1:], [-1.0, 1.0], [Shared(0, 1, r, human)]))
    seen = np.var([test.statistic for test in drawn])
    assert np.mean([test.variance for test in drawn]) == pytest.approx(seen, rel=0.1)
    apart = stage_test(sides[0], sides[1:], [-1.0, 1.0])
    assert apart.variance > 1.05 * drawn[-1].variance, "noise that both stages share cancels"


def test_neither_the_size_of_a_study_nor_the_strength_of_a_stage_is_a_difference() -> None:
    rng = np.random.default_rng(2)
    m, a = (rng.normal(size=FEATURES) * 2 for _ in range(2))
    one = a_side(3, 20, a + m)
    twice = Side(2 * one.vector, 2 * one.factor, 20)
    found = stage_test(a_side(4, 20, m), [one, twice], [-1.0, 1.0])
    assert found.estimate == pytest.approx(0, abs=1e-12)
    assert found.p == pytest.approx(1)
    longer = stage_test(a_side(4, 20, 3 * m), [one, a_side(5, 20, a)], [-1.0, 1.0])
    shorter = stage_test(a_side(4, 20, m), [one, a_side(5, 20, a)], [-1.0, 1.0])
    assert longer.estimate == pytest.approx(shorter.estimate, rel=0.2)


def test_one_stage_alone_has_its_cosine_and_three_their_slope() -> None:
    rng = np.random.default_rng(6)
    m = a_side(1, 20, rng.normal(size=FEATURES) * 2)
    sides = [
        a_side(at, 20, rng.normal(size=FEATURES) * 2 + weight * m.vector) for at, weight in ((2, 0), (3, 1), (4, 2))
    ]
    cosines = [stage_test(m, [side], [1.0]).estimate for side in sides]
    for side, cosine in zip(sides, cosines, strict=True):
        assert cosine == pytest.approx(m.vector @ side.vector / np.sqrt(m.signal * side.signal))
    slope = stage_test(m, sides, trend_weights(3).tolist())
    assert slope.estimate == pytest.approx(np.polyfit(range(3), cosines, 1)[0])
    assert slope.p == pytest.approx(2 * stats.t.sf(abs(slope.statistic) / np.sqrt(slope.variance), 20))
    assert trend_weights(5) @ np.arange(5) == pytest.approx(1)
    with pytest.raises(MethodError, match="no effect above its noise"):
        stage_test(m, [sides[0], Side(np.zeros(FEATURES), sides[1].factor, 20)], [-1.0, 1.0])


def test_contrasts_that_share_controls_are_correlated_as_their_means_are() -> None:
    rng = np.random.default_rng(0)
    one, two, controls = (rng.normal(size=(20_000, n)).mean(axis=1) for n in (6, 9, 5))
    found = shared_correlation(((6, 5), (9, 5)), [(1, 1, 5)])
    assert found == pytest.approx(np.corrcoef(one - controls, two - controls)[0, 1], abs=0.03)
    turned = shared_correlation(((6, 5), (9, 6)), [(0, 1, 6)])
    other = rng.normal(size=(20_000, 9)).mean(axis=1)
    assert turned == pytest.approx(np.corrcoef(one - controls, other - one)[0, 1], abs=0.03)


def test_stages_are_ordered_by_their_words() -> None:
    assert ordered(["severe", "incipient", "moderate"]) == [1, 2, 0]
    assert ordered(["Braak V-VI", "Braak I-II", "Braak III-IV"]) == [1, 2, 0]
    assert ordered(["stage 10", "stage 9"]) == [1, 0]
    assert ordered(["at plaques", "far from plaques"]) is None
    assert ordered(["early", "mild"]) is None, "words of two scales at one place"
    assert ordered(["at plaques", "far"], ("far", "at plaques")) == [1, 0]
    assert place_of("late-onset, early") is None
    with pytest.raises(ContractError) as refused:
        ordered(["early", "late"], ("early",))
    assert refused.value.code == "ARGUMENT"


def a_lab(folder: Path, early: float = 0.0) -> Little:
    """A model that matches the late stage, and the early one by so much; the stages share their controls."""
    lab = Little(folder)
    rng = np.random.default_rng(11)
    other = rng.normal(size=GENES) * 1.2
    lab.add("model", MOUSE, TRUTH)
    controls = rng.normal(size=(8, GENES))
    late = TRUTH + early * np.random.default_rng(12).normal(size=GENES) * 1.2
    for name, effect in (("early", other + early * TRUTH), ("late", late)):
        samples = np.vstack([controls, rng.normal(size=(8, GENES))])
        info = lab.add(
            name, HUMAN, effect, samples=samples, state=name, dataset="d", case_arm=name, control_arm="healthy"
        )
        lab.states[info.state.id] = replace(lab.states[info.state.id], stage=name)  # type: ignore[union-attr]
    keys = [f"orthokg:contrast/little/{name}" for name in ("early", "late")]
    for one, two in (keys, keys[::-1]):
        lab.contrasts[one] = replace(lab.contrasts[one], shares=((two, "the other", "healthy"),))
    return lab


def test_a_model_that_matches_the_late_stage_is_found_to(tmp_path: Path) -> None:
    lab = a_lab(tmp_path)
    found = stages_of(lab.workspace(), lab.contrasts["orthokg:contrast/little/model"], disease=AD)
    assert [(row.place, row.stage) for row in found.rows] == [(1, "early"), (2, "late")]
    (told,) = found.differences
    assert (told.one, told.two) == ("early", "late")
    assert told.difference > 0.5
    assert told.p == told.q < 0.01
    assert told.correlation == pytest.approx(0.5)
    assert "use the same samples: noise correlated by 0.50" in told.note
    early, late = (row.corrected_score for row in found.rows)
    assert early is not None
    assert late is not None
    assert told.difference == pytest.approx(late - early)
    assert [gap.why for gap in found.gaps] == ["2 ordered stages can be compared; a trend takes 3"]


def test_stages_that_match_alike_are_told_apart_better_over_the_same_controls(tmp_path: Path) -> None:
    lab = a_lab(tmp_path, early=1.0)
    contrast_of = lab.contrasts["orthokg:contrast/little/model"]
    (shared,) = stages_of(lab.workspace(), contrast_of, disease=AD).differences
    for name in ("early", "late"):
        key = f"orthokg:contrast/little/{name}"
        lab.contrasts[key] = replace(lab.contrasts[key], shares=())
    (apart,) = stages_of(lab.workspace(), contrast_of, disease=AD).differences
    assert apart.correlation == 0
    assert apart.high - apart.low > shared.high - shared.low
    assert apart.difference == pytest.approx(shared.difference)


def test_how_much_is_shared_is_not_guessed(tmp_path: Path) -> None:
    lab = a_lab(tmp_path)
    for name, where in (("early", "cortex"), ("late", "hippocampus")):
        key = f"orthokg:contrast/little/{name}"
        lab.contrasts[key] = replace(lab.contrasts[key], region=Named(where, where))
    (told,) = stages_of(lab.workspace(), lab.contrasts["orthokg:contrast/little/model"], disease=AD).differences
    assert told.correlation == 0
    assert "may be the same" in told.note


def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    lab = a_lab(tmp_path)
    info = lab.contrasts["orthokg:contrast/little/model"]
    key = "orthokg:contrast/little/early"
    lab.contrasts[key] = replace(lab.contrasts[key], noise="none", noise_reason="no counts")
    found = stages_of(lab.workspace(), info, disease=AD)
    assert (found.rows, found.differences) == ((), ())
    assert any("no counts" in gap.why for gap in found.gaps)
    assert any("a difference takes two" in gap.why for gap in found.gaps)


def test_regions_of_one_state_are_compared(tmp_path: Path) -> None:
    lab = Little(tmp_path)
    other = np.random.default_rng(11).normal(size=GENES) * 1.2
    info = lab.add("model", MOUSE, TRUTH)
    for name, effect in (("cortex", TRUTH), ("cerebellum", other)):
        lab.add(name, HUMAN, effect, state="ad", region=Named(f"UBERON:{name}", name))
    found = stages_of(lab.workspace(), info, disease=AD, by="region")
    assert {row.stage for row in found.rows} == {"cortex", "cerebellum"}
    assert {row.place for row in found.rows} == {None}
    (told,) = found.differences
    assert (told.one, told.two) == ("cerebellum", "cortex")
    assert told.difference > 0.5
    assert told.q < 0.05
    assert found.trends == ()


@pytest.mark.long
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("strength", [1.0, 2.0])
def test_equal_matches_are_called_different_in_at_most_their_share(shared: bool, strength: float) -> None:
    rng, genes, draws = np.random.default_rng(8), 500, 300
    model, common, one, two = np.linalg.qr(rng.normal(size=(genes, 4)))[0].T * np.sqrt(genes) * 0.8
    effects = [0.5 * model + 0.6 * common + 0.6 * one, strength * (0.5 * model + 0.6 * common + 0.6 * two)]
    calls = []
    for _ in range(draws):
        m = drawn(rng, rng.normal(size=(8, genes)), 7, model)
        controls = [rng.normal(size=(9, genes)) for _ in range(2)]
        stages = [drawn(rng, controls[0 if shared else at], 10, effect) for at, effect in enumerate(effects)]
        r = shared_correlation(((10, 9), (10, 9)), [(1, 1, 9)])
        noise = [Shared(0, 1, r / 2, side.factor) for side in stages] if shared else []
        calls.append(stage_test(m, stages, [-1.0, 1.0], noise).p <= 0.05)
    assert 0.005 < np.mean(calls) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / draws)


def drawn(rng: np.random.Generator, controls: np.ndarray, cases: int, effect: np.ndarray) -> Side:
    arms = np.repeat([1.0, 0.0], [cases, len(controls)])
    fit = contrast(np.vstack([rng.normal(size=(cases, len(effect))) + effect, controls]), arms)
    return Side(fit.vector, fit.factor, fit.df).centred()
