"""CSV for ``neo4j-admin database import full``: one file per label, one a relationship type and pair of labels.

The form is that of Neo4j's Operations Manual (Import, CSV header format): a header of ``name:type`` with
``:ID(Label)``, ``:LABEL``, ``:START_ID(Label)``, ``:END_ID(Label)`` and ``:TYPE``; RFC 4180 quoting; nothing for a
property that is not there and ``""`` for an empty text. ``import.sh`` holds the command. Arrays are joined by ``;``, or
by the unit separator (U+001F) when a text within one holds a semicolon: the form has no escape for it. neo4j-admin
reads an empty array as none. ``license:IGNORE`` is the licence of the row, which is no property of the graph.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, LiteralString, cast

from kg.export.selection import LICENSE, Selection
from kg.read.stream import Row
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.schema.spec import EdgeSpec, NodeSpec, Property
from kg.store.driver import Store

TYPES = {
    "string": "string",
    "integer": "long",
    "float": "double",
    "boolean": "boolean",
    "strings": "string[]",
    "floats": "double[]",
}
OWNED = ("source", "run")


def write(selection: Selection, folder: Path) -> None:
    joiner = delimiter(selection.store)
    files: list[tuple[str, str]] = []
    for spec in LASTING:
        name = f"nodes.{spec.label}.csv"
        if _write(folder / name, node_header(spec), (_node(row, spec, joiner) for row in selection.nodes(spec))):
            files.append(("nodes", name))
    for spec in EDGES:
        for pair in spec.pairs:
            name = f"relationships.{spec.type}.{pair[0]}.{pair[1]}.csv"
            rows = (_edge(row, spec, joiner) for row in selection.edges(spec, pair))
            if _write(folder / name, edge_header(spec, pair), rows):
                files.append(("relationships", name))
    (folder / "import.sh").write_text(_script(files, joiner), encoding="utf-8")


def delimiter(store: Store) -> str:
    """``;``, or the unit separator when an array holds a text with a semicolon."""
    lists = [("(n:{})", s.label, p.name) for s in LASTING for p in s.properties if p.kind == "strings"]
    lists += [("()-[n:{}]->()", s.type, p.name) for s in EDGES for p in s.properties if p.kind == "strings"]
    for pattern, name, key in lists:
        query = f"MATCH {pattern.format(name)} WHERE any(x IN n.{key} WHERE x CONTAINS ';') RETURN 1 AS one LIMIT 1"
        if store.read(cast(LiteralString, query)):
            return "\x1f"
    return ";"


def node_header(spec: NodeSpec) -> list[str]:
    return [f"id:ID({spec.label})", *_columns(spec.properties), f"{LICENSE}:IGNORE", ":LABEL"]


def edge_header(spec: EdgeSpec, pair: tuple[str, str]) -> list[str]:
    return [f":START_ID({pair[0]})", f":END_ID({pair[1]})", *_columns(spec.properties), f"{LICENSE}:IGNORE", ":TYPE"]


def _columns(properties: Iterable[Property]) -> list[str]:
    return [*(f"{p.name}:{TYPES[p.kind]}" for p in properties), *(f"{name}:string" for name in OWNED)]


def _node(row: Row, spec: NodeSpec, joiner: str) -> list[str]:
    values = (row.get(name) for name in (*(p.name for p in spec.properties), *OWNED, LICENSE))
    return [_quoted(row["id"]), *(field(value, joiner) for value in values), spec.label]


def _edge(row: Row, spec: EdgeSpec, joiner: str) -> list[str]:
    values = (row.get(name) for name in (*(p.name for p in spec.properties), *OWNED, LICENSE))
    return [_quoted(row["subject"]), _quoted(row["object"]), *(field(value, joiner) for value in values), spec.type]


def field(value: Any, joiner: str) -> str:
    """One field of a line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _quoted(joiner.join(repr(each) if isinstance(each, float) else each for each in value))
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _write(path: Path, header: list[str], rows: Iterable[list[str]]) -> bool:
    """Whether there was any row; a file without one is not left behind."""
    some = False
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(header) + "\n")
        for row in rows:
            out.write(",".join(row) + "\n")
            some = True
    if not some:
        path.unlink()
    return some


def _script(files: list[tuple[str, str]], joiner: str) -> str:
    options = [f"--{kind}={name}" for kind, name in files]
    lines = [
        "#!/bin/sh",
        "# Makes the database neo4j of a Neo4j 5 server that is stopped. Run it in this folder, as the server's user.",
        "exec neo4j-admin database import full neo4j --overwrite-destination=true --multiline-fields=true \\",
        f"  --array-delimiter='{joiner if joiner == ';' else 'U+001F'}' \\",
        *(f"  {option} \\" for option in options[:-1]),
        *(f"  {option}" for option in options[-1:]),
    ]
    return "\n".join(lines) + "\n"
