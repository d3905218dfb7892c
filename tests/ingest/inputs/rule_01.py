"""Rule 1: one reader for all text tables: what lies where is proved of every row, or is one error of the file."""

import gzip
from itertools import product

from tests.ingest.inputs.case import GENES, Case, Read, Refused
from tests.ingest.inputs.tables import (
    COLUMNS,
    EFFECT,
    ENDS,
    HEAD,
    R_COLUMNS,
    SAMPLES,
    SHEET,
    VECTOR,
    Build,
    Rows,
    count_effects,
    count_rows,
    counts,
    deseq,
    lines,
    table,
)

RULE = 1
NAMED = ["gene", *HEAD]
ROWS = deseq()
OK = Read({"a": EFFECT}, vector={"a": VECTOR})
COUNTED = Read({"a": count_effects()})
PLAIN = lines(NAMED, ROWS)


def commas(rows: Rows) -> Rows:
    return [[row[0], *(cell.replace(".", ",") for cell in row[1:])] for row in rows]


def described(text: str, at: int = 3, sep: str = "\t", quote: bool = False) -> str:
    """A table with a last column of words, one of which is ``text``."""
    own = [f'"{text}"' if quote else text if n == at else "a protein" for n in range(len(ROWS))]
    return lines([*NAMED, "description"], [[*row, words] for row, words in zip(ROWS, own, strict=True)], sep)


def without(genes: int) -> Read:
    """All but the last genes, each of them in quarantine."""
    kept = GENES[: len(GENES) - genes]
    return Read({"a": {g: EFFECT[g] for g in kept}}, quarantined=genes, vector={"a": {g: VECTOR[g] for g in kept}})


def changed(column: int, *cells: str) -> str:
    """Cells of the last rows put in place of numbers."""
    rows = [row[:] for row in ROWS]
    for row, cell in zip(rows[-len(cells) :], cells, strict=True):
        row[column] = cell
    return lines(NAMED, rows, "\t")


def effect_as(form: str) -> Build:
    """Effects written by a format, with the column of those alone beside the gene."""
    return table(
        lines(["gene", "log2FoldChange"], [[g, form.format(e)] for g, e in EFFECT.items()], "\t"),
        {"gene": "gene", "effect": "log2FoldChange"},
    )


def broken(at: int, line: str) -> str:
    """The table with another line in place of one."""
    made = PLAIN.splitlines()
    made[at] = line
    return "\n".join(made) + "\n"


def padded(rows: Rows) -> str:
    """As print() of R and of pandas write it: columns stand under each other."""
    return "".join("".join(cell.rjust(18) for cell in row).lstrip() + "\n" for row in [["", *HEAD], *rows])


FEATURES = [[row[0], "chr1;chr1", "100;300", "200;400", "+;+", "202", *row[1:]] for row in count_rows()]
BAMS = [f"/data/map/{s}.sorted.bam" for s in SAMPLES]
FEATURE_HEAD = ["Geneid", "Chr", "Start", "End", "Strand", "Length", *BAMS]
BAM_SHEET = SHEET.replace("\ns", "\n/data/map/s").replace(",AD", ".sorted.bam,AD").replace(",no", ".sorted.bam,no")
IGNORED = ["Chr", "Start", "End", "Strand", "Length"]
COUNTS = lines(["gene", *SAMPLES], count_rows())
SUMMARIES = [["__no_feature", *["90000"] * 6], ["__ambiguous", *["777"] * 6], ["N_unmapped", *["12345"] * 6]]
GEO = '!Series_title\t"a study"\n!Series_platform_id\t"GPL1"\n!series_matrix_table_begin\n'


def grouped(rows: Rows) -> Rows:
    return [[row[0], *(f"{int(cell):,}" for cell in row[1:])] for row in rows]


CASES = [
    Case("write.csv", RULE, table(lines(["", *HEAD], ROWS, quote="text"), R_COLUMNS), OK),
    Case("write.table", RULE, table(lines(HEAD, ROWS, " ", "text"), R_COLUMNS), OK),
    Case("write.table tab without quotes", RULE, table(lines(HEAD, ROWS, "\t"), R_COLUMNS), OK),
    Case(
        "short header, first name taken for the gene",
        RULE,
        table(lines(HEAD, ROWS, "\t"), COLUMNS | {"gene": "baseMean"}),
        Refused("UNKNOWN_GENES", ("the column '' has genes: declare it in columns.gene",)),
    ),
    Case("write.csv2", RULE, table(lines(["", *HEAD], commas(ROWS), ";", "text"), R_COLUMNS), OK),
    Case("excel of a french machine", RULE, table("\ufeff" + lines(NAMED, commas(ROWS), ";", end="\r\n")), OK),
    Case("excel's own first line", RULE, table("sep=;\n" + lines(NAMED, ROWS, ";")), OK),
    Case("unicode text of excel", RULE, table(lines(NAMED, ROWS, "\t", end="\r\n"), encoding="utf-16"), OK),
    Case("two marks of byte order", RULE, table("\ufeff\ufeff" + PLAIN), OK),
    Case("comment lines", RULE, table("# DESeq2 1.42\n# design: ~ batch + arm\n" + PLAIN), OK),
    Case("comment below the header", RULE, table(broken(1, "# filtered\n" + PLAIN.splitlines()[1])), OK),
    Case(
        "header that begins with a hash", RULE, table("#" + lines(NAMED, ROWS, "\t"), COLUMNS | {"gene": "#gene"}), OK
    ),
    Case(
        "series matrix of geo", RULE, table(GEO + lines(NAMED, ROWS, "\t", "text") + "!series_matrix_table_end\n"), OK
    ),
    Case("gzip", RULE, table(PLAIN, file="t.csv.gz"), OK),
    Case("newline in quotes", RULE, table(described("one\ntwo", sep=",", quote=True)), OK),
    Case("separators in quotes", RULE, table(described("kinase, cytosolic, 1,5", sep=",", quote=True)), OK),
    Case("apostrophe", RULE, table(described("5'-nucleotidase, 3' end")), OK),
    Case("inch mark that is not closed", RULE, table(described('a 10" long word')), OK),
    Case("quote that opens a cell and is not closed", RULE, table(described('"CD33 molecule')), OK),
    Case("backslash before a quote", RULE, table(described(r"the \"late\" gene", sep=",", quote=True)), OK),
    Case("doubled quotes", RULE, table(described('the ""late"" gene', sep=",", quote=True)), OK),
    Case("rows that end in a separator", RULE, table(PLAIN.replace("\n", ",\n").replace("pvalue,", "pvalue")), OK),
    Case("empty columns of excel", RULE, table(PLAIN.replace("\n", ",,,\n")), OK),
    Case("empty rows of excel", RULE, table(PLAIN + ",,,,\n,,,,\n"), OK),
    Case("blank lines between rows", RULE, table(PLAIN.replace("\n", "\n\n")), OK),
    Case("no newline at the end", RULE, table(PLAIN.rstrip()), OK),
    Case("index of pandas", RULE, table(lines(["", *NAMED], [[str(n), *row] for n, row in enumerate(ROWS)])), OK),
    Case(
        "a title with a comma above the header",
        RULE,
        table("Table S3. Genes changed in AD, all samples\n" + PLAIN),
        Refused("BAD_ROWS"),
    ),
    Case("a title in the first cell of a sheet", RULE, table("Table S3. Genes changed in AD,,,,\n,,,,\n" + PLAIN), OK),
    Case("two titles", RULE, table("Table S3\nGenes changed in AD\n" + lines(NAMED, ROWS, "\t")), OK),
    Case("a footnote in a row", RULE, table(PLAIN + "* p by a Wald test,,,,\n"), Read(OK.truth, quarantined=1)),
    Case(
        "a footnote below the rows",
        RULE,
        table(PLAIN + "* p by a Wald test\n"),
        Refused("BAD_ROWS", ("line 48", "1 cells")),
    ),
    Case(
        "a row of units",
        RULE,
        table(broken(0, PLAIN.splitlines()[0] + "\n,counts,log2,log2,")),
        Read(OK.truth, quarantined=1),
    ),
    Case(
        "no header",
        RULE,
        table(lines(ROWS[0], ROWS[1:]), {"gene": "APP", "effect": ROWS[0][2]}),
        Refused("BAD_ROWS", ("in its place", "names of the columns")),
    ),
    Case(
        "a ranked list without header",
        RULE,
        table(lines(ROWS[0][:3:2], [r[:3:2] for r in ROWS[1:]], "\t"), {"gene": "APP", "effect": ROWS[0][2]}),
        Refused("BAD_ROWS", ("names of the columns",)),
    ),
    Case("gct", RULE, table(f"#1.2\n{len(GENES)}\t4\n" + lines(NAMED, ROWS, "\t")), OK),
    Case("text kept by a formula", RULE, table(lines(NAMED, [[f'="{r[0]}"', *r[1:]] for r in ROWS], "\t")), OK),
    Case("text kept by a formula in quotes", RULE, table(lines(NAMED, [[f'"=""{r[0]}"""', *r[1:]] for r in ROWS])), OK),
    Case("excel's own first line, of a tab", RULE, table("sep=\\t\n" + lines(NAMED, ROWS, "\t")), OK),
    Case("the sign that ended files", RULE, table(PLAIN + "\x1a"), OK),
    Case("json", RULE, table('[{"gene": "APP", "log2FoldChange": 1.5}]'), Refused("NOT_TEXT", ("JSON",))),
    Case("xml", RULE, table('<?xml version="1.0"?>\n<Workbook></Workbook>'), Refused("NOT_TEXT", ("XML",))),
    Case(
        "a pointer of git lfs",
        RULE,
        table("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
        Refused("NOT_TEXT", ("git lfs pull",)),
    ),
    Case(
        "columns padded with spaces",
        RULE,
        table(padded(ROWS), R_COLUMNS),
        Refused("BAD_ROWS", ("padded with spaces", "a tab or a comma")),
    ),
    Case(
        "hidden space behind a name",
        RULE,
        table(PLAIN.replace("log2FoldChange", "log2FoldChange\xa0").replace("\nAPP,", "\nAPP ,")),
        OK,
    ),
    Case("space of no width", RULE, table(PLAIN.replace("gene,", "\u200bgene,").replace("\nAPP,", "\nAPP\u200b,")), OK),
    Case("signs of minus", RULE, table(PLAIN.replace(",-", ",\u2212")), OK),
    Case("exponents", RULE, effect_as("{:.9E}"), Read({"a": EFFECT})),
    Case(
        "exponent with a comma",
        RULE,
        table(lines(NAMED, commas([[*r[:2], f"{float(r[2]):.8e}", *r[3:]] for r in ROWS]), ";")),
        OK,
    ),
    Case("plus signs", RULE, effect_as("{:+.6f}"), Read({"a": EFFECT})),
    Case("large means with exponent", RULE, table(changed(1, "1e+05", "2E5", "3.5e+06")), OK),
    Case(
        "means grouped by thousands",
        RULE,
        table(
            lines(NAMED, [[r[0], f'"{float(r[1]) * 1000:,.2f}"', *r[2:]] for r in ROWS]), COLUMNS | {"mean": "baseMean"}
        ),
        OK,
    ),
    Case("means that are words", RULE, table(changed(1, "low", "n.d.", "#DIV/0!"), COLUMNS | {"mean": "baseMean"}), OK),
    Case("errors of excel as effects", RULE, table(changed(2, "#DIV/0!", "#NAME?", "#VALUE!", "####")), without(4)),
    Case("accountant's brackets", RULE, table(changed(2, "(0.52)", "(1.20)")), without(2)),
    Case("infinite effects", RULE, table(changed(2, "Inf", "-Inf", "inf")), without(3)),
    Case("no values", RULE, table(changed(2, "NA", "", "NaN", "#N/A")), without(4)),
    Case("p below what R prints", RULE, table(changed(4, "<2e-16", "< 2.2e-16")), without(2)),
    Case(
        "percent signs",
        RULE,
        table(lines(NAMED, [[*row[:4], "5%"] for row in ROWS])),
        Refused("not-a-number", ("'5%'", "pvalue")),
    ),
    Case("a short row", RULE, table(broken(9, "REST,12,0.5")), Refused("BAD_ROWS", ("line 10", "3 cells"))),
    Case(
        "a long row",
        RULE,
        table(broken(9, PLAIN.splitlines()[9] + ",0.5")),
        Refused("BAD_ROWS", ("line 10", "6 cells")),
    ),
    Case(
        "two rows on one line",
        RULE,
        table(broken(9, PLAIN.splitlines()[9] + PLAIN.splitlines()[10])),
        Refused("BAD_ROWS", ("line 10",)),
    ),
    Case("decimal commas between commas", RULE, table(lines(NAMED, commas(ROWS))), Refused("BAD_ROWS")),
    Case(
        "header of spaces over tabs", RULE, table(lines(NAMED, ROWS, "\t").replace("\t", " ", 4)), Refused("BAD_ROWS")
    ),
    Case(
        "one name for two columns",
        RULE,
        table(PLAIN.replace("lfcSE", "log2FoldChange"), {k: v for k, v in COLUMNS.items() if k != "se"}),
        Refused("DUPLICATE", ("log2FoldChange (column 4)",)),
    ),
    Case(
        "header again in the middle",
        RULE,
        table("".join([PLAIN, *PLAIN.splitlines(True)[:1]])),
        Read({"a": EFFECT}, quarantined=1),
    ),
    Case(
        "half by points and half by commas",
        RULE,
        table(lines(NAMED, [*ROWS[:20], *commas(ROWS[20:])], ";")),
        Refused("DECIMAL_MARK", ("decimal",)),
    ),
    Case(
        "thousands or decimals",
        RULE,
        table(lines(["gene", "effect"], [[g, "1,234"] for g in GENES], "\t"), {"gene": "gene", "effect": "effect"}),
        Refused("DECIMAL_MARK", ("1.234 or 1234", 'thousands: ","')),
    ),
    Case("another separator than declared", RULE, table(PLAIN, sep="\t"), Refused("WRONG_SEPARATOR", ("comma",))),
    Case("a workbook", RULE, table(b"PK\x03\x04" + b"\0" * 60), Refused("NOT_TEXT", ("Excel",))),
    Case(
        "a page of a web site",
        RULE,
        table("<!DOCTYPE html><html><body>404</body></html>"),
        Refused("NOT_TEXT", ("web site",)),
    ),
    Case(
        "gzip that is cut short",
        RULE,
        table(gzip.compress(PLAIN.encode())[:-60], file="t.csv.gz"),
        Refused("CUT_SHORT", ("copy it again",)),
    ),
    Case("latin-1", RULE, table(described("\xb5-opioid"), encoding="latin-1"), Refused("ENCODING", ("latin-1",))),
    Case("zeros between letters", RULE, table(PLAIN.replace("APP", "AP\0P")), Refused("ENCODING")),
    Case("a header alone", RULE, table(lines(NAMED, [])), Refused("EMPTY_TABLE", ("0 rows",))),
    Case("an empty file", RULE, table(""), Refused("EMPTY_TABLE", ("empty file",))),
    Case("counts", RULE, counts(COUNTS), COUNTED),
    Case("counts with a short header", RULE, counts(lines(SAMPLES, count_rows(), "\t")), COUNTED),
    Case(
        "counts with a short header, the first sample not in the sheet",
        RULE,
        counts(lines(SAMPLES, count_rows(), "\t"), SHEET.replace("s0,AD\n", "")),
        Refused("SAMPLE_MISMATCH", ("s0",)),
    ),
    Case(
        "featurecounts",
        RULE,
        counts(
            '# Program:featureCounts v2.0.1; Command:"featureCounts" "-a" "x.gtf"\n'
            + lines(FEATURE_HEAD, FEATURES, "\t"),
            BAM_SHEET,
            ignore_columns=IGNORED,
        ),
        COUNTED,
    ),
    Case(
        "featurecounts with its columns left in",
        RULE,
        counts("# Program:featureCounts v2.0.1\n" + lines(FEATURE_HEAD, FEATURES, "\t"), BAM_SHEET),
        Refused("SAMPLE_MISMATCH", ("Length", "ignore_columns")),
    ),
    Case(
        "rows of htseq and star that are no genes",
        RULE,
        counts(lines(["gene", *SAMPLES], [*count_rows(), *SUMMARIES])),
        Read(COUNTED.truth, quarantined=3),
    ),
    Case(
        "counts with exponent",
        RULE,
        counts(lines(["gene", *SAMPLES], [[r[0], *(f"{int(c):.6e}" for c in r[1:])] for r in count_rows()])),
        COUNTED,
    ),
    Case(
        "counts grouped by thousands",
        RULE,
        counts(lines(["gene", *SAMPLES], grouped(count_rows()), "\t"), thousands=","),
        COUNTED,
    ),
    Case(
        "counts of csv2",
        RULE,
        counts(lines(["", *SAMPLES], [[r[0], *(f"{c},0" for c in r[1:])] for r in count_rows()], ";", "text")),
        COUNTED,
    ),
    Case(
        "counts of salmon",
        RULE,
        counts(lines(["gene", *SAMPLES], [[r[0], *(f"{c}.257" for c in r[1:])] for r in count_rows()])),
        Refused("FRACTIONAL_COUNTS", ("corrected",)),
    ),
    Case(
        "an index in place of genes",
        RULE,
        counts(
            lines(["", "gene", *SAMPLES], [[str(n), *row] for n, row in enumerate(count_rows())]),
            ignore_columns=["gene"],
        ),
        Refused("UNKNOWN_GENES", ("the column 'gene' has genes: declare it in counts.gene_column",)),
    ),
    Case(
        "counts in place of genes",
        RULE,
        table(
            lines(NAMED, [[*row[:1], str(int(float(row[1]))), *row[2:]] for row in ROWS]),
            COLUMNS | {"gene": "baseMean"},
        ),
        Refused("UNKNOWN_GENES", ("the column 'gene' has genes",)),
    ),
    Case("a sheet with semicolons", RULE, counts(COUNTS, SHEET.replace(",", ";")), COUNTED),
    Case(
        "a sheet in quotes",
        RULE,
        counts(COUNTS, lines(["sample", "arm"], [line.split(",") for line in SHEET.splitlines()[1:]], quote="all")),
        COUNTED,
    ),
    Case(
        "a sheet with a short header",
        RULE,
        counts(COUNTS, "arm\n" + "".join(SHEET.splitlines(True)[1:]), sample_column=""),
        COUNTED,
    ),
    Case(
        "a sheet with another order",
        RULE,
        counts(COUNTS, "".join([SHEET.splitlines(True)[0], *SHEET.splitlines(True)[:0:-1]])),
        COUNTED,
    ),
    Case(
        "a sheet with a short row",
        RULE,
        counts(COUNTS, SHEET.replace("s3,no", "s3")),
        Refused("BAD_ROWS", ("s.csv", "line 5")),
    ),
]


def variant(sep: str, quote: str, end: str, mark: str, head: str) -> Case:
    names = {"short": HEAD, "unnamed": ["", *HEAD], "named": NAMED}[head]
    text = mark + lines(names, ROWS, sep, quote, ENDS[end])
    name = (
        f"variant {dict(zip(chr(9) + ',;| ', ('tab', 'comma', 'semicolon', 'bar', 'space'), strict=True))[sep]} {quote}"
        f" {end} {'bom' if mark else 'no bom'} {head}"
    )
    return Case(name, RULE, table(text, COLUMNS if head == "named" else R_COLUMNS, sep=sep if sep == "|" else None), OK)


_ALL = [
    variant(*each)
    for each in product("\t,;| ", ("none", "text", "all"), ENDS, ("", "\ufeff"), ("short", "unnamed", "named"))
]
CASES += _ALL[::9]
