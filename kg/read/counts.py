"""How many of each label and relationship there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kg.read.nodes import Branch
from kg.schema.edges import EDGES
from kg.schema.nodes import NODES


@dataclass(frozen=True)
class Counts:
    """Only what occurs, in the order of the schema."""

    nodes: dict[str, int]
    edges: dict[str, int]


@dataclass(frozen=True)
class CountsWant:
    """The counts of the whole graph; the ids of ``read`` mean nothing."""

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:  # noqa: ARG002
        patterns = [(spec.label, f"(x:{spec.label})") for spec in NODES]
        patterns += [(spec.type, f"()-[x:{spec.type}]->()") for spec in EDGES]
        return [
            Branch(
                f"MATCH {p} RETURN '{tag}' AS tag, '{n}' AS parent, NULL AS node, NULL AS edge, [count(x)] AS key", {}
            )
            for n, p in patterns
        ]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        found = {row["parent"]: row["key"][0] for row in rows if row["key"][0]}
        nodes = {spec.label: found[spec.label] for spec in NODES if spec.label in found}
        edges = {spec.type: found[spec.type] for spec in EDGES if spec.type in found}
        return dict.fromkeys(ids, Counts(nodes, edges))
