"""What the baselines give on small simulated species, and that it comes from the orthologs."""

from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from ingest.method.saturn.baselines import one_to_one
from ingest.method.saturn.run_file import read_run
from kg.cli.main import main
from kg.errors import ContractError
from tests.ingest.saturn.two_species import World, write_run

pytestmark = pytest.mark.models
METHODS = {"pca": 0.9, "harmony": 0.9, "scvi": 0.6, "scanvi": 0.8, "sysvi": 0.6}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two species; the mouse has no labels in its file, its truth is beside it; orthologs by family, and the same dealt
    anew."""
    path = tmp_path_factory.mktemp("baselines")
    world = World()
    made = [world.species(0, 240, [0, 1, 2, 3, 4]), world.species(1, 240, [0, 1, 2, 3, 4])]
    pd.concat([cells.obs["cell_type"] for cells, _ in made]).to_csv(path / "truth.csv")
    del made[1][0].obs["cell_type"]
    write_run(path, made)
    table = pd.DataFrame([(f"S0G{g:04d}", f"S1G{g:04d}") for g in range(240)], columns=["human_gene", "mouse_gene"])
    table.to_csv(path / "orthologs.csv", index=False)
    mixed = table.assign(mouse_gene=np.random.default_rng(0).permutation(table["mouse_gene"]))
    mixed.to_csv(path / "mixed.csv", index=False)
    return path


def run(folder: Path, method: str, orthologs: str = "orthologs.csv") -> anndata.AnnData:
    out = folder / f"{method}-{orthologs}"
    told = ["embed", "saturn", str(folder / "run.csv"), "--labels", "cell_type", "--batch", "batch", "--method", method]
    made = CliRunner().invoke(main, [*told, "--orthologs", str(folder / orthologs), "--out", str(out), "--epochs", "4"])
    assert made.exit_code == 0, made.output
    cells = anndata.read_h5ad(out / f"{method}.h5ad")
    cells.obs["truth"] = pd.read_csv(folder / "truth.csv", index_col=0)["cell_type"].loc[cells.obs_names].to_numpy()
    return cells


def transferred(cells: anndata.AnnData, method: str) -> float:
    """Share of mouse cells that the human cells of the nearest centroid name rightly; a fifth is chance."""
    points, human = np.asarray(cells.obsm[f"X_{method}"], float), (cells.obs["species"] == "human").to_numpy()
    truth = cells.obs["truth"].to_numpy(str)
    types = sorted(set(truth))
    centres = np.stack([points[human & (truth == t)].mean(axis=0) for t in types])
    called = np.array(types)[((points[~human, None] - centres) ** 2).sum(axis=2).argmin(axis=1)]
    return float((called == truth[~human]).mean())


@pytest.mark.parametrize("method", METHODS)
def test_labels_pass_by_orthologs_and_by_nothing_else(folder: Path, method: str):
    cells = run(folder, method)
    assert transferred(cells, method) > METHODS[method]
    if method == "pca":
        assert transferred(run(folder, method, "mixed.csv"), method) < 0.45
    card = yaml.safe_load((folder / f"{method}-orthologs.csv" / "card.yaml").read_text())
    assert card["method"] == method
    assert 230 < card["orthologs"] <= 240, "but for those that one species does not express"
    assert {s["embedding"] for s in card["species"]} == {"one-to-one orthologs"}


def test_pca_against_numpy(folder: Path):
    """Distances between cells are those of the leading singular vectors of scaled log counts."""
    cells = run(folder, "pca")
    scaled = []
    for at, name in enumerate(("human", "mouse")):
        made = anndata.read_h5ad(folder / f"{name}.h5ad")
        scaled.append(made[:, [f"S{at}G{g:04d}" for g in range(240)]].X.toarray())
    depth = np.median(np.concatenate(scaled).sum(axis=1))
    logs = [np.log1p(x * depth / x.sum(axis=1, keepdims=True)) for x in scaled]
    z = np.concatenate([((x - x.mean(axis=0)) / x.std(axis=0)).clip(-10, 10) for x in logs])
    left, values, _ = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)
    by_hand = left[:, :5] * values[:5]
    found = np.asarray(cells.obsm["X_pca"])[:, :5]
    assert np.abs(np.corrcoef(by_hand.T, found.T)[:5, 5:].diagonal()) == pytest.approx(1, abs=1e-3)
    assert found.std(axis=0) == pytest.approx(by_hand.std(axis=0), rel=1e-2)


def test_genes_of_several_rows_are_left_out(tmp_path: Path):
    path = tmp_path / "o.csv"
    path.write_text("human_gene,mouse_gene,type\nA,a,x\nB,b1,x\nB,b2,x\nC,c,x\nD,c,x\nE,,x\nF,f,x\nF,f,x\n")
    assert one_to_one(path, ["human", "mouse"]).to_numpy().tolist() == [["A", "a"], ["F", "f"]]
    path.write_text("human_gene,mouse_gene\nB,b1\nB,b2\n")
    with pytest.raises(ContractError) as error:
        one_to_one(path, ["human", "mouse"])
    assert error.value.code == "NO_ORTHOLOGS"


def test_scanvi_wants_labels(folder: Path):
    from ingest.method.saturn.baselines import embed_baseline
    from ingest.method.saturn.settings import Settings
    from kg.errors import MethodError

    told = replace(read_run(folder / "run.csv"), labels=None)
    with pytest.raises(MethodError, match="--labels"):
        embed_baseline("scanvi", told, folder / "orthologs.csv", folder / "none", Settings())
