"""A manifest says all that is wrong with it at once, and the bundled ones are right."""

import json
from pathlib import Path

import pytest
import yaml
from pydantic import model_validator

from ingest.manifest import manifest, terms
from kg.errors import ContractError

GOOD = {
    "schema": 1,
    "dataset": {
        "id": "lab",
        "title": "t",
        "taxon": "NCBITaxon:10090",
        "licence": "CC0",
        "redistribute": True,
        "citation": "us",
    },
    "material": {"tissue": "UBERON:0000956"},
    "table": {"file": "t.csv", "gene_id": "symbol", "columns": {"gene": "g", "effect": "e", "p": "p"}},
    "contrasts": [{"id": "a", "label": "A", "kind": "model", "model": "orthokg:model/j20"}],
}


def write(folder: Path, made: dict) -> Path:
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump(made))
    return path


def refused(folder: Path, made: dict) -> ContractError:
    with pytest.raises(ContractError) as caught:
        manifest.read(write(folder, made))
    return caught.value


class Stricter(manifest.Manifest):
    """A manifest with one rule more."""

    @model_validator(mode="after")
    def _has_a_doi(self) -> "Stricter":
        if not self.dataset.doi:
            raise ValueError("a dataset names its paper: give dataset.doi")
        return self


def test_one_rule_more_is_told_as_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(manifest, "Manifest", Stricter)
    error = refused(tmp_path, GOOD)
    assert error.code == "MANIFEST"
    (issue,) = error.issues
    assert issue.path.startswith("m.yaml: ")
    assert "a dataset names its paper: give dataset.doi" in issue.rule
    assert issue.fix
    with_doi = GOOD | {"dataset": {**GOOD["dataset"], "doi": "10.1/x"}}
    assert manifest.read(write(tmp_path, with_doi)).dataset.doi == "10.1/x"


def test_the_committed_schema_is_current():
    assert json.loads(manifest.SCHEMA_FILE.read_text()) == json.loads(json.dumps(manifest.json_schema()))


def test_a_good_manifest_is_read(tmp_path: Path):
    read = manifest.read(write(tmp_path, GOOD))
    assert (read.contrast_id(read.contrasts[0]), read.files()) == ("orthokg:contrast/lab/a", ["t.csv"])


@pytest.mark.parametrize("path", sorted(manifest.BUNDLED.glob("*.yaml")), ids=lambda p: p.stem)
def test_bundled_manifests_pass(path: Path):
    read = manifest.read(path)
    assert read.contrasts or read.published_types


def test_every_problem_is_told_at_once(tmp_path: Path):
    made = GOOD | {"dataset": {"id": "Not A Slug", "taxon": "mousse"}, "tabel": {}, "material": {"kind": "blk"}}
    paths = {issue.path.removeprefix("m.yaml: ") for issue in refused(tmp_path, made).issues}
    wanted = {
        "dataset.id",
        "dataset.taxon",
        "dataset.title",
        "dataset.licence",
        "dataset.redistribute",
        "tabel",
        "dataset.citation",
        "material.kind",
    }
    assert paths == wanted


def test_a_contrast_overrides_parts_of_the_defaults(tmp_path: Path):
    one, two = {**GOOD["contrasts"][0]}, {**GOOD["contrasts"][0], "id": "b"}
    two |= {"table": {"file": "u.csv", "sign": -1}, "material": {"region": "UBERON:0002728"}}
    read = manifest.read(write(tmp_path, GOOD | {"contrasts": [one, two]}))
    table, material = read.table_of(read.contrasts[1]), read.material_of(read.contrasts[1])
    assert table is not None
    assert (table.file, table.sign, table.gene_id) == ("u.csv", -1, "symbol")
    assert (material.tissue, material.region) == ("UBERON:0000956", "UBERON:0002728")


@pytest.mark.parametrize(
    ("tissue", "code", "fix"),
    [
        ("UBERON:956", "UNKNOWN_TERM", "UBERON:0000956 (cerebral cortex)"),
        ("UBERON:cerebral_cortex", "UNKNOWN_TERM", "UBERON:0000956 (cerebral cortex)"),
    ],
)
def test_an_unknown_term_has_a_suggestion(tmp_path: Path, tissue: str, code: str, fix: str):
    error = refused(tmp_path, GOOD | {"material": {"tissue": tissue}})
    assert error.code == code
    assert fix in error.issues[0].fix


def test_an_obsolete_term_has_its_replacement(tmp_path: Path):
    old, new = next((t, n) for t in terms.all_terms("CL") if terms.deprecated(t) and (n := terms.replacement(t)))
    error = refused(tmp_path, GOOD | {"material": {"kind": "cell type", "cell_type": old}})
    assert error.code == "OBSOLETE_TERM"
    assert f"use {new}" in error.issues[0].fix


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "disease"}, "contrasts.0.disease"),
        ({"kind": "drug"}, "contrasts.0.drug"),
        ({"material": {"kind": "cell type"}}, "contrasts.0.material.cell_type"),
        ({"same_samples_as": "b"}, "contrasts.0.same_samples_as"),
    ],
)
def test_what_a_contrast_needs(tmp_path: Path, change: dict, where: str):
    error = refused(tmp_path, GOOD | {"contrasts": [GOOD["contrasts"][0] | change]})
    assert [issue.path for issue in error.issues] == [f"m.yaml: {where}"]


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"a: [", "MANIFEST"), (b"- 1", "MANIFEST"), (b"\xff\xfea\x00", "ENCODING"), (None, "MISSING_FILE")],
)
def test_what_is_no_manifest(tmp_path: Path, text: bytes | None, code: str):
    path = tmp_path / "m.yaml"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(ContractError) as caught:
        manifest.read(path)
    assert caught.value.code == code
