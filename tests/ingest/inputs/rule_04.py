"""Rule 4: YAML keeps what was typed: a scalar without quotes is text where text is due, and a number where one is
due."""

from collections.abc import Callable
from pathlib import Path

from tests.ingest.inputs.case import GENES, Case, Read, Refused
from tests.ingest.inputs.tables import ARMS, EFFECT, SAMPLES, Build, count_effects, count_rows, lines

RULE = 4
HEAD = """schema: 1
dataset: {{id: {name}, title: t, taxon: NCBITaxon:9606, licence: CC0, redistribute: true, citation: us}}
material: {{tissue: "UBERON:0000956"}}
"""
TABLE = """table:
  file: t.csv
  gene_id: symbol
  columns: {{gene: gene, effect: effect, p: p}}
  where:
    cluster: {typed}
"""
CONTRAST = "contrasts:\n  - {id: a, label: A, kind: disease, disease: MONDO:0004975}\n"
OK = Read({"a": EFFECT})


def rows(cluster: str, sign: int) -> list[list[str]]:
    return [[gene, f"{sign * EFFECT[gene]}", "0.01", cluster] for gene in GENES]


def written(text: str, clusters: tuple[str, str] = ("a", "b"), encoding: str = "utf-8") -> Build:
    """A manifest as text, of a table of two clusters, the second with effects turned."""

    def build(folder: Path) -> Path:
        made = [*rows(clusters[0], 1), *rows(clusters[1], -1)]
        (folder / "t.csv").write_text(lines(["gene", "effect", "p", "cluster"], made, quote="all"), encoding="utf-8")
        (folder / "m.yaml").write_bytes((HEAD.format(name=folder.name) + text).encode(encoding))
        return folder / "m.yaml"

    return build


def typed(text: str, other: str = "other", wanted: str | None = None) -> Build:
    """A cluster as it is typed, beside the one that YAML would make of it."""
    return written(TABLE.format(typed=text) + CONTRAST, (text if wanted is None else wanted, other))


def of_table(change: Callable[[str], str]) -> Build:
    return written(change(TABLE.format(typed="a") + CONTRAST))


def counted(
    case: str, control: str, more: str = "", names: list[str] | None = None, sheet: str = "sample,arm\n"
) -> Build:
    """Counts whose arms and samples are typed without quotes."""

    def build(folder: Path) -> Path:
        own = names or SAMPLES
        (folder / "c.csv").write_text(lines(["gene", *own], count_rows()))
        arms = [{"AD": case, "no": control}[arm].strip("'") for arm in ARMS]
        (folder / "s.csv").write_text(sheet + "".join(f"{s},{arm}\n" for s, arm in zip(own, arms, strict=True)))
        text = (
            HEAD.format(name=folder.name)
            + (
                "counts: {matrix: c.csv, samples: s.csv, gene_id: symbol, scale: counts, sample_column: sample,"
                " min_count: 1}\n" + more
            )
            + CONTRAST.replace("}", f", case: {{arm: {case}}}, control: {{arm: {control}}}}}")
        )
        (folder / "m.yaml").write_text(text)
        return folder / "m.yaml"

    return build


TYPED = {  # as typed: what YAML 1.1, or a spreadsheet, makes of it
    "2_0": "20",
    "0_1": "1",
    "1.10": "1.1",
    "010": "8",
    "0012": "10",
    "1:30": "90",
    "12:30:45": "45045",
    "0x1F": "31",
    "0o17": "15",
    "0b11": "3",
    "1e3": "1000.0",
    "1E+05": "100000.0",
    "+1": "1",
    "-0": "0",
    ".5": "0.5",
    "5.": "5.0",
    "00": "0",
    "1_000.5": "1000.5",
    ".inf": "inf",
    ".nan": "nan",
    "Yes": "True",
    "NO": "False",
    "no": "false",
    "TRUE": "true",
    "on": "True",
    "off": "False",
    "y": "yes",
    "N": "no",
    "2024-01-05": "2024-01-05 00:00:00",
    "2024-01-05 10:00:00": "2024-01-05T10:00:00",
    "=": "",
    "1/2": "0.5",
    "3-2": "1",
    "TREM2+": "TREM2",
    "TREM2-": "TREM2",
    "L2/3 IT": "L2/3",
    "α": "a",
    "小": "",
    "5'": "5",
    "a:b": "a",
    "T cell, CD8": "T cell",
    "50%": "50",
    "c#1": "c",
    "1,5": "15",
    "-5": "5",
}
CASES = [
    *(Case(f"typed {at} {text}", RULE, typed(text, other), OK) for at, (text, other) in enumerate(TYPED.items())),
    Case("in quotes", RULE, typed("'1.10'", "1.1", "1.10"), OK),
    Case("in double quotes with an escape", RULE, typed(r'"\u03b1"', "a", "α"), OK),
    Case("a list", RULE, typed("[2_0]", "20", "2_0"), OK),
    Case("blanks at the end", RULE, typed("2_0   ", "20", "2_0"), OK),
    Case("a comment behind it", RULE, typed("2_0  # of the second round", "20", "2_0"), OK),
    Case(
        "a number sign that would begin a comment",
        RULE,
        typed("Exc #1", "Exc"),
        Refused("MANIFEST", ("'Exc' and then '#1'", "in quotes")),
    ),
    Case("a number sign in quotes", RULE, typed('"Exc #1"', "Exc", "Exc #1"), OK),
    Case(
        "a comma in braces",
        RULE,
        of_table(lambda t: t.replace("where:\n    cluster: a", "where: {cluster: T cell, CD8+}")),
        Refused("MANIFEST", ("CD8+", "in quotes")),
    ),
    Case("a tilde", RULE, typed("~"), Refused("MANIFEST", ("where.cluster", "put it in quotes"))),
    Case("null", RULE, typed("null"), Refused("MANIFEST", ("put it in quotes",))),
    Case("nothing", RULE, typed(""), Refused("MANIFEST", ("put it in quotes",))),
    Case("a tag", RULE, typed("!!int 20"), Refused("MANIFEST", ("!!int", "quotes"))),
    Case("an alias that is none", RULE, typed("*"), Refused("MANIFEST", ("quotes",))),
    Case(
        "a colon in a title",
        RULE,
        of_table(lambda t: t.replace("label: A", "label: x").replace("contrasts:", "sex: tau: mice\ncontrasts:")),
        Refused("MANIFEST", ("quotes",)),
    ),
    Case(
        "a key twice",
        RULE,
        of_table(lambda t: t.replace("    cluster: a", "    cluster: a\n    cluster: b")),
        Refused("MANIFEST", ("stands once", "cluster")),
    ),
    Case(
        "tabs before keys",
        RULE,
        of_table(lambda t: t.replace("  where", "\twhere")),
        Refused("MANIFEST", ("indentation",)),
    ),
    Case(
        "lines of windows and a mark of byte order",
        RULE,
        written("\n" + (TABLE.format(typed="010") + CONTRAST).replace("\n", "\r\n"), ("010", "8")),
        OK,
    ),
    Case(
        "utf-16", RULE, written(TABLE.format(typed="a") + CONTRAST, encoding="utf-16"), Refused("ENCODING", ("UTF-8",))
    ),
    Case(
        "a column without a name, as nothing",
        RULE,
        of_table(lambda t: t.replace("gene: gene", "gene: ~")),
        Refused("MANIFEST", ("columns.gene", "put it in quotes")),
    ),
    Case(
        "a number that is octal for some",
        RULE,
        of_table(lambda t: t.replace("  where", "  n_case: 012\n  where")),
        Refused("MANIFEST", ("n_case", "whole number")),
    ),
    Case(
        "a number with an underscore",
        RULE,
        of_table(lambda t: t.replace("  where", "  n_case: 1_2\n  where")),
        Refused("MANIFEST", ("n_case", "whole number")),
    ),
    Case(
        "a number in quotes",
        RULE,
        of_table(lambda t: t.replace("  where", "  n_case: '12'\n  where")),
        Refused("MANIFEST", ("n_case", "without quotes")),
    ),
    Case(
        "numbers where they are due",
        RULE,
        of_table(lambda t: t.replace("  where", "  n_case: 12\n  n_control: 0\n  where")),
        OK,
    ),
    Case(
        "a fraction where a whole number is due",
        RULE,
        of_table(lambda t: t.replace("  where", "  n_case: 12.0\n  where")),
        Refused("MANIFEST", ("n_case",)),
    ),
    Case(
        "an id of digits",
        RULE,
        written(TABLE.format(typed="a") + CONTRAST.replace("id: a", "id: 010")),
        Read({"010": EFFECT}),
    ),
    Case(
        "an id that is a date",
        RULE,
        written(TABLE.format(typed="a") + CONTRAST.replace("id: a", "id: 2024-01-05")),
        Read({"2024-01-05": EFFECT}),
    ),
    Case(
        "a licence that is no",
        RULE,
        of_table(lambda t: t.replace("contrasts:", "sex: no\nage: 1e3\nstrain: 129\ncontrasts:")),
        OK,
    ),
    Case(
        "redistribute as a word",
        RULE,
        written((TABLE.format(typed="a") + CONTRAST).replace("table:", "keep: [NO, 010, ~x]\ntable:")),
        OK,
    ),
    Case("arms Yes and No", RULE, counted("Yes", "No"), Read({"a": count_effects()})),
    Case("arms 1 and 0", RULE, counted("1", "0"), Read({"a": count_effects()})),
    Case("arms 01 and 1", RULE, counted("01", "1"), Read({"a": count_effects()})),
    Case("arms 1.0 and 1", RULE, counted("1.0", "1"), Read({"a": count_effects()})),
    Case("arms null and NA in quotes", RULE, counted("'null'", "'NA'"), Read({"a": count_effects()})),
    Case("an arm that is null", RULE, counted("null", "NA"), Refused("MANIFEST", ("case.arm", "put it in quotes"))),
    Case(
        "samples of digits",
        RULE,
        counted("AD", "no", names=["001", "01", "1", "1.0", "1e0", "0x1"]),
        Read({"a": count_effects()}),
    ),
    Case("arms true and True", RULE, counted("true", "True"), Read({"a": count_effects()})),
]
