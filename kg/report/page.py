"""A report as one HTML file: no script, no network, and it prints."""

from importlib.resources import files

from kg.report import sections
from kg.report.contents import Report
from kg.report.markup import Markup, el
from kg.report.matched import match
from kg.report.methods import methods

_ALONE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_NUMBERS = ("r (score)", "p", "q", "naive p", "ceiling", "corrected r", "moderated", "z", "p, q of a change",
            "reliability", "left", "power")  # fmt: skip


def page(report: Report) -> str:
    """The whole file; the same report gives the same text."""
    parts = [
        sections.verdicts(report),
        *(match(at, shown) for at, shown in enumerate(report.shown, 1)),
        sections.missing(report),
        sections.glossary(_NUMBERS),
        methods(report),
        sections.citations(report),
        sections.reproduce(report),
    ]
    style = (files("kg.report") / "report.css").read_text(encoding="utf-8")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_ALONE),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", report.headline),
        Markup(f"<style>{style}</style>"),
    )
    body = el(
        "body",
        el(
            "header",
            el("h1", report.headline),
            el("p", f"{report.answer.question}. Release: {report.answer.release}. OrthoKG {report.software}."),
            _contents(report),
        ),
        el("main", parts),
    )
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


def _contents(report: Report) -> Markup:
    named = [("verdicts", "All verdicts")]
    named += [(f"match-{at}", f"{s.record.mouse_label} and {s.record.human_label}")
              for at, s in enumerate(report.shown, 1)]  # fmt: skip
    named += [("missing", "What is missing"), ("numbers", "What the numbers are"), ("methods", "Methods"),
              ("citations", "To cite"), ("reproduce", "How to reproduce it")]  # fmt: skip
    return el("nav", el("ol", [el("li", el("a", name, href=f"#{key}")) for key, name in named]), aria_label="Contents")
