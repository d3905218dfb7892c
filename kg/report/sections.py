"""The sections of a report, each as markup."""

from collections.abc import Iterable

from kg.match.verdict import Status
from kg.records.words import chance, number, sides
from kg.report.citation import METHOD
from kg.report.contents import Cited, Report
from kg.report.markup import Markup, el
from kg.report.parts import numbers, section, table
from kg.schema.glossary import meaning
from kg.schema.match import MatchRecord

MOST_ROWS = 200


def verdicts(report: Report) -> Markup:
    """Every match of the answer that was tested, in its sentence and numbers."""
    tested = [r for r in report.answer.matches if r.status != Status.UNTESTABLE]
    rows = [
        [
            el("td", el("b", r.status)),
            el("td", r.sentence or f"{r.mouse_label} x {r.human_label}: {r.reason}", class_="wide"),
            *numbers(number(r.score), chance(r.p), chance(r.q)),
            _nulls(r),
        ]
        for r in tested[:MOST_ROWS]
    ]
    left = len(tested) - len(rows)
    withheld = len(report.answer.matches) - len(tested)
    return section(
        "verdicts",
        "All verdicts",
        table(("status", "in words", "r", "p", "q", "null of each side"), rows) if rows else el("p", "None."),
        el("p", f"{left:,} further matches are not listed here.", class_="note") if left else None,
        el("p", f"{withheld:,} more could not be tested: see ", el("a", "what is missing", href="#missing"), ".",
           class_="note") if withheld else None,
        el("p", f"Family of q: {report.answer.family}.", class_="note"),
    )  # fmt: skip


def missing(report: Report) -> Markup:
    """What could not be tested, and what the answer does not know or does not show."""
    records = [r for r in report.answer.matches if r.status == Status.UNTESTABLE]
    untested = [
        [el("td", r.mouse_label), el("td", r.human_label), el("td", r.reason, class_="wide")]
        for r in records[:MOST_ROWS]
    ]
    rows = [
        [el("td", g.kind), el("td", g.what), el("td", g.why), el("td", g.remedy or "-")] for g in report.answer.gaps
    ]
    found = [table(("", "what", "why", "what to do"), rows)] if rows else []
    if untested:
        found = [el("h3", "Not tested, and what would make it testable"),
                 table(("side in question", "compared with", "why"), untested),
                 el("h3", "Not known, or not shown"), *found]  # fmt: skip
    return section("missing", "What is missing", *(found or [el("p", "Nothing that is known of.")]))


def citations(report: Report) -> Markup:
    """Software, method and every data set and source, with version and licence."""
    rows = [[el("td", _title(c)), el("td", _how(c)), el("td", c.version or "-"), el("td", _licence(c))]
            for c in report.cited]  # fmt: skip
    return section(
        "citations",
        "To cite",
        el(
            "p",
            f"OrthoKG {report.software}. The joint null follows {METHOD.text} Please cite the studies below as well.",
        ),
        table(("data", "reference", "version", "licence"), rows),
    )


def reproduce(report: Report) -> Markup:
    """The commands, and the data that they need."""
    return section(
        "reproduce",
        "How to reproduce it",
        el("p", f"OrthoKG {report.software}, release {report.answer.release}. With the same data version the numbers"
           " are the same; `orthokg release list` shows the releases of a graph, and `orthokg restore --release NAME`"
           " brings one back."),
        el("pre", "\n".join(report.commands)),
    )  # fmt: skip


def glossary(names: Iterable[str]) -> Markup:
    """What each number is, in one line."""
    rows = [[el("td", el("b", name)), el("td", meaning(name))] for name in names]
    return section("numbers", "What the numbers are", table(("", "meaning"), rows))


def _nulls(r: MatchRecord) -> Markup:
    one, two = sides(r)
    kinds = (f"{one} {r.null.mouse.partition(' (')[0]}", f"{two} {r.null.human.partition(' (')[0]}")
    return el("td", [el("small", kind) for kind in kinds], class_="n")


def _title(c: Cited) -> Markup:
    return el("span", c.title, el("small", f"{c.id}{', simulated' if c.simulated else ''}"))


def _how(c: Cited) -> str:
    return "; ".join(filter(None, (c.citation, c.doi and f"doi:{c.doi}", c.accession))) or "none stated"


def _licence(c: Cited) -> str:
    return c.licence + ("" if c.redistribute else " (not to be passed on)")
