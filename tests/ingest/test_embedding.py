"""A file of cells in a shared space becomes populations with a place, and edges between those that correspond."""

import json
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from ingest.batch import Batch
from ingest.load.pipeline import Pipeline
from ingest.manifest import manifest
from ingest.study.embedding import embedding_rows
from ingest.study.published_types import published_rows
from kg.cli.main import main
from kg.curie import local
from kg.errors import ContractError, UnknownTermError
from kg.read.correspondences import correspondences
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.nodes import NODE_BY_LABEL
from kg.signatures.store import SignatureStore
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema
from tests.ingest.test_manifest import GOOD
from tests.kg.test_correspond import two_species

FACTS = {k: v for k, v in GOOD.items() if k not in ("table", "contrasts")}
TAXA = {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:10090"}
SPEC = {"id": "space", "file": "saturn.h5ad", "gene_embedding": "none (simulated)", "taxa": TAXA, "draws": 99}
IDS = {name: f"orthokg:population/lab-space-ncbitaxon-{taxon.split(':')[1]}-" for name, taxon in TAXA.items()}


CARD = {
    "method": "saturn",
    "version": "1",
    "doi": "10.1038/s41592-024-02191-z",
    "settings": {"seed": 7, "genes": 50},
    "packages": {"torch": "2.4"},
    "gene embedding": "protein language model",
    "limits": ["a limit"],
    "species": [
        {
            "species": s,
            "file": f"{s}.h5ad",
            "sha256": s * 10,
            "cells": 160,
            "expressed genes": 2000,
            "coverage": 0.971,
            "embedding": "protein language model",
            "embedding sha256": "e" + s,
        }
        for s in TAXA
    ],
}


def written(
    folder: Path,
    *,
    third: bool = False,
    nan: bool = False,
    card: dict | None = None,
    controls: int = 0,
    swapped: bool = False,
    few: bool = False,
    **spec: object,
) -> manifest.Manifest:
    """``swapped``: X_orthologs in which two mouse types have changed places; ``few``: three mouse cells of a type of
    their own."""
    X, species, labels = two_species(right=("astrocyte", "micro_glia", "neuron"))
    if few:
        X, species, labels = (
            np.vstack([X, X[-3:] + 1]),
            np.append(species, ["mouse"] * 3),
            np.append(labels, ["pericyte"] * 3),
        )
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
    made = anndata.AnnData(obs=obs, obsm={"X_saturn": X.astype(np.float32)})
    made.obsm["X_umap"] = np.where(np.arange(len(X))[:, None] % 2, X[:, :2], np.nan).astype(np.float32)
    if card is not None:
        made.uns["card"] = json.dumps(card)
    if swapped:
        made.obsm["X_orthologs"] = made.obsm["X_saturn"].copy()
        one, other = (np.flatnonzero((species == "mouse") & (labels == n)) for n in ("neuron", "astrocyte"))
        made.obsm["X_orthologs"][one], made.obsm["X_orthologs"][other] = (
            made.obsm["X_saturn"][other],
            made.obsm["X_saturn"][one],
        )
    made.write_h5ad(folder / "saturn.h5ad")
    for n in range(controls):
        moved, mouse = X.copy(), np.flatnonzero(species == "mouse")
        moved[mouse] = X[np.random.default_rng(n).permutation(mouse)]
        anndata.AnnData(obs=obs, obsm={"X_saturn": moved.astype(np.float32)}).write_h5ad(
            folder / f"shuffled-{n + 1}.h5ad"
        )
    if controls:
        spec["controls"] = [f"shuffled-{n + 1}.h5ad" for n in range(controls)]
    path = folder / "m.yaml"
    path.write_text(yaml.safe_dump({**FACTS, "embedding": SPEC | {"taxa": taxa} | spec}))
    return manifest.read(path)


def batch_of(folder: Path, m: manifest.Manifest) -> Batch:
    assert m.embedding is not None
    batch = Batch("dataset/lab", "1")
    paths = {name: folder / name for name in m.files()}
    published = published_rows(m, m.published_types, paths, batch) if m.published_types else None
    embedding_rows(m, m.embedding, paths, batch, published)
    return batch.check()


def test_populations_and_correspondences(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, donor_column="donor"))
    rows = {row["id"]: row for row in batch.nodes["CellPopulation"]}
    assert len(rows) == 7
    glia = rows[IDS["human"] + "microglial-cell"]
    assert (glia["label"], glia["author_labels"], glia["n_cells"], glia["n_donors"]) == (
        "microglial cell",
        ["microglia"],
        40,
        3,
    )
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
    assert alone.startswith("NCBITaxon:10090: none at FDR 0.05: not above permuted labels; nearest is ")
    assert glia["counterpart"].startswith("NCBITaxon:10090: microglial cell (score ")


def test_rows_fit_the_schema(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, third=True))
    for label, rows in batch.nodes.items():
        assert {name for row in rows for name in row} <= {p.name for p in NODE_BY_LABEL[label].properties} | {"id"}
    for (kind, *pair), rows in batch.edges.items():
        assert tuple(pair) in EDGE_BY_TYPE[kind].pairs
        declared = {p.name for p in EDGE_BY_TYPE[kind].properties} | {"subject", "object"}
        assert {name for row in rows for name in row} <= declared


def test_both_nulls_are_told_and_which_is_missing(tmp_path):
    without = batch_of(tmp_path, written(tmp_path))
    (space,) = without.nodes["Embedding"]
    assert space["null_shuffled"].startswith("missing: no control run; `orthokg embed saturn --control shuffled`")
    assert any("null of shuffled gene embeddings of space is missing" in each for each in without.missing)
    edges = without.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
    assert not any("q_shuffled" in e for e in edges)
    assert {e["null_shuffled"] for e in edges} == {space["null_shuffled"]}
    held = batch_of(tmp_path, written(tmp_path, controls=8))
    (space,) = held.nodes["Embedding"]
    assert (
        space["null_shuffled"]
        == "gene embeddings shuffled: 8 control runs, rank among their reciprocal pairs in obsm X_saturn"
    )
    edges = held.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
    assert len(edges) == space["n_pairs"] == 12
    assert {e["object"] for e in edges if e["called"]} == {
        IDS["human"] + n for n in ("astrocyte", "microglial-cell", "neuron")
    }
    assert all(e["q_shuffled"] <= 0.05 for e in edges if e["called"])
    alone = next(r for r in held.nodes["CellPopulation"] if r["id"] == IDS["human"] + "oligodendrocyte")["counterpart"]
    assert "none at FDR 0.05: not above permuted labels" in alone
    (space,) = batch_of(tmp_path, written(tmp_path, controls=1)).nodes["Embedding"]
    assert "too few to tell: the smallest q that they could give is" in space["null_shuffled"]


def test_the_auroc_is_of_one_to_one_orthologs_where_the_file_has_them(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, swapped=True))
    edges = batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
    assert {e["auroc_of"] for e in edges} == {"obsm X_orthologs"}
    doubted = {(e["subject"], e["object"]) for e in edges if e["agrees"] is False}
    two = ("astrocyte", "neuron")
    assert doubted >= {(IDS["mouse"] + a, IDS["human"] + b) for a in two for b in two}
    said = {r["id"]: r["counterpart"] for r in batch.nodes["CellPopulation"]}
    assert said[IDS["human"] + "neuron"].endswith("though MetaNeighbor's AUROC says otherwise")


def test_the_card_of_the_run_stands_on_the_space_and_on_every_edge(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, card=CARD, gene_embedding="ESM2 650M"))
    (space,) = batch.nodes["Embedding"]
    assert (space["version"], space["seed"], space["stand_in"], space["gene_embedding"]) == ("1", 7, False, "ESM2 650M")
    assert space["coverage"] == [f"{s}: 160 cells; 97.1% of 2,000 expressed genes" for s in TAXA]
    assert space["inputs"][0] == f"human: human.h5ad sha256 {'human' * 10}; gene embedding sha256 ehuman"
    assert space["packages"] == ["torch 2.4"]
    said = {e["card"] for e in batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]}
    assert said == {space["card"]}
    assert space["card"].startswith("saturn 1; seed 7; gene embedding: ESM2 650M; human: 160 cells; 97.1% of 2,000")
    assert "human humanhumanhu" in space["card"]


def test_a_stand_in_is_named_as_such(tmp_path):
    told = CARD | {"gene embedding": "orthology stand-in (not a protein language model)"}
    with pytest.raises(ContractError) as caught:
        batch_of(tmp_path, written(tmp_path, card=told, gene_embedding="ESM2"))
    assert caught.value.code == "CARD_DIFFERS"
    batch = batch_of(tmp_path, written(tmp_path, card=told, gene_embedding=None))
    (space,) = batch.nodes["Embedding"]
    assert space["stand_in"] is True
    edges = batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
    assert {e["gene_embedding"] for e in edges} == {told["gene embedding"]}
    with pytest.raises(ContractError) as caught:
        batch_of(tmp_path, written(tmp_path, gene_embedding=None))
    assert caught.value.code == "NO_GENE_EMBEDDING"


def test_populations_are_linked_to_those_of_the_cells_of_a_dataset(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, populations={"mouse": "mouse-study"}))
    same = {e["subject"]: e for e in batch.edges["SAME_POPULATION", "CellPopulation", "CellPopulation"]}
    assert set(same) == {IDS["mouse"] + n for n in ("astrocyte", "microglial-cell", "neuron")}
    edge = same[IDS["mouse"] + "microglial-cell"]
    assert edge["object"] == local("population", "mouse-study", "microglial cell")
    assert edge["basis"] == "label, cells of dataset mouse-study"


def test_a_population_of_few_cells_is_untestable_and_says_so(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, few=True))
    edges = batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"]
    few = [e for e in edges if e["subject"] == IDS["mouse"] + "pericyte"]
    assert len(few) == 4
    assert {e["status"] for e in few} == {"UNTESTABLE"}
    assert not any("p" in e or "q" in e for e in few)
    (space,) = batch.nodes["Embedding"]
    assert space["n_pairs"] == len(edges) - 4
    row = next(r for r in batch.nodes["CellPopulation"] if r["id"] == IDS["mouse"] + "pericyte")
    assert row["counterpart"] == "NCBITaxon:9606: UNTESTABLE: 3 cells, 5 are needed"


def test_a_layout_is_of_at_most_forty_cells_that_were_drawn(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path))
    held = anndata.read_h5ad(tmp_path / "saturn.h5ad")
    drawn = {tuple(np.round(each.astype(float), 3)) for each in held.obsm["X_umap"] if np.isfinite(each).all()}
    for row in batch.nodes["CellPopulation"]:
        points = np.array(row["layout"]).reshape(-1, 2)
        assert len(points) == 20
        assert {tuple(each) for each in points} <= drawn


def test_a_third_species_is_data(tmp_path):
    batch = batch_of(tmp_path, written(tmp_path, third=True))
    glia = next(row for row in batch.nodes["CellPopulation"] if row["id"] == IDS["human"] + "microglial-cell")
    assert [said.split(" (")[0] for said in glia["counterpart"].split("; ")] == [
        "NCBITaxon:10090: microglial cell",
        "NCBITaxon:9483: microglial cell",
    ]
    assert [row["id"] for row in batch.nodes["Species"]] == ["NCBITaxon:9483"]


@pytest.mark.parametrize(
    ("spec", "code", "said"),
    [
        ({"obsm": "X_pca"}, "WRONG_OBSM", "X_saturn"),
        ({"label_column": "type"}, "WRONG_COLUMNS", "species"),
        ({"taxa": {"human": "NCBITaxon:9606"}}, "WRONG_SPECIES", "mouse"),
        ({"taxa": TAXA | {"rat": "NCBITaxon:10116"}}, "WRONG_SPECIES", "rat"),
        ({"taxa": {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:9606"}}, "WRONG_SPECIES", "two species"),
        ({"nan": True}, "NOT_FINITE", "cell 8"),
        ({"populations": {"rat": "study"}}, "MANIFEST", "rat"),
        ({"controls": 1, "obsm": "X_umap"}, "NOT_FINITE", "X_umap"),
    ],
)
def test_what_is_wrong_is_one_clear_error(tmp_path, spec, code, said):
    with pytest.raises(ContractError, match=said) as caught:
        batch_of(tmp_path, written(tmp_path, **spec))
    assert caught.value.code == code


@pytest.mark.parametrize("same", [True, False])
def test_a_control_that_is_none(tmp_path, same):
    """The run itself, or a run of other cells."""
    m = written(tmp_path, controls=1)
    held = anndata.read_h5ad(tmp_path / "saturn.h5ad")
    (held if same else held[::-1]).write_h5ad(tmp_path / "shuffled-1.h5ad")
    with pytest.raises(ContractError) as caught:
        batch_of(tmp_path, m)
    assert caught.value.code == "OTHER_CELLS"


def test_a_file_that_is_no_hdf5(tmp_path):
    m = written(tmp_path)
    (tmp_path / "saturn.h5ad").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ContractError) as caught:
        batch_of(tmp_path, m)
    assert caught.value.code == "NOT_HDF5"


def loaded(store: Store, folder: Path, cache) -> None:
    pipeline = Pipeline(store, SignatureStore(folder / "signatures"), cache, folder)
    ensure_schema(store)
    pipeline.load_manifest(folder / "m.yaml")
    (batch,) = pipeline._batches
    pipeline._load([batch])
    assert [(step.source, step.status) for step in pipeline.report.steps] == [("dataset/lab", "loaded")]


@pytest.mark.graph
def test_correspondences_stand_in_the_graph(store: Store, tmp_path: Path, cache) -> None:
    written(tmp_path, card=CARD, gene_embedding=None, controls=8, swapped=True)
    loaded(store, tmp_path, cache)
    rows = store.read(
        "MATCH (a:CellPopulation)-[r:CORRESPONDS_TO {called: true}]->(b:CellPopulation) "
        "RETURN a.label AS a, b.label AS b, r.gene_embedding AS told, size(a.centroid) AS d ORDER BY a"
    )
    assert [(row["a"], row["b"]) for row in rows] == [(n, n) for n in ("astrocyte", "microglial cell", "neuron")]
    assert {(row["told"], row["d"]) for row in rows} == {("protein language model", 8)}
    found = correspondences(store, embedding="lab/space")
    (space,) = found.spaces
    assert space["card"].startswith("saturn 1; seed 7; gene embedding: protein language model")
    assert [p.status for p in found.pairs[:3]] == ["COUNTERPART"] * 3
    assert all(p.agrees is False for p in found.pairs[3:])
    assert ("neuron", "astrocyte") in {(p.left_label, p.right_label) for p in found.pairs[3:]}
    assert [row["label"] for row in found.alone] == ["oligodendrocyte"]
    assert len(correspondences(store, every=True).pairs) == 12
    own = correspondences(store, population="Oligodendrocyte")
    assert [row["label"] for row in own.alone] == ["oligodendrocyte"]
    with pytest.raises(UnknownTermError) as caught:
        correspondences(store, embedding="lab/other")
    assert caught.value.suggestions == ("lab/space",)


@pytest.mark.graph
def test_the_command_line_tells_scores_nulls_and_card(
    embedded_store: Store, tmp_path: Path, cache, monkeypatch
) -> None:
    written(tmp_path, card=CARD, gene_embedding=None, swapped=True)
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "own"))
    with open_store("embedded") as own:
        loaded(own, tmp_path, cache)
    done = CliRunner().invoke(main, ["correspond", "--embedding", "lab/space"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    for text in (
        "saturn 1; seed 7",
        "labels permuted among",
        "missing: no control run",
        "AUROC of: obsm X_orthologs",
        "DISAGREE",
        "without a counterpart NCBITaxon:9606 oligodendrocyte",
    ):
        assert text in said
    done = CliRunner().invoke(main, ["correspond", "--all", "--format", "json"])
    assert len(json.loads(done.stdout)["pairs"]) == 12
    done = CliRunner().invoke(main, ["correspond", "--format", "tsv"])
    assert done.stdout.startswith("embedding\ta\tspecies")
