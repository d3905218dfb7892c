"""Which cell populations of different species correspond, as stored, with the cards of the runs behind it."""

from dataclasses import asdict, dataclass
from typing import Any, LiteralString

from kg.errors import UnknownTermError
from kg.read.contents import rounded
from kg.store.driver import Store

_SPACES: LiteralString = """
MATCH (e:Embedding) WHERE $embedding IS NULL OR e.label = $embedding OR e.id = $embedding
RETURN e {.*} AS row ORDER BY e.label
"""
_NAMES: LiteralString = "MATCH (e:Embedding) RETURN e.label AS label ORDER BY label LIMIT 10"
_PAIRS: LiteralString = """
MATCH (a:CellPopulation)-[r:CORRESPONDS_TO]->(b:CellPopulation)
WHERE ($embedding IS NULL OR r.embedding = $embedding)
  AND ($population IS NULL OR a.id = $population OR b.id = $population OR toLower(a.label) = toLower($population)
    OR toLower(b.label) = toLower($population))
RETURN a {.id, .label, .in_taxon} AS a, b {.id, .label, .in_taxon} AS b, r {.*} AS pair
"""
_ALONE: LiteralString = """
MATCH (p:CellPopulation) WHERE p.embedding IN $embeddings AND p.counterpart CONTAINS $none
RETURN p.id AS id, p.label AS label, p.in_taxon AS taxon, p.counterpart AS why, p.embedding AS embedding
  ORDER BY embedding, taxon, label
"""


@dataclass(frozen=True)
class Pair:
    """One correspondence; None where it was not tested or there is nothing to say."""

    embedding: str
    left: str
    left_label: str
    left_taxon: str
    right: str
    right_label: str
    right_taxon: str
    status: str
    score: float | None
    q: float | None
    q_shuffled: float | None
    auroc: float | None
    agrees: bool | None
    published: str
    published_by: str


@dataclass(frozen=True)
class Correspondences:
    """``spaces``: each Embedding with its card and nulls, as properties; ``alone``: populations without a counterpart
    in some species, each with the reason."""

    spaces: tuple[dict[str, Any], ...]
    pairs: tuple[Pair, ...]
    alone: tuple[dict[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        return rounded(asdict(self))


def correspondences(
    store: Store, *, embedding: str | None = None, population: str | None = None, every: bool = False
) -> Correspondences:
    """Pairs that are counterparts, on which the scores or a published table disagree, or ``every`` one; by embedding,
    the counterparts first, then by score. ``population``: id or label of one side.

    Raises UnknownTermError for an embedding or a population that is not there.
    """
    spaces = tuple(row["row"] for row in store.read(_SPACES, embedding=embedding))
    name = spaces[0]["label"] if embedding and spaces else embedding
    rows = store.read(_PAIRS, embedding=name, population=population)
    if embedding and not spaces and not rows:
        known = tuple(row["label"] for row in store.read(_NAMES))
        raise UnknownTermError(embedding, "embedding", suggestions=known, argument="embedding")
    if population and not rows:
        raise UnknownTermError(population, "cell population with a place in an embedding", argument="population")
    pairs = [_pair(row) for row in rows]
    kept = [p for p in pairs if every or p.status == "COUNTERPART" or p.agrees is False or p.published]
    kept.sort(key=lambda p: (p.embedding, p.status != "COUNTERPART", -(p.score or 0.0), p.left, p.right))
    names = [space["label"] for space in spaces]
    alone = [
        dict(row) for word in (": none at", ": UNTESTABLE") for row in store.read(_ALONE, embeddings=names, none=word)
    ]
    told = {row["id"]: row for row in alone}
    if population:
        told = {key: row for key, row in told.items() if population.lower() in (key, row["label"].lower())}
    return Correspondences(
        spaces, tuple(kept), tuple(sorted(told.values(), key=lambda r: (r["embedding"], r["taxon"], r["label"])))
    )


def _pair(row: dict[str, Any]) -> Pair:
    a, b, r = row["a"], row["b"], row["pair"]
    return Pair(
        r["embedding"],
        a["id"],
        a["label"],
        a["in_taxon"],
        b["id"],
        b["label"],
        b["in_taxon"],
        r["status"],
        r.get("score"),
        r.get("q"),
        r.get("q_shuffled"),
        r.get("auroc"),
        r.get("agrees"),
        r.get("published") or "",
        r.get("published_by") or "",
    )
