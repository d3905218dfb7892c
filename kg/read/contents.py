"""Reads of the graph that belong to no one question: what is in it, from where, and what is missing."""

from dataclasses import dataclass
from typing import Any, LiteralString, cast

from kg.schema.edges import EDGES
from kg.schema.nodes import NODE_BY_LABEL, NODES
from kg.store.driver import Store

DIGITS = 12
_SOURCES: LiteralString = "MATCH (s:Source) RETURN s {.*} AS source ORDER BY s.id"
_RELEASE: LiteralString = "MATCH (r:Release) RETURN r {.*} AS release ORDER BY r.id"


def rounded(value: Any, digits: int = DIGITS) -> Any:
    """``value`` with every float at ``digits`` significant digits, tuples as lists: the two stores then give the
    same bytes."""
    if isinstance(value, float):
        # a format that is a constant takes two thirds of the time, and answers have many floats
        return float(f"{value:.12g}") if digits == DIGITS else float(f"{value:.{digits}g}")
    if isinstance(value, (list, tuple)):
        return [rounded(each, digits) for each in value]
    if isinstance(value, dict):
        return {name: rounded(each, digits) for name, each in value.items()}
    return value


@dataclass(frozen=True)
class SourceState:
    """One source as it stands in the graph; ``read == accepted + quarantined`` for one that is loaded."""

    id: str
    label: str
    version: str
    status: str
    reason: str
    read: int
    accepted: int
    quarantined: int


@dataclass(frozen=True)
class Status:
    """Counts per label and relationship type (only those that occur), sources by id, names of releases."""

    nodes: dict[str, int]
    edges: dict[str, int]
    sources: list[SourceState]
    releases: list[str]

    @property
    def missing(self) -> list[SourceState]:
        return [source for source in self.sources if source.status == "missing"]


def ids(store: Store, label: str) -> set[str]:
    """Ids of all nodes of a label that ``kg.schema`` declares."""
    if label not in NODE_BY_LABEL:
        raise KeyError(label)
    return {row["id"] for row in store.read(cast(LiteralString, f"MATCH (n:{label}) RETURN n.id AS id"))}


def names(store: Store, label: str) -> dict[str, str]:
    """Id -> label of all nodes of a label that ``kg.schema`` declares."""
    if label not in NODE_BY_LABEL:
        raise KeyError(label)
    query = cast(LiteralString, f"MATCH (n:{label}) RETURN n.id AS id, n.label AS name")
    return {row["id"]: row["name"] or "" for row in store.read(query)}


def read_status(store: Store) -> Status:
    return Status(
        nodes=_counts(store, [(n.label, f"MATCH (n:{n.label}) RETURN count(n) AS n") for n in NODES]),
        edges=_counts(store, [(e.type, f"MATCH ()-[r:{e.type}]->() RETURN count(r) AS n") for e in EDGES]),
        sources=[_source(row["source"]) for row in store.read(_SOURCES)],
        releases=[row["release"].get("label") or row["release"]["id"] for row in store.read(_RELEASE)],
    )


def _counts(store: Store, queries: list[tuple[str, str]]) -> dict[str, int]:
    """Each query is made from names of the schema alone."""
    counted = {name: store.read(cast(LiteralString, query))[0]["n"] for name, query in queries}
    return {name: n for name, n in counted.items() if n}


def _source(row: dict[str, Any]) -> SourceState:
    return SourceState(
        id=row["id"],
        label=row.get("label", ""),
        version=row.get("version", ""),
        status=row.get("status", ""),
        reason=row.get("reason", ""),
        read=row.get("read_rows", 0),
        accepted=row.get("accepted", 0),
        quarantined=row.get("quarantined", 0),
    )
