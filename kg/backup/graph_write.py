"""Rows of a backup into an empty store, of either kind."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import LiteralString, cast

from kg.backup.chunks import Row, rows_of
from kg.backup.manifest import Group, Manifest
from kg.backup.objects import Objects
from kg.backup.whole_graph import WholeGraph, name_of
from kg.errors import ContractError, Issue, KgError
from kg.read.similar import ensure_place_index
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store
from kg.store.write import ensure_schema

BATCH = 5_000


def check_known(manifest: Manifest, path: str) -> None:
    """Raises ContractError SCHEMA for labels and types that this version does not declare."""
    unknown = [
        group.name
        for group in manifest.graph
        if (group.ends is None and group.what not in NODE_BY_LABEL)
        or (group.ends and (group.what not in EDGE_BY_TYPE or group.ends not in EDGE_BY_TYPE[group.what].pairs))
    ]
    fix = "restore it with the version of orthokg that made it"
    if unknown:
        raise ContractError(
            [Issue(path, "labels and types are declared in kg/schema", each[:80], fix) for each in unknown],
            code="SCHEMA",
        )


def write_graph(store: Store, manifest: Manifest, objects: Objects, tell: Callable[[str], None]) -> None:
    """All of it, nodes first. Raises KgError RESTORE_DIFFERS where an end of a relationship is not there."""
    ensure_schema(store)
    placed = False
    for group in sorted(manifest.graph, key=lambda group: group.ends is not None):
        tell(f"writing {group.name}")
        for rows in _batches(rows_of(group, objects)):
            placed |= group.ends is None and group.what == "CellPopulation" and any("place" in row[0] for row in rows)
            _write(store, group, rows)
    if placed:
        ensure_place_index(store)


def _write(store: Store, group: Group, rows: list[Row]) -> None:
    if group.ends is None:
        query = _text(f"UNWIND $rows AS row CREATE (n:{group.what}) SET n = row")
        store.write(query, rows=[row[0] for row in rows])
        return
    a, b = group.ends
    query = _text(
        f"UNWIND $spans AS span MATCH (a:{a} {{id: span[0]}}) UNWIND range(span[1], span[2]) AS i "
        f"MATCH (b:{b} {{id: $ends[i]}}) CREATE (a)-[r:{group.what}]->(b) SET r = $properties[i] RETURN count(r) AS n"
    )
    made = store.write(
        query, spans=list(_spans(rows)), ends=[row[1] for row in rows], properties=[row[2] for row in rows]
    )
    if made[0]["n"] != len(rows):
        raise KgError(f"{group.name}: {len(rows) - made[0]['n']} ends are not in the backup", code="RESTORE_DIFFERS")


def differing(store: Store, manifest: Manifest, tell: Callable[[str], None]) -> list[str]:
    """Labels and types whose rows are not those of the backup; all of the graph is read."""
    whole = WholeGraph(store)
    known = {group.name: group for group in manifest.graph}
    found = []
    for spec, ends in whole.groups():
        name = name_of(spec, ends)
        tell(f"comparing {name}")
        now, was = whole.group(spec, ends), known.get(name)
        if now.rows != (was.rows if was else 0) or (was and now.sha256 != was.sha256):
            found.append(f"{name}: {now.rows:,} rows, {was.rows if was else 0:,} in the backup")
    return found


def _spans(rows: list[Row]) -> Iterator[tuple[str, int, int]]:
    """(subject, first, last) of each run of equal subjects."""
    start = 0
    for at in range(1, len(rows) + 1):
        if at == len(rows) or rows[at][0] != rows[start][0]:
            yield rows[start][0], start, at - 1
            start = at


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _text(query: str) -> LiteralString:
    """Put together from names that were looked up in the schema."""
    return cast(LiteralString, query)
