"""Contrasts of single cells of two datasets meet through the populations of a space: made by their manifests, on both
stores."""

from pathlib import Path

import anndata
import pytest
import yaml

from ingest.load.pipeline import Pipeline
from kg.curie import HUMAN, MOUSE
from kg.sides.catalog import Catalog
from kg.sides.pairing import pairs_of
from kg.signatures.store import SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema
from tests.ingest.make_cells import CASE_CONTROL, study
from tests.ingest.test_embedding import written

AD = "MONDO:0004975"


def cells_of(folder: Path, name: str, taxon: str, genes: list[str]) -> Path:
    made = study(genes, donors=6, cells=12)
    file = folder / f"{name}.h5ad"
    anndata.AnnData(made.X, made.obs, made.var).write_h5ad(file)
    facts = yaml.safe_load(CASE_CONTROL)
    facts["dataset"] |= {"id": name, "taxon": taxon}
    facts["cells"] = {"file": file.name}
    (contrast,) = facts["contrasts"]
    contrast |= {"disease": AD} if taxon == HUMAN else {"kind": "model", "model": "orthokg:model/made"}
    if taxon == MOUSE:
        del contrast["disease"]
        facts["models"] = [{"id": "orthokg:model/made", "label": "made mouse", "disease": AD}]
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(facts))
    return path


@pytest.mark.graph
def test_contrasts_of_cells_meet_through_a_space(store: Store, tmp_path: Path, cache) -> None:
    pipeline = Pipeline(store, SignatureStore(tmp_path / "signatures"), cache, tmp_path)
    names = {"made-mouse": MOUSE, "made-human": HUMAN}
    paths = [
        cells_of(
            tmp_path, name, taxon, [g.removeprefix("ENSEMBL:") for g in sorted(pipeline.genes(taxon).symbols)[:60]]
        )
        for name, taxon in names.items()
    ]
    written(tmp_path, controls=8, populations={"mouse": "made-mouse", "human": "made-human"})
    ensure_schema(store)
    for path in (*paths, tmp_path / "m.yaml"):
        pipeline.load_manifest(path)
    with pipeline.signatures.batch():
        for batch in pipeline._batches:
            pipeline._keep_arrays(batch)
            pipeline._load([batch])
    assert [step.status for step in pipeline.report.steps] == ["loaded"] * 3, pipeline.report.steps
    same = store.read(
        "MATCH (e:CellPopulation)-[r:SAME_POPULATION]->(p:CellPopulation)<-[:IN_POPULATION]-(c:Contrast) WHERE"
        " e.embedding IS NOT NULL RETURN e.in_taxon AS taxon, e.label AS label, p.label AS own, r.basis AS basis, c.id"
        " AS contrast"
    )
    assert {(row["taxon"], row["label"]) for row in same} == {
        (t, n) for t in names.values() for n in ("astrocyte", "microglial cell")
    }
    assert all(row["label"] == row["own"] for row in same)
    missing = [each for step in pipeline.report.steps for each in step.told if each.startswith("SAME_POPULATION")]
    assert [each[:46] for each in missing] == ["SAME_POPULATION: an end of 3 is not in the gra"], (
        "neuron of both and oligodendrocyte are in no dataset of cells, and said"
    )
    catalog = Catalog.read(store)
    mice = [c for c in catalog.contrasts.values() if c.taxon == MOUSE]
    pairs = pairs_of(store, catalog, mice, catalog.states_under(None))
    found = {(row.contrast, row.state) for row in pairs.rows if row.by_correspondence}
    assert {(c.rpartition(".")[2], s.rpartition("-")[2]) for c, s in found} == {
        ("astrocyte", "astrocyte"),
        ("microglial-cell", "cell"),
    }
