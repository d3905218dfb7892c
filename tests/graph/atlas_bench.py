"""An atlas of two simulated studies, made once for the tests that grow it, and how further studies are written."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import anndata
import pytest

from ingest.atlas.again import submit_again
from ingest.atlas.create import put_version
from ingest.atlas.policy import policy_of
from ingest.atlas.submit import submit
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from kg.atlas.commit import commit
from kg.atlas.objects import ObjectStore
from kg.atlas.report import Report
from kg.atlas.review import review
from kg.atlas.submissions import Submission, report_of
from kg.atlas.version import Author, Manifest, Version
from kg.store.driver import Store
from tests.ingest.atlas_cells import POLICY as WHOLE
from tests.ingest.atlas_cells import write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human)

POLICY = WHOLE | {"engine": {"genes": 120, "axes": 12, "centroids": 12, "folds": 3, "heads": ["means"]}}
ADA, BEA, CAT = Author("Ada"), Author("Bea"), Author("Cat")


@dataclass(frozen=True)
class Bench:
    """``manifest``: of the atlas, which no graph has yet; ``paths``: manifests of its studies."""

    folder: Path
    objects: ObjectStore
    manifest: Manifest
    paths: tuple[Path, ...]
    cache: Cache
    genes: Genes
    names: list[str]

    def first(self, store: Store) -> Version:
        return commit(store, self.objects, self.manifest, ADA, "now")

    def study(self, name: str, seed: int, relabel: dict[str, str] | None = None, **more: Any) -> Path:
        """In a folder of its own; ``more``: of ``write_study``."""
        folder = Path(mkdtemp(dir=self.folder))
        path = write_study(folder, name, self.names, **{"donors": 4, "seed": seed, **more})
        if relabel:
            data = anndata.read_h5ad(path.with_suffix(".h5ad"))
            data.obs["type"] = [relabel.get(str(each), str(each)) for each in data.obs["type"]]
            data.write_h5ad(path.with_suffix(".h5ad"))
        return path

    def submit(self, store: Store, path: Path, author: Author = BEA, **more) -> tuple[Submission, Report]:
        return submit(
            store, self.objects, "pbmc", [path], author, path.stem, verified=False, cache=self.cache, genes=self.genes,
            **more,
        )  # fmt: skip

    def again(self, store: Store, number: int, *paths: Path, **more) -> tuple[Submission, Report]:
        return submit_again(store, self.objects, number, paths, cache=self.cache, genes=self.genes, **more)

    def accept(self, store: Store, made: Submission, *people: Author) -> Submission:
        """By as many as it takes; the first overrides what stops it."""
        failed = report_of(self.objects, made).failed
        for each in people[: 1 if made.status == "passed" else 2]:
            made = review(
                store, self.objects, made.number, reviewer=each, verified=False, accept=True, why="labels look right",
                override=failed if each == people[0] else (),
            )  # fmt: skip
        return made


@pytest.fixture(scope="module")
def bench(cache: Cache, human: GeneIndex, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder, genes = tmp_path_factory.mktemp("submitted"), Genes(cache)
    names = sorted(human.symbols)[1000:1240]
    objects = ObjectStore(folder / "atlas", own=True)
    paths = [write_study(folder, name, names, donors=4, seed=at) for at, name in enumerate(("one", "two"))]
    made = put_version(objects, "pbmc", paths, policy_of(POLICY), cache=cache, genes=genes)
    return Bench(folder, objects, made.manifest, tuple(paths), cache, genes, names)
