"""Reads a submission, maps it to its base version and runs the gates; the outcome is a report.

Only what it affects is checked: nodes with new cells, their sisters and ancestors, and types whose neighbours moved.
The thresholds are those of the base version, so that a submission cannot change its own gates.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from ingest.atlas.create import read_all
from ingest.atlas.extend import SEEN_ONCE, Part, extend
from ingest.atlas.flips import with_flips
from ingest.atlas.shared_cells import refuse_barcodes, refuse_places
from ingest.atlas.store import stored_policy
from ingest.atlas.streamed import opened
from ingest.atlas.studies import Read
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.files.cells.labels import term_of
from ingest.method.gates.judge import Brought, Submitted, claimed, judged, submitted
from ingest.method.gates.limits import Limits
from ingest.method.gates.new_types import Found
from ingest.method.gates.samples import samples
from ingest.method.mapping.engine import Built, Mapped, map_cells
from ingest.method.mapping.extended import Added
from ingest.method.mapping.heads.correlation import TypeStatistics, statistics
from ingest.method.mapping.query.placed import place
from ingest.method.mapping.space.cells import Query
from ingest.method.mapping.space.genes import places
from ingest.method.mapping.space.geometry import Floats
from ingest.method.mapping.space.reference import CLIP
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Gate, GateLine, NewType, Report
from kg.atlas.submissions import Submission, propose
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import card_of, manifest_of, resolve
from kg.errors import ContractError, Issue, broken
from kg.store.driver import Store


def submit(
    store: Store,
    objects: ObjectStore,
    branch: str,
    paths: Sequence[Path],
    author: Author,
    message: str,
    *,
    verified: bool,
    cache: Cache,
    genes: Genes,
    new: Mapping[str, str] | None = None,
    mapped: Sequence[Path] = (),
    seed: int = 0,
) -> tuple[Submission, Report]:
    """Checks studies against the head of a branch (``pbmc``, ``pbmc/microglia``) and submits them for review, whatever
    the gates find. ``verified``: whether the author was authenticated by a token; ``mapped``: as in ``with_flips``.
    Raises as ``checked``, ``with_flips`` and ``propose``."""
    base = resolve(store, branch)
    manifest, report = checked(objects, base, paths, cache=cache, genes=genes, new=new, seed=seed)
    report = with_flips(store, objects, base, manifest, report, mapped, cache=cache, genes=genes, seed=seed)
    made = propose(
        store, objects, branch=branch, base=base, manifest=manifest, report=report, author=author, verified=verified,
        message=message,
    )  # fmt: skip
    return made, report


def checked(
    objects: ObjectStore,
    base: Version,
    paths: Sequence[Path],
    *,
    cache: Cache,
    genes: Genes,
    new: Mapping[str, str] | None = None,
    seed: int = 0,
) -> tuple[Manifest, Report]:
    """The candidate manifest, with all its objects stored, and the report of the gates. ``new``: label of a claimed new
    type -> its parent in the tree, "" for none.

    Raises:
        ContractError: for problems of a study (G0): its manifest, cells and genes; DUPLICATE_STUDY, SHARED_CELLS,
            UNKNOWN_LABELS, OTHER_SPECIES, MISSING_GENES, NO_DONORS.
        MethodError: NOT_EXTENDABLE.
    """
    manifest, new = manifest_of(objects, base), dict(new or {})
    policy, version_ = stored_policy(objects, manifest), opened(objects, manifest, seed)
    built, parent = version_.built, version_.parent
    reads = read_all(paths, policy, cache, genes)
    _refuse_twice(reads, manifest)
    refuse_barcodes(objects, manifest, reads, policy.gates.shared)
    reads = _fit(reads, manifest, built, new)
    mapped = {each.name: map_cells(built, _query(each), seed) for each in reads}
    brought = [_brought(each, mapped[each.name]) for each in reads]
    own = submitted(parent, built, brought)
    refuse_places(objects, manifest, reads, own, policy.gates.shared)
    asked, limits = claimed(built, own, brought, list(new)), policy.gates.limits
    gates, found, touched = judged(parent, own, asked, limits, policy.engine.alpha, mapped, seed)
    gates = [_contract(reads), samples({k: v for each in reads for k, v in _kept(each).items()}, limits), *gates]
    told = _new_types(base, found, new) + _seen_again(objects, base, own, limits)
    parts = [
        Part(each, _added(built, each, own, at, new), own.cells.points[own.study == at])
        for at, each in enumerate(reads)
    ]
    candidate = extend(objects, manifest, built, parts, told)
    unchanged = [key for key in manifest.objects if candidate.objects[key] == manifest.objects[key]]
    notes = [f"{len(unchanged)} of {len(manifest.objects)} objects of the parent are unchanged"]
    notes += [f"{each.name}: {note}" for each in reads for note in each.notes]
    report = Report(
        base=base.id,
        atlas=base.atlas,
        studies=tuple(each.name for each in reads),
        donors=own.counted,
        cells=len(own.label),
        affected=touched,
        untouched=tuple(name for name in built.tree.nodes if name not in touched),
        gates=tuple(sorted(gates, key=lambda gate: gate.id)),
        new_types=tuple(told),
        notes=tuple(notes),
    )
    return candidate, report


def _refuse_twice(reads: Sequence[Read], manifest: Manifest) -> None:
    there = manifest.named("study")
    if twice := [each.name for each in reads if each.name in there]:
        fix = "to replace a changed study, create a new version with all studies: orthokg atlas create --replace"
        raise broken("DUPLICATE_STUDY", "studies", "a study may be in an atlas only once", ", ".join(twice), fix)


def _fit(reads: Sequence[Read], manifest: Manifest, built: Built, new: Mapping[str, str]) -> list[Read]:
    """Checks that studies are of the atlas's species, and that every label is in the tree or claimed as new."""
    issues, made = [], []
    for read in reads:
        if read.manifest.dataset.taxon != manifest.taxon:
            fix = "submit it to an atlas of its own species"
            raise broken(
                "OTHER_SPECIES",
                read.name,
                f"a submission has the species of its atlas, {manifest.taxon}",
                read.manifest.dataset.taxon,
                fix,
            )
        found, many = np.unique(read.types[read.of_reference], return_counts=True)
        lacking = [
            f"{name} ({n:,} cells)"
            for name, n in zip(found, many, strict=True)
            if str(name) not in {*built.tree.nodes, *new}
        ]
        if lacking:
            near = ", ".join(built.tree.types[:20])
            issues.append(
                Issue(
                    read.name,
                    "UNKNOWN_LABELS: every label is a type of the tree",
                    ", ".join(lacking[:10]),
                    f"use the atlas's name ({near}), or claim a new type: --new-type LABEL=NODE",
                )
            )
        coarse = [str(name) for name in found if str(name) in built.tree.above]
        made.append(_without(read, coarse) if coarse else read)
    if lost := sorted({above for above in new.values() if above} - set(built.tree.nodes)):
        issues.append(
            Issue(
                "--new-type",
                "UNKNOWN_LABELS: a new type has a parent in the tree",
                ", ".join(lost),
                f"one of {', '.join(built.tree.nodes)}",
            )
        )
    if twice := sorted(set(new) & set(built.tree.nodes)):
        issues.append(
            Issue(
                "--new-type",
                "UNKNOWN_LABELS: a claimed new type is not in the tree",
                ", ".join(twice),
                "omit it: the tree already has it",
            )
        )
    if issues:
        raise ContractError(issues, code="UNKNOWN_LABELS")
    return made


def _without(read: Read, coarse: Sequence[str]) -> Read:
    """Excludes cells labelled with a node above types, and adds a note."""
    rows = np.isin(read.types, list(coarse))
    note = f"{int(rows.sum()):,} cells of {', '.join(coarse)} are excluded: the atlas distinguishes the types below it"
    return replace(read, types=np.where(rows, "", read.types), notes=(*read.notes, note))


def _query(read: Read) -> Query:
    """If it is unknown which donors are healthy, all are assumed to be, as in a study of the reference."""
    query = read.as_query()
    healthy = np.ones(len(read.types), bool) if query.controls is None else query.controls
    return replace(query, controls=healthy)


def _brought(read: Read, said: Mapped) -> Brought:
    rows = read.of_reference
    counts = sparse.csr_matrix(read.counts[np.flatnonzero(rows)])
    return Brought(
        read.name, counts, read.genes, read.types[rows], read.named_donors(), said.outcome[rows], said.nearest[rows]
    )


def _kept(read: Read) -> dict[str, tuple[int, int]]:
    """Donor -> (cells that pass the policy's filters, all cells)."""
    return {
        f"{read.name}/{donor}": (int(read.passed[read.donors == donor].sum()), int((read.donors == donor).sum()))
        for donor in np.unique(read.donors[read.donors != ""])
    }


def _contract(reads: Sequence[Read]) -> Gate:
    lines = [
        GateLine(
            each.name,
            float(each.of_reference.sum()),
            None,
            note=f"{len(each.cells_of_donors())} donors; {each.manifest.dataset.licence}; {len(each.sha256)} files"
            " by sha256",
        )
        for each in reads
    ]
    return Gate("G0", "contract", "passed", tuple(lines), "manifest, licence, donors, counts and genes are valid")


def _added(built: Built, read: Read, own: Submitted, number: int, new: Mapping[str, str]) -> Added:
    rows = own.study == number
    found: TypeStatistics | None = None
    if len(built.statistics.genes):
        found = _statistics(built, read)
    profiles = {name: _profile(built, read, name) for name in sorted(set(own.label[rows].tolist()) & set(new))}
    return Added(
        read.name, own.placed[rows], own.label[rows], read.named_donors(), profiles,
        {name: new[name] for name in profiles}, found,
    )  # fmt: skip


def _statistics(built: Built, read: Read) -> TypeStatistics:
    """Statistics over the genes of the version; a gene that the study lacks counts as not detected."""
    rows, genes = read.of_reference, built.statistics.genes
    at = places(genes, read.genes)
    there = np.flatnonzero(at >= 0)
    to = sparse.csr_matrix((np.ones(len(there), np.float32), (at[there], there)), (len(read.genes), len(genes)))
    return statistics(sparse.csr_matrix(read.counts[rows] @ to), genes, read.types[rows])


def _profile(built: Built, read: Read, name: str) -> Floats:
    """Mean of the scaled wide genes (g,) over the cells of a new type; a gene that the study lacks is set to the
    mean."""
    rows, r = np.flatnonzero(read.of_reference & (read.types == name)), built.reference
    donor = np.unique(read.donors[rows], return_inverse=True)[1]
    found = place(r, sparse.csr_matrix(read.counts[rows]), read.genes, np.zeros(len(rows), dtype=np.intp), donor)
    made = np.zeros(len(r.genes), r.profile.dtype)
    values = found.values.dense(0, len(rows))
    scaled = np.clip((values - r.mean[found.wide]) / r.sd[found.wide], -CLIP, CLIP)
    made[found.wide] = scaled.mean(axis=0)
    return made


def _new_types(base: Version, found: Sequence[Found], new: Mapping[str, str]) -> list[NewType]:
    made = []
    for each in found:
        if not each.passed:
            continue
        term, how = term_of(new.get(each.label, ""))
        above = "" if how == "broad mapping" else term
        name = _type_id(base.atlas, each.label)
        made.append(NewType(name, each.label, above, each.markers, each.cells, each.donors, "single-study"))
    return made


def _type_id(atlas: str, label: str) -> str:
    """Id of a new type, the same whichever study adds it."""
    key = f"{atlas}\n{label}"
    return f"orthokg:atlas-type/{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _seen_again(objects: ObjectStore, base: Version, own: Submitted, limits: Limits) -> list[NewType]:
    """Single-study types of the parent that this submission also contains."""
    made = []
    for line in card_of(objects, base).types:
        if not line.provisional.startswith(SEEN_ONCE):
            continue
        rows = own.label == line.label
        donors = len(np.unique(own.cells.donor[rows]))
        if donors >= limits.type_donors:
            made.append(
                NewType(_type_id(base.atlas, line.label), line.label, line.cl, (), int(rows.sum()), donors, "confirmed")
            )
    return made
