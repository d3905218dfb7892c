"""Parts that sections of a report are put together of."""

from collections.abc import Sequence

from kg.report.markup import Markup, el


def more(title: str, inside: Markup) -> Markup:
    """What a reader may open; it needs no script."""
    return el("details", el("summary", title), inside)


def numbers(*values: str) -> list[Markup]:
    """Cells of numbers."""
    return [el("td", value, class_="n") for value in values]


def table(head: Sequence[str], rows: Sequence[Sequence[Markup]]) -> Markup:
    """A table that scrolls where it is too wide."""
    top = el("tr", [el("th", name, scope="col") for name in head])
    return el("div", el("table", el("thead", top), el("tbody", [el("tr", list(row)) for row in rows])), class_="scroll")


def section(key: str, title: str, *children: Markup | None) -> Markup:
    """A section with its heading; ``key``: what a link names."""
    return el("section", el("h2", title), *children, id=key)
