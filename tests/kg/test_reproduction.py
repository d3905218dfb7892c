"""The published tables of real matches, by the product's kernels, to the last digit given.

r, mouse-only p and joint p, plain and with the noise axes of the other model's animals taken out; ceilings; regulons
and genes alike at FDR .05; and what other diseases of the cortex do in a match.
"""

import numpy as np
import pytest

from kg.match.conjunction import conjunction
from kg.match.joint import Side, ceiling, joint_test
from kg.match.pair import evaluate
from kg.match.specificity import Role, judge
from tests.bench.studies import OTHERS, Studies, axes_of
from tests.bench.studies import side as whole_side
from tests.needs import sources

POOLED = ("ROSMAP", "Mayo")
MATCHES = """
rTg4510 8 | ROSMAP               |  .3860 .0000 .0108 |  .2857 .0000 .0097
rTg4510 8 | Mayo                 |  .2493 .0000 .0321 |  .1639 .0005 .0542
rTg4510 8 | ROSMAP + Mayo        |  .3660 .0000 .0024 |  .2547 .0000 .0049
rTg4510 8 | GSE153873 AD-Old     |  .2901 .0000 .0835 |  .2063 .0000 .0663
rTg4510 8 | GSE153873 AD-Young   |  .0659 .1951 .7108 |  .0489 .0957 .7053
rTg4510 8 | GSE153873 Old-Young  | -.1594 .0001 .5024 | -.1123 .0000 .4991
rTg4510 2 | ROSMAP               | -.0681 .6677 .6746 | -.0368 .7161 .7270
rTg4510 2 | Mayo                 | -.0348 .7212 .7316 | -.0824 .3667 .3822
rTg4510 2 | ROSMAP + Mayo        | -.0586 .6607 .6663 | -.0725 .4914 .5003
rTg4510 2 | GSE153873 AD-Old     | -.0764 .5172 .5611 | -.0436 .5560 .6288
rTg4510 2 | GSE153873 AD-Young   | -.2511 .0660 .0783 | -.2005 .0466 .0736
rTg4510 2 | GSE153873 Old-Young  | -.2219 .0053 .0434 | -.1850 .0103 .0400
J20 12    | ROSMAP               |  .0748 .6084 .6084 | -.0065 .9180 .9180
J20 12    | Mayo                 |  .0763 .6408 .6408 | -.0145 .8807 .8807
J20 12    | ROSMAP + Mayo        |  .0889 .5299 .5299 | -.0129 .8879 .8879
J20 12    | GSE153873 AD-Old     |  .0421 .6684 .6684 | -.0296 .5443 .5443
J20 12    | GSE153873 AD-Young   |  .0647 .4961 .4961 | -.0227 .7694 .7694
J20 12    | GSE153873 Old-Young  |  .0349 .6218 .6218 | -.0046 .9474 .9474
J20 6     | ROSMAP               | -.1146 .2812 .2812 | -.0051 .9259 .9259
J20 6     | Mayo                 | -.0310 .7660 .7660 |  .0131 .8478 .8478
J20 6     | ROSMAP + Mayo        | -.0809 .3421 .3421 |  .0059 .9279 .9279
J20 6     | GSE153873 AD-Old     |  .0470 .5273 .5273 |  .0651 .1944 .1944
J20 6     | GSE153873 AD-Young   | -.0079 .9477 .9477 |  .0189 .8247 .8247
J20 6     | GSE153873 Old-Young  | -.0490 .6373 .6373 | -.0304 .7223 .7223
"""
# ceiling, regulons and genes alike with the pooled cohorts: plain, axes out
ALIKE = {
    "rTg4510 8": ((0.9062, 301, 1644), (0.9059, 250, 1203)),
    "rTg4510 2": ((0.5747, 1, 0), (0.6763, 1, 1)),
    "J20 12": ((0.2787, 1, 0), (0.5322, 0, 0)),
    "J20 6": ((0.4319, 0, 0), (0.4832, 0, 0)),
}
# genes; r and p of AD and of the other disease; the other's part by the rule of what is left; regulons of AD
SPECIFIC = """
rTg4510 | Huntington | 11219 | .368 .002 |  .440 .005 | not told apart   | 297
rTg4510 | ASD        | 10106 | .375 .002 |  .374 .022 | not told apart   | 282
rTg4510 | SCZ        |  8025 | .380 .002 |  .345 .031 | left             | 277
rTg4510 | BD         |  8025 | .380 .002 |  .291 .123 | too weak to tell | 277
rTg4510 | MDD        | 10866 | .371 .002 |  .068 .758 | too weak to tell | 292
rTg4510 | AAD        | 10679 | .371 .002 | -.169 .303 | too weak to tell | 293
5xFAD   | Huntington |  9670 | .221 .023 |  .231 .055 | too weak to tell | 230
5xFAD   | ASD        |  8821 | .223 .023 |  .278 .027 | not told apart   | 209
5xFAD   | SCZ        |  7131 | .223 .025 |  .199 .071 | too weak to tell | 216
5xFAD   | BD         |  7131 | .223 .025 |  .128 .293 | too weak to tell | 216
5xFAD   | MDD        |  9400 | .223 .022 | -.023 .871 | too weak to tell | 226
5xFAD   | AAD        |  9225 | .222 .022 |  .062 .570 | too weak to tell | 225
"""
# reliability and power of the others, 0 where a table lacks a gene, as they were published over a few more genes than
# these
PUBLISHED = {
    "Huntington": (0.80, 0.71),
    "ASD": (0.73, 0.54),
    "SCZ": (0.67, 0.44),
    "BD": (0.48, 0.23),
    "MDD": (0.43, 0.19),
    "AAD": (0.69, 0.46),
}


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def given_to(digits: int, value: float, printed: str) -> bool:
    return abs(value - float(printed)) <= 0.5 * 10**-digits + 1e-12


@pytest.fixture(scope="module")
def studies() -> Studies:
    return Studies(sources(), corrected=False)


@pytest.fixture(scope="module")
def sides(studies: Studies) -> dict[str, Side]:
    """Each side centred over all genes."""
    mice = {
        f"{name} {months}": studies.model(name, months)
        for name, months in (("rTg4510", "8"), ("rTg4510", "2"), ("J20", "12"), ("J20", "6"))
    }
    human = [studies.state(*POOLED), studies.state("ROSMAP"), studies.state("Mayo")]
    human += [studies.donor_state(*arms) for arms in (("AD", "Old"), ("AD", "Young"), ("Old", "Young"))]
    rows = np.arange(len(studies.genes))
    found = {key: Side(c.component.vector, c.component.factor, c.component.df) for key, c in mice.items()}
    found |= {state.label: state.at(rows).side for state in human}
    return {key: side.centred() for key, side in found.items()}


@pytest.fixture(scope="module")
def axes(studies: Studies) -> dict:
    return {"rTg4510": studies.axes("J20"), "J20": studies.axes("rTg4510")}


@pytest.mark.long
def test_genes_and_noise_axes_are_those_of_the_table(studies, axes):
    assert len(studies.genes) == 11_600
    assert (axes["rTg4510"].count, axes["J20"].count) == (5, 6)


@pytest.mark.long
@pytest.mark.parametrize("row", cells(MATCHES), ids=lambda row: f"{row[0]} x {row[1]}")
def test_scores_and_p_of_real_pairs(row, sides, axes):
    mouse, human, *expected = row
    taken = axes_of(axes[mouse.split()[0]])
    plain = sides[mouse], sides[human]
    for pair, printed in zip((plain, [side.without(taken) for side in plain]), expected, strict=True):
        found = joint_test(*pair)
        for value, text in zip((found.score, found.mouse_only_p, found.p), printed.split(), strict=True):
            assert given_to(4, value, text), (value, text)


@pytest.mark.long
@pytest.mark.parametrize("mouse", ALIKE)
def test_changes_alike_in_both(mouse, studies, sides, axes):
    weights = studies.regulons.on(np.arange(len(studies.genes)))
    taken = axes_of(axes[mouse.split()[0]])
    plain = sides[mouse], sides["ROSMAP + Mayo"]
    for pair, expected in zip((plain, [side.without(taken) for side in plain]), ALIKE[mouse], strict=True):
        regulons = conjunction(*(weights.activity(side) for side in pair)).q < 0.05
        genes = conjunction(*pair).q < 0.05
        assert (round(ceiling(*pair), 4), regulons.sum(), genes.sum()) == expected


@pytest.fixture(scope="module")
def specific(studies: Studies) -> dict:
    """What ``evaluate`` finds for both models and all other diseases: gene level, and regulons that change alike."""
    models = {"rTg4510": studies.model("rTg4510", "8"), "5xFAD": studies.five_xfad_model()}
    asked = {"names": studies.genes.to_numpy(str), "allowed": studies.everywhere}
    state, others = studies.state(*POOLED), [studies.state(name) for name in OTHERS]
    found = {
        name: evaluate(model, state, others=others, by_cohort=False, **asked).given for name, model in models.items()
    }
    return {(name, given.label): given for name, rows in found.items() for given in rows}


@pytest.mark.long
@pytest.mark.parametrize("row", cells(SPECIFIC), ids=lambda row: f"{row[0]} given {row[1]}")
def test_what_another_disease_does_in_a_match(row, specific):
    model, other, genes, *expected, role, _ = row
    found = specific[model, other]
    assert found.n_features == int(genes)
    for test, printed in zip((found.judged.base, found.judged.model), expected, strict=True):
        score, p = printed.split()
        assert given_to(3, test.score, score), (test.score, score)
        assert given_to(3, test.p, p), (test.p, p)
    assert found.role == role


@pytest.mark.long
def test_huntingtons_leaves_nothing_and_explains_the_match_of_regulons(studies):
    by_set = evaluate(
        studies.model("rTg4510", "8"),
        studies.state(*POOLED),
        names=studies.genes.to_numpy(str),
        allowed=studies.everywhere,
        sets=studies.regulons,
        level="regulon",
        others=[studies.state("Huntington")],
        by_cohort=False,
    )
    (found,) = by_set.given
    assert (found.role, found.judged.explained, found.judged.left.p) == (Role.NOT_TOLD_APART, True, 1.0)
    assert not found.changes


@pytest.mark.long
def test_reliability_and_power_are_those_published(studies, sides):
    for name, expected in PUBLISHED.items():
        found = judge(
            sides["rTg4510 8"], sides["ROSMAP + Mayo"], whole_side(studies.from_table(name, studies.others[name]))
        )
        assert (found.reliability, found.power) == pytest.approx(expected, abs=0.03), name


@pytest.mark.long
def test_regulons_alike_before_another_disease_is_given(studies):
    """On the genes that the other disease's table holds too."""
    models = {"rTg4510": studies.model("rTg4510", "8"), "5xFAD": studies.five_xfad_model()}
    state = studies.state(*POOLED)
    for model, other, *_, regulons in cells(SPECIFIC):
        known = studies.state(other).measured
        found = evaluate(
            models[model],
            state,
            names=studies.genes.to_numpy(str),
            allowed=known,
            sets=studies.regulons,
            level="regulon",
        )
        assert (found.changes.q < 0.05).sum() == int(regulons), (model, other)
