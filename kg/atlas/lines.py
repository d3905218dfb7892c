"""Merges two branches of an atlas, and reverts a version. Each adds a new version to a branch; no version is
deleted."""

from collections.abc import Sequence

from kg.atlas.commit import check_text, commit
from kg.atlas.evidence import told
from kg.atlas.merge import Change, three_way
from kg.atlas.objects import ObjectStore
from kg.atlas.together import card_of_both
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import ancestors, branch_named, branches, by_id, manifest_of, newest_first, resolve, versions
from kg.errors import ContractError, Issue, KgError
from kg.store.driver import Store


def merge(store: Store, objects: ObjectStore, source: str, into: str, author: Author, message: str = "") -> Version:
    """Merges the version ``source`` (as :func:`kg.atlas.versions.resolve` reads it) into the branch ``into``. If the
    branch has no changes of its own, the result has the source's content (a fast-forward); otherwise it is a three-way
    merge. A source that is already an ancestor of the branch changes nothing.

    Raises KgError UNRELATED for versions without a common ancestor, VIEW if either branch is a view; ContractError
    CONFLICT, NEEDS_REFIT.
    """
    target, other = branch_named(store, into), resolve(store, source)
    known = by_id(versions(store))
    for each in (target, *(one for one in branches(store, other.atlas) if one.name == other.branch)):
        if each.kind == "view":
            raise KgError(
                f"{each.place} is a view, a part of an atlas with a model of its own, and views cannot be merged."
                " Submit its studies to a line instead",
                code="VIEW",
            )
    head = known[target.head]
    base = common(known, head.id, other.id)
    if base is None or head.atlas != other.atlas:
        raise KgError(
            f"{head.short} and {other.short} have no common ancestor: only branches of one atlas can be merged."
            " Submit the studies of one to the other",
            code="UNRELATED",
        )
    if base.id == other.id:
        return head
    made = joined(objects, base, head, manifest_of(objects, other), _called(other))
    said = message or f"merge {other.place}: {other.message}"
    caveats = tuple(dict.fromkeys((*head.caveats, *other.caveats)))
    return commit(
        store, objects, made, author, said[:2000], parent=head.id, branch=target.name, merged=other.id, caveats=caveats
    )


def joined(
    objects: ObjectStore, base: Version, head: Version, theirs: Manifest, called: str, again: str = ""
) -> Manifest:
    """The merge of a branch at ``head`` with a manifest derived from ``base``. ``called``: the author and purpose of
    the manifest, for messages. Raises as :func:`kg.atlas.merge.three_way` does."""
    if head.id == base.id:
        return theirs

    def evidence(_: str, ours: Change, other: Change) -> str:
        return told(objects, ours, other, _called(head), called)

    old, mine = manifest_of(objects, base), manifest_of(objects, head)
    again = again or "redo the changes of one side on top of the other"
    return three_way(old, mine, theirs, evidence, again, lambda: card_of_both(objects, old, mine, theirs, again))


def common(known: dict[str, Version], one: str, other: str) -> Version | None:
    """The newest common ancestor of two versions (possibly one of them); None if there is none."""
    theirs = by_id(ancestors(known, other))
    return next(iter(newest_first(each for each in ancestors(known, one) if each.id in theirs)), None)


def revert(store: Store, objects: ObjectStore, version: str, author: Author, why: str) -> Version:
    """Commits a version on top of ``version`` with the content from before it. Idempotent.

    Raises ContractError ARGUMENT without a reason, or for the first version of an atlas; KgError BUILT_ON if other
    versions or branches build on it.
    """
    check_text("reason", why, "say why the version is reverted")
    found = resolve(store, version)
    known = by_id(versions(store))
    if not found.parent:
        fix = "create its successor with orthokg atlas create --replace"
        raise ContractError([Issue("version", "has a parent", f"{found.short}, the first", fix)], code="ARGUMENT")
    before = known[found.parent]
    said = f"revert {found.short}: {why.strip()}"[:2000]
    built = [each for each in known.values() if found.id in each.parents]
    if len(built) == 1 and built[0].message == said and built[0].content_id == before.content_id:
        return built[0]
    cut = [each for each in branches(store, found.atlas) if each.base == found.id]
    if names := [*(each.short for each in newest_first(built)), *(each.place for each in cut)]:
        raise KgError(
            f"{found.short} cannot be reverted: {_listed(names)} build on it. Revert those first, or submit a"
            " corrected version",
            code="BUILT_ON",
        )
    manifest = manifest_of(objects, before)
    return commit(store, objects, manifest, author, said, parent=found.id, branch=found.branch, caveats=before.caveats)


def _called(version: Version) -> str:
    return f"{version.short} ({version.author}: {version.message[:80]})"


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
