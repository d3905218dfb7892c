"""Three-way merges of manifests: in any order the same, and what both sides changed is never guessed."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from kg.atlas.evidence import told
from kg.atlas.merge import Change, changes, three_way
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Manifest
from kg.errors import ContractError

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
    from io import BytesIO

    held = BytesIO()
    facts = json.dumps({"types": {"of": labels}}).encode()
    np.savez(held, healthy=np.array([True, False]), **{"facts.json": np.frombuffer(facts, np.uint8)})
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
