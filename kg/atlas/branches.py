"""Creates branches and tags of an atlas. Neither changes a version or the parent branch."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from kg.atlas.commit import OWNED, lock
from kg.atlas.objects import ObjectStore
from kg.atlas.version import MAIN, NAME, NAMED, Author, Branch, Tag, Version
from kg.atlas.versions import (
    ATLAS,
    VERSION,
    after,
    atlas_id,
    atlas_named,
    branch_id,
    branch_named,
    branch_of,
    branches,
    is_date,
    is_id,
    resolve,
)
from kg.atlas.views import checked_filter, filters, selected
from kg.errors import ContractError, Issue, KgError
from kg.store.driver import Store, Transaction
from kg.store.write import ensure_schema

_CUT: LiteralString = "MERGE (b:AtlasBranch {id: $id}) ON CREATE SET b += $row RETURN b {.*} AS branch"
_TAG: LiteralString = "MERGE (t:AtlasTag {id: $id}) ON CREATE SET t += $row RETURN t {.*} AS tag"
_OF: LiteralString = """
MATCH (b:AtlasBranch {id: $id}) MATCH (a:Atlas {id: $atlas}) MATCH (v:AtlasVersion {id: $version})
MERGE (b)-[o:BRANCH_OF]->(a) ON CREATE SET o += $owned
MERGE (b)-[c:CUT_AT]->(v) ON CREATE SET c += $owned
MERGE (v)-[h:HEAD_OF]->(b) ON CREATE SET h += $owned
"""
_TAGS: LiteralString = """
MATCH (t:AtlasTag {id: $id}) MATCH (v:AtlasVersion {id: $version})
MERGE (t)-[r:TAGS]->(v) ON CREATE SET r += $owned
"""


def cut(
    store: Store,
    objects: ObjectStore,
    at: str,
    name: str,
    author: Author,
    *,
    chosen: Mapping[str, Sequence[str]] | None = None,
) -> Branch:
    """Creates a branch at a version (``at``: a version as :func:`kg.atlas.versions.resolve` reads it, or a branch).
    ``chosen``: the filter of a view; None for a line. Idempotent: the same call again returns the same branch.

    Raises ContractError ARGUMENT for an invalid name or filter; UnknownTermError for an unknown version; KgError
    EMPTY_VIEW if the filter selects nothing, BRANCH_EXISTS if the name is taken by a different branch.
    """
    _check_name("branch", name)
    version = resolve(store, at)
    place = at.partition("@")[0]
    above = branch_named(store, place) if "/" in place and not place.startswith((VERSION, ATLAS)) else None
    view = {} if chosen is None else checked_filter(chosen)
    if chosen is not None:
        selected(store, objects, version, *filters(branches(store, version.atlas), above), view)
    row: dict[str, Any] = {
        "label": f"{version.atlas}/{name}",
        "atlas": version.atlas,
        "in_taxon": version.in_taxon,
        "kind": "line" if chosen is None else "view",
        "head": version.id,
        "base": version.id,
        "above": above.id if above else "",
        "filter": json.dumps(view, sort_keys=True) if view else "",
        "author": author.name,
        "when": after(version.when),
        **OWNED,
    }
    ensure_schema(store, "AtlasBranch")
    key = branch_id(version.atlas, name)

    def work(tx: Transaction) -> dict[str, Any]:
        lock(tx, row["when"])
        stands = tx.run(_CUT, id=key, row=row).single(strict=True)["branch"]
        if stands["when"] == row["when"] and stands["author"] == author.name:
            atlas = atlas_id(version.atlas)
            tx.run(_OF, id=key, atlas=atlas, version=version.id, owned=OWNED).consume()
        return stands

    stands = store.transact(work)
    if any(stands[fact] != row[fact] for fact in ("kind", "base", "filter", "author")):
        raise KgError(
            f"{row['label']} is a {stands['kind']} that {stands['author']} cut on {stands['when']}: choose another"
            " name",
            code="BRANCH_EXISTS",
        )
    return branch_of(stands)


def give_tag(store: Store, name: str, version: Version, author: Author) -> Tag:
    """Tags a version; a tag never moves. Idempotent for the same version. Raises ContractError ARGUMENT for a name that
    is invalid or could be read as a date or an id; KgError TAG_EXISTS if the name tags another version."""
    _check_name("tag", name)
    if is_date(name) or is_id(name):
        rule = "a tag must not look like a date or an id"
        raise ContractError([Issue("tag", rule, name, "choose another name, such as v1")], code="ARGUMENT")
    row = {
        "label": f"{version.atlas}@{name}",
        "atlas": version.atlas,
        "in_taxon": version.in_taxon,
        "version": version.id,
        "author": author.name,
        "when": after(version.when),
        **OWNED,
    }
    ensure_schema(store, "AtlasTag")
    key = f"orthokg:atlas-tag/{version.atlas}/{name}"

    def work(tx: Transaction) -> dict[str, Any]:
        lock(tx, row["when"])
        stands = tx.run(_TAG, id=key, row=row).single(strict=True)["tag"]
        tx.run(_TAGS, id=key, version=stands["version"], owned=OWNED).consume()
        return stands

    stands = store.transact(work)
    if stands["version"] != version.id:
        raise KgError(
            f"{row['label']} has tagged {stands['version']} since {stands['when']}, and a tag never moves: choose"
            " another name",
            code="TAG_EXISTS",
        )
    return Tag(key, version.atlas, name, stands["version"], stands["author"], stands["when"])


def tagged(store: Store, atlas: str, name: str, version: str, author: Author) -> Tag:
    """As :func:`give_tag`, with the atlas given by name. ``version``: of that atlas; empty for its head. Raises
    ContractError ARGUMENT for a version of another atlas."""
    known = atlas_named(store, atlas)
    found = resolve(store, version or known.label)
    if found.atlas != known.label:
        fix = f"name a version of {known.label}"
        raise ContractError([Issue("version", f"is a version of {known.label}", found.short, fix)], code="ARGUMENT")
    return give_tag(store, name, found, author)


def _check_name(what: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise ContractError([Issue(what, f"a {what} has a plain name", name[:80], NAMED)], code="ARGUMENT")
    if what == "branch" and name == MAIN:
        fix = "choose another name"
        rule = f"{MAIN} is the line that every atlas starts with"
        raise ContractError([Issue(what, rule, name, fix)], code="ARGUMENT")
