"""One study under two names is known by its vectors, turned or not; studies of one disease are not taken for one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kg.curie import HUMAN, MOUSE
from kg.match import likeness
from kg.match.likeness import alike_pairs, by_likeness, correlation, is_alike, same_samples
from kg.sides.human import bank_doubts, no_other, state_side
from kg.verdict.family import family, pairwise
from tests.kg.little import GENES, TRUTH, Little

NAMES = np.array([f"g{i:04}" for i in range(900)])


def many(seed: int = 0) -> list:
    """Thirty contrasts of 900 genes, of which each lacks some; 3 and 20 are one study, 5 and 11 one with its arms
    exchanged."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=900)
    made = []
    for at in range(30):
        kept = np.sort(rng.choice(900, rng.integers(500, 900), replace=False))
        made.append([kept, (0.8 * truth + 0.6 * rng.normal(size=900)) * 10.0 ** (at % 4 - 2)])
    made[20][1] = made[3][1] * 3 + rng.normal(size=900) * made[3][1].std() * 0.2
    made[11][1] = -made[5][1]
    return [(NAMES[kept], vector[kept]) for kept, vector in made]


@pytest.mark.parametrize("block", [4, 256])
def test_blocks_find_what_pairs_one_by_one_do(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(likeness, "BLOCK", block)
    contrasts = many()
    slow = {}
    for i, (genes, vector) in enumerate(contrasts):
        for j in range(i + 1, len(contrasts)):
            _, a, b = np.intersect1d(genes, contrasts[j][0], return_indices=True)
            slow[i, j] = float(np.corrcoef(vector[a], contrasts[j][1][b])[0, 1]), len(a)
    found = {(p.one, p.two): (p.r, p.n) for p in alike_pairs(contrasts)}
    wanted = {key: value for key, value in slow.items() if abs(value[0]) > 0.95}
    assert set(found) == set(wanted) == {(3, 20), (5, 11)}
    for key in found:
        assert found[key] == pytest.approx(wanted[key])
    assert found[5, 11][0] == pytest.approx(-1)


def test_few_genes_or_none_say_nothing() -> None:
    a = np.arange(300.0)
    assert alike_pairs([]) == alike_pairs([(NAMES[:300], a)]) == []
    assert alike_pairs([(NAMES[:199], a[:199]), (NAMES[:199], a[:199])]) == []
    assert alike_pairs([(NAMES[:300], a * 0 + 1), (NAMES[:300], a)]) == []
    assert len(alike_pairs([(NAMES[:200], a[:200]), (NAMES[:300], a)])) == 1
    assert correlation(NAMES[:300], a, NAMES[400:], a[:1].repeat(500)) == (0.0, 0)
    assert not is_alike(0.949, 5000)
    assert not is_alike(0.99, 199)


def test_samples_of_two_studies_are_known_by_their_expression() -> None:
    """Counts of two studies after each one's own filter and library size: three samples in common."""
    rng = np.random.default_rng(4)
    level = rng.lognormal(3, 1.5, 900)
    counts = rng.poisson(level * rng.gamma(100, 0.01, (9, 900))).astype(float)
    kept = [np.sort(rng.choice(900, 800, replace=False)) for _ in range(2)]
    rows = [0, 1, 2, 3, 4, 5], [5, 6, 7, 0, 8, 3]
    made = [
        np.log2(counts[r][:, k] / counts[r][:, k].sum(axis=1, keepdims=True) * 1e6 + 1)
        for r, k in zip(rows, kept, strict=True)
    ]
    found = same_samples(NAMES[kept[0]], made[0], NAMES[kept[1]], made[1])
    assert sorted(found) == [(0, 3), (3, 5), (5, 0)]
    assert same_samples(NAMES[:150], made[0][:, :150], NAMES[:150], made[0][:, :150]) == []


def alike(little: Little, one: str, two: str, r: float = 0.98) -> None:
    """As the catalogue reads the edge: on both."""
    for a, b in ((one, two), (two, one)):
        info = little.contrasts[f"orthokg:contrast/little/{a}"]
        little.contrasts[info.id] = replace(info, shares=((f"orthokg:contrast/little/{b}", b, by_likeness(r)),))


def test_a_study_is_not_compared_with_itself_by_another_name(tmp_path: Path) -> None:
    little = Little(tmp_path)
    one, two = little.add("one", MOUSE, TRUTH, seed=1), little.add("two", MOUSE, TRUTH, seed=1)
    (unknown,) = pairwise(little.workspace(), one, [two])
    assert unknown.status == "SUPPORTED"  # what the likeness is there to prevent
    alike(little, "one", "two")
    one, two = (little.contrasts[f"orthokg:contrast/little/{n}"] for n in ("one", "two"))
    (record,) = pairwise(little.workspace(), one, [two])
    assert (record.status, record.p) == ("UNTESTABLE", None)
    assert "the two sides share samples: two (its samples, by their likeness (r 0.98))" in record.reason


def test_a_cohort_under_two_names_is_one_contribution(tmp_path: Path) -> None:
    little = Little(tmp_path)
    little.add("one", HUMAN, TRUTH, seed=1, state="AD")
    little.add("two", HUMAN, TRUTH, seed=1, state="AD")
    alike(little, "one", "two")
    mouse = little.add("mouse", MOUSE, TRUTH)
    (record,) = family(little.workspace(), mouse, disease=None, band=False)
    assert sorted(c.status.partition(":")[0] for c in record.cohorts) == ["not pooled", "pooled"]
    (apart,) = [c for c in record.cohorts if c.status != "pooled"]
    assert "by their likeness (r 0.98), with" in apart.status


def test_it_serves_no_specificity_of_itself(tmp_path: Path) -> None:
    """The same cohort under the name of another disease would leave nothing of the match."""
    little = Little(tmp_path)
    little.add("one", HUMAN, TRUTH, seed=1, state="AD")
    little.add("two", HUMAN, TRUTH, seed=1, state="HD", disease="MONDO:0007739")
    ws = little.workspace()
    sides = [state_side(ws, info, ws.space_within(HUMAN)) for info in ws.catalog.states.values()]
    assert no_other(*sides) == ""
    alike(little, "one", "two")
    ws = little.workspace()
    sides = [state_side(ws, info, ws.space_within(HUMAN)) for info in ws.catalog.states.values()]
    assert "by their likeness" in no_other(*sides)
    assert "by their likeness" in no_other(*reversed(sides))


def test_declared_donors_are_one_contribution_and_the_larger_stays(tmp_path: Path) -> None:
    little = Little(tmp_path)
    for name, n in (("ba10", 7), ("ba22", 9)):
        other = "ba22" if name == "ba10" else "ba10"
        declared = ((f"orthokg:contrast/little/{other}", other, "donors"),)
        little.add(name, HUMAN, TRUTH, n=n, state="AD", shares=declared)
    mouse = little.add("mouse", MOUSE, TRUTH)
    (record,) = family(little.workspace(), mouse, disease=None, band=False)
    status = {c.label: c.status for c in record.cohorts}
    assert status == {"ba22": "pooled", "ba10": "not pooled: shares donors with ba22"}
    assert record.null.human == "donors (9 v 9)"


def test_one_bank_and_one_size_is_a_doubt(tmp_path: Path) -> None:
    little = Little(tmp_path)
    for name, n, bank in (("a", 10, "MSSM"), ("b", 11, "MSSM"), ("c", 20, "MSSM"), ("d", 10, "Mayo"), ("e", 10, "")):
        little.add(name, HUMAN, TRUTH, n=n, state="AD", bank=bank)
    (doubt,) = bank_doubts([little.contrasts[f"orthokg:contrast/little/{n}"] for n in "abcde"])
    assert doubt.startswith("same-bank: a and b are both of MSSM")
    mouse = little.add("mouse", MOUSE, TRUTH)
    (record,) = family(little.workspace(), mouse, disease=None, band=False)
    assert len([f for f in record.flags if f.startswith("same-bank")]) == 1
    assert record.n_features == GENES
