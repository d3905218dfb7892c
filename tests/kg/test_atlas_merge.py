"""Three-way merges of manifests: in any order the same, and what both sides changed is never guessed."""

import json
from dataclasses import replace
from io import BytesIO
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kg.atlas.card import Card, StudyLine, TypeLine
from kg.atlas.evidence import told
from kg.atlas.merge import Change, changes, three_way
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.together import card_of_both
from kg.atlas.version import Manifest
from kg.errors import ContractError
from tests.kg.atlas_parts import card

TAXON = "NCBITaxon:9606"


def entry(mark: str) -> Entry:
    return Entry(mark * 64, 1)


BASE = Manifest(
    "pbmc", TAXON,
    {
        "quality": entry("0"), "policy": entry("1"), "tree": entry("2"), "embedding": entry("3"),
        "study/a": entry("4"), "study/b": entry("5"), "statistics/a": entry("6"),
    },
)  # fmt: skip


def but(**given: str | None) -> Manifest:
    parts = dict(BASE.objects)
    for name, mark in given.items():
        key = name.replace("__", "/")
        parts.pop(key, None)
        if mark is not None:
            parts[key] = entry(mark)
    return Manifest("pbmc", TAXON, parts)


def test_disjoint_changes_are_one_content_in_any_order() -> None:
    sides = [but(study__c="c", statistics__c="d"), but(study__a="e"), but(study__b=None), but(tree="f")]
    found = set()
    for order in permutations(sides):
        made = BASE
        for side in order:
            made = three_way(BASE, made, side)
        found.add(made.content_id)
    assert len(found) == 1
    due = but(study__c="c", statistics__c="d", study__a="e", study__b=None, tree="f")
    assert found == {due.content_id}


def test_one_side_alone_is_that_side() -> None:
    other = but(study__c="c", embedding="e", quality="f")
    assert three_way(BASE, BASE, other) == other == three_way(BASE, other, BASE)
    assert three_way(BASE, other, other) == other, "both did the same"


@pytest.mark.parametrize(
    ("ours", "theirs", "keys"),
    [
        ({"study__a": "e"}, {"study__a": "f"}, ["study/a"]),
        ({"tree": "e", "policy": "e"}, {"tree": "f", "policy": "f"}, ["policy", "tree"]),
        ({"study__a": "e"}, {"study__a": None}, ["study/a"]),
        ({"study__c": "e"}, {"study__c": "f", "embedding": "f"}, ["study/c"]),
    ],
)  # fmt: skip
def test_what_both_changed_is_a_conflict(ours: dict, theirs: dict, keys: list[str]) -> None:
    with pytest.raises(ContractError) as refused:
        three_way(BASE, but(**ours), but(**theirs), lambda key, *_: f"evidence of {key}")
    assert refused.value.code == "CONFLICT"
    assert [(each.path, each.found) for each in refused.value.issues] == [(key, f"evidence of {key}") for key in keys]


@pytest.mark.parametrize(
    ("ours", "theirs", "keys"),
    [
        ({"embedding": "e"}, {"embedding": "f"}, ["embedding"]),
        ({"study__c": "c", "embedding": "e", "quality": "e"}, {"study__d": "d", "embedding": "f", "quality": "f"},
         ["embedding", "quality"]),
        ({"study__c": "c"}, {"model__scanvi": "d"}, ["model/scanvi"]),
        ({"embedding": "e", "statistics__all": "e"}, {"tree": "d"}, ["embedding", "statistics/all"]),
    ],
)  # fmt: skip
def test_what_is_fitted_over_all_is_never_merged(ours: dict, theirs: dict, keys: list[str]) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        with pytest.raises(ContractError) as refused:
            three_way(BASE, but(**one), but(**other), again="submit it again")
        assert refused.value.code == "NEEDS_REFIT"
        assert [each.path for each in refused.value.issues] == keys
        assert {each.fix for each in refused.value.issues} == {"submit it again"}


def test_what_changed_between_two() -> None:
    found = changes(BASE, but(study__a="e", study__b=None, study__c="c"))
    assert list(found) == ["study/a", "study/b", "study/c"]
    assert found["study/b"] == Change("study/b", entry("5"), None)


def arrays(labels: list[str]) -> bytes:
    held = BytesIO()
    facts = json.dumps({"types": {"of": labels}}).encode()
    inside: dict[str, Any] = {"healthy": np.array([True, False]), "facts.json": np.frombuffer(facts, np.uint8)}
    np.savez(held, **inside)
    return held.getvalue()


@pytest.mark.parametrize("form", ["json", "arrays", "other"])
def test_evidence_shows_what_both_sides_did(tmp_path: Path, form: str) -> None:
    """The same cells relabelled twice, or a node of the tree moved twice."""
    objects = ObjectStore(tmp_path)
    sides = [["B", "T", "NK", "T"], ["B", "plasma", "NK", "CD4"], ["B", "DC", "NK", "T"]]
    pack = {
        "json": lambda labels: json.dumps({"types": {"of": labels}}).encode(),
        "arrays": arrays,
        "other": lambda labels: b"\x00" + ",".join(labels).encode(),
    }[form]
    base, ours, theirs = (objects.put(pack(labels)) for labels in sides)
    text = told(objects, Change("study/a", base, ours), Change("study/a", base, theirs), "Ada", "Bob")
    assert f"Ada gives object {ours.sha256[:12]}; Bob gives object {theirs.sha256[:12]}" in text
    assert ("types.of[1]: was T, ours plasma, theirs DC" in text) == (form != "other")
    assert "types.of[3]" not in text, "one side alone changed that cell"
    gone = told(objects, Change("study/a", base, None), Change("study/a", base, theirs), "Ada", "Bob")
    assert "Ada gives nothing" in gone


LINE = StudyLine("a", "A", "orthokg:dataset/a", "CC0", "Made 2026", 4, 400)


def extended(objects: ObjectStore, base: Manifest, name: str, cells: list[str], **more: Any) -> Manifest:
    """A study of B cells and, where ``label`` says so, of a type that the version lacks."""
    old = Card.unpack(objects.read(base.objects["quality"].sha256))
    line, label = replace(LINE, name=name, citation=f"{name} 2026", donors=2, cells=len(cells)), more.get("label", "B")
    types = {each.label: each for each in old.types}
    was = types.get(label, TypeLine(label, 0, 0))
    types[label] = replace(was, donors=was.donors + 2, cells=was.cells + len(cells))
    made = replace(
        old, studies=(*old.studies, line), types=tuple(types[each] for each in sorted(types)),
        donors=old.donors + 2, cells=old.cells + len(cells), cite=f"{old.cite}; {line.citation}",
        **more.get("card", {}),
    )  # fmt: skip
    held = BytesIO()
    facts = json.dumps({"barcodes": cells}).encode()
    raw = np.random.default_rng(len(name)).normal(size=(len(cells), 3)) + more.get("at", 0)
    inside: dict[str, Any] = {"raw": raw, "facts.json": np.frombuffer(facts, np.uint8)}
    np.savez(held, **inside)
    study = {f"study/{name}": objects.put(held.getvalue()), f"statistics/of.{name}": objects.put(name.encode())}
    return Manifest(base.atlas, base.taxon, {**base.objects, **study, "quality": objects.put(made.pack())})


@pytest.fixture
def version(tmp_path: Path) -> tuple[ObjectStore, Manifest]:
    objects = ObjectStore(tmp_path)
    types = (TypeLine("B", 4, 300), TypeLine("T", 4, 100))
    held = {
        "quality": card(studies=(LINE,), types=types, donors=4, cells=400, cite="Made 2026").pack(),
        "embedding": b"e", "tree": b"t", "policy": b'{"gates": {"shared": 0.2}}', "study/a": b"a",
    }  # fmt: skip
    return objects, Manifest("pbmc", TAXON, {key: objects.put(data) for key, data in held.items()})


def cells(seed: int, n: int = 60) -> list[str]:
    return ["".join(each) + "-1" for each in np.random.default_rng(seed).choice([*"ACGT"], (n, 16))]


def both(objects: ObjectStore, base: Manifest, one: Manifest, two: Manifest) -> Manifest:
    return three_way(base, one, two, again="again", card=lambda: card_of_both(objects, base, one, two, "again"))


def test_two_extensions_are_one_content_in_either_order(version: tuple[ObjectStore, Manifest]) -> None:
    objects, base = version
    one = extended(objects, base, "b", cells(1), at=50)
    two = extended(objects, base, "cc", cells(2, 80), label="NK", at=90)
    made = both(objects, base, one, two)
    assert made == both(objects, base, two, one)
    assert {"study/a", "study/b", "study/cc", "statistics/of.b", "statistics/of.cc"} < made.objects.keys()
    found = Card.unpack(objects.read(made.objects["quality"].sha256))
    assert [each.name for each in found.studies] == ["a", "b", "cc"]
    told = {each.label: (each.donors, each.cells) for each in found.types}
    assert told == {"B": (6, 360), "T": (4, 100), "NK": (2, 80)}
    assert (found.donors, found.cells, found.cite) == (8, 540, "Made 2026; b 2026; cc 2026")
    third = extended(objects, base, "dd", cells(3), at=70)
    assert both(objects, base, made, third) == both(objects, base, both(objects, base, third, one), two)


def test_what_each_must_know_of_the_other_is_not_put_together(version: tuple[ObjectStore, Manifest]) -> None:
    objects, base = version
    one = extended(objects, base, "b", cells(1), label="NK", at=50)
    for other, code, words in (
        (extended(objects, base, "cc", cells(2), label="NK", at=90), "NEEDS_REFIT", "both add the type NK"),
        (extended(objects, base, "cc", cells(2), at=90, card={"head": "type means"}), "NEEDS_REFIT", "differ in head"),
        (extended(objects, base, "cc", cells(1)[:30] + cells(2), at=90), "SHARED_CELLS", "30 cells"),
        (extended(objects, base, "d", [f"cell {at}" for at in range(60)], at=50), "SHARED_CELLS", "60 cells"),
    ):
        for first, second in ((one, other), (other, one)):
            with pytest.raises(ContractError) as refused:
                both(objects, base, first, second)
            assert refused.value.code == code
            assert words in refused.value.issues[0].found
