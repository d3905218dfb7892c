"""Judges a submission against its parent: places its cells in the parent's space, and runs the gates.

G0 and G1 are checked when its files are read; G8, the review by people, comes later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from ingest.method.gates.drift import affected, drift, flipped, neighbours_moved
from ingest.method.gates.integration import integration
from ingest.method.gates.labels import labels
from ingest.method.gates.limits import Limits
from ingest.method.gates.new_types import Claimed, Found, new_types
from ingest.method.gates.resolution import resolution
from ingest.method.gates.samples import controls
from ingest.method.gates.space import Cells, Parent, Space
from ingest.method.gates.unseen import unseen
from ingest.method.mapping.engine import Built, Mapped
from ingest.method.mapping.heads.outcome import UNKNOWN
from ingest.method.mapping.query.gates import unmeasured
from ingest.method.mapping.query.placed import place
from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.genes import places
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.mapping.space.reference import Reference
from kg.atlas.report import Gate


@dataclass(frozen=True)
class Brought:
    """Cells of a submitted study. ``counts``: cells x ``genes``; ``types``, ``donors`` (n,): names, donors "" if
    unknown; ``outcome``, ``nearest`` (n,): from their mapping to the parent."""

    study: str
    counts: sparse.csr_matrix
    genes: Strings
    types: Strings
    donors: Strings
    outcome: Strings
    nearest: Strings


@dataclass(frozen=True)
class Submitted:
    """All submitted studies combined. ``cells``: coordinates before correction, type (-1: a new one), donor; ``placed``
    (n, d): coordinates in the candidate; ``names``: of the donors; ``study``, ``label`` (n,): of each cell; ``unknown``
    (n,): whether UNKNOWN to the parent; ``known`` (n,): nearest type of the parent; ``counted``: number of known
    donors."""

    cells: Cells
    placed: Floats
    names: tuple[str, ...]
    study: Ints
    label: Strings
    unknown: np.ndarray
    known: Ints
    counted: int


def space_of(built: Built) -> Space:
    """The space of a version's cells, with the head of type means."""
    chosen = built.calibration.corrected if built.calibration.gains else built.calibration.plain
    return Space(built.tree, built.reference.centroids, chosen.temperature, built.calibration.gains)


def parent_of(built: Built, seed: int = 0) -> Parent:
    r = built.reference
    return Parent.of(space_of(built), Cells(r.cells, r.code, r.donor.astype(np.intp) - 1), seed=seed)


def raw(reference: Reference, counts: sparse.csr_matrix, genes: Strings, donor: Ints) -> Floats:
    """Coordinates (n, d) before any correction. ``donor`` (n,): 0, 1, ..."""
    there = ~unmeasured(reference, counts, genes)
    return place(reference, sparse.csr_matrix(counts[:, there]), genes[there], donor, donor).raw


def submitted(parent: Parent, built: Built, studies: Sequence[Brought]) -> Submitted:
    """The submitted cells in the parent's space. A study without donors counts as one donor."""
    at = {name: place_ for place_, name in enumerate(built.tree.types)}
    names: list[str] = []
    points, donor, counted = [], [], 0
    for each in studies:
        own, code = np.unique(each.donors, return_inverse=True)
        counted += int((own != "").sum())
        points.append(raw(built.reference, each.counts, each.genes, code))
        donor.append(code + len(names))
        names += [str(name) or each.study for name in own]
    label, nearest, outcome = (
        np.concatenate(x) for x in zip(*((s.types, s.nearest, s.outcome) for s in studies), strict=True)
    )
    code, known = (np.array([at.get(str(name), -1) for name in each], dtype=np.intp) for each in (label, nearest))
    cells = Cells(np.concatenate(points), code, np.concatenate(donor))
    placed = np.array(cells.points)
    for each in parent.mapped(cells):
        placed[each.rows] = each.placed
    study = np.repeat(np.arange(len(studies)), [len(each.types) for each in studies])
    return Submitted(cells, placed, tuple(names), study, label, outcome == UNKNOWN, known, counted)


def claimed(built: Built, own: Submitted, studies: Sequence[Brought], new: Sequence[str]) -> Claimed:
    """The data for claimed new types: counts over the genes common to all studies, with the parent's profiles."""
    genes = studies[0].genes
    for each in studies[1:]:
        genes = genes[np.isin(genes, each.genes)]
    counts = sparse.csr_matrix(sparse.vstack([each.counts[:, places(genes, each.genes)] for each in studies]))
    profiles, r = np.full((len(built.tree.types), len(genes)), np.nan), built.reference
    if r.normalisation == "log":
        at = places(r.genes, genes)
        there = np.flatnonzero(at >= 0)
        profiles[:, at[there]] = r.mean[there] + r.sd[there] * r.profile[:, there]
    label = np.where(np.isin(own.label, list(new)), own.label, "")
    return Claimed(counts, genes, own.cells.donor, own.known, label, own.unknown, profiles)


def judged(
    parent: Parent,
    own: Submitted,
    asked: Claimed,
    limits: Limits,
    alpha: float,
    mapped: Mapping[str, Mapped],
    seed: int = 0,
    relabelled: Mapping[str, tuple[Sequence[str], Sequence[str]]] | None = None,
) -> tuple[list[Gate], tuple[Found, ...], tuple[str, ...]]:
    """Runs G2 to G7; returns the gates, the results for new types, and the affected nodes. ``alpha``: error rate of the
    parent's sets, 0 to 1; ``relabelled``: study of the parent whose object changed -> types of its cells, before and
    after."""
    tree = parent.space.tree
    to_all = parent.mapped(own.cells)
    on = replace(own.cells, points=own.placed)
    added = parent.space.sums(on.some(own.cells.code >= 0))
    moved = neighbours_moved(parent, on, seed)
    touched = affected(tree, {tree.types[t] for t in np.unique(own.cells.code) if t >= 0}, moved)
    groups: dict[str, int] = {}
    for each in mapped.values():
        for group in each.verdict.unknown:
            groups[str(group["nearest"])] = groups.get(str(group["nearest"]), 0) + int(group["cells"])
    of_types, found = new_types(asked, groups, limits, seed)
    changed = relabelled or {}
    gates = [
        controls({name: each.verdict for name, each in mapped.items()}),
        resolution(parent, on, added, limits, seed),
        integration(parent.cells, own.cells, on, limits, seed),
        labels(parent, to_all, alpha, limits, own.names),
        unseen(parent, on, added, limits, seed),
        of_types,
        drift(
            {name: both[0] for name, both in changed.items()},
            {name: both[1] for name, both in changed.items()},
            touched,
            flipped(parent, added, touched),
        ),
    ]
    return gates, found, touched
