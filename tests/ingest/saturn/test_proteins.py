"""FASTA files of four houses, and what is no protein."""

import gzip
from pathlib import Path

import pytest

from ingest.method.saturn.genes.proteins import gene_of, read_proteins
from kg.errors import ContractError

ENSEMBL = (
    "ENSP00000269305.4 pep chromosome:GRCh38:17:7661779:7687550:-1 gene:ENSG00000141510.19 transcript:ENST00000269305.9"
    " gene_biotype:protein_coding gene_symbol:TP53 description:tumor protein p53"
)
GENCODE = (
    "ENSMUSP00000104298.2|ENSMUST00000108658.10|ENSMUSG00000059552.14|OTTMUSG00000006194.4|OTTMUST00000013343.1"
    "|Trp53-202|Trp53|390"
)
UNIPROT = "sp|P04637|P53_HUMAN Cellular tumor antigen p53 OS=Homo sapiens OX=9606 GN=TP53 PE=1 SV=4"
NCBI = "lcl|NC_000017.11_prot_NP_000537.3_1 [gene=TP53] [protein=cellular tumor antigen p53] [gbkey=CDS]"


@pytest.mark.parametrize(
    ("header", "symbol", "number"),
    [
        (ENSEMBL, "TP53", "ENSG00000141510"),
        (GENCODE, "Trp53", "ENSMUSG00000059552"),
        (UNIPROT, "TP53", "TP53"),
        (NCBI, "TP53", "TP53"),
        (ENSEMBL.replace("gene_symbol:TP53 ", ""), "ENSG00000141510", "ENSG00000141510"),
        ("NP_000537.3 cellular tumor antigen p53 [Homo sapiens]", "", ""),
    ],
)
def test_a_header_names_its_gene(header: str, symbol: str, number: str):
    assert (gene_of(header), gene_of(header, "id")) == (symbol, number)


def test_proteins_of_one_gene_are_gathered(tmp_path: Path):
    path = tmp_path / "pep.fa.gz"
    again = ENSEMBL.replace("269305.4", "1.1")
    text = f">{ENSEMBL}\nMEEP\nQSD*\n\n>{again}\nmk*L\n>x\nMM\n>P1\nMA\n>{UNIPROT}\n\n>{NCBI}\nM-K\n"
    path.write_bytes(gzip.compress(text.encode()))
    (tmp_path / "genes.csv").write_text("protein,gene\nP1,APOE\n")
    found = read_proteins(path, genes=tmp_path / "genes.csv")
    assert found.sequences == {"TP53": ["MEEPQSD", "MKXL"], "APOE": ["MA"]}
    assert (len(found), found.unnamed) == (3, 1)
    assert [(f.path, f.rule.split(":")[0], f.found) for f in found.faults] == [
        ("pep.fa.gz: record of line 11", "NO_RESIDUES", "none"),
        ("pep.fa.gz: record of line 13", "NOT_A_PROTEIN", "-"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("MKV\n>a gene:ENSG1\nM\n", "BAD_FASTA", "line 1"),
        (">a gene:ENSG1\nACGTNN\n", "BAD_FASTA", "bases alone: ACGNT"),
        (">a\nMKV\n>b\nMKV\n", "NO_GENES", "none of 2"),
        ("", "NO_GENES", "none of 0"),
    ],
)
def test_what_is_no_file_of_proteins(tmp_path: Path, text: str, code: str, said: str):
    (tmp_path / "p.fa").write_text(text)
    with pytest.raises(ContractError, match=said) as error:
        read_proteins(tmp_path / "p.fa")
    assert error.value.code == code
