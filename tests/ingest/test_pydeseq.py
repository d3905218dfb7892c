"""PyDESeq2 as the engine of what is shown, compared with its own direct call and against the authors' table of real
animals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex
from ingest.manifest import manifest
from ingest.method.pydeseq import PyDESeq2, first_is, independent_columns
from ingest.study import datasets
from kg.errors import ContractError, MethodError
from kg.signatures.store import Signature

GENES = 48


@pytest.fixture(scope="module")
def study() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Negative binomial counts of 18 donors, strain x genotype and a batch; a third of the genes change. Simulated."""
    rng = np.random.default_rng(4)
    sheet = pd.DataFrame(
        {
            "strain": np.repeat(["a", "b", "c"], 6),
            "genotype": ["Tg", "WT"] * 9,
            "batch": rng.permutation(["x", "y"] * 9),
        },
        index=[f"d{i}" for i in range(18)],
    )
    mean = rng.gamma(2, 100, GENES) * np.exp2(
        np.outer(sheet.genotype == "Tg", rng.normal(size=GENES) * (np.arange(GENES) % 3 == 0))
    )
    mean = mean * np.exp2(np.outer(sheet.strain == "b", rng.normal(size=GENES))) * rng.lognormal(0, 0.3, (18, 1))
    counts = rng.negative_binomial(8, 8 / (8 + mean))
    return pd.DataFrame(counts, sheet.index, [f"g{i:03}" for i in range(GENES)]), sheet


def treatment(sheet: pd.DataFrame) -> np.ndarray:
    """``~ strain * genotype + batch`` by hand, in the order of R: 1, strain b, c, genotype WT, batch y, and b:WT,
    c:WT."""
    b, c, wt, y = (
        np.asarray(sheet[k] == v, float)
        for k, v in (("strain", "b"), ("strain", "c"), ("genotype", "WT"), ("batch", "y"))
    )
    return np.column_stack([np.ones(len(sheet)), b, c, wt, y, b * wt, c * wt])


@pytest.fixture(scope="module")
def engine() -> PyDESeq2:
    return PyDESeq2()


@pytest.fixture(scope="module")
def direct(study):
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.ds import DeseqStats

    made = DeseqDataSet(counts=study[0], metadata=study[1], design="~ strain * genotype + batch", quiet=True, n_cpus=1)
    made.deseq2()
    columns = list(made.obsm["design_matrix"].columns)
    assert columns == [
        "Intercept",
        "strain[T.b]",
        "strain[T.c]",
        "genotype[T.WT]",
        "batch[T.y]",
        "strain[T.b]:genotype[T.WT]",
        "strain[T.c]:genotype[T.WT]",
    ]

    def test(combination: list[float]) -> DeseqStats:
        found = DeseqStats(made, contrast=np.array(combination, float), quiet=True, n_cpus=1)
        found.summary()
        return found

    return test


@pytest.mark.models
@pytest.mark.parametrize("combination", [[0, 0, 0, -1, 0, 0, 0], [0, 0, 0, -1, 0, -1, 0], [0, 0, 0, 0, 0, 1, -1]])
def test_a_test_is_that_of_its_own_call(study, direct, engine: PyDESeq2, combination: list[float]):
    counts, sheet = study
    wanted = direct(combination).results_df
    genes = counts.columns.to_numpy(str)
    design = treatment(sheet)
    turn = np.random.default_rng(0).normal(size=(7, 7))
    double = np.column_stack([design, design[:, 1] + design[:, 3]])
    for matrix, weights in (
        (design, np.array(combination)),
        (double, np.array([*combination, combination[1] + combination[3]])),
        (design @ turn, combination @ turn),
    ):
        found = engine.test(counts.to_numpy(float), genes, matrix, weights)
        np.testing.assert_allclose(found.effect, wanted["log2FoldChange"], atol=2e-4)
        np.testing.assert_allclose(found.p, wanted["pvalue"], rtol=5e-3, atol=1e-12)
        np.testing.assert_allclose(found.fdr, wanted["padj"], rtol=5e-3, atol=1e-12)


@pytest.mark.models
def test_shrunken_fold_changes_are_those_of_its_own_call_and_p_stay(study, direct, engine: PyDESeq2):
    counts, sheet = study
    wanted = direct([0, 0, 0, 1, 0, 0, 0])
    plain = wanted.results_df["log2FoldChange"].to_numpy()
    p = wanted.results_df["pvalue"].to_numpy()
    wanted.lfc_shrink("genotype[T.WT]")
    weights = np.array([0, 0, 0, 1.0, 0, 0, 0])
    found = engine.test(counts.to_numpy(float), counts.columns.to_numpy(str), treatment(sheet), weights, shrink=True)
    np.testing.assert_allclose(found.effect, wanted.results_df["log2FoldChange"], atol=2e-2)
    np.testing.assert_allclose(found.p, p, rtol=1e-4)
    assert np.abs(found.effect).sum() < 0.9 * np.abs(plain).sum()
    # A contrast that is no coefficient: the genotype in strain b. The same by a model whose reference is b.
    other = engine.test(
        counts.to_numpy(float),
        counts.columns.to_numpy(str),
        treatment(sheet),
        np.array([0, 0, 0, 1.0, 0, 1, 0]),
        shrink=True,
    )
    b = treatment(sheet.replace({"strain": {"a": "b", "b": "a"}}))
    again = engine.test(counts.to_numpy(float), counts.columns.to_numpy(str), b, weights, shrink=True)
    np.testing.assert_allclose(other.effect, again.effect, atol=2e-2)


@pytest.mark.models
def test_contrasts_of_one_model_share_a_fit(study):
    counts, sheet = study
    engine = PyDESeq2()
    for combination in ([0, 0, 0, -1, 0, 0, 0], [0, 0, 0, 0, 0, 1, -1]):
        engine.test(
            counts.to_numpy(float), counts.columns.to_numpy(str), treatment(sheet), np.array(combination, float)
        )
    assert len(engine._fits) == 1
    engine.test(counts.to_numpy(float), counts.columns.to_numpy(str), treatment(sheet)[:, :4], np.array([0, 0, 0, 1.0]))
    assert len(engine._fits) == 2


@pytest.mark.models
def test_nothing_is_left_for_the_dispersion():
    with pytest.raises(MethodError) as caught:
        PyDESeq2().test(np.ones((3, 5)), np.array(list("abcde")), np.eye(3), np.array([1.0, -1, 0]))
    assert caught.value.code == "NO_REPLICATES"


def test_columns_that_say_nothing_new_are_left_out():
    design = np.array([[1, 1, 0, 2], [1, 1, 0, 0], [1, 0, 1, 1], [1, 0, 1, 0.0]])
    assert independent_columns(design).tolist() == [0, 1, 3]


def test_a_combination_becomes_the_first_coefficient():
    combination = np.array([0.0, 2, -1, 3])
    turn = first_is(combination)
    np.testing.assert_array_equal(turn[0], combination)
    assert np.linalg.matrix_rank(turn) == 4
    np.testing.assert_allclose(turn[1:] @ combination, 0, atol=1e-12)


@pytest.fixture
def fortieth(tmp_path: Path, cache: Cache, mouse: GeneIndex):
    """Every fortieth gene of the 29 real animals and of the authors' table of B6, by a manifest with what is added."""
    paths = {
        name: cache.get(f"jax_microglia/{name}")
        for name in ("pseudobulk_counts_H.csv.gz", "pseudobulk_samples_H.csv", "DE_B6_APPPS1_vs_WT_cluster_H.txt")
    }
    counts = pd.read_csv(paths["pseudobulk_counts_H.csv.gz"], index_col=0)
    counts.iloc[::40].to_csv(tmp_path / "counts.csv")
    sheet = pd.read_csv(paths["pseudobulk_samples_H.csv"], index_col=0)
    sheet[["Strain", "Genotype", "batch"]].rename_axis("sample").to_csv(tmp_path / "samples.csv")
    table = pd.read_csv(paths["DE_B6_APPPS1_vs_WT_cluster_H.txt"], sep="\t").set_index("ENSMUSG")

    def read(more: str) -> tuple[Batch, pd.DataFrame]:
        facts = f"""
schema: 1
dataset: {{id: made, title: Made, taxon: "NCBITaxon:10090", licence: none stated, redistribute: false, citation: none}}
material: {{kind: cell type, cell_type: "CL:0000129"}}
counts: {{matrix: counts.csv, samples: samples.csv, gene_id: ensembl, scale: corrected, sample_column: sample}}
contrasts:
  - id: b6
    label: APP/PS1 on B6
    kind: model
    model: orthokg:model/app-ps1
    design: "~ Strain * Genotype + batch"
    test: {{of: Genotype, case: APP/PS1, control: WT, at: {{Strain: B6J}}}}
    {more}
"""
        (tmp_path / "m.yaml").write_text(facts)
        m = manifest.read(tmp_path / "m.yaml")
        files = datasets.Files({name: tmp_path / name for name in m.files()}, dict.fromkeys(m.files(), "0" * 64))
        return datasets.transform(m, files, mouse), table

    return read


@pytest.mark.models
def test_by_a_manifest_it_agrees_with_the_authors_and_leaves_vector_and_noise_alone(fortieth):
    plain, table = fortieth("")
    by, _ = fortieth("engine: pydeseq2")
    one, two = (batch.arrays["orthokg:contrast/made/b6"] for batch in (plain, by))
    assert isinstance(one, Signature)
    np.testing.assert_array_equal(one.vector, two.vector)
    np.testing.assert_array_equal(one.factor, two.factor)
    assert not np.allclose(one.effect, two.effect)
    theirs = table.loc[two.genes]
    assert stats.spearmanr(two.effect, theirs.logFC)[0] >= 0.95
    assert stats.spearmanr(two.p, theirs.PValue, nan_policy="omit")[0] >= 0.85
    row = by.nodes["Contrast"][0]
    assert row["engine"].startswith("PyDESeq2 ")
    assert row["engine"].endswith(", plain fold changes")
    assert plain.nodes["Contrast"][0]["engine"] == ""
    passed = {e["object"].removeprefix("ENSEMBL:"): e for e in by.edges["CHANGES_GENE", "Contrast", "Gene"]}
    for gene, edge in passed.items():
        at = int(np.searchsorted(two.genes, gene))
        assert (edge["effect"], edge["p"], edge["moderated"]) == (two.effect[at], two.p[at], two.vector[at])


def test_without_the_package_the_error_says_what_to_do(fortieth, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pydeseq2", None)
    with pytest.raises(ContractError, match="make models") as caught:
        fortieth("engine: pydeseq2")
    assert caught.value.code == "NEEDS_MODELS"


@pytest.mark.parametrize(
    ("more", "told"), [("shrink: true", "pydeseq2 shrinks"), ("engine: edger", "'linear' or 'pydeseq2'")]
)
def test_engines_that_do_not_fit(fortieth, more: str, told: str):
    with pytest.raises(ContractError, match=told):
        fortieth(more)
