"""Graphs that many tests begin with: ingested once in a run of the tests, kept as rows in its folder, where all workers
find them, and laid down again as they were then."""

import os
import pickle
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

from kg.signatures.store import SignatureStore
from kg.store.driver import Store, Transaction

Rows = dict[tuple[str, ...], list[dict[str, Any]]]
_BATCH = 2000
FOLDER: list[Path] = []
"""Of this run: set by ``tests/conftest.py``; without one, nothing is kept."""
_FILLED: "dict[tuple[str, str], Laid]" = {}


@dataclass(frozen=True)
class Laid:
    """Nodes by label, relationships by (label, type, label)."""

    nodes: Rows
    edges: Rows


def made_once(store: Store, folder: Path, name: str, ingest: Callable[[SignatureStore], None]) -> SignatureStore:
    """Signatures in ``folder`` of the graph of that name, which ``ingest`` makes where it is not kept, or where
    something is there already."""
    place, new = folder / "signatures", [each / name for each in FOLDER]
    if place.exists() or store.read("MATCH (n) RETURN count(n) AS n") != [{"n": 0}]:
        new.clear()
    for kept in new:
        if kept.is_dir():
            _lay(store, pickle.loads((kept / "graph").read_bytes()))
            shutil.copytree(kept / "signatures", place)
            return SignatureStore(place)
    signatures = SignatureStore(place)
    ingest(signatures)
    for kept in new:
        _keep(store, place, kept)
    return signatures


def filled(store: Store, name: str, write: Callable[[], None]) -> None:
    """Puts the graph of that name into the store: ``write`` does, once in this process for each kind of store, and
    wherever the store is not empty."""
    empty = store.read("MATCH (n) RETURN count(n) AS n") == [{"n": 0}]
    if empty and (name, store.dialect) in _FILLED:
        _lay(store, _FILLED[name, store.dialect])
        return
    write()
    if empty:
        _FILLED[name, store.dialect] = _taken(store)


def _keep(store: Store, signatures: Path, place: Path) -> None:
    """Whole or not at all; of two workers that made it at once, the first's stays."""
    making = place.with_name(f"{place.name}-of-{os.getpid()}")
    making.mkdir(parents=True)
    (making / "graph").write_bytes(pickle.dumps(_taken(store)))
    shutil.copytree(signatures, making / "signatures")
    try:
        making.rename(place)
    except OSError:
        shutil.rmtree(making)


def _taken(store: Store) -> Laid:
    nodes, edges = defaultdict(list), defaultdict(list)
    for row in store.read("MATCH (n) RETURN labels(n) AS labels, properties(n) AS p"):
        (label,) = row["labels"]
        nodes[(label,)].append(row["p"])
    for row in store.read(
        "MATCH (a)-[r]->(b) RETURN labels(a) AS a, a.id AS subject, type(r) AS type, b.id AS object, labels(b) AS b,"
        " properties(r) AS p"
    ):
        edges[row["a"][0], row["type"], row["b"][0]].append(
            {"subject": row["subject"], "object": row["object"], "p": row["p"]}
        )
    return Laid(dict(nodes), dict(edges))


def _lay(store: Store, laid: Laid) -> None:
    """All nodes in one transaction and all relationships in another."""
    nodes = [(f"UNWIND $rows AS row CREATE (n:{label}) SET n += row", rows) for (label,), rows in laid.nodes.items()]
    edges = [
        (
            f"UNWIND $rows AS row MATCH (a:{a} {{id: row.subject}}) MATCH (b:{b} {{id: row.object}}) CREATE"
            f" (a)-[r:{kind}]->(b) SET r += row.p",
            rows,
        )
        for (a, kind, b), rows in laid.edges.items()
    ]
    for queries in (nodes, edges):
        store.transact(lambda tx, queries=queries: _run(tx, queries))


def _run(tx: Transaction, queries: list[tuple[str, list[dict[str, Any]]]]) -> None:
    for query, rows in queries:
        for start in range(0, len(rows), _BATCH):
            tx.run(cast(LiteralString, query), rows=rows[start : start + _BATCH]).consume()
