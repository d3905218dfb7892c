"""Extends a version with further studies, giving a candidate manifest: every object that they do not change keeps its
hash.

Genes, loadings, whitening, clusters, calibration, tree, policy and the objects of earlier studies stay identical, byte
for byte; each study adds two objects, and the card is rewritten. Only ``create`` refits what is fitted to all studies,
as a new version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.atlas.create import put_study
from ingest.atlas.quality import study_line
from ingest.atlas.store import ADDED, added_to_bytes
from ingest.atlas.studies import Read
from ingest.method.mapping.engine import Built
from ingest.method.mapping.extended import CARD, Added
from ingest.method.mapping.space.geometry import Floats
from kg.atlas.card import Card, TypeLine
from kg.atlas.objects import ObjectStore
from kg.atlas.report import NewType
from kg.atlas.version import Manifest

SEEN_ONCE = "seen in one study"


@dataclass(frozen=True)
class Part:
    """A study as read, and its cells after projection into the space; ``raw`` (n, d): coordinates before correction."""

    read: Read
    added: Added
    raw: Floats


def extend(
    objects: ObjectStore,
    manifest: Manifest,
    built: Built,
    parts: Sequence[Part],
    new_types: Sequence[NewType] = (),
) -> Manifest:
    """``manifest``, ``built``: of the parent; ``new_types``: new cell types with their standing, for the card."""
    entries = dict(manifest.objects)
    for each in sorted(parts, key=lambda part: part.read.name):
        entries[f"study/{each.read.name}"] = put_study(objects, each.read, each.raw)
        entries[f"statistics/{ADDED}{each.read.name}"] = objects.put(added_to_bytes(each.added))
    card = Card.unpack(objects.read(manifest.objects["quality"].sha256))
    entries["quality"] = objects.put(extended_card(card, built, parts, new_types).pack())
    return Manifest(manifest.atlas, manifest.taxon, entries)


def extended_card(card: Card, built: Built, parts: Sequence[Part], new_types: Sequence[NewType]) -> Card:
    lines = [study_line(each.read) for each in parts]
    known = {each.name for each in card.studies}
    studies = (*card.studies, *sorted((each for each in lines if each.name not in known), key=lambda line: line.name))
    limits = tuple(each for each in card.limits if not each.startswith(_BEGIN) and each not in CARD.limits)
    cite = "; ".join(dict.fromkeys([card.cite, *(line.citation for line in lines)]))
    return replace(
        card,
        studies=studies,
        types=_types(card, parts, {each.label: each for each in new_types}),
        donors=card.donors + sum(_donors(each.added) for each in parts),
        cells=card.cells + sum(len(each.added.types) for each in parts),
        cite=cite,
        limits=(
            *limits,
            f"{_BEGIN}are based on the {built.calibration.donors} donors that it was built from",
            *CARD.limits,
        ),
    )


_BEGIN = "its space and its calibration "


def _types(card: Card, parts: Sequence[Part], new: Mapping[str, NewType]) -> tuple[TypeLine, ...]:
    made = {line.label: line for line in card.types}
    for part in parts:
        terms = {label.name: label.exact for label in part.read.labels}
        for name in np.unique(part.added.types):
            rows, label = part.added.types == name, str(name)
            line = made.get(label, TypeLine(label, 0, 0, terms.get(label, "")))
            donors = len(set(part.added.donors[rows].tolist()) - {""})
            made[label] = replace(line, donors=line.donors + donors, cells=line.cells + int(rows.sum()))
    for label, each in new.items():
        if label in made:
            seen = f"{SEEN_ONCE}, {each.donors} donors, {len(each.markers)} markers: {each.standing}"
            made[label] = replace(made[label], provisional="" if each.standing == "confirmed" else seen)
    return tuple(sorted(made.values(), key=lambda line: line.label))


def _donors(added: Added) -> int:
    return len(set(added.donors.tolist()) - {""})
