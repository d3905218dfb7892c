"""Runs a query that is not ours in a session that can only read. ``kg.guard`` looks at its words first."""

from dataclasses import dataclass
from typing import Any, LiteralString, cast

import neo4j
from neo4j import exceptions, graph

from kg.errors import StoreError
from kg.store import Store


@dataclass(frozen=True)
class UserRows:
    """Rows in the query's own order; ``truncated`` when there were more than asked for."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


def refused(what: str) -> StoreError:
    return StoreError(
        f"This door only reads: {what} is refused and nothing was run. Use MATCH, WITH, UNWIND, RETURN; a name that "
        "happens to be such a word goes between backticks.",
        code="STORE_READ_ONLY",
    )


def _plain(value: Any) -> Any:
    """Nodes, relationships and paths as dicts and lists."""
    if isinstance(value, graph.Node):
        return {"labels": sorted(value.labels), **value}
    if isinstance(value, graph.Relationship):
        return {"type": value.type, **value}
    if isinstance(value, graph.Path):
        return [_plain(node) for node in value.nodes]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def ask(store: Store, text: str, parameters: dict[str, Any], *, max_rows: int, timeout: float) -> UserRows:
    """Rows of a query that passed ``kg.guard.check_words``; on Neo4j the planner must call it a read as well."""
    # The one place where a query is not ours: it has passed check_words and meets a session that can only read.
    query = cast(LiteralString, text)
    try:
        with store.reader_session() as session:
            if store.dialect == "neo4j":
                plan = cast(LiteralString, f"EXPLAIN {text}")
                if session.run(neo4j.Query(plan, timeout=timeout), parameters).consume().query_type != "r":
                    raise refused("a query that the server plans as a write")
            result = session.run(neo4j.Query(query, timeout=timeout), parameters)
            columns, rows = list(result.keys()), []
            for record in result:
                if len(rows) == max_rows:
                    return UserRows(columns, rows, truncated=True)
                rows.append([_plain(value) for value in record.values()])
            return UserRows(columns, rows, truncated=False)
    except (exceptions.Forbidden, exceptions.ClientError) as error:
        raise _user_error(store, error) from error
    except (exceptions.Neo4jError, exceptions.DriverError) as error:
        raise store.explained(error) from error


def _user_error(store: Store, error: exceptions.ClientError) -> StoreError:
    text = f"{error.code or ''} {error.message or ''}"
    if isinstance(error, exceptions.Forbidden) or "AccessMode" in text or "not allowed" in text.lower():
        return refused("what this query does")
    if "TimedOut" in text or "timeout" in text.lower():
        return StoreError("The query took too long: ask for less, or start from a node's id.", code="STORE_TIMEOUT")
    return store.explained(error)
