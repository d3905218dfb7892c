"""The bundled manifests on the real files: designs as their authors describe them, and the traps of each set."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex
from ingest.manifest import manifest
from ingest.study import datasets
from kg.curie import HUMAN
from kg.match.contrast import log_cpm
from kg.signatures.store import Signature
from tests.needs import lacking


@pytest.fixture(scope="module")
def batch_of(cache: Cache, human: GeneIndex, mouse: GeneIndex):
    made: dict[str, Batch] = {}

    def read(name: str) -> Batch:
        if name not in made:
            m = manifest.read(manifest.BUNDLED / f"{name}.yaml")
            files = datasets.get(cache, m)
            made[name] = datasets.transform(m, files, human if m.dataset.taxon == HUMAN else mouse)
        return made[name]

    return read


def contrast(batch: Batch, end: str) -> dict:
    return next(row for row in batch.nodes["Contrast"] if row["id"].endswith(f"/{end}"))


def signature(batch: Batch, end: str) -> Signature:
    return batch.arrays[contrast(batch, end)["id"]]


@pytest.mark.parametrize(
    ("name", "end", "case", "control", "df", "donors"),
    [
        ("rtg4510", "8-months", 7, 8, 13, 30),
        ("rtg4510", "2-months", 8, 7, 13, 30),
        ("j20", "12-months", 8, 8, 14, 32),  # 42 runs are 32 animals
        ("j20", "6-months", 8, 8, 14, 32),
        ("gse50521", "14-months", 6, 6, 8, 12),  # two strata
        ("gse153873", "ad-old", 12, 10, 20, 30),
        ("parathyroid-er", "dpn-48h", 4, 4, 3, 23),  # 27 runs are 23 samples; four patients, paired
        ("parathyroid-er", "oht-48h", 4, 4, 3, 23),
        ("gse138852-astrocytes", "astrocytes", 3, 3, 4, 6),  # pools
        ("jax-microglia", "homeostatic", 14, 15, 21, 29),
        ("jax-microglia", "homeostatic-b6j", 4, 4, 18, 29),  # one model of four strains, two genotypes and four batches
        ("jax-microglia", "homeostatic-wsb", 4, 4, 18, 29),
        ("jax-microglia", "homeostatic-cast-less-b6j", 7, 8, 18, 29),
        ("rtg4510-microglia", "8-months", 4, 4, 6, 32),
        ("rtg4510-microglia", "2-months", 4, 4, 6, 32),
    ],
)
def test_designs_count_donors(batch_of, name: str, end: str, case: int, control: int, df: int, donors: int):
    batch = batch_of(name)
    row = contrast(batch, end)
    kind = "pools" if row["level"] == "pool" else "donors"
    assert (row["n_case"], row["n_control"], row["df"], row["noise"]) == (case, control, df, kind)
    assert len(batch.nodes["Donor"]) == donors
    factor = signature(batch, end).factor
    assert factor is not None
    assert factor.shape == (df, row["n_genes"])


def test_pools_are_no_single_donors(batch_of):
    batch = batch_of("gse138852-astrocytes")
    assert {row["n_pooled"] for row in batch.nodes["Donor"]} == {2}
    assert contrast(batch, "astrocytes")["level"] == "pool"


def test_sorted_microglia_of_a_tau_model_take_on_the_disease_associated_state(batch_of):
    """APOE, CST7, CLEC7A and AXL are the state's first markers (Keren-Shaul 2017); at 2 months the effect is weak."""
    late, early = (signature(batch_of("rtg4510-microglia"), end) for end in ("8-months", "2-months"))
    markers = ("ENSMUSG00000002985", "ENSMUSG00000068129", "ENSMUSG00000079293", "ENSMUSG00000002602")
    assert all(late.effect[np.isin(late.genes, markers)] > 0.5)
    assert (early.vector**2).sum() < 0.5 * (late.vector**2).sum()
    assert "sex-not-stated" in " ".join(contrast(batch_of("rtg4510-microglia"), "8-months")["flags"])


def test_a_hurdle_p_of_a_mixed_model_says_so(batch_of):
    """Neither cells nor donors are its replicates, and its z is of p, not of logFC and its interval."""
    batch = batch_of("human-microglia-clusters")
    for end in ("cluster-0", "cluster-1", "cluster-2"):
        row, found = contrast(batch, end), signature(batch, end)
        assert row["level"] == "unknown"
        flags = " ".join(row["flags"])
        assert "mixed-model: p-values are of a hurdle model over cells with a random effect per sample" in flags
        assert "hurdle-p" in flags
        smallest = np.maximum(found.p, 1e-15)  # below this a p gives no larger z
        np.testing.assert_allclose(2 * stats.norm.sf(np.abs(found.vector)), smallest, rtol=1e-6)
    shares = {frozenset(e[k].rsplit("/")[-1] for k in ("subject", "object")) for e in
              batch.edges["SHARES_SAMPLES", "Contrast", "Contrast"]}  # fmt: skip
    assert frozenset(("cluster-0", "cluster-1")) in shares


def test_an_odd_sign_is_turned(batch_of):
    """The authors' column says healthy minus Alzheimer's; another cohort of the temporal lobe tells which way is up."""
    king, mayo = signature(batch_of("king-ba20"), "ad"), signature(batch_of("mayo-tl"), "ad")
    _, at, of = np.intersect1d(king.genes, mayo.genes, return_indices=True)
    assert np.corrcoef(king.vector[at], mayo.vector[of])[0, 1] > 0.1
    gfap = "ENSG00000131095"
    assert [side.effect[side.genes == gfap][0] > 0 for side in (king, mayo)] == [True, True]


def test_a_vector_by_hand(batch_of, cache: Cache, mouse: GeneIndex):
    """rTg4510 at 8 months for one gene, from the files by the definition of the vector."""
    m = manifest.read(manifest.BUNDLED / "rtg4510.yaml")
    assert m.counts is not None
    files = datasets.get(cache, m)
    made = signature(batch_of("rtg4510"), "8-months")
    counts = pd.read_csv(files.paths[m.counts.matrix], index_col=0)
    sheet = pd.read_csv(files.paths[m.counts.samples]).set_index("sample_id").loc[counts.columns]
    counts = counts.loc[counts.index.isin(made.genes)]
    x = log_cpm(counts).T[(sheet.Age_months == 8).to_numpy()]
    case = (sheet.arm == "AD")[sheet.Age_months == 8].to_numpy()
    effect = x[case].mean(axis=0) - x[~case].mean(axis=0)
    left = np.vstack([x[case] - x[case].mean(axis=0), x[~case] - x[~case].mean(axis=0)])
    spread = np.sqrt((left**2).sum(axis=0) / 13)
    wanted = effect * np.sqrt(7 * 8 / 15) / (spread + np.median(spread))
    at = np.searchsorted(made.genes, counts.index.to_numpy(str))
    np.testing.assert_allclose(made.vector[at], wanted, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(made.effect[at], effect, rtol=1e-9, atol=1e-12)


def test_a_paired_design_by_hand(batch_of, cache: Cache):
    """Of patients under drug and vehicle: the effect is the mean of the differences within patients, and the noise is
    what differs between these, as of a paired t test."""
    m = manifest.read(manifest.BUNDLED / "parathyroid-er.yaml")
    assert m.counts is not None
    files = datasets.get(cache, m)
    counts = pd.read_csv(files.paths[m.counts.matrix], index_col=0)
    sheet = pd.read_csv(files.paths[m.counts.samples]).set_index("run").loc[counts.columns]
    made = signature(batch_of("parathyroid-er"), "oht-48h")
    counts = counts.loc[counts.index.isin(made.genes)].T.groupby(sheet["sample"].to_numpy()).sum().T
    of = sheet.drop_duplicates("sample").set_index("sample").loc[counts.columns]
    x = pd.DataFrame(log_cpm(counts), index=counts.index, columns=counts.columns)
    oht, control = (
        x[of.index[(of.treatment == arm) & (of.time == "48h")]].set_axis(
            of.patient[(of.treatment == arm) & (of.time == "48h")], axis=1
        )
        for arm in ("OHT", "Control")
    )
    assert sorted(oht) == sorted(control) == [1, 2, 3, 4]
    paired = stats.ttest_rel(oht[[1, 2, 3, 4]], control[[1, 2, 3, 4]], axis=1)
    at = np.searchsorted(made.genes, counts.index.to_numpy(str))
    within = (oht - control).mean(axis=1).to_numpy()
    np.testing.assert_allclose(made.effect[at], within, rtol=1e-9, atol=1e-12)
    # the unmoderated t, from the vector: its noise is the gene's own plus the median of all
    own = within / np.asarray(paired.statistic)
    wanted = within / (own + np.median(own))
    np.testing.assert_allclose(made.vector[at], wanted, rtol=1e-6, atol=1e-9)


def test_shared_arms_are_named(batch_of):
    edges = batch_of("gse153873").edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    found = {(e["subject"].rsplit("/")[-1], e["object"].rsplit("/")[-1]): (e["arm"], e["n_shared"]) for e in edges}
    assert found == {
        ("ad-old", "ad-young"): ("AD", 12),
        ("ad-old", "old-young"): ("Old", 10),
        ("ad-young", "old-young"): ("Young", 8),
    }


def test_tables_share_their_animals_with_the_counts(batch_of):
    edges = batch_of("jax-microglia").edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    pairs = {frozenset(e[k].rsplit("/")[-1] for k in ("subject", "object")): e["n_shared"] for e in edges}
    assert pairs[frozenset(("homeostatic", "cluster-8"))] == 8
    assert pairs[frozenset(("homeostatic-b6j", "cluster-8"))] == 8
    # B6 has both genotypes in every batch and WSB too: neither enters the effect of the other; CAST lacks one animal,
    # and its batches are told by all.
    assert frozenset(("homeostatic-wsb", "cluster-8")) not in pairs
    assert frozenset(("homeostatic-cast", "cluster-8")) in pairs


def test_one_model_of_all_animals_agrees_with_the_authors_table_of_one_strain(batch_of):
    """Effects rank alike; the most certain genes are half of the authors' own, all with their sign."""
    batch = batch_of("jax-microglia")
    ours, theirs = signature(batch, "homeostatic-b6j"), signature(batch, "cluster-h")
    genes, a, b = np.intersect1d(ours.genes, theirs.genes, return_indices=True)
    assert len(genes) == len(ours.genes) > 14_000
    assert stats.spearmanr(ours.effect[a], theirs.effect[b])[0] >= 0.95
    surest = [set(genes[np.argsort(p)[:50]]) for p in (ours.p[a], theirs.p[b])]
    assert len(surest[0] & surest[1]) >= 25
    top = np.argsort(theirs.p[b])[:50]
    assert (np.sign(ours.effect[a][top]) == np.sign(theirs.effect[b][top])).all()


def test_strain_by_genotype_is_the_difference_of_the_strains(batch_of):
    batch = batch_of("jax-microglia")
    b6 = signature(batch, "homeostatic-b6j")
    for strain in ("cast", "pwk", "wsb"):
        own, less = signature(batch, f"homeostatic-{strain}"), signature(batch, f"homeostatic-{strain}-less-b6j")
        np.testing.assert_allclose(less.effect, own.effect - b6.effect, atol=1e-9)
        assert less.factor is not None
        assert b6.factor is not None
        np.testing.assert_allclose(less.factor, b6.factor, atol=1e-12)  # one model, one noise


@pytest.mark.parametrize(
    ("name", "end", "noise", "reason"),
    [
        ("rosmap-fl", "ad", "reference", ""),
        ("gse64810", "hd", "reference", ""),
        ("mathys2019", "mic", "none", "cells as replicates"),
        ("fivexfad-bulk", "male-12-months", "none", "unknown universe"),
        ("dam-keren-shaul", "dam", "none", "donor-level counts"),
    ],
)
def test_which_noise_a_table_may_borrow(batch_of, name: str, end: str, noise: str, reason: str):
    row = contrast(batch_of(name), end)
    assert row["noise"] == noise
    assert reason in row["noise_reason"]


def test_states_are_told_apart_by_material_and_stage(batch_of):
    states = {
        row["id"]
        for name in ("gandal2018", "gse1297", "das-plaques", "mathys2019", "rosmap-fl", "mayo-tl")
        for row in batch_of(name).nodes["DiseaseState"]
    }
    assert {
        "orthokg:state/alzheimer-disease-bulk-cerebral-cortex",
        "orthokg:state/alzheimer-disease-incipient-bulk-hippocampal-formation",
        "orthokg:state/alzheimer-disease-at-plaques-microdissected-cerebral-cortex",
        "orthokg:state/alzheimer-disease-microglial-cell",
        "orthokg:state/inflammatory-bowel-disease-bulk-intestine",
    } <= states


def test_ageing_is_a_state_of_no_disease(batch_of):
    (state,) = [r for r in batch_of("gse153873").nodes["DiseaseState"] if r["label"].startswith("ageing")]
    assert state["disease"] == ""


def test_dates_made_by_a_spreadsheet_are_named(batch_of):
    rules = [q.rule for q in batch_of("mathys2019").quarantined]
    assert rules.count("excel-date") == 56


def test_shallow_wells_are_left_out_and_named(batch_of):
    batch = batch_of("driad-dge1")
    assert sum("below 20000" in line for line in batch.missing) == 28
    assert len(batch.nodes["Donor"]) == 381 - 28
    edges = batch.edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    assert {e["arm"] for e in edges} == {"Drug control"}


def test_compounds_of_an_hdf5_database(batch_of):
    batch = batch_of("lincs-sample")
    assert len(batch.nodes["Contrast"]) == 100
    assert batch.read == 500_000


def test_a_healthy_reference_holds_healthy_donors_only(batch_of):
    batch = batch_of("gse153873")
    reference = batch.arrays["orthokg:reference/gse153873"]
    assert (reference.expression.shape[0], set(reference.groups)) == (18, {"Old", "Young"})
    assert len(batch.arrays["orthokg:axes/gse153873"].groups) == 30


@pytest.mark.parametrize("name", sorted(p.stem for p in manifest.BUNDLED.glob("*.yaml")))
def test_nothing_is_lost_in_silence(batch_of, name: str):
    batch = batch_of(name).check()
    assert batch.accepted > 0
    assert all(q.remedy for q in batch.quarantined)


IL12B = """
schema: 1
dataset: {id: il12b, title: APP/PS1 without Il12b, taxon: "NCBITaxon:10090", licence: none stated, redistribute: false,
  citation: AD_Neuroinflammation}
material: {kind: cell type, tissue: "UBERON:0002421", cell_type: "CL:0000129", assay: "EFO:0030080"}
table:
  columns: {gene: gene, effect: avg_logFC, p: p_val, fdr: p_val_adj}
  gene_id: symbol
  level: cell
models: [{id: "orthokg:model/app-ps1", label: APP/PS1, disease: "MONDO:0004975"}]
contrasts:
  - {id: model, label: APP/PS1, kind: model, model: "orthokg:model/app-ps1", case_arm: APP/PS1, control_arm: wild type,
     table: {file: Microglia__AD_Ctrl.csv.gz}}
  - {id: treated, label: APP/PS1 without Il12b, kind: model, model: "orthokg:model/app-ps1",
     case_arm: APP/PS1 without Il12b, control_arm: wild type, table: {file: Microglia__ADp40KO_Ctrl.csv.gz}}
  - {id: treatment, label: loss of Il12b in APP/PS1, kind: drug, drug: loss of Il12b,
     case_arm: APP/PS1 without Il12b, control_arm: APP/PS1, table: {file: Microglia__AD_ADp40KO.csv.gz, sign: -1}}
"""


def test_a_treated_arm_of_a_model_is_no_reversal(mouse: GeneIndex, cache: Cache, tmp_path: Path):
    """Tables whose p take cells as replicates, and that share arms: model and treatment go apart by the arm alone. What
    they share is named, and none of them has noise to be tested by."""
    for name in ("AD_Ctrl", "ADp40KO_Ctrl", "AD_ADp40KO"):
        file = f"appps1_il12b/Microglia__{name}.csv.gz"
        there = [seed / file for seed in cache.seeds if (seed / file).is_file()]
        if not there:
            lacking(f"{file} of the cache")
        shutil.copy(there[0], tmp_path)
    (tmp_path / "il12b.yaml").write_text(IL12B)
    m = manifest.read(tmp_path / "il12b.yaml")
    batch = datasets.transform(m, datasets.get(cache, m), mouse)
    assert {(row["noise"], row["level"]) for row in batch.nodes["Contrast"]} == {("none", "cell")}
    assert all(any(flag.startswith("cell-level") for flag in row["flags"]) for row in batch.nodes["Contrast"])
    found = {
        frozenset(end.rsplit("/")[-1] for end in (edge["subject"], edge["object"])): edge["arm"]
        for edge in batch.edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    }
    assert found == {
        frozenset({"model", "treatment"}): "APP/PS1",
        frozenset({"model", "treated"}): "wild type",
        frozenset({"treated", "treatment"}): "APP/PS1 without Il12b",
    }
    one, two = signature(batch, "model"), signature(batch, "treatment")
    _, at, of = np.intersect1d(one.genes, two.genes, return_indices=True)
    assert np.corrcoef(one.effect[at], two.effect[of])[0, 1] < -0.3, "it would be told as a reversal"
