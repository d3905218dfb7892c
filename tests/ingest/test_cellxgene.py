"""The CELLxGENE contract: files that keep it pass, and each broken rule is told, all of them at once."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ingest.files.cells.contract import contract
from ingest.files.cells.matrix import open_cells
from ingest.manifest import terms
from ingest.manifest.cell_blocks import Cells
from kg.cli.main import main
from kg.errors import ContractError, Issue
from tests.ingest.make_cellxgene import cellxgene

GENES = [f"ENSMUSG{i:011d}" for i in range(1, 40)]
VERSIONS = contract().versions


def problems(made: anndata.AnnData, folder: Path) -> list[Issue]:
    made.write_h5ad(folder / "c.h5ad")
    try:
        open_cells(folder / "c.h5ad", Cells(file="c.h5ad"))
    except ContractError as error:
        if error.code == "CELLXGENE":
            return error.issues
        raise
    return []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_that_keeps_the_contract_passes(tmp_path: Path, version: str):
    assert problems(cellxgene(GENES, f"{version}.0"), tmp_path) == []


@pytest.mark.parametrize("version", ["4.0.0", "8.0.0", "next"])
def test_other_versions_are_not_guessed_at(tmp_path: Path, version: str):
    made = cellxgene(GENES)
    made.uns["schema_version"] = version
    (issue,) = problems(made, tmp_path)
    assert issue.found == repr(version)


def put(column: str, value: object, rows: int = 3):
    def change(made: anndata.AnnData) -> None:
        texts = made.obs[column].astype(object) if column in made.obs else pd.Series("na", made.obs.index, dtype=object)
        texts.iloc[:rows] = value
        made.obs[column] = texts

    return change


def drop(*columns: str):
    def change(made: anndata.AnnData) -> None:
        made.obs = made.obs.drop(columns=list(columns))

    return change


def uns(**facts: object):
    def change(made: anndata.AnnData) -> None:
        made.uns.update(facts)

    return change


def without(key: str):
    def change(made: anndata.AnnData) -> None:
        del made.uns[key]

    return change


def counts(change_values):
    def change(made: anndata.AnnData) -> None:
        made.raw = anndata.AnnData(change_values(made.raw.X.copy()), made.obs[[]], made.raw.var)

    return change


def empty_cell(x):
    x = x.tolil()
    x[0] = 0
    return x.tocsr()


def rename_genes(made: anndata.AnnData) -> None:
    made.var_names = [f"Gene{i}" for i in range(made.n_vars)]


def version_suffix(made: anndata.AnnData) -> None:
    made.var_names = [f"{g}.2" for g in made.var_names]
    made.raw = anndata.AnnData(made.raw.X, made.obs[[]], pd.DataFrame(index=made.var_names))


def guides(strategy: str, role: str, ids: str = "g1"):
    def change(made: anndata.AnnData) -> None:
        facts = {"role": role, "protospacer_sequence": "ACGTACGTACGTACGTACGT", "protospacer_adjacent_motif": "3' NGG"}
        made.uns["genetic_perturbations"] = {"g1": facts}
        put("genetic_perturbation_id", ids)(made)
        made.obs["genetic_perturbation_strategy"] = "no perturbations"
        put("genetic_perturbation_strategy", strategy)(made)

    return change


def cell_line(made: anndata.AnnData) -> None:
    n = made.n_obs
    for column, value in {
        "tissue_type": "cell line",
        "tissue_ontology_term_id": "CVCL_1P02",
        "cell_type_ontology_term_id": "na",
        "development_stage_ontology_term_id": "na",
        "sex_ontology_term_id": "na",
        "donor_id": "na",
    }.items():
        put(column, value, n)(made)


BROKEN = [
    ("7.1.0", without("title"), "uns.title", "nothing"),
    ("7.1.0", without("organism_ontology_term_id"), "uns.organism_ontology_term_id", "nothing"),
    ("6.0.0", put("organism_ontology_term_id", "NCBITaxon:10090", 999), "obs.organism_ontology_term_id", "it is there"),
    ("5.3.0", drop("organism_ontology_term_id"), "obs.organism_ontology_term_id", "nothing"),
    ("5.3.0", put("organism_ontology_term_id", "NCBITaxon:9606"), "obs.organism_ontology_term_id", "NCBITaxon:9606"),
    ("7.1.0", uns(organism_ontology_term_id="NCBITaxon:7955"), "uns.organism_ontology_term_id", "NCBITaxon:7955"),
    ("7.1.0", put("ethnicity", "x"), "obs.ethnicity", "it is there"),
    ("5.0.0", uns(X_normalization="log"), "uns.X_normalization", "it is there"),
    ("7.1.0", put("__mine", "x"), "obs.__mine", "__mine"),
    ("7.1.0", drop("donor_id"), "obs.donor_id", "nothing"),
    ("7.1.0", put("donor_id", None), "obs.donor_id", "'' in 3 cells, the first cell0"),
    ("7.1.0", put("donor_id", "na"), "obs.donor_id", "'na' in 3 cells"),
    ("7.1.0", put("cell_type_ontology_term_id", "CL:127"), "obs.cell_type_ontology_term_id", "'CL:127' in 3 cells"),
    ("7.1.0", put("cell_type_ontology_term_id", "CL:0000003"), "obs.cell_type_ontology_term_id", "CL:0000003"),
    ("7.1.0", put("cell_type_ontology_term_id", "CL:0000548"), "obs.cell_type_ontology_term_id", "CL:0000548"),
    ("7.1.0", put("cell_type_ontology_term_id", "na"), "obs.cell_type_ontology_term_id", "'na' in 3 cells"),
    ("7.1.0", uns(is_pre_analysis=True), "obs.cell_type_ontology_term_id", "it is there"),
    ("7.1.0", put("assay_ontology_term_id", "EFO:0010183"), "obs.assay_ontology_term_id", "EFO:0010183"),
    ("5.3.0", put("assay_ontology_term_id", "EFO:0010961", 999), "obs.assay_ontology_term_id", "EFO:0010961"),
    ("7.1.0", put("development_stage_ontology_term_id", "HsapDv:0000273"), "obs.development_stage_ontology_term_id",
     "HsapDv:0000273"),
    ("7.1.0", put("disease_ontology_term_id", "MONDO:0004975 || MONDO:0001627"), "obs.disease_ontology_term_id",
     "MONDO:0004975 || MONDO:0001627"),
    ("5.3.0", put("disease_ontology_term_id", "MONDO:0001627 || MONDO:0004975"), "obs.disease_ontology_term_id",
     "MONDO:0001627 || MONDO:0004975"),
    ("7.1.0", put("disease_ontology_term_id", "MONDO:0004975 || PATO:0000461"), "obs.disease_ontology_term_id", "PATO"),
    ("7.1.0", put("self_reported_ethnicity_ontology_term_id", "HANCESTRO:0590"),
     "obs.self_reported_ethnicity_ontology_term_id", "HANCESTRO:0590"),
    ("7.1.0", put("sex_ontology_term_id", "female"), "obs.sex_ontology_term_id", "'female' in 3 cells"),
    ("7.1.0", put("suspension_type", "na"), "obs.suspension_type", "'na' in 3 cells"),
    ("7.1.0", put("tissue_type", "cell culture"), "obs.tissue_type", "cell culture"),
    ("6.0.0", put("tissue_type", "primary cell culture"), "obs.tissue_type", "primary cell culture"),
    ("7.1.0", put("tissue_ontology_term_id", "CL:0000127"), "obs.tissue_ontology_term_id", "CL:0000127"),
    ("7.1.0", put("is_primary_data", "yes", 999), "obs.is_primary_data", "'yes'"),
    ("7.1.0", uns(batch_condition=["batch", "lane"]), "uns.batch_condition", "['lane']"),
    ("7.1.0", uns(X_approximate_distribution="poisson"), "uns.X_approximate_distribution", "'poisson'"),
    ("7.1.0", put("experimental_condition_ontology_term_id", "na"), "obs.experimental_condition_ontology_term_id",
     "'na' in all"),
    ("7.1.0", put("experimental_condition_ontology_term_id", "CHEBI:24431"),
     "obs.experimental_condition_ontology_term_id", "CHEBI:24431"),
    ("7.1.0", put("experimental_condition_ontology_term_id", "uniprot:P05112 || CHEBI:16412"),
     "obs.experimental_condition_ontology_term_id", "uniprot:P05112 || CHEBI:16412"),
    ("7.1.0", put("genetic_perturbation_id", "g1"), "obs.genetic_perturbation_id", "one of them"),
    ("7.1.0", guides("CRISPR knockout screen", "targeting", "g2"), "obs.genetic_perturbation_id", "'g2' in 3 cells"),
    ("7.1.0", guides("control", "targeting"), "obs.genetic_perturbation_strategy", "['g1'] in 3 cells"),
    ("7.1.0", guides("CRISPR knockout screen", "other"), "uns.genetic_perturbations.g1.role", "'other'"),
    ("7.1.0", rename_genes, "var", "39 of 39, such as 'Gene0'"),
    ("6.0.0", version_suffix, "var", "'ENSMUSG00000000001.2'"),
    ("7.1.0", counts(lambda x: x.log1p()), "raw.X", "FRACTIONAL_COUNTS"),
    ("7.1.0", counts(lambda x: -x), "raw.X", "NEGATIVE_COUNTS"),
    ("7.1.0", counts(empty_cell), "raw.X", "1 cells without one"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "change", "where", "found"), BROKEN, ids=[f"{b[0]}-{b[2]}-{b[3][:24]}" for b in BROKEN]
)
def test_a_broken_rule_is_told_with_place_and_value(tmp_path: Path, version: str, change, where: str, found: str):
    made = cellxgene(GENES, version)
    change(made)
    issues = problems(made, tmp_path)
    told = [i for i in issues if i.path == f"c.h5ad: {where}" and found in i.found]
    assert told, issues
    assert all(i.rule.startswith(f"CELLxGENE {version}: ") and i.fix for i in issues)


KEPT = [
    ("7.1.0", cell_line),
    ("7.1.0", put("experimental_condition_ontology_term_id", "CHEBI:16412 || EFO:0001702 || anti-uniprot:Q99467")),
    ("7.1.0", guides("CRISPR knockout screen", "targeting")),
    ("7.1.0", guides("control", "control")),
    ("6.0.0", put("disease_ontology_term_id", "MONDO:0001627 || MONDO:0004975")),
    ("5.3.0", version_suffix),
    ("5.0.0", put("cell_type_ontology_term_id", "CL:0000003")),
    ("5.2.1", put("suspension_type", "cell")),
    ("7.0.0", put("experimental_condition_ontology_term_id", "ours")),
    ("7.1.0", uns(organism_ontology_term_id="NCBITaxon:10092")),
    ("7.1.0", uns(batch_condition=["batch"], X_approximate_distribution="normal")),
]


@pytest.mark.parametrize(("version", "change"), KEPT)
def test_what_the_version_allows_passes(tmp_path: Path, version: str, change):
    made = cellxgene(GENES, version)
    change(made)
    assert problems(made, tmp_path) == []


def test_every_problem_is_told_at_once(tmp_path: Path):
    made = cellxgene(GENES)
    for change in (drop("donor_id"), put("sex_ontology_term_id", "female"), rename_genes, counts(lambda x: x.log1p())):
        change(made)
    where = {i.path.removeprefix("c.h5ad: ") for i in problems(made, tmp_path)}
    assert where == {"obs.donor_id", "obs.sex_ontology_term_id", "var", "raw.var", "raw.X"}


def test_an_obsolete_term_is_told_with_its_replacement_where_the_release_is_at_hand(tmp_path: Path):
    term = next(t for t in terms.all_terms("CL") if terms.deprecated(t) and terms.replacement(t))
    made = cellxgene(GENES)
    put("cell_type_ontology_term_id", term)(made)
    (issue,) = problems(made, tmp_path)
    assert f"use {terms.replacement(term)}" in issue.fix


def test_the_contract_names_terms_that_are_there():
    rules = [rule for field in contract().fields for rule in field.rules]
    patterns = {p for r in rules for p in [*r.terms, *r.not_, *(x for v in r.where.values() for x in v)]}
    named = {p.rstrip("+") for p in patterns if ":" in p and not p.endswith("*") and not p.startswith("NCBITaxon")}
    assert len(named) > 80
    assert [t for t in sorted(named) if not terms.known(t)] == []


def test_the_command_tells_what_is_there_and_what_is_wrong(tmp_path: Path):
    made = cellxgene(GENES)
    made.write_h5ad(tmp_path / "good.h5ad")
    total = int(np.asarray(made.raw.X.sum()))
    ran = CliRunner().invoke(main, ["cells", "check", str(tmp_path / "good.h5ad")])
    assert ran.exit_code == 0, ran.output
    assert f"320 cells x 39 genes, {total:,} counts in raw/X" in ran.output
    assert "follows the CELLxGENE schema 7.1.0" in ran.output
    drop("donor_id", "tissue_type")(made)
    made.write_h5ad(tmp_path / "bad.h5ad")
    ran = CliRunner().invoke(main, ["cells", "check", str(tmp_path / "bad.h5ad")])
    assert ran.exit_code == 1
    assert "FAILED [CELLXGENE]" in ran.output
    assert "obs.donor_id" in ran.output
    assert "obs.tissue_type" in ran.output
