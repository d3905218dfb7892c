"""Cell populations near one another in the embedding that they share."""

from dataclasses import dataclass
from typing import LiteralString

import numpy as np

from kg.errors import UnknownTermError
from kg.store import Store

_PLACE: LiteralString = "MATCH (p:CellPopulation {id: $id}) RETURN p.embedding AS embedding, p.centroid AS centroid"
_OTHERS: LiteralString = """
MATCH (n:CellPopulation {embedding: $embedding}) WHERE n.id <> $id RETURN n.id AS id, n.centroid AS centroid ORDER BY n.id
"""
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


def similar_populations(store: Store, to: str, first: int) -> Similar:
    """The ``first`` populations of the same embedding, any species, whose centroids have the highest cosine with that of
    ``to``; exact. Raises UnknownTermError for a population that is not there or has no place in an embedding."""
    found = store.read(_PLACE, id=to)
    if not found or not found[0]["centroid"]:
        known = tuple(row["id"] for row in store.read(_SOME))
        raise UnknownTermError(to, "cell population with a place in an embedding", suggestions=known, argument="to")
    rows = store.read(_OTHERS, id=to, embedding=found[0]["embedding"])
    if not rows:
        return Similar((), 0)
    place = np.array(found[0]["centroid"], float)
    others = np.array([row["centroid"] for row in rows], float)
    length = np.linalg.norm(others, axis=1) * np.linalg.norm(place)
    cosine = np.divide(others @ place, length, out=np.zeros(len(rows)), where=length > 0)
    best = np.argsort(-cosine, kind="stable")[:first]
    return Similar(tuple(Near(rows[i]["id"], round(float(cosine[i]), 6)) for i in best), len(rows))
