"""Compares two versions: their objects, and the numbers and words of their cards."""

from collections.abc import Iterator
from dataclasses import dataclass

from kg.atlas.card import Card
from kg.atlas.merge import Change, changes
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Version
from kg.atlas.versions import card_of, manifest_of


@dataclass(frozen=True)
class Number:
    """A number that differs. ``of``: all, study, type, coverage or measure; ``label``: which one; ``what``: cells,
    donors, coverage or value. None if a version has no such number."""

    of: str
    label: str
    what: str
    old: float | None
    new: float | None


@dataclass(frozen=True)
class Words:
    """A text that differs. ``of``: engine, head, preprocessing, licences or limits. Empty if a version has none."""

    of: str
    old: str
    new: str


@dataclass(frozen=True)
class Diff:
    """Only what differs. ``objects``: sorted by key; ``numbers``: from the cards, studies first."""

    old: Version
    new: Version
    objects: tuple[Change, ...]
    numbers: tuple[Number, ...]
    words: tuple[Words, ...]

    @property
    def same(self) -> bool:
        return not self.objects


def diff(objects: ObjectStore, old: Version, new: Version) -> Diff:
    """Raises as :func:`kg.atlas.versions.manifest_of` and :func:`kg.atlas.versions.card_of` do."""
    moved = changes(manifest_of(objects, old), manifest_of(objects, new))
    cards = card_of(objects, old), card_of(objects, new)
    before, after = (dict(_numbers(each)) for each in cards)
    numbers = [
        Number(*key, before.get(key), after.get(key))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]
    said, says = (dict(_words(each)) for each in cards)
    words = [Words(of, said[of], says[of]) for of in said if said[of] != says[of]]
    return Diff(old, new, tuple(moved.values()), tuple(numbers), tuple(words))


def _numbers(card: Card) -> Iterator[tuple[tuple[str, str, str], float | None]]:
    yield ("all", "", "donors"), card.donors
    yield ("all", "", "cells"), card.cells
    for study in card.studies:
        yield ("study", study.name, "donors"), study.donors
        yield ("study", study.name, "cells"), study.cells
    for kind in card.types:
        yield ("type", kind.label, "donors"), kind.donors
        yield ("type", kind.label, "cells"), kind.cells
    for line in card.coverage:
        yield ("coverage", f"{line.of} {line.label}", "coverage"), line.coverage
    for measure in card.measures:
        yield ("measure", f"{measure.name}, {measure.of}", "value"), measure.value


def _words(card: Card) -> Iterator[tuple[str, str]]:
    yield "engine", f"{card.engine.name} {card.engine.version}"
    yield "head", card.head
    yield "preprocessing", card.policy
    yield "licences", ", ".join(card.licences)
    yield "limits", "; ".join((*card.forbidden, *card.limits))
