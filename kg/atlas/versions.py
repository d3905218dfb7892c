"""Reads atlases, their branches, tags and versions: the current one, the one at a date, and one by its id."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any, LiteralString

from kg.atlas.card import Card
from kg.atlas.objects import ObjectStore
from kg.atlas.version import MAIN, Atlas, Branch, Manifest, Tag, Version
from kg.curie import local
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.store.driver import Store

SHORTEST = 8
VERSION, ATLAS, BRANCH = "orthokg:atlas-version/", "orthokg:atlas/", "orthokg:atlas-branch/"
_HEX = re.compile(r"[0-9a-f]{1,64}")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
_ATLASES: LiteralString = """
MATCH (a:Atlas) WHERE a.head IS NOT NULL
OPTIONAL MATCH (h:AtlasVersion {id: a.head})
OPTIONAL MATCH (a)-[:HAS_VERSION]->(v:AtlasVersion)
RETURN a {.*} AS atlas, h.when AS last, count(v) AS versions
"""
_BRANCHES: LiteralString = "MATCH (b:AtlasBranch) WHERE b.atlas = $atlas RETURN b {.*} AS branch ORDER BY b.when, b.id"
_TAGS: LiteralString = "MATCH (t:AtlasTag) WHERE t.atlas = $atlas RETURN t {.*} AS tag ORDER BY t.when, t.id"
_VERSIONS: LiteralString = """
MATCH (v:AtlasVersion) WHERE $atlas IS NULL OR v.atlas = $atlas
OPTIONAL MATCH (a:Atlas {head: v.id})
RETURN v {.*} AS version, a.id AS head ORDER BY v.when, v.id
"""


def atlases(store: Store) -> list[Atlas]:
    """All atlases, by name."""
    made = []
    for row in store.read(_ATLASES):
        a = row["atlas"]
        made.append(Atlas(a["id"], a["label"], a["in_taxon"], a["head"], row["versions"], row["last"] or ""))
    return sorted(made, key=lambda each: (each.label.casefold(), each.label))


def atlas_named(store: Store, name: str) -> Atlas:
    """One atlas by its name (in any case if unambiguous) or its curie. Raises UnknownTermError with similar names."""
    known = atlases(store)
    exact = [each for each in known if name in (each.label, each.id)]
    found = exact or [each for each in known if each.label.casefold() == name.casefold()]
    if len(found) != 1:
        names = [each.label for each in found or known]
        near = names if found else get_close_matches(name, names, cutoff=0.5) or names[:3]
        raise UnknownTermError(name, "atlas", suggestions=tuple(near))
    return found[0]


def branches(store: Store, atlas: str) -> list[Branch]:
    """Branches of an atlas: main first, then in order of creation. Raises UnknownTermError."""
    found = atlas_named(store, atlas)
    main = Branch(branch_id(found.label, MAIN), found.label, MAIN, found.in_taxon, "line", found.head)
    return [main, *(branch_of(row["branch"]) for row in store.read(_BRANCHES, atlas=found.label))]


def branch_named(store: Store, text: str) -> Branch:
    """A branch from user input: ``pbmc`` for the main line, ``pbmc/microglia`` for another branch, or a curie. Raises
    UnknownTermError with similar names."""
    if text.startswith(ATLAS):
        return branches(store, text)[0]
    atlas, slash, name = text.removeprefix(BRANCH).partition("/")
    known = branches(store, atlas)
    if not slash:
        return known[0]
    exact = [each for each in known if each.name == name]
    found = exact or [each for each in known if each.name.casefold() == name.casefold()]
    if len(found) != 1:
        names = [each.name for each in found or known]
        near = get_close_matches(name, names, cutoff=0.5) or names[:3]
        raise UnknownTermError(text, "branch of an atlas", suggestions=tuple(f"{known[0].atlas}/{n}" for n in near))
    return found[0]


def tags(store: Store, atlas: str) -> list[Tag]:
    """Tags of an atlas, in order of creation. Raises UnknownTermError."""
    rows = (row["tag"] for row in store.read(_TAGS, atlas=atlas_named(store, atlas).label))
    return [Tag(t["id"], t["atlas"], t["label"].partition("@")[2], t["version"], t["author"], t["when"]) for t in rows]


def history(store: Store, text: str) -> list[Version]:
    """The head of an atlas or a branch and all its ancestors, newest first. Raises UnknownTermError."""
    branch = branch_named(store, text)
    return newest_first(ancestors(by_id(_versions(store, branch.atlas)), branch.head))


def by_id(known: Iterable[Version]) -> dict[str, Version]:
    return {each.id: each for each in known}


def ancestors(known: Mapping[str, Version], *heads: str) -> list[Version]:
    """The given versions and all their ancestors, unordered; ids that are not in ``known`` are left out."""
    found: dict[str, Version] = {}
    due = list(heads)
    while due:
        one = due.pop()
        if one in known and one not in found:
            found[one] = known[one]
            due += known[one].parents
    return list(found.values())


def newest_first(made: Iterable[Version]) -> list[Version]:
    return sorted(made, key=lambda each: (each.when, each.id), reverse=True)


def resolve(store: Store, text: str) -> Version:
    """A version from user input: ``pbmc`` (the head of its main line), ``pbmc/microglia`` (the head of that branch),
    ``pbmc@2026-11-29`` (the head at the end of that day, UTC; a time is accepted too), ``pbmc@v1`` (a tag),
    ``pbmc@3f9a01bc`` or ``3f9a01bc`` (an id or content id, or a unique prefix of at least eight digits), or a curie.

    Raises UnknownTermError; ContractError ARGUMENT for text that is not a date, tag or id; KgError AMBIGUOUS_VERSION.
    """
    text = text.strip()
    if text.startswith(VERSION):
        return _by_id(_versions(store), text.removeprefix(VERSION), text)
    name, at, rest = text.partition("@")
    if not at and is_id(text) and all(each.label != text for each in atlases(store)):
        return _by_id(_versions(store), text, text)
    branch = branch_named(store, name)
    made = _versions(store, branch.atlas)
    if not at:
        return _by_id(made, branch.head.removeprefix(VERSION), text)
    if tag := next((each for each in tags(store, branch.atlas) if each.name == rest), None):
        return _by_id(made, tag.version.removeprefix(VERSION), text)
    if is_date(rest):
        return _at(made, branch, _until(rest), text)
    if not is_id(rest):
        rule = f"after @ comes a date, a tag, or at least the first {SHORTEST} digits of an id"
        last = newest_first(made)[0]
        raise ContractError(
            [Issue("version", rule, rest[:80], f"such as {name}@{last.when[:10]} or {name}@{last.commit[:12]}")],
            code="ARGUMENT",
        )
    return _by_id(made, rest, text)


def is_date(text: str) -> bool:
    """Whether the text starts like a date."""
    return bool(_DATE.match(text))


def is_id(text: str) -> bool:
    """Whether the text could be the start of an id."""
    return bool(_HEX.fullmatch(text)) and len(text) >= SHORTEST


def manifest_of(objects: ObjectStore, version: Version) -> Manifest:
    """Raises StoreError STORE_CORRUPT, STORE_UNREADABLE, STORE_NEWER; ContractError MANIFEST."""
    return Manifest.unpack(objects.read(version.content_id))


def card_of(objects: ObjectStore, version: Version) -> Card:
    """Raises as :func:`manifest_of` does; ContractError CARD."""
    return card_at(objects, version.content_id)


def card_at(objects: ObjectStore, content_id: str) -> Card:
    """As :func:`card_of`, for a content id."""
    manifest = Manifest.unpack(objects.read(content_id))
    return Card.unpack(objects.read(manifest.objects["quality"].sha256))


def versions(store: Store) -> list[Version]:
    """Versions of all atlases, oldest first."""
    return _versions(store)


def atlas_id(name: str) -> str:
    return local("atlas", name)


def branch_id(atlas: str, name: str) -> str:
    return f"{BRANCH}{atlas}/{name}"


def branch_of(row: Mapping[str, Any]) -> Branch:
    """A branch from the properties of its node."""
    chosen = {name: tuple(values) for name, values in json.loads(row.get("filter") or "{}").items()}
    return Branch(
        row["id"], row["atlas"], row["label"].partition("/")[2], row["in_taxon"], row["kind"], row["head"],
        row["base"], row.get("above") or "", chosen, row["author"], row["when"],
    )  # fmt: skip


def _versions(store: Store, atlas: str | None = None) -> list[Version]:
    return [version_of(row["version"], row["head"] is not None) for row in store.read(_VERSIONS, atlas=atlas)]


def version_of(row: dict[str, Any], head: bool) -> Version:
    """A version from the properties of its node."""
    return Version(
        id=row["id"], commit=row["id"].removeprefix(VERSION), atlas=row["atlas"], in_taxon=row["in_taxon"],
        content_id=row["content"], parent=row.get("parent") or "", author=row["author"],
        orcid=row.get("orcid") or "", message=row.get("message") or "", when=row["when"],
        engine=row.get("engine") or "", n_studies=row.get("n_studies") or 0, n_donors=row.get("n_donors") or 0,
        n_cells=row.get("n_cells") or 0, n_types=row.get("n_types") or 0,
        datasets=tuple(row.get("datasets") or ()), head=head, branch=row.get("branch") or MAIN,
        merged=row.get("merged") or "", submission=row.get("submission") or 0,
        caveats=tuple(row.get("caveats") or ()),
    )  # fmt: skip


def _by_id(known: list[Version], begin: str, asked: str) -> Version:
    found = [each for each in known if each.commit.startswith(begin)]
    if not found:  # the newest version with that content: all of them give the same answers
        of_content = {each.content_id: each for each in known if each.content_id.startswith(begin)}
        found = list(of_content.values())
    if not found:
        raise UnknownTermError(asked, "version of an atlas", suggestions=tuple(each.short for each in known[-3:]))
    if len(found) > 1:
        raise KgError(
            f"{asked} matches the ids of {len(found)} versions: {', '.join(each.id for each in found[:5])}. Give more"
            " digits.",
            code="AMBIGUOUS_VERSION",
        )
    return found[0]


def _at(made: Iterable[Version], branch: Branch, until: str, asked: str) -> Version:
    """The head of a branch at a time: the last version committed to it by then, or the version it was created at."""
    known = by_id(made)
    stood = [(each.when, each) for each in known.values() if each.branch == branch.name]
    if branch.base in known:
        stood.append((branch.when, known[branch.base]))
    stood.sort(key=lambda each: (each[0], each[1].id))
    found = [each for when, each in stood if when <= until]
    if not found:
        near = tuple(f"{branch.place}@{when}, its first version" for when, _ in stood[:1])
        raise UnknownTermError(asked, "version of an atlas at a time", suggestions=near)
    return found[-1]


def _until(text: str) -> str:
    """The last moment of a date or time, in the form of a version's stamp. Raises ContractError ARGUMENT."""
    try:
        if len(text) == len("2026-11-29"):
            moment = datetime.combine(date.fromisoformat(text), time.max, UTC)
        else:
            given = datetime.fromisoformat(text)
            moment = (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        fix = "such as 2026-11-29, or 2026-11-29T18:00 (UTC)"
        raise ContractError([Issue("version", "a valid date after @", text[:80], fix)], code="ARGUMENT") from None
    return stamp(moment)


def stamp(moment: datetime) -> str:
    """A time as versions store it: ISO 8601 in UTC, so that the strings sort by time."""
    return moment.isoformat(timespec="milliseconds")


def after(earlier: str) -> str:
    """Now, or a millisecond after the given stamp, whichever is later."""
    now = datetime.now(UTC)
    return stamp(max(now, datetime.fromisoformat(earlier) + timedelta(milliseconds=1)) if earlier else now)
