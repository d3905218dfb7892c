"""Extends a reference with more cells: they are placed in the existing space, and nothing is refitted.

Genes, loadings, whitening, clusters and calibration stay; means, cluster sums and the cells used as neighbours are
updated. A new type is added with its profile and the threshold shared by all types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ingest.method.mapping.calibration.calibrate import Choice
from ingest.method.mapping.engine import Built
from ingest.method.mapping.heads.correlation import TypeStatistics
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.correct import cluster_sums
from ingest.method.mapping.space.geometry import Floats, Ints, group_sums
from ingest.method.mapping.space.reference import Reference
from kg.errors import MethodError
from kg.match.card import Card

CARD = Card(
    "extended-reference",
    "1",
    "cells of further donors, placed by the query correction, added to the sums of a reference",
    (
        "thresholds, p and the head remain those of the donors on which the reference was calibrated",
        "genes that vary only in the added cells are not in the space: to include them, build a new reference",
    ),
    "10.1038/s41467-021-25957-x",
)


@dataclass(frozen=True)
class Added:
    """Added cells of a study. ``points`` (n, d): coordinates after correction; ``types``, ``donors`` (n,): names,
    donors "" if unknown; ``profiles``: new type -> mean of its scaled wide genes (G,); ``under``: new type -> its
    parent, "" = a root; ``statistics``: sums for correlation, None if no engine needs them."""

    study: str
    points: Floats
    types: Strings
    donors: Strings
    profiles: Mapping[str, Floats] = field(default_factory=dict)
    under: Mapping[str, str] = field(default_factory=dict)
    statistics: TypeStatistics | None = None


def not_extendable(why: str) -> MethodError:
    return MethodError(
        f"this version cannot be extended: {why}. Create a new version from all studies with orthokg atlas create"
        " --replace",
        code="NOT_EXTENDABLE",
    )


def extended(built: Built, parts: Sequence[Added]) -> Built:
    """Adds studies in the order of their names, so that the same studies always give the same reference."""
    for each in sorted(parts, key=lambda part: part.study):
        built = _with_cells(with_types(built, each.types.tolist(), each.profiles, each.under), each)
    return built


def with_types(built: Built, names: Sequence[str], profiles: Mapping[str, Floats], under: Mapping[str, str]) -> Built:
    """Adds those of ``names`` that the reference lacks, as types without cells. Raises MethodError NOT_EXTENDABLE."""
    new = sorted(set(names) - set(built.tree.types))
    if not new:
        return built
    if lost := [name for name in new if name not in profiles]:
        raise MethodError(f"{', '.join(lost)}: a new type needs a profile", code="NOT_EXTENDABLE")
    parents = dict(built.tree.parents) | {name: under[name] for name in new if under.get(name)}
    tree = Tree.of(parents, (*built.tree.types, *new))
    to = np.array([tree.types.index(name) for name in built.tree.types])
    r = built.reference
    reference = replace(
        r,
        types=tree.types,
        means=_rows(r.means, to, len(tree.types), 0),
        profile=_rows(r.profile, to, len(tree.types), 0),
        code=to[r.code].astype(r.code.dtype),
    )
    for name in new:
        reference.profile[tree.types.index(name)] = profiles[name]
    calibration = replace(
        built.calibration,
        corrected=_choice(built.calibration.corrected, to, len(tree.types)),
        plain=_choice(built.calibration.plain, to, len(tree.types)),
    )
    statistics = built.statistics
    if not len(statistics.genes):
        statistics = TypeStatistics(
            tree.types, statistics.genes, np.zeros(len(tree.types)), *(np.zeros((len(tree.types), 0)),) * 5
        )
    return replace(built, reference=reference, tree=tree, calibration=calibration, statistics=statistics)


def _rows(array: Floats, to: Ints, many: int, fill: float) -> Floats:
    made = np.full((many, *array.shape[1:]), fill, array.dtype)
    made[to] = array
    return made


def _choice(choice: Choice, to: Ints, many: int) -> Choice:
    """A new type gets the median of the known thresholds."""
    old = choice.thresholds
    of, own = _rows(old.of, to, many, float(np.median(old.of))), np.zeros(many, dtype=bool)
    own[to] = old.own
    return replace(choice, thresholds=replace(old, of=of, own=own))


def _with_cells(built: Built, added: Added) -> Built:
    r, types = built.reference, len(built.tree.types)
    code = np.searchsorted(np.array(built.tree.types), added.types)
    points = np.asarray(added.points, r.cells.dtype)
    donors = (*r.donors, *sorted(set(added.donors.tolist()) - {""} - set(r.donors)))
    at = {name: place + 1 for place, name in enumerate(donors)} | {"": 0}
    donor = np.array([at[str(name)] for name in added.donors], r.donor.dtype)
    before = np.bincount(r.code, minlength=types)[:, None]
    whole = before * np.asarray(r.means, float) + group_sums(np.asarray(points, float), code, types)
    many = before + np.bincount(code, minlength=types)[:, None]
    n, sums = (np.stack(each) for each in zip(*(cluster_sums(points, c) for c in r.centroids), strict=True))
    reference: Reference = replace(
        r,
        donors=donors,
        means=(whole / np.maximum(many, 1)).astype(r.means.dtype),
        n=r.n + n,
        sums=r.sums + sums,
        cells=np.concatenate([r.cells, points]),
        code=np.concatenate([r.code, code.astype(r.code.dtype)]),
        donor=np.concatenate([r.donor, donor]),
    )
    built = with_statistics(built, added.statistics)
    return replace(built, reference=reference, quality=_counted(built.quality, added))


def with_statistics(built: Built, found: TypeStatistics | None) -> Built:
    """Adds sums for correlation, if the reference has any."""
    if found is None or not len(built.statistics.genes):
        return built
    return replace(built, statistics=replace(built.statistics + found, lookup=built.statistics.lookup))


def _counted(quality: dict[str, Any], added: Added) -> dict[str, Any]:
    types = {name: dict(line) for name, line in quality["types"].items()}
    for name in np.unique(added.types):
        rows = added.types == name
        line = types.setdefault(str(name), {"cells": 0, "donors": 0})
        line["cells"] += int(rows.sum())
        line["donors"] += len(set(added.donors[rows].tolist()) - {""})
    return quality | {
        "studies": [*quality["studies"], added.study],
        "types": dict(sorted(types.items())),
        "cells": quality["cells"] + len(added.types),
        "donors": quality["donors"] + len(set(added.donors.tolist()) - {""}),
    }
