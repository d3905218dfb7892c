"""Factors that a manifest need not name: those of the loaded networks, carried to the other species one to one."""

from ingest.batch import Batch
from ingest.source import networks
from ingest.study.factors import known_factors

EARLIER = ("HAS_TF", "Regulon", "Gene")


def test_factors_of_both_species(cache, human, mouse):
    curated = networks.transform("trrust/mouse", networks.get(cache, "trrust/mouse"), mouse)
    spi1 = "ENSEMBL:ENSMUSG00000002111"
    assert spi1 in {row["object"] for row in curated.edges[EARLIER]}
    pairs = Batch("pairs", "1")
    pairs.edges["ORTHOLOG_OF", "Gene", "Gene"] = [
        {"subject": "ENSEMBL:ENSG00000066336", "object": spi1, "cardinality": "one2one"},
        {"subject": "ENSEMBL:ENSG00000142192", "object": "ENSEMBL:ENSMUSG00000022892", "cardinality": "one2one"},
        {"subject": "ENSEMBL:ENSG00000141510", "object": "ENSEMBL:ENSMUSG00000059552", "cardinality": "one2many"},
    ]
    of_mouse = known_factors([curated, pairs], mouse.symbols)
    assert len(of_mouse.ids) > 700
    assert of_mouse.symbol("ENSMUSG00000002111") == "Spi1"
    of_human = known_factors([curated, pairs], human.symbols)
    assert of_human.ids.tolist() == ["ENSG00000066336"]  # neither a gene that is no factor nor one of several orthologs
    assert (of_human.symbol("ENSG00000066336"), of_human.symbol("ENSG9")) == ("SPI1", "ENSG9")
