"""Runs queries that users write: they read and do nothing else, on both stores.

Three checks, one after another: the words of the query (here), what the server's planner calls it (Neo4j: EXPLAIN must
say ``r``), and a session that may only read (READ mode; on the embedded store a user without any other right). The
first also refuses what the other two let through: procedures and ``LOAD CSV`` read files and addresses, and functions
of a plugin (or of the embedded store) may do as much, or sleep.
"""

import re
from typing import Any

from kg.errors import ContractError, Issue, StoreError
from kg.store.driver import Store
from kg.store.query_text import Token, check_calls, refused, tokens_of
from kg.store.reader import UserRows, ask

PROCEDURES = frozenset(
    {
        "db.index.fulltext.querynodes",
        "db.index.fulltext.queryrelationships",
        "db.index.vector.querynodes",
        "db.index.vector.queryrelationships",
        "db.labels",
        "db.propertykeys",
        "db.relationshiptypes",
        "db.schema.nodetypeproperties",
        "db.schema.reltypeproperties",
        "db.schema.visualization",
    }
)
_STARTS = frozenset({"MATCH", "OPTIONAL", "RETURN", "WITH", "UNWIND", "CALL"})
_REFUSED = frozenset({
    "ALTER", "CREATE", "DEALLOCATE", "DELETE", "DENY", "DETACH", "DROP", "ENABLE", "EXECUTE", "FOREACH", "GRANT",
    "INSERT", "LOAD", "MERGE", "REALLOCATE", "REMOVE", "RENAME", "REVOKE", "SET", "SHOW", "START", "STOP", "TERMINATE",
    "TRUNCATE", "USE",
})  # fmt: skip
_DEEPEST = 16
_ESCAPE = re.compile(r"\\u+([0-9A-Fa-f]{4})")


def check_words(text: str) -> None:
    """Raises StoreError (STORE_READ_ONLY) for a query that is anything but one statement that reads.

    Neo4j decodes \\uXXXX before anything else, the embedded store does not: the query must only read in both readings.
    """
    for reading in dict.fromkeys((text, _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))):
        _check_reading(reading)


def _check_reading(text: str) -> None:
    tokens = tokens_of(text)
    if not tokens:
        raise StoreError("The query is empty.", code="STORE_SYNTAX")
    if tokens[0].kind != "word" or tokens[0].text.upper() not in _STARTS:
        raise refused(f"a query that starts with {tokens[0].text!r}")
    check_calls(tokens)
    for place, token in enumerate(tokens):
        word = token.text
        if word == ";":
            raise refused("a second statement")
        before = tokens[place - 1].text if place else ""
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if token.kind != "word" or before in (".", ":", "$", "|", "&", "!") or (after == ":" and before in ("{", ",")):
            continue
        if word.upper() in _REFUSED:
            raise refused(word.upper())
        if word.upper() == "CALL" and after not in ("{", "("):
            name = _dotted(tokens, place + 1)
            if name.lower() not in PROCEDURES:
                raise refused(f"the procedure {name or '?'}")


def _dotted(tokens: list[Token], start: int) -> str:
    """The dotted name that stands at ``start``."""
    parts, place = [], start
    while place < len(tokens) and tokens[place].names:
        parts.append(tokens[place].name)
        place += 1
        if place >= len(tokens) or tokens[place].text != ".":
            break
        place += 1
    return ".".join(parts)


def run_user_query(
    store: Store,
    text: str,
    parameters: dict[str, Any] | None = None,
    *,
    max_rows: int = 1000,
    timeout: float = 30.0,
) -> UserRows:
    """Rows of a user's query, at most ``max_rows``.

    ``timeout`` in seconds holds on Neo4j; the embedded store ends a user's query that scans after its own 20 s (60 s
    where it is read through another process), and not every other. Raises StoreError: STORE_READ_ONLY for a query that
    does more than read, STORE_SYNTAX, STORE_TIMEOUT, and STORE_QUERY for what fails as it runs; ContractError for
    parameters of a type that the store lacks.
    """
    if not _is_text(text):
        raise StoreError("The query contains a lone surrogate: send it as UTF-8.", code="STORE_SYNTAX")
    check_words(text)
    for name, value in (parameters or {}).items():
        if not (_is_text(name) and _has_value(value)):
            rule = f"a number of 64 bits, text, a list or a map, {_DEEPEST} deep at most"
            issue = Issue("parameters", rule, repr(name)[:60], "send another value")
            raise ContractError([issue], code="ARGUMENT")
    return ask(store, text, parameters or {}, max_rows=max_rows, timeout=timeout)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)


def _has_value(value: Any, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, list):
        return all(_has_value(each, depth + 1) for each in value)
    if isinstance(value, dict):
        return all(
            isinstance(key, str) and _is_text(key) and _has_value(each, depth + 1) for key, each in value.items()
        )
    return value is None or isinstance(value, float)
