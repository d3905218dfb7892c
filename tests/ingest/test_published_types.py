"""What authors say of which clusters of several species are one type, from the real tables of the motor cortex."""

import csv
from collections import Counter
from pathlib import Path

import pytest
import yaml

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.load.pipeline import BUNDLED, Pipeline
from ingest.manifest import manifest
from ingest.study.published_types import published_rows
from kg.errors import ContractError
from kg.read.correspondences import correspondences
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema
from tests.ingest.test_embedding import FACTS, TAXA, batch_of, written

MOTOR = BUNDLED / "biccn-m1-types.yaml"
SPECIES = {"NCBITaxon:9606": "human", "NCBITaxon:10090": "mouse", "NCBITaxon:9483": "marmoset"}


def table(cache: Cache, species: str) -> list[dict[str, str]]:
    path = cache.get(f"biccn_m1_evo/Species_metadata_Cytosplore_-_{species}.csv")
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def motor(cache: Cache, m: manifest.Manifest) -> Batch:
    batch = Batch("dataset/biccn-m1-types", "1")
    assert m.published_types is not None
    published_rows(m, m.published_types, {name: cache.get(name) for name in m.files()}, batch)
    return batch.check()


def test_45_of_45_types_are_linked_between_human_and_mouse_and_marmoset_is_data_alone(cache: Cache):
    batch = motor(cache, manifest.read(MOTOR))
    edges = batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
    name = {row["id"]: (SPECIES[row["in_taxon"]], row["label"]) for row in batch.nodes["CellPopulation"]}
    rows = {s: [r for r in table(cache, s) if r["integrated_FINAL"] not in ("", "NA")] for s in SPECIES.values()}
    types = {s: {r["integrated_FINAL"] for r in rows[s]} for s in rows}
    linked = Counter(frozenset((name[e["subject"]][0], name[e["object"]][0])) for e in edges)
    assert linked[frozenset(("human", "mouse"))] == len(types["human"] & types["mouse"]) == 45
    assert linked[frozenset(("human", "marmoset"))] == len(types["human"] & types["marmoset"])
    assert linked[frozenset(("mouse", "marmoset"))] == len(types["mouse"] & types["marmoset"])
    for e in edges:
        assert name[e["subject"]][1] == name[e["object"]][1]
        assert e["published"] == f"the same type: {name[e['subject']][1]}"
        assert "score" not in e
        assert "p" not in e
        assert e["published_by"] == "Bakken et al. 2021"
    for row in batch.nodes["CellPopulation"]:
        own = [r for r in rows[SPECIES[row["in_taxon"]]] if r["integrated_FINAL"] == row["label"]]
        assert row["author_labels"] == [r["cluster_label"] for r in own]
        assert row["n_cells"] == sum(int(r["cluster_size"]) for r in own)
    assert len(batch.quarantined) == sum(len(table(cache, s)) - len(rows[s]) for s in rows) == 17


@pytest.mark.graph
def test_the_links_stand_in_the_graph(cache: Cache, store: Store, tmp_path: Path):
    ensure_schema(store)
    pipeline = Pipeline(store, SignatureStore(tmp_path / "signatures"), cache, tmp_path)
    pipeline.load_manifest(MOTOR)
    (batch,) = pipeline._batches
    pipeline._load([batch])
    assert [step.status for step in pipeline.report.steps] == ["loaded"]
    pairs = correspondences(store, embedding="biccn-m1-types/consensus").pairs
    between = [p for p in pairs if {p.left_taxon, p.right_taxon} == {"NCBITaxon:9606", "NCBITaxon:10090"}]
    assert len(between) == 45
    assert {(p.status, p.score, p.q, p.published_by) for p in between} == {
        ("COUNTERPART", None, None, "Bakken et al. 2021")
    }


def test_a_computed_pair_tells_what_the_table_says_of_it(tmp_path):
    written(tmp_path)
    types = {
        "human": "cluster,type\nmicroglia,Micro\nastrocyte,Astro\noligodendrocyte,Oligo\nx,\n",
        "mouse": "cluster,type\nmicroglia,Micro\nastrocyte,Oligo\n",
    }
    for species, text in types.items():
        (tmp_path / f"{species}.csv").write_text(text)
    facts = yaml.safe_load((tmp_path / "m.yaml").read_text())
    tables = [{"taxon": TAXA[s], "file": f"{s}.csv", "cluster": "cluster", "type": "type"} for s in types]
    (tmp_path / "m.yaml").write_text(
        yaml.safe_dump({**facts, "published_types": {"id": "said", "by": "A. 2020", "tables": tables}})
    )
    m = manifest.read(tmp_path / "m.yaml")
    batch = batch_of(tmp_path, m)
    (space,) = {e["embedding"] for e in batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]} - {
        "lab/said"
    }
    label = {row["id"]: row["label"] for row in batch.nodes["CellPopulation"]}
    told = {
        (label[e["subject"]], label[e["object"]]): e.get("published")
        for e in batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
        if e["embedding"] == space
    }
    assert told["microglial cell", "microglial cell"] == "the same type: Micro"
    assert told["astrocyte", "astrocyte"] == "different types: Oligo, Astro"
    assert told["neuron", "neuron"] is None
    same = {
        (label[e["subject"]], label[e["object"]])
        for e in batch.edges["SAME_POPULATION", "CellPopulation", "CellPopulation"]
    }
    assert ("astrocyte", "Astro") in same
    assert ("astrocyte", "Oligo") in same
    assert [q.rule.split(":")[0] for q in batch.quarantined] == ["NO_TYPE"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cluster,type\na,\n", "NO_TYPES"),
        ("cluster,type\na,X\na,Y\n", "DUPLICATE_CLUSTER"),
        ("name,type\na,X\n", "WRONG_COLUMNS"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path, text, code):
    for species in TAXA:
        (tmp_path / f"{species}.csv").write_text(text)
    tables = [{"taxon": t, "file": f"{s}.csv", "cluster": "cluster", "type": "type"} for s, t in TAXA.items()]
    (tmp_path / "m.yaml").write_text(yaml.safe_dump({**FACTS, "published_types": {"id": "said", "tables": tables}}))
    m = manifest.read(tmp_path / "m.yaml")
    with pytest.raises(ContractError) as caught:
        published_rows(m, m.published_types, {f"{s}.csv": tmp_path / f"{s}.csv" for s in TAXA}, Batch("x", "1"))
    assert caught.value.code == code
