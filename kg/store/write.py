"""Idempotent batched writes, generated from ``kg.schema``: constraints, nodes, relationships, stale-data cleanup.

Every query is put together from names that the schema declares; all values are parameters. Writing the same rows twice
changes nothing, and a load that was killed is simply run again:

- Where nothing of the kind is there yet, a batch is created outright. Otherwise what exists is read first, in the same
  transaction, and only what is new or differs is written.
- A batch that is tried again always reads first: its first try may have been committed.
- Relationships have no such constraint. Their writer holds the one WriteLock node during each batch, and
  sees there whether another writer of the type came in between; then it reads first as well.
"""

import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

from kg.errors import ContractError, Issue
from kg.schema.edges import EDGE_BY_TYPE, EDGES
from kg.schema.nodes import NODE_BY_LABEL, NODES
from kg.schema.spec import EdgeSpec
from kg.store.driver import Store, Transaction
from kg.store.owners import SHARED_EDGES, hand_over, yields
from kg.store.write_rows import Columns, Row, columns

BATCH = 5_000
_BAR_FROM = 20_000
LOCK, _LOCK_ID = "WriteLock", "relationships"


@dataclass
class WriteCount:
    """``written``: rows taken. ``dangling``: (subject, object) of relationships whose end is not in the graph."""

    written: int = 0
    dangling: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class CleanupCount:
    nodes: int
    edges: int


def _made(text: str) -> LiteralString:
    """Text put together from the schema's own names only."""
    return cast(LiteralString, text)


def ensure_schema(store: Store, *labels: str) -> None:
    """Unique ids and indexes of every label, or of some; nothing happens when they exist."""
    specs = [spec for spec in NODES if not labels or spec.label in labels]
    for label in (*(spec.label for spec in specs), LOCK):
        name = f"{label.lower()}_id"
        store.write(_made(f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE"))
    for spec in specs:
        for p in spec.properties:
            if p.index:
                name = f"{spec.label.lower()}_{p.name}"
                store.write(_made(f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{spec.label}) ON (n.{p.name})"))


def write_nodes(
    store: Store, label: str, rows: Iterable[Row], *, source: str, run: str, exact: bool = False
) -> WriteCount:
    """Nodes of one label; a row is ``id`` and properties. Rows with one id are merged, the later wins.

    A property that a row does not name keeps its value. A node that several sources write is its owner's
    (``kg.store.owners``): of the others it takes what the owner leaves out. ``exact``: properties that a row of this
    source does not name are removed. Raises ContractError, code SCHEMA, for what the schema does not declare.
    """
    if label not in NODE_BY_LABEL:
        raise ContractError(
            [Issue(label, "labels are declared in kg/schema/nodes.py", label, "declare it")], code="SCHEMA"
        )
    unique: dict[Any, Row] = {}
    for row in rows:
        known = unique.setdefault(row.get("id"), row)
        if known is not row:
            unique[row["id"]] = known | row
    if not unique:
        return WriteCount()
    table = columns(list(unique.values()), NODE_BY_LABEL[label].properties, ("id",), label)
    owned = {"source": source, "run": run}
    existing = _made(f"UNWIND $ids AS id MATCH (n:{label} {{id: id}}) RETURN properties(n) AS n")
    create = _made(f"UNWIND range(0, size($id) - 1) AS i CREATE (:{label} {{{_inline(table.values)}}})")
    update = _made(f"UNWIND $rows AS row MATCH (n:{label} {{id: row.id}}) SET n += row")
    empty = not store.read(_made(f"MATCH (n:{label}) RETURN 1 AS one LIMIT 1"))
    shared = NODE_BY_LABEL[label].shared
    if exact and not shared:
        update = _made(f"UNWIND $rows AS row MATCH (n:{label} {{id: row.id}}) SET n = row")

    def due(row: Row, found: Row) -> Row:
        if shared and yields(source, found.get("source")):
            return {name: value for name, value in row.items() if name == "id" or found.get(name) is None}
        return row

    def write(batch: Columns, look: bool) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            nonlocal look
            found = {}
            if look:
                found = {record["n"]["id"]: record["n"] for record in tx.run(existing, ids=batch.values["id"])}
            look = True
            fresh = batch.take([i for i, key in enumerate(batch.values["id"]) if key not in found])
            if fresh.rows:
                tx.run(create, fresh.values | owned).consume()
            wanted = [due(batch.row(i) | owned, found[key]) for i, key in enumerate(batch.values["id"]) if key in found]
            differ = [row for row in wanted if exact or not row.items() <= found[row["id"]].items()]
            if differ:
                tx.run(update, rows=differ).consume()

        return work

    for batch in _batches(table, label):
        store.transact(write(batch, look=not empty))
    return WriteCount(table.rows)


def write_edges(
    store: Store,
    kind: str,
    subject_label: str,
    object_label: str,
    rows: Iterable[Row],
    *,
    source: str,
    run: str,
    exact: bool = False,
) -> WriteCount:
    """Relationships of one type between two labels; a row is ``subject``, ``object`` (ids) and properties.

    Of two rows with one key (the ends and the type's ``key``) the later wins. ``exact``: properties that a row does not
    name are removed. Rows with an end that is not in the graph are returned as dangling. Raises ContractError, code
    SCHEMA, for what the schema does not declare.
    """
    spec = EDGE_BY_TYPE.get(kind)
    if spec is None or (subject_label, object_label) not in spec.pairs:
        found = f"({subject_label})-[{kind}]->({object_label})"
        issue = Issue(kind, "relationships are declared in kg/schema/edges.py", found, "declare it")
        raise ContractError([issue], code="SCHEMA")
    key = ("subject", "object", *(name for name in spec.key if name != "source"))
    unique = {tuple(map(row.get, key)): row for row in rows}
    if not unique:
        return WriteCount()
    # By subject: a batch then meets few subjects, and reads what exists of each once.
    ordered = sorted(unique.values(), key=lambda row: str(row.get("subject")))
    table = columns(ordered, spec.properties, ("subject", "object"), kind)
    count = WriteCount()
    with _EdgeWriter(store, spec, (subject_label, object_label), source, run, table, exact) as writer:
        for batch in _batches(table, kind):
            dangling = writer.write(batch)
            count.dangling += dangling
            count.written += batch.rows - len(dangling)
    return count


class _EdgeWriter:
    """The queries of one type between two labels, and whether relationships have to be looked for."""

    def __init__(
        self, store: Store, spec: EdgeSpec, labels: tuple[str, str], source: str, run: str, table: Columns, exact: bool
    ):
        self.store, self.spec, self.exact = store, spec, exact
        self.owned = {"source": source, "run": run}
        self.token = secrets.token_hex(8)
        self.key = tuple(name for name in spec.key if name != "source")
        a, b = labels
        self.shared = (spec.type, a) in SHARED_EDGES
        mine = " {source: $source}" if "source" in spec.key else ""
        properties = _inline(name for name in table.values if name not in ("subject", "object"))
        self.some: LiteralString = _made(f"MATCH (:{a})-[r:{spec.type}{mine}]->(:{b}) RETURN 1 AS one LIMIT 1")
        # Rows of one subject lie side by side: it is looked up once for all of them.
        self.create: LiteralString = _made(
            f"UNWIND $spans AS span MATCH (a:{a} {{id: span[0]}}) UNWIND range(span[1], span[2]) AS i "
            f"MATCH (b:{b} {{id: $object[i]}}) CREATE (a)-[r:{spec.type} {{{properties}}}]->(b) RETURN count(r) AS n"
        )
        self.existing: LiteralString = _made(
            f"UNWIND $ids AS id MATCH (a:{a} {{id: id}})-[r:{spec.type}{mine}]->(b:{b}) "
            "RETURN a.id AS a, b.id AS b, properties(r) AS r"
        )
        same = "".join(f" AND r.{name} = row.key.{name}" for name in self.key) + (
            " AND r.source = $source" if mine else ""
        )
        self.update: LiteralString = _made(
            f"UNWIND $rows AS row MATCH (a:{a} {{id: row.a}}) MATCH (b:{b} {{id: row.b}}) "
            f"MATCH (a)-[r:{spec.type}]->(b) WHERE true{same} SET r {'=' if exact else '+='} row.properties"
        )
        self.present: tuple[LiteralString, ...] = tuple(
            _made(f"UNWIND $ids AS id MATCH (n:{label} {{id: id}}) RETURN n.id AS id") for label in labels
        )

    def __enter__(self) -> "_EdgeWriter":
        self.store.transact(self._take_lock)
        self.look = bool(self.store.read(self.some, **self.owned))
        return self

    def __exit__(self, *_: object) -> None:
        self.store.write(_made(f"MATCH (l:{LOCK} {{id: $id}}) REMOVE l.{self.spec.type}"), id=_LOCK_ID)

    def _take_lock(self, tx: Transaction) -> bool:
        """Hold the lock until the transaction ends. False: somebody else wrote this type since this writer did."""
        tx.run(_made(f"MERGE (l:{LOCK} {{id: $id}}) SET l.taken = true"), id=_LOCK_ID).consume()
        token = _made(f"MATCH (l:{LOCK} {{id: $id}}) RETURN l.{self.spec.type} AS token")
        if tx.run(token, id=_LOCK_ID).single(strict=True)["token"] == self.token:
            return True
        take = _made(f"MATCH (l:{LOCK} {{id: $id}}) SET l.{self.spec.type} = $token")
        tx.run(take, id=_LOCK_ID, token=self.token).consume()
        return False

    def write(self, batch: Columns) -> list[tuple[str, str]]:
        """Dangling (subject, object) of the batch; the others are in the graph."""

        def work(tx: Transaction) -> int:
            nonlocal again
            alone = self._take_lock(tx)
            self.look = self.look or not alone
            create, again = not self.look and not again, True
            return self._create(tx, batch) if create else self._update(tx, batch)

        again = False
        taken = self.store.transact(work)
        return [] if taken == batch.rows else self._dangling(batch)

    def _create(self, tx: Transaction, batch: Columns) -> int:
        values = {name: value for name, value in batch.values.items() if name != "subject"}
        spans = _spans(batch.values["subject"])
        return tx.run(self.create, values | self.owned, spans=spans).single(strict=True)["n"]

    def _update(self, tx: Transaction, batch: Columns) -> int:
        ids = list(dict.fromkeys(batch.values["subject"]))
        found = {
            (record["a"], record["b"], *map(record["r"].get, self.key)): record
            for record in tx.run(self.existing, ids=ids, source=self.owned["source"])
        }
        keys = list(zip(*(batch.values[name] for name in ("subject", "object", *self.key)), strict=True))
        fresh = batch.take([i for i, key in enumerate(keys) if key not in found])
        changed, old = [], 0
        for i, key in enumerate(keys):
            if key in found:
                old += 1
                row = batch.row(i, without=("subject", "object")) | self.owned
                if self.shared and yields(self.owned["source"], found[key]["r"].get("source")):
                    continue
                if self.exact or not row.items() <= found[key]["r"].items():
                    changed.append(
                        {"a": key[0], "b": key[1], "key": dict(zip(self.key, key[2:], strict=True)), "properties": row}
                    )
        if changed:
            tx.run(self.update, rows=changed, source=self.owned["source"]).consume()
        return old + (self._create(tx, fresh) if fresh.rows else 0)

    def _dangling(self, batch: Columns) -> list[tuple[str, str]]:
        ends = []
        for column, query in zip(("subject", "object"), self.present, strict=True):
            ids = list(dict.fromkeys(batch.values[column]))
            ends.append({record["id"] for record in self.store.read(query, ids=ids)})
        pairs = zip(batch.values["subject"], batch.values["object"], strict=True)
        return [(a, b) for a, b in pairs if a not in ends[0] or b not in ends[1]]


def wrote_before(store: Store, *, source: str, run: str) -> bool:
    """Whether the source has begun any other run: each writes its Run node first. Where none has, nothing is stale."""
    asked: LiteralString = "MATCH (n:Run) WHERE n.source = $source AND n.run <> $run RETURN 1 AS one LIMIT 1"
    return bool(store.read(asked, source=source, run=run))


def cleanup(store: Store, *, source: str, run: str) -> CleanupCount:
    """Removes what this source wrote in another run and did not write again; what people made (``kept``) stays."""
    hand_over(store, source, run)
    owned = {"source": source, "run": run}
    edges = nodes = 0
    for spec in EDGES:
        stale = f"MATCH ()-[r:{spec.type}]->() WHERE r.source = $source AND r.run <> $run"
        edges += store.write(_made(f"{stale} DELETE r RETURN count(*) AS n"), **owned)[0]["n"]
    for spec in (node for node in NODES if not node.kept):
        stale = f"MATCH (n:{spec.label}) WHERE n.source = $source AND n.run <> $run"
        nodes += store.write(_made(f"{stale} DETACH DELETE n RETURN count(*) AS n"), **owned)[0]["n"]
    return CleanupCount(nodes, edges)


def _inline(names: Iterable[str]) -> str:
    return ", ".join([*(f"{name}: ${name}[i]" for name in names), "source: $source", "run: $run"])


def _spans(subjects: Sequence[str]) -> list[tuple[str, int, int]]:
    """(subject, first, last) of each run of equal subjects."""
    starts = [0, *(i for i in range(1, len(subjects)) if subjects[i] != subjects[i - 1])]
    return [(subjects[i], i, j - 1) for i, j in zip(starts, [*starts[1:], len(subjects)], strict=True)]


def _batches(table: Columns, what: str) -> Iterator[Columns]:
    """Batches of the table, under a progress bar when there is much to do and somebody looks."""
    starts: Iterable[int] = range(0, table.rows, BATCH)
    if table.rows >= _BAR_FROM and sys.stderr.isatty():
        from rich.progress import track

        from kg.terminal.console import Console

        starts = track(starts, f"writing {table.rows:,} {what}", console=Console(stderr=True), transient=True)
    for start in starts:
        yield table.batch(start, BATCH)
