"""The whole of a SATURN run on small simulated species."""

from pathlib import Path

import anndata
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from kg.cli.main import main
from tests.ingest.saturn.two_species import World, transferred, write_run

pytestmark = pytest.mark.models


def run(path: Path, out: Path, *options: str) -> Path:
    made = CliRunner().invoke(
        main, ["embed", "saturn", str(path), "--out", str(out), "--epochs", "2", "--metric-epochs", "8", *options]
    )
    assert made.exit_code == 0, made.output
    return out / "saturn.h5ad"


def pair(world: World, cells: int = 220) -> list:
    return [world.species(0, cells, [0, 1, 2, 3, 4]), world.species(1, cells, [0, 1, 2, 3, 5])]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    return run(write_run(folder, pair(World())), folder / "out", "--labels", "cell_type", "--batch", "batch")


def test_labels_are_transferred(plain: Path):
    assert transferred(plain) > 0.95
    assert transferred(plain, "mouse", "human") > 0.95


def test_what_is_written(plain: Path):
    cells = anndata.read_h5ad(plain)
    assert list(cells.obs["species"].cat.categories) == ["human", "mouse"]
    assert set(cells.obs["label"].astype(str)) == {f"type_{t}_of_all" for t in range(6)}, (
        "labels keep their underscores"
    )
    assert cells.obsm["X_macrogenes"].shape[0] == cells.n_obs == 440
    assert np.isfinite(cells.obsm["X_saturn"]).all()
    card = yaml.safe_load((plain.parent / "card.yaml").read_text())
    assert card["doi"] == "10.1038/s41592-024-02191-z"
    assert card["without a counterpart"] == ["human: type_4_of_all", "mouse: type_5_of_all"]
    assert [s["coverage"] for s in card["species"]] == [1.0, 1.0]
    with np.load(plain.parent / "gene_weights.npz", allow_pickle=False) as weights:
        assert (weights["weight:human"] > 0).all()
    assert (plain.parent / "curves.svg").read_text().startswith("<svg")


def test_shuffled_gene_embeddings_fall_to_chance(tmp_path: Path):
    found = []
    for seed in range(3):
        made = pair(World(seed=seed), 150)
        made[1] = (made[1][0], np.random.default_rng(seed).permutation(made[1][1]))
        path = run(write_run(tmp_path / f"{seed}", made), tmp_path / f"{seed}" / "out", "--labels", "cell_type")
        found += [transferred(path), transferred(path, "mouse", "human")]
    assert np.mean(found) < 0.45, found
