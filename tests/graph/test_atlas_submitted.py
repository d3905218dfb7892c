"""A study goes from its manifest to a merged submission, on both stores: one author, one curator, the gates between."""

from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.atlas.create import create
from ingest.atlas.policy import policy_of
from ingest.atlas.store import built_of
from ingest.atlas.submit import submit
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from kg.atlas.objects import ObjectStore
from kg.atlas.review import review
from kg.atlas.submissions import report_of, submission
from kg.atlas.version import Author
from kg.atlas.versions import manifest_of, resolve
from kg.errors import KgError
from kg.store.driver import Store
from tests.ingest.atlas_cells import POLICY as WHOLE
from tests.ingest.atlas_cells import write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human)

pytestmark = pytest.mark.graph
POLICY = WHOLE | {"engine": {"genes": 120, "axes": 12, "centroids": 12, "folds": 3, "heads": ["means"]}}
ADA, BEA, CAT = Author("Ada"), Author("Bea"), Author("Cat")


@pytest.fixture(scope="module")
def names(human: GeneIndex) -> list[str]:
    return sorted(human.symbols)[1000:1240]


def test_a_study_is_submitted_reviewed_and_merged(store: Store, cache: Cache, names: list[str], tmp_path: Path) -> None:
    objects = ObjectStore(tmp_path / "atlas", own=True)
    one, two = (write_study(tmp_path, name, names, donors=4, seed=at) for at, name in enumerate(("one", "two")))
    genes = Genes(cache)
    first = create(store, objects, "pbmc", [one, two], policy_of(POLICY), ADA, "now", cache=cache, genes=genes).version

    asked = write_study(tmp_path, "asked", names, donors=4, seed=9)
    made, report = submit(store, objects, "pbmc", [asked], BEA, "four donors", verified=False, cache=cache, genes=genes)
    assert (made.status, made.number, made.donors, made.cells) == (report.status, 1, 4, 240)
    assert report_of(objects, made).pack() == report.pack()
    again, _ = submit(store, objects, "pbmc", [asked], BEA, "four donors", verified=False, cache=cache, genes=genes)
    assert again.number == 1
    beside = write_study(tmp_path, "beside", names, donors=4, seed=11)
    other, _ = submit(store, objects, "pbmc", [beside], ADA, "four more", verified=False, cache=cache, genes=genes)
    with pytest.raises(KgError) as told:
        review(store, objects, 1, reviewer=BEA, verified=False, accept=True, why="mine")
    assert told.value.code == "OWN_SUBMISSION"
    people = [CAT] if report.status == "passed" else [CAT, ADA]
    for each in people:
        review(store, objects, 1, reviewer=each, verified=False, accept=True, why="labels look right")
    assert submission(store, 1).status == "accepted"
    head = resolve(store, "pbmc")
    assert (head.parent, head.n_studies, head.n_donors, head.n_cells) == (first.id, 3, 12, 720)
    built = built_of(objects, manifest_of(objects, head))
    assert (len(built.reference.code), len(built.reference.donors)) == (720, 12)

    for each in [CAT] if other.status == "passed" else [CAT, BEA]:
        review(store, objects, other.number, reviewer=each, verified=False, accept=True, why="and these")
    head = resolve(store, "pbmc")
    assert (head.n_studies, head.n_donors, head.n_cells) == (4, 16, 960), (
        "it was checked beside the first, and joins it"
    )
    assert any(f"submission {other.number} was checked against {first.short}" in each for each in head.caveats)
    built = built_of(objects, manifest_of(objects, head))
    assert (len(built.reference.code), len(built.reference.donors)) == (960, 16)

    wrong = write_study(tmp_path, "wrong", names, donors=4, seed=10)
    data = anndata.read_h5ad(wrong.with_suffix(".h5ad"))
    data.obs["type"] = np.where(
        data.obs["type"] == "NK", "Mono", np.where(data.obs["type"] == "Mono", "NK", data.obs["type"])
    )
    data.write_h5ad(wrong.with_suffix(".h5ad"))
    made, report = submit(store, objects, "pbmc", [wrong], BEA, "exchanged", verified=False, cache=cache, genes=genes)
    assert made.status == "failed"
    assert "G5" in report.failed
    with pytest.raises(KgError) as told:
        review(store, objects, made.number, reviewer=CAT, verified=False, accept=True, why="fine by me")
    assert told.value.code == "GATES_FAILED"
    assert resolve(store, "pbmc").id == head.id
