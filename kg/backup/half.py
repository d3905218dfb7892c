"""The mark of a restore in a store that cannot be put in its place whole: it is set before the first row and taken away
after the last was compared, and :func:`kg.store.driver.open_store` refuses what carries it."""

from typing import LiteralString, cast

from kg.schema.nodes import NODES
from kg.store.driver import HALF, Store

_BATCH = 10_000
_SET: LiteralString = "MERGE (l:WriteLock {id: 'restore'}) SET l.of = $of"
_UNSET: LiteralString = "MATCH (l:WriteLock {id: 'restore'}) DELETE l"
_SOME: LiteralString = "MATCH (n) WHERE NOT n:WriteLock AND NOT n:Ledger AND NOT n:Job RETURN 1 AS one LIMIT 1"


def is_half(store: Store) -> bool:
    return bool(store.read(HALF))


def is_empty(store: Store) -> bool:
    return not store.read(_SOME)


def mark(store: Store, of: str) -> None:
    store.write(_SET, of=of)


def unmark(store: Store) -> None:
    store.write(_UNSET)


def empty(store: Store) -> None:
    """Takes away every node of a label that the schema declares, and its relationships, with the ledger of them; other
    nodes stay."""
    for spec in NODES:
        query = cast(
            LiteralString, f"MATCH (n:{spec.label}) WITH n LIMIT {_BATCH} DETACH DELETE n RETURN count(*) AS n"
        )
        while store.write(query)[0]["n"]:
            pass
    store.write("MATCH (l:Ledger) DELETE l")  # of what was; an ingest writes down what is
