"""A view gets a model of its own, of the cells that it selects, on both stores; its parent stays as it is."""

from pathlib import Path

import pytest

from ingest.atlas.create import Created
from ingest.atlas.mapped import read_against
from ingest.atlas.of_view import create_of_view
from ingest.atlas.store import built_of
from kg.atlas import branches as cutting
from kg.atlas.commit import commit
from kg.atlas.version import Manifest
from kg.atlas.versions import branch_named, card_of, history, manifest_of, resolve
from kg.errors import KgError
from kg.integrity.verify import atlas as findings
from kg.store.driver import Store
from tests.graph.atlas_bench import *  # noqa: F403  (bench, and what it is made of)
from tests.graph.atlas_bench import ADA, BEA, Bench

pytestmark = pytest.mark.graph
PLACE, TYPES = "pbmc/lymphoid", ("B", "CD4 T", "CD8 T", "NK")


def finer(store: Store, bench: Bench, *paths: Path, place: str = PLACE, **more) -> Created:
    return create_of_view(
        store, bench.objects, place, paths or bench.paths, BEA, "finer", cache=bench.cache, genes=bench.genes, **more
    )


def refused(code: str, *given, **more) -> str:
    with pytest.raises(KgError) as told:
        finer(*given, **more)
    assert told.value.code == code, told.value
    return str(told.value)


def test_a_view_has_a_model_of_its_own(store: Store, bench: Bench) -> None:
    objects, first = bench.objects, bench.first(store)
    held = {key: objects.read(each.sha256) for key, each in bench.manifest.objects.items()}
    cutting.cut(store, objects, "pbmc", "lymphoid", ADA, chosen={"type": ["lymphoid"]})
    made = finer(store, bench).version
    view = branch_named(store, PLACE)
    assert (view.head, view.base, made.parent, made.branch) == (made.id, first.id, first.id, "lymphoid")
    cells = sum(line.cells for line in card_of(objects, first).types if line.label in TYPES)
    assert (made.n_studies, made.n_donors, made.n_cells, made.n_types) == (2, 8, cells, 4)

    own, parent = manifest_of(objects, made), manifest_of(objects, first)
    assert {key for key in own.objects if own.objects[key] == parent.objects.get(key)} == {"policy"}
    old, new = built_of(objects, parent), built_of(objects, own)
    assert (new.tree.types, new.tree.above) == (TYPES, ("T", "lymphoid"))
    assert dict(new.tree.parents) == dict(old.tree.parents)
    assert len(new.reference.code) == cells
    study = bench.study("asked-for", 31, donors=3, types=TYPES)
    found = read_against(objects, made, study, cache=bench.cache, genes=bench.genes)
    single = found.mapped.outcome == "type"
    assert set(found.mapped.label[single]) <= set(TYPES)
    assert (found.mapped.label == found.read.types)[single].mean() > 0.9

    assert resolve(store, "pbmc") == first
    assert history(store, "pbmc") == [first]
    assert manifest_of(objects, first).pack() == bench.manifest.pack()
    assert {key: objects.read(each.sha256) for key, each in bench.manifest.objects.items()} == held
    assert [each for each in findings(store, objects) if each.due != "nothing"] == []
    assert finer(store, bench).version.id == made.id, "made again of the same it is the same"


def test_a_view_that_has_grown_is_made_again_only_where_that_is_said(store: Store, bench: Bench) -> None:
    first = bench.first(store)
    cutting.cut(store, bench.objects, "pbmc", "lymphoid", ADA, chosen={"type": ["lymphoid"]})
    more = bench.objects.put(b"more")
    grown = Manifest("pbmc", first.in_taxon, {**bench.manifest.objects, "model/more": more})
    grown = commit(store, bench.objects, grown, ADA, "grown", parent=first.id, branch="lymphoid")
    refused("ATLAS_MOVED", store, bench)
    assert resolve(store, PLACE).id == grown.id
    assert finer(store, bench, again=True).version.parent == grown.id


def test_what_no_model_is_made_of(store: Store, bench: Bench) -> None:
    first, one = bench.first(store), bench.paths[0]
    cutting.cut(store, bench.objects, "pbmc", "trial", ADA)
    cutting.cut(store, bench.objects, "pbmc", "lymphoid", ADA, chosen={"type": ["lymphoid"]})
    cutting.cut(store, bench.objects, "pbmc", "b", ADA, chosen={"type": ["B"]})
    for place in ("pbmc", "pbmc/trial"):
        assert "a line" in refused("ARGUMENT", store, bench, place=place)
    refused("UNKNOWN_TERM", store, bench, place="pbmc/none")
    assert "it has two" in refused("OTHER_STUDIES", store, bench, one)
    other = bench.study("third", 32, donors=2)
    assert "given was third" in refused("OTHER_STUDIES", store, bench, *bench.paths, other)
    assert "two: two.h5ad" in refused("OTHER_STUDIES", store, bench, one, bench.study("two", 33))
    refused("FEW_TYPES", store, bench, place="pbmc/b")
    assert {branch_named(store, each).head for each in ("pbmc", "pbmc/trial", PLACE, "pbmc/b")} == {first.id}
