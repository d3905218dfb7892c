"""Rule 9: names of genes are read where one reading alone fits, and a remedy is true of the file in hand."""

from collections.abc import Callable, Mapping, Sequence

from tests.ingest.inputs.case import GENES, Case, Read, Refused
from tests.ingest.inputs.tables import (
    COLUMNS,
    EFFECT,
    HEAD,
    SAMPLES,
    VECTOR,
    Build,
    count_effects,
    count_rows,
    counts,
    deseq,
    lines,
    table,
)

RULE = 9
IDS = {  # digits of Ensembl ids
    "APP": 142192,
    "MAPT": 186868,
    "GFAP": 131095,
    "TREM2": 95970,
    "TYROBP": 11600,
    "CTSB": 164733,
    "CTSD": 117984,
    "AIF1": 204472,
    "CX3CR1": 168329,
    "P2RY12": 169313,
    "TMEM119": 183160,
    "CSF1R": 182578,
    "SPI1": 66336,
    "IRF8": 140968,
    "STAT3": 168610,
    "REST": 84093,
    "SOX2": 181449,
    "PAX6": 7372,
    "NES": 132688,
    "AQP4": 171885,
    "SLC1A2": 110436,
    "SLC1A3": 79215,
}
NCBI = {
    "APP": 351,
    "MAPT": 4137,
    "GFAP": 2670,
    "TREM2": 54209,
    "TYROBP": 7305,
    "CTSB": 1508,
    "CTSD": 1509,
    "SOX2": 6657,
    "PAX6": 5080,
    "REST": 5978,
}
NAMED = ["gene", *HEAD]


def ensembl(gene: str) -> str:
    return f"ENSG{IDS[gene]:011d}"


def of(genes: Sequence[str]) -> Read:
    return Read({"a": {g: EFFECT[g] for g in genes}}, vector={"a": {g: VECTOR[g] for g in genes}})


def named(write: Callable[[str], str], genes: Sequence[str] = GENES, kind: str = "symbol") -> Build:
    """Rows of these genes, each name as ``write`` has it."""
    rows = [row for row in deseq() if row[0] in genes]
    return table(lines(NAMED, [[write(row[0]), *row[1:]] for row in rows], "\t"), gene_id=kind)


def beside(*names: str) -> Build:
    """Rows of all genes, and of these names."""
    return table(lines(NAMED, [*deseq(), *[[name, "50", "0.5", "0.25", "0.0455003"] for name in names]], "\t"))


def read_beside(found: Mapping[str, str], *words: str) -> Read:
    """``found``: name in the table -> gene."""
    return Read({"a": EFFECT | dict.fromkeys(found.values(), 0.5)}, words=words)


def left(n: int) -> Read:
    return Read({"a": EFFECT}, quarantined=n, vector={"a": VECTOR})


def alone(*names: str) -> Build:
    """A table of these names, over and over."""
    return table(
        lines(
            NAMED,
            [[name.format(n), "50", f"{n / 10 - 1.5:.1f}", "0.25", "0.5"] for n in range(30) for name in names],
            "\t",
        )
    )


WORDS = lines(["gene", "what", *HEAD], [[row[0], "a protein", *row[1:]] for row in deseq()])
CASES = [
    *(
        Case(f"names of two genomes {at}", RULE, named(lambda g, form=form: form.format(g)), of(GENES))
        for at, form in enumerate(
            (
                "GRCh38_{}",
                "GRCh38-{}",
                "GRCh38---{}",
                "hg19_{}",
                "hg38_{}",
                "human_{}",
                "gene:{}",
                "symbol:{}",
                "'{}",
                "“{}”",
                " {} ",
                "{}\xa0",
            )
        )
    ),
    *(
        Case(
            f"ids of ensembl {at}",
            RULE,
            named(lambda g, form=form: form.format(ensembl(g), g), list(IDS), "ensembl"),
            of(list(IDS)),
        )
        for at, form in enumerate(
            (
                "{}",
                "{}.12",
                "{}_12",
                "gene:{}",
                "GRCh38_____{}",
                "{}|{}",
                "{1}_{0}",
                "{1}|{0}.4",
                "{}|{}|protein_coding",
                "ENSEMBL:{}",
                "{0}.5_PAR_Y",
                "{0}-PAR-Y",
            )
        )
    ),
    Case("ids in small letters", RULE, named(lambda g: ensembl(g).lower(), list(IDS), "ensembl"), of(list(IDS))),
    Case("ids of ncbi", RULE, named(lambda g: str(NCBI[g]), list(NCBI), "entrez"), of(list(NCBI))),
    Case("ids of ncbi from a spreadsheet", RULE, named(lambda g: f"{NCBI[g]}.0", list(NCBI), "entrez"), of(list(NCBI))),
    Case("ids of ncbi with a word", RULE, named(lambda g: f"GeneID:{NCBI[g]}", list(NCBI), "entrez"), of(list(NCBI))),
    Case(
        "ids of ncbi called symbols",
        RULE,
        named(lambda g: str(NCBI[g]), list(NCBI)),
        Refused("UNKNOWN_GENES", ("declare `gene_id: entrez`",)),
    ),
    Case(
        "numbers of rows called ids of ncbi",
        RULE,
        table(
            lines(["n", *NAMED], [[str(n + 1), *row] for n, row in enumerate(deseq())]),
            COLUMNS | {"gene": "n"},
            gene_id="entrez",
        ),
        Refused("UNKNOWN_GENES", ("the column 'gene' has genes",)),
    ),
    Case(
        "dots of r",
        RULE,
        beside("HLA.A", "NKX2.1", "MT.CO1", "HLA.DRB1"),
        read_beside(
            {"HLA.A": "HLA-A", "NKX2.1": "NKX2-1", "MT.CO1": "MT-CO1", "HLA.DRB1": "HLA-DRB1"},
            "4 of 50 names are read with the marks",
        ),
    ),
    Case(
        "capitals",
        RULE,
        beside("C9ORF72", "C1ORF56"),
        read_beside({"C9ORF72": "C9orf72", "C1ORF56": "C1orf56"}, "2 of 48 names"),
    ),
    Case(
        "names that were changed for spreadsheets",
        RULE,
        beside("SEPT2", "MARCH1", "MARC1"),
        read_beside({"SEPT2": "SEPTIN2", "MARCH1": "MARCHF1", "MARC1": "MTARC1"}, "that spreadsheets leave alone"),
    ),
    Case(
        "dates of spreadsheets",
        RULE,
        beside("1-Mar", "2-Sep", "Sep-02", "2023-03-01", "1. Mrz", "01-mars", "1-Dez", "01.03.2023", "3/1/2023"),
        left(9),
    ),
    Case(
        "rows of htseq and star", RULE, beside("__no_feature", "__ambiguous", "N_unmapped", "N_multimapping"), left(4)
    ),
    Case("controls and reporters", RULE, beside("ERCC-00002", "EGFP", "tdTomato", "SIRV1"), left(4)),
    Case(
        "proteins and transcripts among genes",
        RULE,
        beside("NP_000475.1", "P05067-2", "ENST00000346798.8", "NM_000484.4"),
        left(4),
    ),
    Case(
        "a row twice",
        RULE,
        beside("BIN1"),
        Read({"a": {g: e for g, e in EFFECT.items() if g != "BIN1"}}, quarantined=2),
    ),
    Case("a numbered copy", RULE, beside("BIN1.1", "CLU-1"), left(2)),
    Case("several genes in a cell", RULE, beside("BIN1///CLU", "APP;MAPT", "APP,MAPT"), left(3)),
    Case("genes of another species among them", RULE, beside("ENSMUSG00000022892", "mm10_App", "mm10---Mapt"), left(3)),
    Case("regulons among genes", RULE, beside("ARID5B_direct_+/+_(12g)", "REST_(-)", "SOX2(+)"), left(3)),
    Case("exons among genes", RULE, beside("ENSG00000142192:E001", "ENSG00000142192:E002"), left(2)),
    Case(
        "regulons alone",
        RULE,
        alone("F{}_direct_+/+_(12g)", "F{}_extended_+/+_(3g)"),
        Refused("UNKNOWN_GENES", ("a regulon", "networks")),
    ),
    Case("transcripts alone", RULE, alone("ENST000003467{:02d}.8"), Refused("UNKNOWN_GENES", ("tximport",))),
    Case("exons alone", RULE, alone("ENSG00000142192:E{:03d}"), Refused("UNKNOWN_GENES", ("exon of DEXSeq",))),
    Case(
        "probes alone",
        RULE,
        alone("2006{:02d}_at", "2007{:02d}_s_at"),
        Refused("UNKNOWN_GENES", ("a probe of an array", "gene symbols")),
    ),
    Case("proteins alone", RULE, alone("ENSP000003467{:02d}"), Refused("UNKNOWN_GENES", ("a protein",))),
    Case(
        "accessions of uniprot alone", RULE, alone("P050{:02d}", "Q9Y{:02d}9"), Refused("UNKNOWN_GENES", ("a protein",))
    ),
    Case("peaks alone", RULE, alone("chr1:1000{:02d}-200000"), Refused("UNKNOWN_GENES", ("a place in the genome",))),
    Case(
        "ids of hgnc alone",
        RULE,
        alone("HGNC:6{:02d}"),
        Refused("UNKNOWN_GENES", ("a database that is not read here",)),
    ),
    Case(
        "words alone", RULE, alone("thing{}"), Refused("UNKNOWN_GENES", ("no other column has genes", "columns.gene"))
    ),
    Case(
        "another column has the genes",
        RULE,
        table(WORDS, COLUMNS | {"gene": "what"}),
        Refused("UNKNOWN_GENES", ("the column 'gene' has genes: declare it in columns.gene",)),
    ),
    Case(
        "mouse ids as human",
        RULE,
        alone("ENSMUSG000000228{:02d}"),
        Refused("MIXED_SPECIES", ("correct dataset.taxon",)),
    ),
    Case(
        "mouse symbols as human",
        RULE,
        named(str.capitalize),
        Refused("UNKNOWN_GENES", ("written as mouse symbols", "dataset.taxon")),
    ),
    Case("symbols in small letters", RULE, named(str.lower), Refused("UNKNOWN_GENES", ("small letters",))),
    Case(
        "names of two species' genomes, all of the other",
        RULE,
        named(lambda g: f"mm10_{g.capitalize()}"),
        Refused("MIXED_SPECIES", ("dataset.taxon",)),
    ),
    Case(
        "counts with prefixed names",
        RULE,
        counts(lines(["gene", *SAMPLES], [[f"GRCh38_{r[0]}", *r[1:]] for r in count_rows()])),
        Read({"a": count_effects()}, words=("46 of 46 names are read without what stands before",)),
    ),
    Case(
        "a split that takes the other part",
        RULE,
        table(
            lines(NAMED, [[f"x{n}|{row[0]}", *row[1:]] for n, row in enumerate(deseq())]),
            gene_split={"sep": "|", "take": 1},
        ),
        of(GENES),
    ),
    Case(
        "a split that takes the wrong part",
        RULE,
        table(
            lines(NAMED, [[f"x{n}|{row[0]}", *row[1:]] for n, row in enumerate(deseq())]),
            gene_split={"sep": "|", "take": 0},
        ),
        Refused("UNKNOWN_GENES", ("columns.gene",)),
    ),
    Case(
        "a standard error of 0",
        RULE,
        table(lines(NAMED, [*deseq()[:-2], *[[*r[:3], "0", r[4]] for r in deseq()[-2:]]])),
        Read({"a": {g: EFFECT[g] for g in GENES[:-2]}}, quarantined=2),
    ),
    Case(
        "standard errors below 0",
        RULE,
        table(lines(NAMED, [[*r[:3], f"-{r[3]}", r[4]] for r in deseq()])),
        Refused("se-range", ("lfcSE", "above 0")),
    ),
    Case(
        "p above 1",
        RULE,
        table(lines(NAMED, [[*r[:4], f"{n + 2}"] for n, r in enumerate(deseq())])),
        Refused("NOT_P", ("pvalue", "between 0 and 1")),
    ),
]
