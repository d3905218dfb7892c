"""Cell populations near one another in the embedding that they share: by a scan of the embedding, and by the store's
vector index where there are many.

An index holds vectors of one length, and spaces differ: ``place`` is the centroid with zeros after it, which changes no
cosine. It is approximate, and may miss a near one: it is asked for more than are wanted. A graph without the index, or
populations without a place in it, are answered by a scan.
"""

from dataclasses import dataclass
from typing import Any, LiteralString

import numpy as np
from numpy.typing import NDArray

from kg.errors import StoreError, UnknownTermError
from kg.store.driver import Store

SIZE = 512
FEW = 1000
"""Up to so many populations an embedding is scanned, which is exact."""
_MORE = 8
"""How many times as many as are wanted the index is asked for."""
_INDEX = {"neo4j": "cellpopulation_place", "embedded": "CellPopulation[place]"}
_CREATE: LiteralString = """
CREATE VECTOR INDEX cellpopulation_place IF NOT EXISTS FOR (n:CellPopulation) ON (n.place)
OPTIONS {indexConfig: {`vector.dimensions`: 512, `vector.similarity_function`: 'cosine'}}
"""
_CREATE_EMBEDDED = (
    "CREATE PROPERTY CellPopulation.place IF NOT EXISTS ARRAY_OF_FLOATS",
    (
        f"CREATE INDEX IF NOT EXISTS ON CellPopulation (place) LSM_VECTOR METADATA {{dimensions: {SIZE}, similarity:"
        " 'COSINE'}"
    ),
)
_ITSELF: LiteralString = """
MATCH (p:CellPopulation {id: $id})
RETURN p.embedding AS embedding, p.centroid AS centroid, COUNT {
  MATCH (n:CellPopulation {embedding: p.embedding}) } AS all
"""
_NEAR: LiteralString = """
CALL db.index.vector.queryNodes($index, $most, $place) YIELD node, score
RETURN node.id AS id, node.embedding AS embedding, node.centroid AS centroid
"""
_SCAN: LiteralString = "MATCH (n:CellPopulation {embedding: $embedding}) RETURN n.id AS id, n.centroid AS centroid"
_SOME: LiteralString = "MATCH (n:CellPopulation) WHERE n.embedding IS NOT NULL RETURN n.id AS id ORDER BY n.id LIMIT 5"


@dataclass(frozen=True)
class Near:
    """``cosine`` of the two centroids, -1 to 1."""

    id: str
    cosine: float


@dataclass(frozen=True)
class Similar:
    """The nearest first; ``known``: populations of the embedding, the one asked for left out."""

    nearest: tuple[Near, ...]
    known: int


def place(centroid: NDArray[np.float64]) -> list[float] | None:
    """The centroid with zeros after it, ``SIZE`` numbers; None for one that is longer, or all zero."""
    if len(centroid) > SIZE or not np.any(centroid):
        return None
    return [*map(float, centroid), *[0.0] * (SIZE - len(centroid))]


def ensure_place_index(store: Store) -> None:
    """The vector index of the places; nothing happens when it exists."""
    if store.dialect == "neo4j":
        store.write(_CREATE)
        store.read("CALL db.awaitIndexes(120)")
    elif store.server is not None:
        for command in _CREATE_EMBEDDED:
            store.server.sql(command)


def similar_populations(store: Store, to: str, first: int) -> Similar:
    """The ``first`` populations of the same embedding, any species, whose centroids have the highest cosine with that
    of ``to``. Raises UnknownTermError for a population that is not there or has no place in an embedding."""
    found = store.read(_ITSELF, id=to)
    if not found or not found[0]["centroid"]:
        known = tuple(row["id"] for row in store.read(_SOME))
        raise UnknownTermError(to, "cell population with a place in an embedding", suggestions=known, argument="to")
    own, embedding = np.array(found[0]["centroid"], float), found[0]["embedding"]
    rows = None if found[0]["all"] <= FEW else indexed(store, own, embedding, _MORE * (first + 1))
    if rows is None or len(rows) < min(first + 1, found[0]["all"]):
        rows = store.read(_SCAN, embedding=embedding)
    near = [
        Near(row["id"], round(_cosine(own, np.array(row["centroid"], float)), 6)) for row in rows if row["id"] != to
    ]
    return Similar(tuple(sorted(near, key=lambda n: (-n.cosine, n.id))[:first]), found[0]["all"] - 1)


def indexed(store: Store, own: NDArray[np.float64], embedding: str, wanted: int) -> list[dict[str, Any]] | None:
    """At least ``wanted`` populations of the embedding by the index, or all; None where there is no index to ask."""
    if (padded := place(own)) is None:
        return None
    most = wanted
    while True:
        try:
            rows = store.read(_NEAR, index=_INDEX[store.dialect], most=most, place=padded)
        except StoreError:
            return None
        same = [row for row in rows if row["embedding"] == embedding]
        if len(same) >= wanted or len(rows) < most:
            return same
        most *= 4  # the index holds all embeddings: the nearest may be of another


def _cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length > 0 else 0.0
