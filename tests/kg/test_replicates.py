"""A sample listed twice and a library sequenced twice are found; animals are not taken for either, however deep or
shallow."""

import numpy as np
import pytest
from scipy import stats

from kg.ask.upload import Sample, Upload, check
from kg.ask.upload_contrast import bring
from kg.ask.upload_material import Material
from kg.curie import MOUSE
from kg.errors import ContractError
from kg.match.counts import alike_doubts, alike_faults, donor_expression
from kg.match.replicates import _MEDIAN, Alike, _of_counts, alike
from tests.kg.little import Little

GENES, NAMES = 3000, [f"s{i}" for i in range(50)]
LEVEL = np.random.default_rng(0).lognormal(0, 1.6, GENES)


def means(animals: int, bcv: float, depth: float, seed: int = 1) -> np.ndarray:
    """Expected counts, genes x animals: gamma about a profile, so that counts are negative binomial; ``depth``: reads
    each."""
    rng = np.random.default_rng(seed)
    shape = 1 / max(bcv, 1e-6) ** 2
    made = LEVEL[:, None] * (rng.gamma(shape, 1 / shape, (GENES, animals)) if bcv else np.ones((GENES, animals)))
    return made / LEVEL.sum() * depth * rng.uniform(0.6, 1.6, animals)


def counts(animals: int = 8, bcv: float = 0.1, depth: float = 5e6, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed + 100).poisson(means(animals, bcv, depth, seed)).astype(float)


def part(column: np.ndarray) -> np.ndarray:
    """Half of the reads."""
    return np.random.default_rng(3).binomial(column.astype(int), 0.5).astype(float)


def pairs(found) -> set[tuple[int, int]]:
    return {(p.one, p.two) for p in found}


def called(found: Alike) -> set[tuple[int, int]]:
    return pairs(found.copies) | pairs(found.libraries)


@pytest.mark.long
@pytest.mark.parametrize("depth", [2e4, 2e5, 2e6, 5e7, 1e9])
@pytest.mark.parametrize("bcv", [0.0, 0.01, 0.03, 0.1, 0.4])
def test_animals_are_not_refused(bcv: float, depth: float) -> None:
    """Not even those that differ by counting alone (BCV 0): the study's other pairs lie as close."""
    for seed in (1, 2):
        found = alike(counts(8, bcv, depth, seed), "counts")
        assert called(found) == set()
        if bcv >= 0.1 and depth >= 2e6:
            assert found.untold == ()
        if bcv <= 0.01:
            assert found.untold


def test_two_arms_far_apart_are_two_arms() -> None:
    """Inbred animals beside others in which most genes change."""
    x = means(8, 0.03, 2e7)
    x[:, 4:] *= np.random.default_rng(5).lognormal(0, 1, GENES)[:, None]
    found = alike(np.random.default_rng(6).poisson(x).astype(float), "counts")
    assert called(found) == set()


@pytest.mark.parametrize("bcv", [0.04, 0.1, 0.4])
def test_reads_of_one_library_in_two_lanes_are_found(bcv: float) -> None:
    rng, x = np.random.default_rng(3), counts(6, bcv, 2e7)
    lane = part(x[:, 2])
    split = np.column_stack([x[:, :2], lane, x[:, 3:], x[:, 2] - lane])
    found = alike(split, "counts")
    assert pairs(found.libraries) == {(2, 6)}
    assert found.copies == ()
    (fault,) = alike_faults(found, NAMES, "name the column")
    assert "s2 and s6 are one library sequenced twice" in fault.found
    three = np.column_stack([split[:, :6], *rng.multinomial(x[:, 2].astype(int)[:, None].ravel(), [0.5, 0.3, 0.2]).T])
    three = np.delete(three, 2, axis=1)
    assert pairs(alike(three, "counts").libraries) == {(5, 6), (5, 7), (6, 7)}


def test_all_animals_in_two_lanes_are_found() -> None:
    x = counts(5, 0.1, 2e7)
    one = part(x)
    assert pairs(alike(np.hstack([one, x - one]), "counts").libraries) == {(i, i + 5) for i in range(5)}


def test_lanes_too_shallow_to_tell_are_a_doubt() -> None:
    x = counts(6, 0.1, 3e5)
    lane = part(x[:, 2])
    found = alike(np.column_stack([x, lane, x[:, 2] - lane])[:, [0, 1, 3, 4, 5, 6, 7]], "counts")
    assert called(found) == set()
    assert (5, 6) in pairs(found.untold)
    assert "s5 and s6" in alike_doubts(found, NAMES)[0]
    assert alike_faults(found, NAMES, "") == []


@pytest.mark.long
@pytest.mark.parametrize("depth", [1e6, 3e7])
@pytest.mark.parametrize("bcv", [0.05, 0.2, 0.4])
def test_the_distance_is_the_square_of_the_bcv(bcv: float, depth: float) -> None:
    """Of negative binomial counts; the error is what draws differ by."""
    found = [p for seed in range(5) for p in _of_counts(counts(4, bcv, depth, seed))]
    assert np.median([p.distance for p in found]) == pytest.approx(bcv**2, rel=0.15)
    lanes = [p for seed in range(8) for p in _of_counts(counts(4, 0.0, depth, seed))]
    assert np.mean([p.distance <= 2 * p.error for p in lanes]) > 0.9
    assert stats.chi2.median(1) == pytest.approx(_MEDIAN)


def twice(x: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.column_stack([x, column])


@pytest.mark.parametrize("depth", [3e4, 2e5, 2e6, 5e7])
def test_a_column_listed_twice_is_a_copy_at_any_depth(depth: float) -> None:
    for bcv in (0.0, 0.1):
        x = counts(6, bcv, depth)
        found = alike(twice(x, x[:, 3]), "counts")
        assert pairs(found.copies) == {(3, 6)}
        assert "s3 and s6 are copies of one column" in alike_faults(found, NAMES, "")[0].found


CHANGED = {
    "a few counts changed": lambda c: np.where(np.random.default_rng(8).random(GENES) < 0.05, c * 3 + 7, c),
    "one gene a hundredfold": lambda c: np.where(np.arange(GENES) == np.argmax(c), c * 100, c),
    "twice the counts": lambda c: 2 * c,
    "normalised and rounded": lambda c: np.round(c * 0.73),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_copy_is_known_though_it_was_changed(what: str) -> None:
    x = counts(6, 0.1, 5e6)
    assert pairs(alike(twice(x, CHANGED[what](x[:, 1])), "counts").copies) == {(1, 6)}


def test_half_the_reads_beside_all_of_them() -> None:
    """Closer than two sequencings: a part of the same reads."""
    x = counts(6, 0.1, 5e6)
    found = alike(twice(x, part(x[:, 0])), "counts")
    assert called(found) == {(0, 6)}


def test_corrected_counts_with_fractions() -> None:
    x = np.maximum(counts(6, 0.1, 5e6) * 0.93 - 0.4 * LEVEL[:, None], 0)
    assert called(alike(x, "corrected")) == set()
    assert pairs(alike(twice(x, x[:, 2] * 1.7), "corrected").copies) == {(2, 6)}


def test_log_expression_tells_copies_shifted_or_not() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(8, 2, (GENES, 1)) + rng.normal(size=(GENES, 6)) * 0.2
    assert called(alike(x, "log2")) == set()
    assert alike(x, "log2").untold == ()
    for column in (x[:, 4], x[:, 4] + 0.31, np.round(x[:, 4], 2)):
        assert pairs(alike(twice(x, column), "log2").copies) == {(4, 6)}
    again = twice(x, x[:, 4] + rng.normal(size=GENES) * 0.05)
    found = alike(again, "log2")
    assert called(found) == set()
    assert pairs(found.untold) == {(4, 6)}


@pytest.mark.long
def test_many_samples_are_searched_by_their_neighbours() -> None:
    x = counts(40, 0.1, 2e6)
    lane = part(x[:, 20])
    x = np.column_stack([x, x[:, 12], x[:, 20] - lane])
    x[:, 20] = lane
    found = alike(x, "counts")
    assert pairs(found.copies) == {(12, 40)}
    assert pairs(found.libraries) | pairs(found.untold) == {(20, 41)}


def test_nothing_is_said_of_what_is_not_there() -> None:
    for x in (np.zeros((0, 4)), np.zeros((50, 4)), np.ones((5, 1)), np.ones((300, 3)), np.eye(4)):
        for scale in ("counts", "log2"):
            assert called(alike(x, scale)) == set()  # type: ignore[arg-type]
    assert called(alike(np.full((300, 3), 1e307) * [1, 2, 3], "counts")) == set()


def test_copies_of_one_donor_count_once_and_lanes_are_summed() -> None:
    x = counts(4, 0.1, 5e6)
    lane = part(x[:, 2])
    table = np.column_stack([x[:, 0], x[:, 1], x[:, 0], lane, x[:, 2] - lane, x[:, 3]])
    donors = ["b", "a", "b", "c", "c", "d"]
    genes = np.array([f"g{i:04}" for i in range(GENES)])
    found = donor_expression(table, genes, NAMES[:6], donors, "counts")
    assert found.once == {2: 0}
    assert list(found.donors) == ["a", "b", "c", "d"]
    assert list(found.first) == [1, 0, 3, 5]
    rows = np.isin(genes, found.genes)
    np.testing.assert_array_equal(found.counts, x[rows][:, [1, 0, 2, 3]].T)
    assert called(found.alike) == set()
    assert called(donor_expression(table, genes, NAMES[:6], None, "counts").alike) == {(0, 2), (3, 4)}
    log = donor_expression(np.log2(table + 1), genes, NAMES[:6], donors, "log2")
    np.testing.assert_allclose(log.values[2], np.log2(table[:, [3, 4]] + 1).mean(axis=1))


def test_an_upload_that_lists_an_animal_twice_is_refused(tmp_path) -> None:
    little = Little(tmp_path)
    little.add("known", MOUSE, np.zeros(400))
    symbols = [f"S{i}" for i in range(400)]
    x = counts(6, 0.1, 5e6)[:400]
    table = np.column_stack([x, x[:, 0]])
    arms = ["case", "case", "case", "control", "control", "control", "case"]

    def brought(donors: list[str]):
        samples = tuple(Sample(f"s{i}", arm, donor) for i, (arm, donor) in enumerate(zip(arms, donors, strict=True)))
        return bring(little.workspace(), check(Upload(MOUSE, symbols, counts=table, samples=samples)), Material(), None)

    with pytest.raises(ContractError) as caught:
        brought([""] * 7)
    assert caught.value.code == "ALIKE_SAMPLES"
    assert "s0 and s6 are copies of one column" in str(caught.value)
    assert "same donor" in str(caught.value)
    made = brought(["a", "b", "c", "d", "e", "f", "a"])
    assert (made.guest.info.n_case, made.guest.info.n_control) == (3, 3)
    assert any(g.what == "sample s6" and "copy of s0" in g.why for g in made.gaps)
