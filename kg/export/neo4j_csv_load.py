"""Loads what :mod:`kg.export.neo4j_csv` writes into an empty store, of either kind, by the form's own rules."""

import re
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from kg.errors import ContractError, Issue, KgError, broken
from kg.files.regular import need_file
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store
from kg.store.write import ensure_schema, write_edges, write_nodes

Row = dict[str, Any]
_BATCH = 5_000
_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)')
_HEAD = re.compile(
    r"(\w*):(ID|START_ID|END_ID|LABEL|TYPE|IGNORE|string|long|double|boolean|string\[\]|double\[\])(?:\((\w+)\))?"
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
            "This store already holds a graph: choose an empty one (--store, ORTHOKG_HOME).", code="NOT_EMPTY"
        )
    script = folder / "import.sh"
    joiner = "\x1f" if script.exists() and "U+001F" in script.read_text(encoding="utf-8") else ";"
    ensure_schema(store)
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
        issue = Issue(str(path), "labels and types are declared in kg/schema", name[:80], "export it again")
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
    """Label or type with the ID spaces of ``kind``, and ``id`` or ``subject`` and ``object`` with the properties.

    Raises ContractError BAD_ROWS, ENCODING or MISSING_FILE, with the record.
    """
    lines = _records(path)
    header = [_HEAD.fullmatch(text) for text, _ in next(lines, [])]
    columns = [(found[1], found[2], found[3]) for found in header if found]
    spaces = {what: space for _, what, space in columns if what in ("START_ID", "END_ID")}
    needed = {kind[0], *(kind[1:] or ("ID",))}
    if len(columns) < len(header) or not needed <= {what for _, what, _ in columns} or None in spaces.values():
        raise _bad(f"{path}, record 1", f"a header of name:type, with {', '.join(sorted(needed))}", "another")
    for number, fields in enumerate(lines, 2):
        where = f"{path}, record {number}"
        if len(fields) != len(columns):
            raise _bad(where, f"{len(columns)} fields", str(len(fields)))
        row: Row = {}
        named = ""
        for (name, what, _), (text, quoted) in zip(columns, fields, strict=True):
            if what == "IGNORE":
                continue
            if what in ("LABEL", "TYPE"):
                named = text
            elif what in _ENDS:
                row[_ENDS[what]] = text
            elif text or quoted:
                try:
                    row[name] = _value(text, what, joiner)
                except ValueError:
                    raise _bad(f"{where}, {name}", f"a value of type {what}", repr(text[:80])) from None
        yield (named, *(spaces[end] for end in kind[1:])), row


_ENDS = {"ID": "id", "START_ID": "subject", "END_ID": "object"}
_LONGEST = 16 << 20  # characters of a record


def _bad(where: str, rule: str, found: str) -> ContractError:
    return broken("BAD_ROWS", where, rule, found, "export it again")


def _value(text: str, what: str, joiner: str) -> Any:
    if what.endswith("[]"):
        return [_READ[what[:-2]](each) for each in text.split(joiner)] if text else []
    return _READ[what](text)


def _records(path: Path) -> Iterator[list[tuple[str, bool]]]:
    """Records of (text, whether it was quoted), which the csv module does not tell."""
    kept: list[str] = []
    number, quotes, size = 1, 0, 0
    try:
        with need_file(path).open(encoding="utf-8", newline="") as lines:
            while line := lines.readline(_LONGEST):
                kept.append(line)
                quotes, size = quotes + line.count('"'), size + len(line)
                if size > _LONGEST:
                    raise _bad(
                        f"{path}, record {number}",
                        f"a record has at most {_LONGEST:,} characters",
                        "an unclosed quote, or no line ends",
                    )
                if quotes % 2 == 0:
                    yield _fields("".join(kept), f"{path}, record {number}")
                    kept, quotes, size, number = [], 0, 0, number + 1
    except UnicodeDecodeError as error:
        raise broken(
            "ENCODING", f"{path}, record {number}", "the file is UTF-8", error.reason, "export it again"
        ) from None
    if kept:
        raise _bad(f"{path}, record {number}", "a quote is closed", "the end of the file")


def _fields(text: str, where: str) -> list[tuple[str, bool]]:
    text = text if text.endswith("\n") else text + "\n"
    made, at = [], 0
    for found in _FIELD.finditer(text):
        if found.start() != at:
            break
        made.append((found[1].replace('""', '"') if found[1] is not None else found[2], found[1] is not None))
        at = found.end()
    if at != len(text):
        raise _bad(where, "fields are separated by commas, text is in quotes", repr(text[at : at + 40]))
    return made
