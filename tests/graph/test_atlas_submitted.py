"""A study goes from its manifest to a merged submission, on both stores: one author, one curator, the gates between."""

from typing import Any

import anndata
import numpy as np
import pytest

from ingest.atlas.create import put_version
from ingest.atlas.flips import instead_of
from ingest.atlas.given import given_by
from ingest.atlas.policy import policy_of
from ingest.atlas.store import built_of
from ingest.load.dataset import batch_of
from kg.atlas.review import review
from kg.atlas.submissions import report_of, submission, submissions
from kg.atlas.versions import history, manifest_of, resolve
from kg.errors import KgError
from kg.signatures.store import Signature
from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from tests.graph.atlas_bench import *  # noqa: F403  (bench, and what it is made of)
from tests.graph.atlas_bench import ADA, BEA, CAT, POLICY, Bench

pytestmark = pytest.mark.graph


def test_a_study_is_submitted_reviewed_and_merged(store: Store, bench: Bench) -> None:
    objects, first = bench.objects, bench.first(store)
    asked = bench.study("asked", 9)
    made, report = bench.submit(store, asked)
    assert (made.status, made.number, made.donors, made.cells) == (report.status, 1, 4, 240)
    assert report_of(objects, made).pack() == report.pack()
    again, _ = bench.submit(store, asked)
    assert again.number == 1
    other, _ = bench.submit(store, bench.study("beside", 11), ADA)
    with pytest.raises(KgError) as told:
        review(store, objects, 1, reviewer=BEA, verified=False, accept=True, why="mine")
    assert told.value.code == "OWN_SUBMISSION"
    assert bench.accept(store, made, CAT, ADA).status == "accepted"
    head = resolve(store, "pbmc")
    assert (head.parent, head.n_studies, head.n_donors, head.n_cells) == (first.id, 3, 12, 720)
    built = built_of(objects, manifest_of(objects, head))
    assert (len(built.reference.code), len(built.reference.donors)) == (720, 12)

    bench.accept(store, other, CAT, BEA)
    head = resolve(store, "pbmc")
    assert (head.n_studies, head.n_donors, head.n_cells) == (4, 16, 960), (
        "it was checked beside the first, and joins it"
    )
    assert any(f"submission {other.number} was checked against {first.short}" in each for each in head.caveats)
    built = built_of(objects, manifest_of(objects, head))
    assert (len(built.reference.code), len(built.reference.donors)) == (960, 16)

    made, report = bench.submit(store, bench.study("wrong", 10, {"NK": "Mono", "Mono": "NK"}))
    assert made.status == "failed"
    assert "G5" in report.failed
    with pytest.raises(KgError) as told:
        review(store, objects, made.number, reviewer=CAT, verified=False, accept=True, why="fine by me")
    assert told.value.code == "GATES_FAILED"
    assert resolve(store, "pbmc").id == head.id


def test_it_is_checked_again_where_the_branch_stands(store: Store, bench: Bench) -> None:
    first = bench.first(store)
    asked, beside = bench.study("asked", 9), bench.study("beside", 11)
    made, report = bench.submit(store, asked)
    assert bench.again(store, 1, asked) == (made, report), "where the branch has not moved nothing is written"
    other, _ = bench.submit(store, beside, ADA)
    bench.accept(store, other, CAT, BEA)
    head = resolve(store, "pbmc")
    renewed, now = bench.again(store, 1, asked)
    assert (renewed.number, renewed.base, now.base, report.base) == (1, head.id, head.id, first.id)
    assert (renewed.status, renewed.earlier) == (now.status, (made.report,))
    again, told = bench.again(store, 1, asked)
    assert (again, told.pack()) == (renewed, now.pack())
    bench.accept(store, renewed, CAT, ADA)
    grown = resolve(store, "pbmc")
    assert (grown.parent, grown.content_id, grown.n_studies, grown.n_donors) == (head.id, renewed.content, 4, 16)
    assert not any("submission 1 was checked against" in each for each in grown.caveats)
    with pytest.raises(KgError) as closed:
        bench.again(store, 1, asked)
    assert closed.value.code == "CLOSED_SUBMISSION"


def test_it_is_checked_again_with_the_studies_that_it_has(store: Store, bench: Bench) -> None:
    bench.first(store)
    new = bench.study("claims", 12, {"NK": "odd NK"})
    made, _ = bench.submit(store, new, new={"odd NK": "lymphoid"})
    assert bench.again(store, made.number, new)[0] == made, "what was claimed stays claimed"
    changed = anndata.read_h5ad(new.with_suffix(".h5ad"))
    changed.X = np.asarray(changed.X) + 1
    changed.write_h5ad(new.with_suffix(".h5ad"))
    for paths, named in (((new,), "claims: claims.h5ad"), ((bench.study("else", 13),), "else"), ((), "nothing")):
        with pytest.raises(KgError, match=named) as told:
            bench.again(store, made.number, *paths)
        assert told.value.code == "OTHER_STUDIES"
    assert submission(store, made.number) == made


def test_labels_that_the_tree_lacks_are_named_and_nothing_is_written(store: Store, bench: Bench) -> None:
    first = bench.first(store)
    with pytest.raises(KgError, match=r"glial cell \(") as told:
        bench.submit(store, bench.study("unlike", 14, {"NK": "glia"}))
    assert told.value.code == "UNKNOWN_LABELS"
    assert submissions(store) == []
    assert history(store, "pbmc") == [first]


def test_verdicts_that_rest_on_the_version_are_told(store: Store, bench: Bench) -> None:
    first, asked = bench.first(store), bench.study("asked", 9)
    _, report = bench.submit(store, asked)
    assert report.flips == ()
    assert any(note.startswith(f"no verdict rests on {first.short}: no study") for note in report.notes)

    path = bench.study("mapped", 21, donors=8, typed=False, cases=True)
    drug = "{id: c, label: cases, kind: drug, drug: interferon, case: {arm: case}, control: {arm: control}}"
    path.write_text(f"{path.read_text()}contrasts:\n  - {drug}\n")
    batch = batch_of(path, bench.cache, bench.genes, list, mapped=given_by(bench.objects, first))
    owned: dict[str, Any] = {"source": batch.source, "run": "r"}
    for label, rows in batch.nodes.items():
        write_nodes(store, label, rows, **owned)
    for (kind, subject, target), rows in batch.edges.items():
        write_edges(store, kind, subject, target, rows, **owned)
    _, report = bench.again(store, 1, asked)
    dataset = "orthokg:dataset/mapped"
    assert report.notes[-1] == f"no stored verdict rests on the cell types that {first.short} gave {dataset}"
    one, other = (row["id"] for row in batch.nodes["Contrast"][:2])
    match = {"id": "orthokg:match/x", "level": "gene", "policy": "one2one", "disease": "d", "status": "SUPPORTED"}
    write_nodes(store, "Match", [match], **owned)
    ends = [{"subject": match["id"], "object": end, "side": side} for end, side in ((one, "mouse"), (other, "human"))]
    write_edges(store, "MATCH_OF", "Match", "Contrast", ends, **owned)
    _, report = bench.again(store, 1, asked)
    assert (report.flips, report.notes[-1].partition(": ")[2][:20]) == ((), "1, not asked again (")
    _, report = bench.again(store, 1, asked, mapped=[path])
    (flip,) = report.flips
    assert flip.endswith("(gene, d): SUPPORTED is stored, no verdict with this"), "no state is in this graph"
    assert "1, each asked again" in report.notes[-1]
    with pytest.raises(KgError, match=dataset) as told:
        bench.again(store, 1, asked, mapped=[asked])
    assert told.value.code == "NOT_MAPPED"

    own: dict[str, Any] = {"cache": bench.cache, "genes": bench.genes}
    same = instead_of(bench.objects, first, bench.manifest, path, **own)
    assert same.contrasts == {row["id"]: row for row in batch.nodes["Contrast"]}
    assert same.items.keys() >= {one, other}
    exchanged = [bench.study(name, at, {"CD4 T": "B", "B": "CD4 T"}) for at, name in enumerate(("one", "two"))]
    candidate = put_version(bench.objects, "pbmc", exchanged, policy_of(POLICY), **own).manifest
    now = instead_of(bench.objects, first, candidate, path, **own)
    (tested,) = (each for each in same.items.values() if isinstance(each, Signature) and each.noise == "donors")
    other = now.items[tested.id]
    assert isinstance(other, Signature)
    assert not np.array_equal(other.vector, tested.vector), "other cells are called so"
