"""Stored verdicts that rest on types by an atlas, on both stores: which they are, and what they would be with others.
Simulated."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.load.simulated import DATASET
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author
from kg.curie import HUMAN, MOUSE
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from kg.verdict.flips import GONE, Instead, Rests, rests_on, would_be
from tests.kg.atlas_parts import manifest
from tests.simulated import ingested

pytestmark = pytest.mark.graph
MODEL, COHORT = (f"orthokg:contrast/simulated/{each}" for each in ("specific", "alzheimer-1"))
OWNED: dict[str, Any] = {"source": "dataset/simulated", "run": "orthokg:run/test"}


def mapped(store: Store, folder: Path, dataset: str, contrast: str) -> Rests:
    """As if this contrast of a simulated study were of types by an atlas."""
    objects = ObjectStore(folder / "atlas", own=True)
    version = commit(store, objects, manifest(objects), Author("Ada"), "first")
    assert rests_on(store, [version.id]) == Rests({}, {}, ())
    key = "orthokg:mapping/simulated/test"
    write_nodes(store, "Mapping", [{"id": key, "label": "mapped"}], **OWNED)
    for kind, label, target in (("MAPPED_TO", "AtlasVersion", version.id), ("FROM_DATASET", "Dataset", dataset)):
        write_edges(store, kind, "Mapping", label, [{"subject": key, "object": target}], **OWNED)
    assert rests_on(store, [version.id]) == Rests({dataset: version.id}, {}, ()), "its contrasts are of its own types"
    store.write("MATCH (c:Contrast) WHERE c.id IN $ids SET c.flags = ['mapped: types of it']", ids=[contrast])
    assert rests_on(store, ["orthokg:atlas-version/none"]) == Rests({}, {}, ())
    return rests_on(store, [version.id])


def as_stored(store: Store, signatures: SignatureStore, *contrasts: str) -> Instead:
    rows = store.read("MATCH (c:Contrast) WHERE c.id IN $ids RETURN c {.*} AS row", ids=list(contrasts))
    return Instead({row["row"]["id"]: row["row"] for row in rows}, {each: signatures.get(each) for each in contrasts})


def test_what_rests_on_a_model_of_mapped_types(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    rests, of = mapped(store, tmp_path, DATASET[MOUSE], MODEL), DATASET[MOUSE]
    count = "MATCH (k:Match)-[:MATCH_OF {side: 'mouse'}]->(c:Contrast {id: $id}) RETURN count(k) AS n"
    assert len(rests.matches) == store.read(count, id=MODEL)[0]["n"] > 0
    assert {each.mouse for each in rests.matches} == {MODEL}
    same = as_stored(store, signatures, MODEL)
    found = would_be(store, signatures.root, rests, {of: same})
    assert [status for _, status in found] == [match.status for match, _ in found], "asked again it is what is stored"
    assert "SUPPORTED" in {match.status for match, _ in found}

    held = signatures.get(MODEL)
    opposite = Instead(same.contrasts, {MODEL: replace(held, vector=-held.vector, effect=-held.effect)})
    found = would_be(store, signatures.root, rests, {of: opposite})
    changed = [(match.status, status) for match, status in found if status != match.status]
    assert any(was == "SUPPORTED" and now not in ("SUPPORTED", GONE) for was, now in changed), changed
    gone = would_be(store, signatures.root, rests, {of: Instead({}, {})})
    assert {status for _, status in gone} == {GONE}
    assert would_be(store, signatures.root, rests, {}) == []


def test_what_rests_on_a_cohort_of_mapped_types(store: Store, tmp_path: Path) -> None:
    signatures = ingested(store, tmp_path)
    rests, of = mapped(store, tmp_path, DATASET[HUMAN], COHORT), DATASET[HUMAN]
    assert len({each.mouse for each in rests.matches}) > 1, "a pool is compared with every model"
    assert COHORT not in {each.mouse for each in rests.matches}
    few = replace(rests, matches=tuple(each for each in rests.matches if each.mouse == MODEL))
    same = as_stored(store, signatures, COHORT)
    found = would_be(store, signatures.root, few, {of: same})
    assert [status for _, status in found] == [match.status for match, _ in found]
