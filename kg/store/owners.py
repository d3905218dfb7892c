"""Who owns a node that several sources write: the same one, whichever came first.

The state of a disease, a drug and its condition, a model, a species: two studies name them, and each writes them.
Public knowledge goes before studies, then the name of the source decides. The owner's values win; those of the others
fill what the owner leaves out. A source that no longer writes such a node hands it to the next that has relationships
with it.
"""

from collections.abc import Iterable
from typing import Any, LiteralString, cast

from kg.schema.edges import EDGES
from kg.schema.nodes import NODES
from kg.store.driver import Store

SHARED = tuple(spec.label for spec in NODES if spec.shared)
SHARED_EDGES = frozenset((spec.type, a) for spec in EDGES for a, _ in spec.pairs if a in SHARED and not spec.key)
_COMPUTED = ("atlas", "curation", "derived", "likeness", "release")


def owner(sources: Iterable[str]) -> str:
    """Of these, the one whose values win."""
    return min(sources, key=lambda source: (source.startswith("dataset/"), source))


def yields(mine: str, found: Any) -> bool:
    """Whether a source must leave a node to the owner named on it."""
    return isinstance(found, str) and mine != found and owner((mine, found)) == found


def hand_over(store: Store, source: str, run: str) -> None:
    """Shared nodes that the source wrote in another run and not in this, and others use, with their relationships."""
    for label in SHARED:
        stale = f"MATCH (n:{label}) WHERE n.source = $source AND n.run <> $run "
        rows = _read(
            store,
            stale
            + "MATCH (n)-[r]-() WHERE r.source <> $source RETURN n.id AS id, collect(DISTINCT r.source) AS others",
            source=source,
            run=run,
        )
        heirs = [
            {"id": row["id"], "source": owner(others)}
            for row in rows
            if (others := [each for each in row["others"] if each not in _COMPUTED])
        ]
        if not heirs:
            continue
        runs = {row["id"]: row["run"] for row in store.read("MATCH (s:Source) RETURN s.id AS id, s.run AS run")}
        given = [heir | {"run": runs.get(heir["source"], run)} for heir in heirs]
        for kind in sorted(kind for kind, a in SHARED_EDGES if a == label):
            _write(
                store,
                f"UNWIND $rows AS row MATCH (n:{label} {{id: row.id}})-[r:{kind}]->() WHERE r.source = $source AND"
                " r.run <> $run SET r.source = row.source, r.run = row.run",
                rows=given,
                source=source,
                run=run,
            )
        _write(
            store,
            f"UNWIND $rows AS row MATCH (n:{label} {{id: row.id}}) SET n.source = row.source, n.run = row.run",
            rows=given,
        )


def _read(store: Store, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """Text put together from the schema's own names only."""
    return store.read(cast(LiteralString, query), **parameters)


def _write(store: Store, query: str, **parameters: Any) -> None:
    store.write(cast(LiteralString, query), **parameters)
