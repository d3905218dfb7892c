"""Runs a user's query in a session that can only read. ``kg.store.guard`` looks at its words first."""

from dataclasses import dataclass
from typing import Any, LiteralString, cast

import neo4j
from neo4j import exceptions, graph

from kg.errors import StoreError
from kg.store.driver import Store
from kg.store.query_text import refused

MAX_BYTES = 16 << 20
_FETCH = 200


@dataclass(frozen=True)
class Node:
    """``key`` tells nodes of one answer apart, and only that; the node's own id is among its properties."""

    key: str
    labels: list[str]
    properties: dict[str, Any]


@dataclass(frozen=True)
class Relationship:
    """``start`` and ``end``: keys of its nodes."""

    key: str
    type: str
    start: str
    end: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class Path:
    nodes: list[Node]
    relationships: list[Relationship]


@dataclass(frozen=True)
class UserRows:
    """Rows in the query's own order; ``truncated`` when there were more than asked for, or more than ``MAX_BYTES``.

    A value is null, a boolean, a number, a string, a list or map of such, a :class:`Node`, :class:`Relationship` or
    :class:`Path`; times, durations and points are strings.
    """

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


def _taken(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, graph.Node):
        return Node(value.element_id, sorted(value.labels), _taken(dict(value)))
    if isinstance(value, graph.Relationship):
        start, end = (node.element_id if node else "" for node in (value.start_node, value.end_node))
        return Relationship(value.element_id, value.type, start, end, _taken(dict(value)))
    if isinstance(value, graph.Path):
        return Path([_taken(node) for node in value.nodes], [_taken(each) for each in value.relationships])
    if isinstance(value, list):
        return [_taken(each) for each in value]
    if isinstance(value, dict):
        return {name: _taken(each) for name, each in value.items()}
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)


def _size(value: Any) -> int:
    """Bytes of a value as text, about."""
    if isinstance(value, str):
        return len(value) + 8
    if isinstance(value, (list, tuple)):
        return 8 + sum(map(_size, value))
    if isinstance(value, dict):
        return 8 + sum(len(name) + _size(each) for name, each in value.items())
    if isinstance(value, (Node, Relationship, Path)):
        return 64 + sum(map(_size, vars(value).values()))
    return 8


def ask(store: Store, text: str, parameters: dict[str, Any], *, max_rows: int, timeout: float) -> UserRows:
    """Rows of a query that passed ``kg.store.guard.check_words``; on Neo4j the planner must call it a read as well."""
    # The one place where a query is not ours: it has passed check_words and meets a session that can only read.
    query = cast(LiteralString, text)
    store.wait_until_started()
    try:
        with store.reader_session(fetch_size=_FETCH) as session:
            if store.dialect == "neo4j":
                plan = cast(LiteralString, f"EXPLAIN {text}")
                if session.run(neo4j.Query(plan, timeout=timeout), parameters).consume().query_type != "r":
                    raise refused("a query that the server plans as a write")
            result = session.run(neo4j.Query(query, timeout=timeout), parameters)
            columns, rows, room = list(result.keys()), [], MAX_BYTES
            for record in result:
                row = [_taken(value) for value in record.values()]
                room -= _size(row)
                if len(rows) == max_rows or (room < 0 and rows):
                    return UserRows(columns, rows, truncated=True)
                rows.append(row)
            return UserRows(columns, rows, truncated=False)
    except (exceptions.ClientError, exceptions.DatabaseError, exceptions.TransientError) as error:
        raise _user_error(store, error) from error
    except (exceptions.Neo4jError, exceptions.DriverError) as error:
        raise store.explained(error) from error


def _user_error(store: Store, error: exceptions.Neo4jError) -> StoreError:
    text = f"{error.code or ''} {error.message or ''}"
    if isinstance(error, exceptions.Forbidden) or "AccessMode" in text or "not allowed" in text.lower():
        return refused("what this query does")
    if "TimedOut" in text or "timeout" in text.lower():
        return StoreError(
            "The query took too long: ask for less, or start from the id of a node.", code="STORE_TIMEOUT"
        )
    if "MemoryPool" in text or "OutOfMemory" in text:
        return StoreError(
            "The query needs more memory than one query may have: ask for less, or page by LIMIT.",
            code="STORE_TOO_LARGE",
        )
    told = store.explained(error)
    if told.code == "STORE":
        return StoreError(f"The query failed: {error.message}", code="STORE_QUERY")
    return told
