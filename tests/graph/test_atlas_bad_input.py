"""Bad input of an atlas, by the command line: each is refused with one named error, and nothing is written."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from ingest.fetch.genes_index import GeneIndex
from kg.atlas.commit import commit
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.submissions import submissions
from kg.atlas.version import Author, Manifest, Version
from kg.atlas.versions import atlases, branches, manifest_of, resolve
from kg.cli.main import main
from kg.store.driver import Store
from tests.conftest import clean
from tests.ingest.atlas_cells import POLICY, write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human, mouse)

pytestmark = pytest.mark.graph
ADA = Author("Ada")


@dataclass(frozen=True)
class Bench:
    """An atlas of human donors, and what makes and reads one. ``names``: human genes of it; ``mice``: of mouse."""

    store: Store
    objects: ObjectStore
    version: Version
    names: list[str]
    mice: list[str]
    others: list[str]

    def create(self, *paths: Path, policy: dict = POLICY) -> str:
        given = paths[0].with_name("policy.yaml")
        given.write_text(yaml.safe_dump(policy))
        return refused("create", "other", *map(str, paths), "--policy", str(given))

    def map(self, path: Path, atlas: str = "pbmc") -> str:
        made = path.with_name("mapped.h5ad")
        text = refused("map", atlas, str(path), "--out", str(made))
        assert not made.exists()
        return text

    def study(self, folder: Path, name: str = "asked", **changed: object) -> Path:
        return write_study(folder, name, self.names, **{"donors": 2, "seed": 9, "typed": False, **changed})  # type: ignore[arg-type]

    def state(self) -> tuple[object, ...]:
        """What no bad input may change."""
        held = [branches(self.store, each.label) for each in atlases(self.store)]
        return held, [(each.number, each.status) for each in submissions(self.store)]


def done(*words: str) -> str:
    made = CliRunner().invoke(main, ["atlas", *words])
    assert made.exit_code == 0, made.output
    return made.stdout


def refused(*words: str) -> str:
    """The error, and nothing else was said."""
    made = CliRunner().invoke(main, ["atlas", *words])
    assert (made.exit_code, made.stdout) == (1, ""), made.output
    return made.stderr.partition("error: ")[2]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, neo4j_settings: dict[str, str]) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("lab")
    own = {"ORTHOKG_HOME": str(folder / "home"), "ORTHOKG_ATLAS": str(folder / "atlas"), "ORTHOKG_AUTHOR": "Ada"}
    return neo4j_settings | own


@pytest.fixture(autouse=True)
def _there(there: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in there.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def bench(
    _neo4j: Store, there: dict[str, str], human: GeneIndex, mouse: GeneIndex, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    """Atlas ``pbmc`` of two versions, at the later a branch ``trial``; ``brain``, unrelated; submission 1, refused."""
    folder, store = tmp_path_factory.mktemp("studies"), clean(_neo4j)
    symbols, mice = sorted(human.symbols), sorted(mouse.symbols)[1000:1240]
    names, objects = symbols[1000:1240], ObjectStore(Path(there["ORTHOKG_ATLAS"]))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in there.items():
            patch.setenv(name, value)
        (folder / "policy.yaml").write_text(yaml.safe_dump(POLICY))
        rules = ("--policy", str(folder / "policy.yaml"))
        one, two = (str(write_study(folder, name, names, donors=d, seed=d)) for name, d in (("one", 6), ("two", 3)))
        done("create", "pbmc", one, *rules)
        done("create", "pbmc", one, two, *rules, "--replace")
        done("branch", "pbmc", "trial")
        CliRunner().invoke(main, ["atlas", "submit", "pbmc", str(write_study(folder, "more", names, donors=4, seed=5))])
        assert done("review", "1", "--refuse", "--why", "not these", "--who", "Bea").endswith("is refused\n")
    version = resolve(store, "pbmc")
    held = manifest_of(objects, version)
    commit(store, objects, Manifest("brain", held.taxon, held.objects), ADA, "another")
    return Bench(store, objects, version, names, mice, symbols[2000:2240])


def changed(path: Path, change: Callable[[anndata.AnnData], anndata.AnnData]) -> Path:
    file = path.with_suffix(".h5ad")
    change(anndata.read_h5ad(file)).write_h5ad(file)
    return path


def pickled_cells(b: Bench, folder: Path) -> str:
    path = b.study(folder)
    (folder / "model.pt").write_bytes(pickle.dumps({"weights": [1.0]}))
    path.write_text(path.read_text().replace("asked.h5ad", "model.pt"))
    return b.map(path)


def pickled_model(b: Bench, folder: Path, data: bytes, name: str) -> str:
    """A version, whoever made it, whose model must be unpickled."""
    held = manifest_of(b.objects, b.version)
    entry = b.objects.put(data)
    commit(b.store, b.objects, Manifest(name, held.taxon, {**held.objects, "model/closed-form": entry}), ADA, "theirs")
    return b.map(b.study(folder), name)


def torch_file() -> bytes:
    """As torch writes one: a zip archive that holds a pickle."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("model/data.pkl", pickle.dumps({"weights": [1.0]}))
    return buffer.getvalue()


def other_species(b: Bench, folder: Path) -> str:
    return b.map(write_study(folder, "mice", b.mice, donors=2, taxon="NCBITaxon:10090"))


def logs(b: Bench, folder: Path) -> str:
    def change(data: anndata.AnnData) -> anndata.AnnData:
        data.X = np.log1p(np.asarray(data.X))
        return data

    return b.map(changed(b.study(folder), change))


def three_genes(b: Bench, folder: Path) -> str:
    return b.map(changed(b.study(folder), lambda data: data[:, :3].copy()))


def no_common_genes(b: Bench, folder: Path) -> str:
    return b.create(write_study(folder, "one", b.names), write_study(folder, "two", b.others))


def batch_of_one(b: Bench, folder: Path) -> str:
    def change(data: anndata.AnnData) -> anndata.AnnData:
        data.obs["chip"] = np.where(np.arange(len(data)) == 5, "alone", "all")
        return data

    path = changed(b.study(folder), change)
    path.write_text(path.read_text().replace("donor: donor,", "donor: donor, batch: chip,"))
    return b.map(path)


def empty(b: Bench, folder: Path) -> str:
    return b.map(changed(b.study(folder), lambda data: data[:0].copy()))


def empty_reference(b: Bench, folder: Path) -> str:
    return b.create(changed(write_study(folder, "none", b.names), lambda data: data[:0].copy()))


def forbids_all(b: Bench, folder: Path) -> str:
    return b.create(write_study(folder, "one", b.names), policy=POLICY | {"qc": {"min_counts": 1e9}})


def forbids_all_heads(b: Bench, folder: Path) -> str:
    return b.create(write_study(folder, "one", b.names), policy=POLICY | {"engine": {"heads": []}})


def not_normalised_so(b: Bench, folder: Path) -> str:
    def change(data: anndata.AnnData) -> anndata.AnnData:
        data.obs["donor"] = [f"d{at // 10}" for at in range(len(data))]
        return data

    return b.create(changed(write_study(folder, "one", b.names), change), policy=POLICY | {"normalisation": "pooled"})


def damaged(b: Bench, folder: Path) -> str:
    entry: Entry = manifest_of(b.objects, b.version).objects["embedding"]
    path = b.objects.file(entry.sha256)
    assert path is not None
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-1] + b"x")
    try:
        return b.map(b.study(folder))
    finally:
        path.write_bytes(whole)


def cut(b: Bench, folder: Path) -> str:
    """A file of cells that was cut off as it came."""
    path = b.study(folder)
    file = path.with_suffix(".h5ad")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return b.map(path)


def unknown_labels(b: Bench, folder: Path) -> str:
    def change(data: anndata.AnnData) -> anndata.AnnData:
        data.obs["type"] = data.obs["type"].astype(str).replace("NK", "no such cell")
        return data

    return refused("submit", "pbmc", str(changed(b.study(folder, "odd", donors=4, typed=True), change)))


def unrelated(b: Bench, folder: Path) -> str:
    return refused("merge", "brain", "pbmc")


def closed(b: Bench, folder: Path) -> str:
    return refused("review", "1", "--accept", "--why", "after all", "--who", "Cat")


def nothing_in_view(b: Bench, folder: Path) -> str:
    return refused("branch", "pbmc", "none", "--type", "neuron")


def built_on(b: Bench, folder: Path) -> str:
    return refused("revert", "pbmc", "--why", "wrong")


CASES = [
    (pickled_cells, "PICKLED", "model.pt"),
    (lambda b, folder: pickled_model(b, folder, pickle.dumps([1.0]), "plain"), "PICKLED", "pickled"),
    (lambda b, folder: pickled_model(b, folder, torch_file(), "torch"), "PICKLED", "data.pkl"),
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
    (cut, "NOT_HDF5", "asked.h5ad"),
    (unknown_labels, "UNKNOWN_LABELS", "no such cell"),
    (unrelated, "UNRELATED", "brain"),
    (closed, "CLOSED_SUBMISSION", "submission 1"),
    (nothing_in_view, "EMPTY_VIEW", "neuron"),
    (built_on, "BUILT_ON", "pbmc/trial"),
]


@pytest.mark.parametrize(
    ("given", "code", "named"), CASES, ids=[f"{code}-{at}" for at, (_, code, _) in enumerate(CASES)]
)
def test_each_has_its_error(
    bench: Bench, given: Callable[[Bench, Path], str], code: str, named: str, tmp_path: Path
) -> None:
    before = bench.state()
    said = given(bench, tmp_path)
    assert code in said, said
    assert named in said
    assert bench.state() == before or code == "PICKLED", "its version was committed by the test"
    assert "other" not in {each.label for each in atlases(bench.store)}
