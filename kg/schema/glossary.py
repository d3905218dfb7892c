"""Quantities by the one name that each has wherever it is shown. ``python -m kg.schema.glossary --write`` puts them
into kg/README.md."""

import sys
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
MARKS = "<!-- glossary: made by `python -m kg.schema.glossary --write`, do not edit -->\n", "<!-- end of glossary -->"


@dataclass(frozen=True)
class Quantity:
    """``where``: in which lists and answers it is shown."""

    name: str
    what: str
    unit: str
    where: str


QUANTITIES = (
    Quantity("effect", "case minus control", "log2, or as the table has it", "genes of a contrast"),
    Quantity(
        "moderated",
        "moderated effect: effect over its own noise plus the median noise of all genes; of a table its z. What vectors"
        " are made of",
        "noise",
        "genes of a contrast (gene page, CHANGES_GENE)",
    ),
    Quantity(
        "moderated, centred",
        "the same less its mean over the features of the match; of a regulon or module its activity",
        "noise",
        "explain: `mouse`, `human`",
    ),
    Quantity(
        "contribution",
        "product of the two sides' centred moderated effects; the contributions sum to T",
        "noise squared",
        "explain (ranked by its size), changes",
    ),
    Quantity(
        "leading genes",
        "members with the largest share in the value of a regulon, module or gene set, on the side where their share is"
        " smaller; up to 5",
        "symbols",
        "changes, explain: `leading`",
    ),
    Quantity("z", "centred effect over its own noise alone", "own noise", "changes: `z_mouse`, `z_human`"),
    Quantity(
        "p, q of a change",
        "larger one-sided p in the shared direction; Benjamini-Hochberg over all features tested",
        "0 to 1",
        "changes (ranked by p)",
    ),
    Quantity("r (score)", "correlation of the two centred vectors", "-1 to 1", "match"),
    Quantity("T (statistic)", "inner product of the two centred vectors", "noise squared", "match, explain"),
    Quantity("p", "joint null, two-sided; none where the match is UNTESTABLE", "0 to 1", "match, cohorts"),
    Quantity("q", "Benjamini-Hochberg over the family, which is named beside it", "0 to 1", "match"),
    Quantity(
        "power of a no",
        "of a match that is NOT_SUPPORTED: the chance that its test would have found a true r of .3; from .8 on it is a"
        " no",
        "0 to 1",
        "match, DOES_NOT_MATCH",
    ),
    Quantity("naive p", "as if genes were independent: far too small, for comparison only", "0 to 1", "match"),
    Quantity("exploratory p", "one-sided, given one side; only where the match is UNTESTABLE", "0 to 1", "match"),
    Quantity("reliability", "share of a side's squared length that is no noise", "0 to 1", "other states"),
    Quantity(
        "ceiling", "root of the product of both reliabilities: the highest r that the noise allows", "0 to 1", "match"
    ),
    Quantity(
        "corrected r",
        "r without the attenuation by noise; not measurable where a reliability is below .25",
        "-1 to 1",
        "match, stages (by which stages of any size and strength are compared)",
    ),
    Quantity("axes out", "r without the common noise axes of other samples", "-1 to 1", "match"),
    Quantity("features", "what is measured on both sides and compared", "count", "match"),
    Quantity(
        "left", "r of what is left of the match given another state, on the scale of the match's r", "r", "other states"
    ),
    Quantity(
        "share of T",
        "what is left given all states that take part together: a direction that they lack to .6 leaves .36",
        "of T",
        "match",
    ),
    Quantity(
        "power",
        "probability that a state which carried the whole match would be found to take part",
        "0 to 1",
        "other states",
    ),
    Quantity(
        "value, limit",
        "what a gate of a submission compared, and with what; a line that `stops` lies beyond it",
        "of the gate",
        "submission",
    ),
    Quantity(
        "old, new",
        "the same measure of the same held-out cells by the version that a submission is for, and by its candidate",
        "of the gate",
        "submission",
    ),
)


def meaning(name: str) -> str:
    """What a quantity is, in one line."""
    return next(q.what for q in QUANTITIES if q.name == name)


def table() -> str:
    rows = [f"| {q.name} | {q.what} | {q.unit} | {q.where} |" for q in QUANTITIES]
    return "\n".join(["| name | what it is | unit | shown in |", "|---|---|---|---|", *rows]) + "\n"


def filled(text: str) -> str:
    start, end = (text.index(mark) for mark in MARKS)
    return text[: start + len(MARKS[0])] + "\n" + table() + "\n" + text[end:]


if __name__ == "__main__" and "--write" in sys.argv:
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
