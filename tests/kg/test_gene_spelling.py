"""Names of genes that a tool rewrote are read where one gene alone fits; what is none of a gene is told as what it
is."""

import re

import numpy as np
import pytest

from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError
from kg.names.gene_spelling import genome, is_stable
from kg.names.genes import Fixes, GeneNames, Resolved, name_genes

SYMBOLS = ("APP", "HLA-A", "NKX2-1", "C9orf72", "MATR3", "TWO-1", "TWO.1", "SIX", "SIX-1", "AB-1.2", "IGHV1-2")
IDS = {symbol: f"ENSG{182378 + i:011d}" for i, symbol in enumerate(SYMBOLS)}
FILL = [f"FILL{i}" for i in range(30)]
ALL = IDS | {symbol: f"ENSG{i:011d}" for i, symbol in enumerate(FILL)}
HUMAN_GENES = GeneNames(
    HUMAN,
    frozenset(ALL.values()),
    {symbol: Resolved(f"ENSEMBL:{gene}", "symbol") for symbol, gene in ALL.items()}
    | {"351": Resolved(f"ENSEMBL:{IDS['APP']}", "ncbi-gene"), "TWIN-1": Resolved(None, "ambiguous-symbol")},
)
MOUSE_IDS = {
    symbol: f"ENSMUSG{i:011d}"
    for i, symbol in enumerate(("App", "H2-K1", "1810009A15Rik", *(f.capitalize() for f in FILL)))
}
MOUSE_GENES = GeneNames(
    MOUSE, frozenset(MOUSE_IDS.values()), {s: Resolved(f"ENSEMBL:{g}", "symbol") for s, g in MOUSE_IDS.items()}
)
FIXES = Fixes("correct the species", "give ids")


def read(token: str, taxon: str = HUMAN) -> tuple[str, str, tuple[str, ...]]:
    """Symbol of the gene that a token is read as among good ones, or the rule why not, and what is told."""
    names, ids = (HUMAN_GENES, ALL) if taxon == HUMAN else (MOUSE_GENES, MOUSE_IDS)
    good = FILL if taxon == HUMAN else [f.capitalize() for f in FILL]
    found = name_genes(np.array([*good, token]), taxon, names, "t.csv", FIXES)
    assert found.ids[:-1].tolist() == [ids[f] for f in good]
    symbol = {gene: s for s, gene in ids.items()}.get(str(found.ids[-1]), "")
    return symbol, str(found.rules[-1]), found.reread


APP = IDS["APP"]


@pytest.mark.parametrize(
    ("token", "symbol"),
    [
        (f"GRCh38_{APP}", "APP"),
        (f"GRCh38-{APP}.14", "APP"),
        ("GRCh38_APP", "APP"),
        ("GRCh38______APP", "APP"),
        ("hg19_APP", "APP"),
        ("hg38-HLA.A", "HLA-A"),
        ("refdata-gex-GRCh38-2020-A_APP", "APP"),
        ("human_APP", "APP"),
        (f"gene:{APP}", "APP"),
        (f"gene:{APP}.3", "APP"),
        ("gene-APP", "APP"),
        ("GeneID:351", "APP"),
        ("symbol:APP", "APP"),
        (f"{APP}_PAR_Y", "APP"),
        (f"{APP}.14-PAR-Y", "APP"),
        (f"{APP}-PAR-Y", "APP"),
        (f"ENSGR{APP[5:]}", "APP"),
        (f"ENSGR{APP[5:]}.6", "APP"),
        (APP.lower(), "APP"),
        (f"{APP}_14", "APP"),
        ("HLA.A", "HLA-A"),
        ("HLA_A", "HLA-A"),
        ("NKX2.1", "NKX2-1"),
        ("NKX2_1", "NKX2-1"),
        ("AB.1.2", "AB-1.2"),
        ("IGHV1.2", "IGHV1-2"),
        ("351.0", "APP"),
        ("351.00", "APP"),
        (f"{APP}|APP", "APP"),
        (f"APP_{APP}", "APP"),
        (f"{APP}.2_APP", "APP"),
        ("C9ORF72", "C9orf72"),
        ("'APP", "APP"),
        ('"APP"', "APP"),
    ],
)
def test_a_rewritten_name_is_read_and_told(token: str, symbol: str):
    found, rule, told = read(token)
    assert (found, rule) == (symbol, "")
    if "PAR_Y" not in token:
        assert len(told) == 1
        assert told[0].startswith("genes-reread: 1 of 31 names are read ")
        assert f"({token} as " in told[0]


@pytest.mark.parametrize(
    ("token", "symbol"),
    [
        ("H2.K1", "H2-K1"),
        ("X1810009A15Rik", "1810009A15Rik"),
        ("1810009A15RIK", "1810009A15Rik"),
        ("mm10---App", "App"),
        ("mm10___App", "App"),
        ("GRCm39_App", "App"),
        (f"mm10_{MOUSE_IDS['App']}", "App"),
    ],
)
def test_names_of_mouse(token: str, symbol: str):
    assert read(token, MOUSE)[:2] == (symbol, "")


@pytest.mark.parametrize(
    ("token", "taxon", "rule"),
    [
        ("SIX.1", HUMAN, "ambiguous-symbol"),
        ("MATR3.1", HUMAN, "numbered-copy"),
        ("APP-1", HUMAN, "numbered-copy"),
        ("TWIN.1", HUMAN, "ambiguous-symbol"),
        ("mm10---App", HUMAN, "other-species"),
        ("mm10_APP", HUMAN, "other-species"),
        ("rn6_App", HUMAN, "other-species"),
        ("GRCh38_App", MOUSE, "other-species"),
        (f"gene:{MOUSE_IDS['App']}", HUMAN, "other-species"),
        ("ENST00000346798.7", HUMAN, "transcript-id"),
        ("transcript:ENST00000346798", HUMAN, "transcript-id"),
        ("NM_000484.4", HUMAN, "transcript-id"),
        ("ENSP00000284981", HUMAN, "protein-id"),
        ("211841_s_at", HUMAN, "probe-id"),
        ("ILMN_1762337", HUMAN, "probe-id"),
        ("HGNC:620", HUMAN, "database-id"),
        ("11820", MOUSE, "ncbi-unknown"),
        ("11820.0", MOUSE, "ncbi-unknown"),
        ("APP(+)", HUMAN, "regulon-name"),
        ("APP_direct_+/+_(12g)", HUMAN, "regulon-name"),
        ("App", HUMAN, "unknown-symbol"),
        ("APP;MATR3", HUMAN, "several-genes"),
        ("gene:ENSG00000999999", HUMAN, "retired-id"),
    ],
)
def test_what_has_no_reading_or_several_is_told_as_what_it_is(token: str, taxon: str, rule: str):
    found, why, told = read(token, taxon)
    assert (found, why, told) == ("", rule, ())


def test_a_beginning_that_all_names_share_is_cut_where_genes_are_left():
    found = name_genes(np.array([f"lab7_{f}" for f in FILL]), HUMAN, HUMAN_GENES, "t.csv", FIXES)
    assert found.ids.tolist() == [ALL[f] for f in FILL]
    assert found.reread == (
        "genes-reread: 30 of 30 names are read without what stands before the name (lab7_FILL0 as FILL0)",
    )
    with pytest.raises(ContractError):
        name_genes(np.array([f"lab7_nothing{i}" for i in range(30)]), HUMAN, HUMAN_GENES, "t.csv", FIXES)


@pytest.mark.parametrize(
    ("tokens", "taxon", "code", "fix"),
    [
        ([f.capitalize() for f in FILL], HUMAN, "UNKNOWN_GENES", "written as mouse symbols: correct the species"),
        (FILL, MOUSE, "UNKNOWN_GENES", "written as human symbols: correct the species"),
        ([f"mm10_{f}" for f in FILL], HUMAN, "MIXED_SPECIES", "correct the species"),
        ([f"ENST{i:011d}" for i in range(30)], HUMAN, "UNKNOWN_GENES", "sum transcripts by gene"),
        ([f"{10000 + i}_at" for i in range(30)], HUMAN, "UNKNOWN_GENES", "column of gene symbols"),
        ([str(i) for i in range(1000, 1030)], MOUSE, "UNKNOWN_GENES", "NCBI gene id"),
        ([f"w{i}x" for i in range(30)], HUMAN, "UNKNOWN_GENES", "give ids"),
    ],
)
def test_the_remedy_of_a_column_of_no_use_was_tried_on_it(tokens: list[str], taxon: str, code: str, fix: str):
    with pytest.raises(ContractError) as caught:
        name_genes(np.array(tokens), taxon, HUMAN_GENES if taxon == HUMAN else MOUSE_GENES, "t.csv", FIXES)
    assert caught.value.code == code
    assert fix in caught.value.issues[0].fix


def test_another_column_that_has_genes_is_named_first():
    fixes = Fixes("correct the species", "give ids", lambda: "the column 'symbol' has genes")
    with pytest.raises(ContractError) as caught:
        name_genes(np.array([f"{i}_at" for i in range(10000, 10030)]), HUMAN, HUMAN_GENES, "t.csv", fixes)
    assert caught.value.issues[0].fix.endswith("the column 'symbol' has genes")


def test_what_r_makes_of_every_name_is_read_as_that_name_or_left():
    marked = [s for s in HUMAN_GENES.names if re.search(r"[^A-Za-z0-9._]", s) and HUMAN_GENES.names[s].id]
    found = name_genes(
        np.array([*FILL, *(re.sub(r"[^A-Za-z0-9._]", ".", s) for s in marked)]), HUMAN, HUMAN_GENES, "t", FIXES
    )
    # TWO.1 is a name of its own; SIX.1 may be a second row of SIX.
    wanted = ALL | {"TWO-1": ALL["TWO.1"], "SIX-1": ""}
    assert found.ids[len(FILL) :].tolist() == [wanted[symbol] for symbol in marked]


def test_ids_are_known_however_they_are_written():
    assert all(
        map(is_stable, (APP, f"{APP}.1", f"mm10_{MOUSE_IDS['App']}", f"gene:{APP}", f"ENSGR{APP[5:]}", f"{APP}-PAR-Y"))
    )
    assert not any(map(is_stable, ("APP", "GRCh38_APP", "ENST00000346798", f"{APP}|APP")))
    assert (genome("GRCh38_APP"), genome("APP"), genome("HG-1")) == ((HUMAN, "APP"), ("", ""), ("", ""))
