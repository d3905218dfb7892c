"""The README's picture: simulated cells of two species before and after, by one-to-one orthologs alone and by
SATURN."""

import tempfile
from pathlib import Path

import anndata
import numpy as np

from ingest.method.umap import umap
from tests.bench.bench_saturn import SETS, run
from tests.bench.record import FOLDER
from tests.bench.saturn_baselines import baseline

CELLS = 1_200
COLOURS = {"human": "#d55e00", "mouse": "#0072b2"}


def draw(path: Path = FOLDER / "saturn.png") -> Path:
    """Hard set, no labels given to either; one row a method, coloured by species and by the true type."""
    from make_two_species import make  # pyright: ignore[reportMissingImports]
    from matplotlib.figure import Figure

    first, settings = SETS["hard"]
    figure = Figure((8, 7.6), layout="constrained")
    axes = figure.subplots(2, 2)
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        make(str(folder), seed=first, save_torch=False, **settings)
        found = (baseline(folder, "pca", ()), run(folder, 0, labels=False, shuffled=False))
        files = (folder / "out-pca" / "pca.h5ad", folder / "out-False-False" / "saturn.h5ad")
        truth = np.concatenate([anndata.read_h5ad(folder / f"{s}.h5ad").obs["cell_type"].astype(str) for s in COLOURS])
        for row, name, key, scores, file in zip(
            axes, ("one-to-one orthologs, PCA", "SATURN, no labels"), ("X_pca", "X_saturn"), found, files, strict=True
        ):
            _panels(row, name, anndata.read_h5ad(file), key, truth, scores)
    figure.suptitle("Simulated cells of two species (hard set): UMAP", fontsize=12)
    figure.savefig(path, dpi=80, pil_kwargs={"optimize": True})
    return path


def _panels(row, name: str, cells: anndata.AnnData, key: str, truth: np.ndarray, scores: dict[str, float]) -> None:
    drawn = np.random.default_rng(0).permutation(cells.n_obs)[:CELLS]
    x, y = umap(np.asarray(cells.obsm[key])[drawn]).T
    species, types = cells.obs["species"].astype(str).to_numpy()[drawn], truth[drawn]
    row[0].scatter(x, y, s=4, c=[COLOURS[s] for s in species], linewidths=0)
    for s, colour in COLOURS.items():
        row[0].scatter([], [], s=20, c=colour, label=s)
    row[0].legend(loc="best", frameon=False, fontsize=9)
    one = {s: set(truth[cells.obs["species"] == s]) for s in COLOURS}
    shared = sorted(one["human"] & one["mouse"])
    own = ~np.isin(types, shared)
    row[1].scatter(x[own], y[own], s=4, c="#bbbbbb", linewidths=0)
    row[1].scatter(
        x[~own], y[~own], s=4, c=np.searchsorted(shared, types[~own]), cmap="tab20", vmin=0, vmax=19, linewidths=0
    )
    row[0].set_title(f"{name}: species", fontsize=10)
    row[1].set_title(
        f"types; transfer {scores['there']:.2f} / {scores['back']:.2f}, mixing {scores['mixing']:.2f}", fontsize=10
    )
    for axis in row:
        axis.set_xticks([])
        axis.set_yticks([])
