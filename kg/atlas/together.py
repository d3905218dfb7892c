"""Combines two extensions of one version: each added studies, and everything fitted is unchanged.

The combined card is the version's card plus what each side added, so the order does not matter. It cannot be made if
both sides add the same type, or brought the same cells: the second then has to be checked against the first.
"""

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from kg.atlas import shared
from kg.atlas.card import Card, TypeLine
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Manifest
from kg.errors import ContractError, Issue, broken

ADDED = ("studies", "types", "donors", "cells", "cite", "limits")
"""Fields of a card that change when a study is added."""
_SHARE = 0.2


def card_of_both(objects: ObjectStore, base: Manifest, ours: Manifest, theirs: Manifest, again: str) -> Entry:
    """The card of a version to which two sides added studies. ``again``: how to check the second against the first (the
    remedy in messages).

    Raises ContractError NEEDS_REFIT if the two cannot be combined, SHARED_CELLS if they brought the same cells.
    """
    old, mine, other = (Card.unpack(objects.read(each.objects["quality"].sha256)) for each in (base, ours, theirs))
    _refuse_shared(objects, base, ours, theirs)
    kept = [each.name for each in fields(Card) if each.name not in ADDED]
    wrong = [f"their cards differ in {name}" for name in kept if getattr(mine, name) != getattr(other, name)]
    lines = {each.label: each for each in old.types}
    first, second = ({each.label: each for each in side.types} for side in (mine, other))
    wrong += [f"both add the type {name}" for name in sorted((first.keys() & second.keys()) - lines.keys())]
    wrong += [
        f"both change whether and why {name} is provisional"
        for name, line in sorted(lines.items())
        if name in first and name in second
        and line.provisional != first[name].provisional != second[name].provisional != line.provisional
    ]  # fmt: skip
    if wrong:
        rule = "NEEDS_REFIT: two extensions can be combined only if they do not affect each other"
        raise ContractError([Issue("quality", rule, each, again) for each in wrong], code="NEEDS_REFIT")
    made = replace(
        old,
        **{name: getattr(mine, name) for name in kept},
        studies=(*old.studies, *_new(old.studies, mine.studies, other.studies)),
        types=tuple(_type(lines, first, second, name) for name in sorted(first.keys() | second.keys())),
        donors=mine.donors + other.donors - old.donors,
        cells=mine.cells + other.cells - old.cells,
        cite="; ".join([old.cite, *sorted(_cited(old.cite, mine.cite) | _cited(old.cite, other.cite))]),
        limits=tuple(dict.fromkeys((*old.limits, *sorted({*mine.limits, *other.limits} - {*old.limits})))),
    )
    return objects.put(made.pack())


def _new(old: Iterable[Any], *sides: Iterable[Any]) -> list[Any]:
    known = {each.name for each in old}
    return sorted((each for side in sides for each in side if each.name not in known), key=lambda each: each.name)


def _cited(old: str, new: str) -> set[str]:
    return set(new.removeprefix(old).removeprefix("; ").split("; ")) - {""}


def _type(
    old: Mapping[str, TypeLine], mine: Mapping[str, TypeLine], other: Mapping[str, TypeLine], name: str
) -> TypeLine:
    sides = [side[name] for side in (mine, other) if name in side]
    if name not in old or len(sides) == 1:
        return sides[0]
    before, (one, two) = old[name], sides
    told = one if one.provisional != before.provisional else two
    return replace(told, donors=one.donors + two.donors - before.donors, cells=one.cells + two.cells - before.cells)


def _refuse_shared(objects: ObjectStore, base: Manifest, ours: Manifest, theirs: Manifest) -> None:
    share = _share(objects, base)
    known = {name: _cells(objects, entry) for name, entry in _studies(base, ours)}
    for study, entry in _studies(base, theirs):
        names, places = _cells(objects, entry)
        found = shared.by_barcode(names, {name: held for name, (held, _) in known.items()}, share)
        told = {each.study for each in found}
        for name, (_, points) in known.items():
            if name not in told:
                found += shared.by_place(places, names, points, name, share)
        shared.refuse(study, found)


def _studies(base: Manifest, side: Manifest) -> list[tuple[str, Entry]]:
    return sorted((name, each) for name, each in side.named("study").items() if name not in base.named("study"))


def _cells(objects: ObjectStore, entry: Entry) -> tuple[list[str], shared.Floats]:
    """Names of the cells of a study (n), and their coordinates before any correction (n, a). Raises ContractError
    REFERENCE_LAYOUT."""
    try:
        with np.load(io.BytesIO(objects.read(entry.sha256)), allow_pickle=False) as held:
            facts = json.loads(held["facts.json"].tobytes())
            raw = held["raw"] if "raw" in held.files else np.zeros((0, 1))
        return [str(each) for each in facts.get("barcodes", ())], np.asarray(raw, float)
    except (ValueError, KeyError, AttributeError, TypeError, OSError) as error:
        fix = "rebuild the version from the same studies"
        raise broken(
            "REFERENCE_LAYOUT", f"object {entry.sha256[:12]}", "a study of a version must contain its cells", error, fix
        ) from None


def _share(objects: ObjectStore, manifest: Manifest) -> float:
    if (entry := manifest.objects.get("policy")) is None:
        return _SHARE
    gates = json.loads(objects.read(entry.sha256)).get("gates") or {}
    return float(gates.get("shared", _SHARE))
