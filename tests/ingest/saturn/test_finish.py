"""What a file of embedded cells carries besides: a picture, expression over orthologs, and control runs beside it."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ingest.method.saturn.control import shuffled, wanted
from ingest.method.saturn.finish import drawn
from ingest.method.saturn.genes.vectors import GeneEmbedding
from kg.cli.main import main
from tests.ingest.saturn.two_species import World, transferred, write_run

NAMES = ("human", "mouse")


def test_a_control_deals_the_same_vectors_to_other_genes():
    names = np.array([f"g{i}" for i in range(50)])
    own = GeneEmbedding(names, np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32), "ESM2", "ab")
    made = shuffled(own, 1, 0)
    assert (made.names == names).all()
    np.testing.assert_array_equal(np.sort(made.vectors, axis=0), np.sort(own.vectors, axis=0))
    assert (made.vectors == own.vectors).all(axis=1).sum() < 5
    assert (made.kind, made.sha256) == ("ESM2, shuffled (control 1)", "ab, shuffled 1")
    for other in (shuffled(own, 2, 0), shuffled(own, 1, 1)):
        assert not np.array_equal(other.vectors, made.vectors)


def test_as_many_controls_as_can_tell():
    assert wanted([{f"t{i}" for i in range(10)}, {f"t{i}" for i in range(30)}]) == 5
    assert wanted([{f"t{i}" for i in range(60)}] * 2) == 2
    assert wanted([{"a"}, set()]) == 10


def test_cells_are_drawn_evenly_whatever_their_order():
    obs = pd.DataFrame({"species": ["human"] * 300 + ["mouse"] * 40, "label": ["a"] * 290 + ["b"] * 10 + [""] * 40})
    obs.index = [f"c{i:03}" for i in range(340)]
    rows = drawn(obs, np.random.default_rng(0))
    assert obs.iloc[rows].groupby(["species", "label"]).size().to_dict() == {
        ("human", "a"): 40,
        ("human", "b"): 10,
        ("mouse", ""): 40,
    }
    turned = obs.iloc[::-1]
    assert set(turned.index[drawn(turned, np.random.default_rng(0))]) == set(obs.index[rows])


@pytest.mark.models
def test_the_file_carries_them_and_controls_fall_to_chance(tmp_path: Path):
    world = World(families=160, private=10)
    made = [world.species(0, 160, [0, 1, 2, 3]), world.species(1, 140, [0, 1, 2, 3])]
    run = write_run(tmp_path, made)
    table = pd.DataFrame({"human_gene": made[0][0].var_names[:120], "mouse_gene": made[1][0].var_names[:120]})
    table.to_csv(tmp_path / "orthologs.csv", index=False)
    out = tmp_path / "out"
    asked = [
        "embed",
        "saturn",
        str(run),
        "--labels",
        "cell_type",
        "--out",
        str(out),
        "--epochs",
        "2",
        "--metric-epochs",
        "6",
        "--orthologs",
        str(tmp_path / "orthologs.csv"),
        "--control",
        "shuffled",
        "--controls",
        "2",
    ]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 0, said.output
    cells = anndata.read_h5ad(out / "saturn.h5ad")
    places = np.asarray(cells.obsm["X_umap"])
    there = np.isfinite(places).all(axis=1)
    assert pd.DataFrame(cells.obs)[there].groupby(["species", "label"], observed=True).size().max() <= 40
    expression, n = np.asarray(cells.obsm["X_orthologs"]), 0
    for name, (own, _), column in zip(NAMES, made, table.columns, strict=True):
        counts = pd.DataFrame(own.X.toarray(), own.obs_names, own.var_names)
        size = counts.sum(axis=1)
        logs = np.log1p(counts.mul(size.median() / size, axis=0))[table[column]]
        rows = expression[(cells.obs["species"] == name).to_numpy()]
        columns = [int(np.abs(logs.to_numpy() - x[:, None]).max(axis=0).argmin()) for x in rows.T]
        np.testing.assert_allclose(rows, logs.to_numpy()[:, columns], atol=1e-5)
        assert n in (0, columns), "the same column is the same pair of orthologs in both species"
        n = columns
    assert transferred(out / "saturn.h5ad") > 0.9
    controls = [transferred(out / f"shuffled-{n}.h5ad", *way) for n in (1, 2) for way in (NAMES, NAMES[::-1])]
    assert np.mean(controls) < 0.6, controls
    assert (out / "shuffled-1" / "card.yaml").read_text().count("shuffled (control 1)") >= 2


def test_controls_are_of_gene_embeddings(tmp_path: Path):
    asked = ["embed", "saturn", "run.csv", "--out", str(tmp_path), "--control", "shuffled", "--method", "pca"]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 2
    assert "pca has none" in said.output
    said = CliRunner().invoke(main, ["embed", "saturn", "run.csv", "--out", str(tmp_path), "--controls", "3"])
    assert "add --control shuffled" in said.output
