"""Which objects a graph refers to: those of its versions and its submissions."""

from collections.abc import Iterator
from dataclasses import dataclass

from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.submissions import submissions
from kg.atlas.version import Manifest
from kg.atlas.versions import versions
from kg.store.driver import Store


@dataclass(frozen=True)
class Root:
    """An object that a node of the graph refers to. ``manifest``: whether it is a manifest, which refers to others;
    ``what``: a description."""

    sha256: str
    manifest: bool
    what: str


def roots(store: Store) -> Iterator[Root]:
    """Without duplicates: manifests of versions, manifests of submissions that are open or merged, and reports of all
    submissions."""
    seen: set[str] = set()
    asked = submissions(store)
    named = [
        *(Root(each.content_id, True, f"the manifest of {each.short}") for each in versions(store)),
        *(
            Root(each.content, True, f"the manifest of submission {each.number}")
            for each in asked
            if each.open or each.version
        ),
        *(
            Root(sha, False, f"the report of submission {each.number}")
            for each in asked
            for sha in (each.report, *each.earlier)
        ),
    ]
    for each in named:
        if each.sha256 not in seen:
            seen.add(each.sha256)
            yield each


def named(store: Store, objects: ObjectStore) -> dict[str, Entry]:
    """Every object that the graph refers to, including manifests and reports, by sha256. Raises StoreError
    STORE_CORRUPT, STORE_UNREADABLE, STORE_NEWER; ContractError MANIFEST."""
    found: dict[str, Entry] = {}
    for root in roots(store):
        data = objects.read(root.sha256)
        found[root.sha256] = Entry(root.sha256, len(data))
        if root.manifest:
            found |= {each.sha256: each for each in Manifest.unpack(data).objects.values()}
    return found
