"""What a table says twice is compared: conflicts are errors that show rows, the rest is taken by the stated p and
flagged."""

import numpy as np
import pytest
from scipy import stats

from kg.match.direction import ALZHEIMERS, CORTEX, KNOWN, sign_doubt
from kg.match.tables.agreement import LEAST_DF, agreement
from kg.match.tables.conflict import conflicts
from kg.match.tables.vector import examine, table_contrast, unit_noise

RNG = np.random.default_rng(11)
N = 400
TRUTH = np.where(RNG.random(N) < 0.3, RNG.normal(size=N) * 3, RNG.normal(size=N))
SE = RNG.gamma(4, 0.1, N) + 0.05
EFFECT = TRUTH * SE
P = 2 * stats.norm.sf(np.abs(TRUTH))
FDR = stats.false_discovery_control(P)
WHOLE = {"effect": EFFECT, "se": SE, "z": TRUTH, "p": P, "fdr": FDR}
NAMES = {"effect": "lfc", "se": "lfcSE", "z": "stat", "p": "pvalue", "fdr": "padj"}


def table(*columns: str, **changed: np.ndarray) -> dict[str, np.ndarray]:
    return {name: changed.get(name, WHOLE.get(name)) for name in (*columns, *changed)}  # type: ignore[misc]


def by_t(df: float) -> np.ndarray:
    return 2 * stats.t.sf(np.abs(TRUTH), df)


CONFLICTS = {
    "a likelihood ratio": (table("effect", "se", "p", "fdr", z=TRUTH**2), "NO_SIGN", "stat", "likelihood ratio"),
    "a likelihood ratio with rounding below 0": (
        table("effect", "p", z=TRUTH**2 - 1e-6),
        "NO_SIGN",
        "stat",
        "leave 'stat' out",
    ),
    "the size of z": (table("effect", "p", z=np.abs(TRUTH)), "NO_SIGN", "stat", "|z|"),
    "the size of z, alone": (table(z=np.abs(TRUTH)), "NO_SIGN", "stat", "sign of the effect"),
    "p as z": (table("effect", "p", z=P), "NO_SIGN", "stat", "as a p does"),
    "-log10 p as z": (table("effect", "p", z=-np.log10(P)), "NO_SIGN", "stat", "-log10 of p"),
    "log p as z": (table("effect", "p", z=np.log(P)), "NO_SIGN", "stat", "never above 0"),
    "z reversed": (table("effect", "p", z=-TRUTH), "OPPOSITE_SIGNS", "lfc", "reverse the sign of one"),
    "z of another contrast": (
        table("effect", "p", z=RNG.permutation(TRUTH)),
        "OPPOSITE_SIGNS",
        "lfc",
        "not of one contrast",
    ),
    "ratios": (table("p", "fdr", effect=2**EFFECT), "RATIOS", "lfc", "give log2 of 'lfc'"),
    "ratios beside a good z": (table("z", effect=2**EFFECT), "RATIOS", "lfc", "give log2 of 'lfc'"),
    "ratios alone": (table(effect=2**EFFECT), "RATIOS", "lfc", "give log2 of 'lfc'"),
    "ratios below 1 as -1 / ratio": (
        table("p", effect=np.where(EFFECT > 0, 2**EFFECT, -(2**-EFFECT))),
        "RATIOS",
        "lfc",
        "log2 of |'lfc'| with its sign",
    ),
    "sizes of effects": (table("p", effect=np.abs(EFFECT)), "NO_SIGN", "lfc", "absolute values"),
    "-log10 p": (table("effect", "se", p=-np.log10(P)), "NOT_P", "pvalue", "10 ** -'pvalue'"),
    "-ln p": (table("effect", "se", p=-np.log(P)), "NOT_P", "pvalue", "exp(-'pvalue')"),
    "ln p": (table("z", p=np.log(P)), "NOT_P", "pvalue", "exp('pvalue')"),
    "percent": (table("z", p=100 * P), "NOT_P", "pvalue", "divide 'pvalue' by 100"),
    "a statistic as p": (table("effect", p=TRUTH), "NOT_P", "pvalue", "both signs"),
    "-log10 FDR": (table("effect", fdr=-np.log10(FDR)), "NOT_P", "padj", "10 ** -'padj'"),
    "1 - p": (table("z", p=1 - P), "NOT_P", "pvalue", "1 - 'pvalue'"),
    "one-sided p": (table("effect", p=stats.norm.sf(TRUTH)), "ONE_SIDED", "pvalue", "2 * min('pvalue', 1 - 'pvalue')"),
    "one-sided p, the other side": (table("effect", "se", p=stats.norm.cdf(TRUTH)), "ONE_SIDED", "pvalue", "2 * min("),
    "half of p": (table("effect", p=P / 2), "ONE_SIDED", "pvalue", "2 * 'pvalue'"),
}


@pytest.mark.parametrize(("numbers", "code", "column", "fix"), CONFLICTS.values(), ids=CONFLICTS.keys())
def test_a_conflict_names_columns_shows_three_rows_and_says_what_to_do(numbers, code, column, fix):
    found = conflicts(numbers)
    assert [c.code for c in found] == [code]
    rule, remedy = found[0].words(NAMES)
    assert f"'{column}'" in rule
    assert fix in f"{rule}; {remedy}"
    genes = [f"G{i}" for i in range(N)]
    shown = found[0].found(numbers, NAMES, genes, range(1, N + 1))
    assert shown.count("(row ") == 3
    at = found[0].rows[0]
    assert f"G{at} (row {at + 1}): " in shown
    # The other columns of the table are in order: without the one at fault nothing is wrong.
    assert (
        conflicts(
            {name: v for name, v in numbers.items() if name != found[0].columns[-1 if code == "OPPOSITE_SIGNS" else 0]}
            or {"z": TRUTH}
        )
        == []
    )


FINE = {
    "whole": WHOLE,
    "control minus case": table("se", "p", "fdr", effect=-EFFECT, z=-TRUTH),
    "a t with few degrees of freedom": table("effect", "z", p=by_t(4)),
    "p of a t": table("effect", "se", p=by_t(60)),
    "Bonferroni": table("effect", "p", fdr=np.minimum(P * N, 1)),
    "only an effect": table("effect"),
    "an effect that is constant": table(effect=np.ones(N), z=np.ones(N), p=np.full(N, 0.5)),
    "few rows": {name: column[:6] for name, column in table("p", effect=np.abs(EFFECT)).items()},
}


@pytest.mark.parametrize("numbers", FINE.values(), ids=FINE.keys())
def test_a_table_in_order_has_no_conflict(numbers):
    assert conflicts(numbers) == []


def test_genes_that_only_rise_are_no_fault():
    """They keep away from 0, as absolute values of all genes do not, whether or not it is said that the table is
    cut."""
    up = EFFECT > 1
    numbers = {
        name: np.tile(column[up], 3) + np.arange(3 * up.sum()) * 1e-9 for name, column in table("effect", "z").items()
    }
    assert conflicts(numbers) == conflicts(numbers, cut=True) == []
    about_one = {"effect": np.random.default_rng(3).normal(1, 0.1, 60), "p": np.random.default_rng(4).uniform(size=60)}
    assert conflicts(about_one) == []
    ratios = {"effect": 2 ** EFFECT[np.abs(EFFECT) > 0.6]}
    assert [c.code for c in conflicts(ratios, cut=True)] == ["RATIOS"]


def test_rows_of_opposite_sign_are_left_out_where_they_are_few_and_an_error_where_they_are_many():
    few, many = TRUTH.copy(), TRUTH.copy()
    few[:8] *= -1
    many[:160] *= -1
    empty = {name: np.zeros(N, bool) for name in WHOLE}
    found = examine(table("effect", "p", z=few), empty)
    clear = np.abs(TRUTH[:8]) >= 1
    assert found.conflicts == []
    assert np.flatnonzero(found.faults.rule == "opposite-signs").tolist() == np.flatnonzero(clear).tolist()
    assert len(found.numbers["z"]) == N - clear.sum()
    assert any(flag.startswith("signs-differ") for flag in found.agreed.flags)
    assert [c.code for c in examine(table("effect", "p", z=many), empty).conflicts] == ["OPPOSITE_SIGNS"]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (table("p", "fdr", se=SE, effect=EFFECT * 0.3), "'lfc' / 'lfcSE' does not give the stated 'pvalue'"),
        (table("effect", "se", p=np.exp(np.log(P) * RNG.uniform(0.3, 2, N))), "'lfc' / 'lfcSE' does not give"),
        (table("effect", "z", p=by_t(4)), "'stat' is a t with about 4 degrees of freedom"),
        (table("effect", z=TRUTH * 2, p=P), "'stat' does not give the stated 'pvalue'"),
    ],
    ids=["shrunken effects", "a hurdle model", "a t", "a z of another scale"],
)
def test_a_statistic_that_does_not_give_the_stated_p_is_taken_by_it(numbers, said):
    found = agreement(numbers)
    assert (found.basis, found.fdr_holds) == ("p", True)
    assert len(found.flags) == 1
    assert said in found.words({k: f"'{v}'" for k, v in NAMES.items()})[0]
    np.testing.assert_allclose(
        unit_noise(numbers).vector, np.sign(numbers["effect"]) * stats.norm.isf(np.maximum(numbers["p"], 1e-15) / 2)
    )


@pytest.mark.parametrize("df", [LEAST_DF, 40, 200])
def test_a_t_with_many_degrees_of_freedom_stands(df):
    numbers = table("effect", "se", p=by_t(df))
    assert agreement(numbers).basis == "se"
    assert agreement(numbers).flags == ()
    np.testing.assert_allclose(unit_noise(numbers).vector, TRUTH)


def test_single_rows_are_taken_by_their_p_and_p_of_0_is_no_word():
    p = P.copy()
    p[:5], p[5:9] = 0.9, 0.0
    numbers = table("effect", "z", p=p)
    found = agreement(numbers)
    far = np.abs(np.abs(TRUTH[:5]) - stats.norm.isf(0.45)) > 0.1 + 0.05 * np.maximum(
        np.abs(TRUTH[:5]), stats.norm.isf(0.45)
    )
    assert (found.basis, np.flatnonzero(found.by_p).tolist()) == ("z", np.flatnonzero(far).tolist())
    vector = unit_noise(numbers).vector
    np.testing.assert_allclose(vector[:5][far], np.sign(EFFECT[:5][far]) * stats.norm.isf(0.45))
    np.testing.assert_array_equal(vector[5:], TRUTH[5:])


def test_rounded_tables_agree():
    numbers = {"effect": EFFECT.round(4), "se": SE.round(4), "z": TRUTH.round(2), "p": P.round(4), "fdr": FDR.round(3)}
    assert agreement(numbers).flags == ()


def test_rows_without_p_go_where_the_table_is_taken_by_p():
    p = P.copy()
    p[:7] = np.nan
    numbers = table("se", effect=EFFECT * 0.3, p=p)
    found = examine(numbers, {name: np.isnan(column) for name, column in numbers.items()})
    assert found.faults.rule[:8].tolist() == ["missing-value"] * 7 + [""]
    assert np.isfinite(unit_noise(found.numbers, agreed=found.agreed).vector).all()


STOREY = 0.3 * stats.false_discovery_control(P)
NO_WORD = np.where(np.quantile(P, 0.6) < P, np.nan, FDR)
FDRS = {
    "Benjamini-Hochberg": (FDR, ""),
    "Bonferroni": (np.minimum(P * N, 1), ""),
    "Storey": (STOREY, ""),
    "of more tests": (np.minimum(FDR * 20, 1), ""),
    "filtered": (NO_WORD, ""),
    "of other rows": (RNG.permutation(FDR), "does not rise with"),
    "below p": (P / 3, "is below"),
    "1 throughout": (np.ones(N), "Bonferroni"),
}


@pytest.mark.parametrize(("fdr", "said"), FDRS.values(), ids=FDRS.keys())
def test_an_fdr_that_is_not_made_of_p_is_not_believed(fdr, said):
    p = np.maximum(np.exp(-np.arange(N, 0, -1) / 5), 1e-14) if said == "Bonferroni" else P
    numbers = table("effect", p=p, fdr=fdr)
    found = agreement(numbers)
    assert found.fdr_holds is (said == "")
    assert [said in flag for flag in found.flags] == ([True] if said else [])
    genes = np.array([f"G{i:03}" for i in range(N)])
    made = table_contrast(numbers, genes, agreed=found, names=NAMES)
    assert np.isnan(made.fdr).all() == bool(said)
    assert len(made.flags) == bool(said)


@pytest.mark.parametrize("columns", [("effect",), ("effect", "z"), ("effect", "se")], ids="+".join)
def test_p_and_fdr_in_each_others_columns_are_taken_as_what_they_are(columns):
    fdr = FDR.copy()
    filtered = np.quantile(P, 0.9) < P
    fdr[~filtered], fdr[filtered] = stats.false_discovery_control(P[~filtered]), np.nan
    numbers = table(*columns, p=fdr, fdr=P)
    found = examine(numbers, {name: np.isnan(column) for name, column in numbers.items()})
    assert found.conflicts == []
    assert found.kept.all()
    made = table_contrast(found.numbers, np.array([f"G{i:03}" for i in range(N)]), agreed=found.agreed, names=NAMES)
    np.testing.assert_allclose(made.vector, TRUTH, atol=1e-6)
    np.testing.assert_array_equal(made.p, P)
    np.testing.assert_array_equal(made.fdr, fdr)
    assert made.flags == (
        "p-and-fdr-exchanged: pvalue is what Benjamini-Hochberg makes of padj; each is read as what it is",
    )


def test_a_statistic_against_an_fdr_alone():
    assert agreement(table("effect", "se", "fdr")).basis == "se"
    assert agreement(table("effect", "se", fdr=RNG.permutation(FDR))).basis == "fdr"


def known(*moves: float, p: float = 1e-4, species: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([k.genes[species] for k in KNOWN]), np.array(moves), np.full(len(moves), p)


@pytest.mark.parametrize("species", [0, 1], ids=["human", "mouse"])
def test_markers_that_all_point_the_wrong_way_raise_a_doubt(species):
    of, within = {ALZHEIMERS}, {CORTEX[0]}
    doubt = sign_doubt(*known(-3, 2, 4, species=species), of, within)
    assert all(word in doubt for word in ("GFAP falls", "VGF rises", "SST rises", "which arm is the case"))
    assert sign_doubt(*known(3, -2, -4, species=species), of, within) == ""
    assert sign_doubt(*known(-3, 2, -4, species=species), of, within) == ""
    assert sign_doubt(*known(-3, 2, 4, p=0.2, species=species), of, within) == ""
    assert sign_doubt(*known(-3, 2, 4, species=species), {"MONDO:0007739"}, within) == ""
    assert sign_doubt(*known(-3, 2, 4, species=species), of, {"UBERON:0002107"}) == ""
    genes, vector, p = known(-3, 2, 4, p=0.01, species=species)
    assert sign_doubt(genes[:1], vector[:1], p[:1], of, within) == ""
    assert sign_doubt(genes[:1], vector[:1], p[:1] / 100, of, within) != ""
