"""Formulas and tests in words, compared with least squares by statsmodels; and the sheets and manifests that are
refused."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.multitest import fdrcorrection

from ingest.fetch.genes_index import GeneIndex
from ingest.manifest import manifest
from ingest.manifest.blocks import ContrastSpec, EffectSpec
from ingest.method.design import build, text
from kg.errors import ContractError, MethodError
from kg.match.contrast import linear_contrast
from tests.ingest.make_cells import study, write
from tests.ingest.test_cells import FACTS, of, read


@pytest.fixture(scope="module")
def sheet() -> pd.DataFrame:
    """26 donors: strain x genotype, unbalanced, with a sex, an age in days and a batch in numbers."""
    rng = np.random.default_rng(1)
    strain = np.repeat(["B6", "CAST", "PWK"], [9, 9, 8])
    rows = {
        "strain": strain,
        "genotype": np.where(np.arange(26) % 2, "Tg", "WT"),
        "sex": rng.permutation(["f", "m"] * 13),
        "age": rng.integers(60, 400, 26).astype(str),
        "batch": rng.permutation(["1", "2"] * 13),
    }
    return pd.DataFrame(rows, index=pd.Index([f"d{i}" for i in range(26)], name="donor"))


def spec(formula: str, test: dict, **more) -> ContrastSpec:
    return ContrastSpec(id="x", label="x", kind="model", design=formula, test=EffectSpec(**test), **more)


GENOTYPE = {"of": "genotype", "case": "Tg", "control": "WT"}
PARTS = {
    # formula, test, numeric, and the same by statsmodels: formula and combination of its named coefficients
    "additive": ("~ genotype + sex + batch", GENOTYPE, [], "genotype[T.WT]", -1),
    "at": (
        "~ strain * genotype + age",
        GENOTYPE | {"at": {"strain": ["CAST"]}},
        ["age"],
        "genotype[T.WT] + strain[T.CAST]:genotype[T.WT]",
        -1,
    ),
    "interaction": (
        "~ strain * genotype + sex",
        GENOTYPE | {"at": {"strain": ["PWK"]}, "minus_at": {"strain": ["B6"]}},
        [],
        "strain[T.PWK]:genotype[T.WT]",
        -1,
    ),
    "two interactions": (
        "~ strain * genotype",
        GENOTYPE | {"at": {"strain": ["PWK", "CAST"]}, "minus_at": {"strain": ["B6"]}},
        [],
        "strain[T.PWK]:genotype[T.WT] + strain[T.CAST]:genotype[T.WT]",
        -0.5,
    ),
    "slope": ("~ genotype + age", {"of": "age", "case": "200", "control": "100"}, ["age"], "age", 100),
    "slope at": (
        "~ genotype * age",
        {"of": "age", "case": "1", "control": "0", "at": {"genotype": ["WT"]}},
        ["age"],
        "age + genotype[T.WT]:age",
        1,
    ),
    "at an age": (
        "~ genotype * age",
        GENOTYPE | {"at": {"age": ["90"]}},
        ["age"],
        "genotype[T.WT] + 90 * genotype[T.WT]:age",
        -1,
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_test_in_words_is_the_combination_of_coefficients_that_it_names(sheet: pd.DataFrame, name: str):
    formula, test, numeric, combination, times = PARTS[name]
    c = spec(formula, test, numeric=numeric)
    made = build(c, sheet, "x")
    rng = np.random.default_rng(3)
    values = (
        rng.normal(size=(26, 12))
        + made.matrix @ rng.normal(size=(made.matrix.shape[1], 12)) / made.matrix.max(axis=0).max()
    )
    found = linear_contrast(values, made.matrix, made.combination)
    frame = sheet.assign(**{n: sheet[n].astype(float) for n in numeric})
    for gene in range(12):
        fitted = smf.ols(f"y {formula}", frame.assign(y=values[:, gene])).fit()
        wanted = fitted.t_test(f"{combination} = 0")
        assert found.effect[gene] == pytest.approx(times * float(wanted.effect[0]), rel=1e-7, abs=1e-12)
        assert found.p[gene] == pytest.approx(float(wanted.pvalue), rel=1e-6)
        assert found.df == fitted.df_resid


def test_what_is_not_named_is_averaged_over_the_donors(sheet: pd.DataFrame):
    """Nine of 26 donors are B6, nine CAST, eight PWK: so weigh the effects in each."""
    whole = build(spec("~ strain * genotype", GENOTYPE), sheet, "x").combination
    each = [
        build(spec("~ strain * genotype", GENOTYPE | {"at": {"strain": [s]}}), sheet, "x").combination
        for s in ("B6", "CAST", "PWK")
    ]
    np.testing.assert_allclose(whole, (9 * each[0] + 9 * each[1] + 8 * each[2]) / 26, atol=1e-12)


def test_whom_a_test_compares_and_who_else_enters(sheet: pd.DataFrame):
    b6, wt = sheet.strain == "B6", sheet.genotype == "WT"
    crossed = build(spec("~ strain * genotype", GENOTYPE | {"at": {"strain": ["B6"]}}), sheet, "x")
    assert (crossed.case == (b6 & ~wt)).all()
    assert (crossed.control == (b6 & wt)).all()
    assert not crossed.other.any()  # the other strains give noise alone
    shared = build(spec("~ strain * genotype + sex", GENOTYPE | {"at": {"strain": ["B6"]}}), sheet, "x")
    assert (shared.case == crossed.case).all()
    assert shared.other.any()  # they tell the effect of sex, which is taken out of that of B6
    assert not (shared.other & b6).any()
    slope = build(spec("~ age", {"of": "age", "case": "1", "control": "0"}, numeric=["age"]), sheet, "x")
    age = sheet.age.astype(float)
    assert (slope.case == (age > age.mean())).all()
    assert (slope.control == (age < age.mean())).all()


def test_donors_without_a_value_are_left_out_and_named(sheet: pd.DataFrame):
    gap = sheet.copy()
    gap.loc["d3", "age"], gap.loc["d5", "sex"], gap.loc["d7", "strain"] = "NA", "", ""
    made = build(spec("~ genotype + sex + age", GENOTYPE, numeric=["age"]), gap, "x")
    assert made.left_out == ("d5: no value of sex", "d3: no value of age")
    assert made.used.sum() == 24
    b6 = build(spec("~ genotype", GENOTYPE, rows={"strain": ["B6"]}), sheet, "x")
    assert list(sheet.index[b6.used]) == [f"d{i}" for i in range(9)]


@pytest.mark.parametrize(
    ("formula", "test", "more", "code", "told"),
    [
        ("~ genotype +", GENOTYPE, {}, "BAD_FORMULA", "a formula"),
        ("y ~ genotype", GENOTYPE, {}, "BAD_FORMULA", "one right-hand side"),
        ("~ 1", GENOTYPE, {}, "BAD_FORMULA", "names columns"),
        ("~ genotype + np.log(age)", GENOTYPE, {}, "BAD_FORMULA", "np.log(age)"),
        ("~ genotype + open('/etc/passwd')", GENOTYPE, {}, "BAD_FORMULA", "columns only"),
        ("~ genotype + {age.sum()}", GENOTYPE, {}, "BAD_FORMULA", "columns only"),
        ("~ genotype + weight", GENOTYPE, {}, "WRONG_COLUMNS", "weight"),
        ("~ genotype", GENOTYPE, {"rows": {"herd": ["a"]}}, "WRONG_COLUMNS", "herd"),
        ("~ genotype", GENOTYPE, {"rows": {"strain": ["a"]}}, "EMPTY_DESIGN", "none"),
        ("~ genotype", GENOTYPE, {"numeric": ["age"]}, "BAD_FORMULA", "numeric"),
        ("~ genotype + sex", GENOTYPE, {"numeric": ["sex"]}, "NOT_NUMBERS", "d0: "),
        ("~ sex", GENOTYPE, {}, "BAD_TEST", "genotype"),
        ("~ genotype", GENOTYPE | {"case": "tg"}, {}, "BAD_TEST", "['Tg', 'WT']"),
        ("~ genotype", GENOTYPE | {"case": "WT"}, {}, "BAD_TEST", "differ"),
        ("~ genotype", GENOTYPE | {"at": {"sex": ["f"]}}, {}, "BAD_TEST", "sex"),
        ("~ genotype + sex", GENOTYPE | {"at": {"sex": ["F"]}}, {}, "BAD_TEST", "'F'"),
        ("~ genotype + age", GENOTYPE | {"at": {"age": ["old"]}}, {"numeric": ["age"]}, "BAD_TEST", "a number"),
    ],
)
def test_what_a_manifest_gets_wrong_has_a_name(sheet: pd.DataFrame, formula, test, more, code: str, told: str):
    with pytest.raises(ContractError) as caught:
        build(spec(formula, test, **more), sheet, "study: x")
    assert caught.value.code == code
    assert told in str(caught.value)


def test_a_design_that_does_not_tell_the_test(sheet: pd.DataFrame):
    """The batch is the genotype; and a strain without wild types."""
    same = sheet.assign(batch=sheet.genotype)
    with pytest.raises(MethodError) as caught:
        build(spec("~ genotype + batch", GENOTYPE), same, "x")
    assert caught.value.code == "NOT_ESTIMABLE"
    lone = sheet[(sheet.strain != "CAST") | (sheet.genotype == "Tg")]
    with pytest.raises(MethodError) as caught:
        build(spec("~ strain * genotype", GENOTYPE | {"at": {"strain": ["CAST"]}}), lone, "x")
    assert caught.value.code == "NOT_ESTIMABLE"
    assert build(spec("~ strain * genotype", GENOTYPE | {"at": {"strain": ["B6"]}}), lone, "x").case.sum() == 4


def test_a_design_reads_well():
    c = spec("~ strain * genotype", GENOTYPE | {"at": {"strain": ["PWK"]}, "minus_at": {"strain": ["B6"]}})
    assert text(c) == "~ strain * genotype; genotype: Tg - WT at strain PWK, minus the same at strain B6"


DESIGNED = FACTS.replace(
    "case: {disease: case},\n     control: {disease: normal}}",
    'design: "~ disease * sex + age",\n     numeric: [age], test: {of: disease, case: case, control: normal, at: {sex:'
    " male}}}",
)


@pytest.fixture(scope="module")
def genes(mouse: GeneIndex) -> list[str]:
    return [g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[:200]]


def aged(genes: list[str]):
    made = study(genes, donors=12)
    made.obs["age"] = [float(90 + 7 * (int(d[1:]) * 5 % 11)) for d in made.obs["donor_id"]]
    return made


def test_a_design_is_fitted_in_each_population(tmp_path, mouse: GeneIndex, genes: list[str]):
    made = aged(genes)
    write(made, tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, DESIGNED)
    row = next(r for r in batch.nodes["Contrast"] if r["id"].endswith("case.astrocyte"))
    assert (row["n_case"], row["n_control"], row["df"], row["noise"]) == (3, 3, 7, "donors")
    assert row["design"].startswith("~ disease * sex + age; disease: case - normal at sex male; ")
    found = of(batch, "astrocyte")
    facts = made.obs.drop_duplicates("donor_id").set_index("donor_id").loc[sorted(set(made.obs["donor_id"]))]
    ours = made.obs["cell_type_ontology_term_id"] == "CL:0000127"
    sums = (
        pd.DataFrame(made.X[ours.to_numpy()].toarray().astype(float), columns=genes)
        .groupby(made.obs["donor_id"][ours].to_numpy())
        .sum()
    )
    x = np.log2(sums[found.genes].div(sums[found.genes].sum(axis=1), axis=0) * 1e6 + 1)
    p = []
    for at, gene in enumerate(found.genes):
        fitted = smf.ols("y ~ disease * sex + age", facts.assign(y=x[gene])).fit()
        wanted = fitted.t_test("disease[T.normal] + disease[T.normal]:sex[T.male] = 0")
        assert found.effect[at] == pytest.approx(-float(wanted.effect[0]), rel=1e-6, abs=1e-9)
        p.append(float(wanted.pvalue))
    np.testing.assert_allclose(found.p, p, rtol=1e-5)
    passed = {e["object"] for e in batch.edges["CHANGES_GENE", "Contrast", "Gene"] if e["subject"] == row["id"]}
    assert passed == {f"ENSEMBL:{g}" for g, yes in zip(found.genes, fdrcorrection(p)[0], strict=True) if yes}
    arms = [e["arm"] for e in batch.edges["USES_DONOR", "Contrast", "Donor"] if e["subject"] == row["id"]]
    weights = np.array([0, 1, 0, 1, 0]) @ np.linalg.pinv(fitted.model.exog)
    others = int((np.abs(weights) > 1e-9).sum()) - 6
    assert others > 0
    assert sorted(arms) == ["case"] * 3 + ["control"] * 3 + ["fitted"] * others


def test_a_population_that_does_not_tell_the_test_is_untestable(tmp_path, mouse: GeneIndex, genes: list[str]):
    """No microglia of the normal males; the astrocytes are tested all the same."""
    made = aged(genes)
    gone = (
        (made.obs["cell_type_ontology_term_id"] == "CL:0000129")
        & (made.obs["disease"] == "normal")
        & (made.obs["sex"] == "male")
    )
    write(made[~gone.to_numpy()].copy(), tmp_path / "cells.h5ad")
    _, batch = read(tmp_path, mouse, DESIGNED)
    rows = {r["id"].rpartition(".")[2]: r for r in batch.nodes["Contrast"]}
    assert rows["astrocyte"]["noise"] == "donors"
    assert rows["microglial-cell"]["noise"] == "none"
    assert (
        rows["microglial-cell"]["noise_reason"]
        == "3 case and 0 control donors have 10 cells or more of it; 3 per arm are needed"
    )


@pytest.mark.parametrize(("column", "code"), [("donor_twin", "WRONG_COLUMNS"), ("twin", "NOT_ESTIMABLE")])
def test_a_design_that_fails_in_the_whole_study_is_an_error(
    tmp_path, mouse: GeneIndex, genes: list[str], column: str, code: str
):
    made = aged(genes)
    made.obs["twin"] = made.obs["disease"].astype(str)
    write(made, tmp_path / "cells.h5ad")
    with pytest.raises(ContractError) as caught:
        read(tmp_path, mouse, DESIGNED.replace("+ age", f"+ {column}").replace("numeric: [age], ", ""))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("numeric: [age], ", "numeric: [age], strata: [sex], ", "takes the place of arms and strata"),
        (", test: {of: disease, case: case, control: normal, at: {sex: male}}", "", "says what is tested"),
        ("at: {sex: male}", "minus_at: {sex: male}", "minus_at takes away"),
        ('design: "~ disease * sex + age",', "", "belongs to a design"),
    ],
)
def test_what_does_not_go_together(tmp_path, old: str, new: str, told: str):
    assert old in DESIGNED
    (tmp_path / "m.yaml").write_text(DESIGNED.replace(old, new))
    with pytest.raises(ContractError, match=told):
        manifest.read(tmp_path / "m.yaml")
