"""The whole graph as rows in one order on both stores: every property of every node and relationship of the schema's
labels and types, also those that the schema does not declare. What else a graph holds is counted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

from kg.backup.chunks import Row, grouped, key_of, line
from kg.backup.manifest import Group
from kg.backup.objects import Objects
from kg.integrity.ledger import OUTSIDE
from kg.read.stream import PAGE, declared, pages
from kg.release.releases import Fingerprinter, is_data
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.schema.spec import EdgeSpec, NodeSpec, Property
from kg.store.driver import Store

Ends = tuple[str, str]
_LABELS: LiteralString = "MATCH (n) RETURN labels(n) AS labels, count(*) AS n"
_TYPES: LiteralString = "MATCH ()-[r]->() RETURN type(r) AS type, count(*) AS n"


@dataclass
class WholeGraph:
    """``outside``: what was met and cannot be kept, counted by name."""

    store: Store
    outside: Counter[str] = field(default_factory=Counter)

    def groups(self) -> Iterator[tuple[NodeSpec | EdgeSpec, Ends | None]]:
        """Nodes before relationships, in the schema's order."""
        for node in LASTING:
            yield node, None
        for edge in EDGES:
            for ends in edge.pairs:
                yield edge, ends

    def rows(self, spec: NodeSpec | EdgeSpec, ends: Ends | None) -> Iterator[Row]:
        if isinstance(spec, EdgeSpec):
            assert ends is not None
            return self._edges(spec, ends)
        return self._nodes(spec)

    def group(
        self,
        spec: NodeSpec | EdgeSpec,
        ends: Ends | None,
        objects: Objects | None = None,
        made: Fingerprinter | None = None,
    ) -> Group:
        """All rows of a label or type, kept in ``objects``; those that a release names are told to ``made``."""
        what = spec.type if isinstance(spec, EdgeSpec) else spec.label
        rows = self.rows(spec, ends)
        return grouped(what, ends, _told(rows, spec, ends, made) if made and is_data(spec, ends) else rows, objects)

    def _nodes(self, spec: NodeSpec) -> Iterator[Row]:
        ids = _text(f"MATCH (n:{spec.label}) WHERE n.id IS NOT NULL RETURN n.id AS id")
        query = _text(f"UNWIND $ids AS id MATCH (n:{spec.label} {{id: id}}) RETURN properties(n) AS n")
        wanted = sorted(row["id"] for row in self.store.read(ids))
        kinds = _kinds(spec.properties)
        for start in range(0, len(wanted), PAGE):
            found = [row["n"] for row in self.store.read(query, ids=wanted[start : start + PAGE])]
            yield from ([self._kept(row, kinds, spec.label)] for row in sorted(found, key=lambda row: row["id"]))

    def _edges(self, spec: EdgeSpec, ends: Ends) -> Iterator[Row]:
        a, b = ends
        counts = _text(f"MATCH (a:{a})-[r:{spec.type}]->(:{b}) WHERE a.id IS NOT NULL RETURN a.id AS id, count(r) AS n")
        query = _text(
            f"UNWIND $ids AS id MATCH (a:{a} {{id: id}})-[r:{spec.type}]->(b:{b}) WHERE b.id IS NOT NULL "
            "RETURN a.id AS a, b.id AS b, properties(r) AS r"
        )
        kinds = _kinds(spec.properties)
        for page in pages(sorted((row["id"], row["n"]) for row in self.store.read(counts))):
            rows = [
                [row["a"], row["b"], self._kept(row["r"], kinds, spec.type)] for row in self.store.read(query, ids=page)
            ]
            yield from sorted(
                rows, key=lambda row: (key_of(row), [str(row[2].get(name, "")) for name in spec.key], line(row))
            )

    def _kept(self, found: dict[str, Any], kinds: dict[str, str], what: str) -> dict[str, Any]:
        """A float is one even where a store gives it back as an integer."""
        made = {}
        for name, value in found.items():
            if value is None:
                continue
            kind = kinds.get(name)
            if kind == "float":
                made[name] = float(value)
            elif kind == "floats":
                made[name] = list(map(float, value))
            elif _plain(value):
                made[name] = value
            else:
                self.outside[f"property {what}.{name} ({type(value).__name__})"] += 1
        return made

    def count_outside(self, groups: Iterable[Group]) -> None:
        """What no group holds: other labels and types, nodes without an id, relationships between other labels."""
        nodes: Counter[str] = Counter()
        edges: Counter[str] = Counter()
        for group in groups:
            (edges if group.ends else nodes)[group.what] += group.rows
        for row in self.store.read(_LABELS):
            if OUTSIDE & {*row["labels"]}:
                continue
            own = next((label for label in row["labels"] if label in nodes), None)
            if own:
                nodes[own] -= row["n"]
                for label in row["labels"]:
                    if label != own:
                        self.outside[f"second label {label} of {own}"] += row["n"]
            else:
                self.outside[f"node {':'.join(sorted(row['labels'])) or 'without a label'}"] += row["n"]
        for label, n in nodes.items():
            if n < 0:
                self.outside[f"node {label} without an id"] -= n
        for row in self.store.read(_TYPES):
            if (n := row["n"] - edges[row["type"]]) > 0:
                self.outside[f"relationship {row['type']}"] += n


def name_of(spec: NodeSpec | EdgeSpec, ends: Ends | None) -> str:
    """As :attr:`kg.backup.manifest.Group.name`."""
    if isinstance(spec, EdgeSpec):
        return f"{ends[0]} {spec.type} {ends[1]}" if ends else spec.type
    return spec.label


def _told(rows: Iterable[Row], spec: NodeSpec | EdgeSpec, ends: Ends | None, made: Fingerprinter) -> Iterator[Row]:
    for row in rows:
        own = declared(row[-1], spec.properties)
        made.add(spec, ends, {"subject": row[0], "object": row[1], **own} if ends else own)
        yield row


def _text(query: str) -> LiteralString:
    """Put together from the schema's own names only."""
    return cast(LiteralString, query)


def _kinds(properties: tuple[Property, ...]) -> dict[str, str]:
    return {p.name: p.kind for p in properties}


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, (str, bool, int, float)) for each in value)
    return isinstance(value, (str, bool, int, float))
