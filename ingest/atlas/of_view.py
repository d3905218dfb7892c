"""A view of an atlas gets a model of its own: genes, axes and calibration of the cells that it selects alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ingest.atlas.create import Created, Progress, put_reads, read_all
from ingest.atlas.same import as_text, files_of, need_same
from ingest.atlas.store import ADDED, from_bytes, stored_policy
from ingest.atlas.studies import Read
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.method.mapping.heads.tree import Tree
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Manifest
from kg.atlas.versions import branch_named, branches, by_id, manifest_of, versions
from kg.atlas.views import filters, selected
from kg.errors import ContractError, Issue
from kg.store.driver import Store


def create_of_view(
    store: Store,
    objects: ObjectStore,
    place: str,
    paths: Sequence[Path],
    author: Author,
    message: str,
    *,
    cache: Cache,
    genes: Genes,
    again: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
) -> Created:
    """The next version of the view ``place`` (``brain/microglia``): of the types and studies that its filter selects in
    the version that it is pinned to, under the policy and the tree of that version, which does not change.

    ``paths``: manifests of these studies with the files that they were read of, since a version keeps no counts;
    ``again``: also where the view has a model already.

    Raises UnknownTermError; KgError EMPTY_VIEW, ATLAS_MOVED; ContractError ARGUMENT for a line, OTHER_STUDIES;
    MethodError FEW_TYPES, FEW_CELLS; and as ``create``.
    """
    view = branch_named(store, place)
    if view.kind != "view":
        fix = f"cut one by a filter: orthokg atlas branch {view.place} NAME --type TYPE"
        raise ContractError([Issue("name", "is a view of an atlas", f"{view.place}, a line", fix)], code="ARGUMENT")
    base = by_id(versions(store))[view.base]
    chosen = selected(store, objects, base, *filters(branches(store, view.atlas), view))
    parent = manifest_of(objects, base)
    policy = stored_policy(objects, parent)
    what, fix = f"{view.place}, a view of {base.short},", f"name the manifests of {', '.join(chosen.studies)}"
    reads = read_all(paths, policy, cache, genes)
    need_same(what, set(chosen.studies), {each.name for each in reads}, fix)
    given = {as_text(each.name, file, sha) for each in reads for file, sha in each.sha256.items()}
    need_same(what, files_of(objects, parent, chosen.studies), given, fix)
    narrowed = [_of_types(each, chosen.types) for each in reads]
    types = {str(name) for each in narrowed for name in np.unique(each.types[each.of_reference])}
    put = put_reads(
        objects, view.atlas, narrowed, policy, Tree.of(_parents(objects, parent), types), seed=seed, progress=progress
    )
    manifest = Manifest(view.atlas, parent.taxon, {**put.manifest.objects, "policy": parent.objects["policy"]})
    version = commit(
        store, objects, manifest, author, message, parent=view.head if again else base.id, branch=view.name,
        caveats=base.caveats,
    )  # fmt: skip
    return Created(version, put.built, put.reads)


def _of_types(read: Read, types: Sequence[str]) -> Read:
    """Cells of other types take no part, and that is said."""
    rows = np.isin(read.types, list(types))
    left = int((read.of_reference & ~rows).sum())
    return replace(
        read,
        types=np.where(rows, read.types, ""),
        labels=tuple(each for each in read.labels if each.name in types),
        notes=(*read.notes, *([f"{left:,} cells of types that the view does not select take no part"] if left else [])),
    )


def _parents(objects: ObjectStore, manifest: Manifest) -> dict[str, str]:
    """Type or node -> the node above it, of types that studies brought in as well."""
    found = dict(from_bytes(objects.read(manifest.objects["tree"].sha256))[1]["tree.parents"])
    for name, entry in manifest.named("statistics").items():
        if name.startswith(ADDED):
            found |= {label: node for label, node in from_bytes(objects.read(entry.sha256))[1]["under"].items() if node}
    return found
