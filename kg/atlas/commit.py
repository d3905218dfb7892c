"""Puts a version of an atlas: its objects are stored already, then one transaction makes the version and moves the
head.

Two writers that began at the same head do not both move it: the transaction locks the atlas, compares the head with the
one that its writer began at, and of two such transactions the second finds another. If it is killed at any point, the
old head remains.
"""

from typing import Any, LiteralString

from kg.atlas.card import Card
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Manifest, Version, commit_of
from kg.atlas.versions import VERSION, after, atlas_id, version_of
from kg.curie import local
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store, Transaction
from kg.store.write import ensure_schema, write_edges

SOURCE, RUN = "atlas", "orthokg:run/atlas"
_LONGEST_MESSAGE = 2000
# Written first: whoever comes second waits here, or is sent back by the store, and reads the head only then.
_LOCK: LiteralString = "MERGE (a:Atlas {id: $id}) ON CREATE SET a += $new SET a.moved = $when"
_HEAD: LiteralString = """
MATCH (a:Atlas {id: $id}) OPTIONAL MATCH (v:AtlasVersion {id: a.head}) RETURN a.in_taxon AS taxon, v {.*} AS head
"""
_CREATE: LiteralString = "MERGE (v:AtlasVersion {id: $id}) SET v = $row"
_MOVE: LiteralString = """
MATCH (a:Atlas {id: $atlas}) MATCH (v:AtlasVersion {id: $id})
CREATE (a)-[:HAS_VERSION {source: $source, run: $run}]->(v) SET a.head = $id
"""
_PARENT: LiteralString = """
MATCH (v:AtlasVersion {id: $id}) MATCH (p:AtlasVersion {id: $parent})
CREATE (v)-[:PARENT_VERSION {source: $source, run: $run}]->(p)
"""
_CONTAINS: LiteralString = """
MATCH (v:AtlasVersion {id: $id}) UNWIND $datasets AS dataset MATCH (d:Dataset {id: dataset})
CREATE (v)-[:CONTAINS {source: $source, run: $run}]->(d)
"""
_ONE: LiteralString = "MATCH (v:AtlasVersion {id: $id}) RETURN v {.*} AS version"
_ALL: LiteralString = "MATCH (v:AtlasVersion) RETURN v.id AS id, v.datasets AS datasets"
_OWNED = {"source": SOURCE, "run": RUN}


def commit(
    store: Store, objects: ObjectStore, manifest: Manifest, author: Author, message: str, *, parent: str = ""
) -> Version:
    """A new version at the head of its atlas. ``parent``: id of the version that was the head when the work began;
    empty where the atlas is new. Where the head holds the same content, it is returned and nothing is written.

    Raises ContractError ARGUMENT, MANIFEST (with each object that is not there), CARD; UnknownTermError for the parent;
    KgError ATLAS_MOVED, which names the new head.
    """
    if not 0 < len(message.strip()) <= _LONGEST_MESSAGE:
        rule, found = f"a message of 1 to {_LONGEST_MESSAGE} letters", f"{len(message.strip())} letters"
        raise ContractError([Issue("message", rule, found, "say what is new in this version")], code="ARGUMENT")
    card = _card(objects, manifest)
    before = _version(store, parent) if parent else None
    if before and before.in_taxon != manifest.taxon:
        fix = f"make an atlas of {manifest.taxon} under another name"
        raise ContractError(
            [Issue("taxon", f"MANIFEST: {manifest.atlas} is of {before.in_taxon}", manifest.taxon, fix)],
            code="MANIFEST",
        )
    ensure_schema(store)
    objects.put(manifest.pack())
    # Stamped before the transaction: tried again after an answer that was lost, it finds its own work.
    when = after(before.when if before else "")
    made = commit_of(manifest.content_id, parent, author.name, author.orcid, message.strip(), when)
    row = _row(manifest, card, author, message.strip(), parent, when, made)
    atlas = atlas_id(manifest.atlas)
    new = {"label": manifest.atlas, "in_taxon": manifest.taxon, **_OWNED}

    def work(tx: Transaction) -> dict[str, Any]:
        tx.run(_LOCK, id=atlas, new=new, when=when).consume()
        stands = tx.run(_HEAD, id=atlas).single(strict=True)
        head: dict[str, Any] = stands["head"] or {}
        if head.get("content") == manifest.content_id:
            return head
        if (head.get("id") or "") != parent:
            raise _moved(manifest.atlas, parent, head)
        tx.run(_CREATE, {"id": row["id"], "row": row}).consume()
        tx.run(_MOVE, {"atlas": atlas, "id": row["id"], **_OWNED}).consume()
        if parent:
            tx.run(_PARENT, {"id": row["id"], "parent": parent, **_OWNED}).consume()
        tx.run(_CONTAINS, {"id": row["id"], "datasets": row["datasets"], **_OWNED}).consume()
        return row

    return version_of(store.transact(work), True)


def relink(store: Store) -> None:
    """Write CONTAINS where a study of a version has come into the graph since; idempotent."""
    rows = [{"subject": row["id"], "object": dataset} for row in store.read(_ALL) for dataset in row["datasets"] or ()]
    write_edges(store, "CONTAINS", "AtlasVersion", "Dataset", rows, source=SOURCE, run=RUN)


def _card(objects: ObjectStore, manifest: Manifest) -> Card:
    """Of a manifest whose objects are all there."""
    issues = [
        Issue(key, "MANIFEST: an object that a version names is in the store", f"none of {each.sha256[:12]}…", "put it")
        for key, each in sorted(manifest.objects.items())
        if not objects.has(each.sha256, each.bytes)
    ]
    if issues:
        raise ContractError(issues, code="MANIFEST")
    return Card.unpack(objects.read(manifest.objects["quality"].sha256))


def _version(store: Store, key: str) -> Version:
    found = store.read(_ONE, id=key)
    if not found:
        raise UnknownTermError(key, "version of an atlas")
    return version_of(found[0]["version"], False)


def _row(
    manifest: Manifest, card: Card, author: Author, message: str, parent: str, when: str, commit: str
) -> dict[str, Any]:
    row = {
        "id": local("atlas-version", commit),
        "label": f"{manifest.atlas}@{commit[:12]}",
        "atlas": manifest.atlas,
        "in_taxon": manifest.taxon,
        "content": manifest.content_id,
        "parent": parent,
        "author": author.name,
        "orcid": author.orcid,
        "message": message,
        "when": when,
        "engine": f"{card.engine.name} {card.engine.version}".strip(),
        "n_studies": len(card.studies),
        "n_donors": card.donors,
        "n_cells": card.cells,
        "n_types": len(card.types),
        "datasets": sorted({each.dataset for each in card.studies if each.dataset}),
    }
    assert row["id"] == f"{VERSION}{commit}"
    assert row.keys() == {"id", *(each.name for each in NODE_BY_LABEL["AtlasVersion"].properties)}
    return {**row, **_OWNED}


def _moved(atlas: str, parent: str, head: dict[str, Any]) -> KgError:
    stands = f"stands at {head['label']} ({head['when']}, by {head['author']})" if head else "has no version"
    began = f"began at {parent.removeprefix(VERSION)[:12]}" if parent else "was to be its first version"
    return KgError(
        f"{atlas} {stands}, and this {began}: somebody else was first. Make yours again from there.", code="ATLAS_MOVED"
    )
