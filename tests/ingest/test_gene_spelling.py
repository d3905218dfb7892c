"""Names of genes as tools rewrite them, in tables, counts, cells and networks; remedies that were tried on the file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ingest.batch import Batch
from ingest.draft.table import draft
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex
from ingest.manifest import manifest
from ingest.study import datasets
from ingest.study.scenic_files import read_edges, regulon_name
from kg.curie import MOUSE
from kg.errors import ContractError
from tests.ingest.make_cells import CASE_CONTROL, study, write

N = 60


@pytest.fixture(scope="module")
def ids(mouse: GeneIndex) -> list[str]:
    named = [
        g for g, s in zip(mouse.genes.ids, mouse.genes.symbols, strict=True) if mouse.resolve(s).id == f"ENSEMBL:{g}"
    ]
    return named[:N]


def run(folder: Path, facts: dict, cache: Cache, mouse: GeneIndex) -> Batch:
    (folder / "m.yaml").write_text(yaml.safe_dump(facts))
    made = manifest.read(folder / "m.yaml")
    return datasets.transform(made, datasets.get(cache, made), mouse)


def of_table(folder: Path, frame: pd.DataFrame, **table: object) -> dict:
    frame.to_csv(folder / "de.csv", index=False)
    return {
        "schema": 1,
        "dataset": {
            "id": "lab",
            "title": "t",
            "taxon": MOUSE,
            "licence": "CC0",
            "redistribute": True,
            "citation": "us",
        },
        "material": {"tissue": "UBERON:0000956"},
        "table": {"file": "de.csv", "gene_id": "symbol", "columns": {"gene": "gene", "effect": "e", "p": "p"}} | table,
        "contrasts": [{"id": "a", "label": "A", "kind": "model", "model": "orthokg:model/5xfad"}],
    }


def numbers(names: list[str]) -> pd.DataFrame:
    z = np.random.default_rng(2).normal(size=len(names))
    return pd.DataFrame(
        {"gene": names, "e": z, "p": np.random.default_rng(3).uniform(size=len(names)) ** (1 + np.abs(z))}
    )


@pytest.mark.parametrize(
    "written",
    ["mm10___{id}", "mm10---{symbol}", "gene:{id}.4", "{id}-PAR-Y", "{id}|{symbol}"],
    ids=["genome and id", "genome and symbol", "GFF", "copy on Y", "two names"],
)
def test_a_table_is_read_and_says_how(tmp_path: Path, ids, cache: Cache, mouse: GeneIndex, written: str):
    names = [written.format(id=g, symbol=mouse.symbol(g)) for g in ids]
    made = run(tmp_path, of_table(tmp_path, numbers(names)), cache, mouse)
    assert (made.accepted, len(made.quarantined)) == (N, 0)
    flags = made.nodes["Contrast"][0]["flags"]
    assert [f.startswith(f"genes-reread: {N} of {N} names are read") for f in flags] == [True]
    assert made.doubts == [f"a: {flags[0]}"]
    drafted = yaml.safe_load(draft(tmp_path / "de.csv"))
    assert drafted["dataset"]["taxon"] == MOUSE
    assert drafted["table"]["gene_id"] == ("symbol" if names[0].startswith("mm10---") else "ensembl")


def test_another_column_that_has_the_genes_is_named(tmp_path: Path, ids, cache: Cache, mouse: GeneIndex):
    frame = numbers([f"probe{i}" for i in range(N)]).assign(annotation=[mouse.symbol(g) for g in ids])
    with pytest.raises(ContractError) as caught:
        run(tmp_path, of_table(tmp_path, frame), cache, mouse)
    assert "the column 'annotation' has genes: declare it in columns.gene" in caught.value.issues[0].fix
    facts = of_table(tmp_path, frame, columns={"gene": "annotation", "effect": "e", "p": "p"})
    assert run(tmp_path, facts, cache, mouse).accepted == N
    with pytest.raises(ContractError) as caught:
        run(tmp_path, of_table(tmp_path, frame.drop(columns="annotation")), cache, mouse)
    assert "no other column has genes either" in caught.value.issues[0].fix


@pytest.mark.parametrize(
    "written",
    [lambda g: f"mm10_{g}", lambda g: f"gene:{g}", lambda g: f"{g}-PAR-Y"],
    ids=["genome", "GFF", "copy on Y"],
)
def test_cells_with_rewritten_ids_are_not_told_to_be_symbols(
    tmp_path: Path, ids, cache: Cache, mouse: GeneIndex, written
):
    write(study([written(g) for g in ids], donors=4, cells=5), tmp_path / "cells.h5ad")
    made = run(tmp_path, yaml.safe_load(CASE_CONTROL), cache, mouse)
    assert any(f"cells.h5ad: genes-reread: {N} of {N} names" in doubt for doubt in made.doubts)
    assert made.accepted >= N


def test_cells_whose_names_are_no_genes_are_told_what_they_are(tmp_path: Path, cache: Cache, mouse: GeneIndex):
    write(study([f"ENSMUST{i:011d}" for i in range(N)], donors=4, cells=5), tmp_path / "cells.h5ad")
    with pytest.raises(ContractError) as caught:
        run(tmp_path, yaml.safe_load(CASE_CONTROL), cache, mouse)
    assert caught.value.code == "UNKNOWN_GENES"
    assert "sum transcripts by gene" in caught.value.issues[0].fix


@pytest.mark.parametrize(
    ("name", "tf", "sign"),
    [
        ("ARID5B_direct_+/+_(12g)", "ARID5B", 1),
        ("ARID5B_extended_-/+_(7g)", "ARID5B", -1),
        ("ARID5B_direct_+/-_(3r)", "ARID5B", 1),
        ("ARID5B_+_+_(12g)", "ARID5B", 1),
        ("ARID5B_-_(12g)", "ARID5B", -1),
        ("ARID5B_direct_+/+", "ARID5B", 1),
        ("NKX2-1(-)", "NKX2-1", -1),
        ("NKX2-1_extended_+/+_(4g)", "NKX2-1", 1),
        ("NKX2-1", "NKX2-1", 0),
        ("ARID5B_(+)", "ARID5B", 1),
        ("Dlx1_extended (57g)", "Dlx1", 0),
        ("AP-1", "AP-1", 0),
    ],
)
def test_names_of_regulons(name: str, tf: str, sign: int):
    assert regulon_name(name) == (tf, sign)


def test_edges_named_by_regulons(tmp_path: Path):
    path = tmp_path / "edges.tsv"
    rows = [
        "TF\ttarget\timportance",
        "Spi1_direct_+/+_(2g)\tApp\t2",
        "Spi1_direct_-/+_(1g)\tApp\t1",
        "Spi1_direct_+/+_(2g)\tApp\t1",
    ]
    path.write_text("\n".join(rows) + "\n")
    found = read_edges(path)
    assert found.table[["tf", "target", "sign"]].to_numpy().tolist() == [["Spi1", "App", 1], ["Spi1", "App", -1]]
    assert [bad.rule for bad in found.bad] == ["double"]
