"""Creates a version from studies: reads them under one policy, builds the reference, stores its objects and commits
them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from ingest.atlas.policy import AtlasPolicy
from ingest.atlas.quality import card_of
from ingest.atlas.store import put_built, put_model, put_policy, to_bytes
from ingest.atlas.studies import Read, read_cells
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.method.gates.judge import raw
from ingest.method.mapping.engine import Built, Tree, build
from ingest.method.mapping.space.geometry import Floats
from ingest.method.mapping.space.reference import CARD
from ingest.method.scanvi import CARD as SURGERY
from kg.atlas.commit import commit
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Author, Manifest, Version
from kg.errors import ContractError, Issue, broken
from kg.store.driver import Store

Progress = Callable[[int, int], None]
PLACE_AXES = 3


@dataclass(frozen=True)
class Created:
    version: Version
    built: Built
    reads: tuple[Read, ...]


def create(
    store: Store,
    objects: ObjectStore,
    name: str,
    paths: Sequence[Path],
    policy: AtlasPolicy,
    author: Author,
    message: str,
    *,
    cache: Cache,
    genes: Genes,
    parent: str = "",
    seed: int = 0,
    progress: Progress | None = None,
) -> Created:
    """Creates a version of an atlas from the studies of the given manifests. ``parent``: as in ``kg.atlas.commit``.

    Raises:
        ContractError: for studies that cannot be used (each named, with its reason), studies of two species, a type of
            the policy's tree that no study has, or data from which no reference can be built.
    """
    made = put_version(objects, name, paths, policy, cache=cache, genes=genes, seed=seed, progress=progress)
    version = commit(store, objects, made.manifest, author, message, parent=parent)
    return Created(version, made.built, made.reads)


@dataclass(frozen=True)
class Put:
    manifest: Manifest
    built: Built
    reads: tuple[Read, ...]


def put_version(
    objects: ObjectStore,
    name: str,
    paths: Sequence[Path],
    policy: AtlasPolicy,
    *,
    cache: Cache,
    genes: Genes,
    seed: int = 0,
    progress: Progress | None = None,
) -> Put:
    """Stores all objects of a version without committing it. Raises as ``create``."""
    reads = read_all(paths, policy, cache, genes)
    return put_reads(objects, name, reads, policy, _tree(reads, policy), seed=seed, progress=progress)


def put_reads(
    objects: ObjectStore,
    name: str,
    reads: Sequence[Read],
    policy: AtlasPolicy,
    tree: Tree,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Put:
    """The same of studies that are read. ``tree``: over their types."""
    taxon = _one_species(reads)
    models: list[Any] = []
    studies = [each.as_study() for each in reads]
    built = build(studies, tree, policy.of_engine, seed, progress, policy.space, models.append)
    terms = {label.name: label.exact for each in reads for label in each.labels}
    entries = put_built(objects, built)
    entries["policy"] = put_policy(objects, policy)
    for model in models:
        entries |= put_model(objects, model)
    for each in reads:
        entries[f"study/{each.name}"] = put_study(objects, each, _raw(built, each))
    method = SURGERY if models else CARD
    entries["quality"] = objects.put(card_of(reads, built, policy, terms, method).pack())
    return Put(Manifest(name, taxon, entries), built, tuple(reads))


def read_all(paths: Sequence[Path], policy: AtlasPolicy, cache: Cache, genes: Genes) -> list[Read]:
    """Reads all studies. If some cannot be read, one error lists all of them; it has their code if they share one."""
    reads: list[Read] = []
    issues: list[Issue] = []
    codes: set[str] = set()
    for path in paths:
        try:
            reads.append(read_cells(path, cache, genes, policy, typed=True))
        except ContractError as error:
            codes.add(error.code)
            issues += [
                Issue(i.path if path.name in i.path else f"{path.name}: {i.path}", i.rule, i.found, i.fix)
                for i in error.issues
            ]
    if issues:
        raise ContractError(issues, code=codes.pop() if len(codes) == 1 else "ATLAS_STUDIES")
    names = [each.name for each in reads]
    if twice := sorted({each for each in names if names.count(each) > 1}):
        fix = "list each manifest once, and give each study its own id"
        raise broken("DUPLICATE_STUDY", "studies", "a study may be in an atlas only once", ", ".join(twice), fix)
    return reads


def _one_species(reads: Sequence[Read]) -> str:
    found = sorted({each.manifest.dataset.taxon for each in reads})
    if len(found) != 1:
        fix = "create one atlas per species"
        raise broken(
            "OTHER_SPECIES",
            "studies",
            "all studies of an atlas are from one species",
            ", ".join(found) or "no study",
            fix,
        )
    return found[0]


def _tree(reads: Sequence[Read], policy: AtlasPolicy) -> Tree:
    """The policy's tree over the types of the studies, under their resolved names."""
    called = {text: label.name for each in reads for label in each.labels for text in (*label.texts, label.name)}
    types = {str(name) for each in reads for name in np.unique(each.types[each.of_reference])}
    parents = {called.get(child, child): called.get(above, above) for child, above in policy.types.items()}
    loose = sorted(set(parents) - types - set(parents.values()))
    if loose:
        fix = f"use the name of a type in the studies: {', '.join(sorted(types)[:20])}"
        raise broken("POLICY", "policy: types", "a leaf of the tree is a type in some study", ", ".join(loose[:8]), fix)
    return Tree.of(parents, types)


def _raw(built: Built, read: Read) -> Floats:
    rows = np.flatnonzero(read.of_reference)
    donor = np.unique(read.donors[rows], return_inverse=True)[1]
    return raw(built.reference, sparse.csr_matrix(read.counts[rows]), read.genes, donor)


def put_study(objects: ObjectStore, read: Read, places: Floats) -> Entry:
    """Stores what a version keeps of a study: names, types and donors of its cells, their coordinates ``places`` (n,
    d), and their source; no counts."""
    rows = read.of_reference
    d = read.manifest.dataset
    facts: dict[str, Any] = {
        "dataset": read.manifest.dataset_id,
        "title": d.title,
        "licence": d.licence,
        "citation": d.citation,
        "doi": d.doi,
        "taxon": d.taxon,
        "files": read.sha256,
        "genes": len(read.genes),
        "healthy by": read.by,
        "notes": list(read.notes),
        "barcodes": read.cells.obs.index[rows].astype(str).tolist(),
        "types": {"of": read.types[rows].tolist()},
        "donors": {"of": read.donors[rows].tolist()},
        "terms": {label.name: label.exact for label in read.labels},
    }
    # Coordinates before correction identify cells that are submitted again under other names.
    arrays: dict[str, Any] = {"raw": np.asarray(places[:, :PLACE_AXES], np.float32)}
    if read.healthy is not None:
        arrays["healthy"] = read.healthy[rows]
    return objects.put(to_bytes(arrays, facts))
