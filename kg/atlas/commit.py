"""Commits a version to a branch of an atlas: once its objects are stored, one transaction creates the version and moves
the head.

Of two writers that started from the same head only one moves it: the transaction takes a lock on all atlases and
compares the current head with the one its writer started from, so the second writer finds that the head has moved. If
the process is killed at any point, the old head remains.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from kg.atlas.card import Card
from kg.atlas.objects import ObjectStore
from kg.atlas.version import MAIN, Author, Manifest, Version, commit_of
from kg.atlas.versions import VERSION, after, atlas_id, branch_id, version_of
from kg.curie import local
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store, Transaction
from kg.store.write import ensure_schema, write_edges

SOURCE, RUN = "atlas", "orthokg:run/atlas"
LONGEST_TEXT = 2000
# Written first: a second writer waits here, or is rejected by the store and retried, and only then reads the heads.
_LOCK: LiteralString = "MERGE (l:WriteLock {id: 'atlases'}) SET l.taken = $when"
_ATLAS: LiteralString = "MERGE (a:Atlas {id: $id}) ON CREATE SET a += $new"
_HEAD: LiteralString = """
MATCH (a:Atlas {id: $id}) OPTIONAL MATCH (v:AtlasVersion {id: a.head}) RETURN v {.*} AS head
"""
_BRANCH_HEAD: LiteralString = """
MATCH (b:AtlasBranch {id: $id}) OPTIONAL MATCH (v:AtlasVersion {id: b.head}) RETURN v {.*} AS head
"""
_CREATE: LiteralString = "MERGE (v:AtlasVersion {id: $id}) SET v = $row"
_HAS: LiteralString = """
MATCH (a:Atlas {id: $atlas}) MATCH (v:AtlasVersion {id: $id})
CREATE (a)-[:HAS_VERSION {source: $source, run: $run}]->(v)
"""
_MOVE: LiteralString = "MATCH (a:Atlas {id: $atlas}) SET a.head = $id, a.moved = $when"
_LEAVE: LiteralString = "MATCH (:AtlasVersion)-[r:HEAD_OF]->(:AtlasBranch {id: $branch}) DELETE r"
_MOVE_BRANCH: LiteralString = """
MATCH (b:AtlasBranch {id: $branch}) MATCH (v:AtlasVersion {id: $id})
CREATE (v)-[:HEAD_OF {source: $source, run: $run}]->(b) SET b.head = $id
"""
_PARENTS: LiteralString = """
MATCH (v:AtlasVersion {id: $id}) UNWIND $parents AS parent MATCH (p:AtlasVersion {id: parent})
CREATE (v)-[:PARENT_VERSION {source: $source, run: $run}]->(p)
"""
_CONTAINS: LiteralString = """
MATCH (v:AtlasVersion {id: $id}) UNWIND $datasets AS dataset MATCH (d:Dataset {id: dataset})
CREATE (v)-[:CONTAINS {source: $source, run: $run}]->(d)
"""
_ONE: LiteralString = "MATCH (v:AtlasVersion {id: $id}) RETURN v {.*} AS version"
_ALL: LiteralString = "MATCH (v:AtlasVersion) RETURN v.id AS id, v.datasets AS datasets"
_ASKED: LiteralString = "MATCH (s:Submission) RETURN s.id AS id, s.datasets AS datasets"
OWNED = {"source": SOURCE, "run": RUN}


@dataclass(frozen=True)
class Due:
    """A version ready to be committed. ``row``: properties of its node; ``merged``: whether it merges another branch,
    in which case it is a new version even if its content equals the head's."""

    row: dict[str, Any]

    @property
    def merged(self) -> bool:
        return bool(self.row["merged"])


def commit(
    store: Store,
    objects: ObjectStore,
    manifest: Manifest,
    author: Author,
    message: str,
    *,
    parent: str = "",
    branch: str = MAIN,
    merged: str = "",
    caveats: Sequence[str] = (),
) -> Version:
    """Commits a new version to a branch and returns it. ``parent``: id of the version that was the head when the work
    began, empty for a new atlas; ``branch``: its name; ``merged``: id of a version of another branch that it merges;
    ``caveats``: notes shown with every answer based on it. If the head already has the same content, the head is
    returned and nothing is written, except for a merge.

    Raises ContractError ARGUMENT, MANIFEST (listing each missing object), CARD; UnknownTermError for the parent or the
    branch; KgError ATLAS_MOVED, which names the new head.
    """
    due = prepared(
        store, objects, manifest, author, message, parent=parent, branch=branch, merged=merged, caveats=caveats
    )
    return version_of(store.transact(lambda tx: put(tx, due)), branch == MAIN)


def prepared(
    store: Store,
    objects: ObjectStore,
    manifest: Manifest,
    author: Author,
    message: str,
    *,
    parent: str = "",
    branch: str = MAIN,
    merged: str = "",
    caveats: Sequence[str] = (),
    submission: int = 0,
) -> Due:
    """As :func:`commit`, but stores only the manifest; :func:`put` writes the version. ``submission``: number of the
    submission that it accepts."""
    check_text("message", message, "describe what is new in this version")
    card = checked(objects, manifest)
    before = version_by_id(store, parent) if parent else None
    if before and before.in_taxon != manifest.taxon:
        fix = f"create an atlas of {manifest.taxon} under another name"
        raise ContractError(
            [Issue("taxon", f"MANIFEST: {manifest.atlas} is of {before.in_taxon}", manifest.taxon, fix)],
            code="MANIFEST",
        )
    ensure_schema(store, "Atlas", "AtlasVersion")
    objects.put(manifest.pack())
    # Stamped before the transaction, so that a retry after a lost response finds its own work.
    when = after(max(before.when, version_by_id(store, merged).when if merged else "") if before else "")
    more = {"branch": branch, "merged": merged, "submission": submission, "caveats": tuple(caveats)}
    message = message.strip()
    made = commit_of(manifest.content_id, parent, author.name, author.orcid, message, when, **more)  # type: ignore[arg-type]
    row = _row(manifest, card, author, message, parent, when, made) | more | {"caveats": list(caveats)}
    assert row.keys() == {"id", *OWNED, *(each.name for each in NODE_BY_LABEL["AtlasVersion"].properties)}
    return Due(row)


def put(tx: Transaction, due: Due) -> dict[str, Any]:
    """Writes the version within a transaction and returns the branch's head after it, as a row. Raises KgError
    ATLAS_MOVED; UnknownTermError for the branch."""
    row = due.row
    lock(tx, row["when"])
    atlas, main = atlas_id(row["atlas"]), row["branch"] == MAIN
    branch = branch_id(row["atlas"], row["branch"])
    if main:
        tx.run(_ATLAS, id=atlas, new={"label": row["atlas"], "in_taxon": row["in_taxon"], **OWNED}).consume()
    stands = (tx.run(_HEAD, id=atlas) if main else tx.run(_BRANCH_HEAD, id=branch)).single()
    if stands is None:
        raise UnknownTermError(f"{row['atlas']}/{row['branch']}", "branch of an atlas")
    head: dict[str, Any] = stands["head"] or {}
    if head.get("id") == row["id"] or (head.get("content") == row["content"] and not due.merged):
        return head
    if (head.get("id") or "") != row["parent"]:
        raise _moved(row["atlas"] if main else f"{row['atlas']}/{row['branch']}", row["parent"], head)
    tx.run(_CREATE, {"id": row["id"], "row": row}).consume()
    tx.run(_HAS, {"atlas": atlas, "id": row["id"], **OWNED}).consume()
    if main:
        tx.run(_MOVE, {"atlas": atlas, "id": row["id"], "when": row["when"]}).consume()
    else:
        tx.run(_LEAVE, branch=branch).consume()
        tx.run(_MOVE_BRANCH, {"branch": branch, "id": row["id"], **OWNED}).consume()
    parents = [each for each in (row["parent"], row["merged"]) if each]
    tx.run(_PARENTS, {"id": row["id"], "parents": parents, **OWNED}).consume()
    tx.run(_CONTAINS, {"id": row["id"], "datasets": row["datasets"], **OWNED}).consume()
    return row


def lock(tx: Transaction, when: str) -> None:
    """Locks all atlases until the transaction ends."""
    tx.run(_LOCK, when=when).consume()


def relink(store: Store) -> None:
    """Links versions and submissions (CONTAINS) to studies that entered the graph after them; idempotent."""
    asked: tuple[tuple[str, LiteralString], ...] = (("AtlasVersion", _ALL), ("Submission", _ASKED))
    for label, query in asked:
        rows = [{"subject": row["id"], "object": each} for row in store.read(query) for each in row["datasets"] or ()]
        write_edges(store, "CONTAINS", label, "Dataset", rows, source=SOURCE, run=RUN)


def check_text(name: str, text: str, fix: str) -> None:
    """Raises ContractError ARGUMENT for a message or reason that is empty or too long."""
    if not 0 < len(text.strip()) <= LONGEST_TEXT:
        rule, found = f"a {name} of 1 to {LONGEST_TEXT} characters", f"{len(text.strip())} letters"
        raise ContractError([Issue(name, rule, found, fix)], code="ARGUMENT")


def checked(objects: ObjectStore, manifest: Manifest) -> Card:
    """The card of a manifest, after a check that all of its objects exist. Raises ContractError MANIFEST, CARD."""
    issues = [
        Issue(key, "MANIFEST: every object of a version is in the store", f"no object {each.sha256[:12]}…", "store it")
        for key, each in sorted(manifest.objects.items())
        if not objects.has(each.sha256, each.bytes)
    ]
    if issues:
        raise ContractError(issues, code="MANIFEST")
    return Card.unpack(objects.read(manifest.objects["quality"].sha256))


def version_by_id(store: Store, key: str) -> Version:
    """Raises UnknownTermError."""
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
    return {**row, **OWNED}


def _moved(atlas: str, parent: str, head: dict[str, Any]) -> KgError:
    stands = f"is now at {head['label']} ({head['when']}, by {head['author']})" if head else "has no version"
    began = f"started from {parent.removeprefix(VERSION)[:12]}" if parent else "was to be its first version"
    return KgError(
        f"{atlas} {stands}, but this change {began}. Rebuild it from the current version.", code="ATLAS_MOVED"
    )
