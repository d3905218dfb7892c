"""Idempotent batched writes, generated from ``kg.schema``: constraints, nodes, relationships, stale-data cleanup.

Every query is assembled from names that the schema declares, never from data; all values are parameters. Writing the same
rows twice changes nothing. Relationships go in by two roads: those that do not exist yet are created from maps by the
internal ids of their ends, those that do are set in place. What exists is read first, per batch, so that a load that was
killed half-way is simply run again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, LiteralString, cast

from kg.errors import ContractError, Issue
from kg.schema import EDGE_BY_TYPE, EDGES, NODE_BY_LABEL, NODES, EdgeSpec, Property
from kg.store import Store

BATCH = 5_000
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "float": (int, float), "boolean": bool, "strings": (list, tuple), "floats": (list, tuple),
}  # fmt: skip
Row = dict[str, Any]


@dataclass
class WriteCount:
    """``written``: rows taken. ``dangling``: (subject, object) of relationships with an end that is not in the graph."""

    written: int = 0
    dangling: list[tuple[str, str]] = field(default_factory=list)


def _made(text: str) -> LiteralString:
    """Text put together from the schema's own names only."""
    return cast(LiteralString, text)


def ensure_schema(store: Store) -> None:
    """Unique ids and indexes of every label; nothing happens when they exist."""
    for spec in NODES:
        name = spec.label.lower()
        store.write(_made(f"CREATE CONSTRAINT {name}_id IF NOT EXISTS FOR (n:{spec.label}) REQUIRE n.id IS UNIQUE"))
        for p in spec.properties:
            if p.index:
                store.write(_made(f"CREATE INDEX {name}_{p.name} IF NOT EXISTS FOR (n:{spec.label}) ON (n.{p.name})"))


def _checked(rows: Iterable[Row], known: Sequence[Property], fixed: tuple[str, ...], what: str) -> list[Row]:
    kinds = {p.name: p.kind for p in known}
    made, issues = [], []
    for row in rows:
        clean = {}
        for name, value in row.items():
            if value is None:
                continue
            if name in fixed:
                clean[name] = value
            elif name not in kinds:
                issues.append(Issue(what, "properties are declared in kg/schema.py", name, "declare it or leave it out"))
            elif not isinstance(value, _TYPES[kinds[name]]) or (kinds[name] == "integer" and isinstance(value, bool)):
                issues.append(Issue(f"{what}.{name}", f"the value is of kind {kinds[name]}", repr(value)[:80], "convert it"))
            else:
                clean[name] = list(value) if isinstance(value, tuple) else value
        made.append(clean)
        if len(issues) > 20:
            break
    if issues:
        raise ContractError(list(dict.fromkeys(issues)), code="SCHEMA")
    return made


def _batches(rows: Sequence[Row], size: int = BATCH) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def write_nodes(store: Store, label: str, rows: Iterable[Row], *, source: str, run: str) -> WriteCount:
    """Nodes of one label; a row is ``id`` and properties. Of two rows with one id the later wins.

    A property that a row does not name keeps its value. Raises ContractError for what the schema does not declare.
    """
    if label not in NODE_BY_LABEL:
        raise ContractError([Issue(label, "labels are declared in kg/schema.py", label, "declare it")], code="SCHEMA")
    spec = NODE_BY_LABEL[label]
    unique: dict[str, Row] = {}
    for row in _checked(rows, spec.properties, ("id",), label):
        unique.setdefault(row["id"], {}).update(row)
    count = WriteCount()
    merge = _made(f"UNWIND $rows AS row MERGE (n:{label} {{id: row.id}}) SET n += row, n.source = $source, n.run = $run")
    fresh = _made(
        f"UNWIND $rows AS row CREATE (n:{label} {{{_inline(['id', *(p.name for p in spec.properties)])}, "
        "source: $source, run: $run})"
    )
    known = set()
    if unique:
        found = store.read(_made(f"MATCH (n:{label}) RETURN count(n) AS n"))[0]["n"]
        if found:
            for batch in _batches(list(unique.values())):
                ids = [row["id"] for row in batch]
                query = _made(f"UNWIND $ids AS id MATCH (n:{label} {{id: id}}) RETURN n.id AS id")
                known |= {record["id"] for record in store.read(query, ids=ids)}
    for query, part in ((fresh, [r for i, r in unique.items() if i not in known]),
                        (merge, [r for i, r in unique.items() if i in known])):  # fmt: skip
        for batch in _batches(part):
            store.write(query if query is merge else _fresh_or_merge(store, fresh, merge), rows=batch, source=source, run=run)
            count.written += len(batch)
    return count


def _fresh_or_merge(store: Store, fresh: LiteralString, merge: LiteralString) -> LiteralString:
    # A retried CREATE whose first try did commit would meet the constraint; on Neo4j MERGE costs little.
    return fresh if store.dialect == "embedded" else merge


def _inline(names: Iterable[str]) -> str:
    return ", ".join(f"{name}: row.{name}" for name in names)


def _key(spec: EdgeSpec, row: Row) -> tuple:
    return (row["subject"], row["object"], *(row.get(name) for name in spec.key if name != "source"))


def write_edges(
    store: Store, kind: str, subject_label: str, object_label: str, rows: Iterable[Row], *, source: str, run: str
) -> WriteCount:
    """Relationships of one type between two labels; a row is ``subject``, ``object`` and properties.

    Of two rows with one key the later wins. Rows with an end that is not in the graph are returned as dangling.
    """
    spec = EDGE_BY_TYPE.get(kind)
    if spec is None or (subject_label, object_label) not in spec.pairs:
        found = f"({subject_label})-[{kind}]->({object_label})"
        raise ContractError([Issue(kind, "relationships are declared in kg/schema.py", found, "declare it")], code="SCHEMA")
    unique = {_key(spec, row): row for row in _checked(rows, spec.properties, ("subject", "object", "source"), kind)}
    count = WriteCount()
    if not unique:
        return count
    writer = _EdgeWriter(store, spec, subject_label, object_label, source, run)
    for batch in _batches(list(unique.values())):
        written, dangling = writer.write(batch)
        count.written += written
        count.dangling += dangling
    return count


class _EdgeWriter:
    """The queries of one type between two labels. Ends are looked up once and remembered by internal id: inside one load
    only; an internal id is no key."""

    def __init__(self, store: Store, spec: EdgeSpec, subject_label: str, object_label: str, source: str, run: str):
        self.store, self.spec, self.source, self.run = store, spec, source, run
        self.labels = (subject_label, object_label)
        names = [p.name for p in spec.properties]
        a, b = self.labels
        keyed = [name for name in spec.key if name != "source"]
        by_source = " {source: $source}" if "source" in spec.key else ""
        returned = "".join(f", r.{name} AS {name}" for name in keyed)
        self.some = _made(f"MATCH (:{a})-[r:{spec.type}]->(:{b}) RETURN r.run AS run LIMIT 1")
        self.existing = _made(
            f"UNWIND $ids AS id MATCH (a:{a} {{id: id}})-[r:{spec.type}{by_source}]->(b:{b}) "
            f"RETURN a.id AS subject, b.id AS object{returned}"
        )
        inline = "{" + ", ".join(filter(None, (_inline(names), "source: $source", "run: $run"))) + "}"
        match = f"UNWIND $rows AS row MATCH (a:{a} {{id: row.subject}}) MATCH (b:{b} {{id: row.object}}) "
        self.create = _made(f"{match}CREATE (a)-[:{spec.type} {inline}]->(b)")
        same = "".join(f" AND r.{name} = row.{name}" for name in keyed) + (" AND r.source = $source" if by_source else "")
        self.update = _made(
            f"UNWIND $rows AS row MATCH (a:{a} {{id: row.subject}})-[r:{spec.type}]->(b:{b} {{id: row.object}}) "
            f"WHERE true{same} SET r += row.properties, r.source = $source, r.run = $run"
        )
        self.any = bool(store.read(self.some))
        self.ends: tuple[set[str], set[str]] = (set(), set())
        self.absent: tuple[set[str], set[str]] = (set(), set())

    def _look_up(self, which: int, ids: set[str]) -> None:
        unknown = list(ids - self.ends[which] - self.absent[which])
        if unknown:
            query = _made(f"UNWIND $ids AS id MATCH (n:{self.labels[which]} {{id: id}}) RETURN n.id AS id")
            found = {record["id"] for record in self.store.read(query, ids=unknown)}
            self.ends[which].update(found)
            self.absent[which].update(set(unknown) - found)

    def write(self, batch: list[Row]) -> tuple[int, list[tuple[str, str]]]:
        self._look_up(0, {row["subject"] for row in batch})
        self._look_up(1, {row["object"] for row in batch})
        good, dangling = [], []
        for row in batch:
            here = row["subject"] in self.ends[0] and row["object"] in self.ends[1]
            (good if here else dangling).append(row)
        old: set[tuple] = set()
        if self.any:
            ids = list({row["subject"] for row in good})
            old = {_key(self.spec, record) for record in self.store.read(self.existing, ids=ids, source=self.source)}
        fresh = [row for row in good if _key(self.spec, row) not in old]
        again = [row for row in good if _key(self.spec, row) in old]
        if fresh:
            self.store.write(self.create, rows=fresh, source=self.source, run=self.run)
        if again:
            rows = [
                {**row, "properties": {k: v for k, v in row.items() if k not in ("subject", "object", "source")}} for row in again
            ]
            self.store.write(self.update, rows=rows, source=self.source, run=self.run)
        return len(good), [(row["subject"], row["object"]) for row in dangling]


@dataclass(frozen=True)
class CleanupCount:
    nodes: int
    edges: int


def cleanup(store: Store, *, source: str, run: str) -> CleanupCount:
    """Removes what this source wrote in another run and did not write again."""
    edges = nodes = 0
    for spec in EDGES:
        for subject, target in spec.pairs:
            query = _made(
                f"MATCH (:{subject})-[r:{spec.type}]->(:{target}) WHERE r.source = $source AND r.run <> $run "
                "DELETE r RETURN count(*) AS n"
            )
            edges += store.write(query, source=source, run=run)[0]["n"]
    for spec in NODES:
        query = _made(
            f"MATCH (n:{spec.label}) WHERE n.source = $source AND n.run <> $run DETACH DELETE n RETURN count(*) AS n"
        )
        nodes += store.write(query, source=source, run=run)[0]["n"]
    return CleanupCount(nodes, edges)
