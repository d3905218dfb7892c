"""Ways to bring the studies of a version together, on simulated studies: which are measured, and which are refused."""

import json
import sys
from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.atlas.bench import MEASURES, Bench, bench_of
from ingest.atlas.create import put_version
from ingest.atlas.policy import policy_of
from ingest.cli.atlas_bench import text
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Version
from kg.errors import ContractError, MethodError
from tests.ingest.atlas_cells import POLICY as WHOLE
from tests.ingest.atlas_cells import write_study

NETWORK = {"latent": 5, "hidden": 16, "layers": 1, "epochs": [15, 5, 5]}
POLICY = WHOLE | {
    "engine": {"genes": 120, "axes": 12, "centroids": 12, "folds": 2, "heads": ["means"], "scanvi": NETWORK}
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benched")


@pytest.fixture(scope="module")
def objects(home: Path) -> ObjectStore:
    return ObjectStore(home / "atlas", own=True)


@pytest.fixture(scope="module")
def paths(home: Path, human: GeneIndex) -> list[Path]:
    names = sorted(human.symbols)[1000:1240]
    return [write_study(home, name, names, donors=4, seed=at) for at, name in enumerate(("one", "two"))]


@pytest.fixture(scope="module")
def version(objects: ObjectStore, paths: list[Path], cache: Cache) -> Version:
    put = put_version(objects, "pbmc", paths, policy_of(POLICY), cache=cache, genes=Genes(cache))
    objects.put(put.manifest.pack())
    mark = put.manifest.content_id
    return Version(
        f"orthokg:atlas-version/{mark}", mark, "pbmc", put.manifest.taxon, mark, "", "Ada", "", "", "2026-01-01",
        "", 0, 0, 0, 0, (), True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def measured(objects: ObjectStore, version: Version, cache: Cache):
    def asked(*paths: Path, **changed) -> Bench:
        return bench_of(objects, version, paths, cache=cache, genes=Genes(cache), **changed)

    return asked


PURE = ("pca", "harmony", "fastmnn", "closed form")


def test_a_table_is_of_the_same_folds_and_says_who_saw_labels(measured, paths: list[Path]) -> None:
    found = measured(*paths, methods=PURE)
    assert (found.cells, found.donors, found.folds, found.left_out, found.absent) == (480, 8, 4, 0, ())
    made = found.to_json()
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    for method in PURE:
        for name in ("ARI", "kBET", "scGraph"):
            assert len(made["by fold"][method][name]) == 4
    rows = {row["method"]: row for row in made["methods"]}
    assert [row["labels"] for row in made["methods"]] == ["not seen"] * 3 + ["seen"]
    for row in rows.values():
        assert all(-1 <= row[name] <= 1 for name in MEASURES)
    assert rows["pca"]["PCR"] == 0
    assert rows["harmony"]["iLISI"] > rows["pca"]["iLISI"]
    assert (rows["fastmnn"]["may serve a head"], rows["harmony"]["may serve a head"]) == ("no", "yes")
    told = "\n".join(text(found))
    assert "480 cells of 8 donors in 4 folds" in told
    assert "kBET (shown only)" in told
    assert "may serve a head: " in told
    assert "fastmnn" not in told.rpartition("may serve a head: ")[2]
    again = measured(*paths, methods=PURE).to_json()
    assert again["by fold"] == made["by fold"]


def test_of_many_cells_some_are_measured_and_studies_that_were_not_given_are_named(measured, paths: list[Path]) -> None:
    found = measured(paths[0], methods=["pca"], most=200)
    assert (found.cells, found.left_out, found.absent, found.folds) == (200, 40, ("two",), 2)
    assert "not given, and not measured: two" in "\n".join(text(found))


def test_what_is_not_a_study_of_the_version_is_refused(
    measured, paths: list[Path], home: Path, human: GeneIndex
) -> None:
    names = sorted(human.symbols)[1000:1240]
    other = write_study(home, "other", names, donors=4, seed=7)
    (home / "again").mkdir()
    changed = write_study(home / "again", "one", names, donors=4)
    data = anndata.read_h5ad(changed.with_suffix(".h5ad"))
    data.obs["type"] = np.where(data.obs["type"] == "B", "NK", data.obs["type"].astype(str))
    data.write_h5ad(changed.with_suffix(".h5ad"))
    with pytest.raises(ContractError) as told:
        measured(other, changed, methods=["pca"])
    assert told.value.code == "OTHER_STUDY"
    assert [issue.path for issue in told.value.issues] == ["other", "one"]
    assert told.value.issues[1].found == "other files, types"
    with pytest.raises(ContractError, match="bbknn") as told:
        measured(*paths, methods=["pca", "bbknn"])
    assert told.value.code == "METHODS"


def test_what_is_not_installed_has_a_row_that_says_so(
    measured, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scvi", "scanorama"):
        monkeypatch.setitem(sys.modules, name, None)
    rows = {row["method"]: row for row in measured(*paths).table()}
    assert [name for name, row in rows.items() if row["biology"] is None] == ["scvi", "scanorama", "scanvi"]
    assert "orthokg[models]" in rows["scvi"]["note"]
    assert "not installed" in rows["scanorama"]["note"]
    with pytest.raises(MethodError) as told:
        measured(*paths, methods=["pca", "scanvi"])
    assert told.value.code == "NEEDS_MODELS"


@pytest.mark.models
def test_scvi_and_scanvi_are_measured_on_the_same_folds_and_the_same_again(measured, paths: list[Path]) -> None:
    made = [measured(paths[0], methods=["scvi", "scanvi"]).to_json() for _ in range(2)]
    assert made[0]["by fold"] == made[1]["by fold"]
    assert {name: len(each["ARI"]) for name, each in made[0]["by fold"].items()} == {"scvi": 2, "scanvi": 2}
    assert [row["labels"] for row in made[0]["methods"]] == ["not seen", "seen"]
