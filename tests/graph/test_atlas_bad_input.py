"""Bad input of an atlas: each has one named error, by the functions that ``orthokg atlas create`` and ``map`` call."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.atlas.create import create
from ingest.atlas.mapped import read_against
from ingest.atlas.policy import policy_of
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import manifest_of
from kg.errors import KgError
from kg.store.driver import Store
from tests.conftest import clean
from tests.ingest.atlas_cells import POLICY, write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human, mouse)

pytestmark = pytest.mark.graph


@dataclass(frozen=True)
class Bench:
    """An atlas of human donors, and what makes and reads one. ``names``: human genes of it; ``mice``: of mouse."""

    store: Store
    objects: ObjectStore
    version: Version
    cache: Cache
    names: list[str]
    mice: list[str]

    def create(self, *paths: Path, policy: dict = POLICY) -> Version:
        made = create(
            self.store, self.objects, "other", paths, policy_of(policy), Author("Ada"), "now", cache=self.cache,
            genes=Genes(self.cache),
        )  # fmt: skip
        return made.version

    def map(self, path: Path, version: Version | None = None) -> None:
        read_against(self.objects, version or self.version, path, cache=self.cache, genes=Genes(self.cache))

    def study(self, folder: Path, **changed: object) -> Path:
        return write_study(folder, "asked", self.names, donors=2, seed=9, typed=False, **changed)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def bench(
    _embedded: Store, cache: Cache, human: GeneIndex, mouse: GeneIndex, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    folder = tmp_path_factory.mktemp("atlas")
    objects = ObjectStore(folder / "objects", own=True)
    names, mice = sorted(human.symbols)[1000:1240], sorted(mouse.symbols)[1000:1240]
    study = write_study(folder, "one", names)
    made = create(
        clean(_embedded), objects, "pbmc", [study], policy_of(POLICY), Author("Ada"), "now", cache=cache,
        genes=Genes(cache),
    )  # fmt: skip
    return Bench(_embedded, objects, made.version, cache, names, mice)


def changed(path: Path, change: Callable[[anndata.AnnData], anndata.AnnData]) -> Path:
    file = path.with_suffix(".h5ad")
    change(anndata.read_h5ad(file)).write_h5ad(file)
    return path


def pickled_cells(b: Bench, folder: Path) -> None:
    path = b.study(folder)
    (folder / "model.pt").write_bytes(pickle.dumps({"weights": [1.0]}))
    path.write_text(path.read_text().replace("asked.h5ad", "model.pt"))
    b.map(path)


def pickled_model(b: Bench, folder: Path, data: bytes) -> None:
    """A version, whoever made it, whose model must be unpickled."""
    held = manifest_of(b.objects, b.version)
    entry = b.objects.put(data)
    other = Manifest(held.atlas, held.taxon, {**held.objects, "model/closed-form": entry})
    b.objects.put(other.pack())
    b.map(b.study(folder), replace(b.version, content_id=other.content_id))


def torch_file() -> bytes:
    """As torch writes one: a zip archive that holds a pickle."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("model/data.pkl", pickle.dumps({"weights": [1.0]}))
    return buffer.getvalue()


def other_species(b: Bench, folder: Path) -> None:
    b.map(write_study(folder, "mice", b.mice, donors=2, taxon="NCBITaxon:10090"))


def logs(b: Bench, folder: Path) -> None:
    def change(data: anndata.AnnData) -> anndata.AnnData:
        data.X = np.log1p(data.X)
        return data

    b.map(changed(b.study(folder), change))


def three_genes(b: Bench, folder: Path) -> None:
    b.map(changed(b.study(folder), lambda data: data[:, :3].copy()))


def no_common_genes(b: Bench, folder: Path) -> None:
    one = write_study(folder, "one", b.names)
    two = write_study(folder, "two", sorted(set(human_symbols(b)) - set(b.names))[:240])
    b.create(one, two)


def human_symbols(b: Bench) -> list[str]:
    return sorted(Genes(b.cache)("NCBITaxon:9606").symbols)[2000:2400]


def batch_of_one(b: Bench, folder: Path) -> None:
    def change(data: anndata.AnnData) -> anndata.AnnData:
        data.obs["chip"] = np.where(np.arange(len(data)) == 5, "alone", "all")
        return data

    path = changed(b.study(folder), change)
    path.write_text(path.read_text().replace("donor: donor,", "donor: donor, batch: chip,"))
    b.map(path)


def empty(b: Bench, folder: Path) -> None:
    b.map(changed(b.study(folder), lambda data: data[:0].copy()))


def empty_reference(b: Bench, folder: Path) -> None:
    b.create(changed(write_study(folder, "none", b.names), lambda data: data[:0].copy()))


def forbids_all(b: Bench, folder: Path) -> None:
    b.create(write_study(folder, "one", b.names), policy=POLICY | {"qc": {"min_counts": 1e9}})


def forbids_all_heads(b: Bench, folder: Path) -> None:
    b.create(write_study(folder, "one", b.names), policy=POLICY | {"engine": {"heads": []}})


def not_normalised_so(b: Bench, folder: Path) -> None:
    def change(data: anndata.AnnData) -> anndata.AnnData:
        data.obs["donor"] = [f"d{at // 10}" for at in range(len(data))]
        return data

    b.create(changed(write_study(folder, "one", b.names), change), policy=POLICY | {"normalisation": "pooled"})


def damaged(b: Bench, folder: Path) -> None:
    entry: Entry = manifest_of(b.objects, b.version).objects["embedding"]
    path = b.objects.file(entry.sha256)
    assert path is not None
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-1] + b"x")
    try:
        b.map(b.study(folder), b.version)
    finally:
        path.write_bytes(whole)


CASES = [
    (pickled_cells, "PICKLED", "model.pt"),
    (lambda b, folder: pickled_model(b, folder, pickle.dumps([1.0])), "PICKLED", "pickled"),
    (lambda b, folder: pickled_model(b, folder, torch_file()), "PICKLED", "data.pkl"),
    (other_species, "OTHER_SPECIES", "NCBITaxon:10090"),
    (logs, "NO_COUNTS", "asked.h5ad"),
    (three_genes, "MISSING_GENES", "are missing: ENSG"),
    (no_common_genes, "NO_COMMON_GENES", "0 of 2 studies"),
    (batch_of_one, "ONE_CELL_BATCH", "alone"),
    (empty, "NO_CELLS", "asked"),
    (empty_reference, "NO_CELLS", "none"),
    (forbids_all, "NO_CELLS", "360 removed"),
    (forbids_all_heads, "POLICY", "engine.heads"),
    (not_normalised_so, "POLICY_NOT_FOLLOWED", "21 cells of a donor"),
    (damaged, "STORE_CORRUPT", "bytes of sha256"),
]


@pytest.mark.parametrize(
    ("given", "code", "named"), CASES, ids=[f"{code}-{at}" for at, (_, code, _) in enumerate(CASES)]
)
def test_each_has_its_error(
    bench: Bench, given: Callable[[Bench, Path], None], code: str, named: str, tmp_path: Path
) -> None:
    with pytest.raises(KgError) as told:
        given(bench, tmp_path)
    assert told.value.code == code, told.value
    assert named in str(told.value)
    assert not bench.store.read("MATCH (a:Atlas {label: 'other'}) RETURN a.id AS id")
