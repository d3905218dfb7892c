"""Reads atlases and their versions: what stands now, what stood at a date, and one version by its id."""

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any, LiteralString

from kg.atlas.card import Card
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Atlas, Manifest, Version
from kg.curie import local
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.store.driver import Store

SHORTEST = 8
VERSION = "orthokg:atlas-version/"
_HEX = re.compile(r"[0-9a-f]{1,64}")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
_ATLASES: LiteralString = """
MATCH (a:Atlas) WHERE a.head IS NOT NULL
OPTIONAL MATCH (a)-[:HAS_VERSION]->(v:AtlasVersion)
RETURN a {.*} AS atlas, count(v) AS versions, max(v.when) AS last
"""
_VERSIONS: LiteralString = """
MATCH (v:AtlasVersion) WHERE $atlas IS NULL OR v.atlas = $atlas
OPTIONAL MATCH (a:Atlas {head: v.id})
RETURN v {.*} AS version, a.id AS head ORDER BY v.when, v.id
"""


def atlases(store: Store) -> list[Atlas]:
    """All of them, by name."""
    made = []
    for row in store.read(_ATLASES):
        a = row["atlas"]
        made.append(Atlas(a["id"], a["label"], a["in_taxon"], a["head"], row["versions"], row["last"] or ""))
    return sorted(made, key=lambda each: (each.label.casefold(), each.label))


def atlas_named(store: Store, name: str) -> Atlas:
    """One by its name, in any case where that is plain, or its curie. Raises UnknownTermError with names near it."""
    known = atlases(store)
    exact = [each for each in known if name in (each.label, each.id)]
    found = exact or [each for each in known if each.label.casefold() == name.casefold()]
    if len(found) != 1:
        names = [each.label for each in found or known]
        near = names if found else get_close_matches(name, names, cutoff=0.5) or names[:3]
        raise UnknownTermError(name, "atlas", suggestions=tuple(near))
    return found[0]


def history(store: Store, atlas: str) -> list[Version]:
    """Versions of an atlas, newest first. Raises UnknownTermError."""
    return _versions(store, atlas_named(store, atlas).label)[::-1]


def resolve(store: Store, text: str) -> Version:
    """A version by what people write: ``pbmc`` (where it stands now), ``pbmc@2026-11-29`` (where it stood when that day
    ended, UTC; a time is taken too), ``pbmc@3f9a01bc`` or ``3f9a01bc`` (its id or content id, or eight digits and more
    that begin no other's), or a curie.

    Raises UnknownTermError, ContractError ARGUMENT for what is neither date nor id, KgError AMBIGUOUS_VERSION.
    """
    text = text.strip()
    if text.startswith(VERSION):
        return _by_id(_versions(store), text.removeprefix(VERSION), text)
    name, at, rest = text.partition("@")
    if not at:
        if _HEX.fullmatch(text) and len(text) >= SHORTEST and all(each.label != text for each in atlases(store)):
            return _by_id(_versions(store), text, text)
        return next(each for each in history(store, text) if each.head)
    made = history(store, name)
    if _DATE.match(rest):
        return _at(made, _until(rest), text)
    if not _HEX.fullmatch(rest) or len(rest) < SHORTEST:
        rule = f"after @ comes a date, or the first {SHORTEST} digits and more of an id"
        raise ContractError(
            [Issue("version", rule, rest[:80], f"such as {name}@{made[0].when[:10]} or {name}@{made[0].commit[:12]}")],
            code="ARGUMENT",
        )
    return _by_id(made, rest, text)


def manifest_of(objects: ObjectStore, version: Version) -> Manifest:
    """Raises StoreError STORE_CORRUPT, STORE_UNREADABLE, STORE_NEWER; ContractError MANIFEST."""
    return Manifest.unpack(objects.read(version.content_id))


def card_of(objects: ObjectStore, version: Version) -> Card:
    """Raises as :func:`manifest_of` does; ContractError CARD."""
    return card_at(objects, version.content_id)


def card_at(objects: ObjectStore, content_id: str) -> Card:
    """As :func:`card_of`, of a content id."""
    manifest = Manifest.unpack(objects.read(content_id))
    return Card.unpack(objects.read(manifest.objects["quality"].sha256))


def versions(store: Store) -> list[Version]:
    """Of all atlases, oldest first."""
    return _versions(store)


def named(store: Store, objects: ObjectStore) -> dict[str, Entry]:
    """Every object that a version names, manifests among them, by sha256. Raises as :func:`manifest_of` does."""
    found: dict[str, Entry] = {}
    for content in dict.fromkeys(each.content_id for each in versions(store)):
        data = objects.read(content)
        found[content] = Entry(content, len(data))
        found |= {each.sha256: each for each in Manifest.unpack(data).objects.values()}
    return found


def atlas_id(name: str) -> str:
    return local("atlas", name)


def _versions(store: Store, atlas: str | None = None) -> list[Version]:
    return [version_of(row["version"], row["head"] is not None) for row in store.read(_VERSIONS, atlas=atlas)]


def version_of(row: dict[str, Any], head: bool) -> Version:
    """From the properties of a node."""
    return Version(
        id=row["id"], commit=row["id"].removeprefix(VERSION), atlas=row["atlas"], in_taxon=row["in_taxon"],
        content_id=row["content"], parent=row.get("parent") or "", author=row["author"],
        orcid=row.get("orcid") or "", message=row.get("message") or "", when=row["when"],
        engine=row.get("engine") or "", n_studies=row.get("n_studies") or 0, n_donors=row.get("n_donors") or 0,
        n_cells=row.get("n_cells") or 0, n_types=row.get("n_types") or 0,
        datasets=tuple(row.get("datasets") or ()), head=head,
    )  # fmt: skip


def _by_id(known: list[Version], begin: str, asked: str) -> Version:
    found = [each for each in known if each.commit.startswith(begin)]
    if not found:  # of one content the newest: all of them answer alike
        of_content = {each.content_id: each for each in known if each.content_id.startswith(begin)}
        found = list(of_content.values())
    if not found:
        raise UnknownTermError(asked, "version of an atlas", suggestions=tuple(_short(each) for each in known[-3:]))
    if len(found) > 1:
        raise KgError(
            f"{asked} begins the ids of {len(found)} versions: {', '.join(_short(each, 64) for each in found[:5])}."
            " Give more digits.",
            code="AMBIGUOUS_VERSION",
        )
    return found[0]


def _at(newest_first: list[Version], until: str, asked: str) -> Version:
    found = next((each for each in newest_first if each.when <= until), None)
    if found is None:
        first = newest_first[-1]
        raise UnknownTermError(
            asked, "version of an atlas at a time", suggestions=(f"{first.atlas}@{first.when}, its first version",)
        )
    return found


def _until(text: str) -> str:
    """The last moment that is meant, as versions are stamped. Raises ContractError ARGUMENT."""
    try:
        if len(text) == len("2026-11-29"):
            moment = datetime.combine(date.fromisoformat(text), time.max, UTC)
        else:
            given = datetime.fromisoformat(text)
            moment = (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        fix = "such as 2026-11-29, or 2026-11-29T18:00 (UTC)"
        raise ContractError([Issue("version", "is at a date", text[:80], fix)], code="ARGUMENT") from None
    return stamp(moment)


def stamp(moment: datetime) -> str:
    """As the time of a version is written: ISO 8601 in UTC, so that texts sort as times do."""
    return moment.isoformat(timespec="milliseconds")


def after(earlier: str) -> str:
    """Now, or a thousandth of a second after what is stamped, whichever is later."""
    now = datetime.now(UTC)
    return stamp(max(now, datetime.fromisoformat(earlier) + timedelta(milliseconds=1)) if earlier else now)


def _short(version: Version, digits: int = 12) -> str:
    return f"{version.atlas}@{version.commit[:digits]}"
