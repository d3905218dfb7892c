"""Queries that ship with OrthoKG: each with a title, the question that it answers, and parameters with an example.

A file ``queries/NAME.cypher`` starts with comments:

    // title: ...
    // question: ...
    // param NAME = EXAMPLE (as JSON): what it is

``python -m kg.ask.saved --write`` writes ``queries/guide.adoc``, the same as a guide for Neo4j Browser.
"""

import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kg.errors import ContractError, Issue, UnknownTermError
from kg.names.ids import prefix_of, spelt, taxon
from kg.sides.catalog import nearest

FOLDER = Path(__file__).parents[1] / "queries"
GUIDE = FOLDER / "guide.adoc"
_HEAD = re.compile(r"// (title|question): (.+)")
_PARAM = re.compile(r"// param (\w+) = (.+?): (.+)")


@dataclass(frozen=True)
class Parameter:
    name: str
    example: Any
    doc: str


@dataclass(frozen=True)
class SavedQuery:
    """``text`` is the Cypher without its header."""

    name: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    text: str

    def filled(self, given: dict[str, Any]) -> dict[str, Any]:
        """Values of all parameters: those given, the examples for the rest. Raises ContractError for another name."""
        known = {parameter.name: parameter.example for parameter in self.parameters}
        issues = [
            Issue(name, f"parameters of {self.name}", "another name", f"use {', '.join(known) or 'none'}")
            for name in given
            if name not in known
        ]
        if issues:
            raise ContractError(issues, code="ARGUMENT")
        return known | {name: _spelt(value, known[name]) for name, value in given.items()}


def _spelt(value: Any, example: Any) -> Any:
    """An id as the graph has it, where the parameter asks for one."""
    if not (isinstance(value, str) and isinstance(example, str)) or not prefix_of(example):
        return value
    return taxon(value) if prefix_of(example) == "NCBITaxon" else spelt(value)


@cache
def saved_queries() -> tuple[SavedQuery, ...]:
    """All of them, by name."""
    return tuple(_parsed(path) for path in sorted(FOLDER.glob("*.cypher")))


def saved_query(name: str) -> SavedQuery:
    """One by its name. Raises UnknownTermError with the nearest names."""
    known = {each.name: each for each in saved_queries()}
    if name not in known:
        raise UnknownTermError(name, "saved query", suggestions=nearest(name, list(known)))
    return known[name]


def _parsed(path: Path) -> SavedQuery:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = {found[1]: found[2] for line in lines if (found := _HEAD.fullmatch(line))}
    parameters = [Parameter(f[1], json.loads(f[2]), f[3]) for line in lines if (f := _PARAM.fullmatch(line))]
    text = "\n".join(line for line in lines if not line.startswith("//"))
    return SavedQuery(path.stem, head["title"], head["question"], tuple(parameters), text)


def guide() -> str:
    """AsciiDoc, the markup of Neo4j Browser's custom guides (``:guide ADDRESS``): one slide per query."""
    lines = [
        "= OrthoKG: questions to the graph",
        "",
        (
            "Which regulatory changes in a mouse model of a disease match human disease states, how sure are we, and"
            " why? Each slide holds one question as a query that only reads. Set its parameters first, with your own"
            " values."
        ),
        "",
    ]
    for each in saved_queries():
        lines += [f"== {each.title}", "", each.question, ""]
        for p in each.parameters:
            command = f":param {p.name} => {json.dumps(p.example, ensure_ascii=False)}"
            lines += [f"{p.name}: {p.doc}", "", "[source,cypher]", "----", command, "----", ""]
        lines += ["[source,cypher]", "----", each.text, "----", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        GUIDE.write_text(guide(), encoding="utf-8")
    else:
        print(guide())
