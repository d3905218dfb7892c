"""A file of cells in a shared space becomes populations with a place, and edges between those that correspond."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml

from ingest import manifest
from ingest.batch import Batch
from ingest.pipeline import Pipeline
from ingest.source.embedding import embedding_rows
from kg.errors import ContractError
from kg.schema import EDGE_BY_TYPE, NODE_BY_LABEL
from kg.signatures import SignatureStore
from kg.store import Store
from tests.ingest.test_manifest import GOOD
from tests.kg.test_correspond import two_species

FACTS = {k: v for k, v in GOOD.items() if k not in ("table", "contrasts")}
TAXA = {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:10090"}
SPEC = {"id": "space", "file": "saturn.h5ad", "gene_embedding": "none (simulated)", "taxa": TAXA, "draws": 99}
IDS = {name: f"orthokg:population/lab-space-ncbitaxon-{taxon.split(':')[1]}-" for name, taxon in TAXA.items()}


def written(folder: Path, *, third: bool = False, nan: bool = False, **spec: object) -> manifest.Manifest:
    X, species, labels = two_species(right=("astrocyte", "micro_glia", "neuron"))
    taxa = TAXA
    if third:
        mouse = species == "mouse"
        X, labels = np.vstack([X, X[mouse] + 0.05]), np.concatenate([labels, labels[mouse]])
        species, taxa = np.concatenate([species, ["marmoset"] * mouse.sum()]), TAXA | {"marmoset": "NCBITaxon:9483"}
    if nan:
        X[7, 1] = np.nan
    labels = np.where(labels == "micro_glia", "microglia", labels)
    donors = [f"d{i % 3}" for i in range(len(X))]
    obs = pd.DataFrame({"species": species, "label": labels, "donor": donors}, dtype="category")
    obs.index = obs.index.astype(str)
    anndata.AnnData(obs=obs, obsm={"X_saturn": X.astype(np.float32)}).write_h5ad(folder / "saturn.h5ad")
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump({**FACTS, "embedding": SPEC | {"taxa": taxa} | spec}))
    return manifest.read(path)


def batch_of(folder: Path, m: manifest.Manifest) -> Batch:
    assert m.embedding is not None
    batch = Batch("dataset/lab", "1")
    embedding_rows(m, m.embedding, folder / m.embedding.file, batch)
    return batch.check()


def test_populations_and_correspondences(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, donor_column="donor"))
    rows = {row["id"]: row for row in batch.nodes["CellPopulation"]}
    assert len(rows) == 7
    glia = rows[IDS["human"] + "microglial-cell"]
    assert (glia["label"], glia["author_labels"], glia["n_cells"], glia["n_donors"]) == ("microglial cell", ["microglia"], 40, 3)  # fmt: skip
    own = anndata.read_h5ad(tmp_path / "saturn.h5ad")
    cells = own.obsm["X_saturn"][((own.obs["species"] == "human") & (own.obs["label"] == "microglia")).to_numpy()]
    np.testing.assert_allclose(glia["centroid"], cells.mean(axis=0), rtol=1e-5)
    assert glia["spread"] == pytest.approx(np.mean(((cells - cells.mean(axis=0)) ** 2).sum(axis=1)) ** 0.5, rel=1e-5)
    types = {e["subject"]: e["object"] for e in batch.edges["OF_TYPE", "CellPopulation", "CellType"]}
    assert types[glia["id"]] == "CL:0000129"
    edges = batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
    called = {(e["subject"], e["object"]) for e in edges if e["called"]}
    assert called == {(IDS["mouse"] + n, IDS["human"] + n) for n in ("astrocyte", "microglial-cell", "neuron")}
    assert {e["auroc_of"] for e in edges} == {"the embedding itself: no independent measure"}
    alone = rows[IDS["human"] + "oligodendrocyte"]["counterpart"]
    assert alone.startswith("NCBITaxon:10090: none at FDR 0.05; nearest is ")
    assert glia["counterpart"].startswith("NCBITaxon:10090: microglial cell (score ")


def test_rows_fit_the_schema(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, third=True))
    for label, rows in batch.nodes.items():
        assert {name for row in rows for name in row} <= {p.name for p in NODE_BY_LABEL[label].properties} | {"id"}
    for (kind, *pair), rows in batch.edges.items():
        assert tuple(pair) in EDGE_BY_TYPE[kind].pairs
        declared = {p.name for p in EDGE_BY_TYPE[kind].properties} | {"subject", "object"}
        assert {name for row in rows for name in row} <= declared


def test_a_third_species_is_data(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, third=True))
    glia = next(row for row in batch.nodes["CellPopulation"] if row["id"] == IDS["human"] + "microglial-cell")
    assert [said.split(" (")[0] for said in glia["counterpart"].split("; ")] == [
        "NCBITaxon:10090: microglial cell", "NCBITaxon:9483: microglial cell",
    ]  # fmt: skip
    assert [row["id"] for row in batch.nodes["Species"]] == ["NCBITaxon:9483"]


@pytest.mark.parametrize(
    ("spec", "code", "said"),
    [
        ({"obsm": "X_umap"}, "WRONG_OBSM", "X_saturn"),
        ({"label_column": "type"}, "WRONG_COLUMNS", "species"),
        ({"taxa": {"human": "NCBITaxon:9606"}}, "WRONG_SPECIES", "mouse"),
        ({"taxa": TAXA | {"rat": "NCBITaxon:10116"}}, "WRONG_SPECIES", "rat"),
        ({"taxa": {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:9606"}}, "WRONG_SPECIES", "two species"),
        ({"nan": True}, "NOT_FINITE", "cell 8"),
    ],
)
def test_what_is_wrong_is_one_clear_error(tmp_path, spec, code, said):
    m = written(tmp_path, **spec)
    with pytest.raises(ContractError, match=said) as caught:
        batch_of(tmp_path, m)
    assert caught.value.code == code


def test_a_file_that_is_no_hdf5(tmp_path):
    m = written(tmp_path)
    (tmp_path / "saturn.h5ad").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ContractError) as caught:
        batch_of(tmp_path, m)
    assert caught.value.code == "NOT_HDF5"


@pytest.mark.graph
def test_correspondences_stand_in_the_graph(store: Store, tmp_path: Path, cache) -> None:
    written(tmp_path)
    pipeline = Pipeline(store, SignatureStore(tmp_path / "signatures"), cache, tmp_path)
    store.ensure_schema()
    pipeline.load_manifest(tmp_path / "m.yaml")
    (batch,) = pipeline._batches
    pipeline._load(batch)
    assert [(step.source, step.status) for step in pipeline.report.steps] == [("dataset/lab", "loaded")]
    rows = store.read(
        "MATCH (a:CellPopulation)-[r:CORRESPONDS_TO {called: true}]->(b:CellPopulation) "
        "RETURN a.label AS a, b.label AS b, r.gene_embedding AS told, size(a.centroid) AS d ORDER BY a"
    )
    assert [(row["a"], row["b"]) for row in rows] == [(n, n) for n in ("astrocyte", "microglial cell", "neuron")]
    assert {(row["told"], row["d"]) for row in rows} == {("none (simulated)", 8)}
