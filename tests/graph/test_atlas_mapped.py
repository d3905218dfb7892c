"""Studies become a version, and a study is read against it, on both stores: what leaves as files, and that nothing is
stored."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pytest

from ingest.atlas.create import Created, create
from ingest.atlas.files import COLUMNS, write_h5ad, write_table
from ingest.atlas.given import OUTCOMES, given_by
from ingest.atlas.mapped import populations, read_against, summary
from ingest.atlas.page import write_page
from ingest.atlas.policy import policy_of
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import GeneIndex, Genes
from ingest.load.dataset import batch_of
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Author, Version
from kg.atlas.versions import card_of, manifest_of, resolve
from kg.errors import ContractError, StoreError
from kg.store.driver import Store
from tests.graph.dump import dump
from tests.ingest.atlas_cells import POLICY, write_study
from tests.ingest.conftest import *  # noqa: F403  (cache, human)

pytestmark = pytest.mark.graph
ADA = Author("Ada")


@pytest.fixture(scope="module")
def names(human: GeneIndex) -> list[str]:
    return sorted(human.symbols)[1000:1240]


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "atlas", own=True)


def made(store: Store, objects: ObjectStore, cache: Cache, *paths: Path, parent: str = "", policy=POLICY) -> Created:
    return create(
        store, objects, "pbmc", paths, policy_of(policy), ADA, "now", cache=cache, genes=Genes(cache), parent=parent
    )


def test_a_study_is_read_against_a_version(
    store: Store, objects: ObjectStore, cache: Cache, names: list[str], tmp_path: Path
) -> None:
    one = write_study(tmp_path, "one", names)
    two = write_study(tmp_path, "two", names[:230] + [f"no gene {i}" for i in range(10)], seed=1)
    version = made(store, objects, cache, one, two).version
    assert (version.n_studies, version.n_donors, version.n_cells, version.n_types) == (2, 12, 720, 6)
    card = card_of(objects, version)
    assert [each.label for each in card.types] == ["B", "CD4 T", "CD8 T", "Mono", "NK", "plasmacytoid dendritic cell"]
    assert {line.of for line in card.coverage} == {"all", "donor", "type"}
    assert sum(line.cells for line in card.coverage if line.of == "donor") == 720
    assert card.contributors[0].orcid == "0000-0002-1825-0097"
    assert card.cite == "nobody one; nobody two"

    asked = write_study(tmp_path, "asked", names, donors=4, seed=9, typed=False, cases=True)
    before = dump(store)
    reading = read_against(objects, resolve(store, "pbmc"), asked, cache=cache, genes=Genes(cache))
    truth = write_study(tmp_path, "truth", names, donors=4, seed=9, cases=True)
    labels = anndata.read_h5ad(truth.with_suffix(".h5ad")).obs["type"].to_numpy(str).astype(object)
    labels[labels == "pDC"] = "plasmacytoid dendritic cell"
    m = reading.mapped
    single = m.outcome == "type"
    assert single.mean() > 0.5
    assert (m.label[single] == labels[single]).mean() > 0.9
    assert set(m.label[m.outcome == "ancestor"]) <= {"T", "lymphoid"}
    assert (m.verdict.controls, m.verdict.provisional) == ("near", False)
    assert sum(p.cells for p in populations(reading)) == 240

    files = [tmp_path / f"mapped.{kind}" for kind in ("h5ad", "tsv", "html")]
    for write, path in zip((write_h5ad, write_table, write_page), files, strict=True):
        write(reading, path)
    data = anndata.read_h5ad(files[0])
    assert {*COLUMNS, "donor", "arm"} <= set(data.obs)
    assert data.obs["orthokg_label"].to_numpy(str).tolist() == m.label.tolist()
    assert data.obsm["X_orthokg"].shape == (240, 12)
    told = json.loads(data.uns["orthokg"])
    assert (told["atlas"], told["version"], told["gates"]["controls"]) == ("pbmc", version.commit, "near")
    rows = list(csv.DictReader(files[1].open(), delimiter="\t"))
    assert [row["orthokg_outcome"] for row in rows] == m.outcome.tolist()
    assert float(rows[0]["orthokg_outside_p"]) == pytest.approx(m.outside_p[0], rel=1e-5)
    page = files[2].read_text()
    assert next(iter(summary(reading))) in page
    doubted = replace(reading, version=replace(reading.version, caveats=("a gate was overridden",)))
    assert f"Note on {reading.version.short}: a gate was overridden." in list(summary(doubted))
    assert "http" not in page.replace("http-equiv", "")
    assert dump(store) == before


def test_the_same_studies_are_the_same_content_and_older_versions_answer_as_they_did(
    store: Store, objects: ObjectStore, cache: Cache, names: list[str], tmp_path: Path
) -> None:
    one, two = (write_study(tmp_path, name, names, seed=at) for at, name in enumerate(("one", "two")))
    asked = write_study(tmp_path, "asked", names, donors=2, seed=9)
    first = made(store, objects, cache, one).version
    known = read_against(objects, first, asked, cache=cache, genes=Genes(cache)).mapped
    assert made(store, objects, cache, one, parent=first.id).version.id == first.id
    second = made(store, objects, cache, one, two, parent=first.id).version
    assert (second.parent, second.n_studies) == (first.id, 2)
    again = read_against(objects, resolve(store, f"pbmc@{first.commit[:12]}"), asked, cache=cache, genes=Genes(cache))
    assert again.mapped.label.tolist() == known.label.tolist()
    np.testing.assert_array_equal(again.mapped.probability, known.probability)


def test_what_cannot_be_an_atlas_or_be_read_against_it_is_named(
    store: Store, objects: ObjectStore, cache: Cache, human: GeneIndex, names: list[str], tmp_path: Path
) -> None:
    others = sorted(human.symbols)[2000:2240]
    good = write_study(tmp_path, "good", names)
    twice = write_study(tmp_path, "twice", names)
    twice.write_text(twice.read_text().replace("id: twice", "id: good"))
    bare = tmp_path / "bare.yaml"
    bare.write_text(good.read_text().partition("cells:")[0].replace("id: good", "id: bare"))
    untyped = write_study(tmp_path, "untyped", names, typed=False)

    def refused(*paths: Path, policy: dict = POLICY) -> ContractError:
        with pytest.raises(ContractError) as told:
            made(store, objects, cache, *paths, policy=policy)
        return told.value

    assert refused(good, twice).code == "DUPLICATE_STUDY"
    told = refused(good, bare, untyped)
    assert told.code == "ATLAS_STUDIES"
    assert {issue.path.partition(".yaml")[0] for issue in told.issues} == {"bare", "untyped"}
    assert refused(good, policy=POLICY | {"types": {"no such type": "T"}}).code == "POLICY"
    assert refused(good, policy=POLICY | {"qc": {"min_counts": 1e9}}).code == "NO_CELLS"
    assert not store.read("MATCH (a:AtlasVersion) RETURN a.id AS id")

    version = made(store, objects, cache, good).version
    logs = write_study(tmp_path, "logs", names)
    data = anndata.read_h5ad(logs.with_suffix(".h5ad"))
    data.X = np.log1p(data.X)
    data.write_h5ad(logs.with_suffix(".h5ad"))
    few = write_study(tmp_path, "few", names[:3] + others[:237])
    mouse = write_study(tmp_path, "mouse", names, taxon="NCBITaxon:10090")
    for path, code in ((logs, "NO_COUNTS"), (few, "MISSING_GENES"), (mouse, "MIXED_SPECIES")):
        with pytest.raises(ContractError) as failed:
            read_against(objects, version, path, cache=cache, genes=Genes(cache))
        assert failed.value.code == code, failed.value

    (entry,) = [e for e in objects.all() if e.name == _embedding(objects, version)]
    path = objects.file(entry.name)
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(StoreError, match="bytes of sha256"):
        read_against(objects, version, good, cache=cache, genes=Genes(cache))


def test_an_atlas_gives_a_study_its_types_and_its_populations_become_contrasts(
    store: Store, objects: ObjectStore, cache: Cache, names: list[str], tmp_path: Path
) -> None:
    version = made(store, objects, cache, write_study(tmp_path, "one", names)).version
    study = write_study(tmp_path, "asked", names, donors=8, seed=9, typed=False, cases=True)
    study.write_text(
        study.read_text()
        + """contrasts:
  - {id: c, label: cases, kind: drug, drug: interferon, case: {arm: case}, control: {arm: control}}
"""
    )
    with pytest.raises(ContractError) as told:
        batch_of(study, cache, Genes(cache), list)
    assert told.value.code == "WRONG_COLUMNS"
    batch = batch_of(study, cache, Genes(cache), list, mapped=given_by(objects, version))
    (row,) = batch.nodes["Mapping"]
    assert (row["n_cells"], row["controls"], row["provisional"]) == (480, "near", False)
    assert row["n_cells"] == sum(row[f"n_{outcome}"] for outcome in OUTCOMES)
    populations = {each["label"] for each in batch.nodes["CellPopulation"]}
    assert (
        {"B", "NK", "plasmacytoid dendritic cell"} <= populations <= {*card_labels(objects, version), "T", "lymphoid"}
    )
    contrasts = batch.nodes["Contrast"]
    assert len(contrasts) == len(populations)
    flag = f"mapped: cell types are from pbmc@{version.commit[:12]}; "
    assert all(any(each.startswith(flag) for each in contrast["flags"]) for contrast in contrasts)
    assert batch.edges["MAPPED_TO", "Mapping", "AtlasVersion"] == [{"subject": row["id"], "object": version.id}]
    again = batch_of(study, cache, Genes(cache), list, mapped=given_by(objects, version))
    assert again.nodes == batch.nodes


def card_labels(objects: ObjectStore, version: Version) -> set[str]:
    return {each.label for each in card_of(objects, version).types}


def _embedding(objects: ObjectStore, version: Version) -> str:
    return manifest_of(objects, version).objects["embedding"].sha256
