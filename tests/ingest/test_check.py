"""A check says what the ingest will do, writes nothing, and ends no other manifest with one that is bad."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from ingest.batch import Batch
from ingest.cli.ingest import ingest
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from ingest.load.dataset import batch_of, guarded
from ingest.manifest.manifest import read
from kg.errors import ContractError, KgError, StoreError
from tests.ingest.make_cells import CASE_CONTROL, study, write


def tree(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else ""
        for p in folder.rglob("*")
    }


@pytest.fixture(scope="module")
def names(human: GeneIndex) -> list[str]:
    coding = human.genes.ids[human.genes.biotypes == "protein_coding"]
    factors = [
        str(human.resolve(s).id).removeprefix("ENSEMBL:") for s in ("SOX2", "STAT3", "REST", "SPI1", "MYC", "JUN")
    ]
    return list(dict.fromkeys([*factors, *map(str, coding)]))[:60]


def table(folder: Path, names: list[str], name: str, **changed: object) -> Path:
    rng = np.random.default_rng(1)
    rows = [f"{gene},{rng.normal():.6f},{rng.uniform():.6f}" for gene in names]
    (folder / f"{name}.csv").write_text("\n".join(["gene,lfc,p", *rows, f"{names[0]},1,2", "nope,1,0.5"]) + "\n")
    made = {
        "schema": 1,
        "dataset": (
            {
                "id": name,
                "title": "t",
                "taxon": "NCBITaxon:9606",
                "licence": "CC0",
                "redistribute": True,
                "citation": "us",
            }
            | changed
        ),
        "material": {"tissue": "UBERON:0000956"},
        "table": {"file": f"{name}.csv", "gene_id": "ensembl", "columns": {"gene": "gene", "effect": "lfc", "p": "p"}},
        "contrasts": [{"id": "a", "label": "A", "kind": "disease", "disease": "MONDO:0004975"}],
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(made))
    return path


def cells(folder: Path, names: list[str]) -> Path:
    write(study(names, donors=6, cells=12), folder / "cells.h5ad")
    facts = yaml.safe_load(CASE_CONTROL)
    facts["cells"] = {"file": "cells.h5ad", "grn": {"bootstraps": 4, "min_cells": 5, "min_targets": 3}}
    facts["dataset"]["taxon"] = "NCBITaxon:9606"
    path = folder / "cells.yaml"
    path.write_text(yaml.safe_dump(facts))
    return path


@pytest.fixture
def manifests(tmp_path: Path, names: list[str]) -> list[Path]:
    folder = tmp_path / "studies"
    folder.mkdir()
    broken = folder / "broken.yaml"
    broken.write_text("schema: 1\nschema: 1\n")
    return [
        table(folder, names, "good"),
        broken,
        table(folder, names, "zebrafish", taxon="NCBITaxon:7955"),
        cells(folder, names),
        folder / "absent.yaml",
    ]


def test_a_check_says_what_the_ingest_does_and_writes_nothing(
    tmp_path: Path, manifests: list[Path], cache: Cache
) -> None:
    before = tree(tmp_path)
    told = CliRunner().invoke(ingest, ["--check", *map(str, manifests)])
    assert tree(tmp_path) == before
    assert told.exit_code == 1
    assert "good.yaml: read 62 = accepted 60 + quarantined 2" in told.output
    genes, batches = Genes(cache), []
    for path, code in zip(manifests, ["", "MANIFEST", "UNKNOWN_SPECIES", "", "MISSING_FILE"], strict=True):
        found = guarded(
            "x",
            lambda path=path: batch_of(
                path, cache, genes, lambda: [*knowledge(cache, genes), *batches], checkpoints=tmp_path / "c"
            ),
        )
        if isinstance(found, KgError):
            assert found.code == code
            assert f"{path.name}: FAILED [{code}]\n{found}\n" in told.output
        else:
            assert code == ""
            batches.append(found)
            assert (
                f"{path.name}: read {found.read} = accepted {found.accepted} + quarantined {len(found.quarantined)}\n"
                in told.output
            )
    assert "NCBITaxon:9606 (human), NCBITaxon:10090 (mouse), " in told.output
    assert batches[1].nodes["Regulon"]


def knowledge(cache: Cache, genes: Genes) -> list[Batch]:
    from ingest.load.dataset import NETWORKS, network_batch, ortholog_batch
    from kg.curie import HUMAN, MOUSE
    from kg.match.orthology import MAIN

    return [
        ortholog_batch(MAIN, cache, genes(HUMAN), genes(MOUSE)),
        *(network_batch(name, cache, genes) for name in NETWORKS),
    ]


def test_an_exception_of_others_ends_its_manifest_alone() -> None:
    def fail() -> None:
        raise ZeroDivisionError("by zero")

    found = guarded("m.yaml", fail)
    assert isinstance(found, ContractError)
    assert (found.code, found.issues[0].path) == ("UNEXPECTED", "m.yaml")
    assert "ZeroDivisionError: by zero at test_check.py:" in found.issues[0].found

    def down() -> None:
        raise StoreError("down")

    with pytest.raises(StoreError):
        guarded("m.yaml", down)


def test_a_draft_is_saved_where_its_paths_hold(
    tmp_path: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("data", "studies"):
        (tmp_path / folder).mkdir()
    table(tmp_path / "data", names, "good")
    monkeypatch.chdir(tmp_path)
    printed = CliRunner().invoke(ingest, ["--init", "data/good.csv"])
    assert yaml.safe_load(printed.output)["table"]["file"] == "data/good.csv"
    saved = ["--init", "data/good.csv", "--out", "studies/m.yaml"]
    assert CliRunner().invoke(ingest, saved).exit_code == 0
    with pytest.raises(ContractError) as caught:
        read(tmp_path / "studies" / "m.yaml")
    assert yaml.safe_load((tmp_path / "studies" / "m.yaml").read_text())["table"]["file"] == "../data/good.csv"
    assert caught.value.issues
    again = CliRunner().invoke(ingest, saved)
    assert isinstance(again.exception, ContractError)
    assert again.exception.code == "FILE_EXISTS"
