"""A manifest that names a network which others inferred puts its regulons in the graph, with how they were made."""

from pathlib import Path

import pytest
import yaml

from ingest.fetch.cache import Cache
from ingest.load.pipeline import Pipeline
from ingest.manifest import manifest
from ingest.study import datasets
from kg.errors import ContractError
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema
from tests.ingest.test_manifest import GOOD
from tests.ingest.test_scenic_files import motifs

FACTS = {k: v for k, v in GOOD.items() if k not in ("table", "contrasts")}


def written(folder: Path, *networks: dict, **facts: object) -> Path:
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump({**FACTS, "networks": list(networks), **facts}))
    return path


def batch_of(folder: Path, cache, mouse, *networks: dict):
    made = manifest.read(written(folder, *networks))
    return datasets.transform(made, datasets.get(cache, made), mouse)


@pytest.fixture
def reg(tmp_path: Path) -> str:
    motifs(
        tmp_path,
        ("Sox2", "m1", "3.5", "frozenset({'activating'})", "[('Pax6', 1.5), ('Nes', 2.0), ('Nosuch9', 1.0)]"),
        ("Sox2", "m3", "4.0", "frozenset({'repressing'})", "[('Gfap', 0.5)]"),
        ("Nosuch8", "m3", "4.0", "frozenset({'activating'})", "[('Gfap', 0.5)]"),
        ("Sox2", "m3", "none", "frozenset({'activating'})", "[('Gfap', 0.5)]"),
    )
    return "reg.csv"


def test_rows_of_a_motif_table(tmp_path, cache, mouse, reg):
    batch = batch_of(tmp_path, cache, mouse, {"id": "scenic", "file": reg})
    assert (batch.read, batch.accepted) == (6, 3)
    assert [(q.row, q.rule, q.value) for q in batch.quarantined] == [
        (4, "bad-number", "none"),
        (1, "unknown-symbol", "Nosuch9"),
        (3, "unknown-symbol", "Nosuch8"),
    ]
    regulons = {row["id"]: row for row in batch.nodes["Regulon"]}
    up, down = (f"orthokg:regulon/lab-scenic-sox2-{word}" for word in ("activates", "represses"))
    assert regulons.keys() == {up, down}
    assert regulons[up] == {
        "id": up,
        "label": "Sox2(+) (lab/scenic)",
        "tf": "Sox2",
        "network": "lab/scenic",
        "engine": "pyscenic",
        "in_taxon": "NCBITaxon:10090",
        "n_targets": 2,
        "derived_by_orthology": False,
        "pruned": True,
        "support": -1.0,
        "context": ["motif m1", "activating"],
    }
    edges = {
        (e["subject"], mouse.symbol_of(e["object"]), e["sign"], e["weight"])
        for e in batch.edges["REGULATES", "Regulon", "Gene"]
    }
    assert edges == {(up, "Pax6", 1, 1.5), (up, "Nes", 1, 2.0), (down, "Gfap", -1, 0.5)}
    assert batch.edges["INFERRED_IN", "Regulon", "Dataset"] == [
        {"subject": each, "object": "orthokg:dataset/lab"} for each in sorted(regulons, reverse=True)
    ]


def test_only_the_best_targets_of_an_unpruned_network_are_taken_and_the_rest_is_said(tmp_path, cache, mouse):
    (tmp_path / "adj.tsv").write_text("Sox2\tPax6\t1\nSox2\tNes\t3\nSox2\tGfap\t2\n")
    batch = batch_of(tmp_path, cache, mouse, {"id": "a", "file": "adj.tsv", "top_targets": 2, "engine": "genie3"})
    edges = [(mouse.symbol_of(e["object"]), e["weight"]) for e in batch.edges["REGULATES", "Regulon", "Gene"]]
    assert edges == [("Nes", 3.0), ("Gfap", 2.0)]
    (node,) = batch.nodes["Regulon"]
    assert (node["pruned"], node["engine"], node["label"]) == (False, "genie3", "Sox2 (lab/a)")
    assert any("1 edges are below the 2 best" in said for said in batch.missing)


def test_a_network_of_another_species_is_one_error(tmp_path, cache, mouse):
    (tmp_path / "adj.tsv").write_text("ENSG00000181449\tENSG00000007372\t1\n")
    with pytest.raises(ContractError) as caught:
        batch_of(tmp_path, cache, mouse, {"id": "a", "file": "adj.tsv"})
    assert caught.value.code == "MIXED_SPECIES"


def test_a_manifest_needs_contrasts_or_networks(tmp_path):
    with pytest.raises(ContractError, match="a manifest brings contrasts, networks"):
        manifest.read(written(tmp_path))
    twice = {"id": "a", "file": "adj.tsv"}
    with pytest.raises(ContractError, match="network ids must differ"):
        manifest.read(written(tmp_path, twice, twice))


@pytest.mark.graph
def test_the_regulons_stand_in_the_graph(store: Store, tmp_path: Path, cache, reg) -> None:
    (tmp_path / "adj.tsv").write_text("Sox2\tPax6\t1\nSox2\tNes\t3\n")
    path = written(tmp_path, {"id": "scenic", "file": reg}, {"id": "boost", "file": "adj.tsv"})
    pipeline = Pipeline(store, SignatureStore(tmp_path / "signatures"), Cache.open(), tmp_path)
    ensure_schema(store)
    pipeline.load_manifest(path)
    pipeline._batches = [*pipeline.knowledge.terms(pipeline._batches), *pipeline._batches]
    for batch in pipeline._batches:
        pipeline._load([batch])
    assert pipeline.report.exit_code == 3
    found = store.read(
        "MATCH (g:Gene)<-[t:REGULATES]-(r:Regulon)-[:INFERRED_IN]->(d:Dataset), (r)-[:HAS_TF]->(f:Gene) "
        "RETURN f.symbol AS tf, g.symbol AS target, t.sign AS sign, r.pruned AS pruned, r.engine AS engine, "
        "r.support AS support, d.id AS dataset"
    )
    rows = {(r["tf"], r["target"], r["sign"], r["pruned"], r["engine"], r["support"], r["dataset"]) for r in found}
    at = "orthokg:dataset/lab"
    assert rows == {
        ("Sox2", "Pax6", 1, True, "pyscenic", -1.0, at),
        ("Sox2", "Nes", 1, True, "pyscenic", -1.0, at),
        ("Sox2", "Gfap", -1, True, "pyscenic", -1.0, at),
        ("Sox2", "Pax6", 0, False, "grnboost2", -1.0, at),
        ("Sox2", "Nes", 0, False, "grnboost2", -1.0, at),
    }
