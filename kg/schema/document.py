"""The schema as a page: ``python -m kg.schema.document`` prints it, ``--write`` puts it into kg/README.md."""

import sys
from collections.abc import Iterable
from pathlib import Path

from kg.schema.edges import EDGES
from kg.schema.nodes import NODES
from kg.schema.spec import EdgeSpec, Property

README = Path(__file__).parents[1] / "README.md"
START = "<!-- schema: made by `python -m kg.schema.document --write`, do not edit -->"
END = "<!-- end of schema -->"


def page() -> str:
    """Markdown of every node and relationship that ``kg.schema`` declares."""
    lines = [
        (
            "Every node also carries `id`, and every node and relationship `source` (who owns it) and `run` (what wrote"
            " it). An asterisk marks an indexed property."
        ),
        "",
        "### Nodes",
        "",
    ]
    for node in NODES:
        lines += [f"**{node.label}**: {_text(node.doc)}", "", *_properties(node.properties)]
    lines += ["### Relationships", ""]
    for edge in EDGES:
        lines += [f"**{edge.type}**: {_text(edge.doc)} {_pairs(edge)}", "", *_properties(edge.properties)]
    return "\n".join(lines).strip() + "\n"


def _text(doc: str) -> str:
    return doc.replace("<", "&lt;").replace("|", r"\|")


def _pairs(edge: EdgeSpec) -> str:
    told = ", ".join(f"`({a})-->({b})`" for a, b in edge.pairs)
    return f"{told}, one for each {' and '.join(edge.key)}" if edge.key else told


def _properties(properties: Iterable[Property]) -> list[str]:
    rows = ["| `{}`{} | {} | {} |".format(p.name, r"\*" if p.index else "", p.kind, _text(p.doc)) for p in properties]
    return ["| property | kind | |", "|---|---|---|", *rows, ""] if rows else []


def written(readme: str) -> str:
    """``readme`` with the page between its markers brought up to date."""
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{README.name} lacks the lines {START!r} and {END!r}")
    return f"{before}{START}\n\n{page()}\n{END}{after}"


def main() -> None:
    if "--write" in sys.argv[1:]:
        README.write_text(written(README.read_text()))
    else:
        print(page())


if __name__ == "__main__":
    main()
