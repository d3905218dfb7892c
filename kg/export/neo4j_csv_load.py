"""Loads what :mod:`kg.export.neo4j_csv` writes into an empty store, of either kind, by the form's own rules."""

import re
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from kg.errors import ContractError, Issue, KgError
from kg.schema import EDGE_BY_TYPE, NODE_BY_LABEL
from kg.store import Store
from kg.write import write_edges, write_nodes

Row = dict[str, Any]
_BATCH = 5_000
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)')
_HEAD = re.compile(
    r"(\w*):(ID|START_ID|END_ID|LABEL|TYPE|string|long|double|boolean|string\[\]|double\[\])(?:\((\w+)\))?"
)
_READ = {"string": str, "long": int, "double": float, "boolean": lambda text: text == "true"}


def load(store: Store, folder: Path) -> tuple[int, int]:
    """(nodes, relationships) written. Raises ContractError for a file that breaks the form, KgError NOT_EMPTY."""
    files = sorted(folder.glob("nodes.*.csv"))
    if not files:
        fix = "name a folder that  orthokg export --format neo4j-csv  made"
        raise ContractError([Issue(str(folder), "a folder with nodes.*.csv", "none", fix)], code="MISSING_FILE")
    if store.read("MATCH (n) WHERE NOT n:WriteLock RETURN 1 AS one LIMIT 1"):
        raise KgError(
            "This store holds a graph already: choose an empty one (--store, ORTHOKG_HOME).", code="NOT_EMPTY"
        )
    script = folder / "import.sh"
    joiner = "\x1f" if script.exists() and "U+001F" in script.read_text(encoding="utf-8") else ";"
    store.ensure_schema()
    nodes = edges = 0
    for path in files:
        for (label, source, run), rows in _batches(path, joiner, ("LABEL",)):
            _known(path, label, NODE_BY_LABEL)
            nodes += write_nodes(store, label, rows, source=source, run=run).written
    for path in sorted(folder.glob("relationships.*.csv")):
        for (kind, a, b, source, run), rows in _batches(path, joiner, ("TYPE", "START_ID", "END_ID")):
            _known(path, kind, EDGE_BY_TYPE)
            edges += write_edges(store, kind, a, b, rows, source=source, run=run).written
    return nodes, edges


def _known(path: Path, name: str, known: dict[str, Any]) -> None:
    if name not in known:
        issue = Issue(str(path), "labels and types are declared in kg/schema.py", name[:80], "export it again")
        raise ContractError([issue], code="SCHEMA")


def _batches(path: Path, joiner: str, kind: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Rows with one label or type and one owner together: (label or type, ID spaces, source, run) and the rows."""

    def owner(made: tuple[tuple[str, ...], Row]) -> tuple[str, ...]:
        return (*made[0], made[1].pop("source", ""), made[1].pop("run", ""))

    owned = ((owner(made), made[1]) for made in read(path, joiner, kind))
    for key, group in groupby(owned, key=lambda made: made[0]):
        rows = (row for _, row in group)
        while batch := list(islice(rows, _BATCH)):
            yield key, batch


def read(path: Path, joiner: str, kind: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Row]]:
    """Label or type with the ID spaces of ``kind``, and ``id`` or ``subject`` and ``object`` with the properties."""
    lines = _records(path)
    header = [_HEAD.fullmatch(text) for text, _ in next(lines)]
    if None in header:
        raise ContractError([Issue(str(path), "a header of name:type", "another", "export it again")])
    columns = [(found[1], found[2], found[3]) for found in header if found]
    spaces = {what: space for _, what, space in columns if what in ("START_ID", "END_ID")}
    for number, fields in enumerate(lines, 2):
        if len(fields) != len(columns):
            issue = Issue(f"{path}, record {number}", f"{len(columns)} fields", str(len(fields)), "export it again")
            raise ContractError([issue])
        row: Row = {}
        named = ""
        for (name, what, _), (text, quoted) in zip(columns, fields, strict=True):
            if what in ("LABEL", "TYPE"):
                named = text
            elif what in ("ID", "START_ID", "END_ID"):
                row[{"ID": "id", "START_ID": "subject", "END_ID": "object"}[what]] = text
            elif text or quoted:
                row[name] = _value(text, what, joiner)
        yield (named, *(spaces[end] for end in kind[1:])), row


def _value(text: str, what: str, joiner: str) -> Any:
    if what.endswith("[]"):
        return [_READ[what[:-2]](each) for each in text.split(joiner)] if text else []
    return _READ[what](text)


def _records(path: Path) -> Iterator[list[tuple[str, bool]]]:
    """Records of (text, whether it was quoted), which the csv module does not tell."""
    with path.open(encoding="utf-8", newline="") as lines:
        text = ""
        for line in lines:
            text += line
            if text.count('"') % 2:
                continue
            fields = [
                (found[1].replace('""', '"') if found[1] is not None else found[2], found[1] is not None)
                for found in _FIELD.finditer(text)
            ]
            yield fields
            text = ""
