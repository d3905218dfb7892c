"""How tools rewrite the names of genes, and what a rewritten name may have been.

| rule | what did it | is read |
|---|---|---|
| prefix-cut | references of two genomes, Seurat, GFF files | GRCh38_APP, hg19_APP, gene:ENSG…, gene-APP, GeneID:351 |
| par-copy | Ensembl and GENCODE, of the copy on Y | ENSG….5_PAR_Y, ENSG…-PAR-Y, ENSGR0000182378 |
| version-cut | the version behind another mark, or an id in small letters | ENSG00000142192_14, ensg00000142192 |
| name-of-r | R's make.names, Seurat: marks become dots, a digit gets an X in front | HLA.A, H2.K1, X1810009A15Rik |
| decimal-cut | spreadsheets and pandas, of NCBI gene ids | 351.0 |
| joined-names | tables that write two names in one cell | ENSG00000142192|APP, APP_ENSG00000142192 |
| small-letters | tools that write all in capitals | C9ORF72, 1810009A15RIK |
| renamed | HGNC and MGI in 2020, since spreadsheets made dates of them | SEPT2, MARCH1, Marc1 |
| quotes-cut | spreadsheets | 'APP, "APP" |

A reading is a guess: it holds where one gene alone fits (see ``kg.names.genes.name_genes``).
"""

import re
from collections.abc import Iterator
from itertools import product

from kg.names.species import SPECIES

STABLE = {taxon: species.ensembl for taxon, species in SPECIES.items()}
ENSEMBL = re.compile(r"(ENS[A-Z]*G\d{11})(\.\d+)?(_PAR_Y)?")
WORDS = {
    "prefix-cut": "without what stands before the name",
    "par-copy": "as the gene of which they are the copy on Y",
    "version-cut": "as Ensembl ids without version",
    "name-of-r": "with the marks that R, Seurat or a shell had replaced",
    "decimal-cut": "as NCBI gene ids without decimals",
    "joined-names": "by the Ensembl id that stands beside another name",
    "small-letters": "in their usual letters",
    "quotes-cut": "without quotes",
    "renamed": "by the names that spreadsheets leave alone",
}
_GENOMES = {
    taxon: "|".join((*species.genomes, species.name, species.label.lower().replace(" ", "[ _.-]")))
    for taxon, species in SPECIES.items()
} | {
    "another": r"GRC[a-z]\d+|danRer\d+|dm\d|ce\d\d|sacCer\d|galGal\d|susScr\d+|rheMac\d+|macaque",
}
_PREFIX = {
    taxon: re.compile(
        rf"(?:refdata[-_.]gex[-_.])?(?:{names})(?:\.p\d+|[-_.]20\d\d[-_.][A-Z]|[-_.]\d\.\d\.\d)?(?:[-_.]?pre[-_.]?m?rna)?[-_.:|]+(?=\w)",
        re.IGNORECASE,
    )
    for taxon, names in _GENOMES.items()
}
_KIND = re.compile(
    r"(?:gene|gene[-_]?id|gene[-_]?name|ensembl|symbol|ncbi(?:[-_]?gene)?|entrez(?:[-_]?gene)?)[:|=-](?=\w)",
    re.IGNORECASE,
)
_PAR = re.compile(r"(ENS[A-Z]*G\d{11})(?:[._-]\d+)?[._-]PAR[._-]Y")
_PAR_OLD = re.compile(r"ENSGR(\d{10})(?:[._-]\d+)?")
_LOOSE = re.compile(r"(ENS[A-Z]*G\d{11})(?:[._-]\d{1,3})?", re.IGNORECASE)
_ORF = re.compile(r"(C(?:\d\d?|[XY]))ORF(\d+)")
_CELLS = re.compile(r"[|;,/ ]+|_|(?<=\D)-|:")
_COPY = re.compile(r"(.+)[.-]\d{1,2}")
_MOST_MARKS = 4
_RENAMED = {"SEPT": "SEPTIN", "MARCH": "MARCHF", "MARC": "MTARC"}
_ACCESSION = r"(?:[OPQ]\d[A-Z0-9]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z0-9]{2}\d){1,2})(?:-\d+)?"
_OTHERS = (
    (
        "exon-id",
        re.compile(
            r"ENS[A-Z]*G\d{11}(?:\.\d+)?(?:\+ENS[A-Z]*G\d{11}(?:\.\d+)?)*[:_.-](?:E\d{3,}|(?:exon|intron)\S*)",
            re.IGNORECASE,
        ),
    ),
    ("region", re.compile(r"(?:chr)?[\dXYM]{1,2}[:_-]\d+[-_.]+\d+(?:[:_][+-])?", re.IGNORECASE)),
    ("spike-in", re.compile(r"(?:ERCC|SIRV)[-_.]?\d+", re.IGNORECASE)),
    (
        "transgene",
        re.compile(
            r"e?[GYCRB]FP|[EZ]sGreen1?|m(?:Cherry|Scarlet|Venus|Orange)|td[-_]?tomato|cre(?:ERT2?)?|rt?TA|WPRE|luc(?:iferase)?|(?:neo|hygro|puro)R",
            re.IGNORECASE,
        ),
    ),
    ("transcript-id", re.compile(r"(?:transcript[:-])?(?:ENS[A-Z]*T\d{11}|[NX][MR]_\d+)(?:[._-]\d+)?")),
    (
        "protein-id",
        re.compile(
            r"(?:ENS[A-Z]*P\d{11}|[NXY]P_\d+)(?:\.\d+)?|(?:(?:sp|tr)\|)?{0}(?:\|\w+)?|\w+_(?:HUMAN|MOUSE|RAT)".replace(
                "{0}", _ACCESSION
            )
        ),
    ),
    ("probe-id", re.compile(r"(?:AFFX-\S+|TC\w+\.(?:hg|mm)\.\d+|\d{4,}(?:_[a-z])?_at|ILMN_\d+|A_\d\d_P\d+)")),
    ("database-id", re.compile(r"(?:HGNC|MGI|RGD|OMIM|MIM|UniProtKB):\S+")),
    ("regulon-name", re.compile(r"[\w.-]+?(?:_(?:direct|extended))?(?:[_ ]?\([+-]\)|_[+-][/_][+-])(?:_?\(\d+[gr]\))?")),
    ("ncbi-unknown", re.compile(r"\d+(?:\.0+)?")),
)


def genome(token: str) -> tuple[str, str]:
    """The species of the genome that a name is prefixed with, and the rest; both "" where there is none."""
    for taxon, pattern in _PREFIX.items():
        if found := pattern.match(token):
            return taxon, token[found.end() :]
    return "", ""


def bare(token: str) -> str:
    """A name without the genome or the word for its kind before it."""
    token = genome(token)[1] or token
    found = _KIND.match(token)
    return token[found.end() :] if found else token


def is_stable(token: str) -> bool:
    """Is it an Ensembl gene id, of any species, however it is written?"""
    text = bare(token.strip())
    return any(pattern.fullmatch(text) for pattern in (ENSEMBL, _PAR, _PAR_OLD, _LOOSE))


def other_kind(token: str) -> str:
    """The rule for a name that is not of a gene but of a transcript, a protein or a probe; empty if it may be of a
    gene."""
    return next((rule for rule, pattern in _OTHERS if pattern.fullmatch(bare(token))), "")


def readings(token: str) -> Iterator[tuple[str, str]]:
    """(rule, name) for everything that a name may have been before a tool rewrote it, itself left out."""
    text = token.strip("\"'`\u2018\u2019\u201c\u201d ")
    if text != token:
        yield "quotes-cut", text
    core = bare(text)
    if other_kind(core) in ("exon-id", "protein-id", "region"):
        return
    if core != text:
        yield "prefix-cut", core
    if found := _PAR.fullmatch(core):
        yield "par-copy", found[1]
    elif found := _PAR_OLD.fullmatch(core):
        yield "par-copy", f"ENSG0{found[1]}"
    elif found := _LOOSE.fullmatch(core):
        yield "version-cut", found[1].upper()
    elif len(ids := [part for part in _CELLS.split(core) if ENSEMBL.fullmatch(part)]) == 1 and ids[0] != core:
        yield "joined-names", ids[0]
    elif re.fullmatch(r"\d+\.0+", core):
        yield "decimal-cut", core.partition(".")[0]
    else:
        if (orf := _ORF.sub(r"\1orf\2", core)) != core:
            yield "small-letters", orf
        if core.endswith("RIK"):
            yield "small-letters", core[:-3] + "Rik"
        if found := re.fullmatch(r"(SEPT|MARCH?)(\d{1,2})", core, re.IGNORECASE):
            new = _RENAMED[found[1].upper()]
            yield "renamed", (new if found[1].isupper() else new.capitalize()) + found[2]
        for written in _marked(core):
            yield "name-of-r", written


def _marked(name: str) -> Iterator[str]:
    """With a hyphen in place of some dots or underscores, and without the X before a digit."""
    starts = [name, name[1:]] if re.match(r"X\d", name) else [name]
    for start in starts:
        parts = re.split(r"([._])", start)
        marks = range(1, len(parts), 2)
        if len(marks) > _MOST_MARKS:
            continue
        for chosen in product(*((parts[at], "-") for at in marks)):
            written = "".join(chosen[at // 2] if at % 2 else part for at, part in enumerate(parts))
            if written != name:
                yield written


def numbered(token: str) -> str:
    """The name before the number that make.unique or scanpy add to a second row of it; empty where there is none."""
    found = _COPY.fullmatch(bare(token))
    return found[1] if found and not found[1].isdigit() and not is_stable(token) else ""
