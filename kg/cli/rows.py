"""Rows of a user's query as text: flat cells for a table or TSV, plain values for JSON."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any, TextIO

from kg.store.reader import Node, Path, Relationship
from kg.tables.spreadsheet import quoted

_SPACES = str.maketrans("\t\r\n", "   ")


def plain(value: Any) -> Any:
    """A node as its properties with ``labels``, a relationship as its properties with ``type``, a path as its nodes."""
    if isinstance(value, Node):
        return {"labels": value.labels, **plain(value.properties)}
    if isinstance(value, Relationship):
        return {"type": value.type, **plain(value.properties)}
    if isinstance(value, Path):
        return [plain(node) for node in value.nodes]
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


def drawable(value: Any) -> Any:
    """The value as JSON that tells what it is, so that a picture can be drawn:

        node          {"kind": "node", "key", "labels", "properties"}
        relationship  {"kind": "relationship", "key", "type", "start", "end", "properties"}
        path          {"kind": "path", "nodes", "relationships"}

    Numbers that JSON does not have are the strings NaN, Infinity and -Infinity.
    """
    if isinstance(value, (Node, Relationship, Path)):
        kind = type(value).__name__.lower()
        return {"kind": kind, **{name: drawable(each) for name, each in vars(value).items()}}
    if isinstance(value, (list, tuple)):
        return [drawable(each) for each in value]
    if isinstance(value, dict):
        return {name: drawable(each) for name, each in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return value


def flat(value: Any) -> str:
    """One cell: text as it is, lists and maps as JSON, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def write_tsv(columns: Iterable[Any], rows: Iterable[Iterable[Any]], out: TextIO) -> None:
    """With a header line; tabs and line ends within a cell become spaces, and none is a formula
    (``kg.tables.spreadsheet``)."""
    for row in (columns, *rows):
        out.write("\t".join(quoted(flat(value).translate(_SPACES)) for value in row) + "\n")
