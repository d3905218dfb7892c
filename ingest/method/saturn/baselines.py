"""What SATURN is compared with: one-to-one orthologs alone, by PCA, Harmony, scVI, scANVI or SysVI.

PCA, and Harmony (Korsunsky 2019, doi 10.1038/s41592-019-0619-0), with scanpy's defaults, each gene scaled in its
species scVI (Lopez 2018, doi 10.1038/s41592-018-0229-2), scANVI (Xu 2021, doi 10.15252/msb.20209620) and SysVI
(Hrovatin 2025, doi 10.1186/s12864-025-12126-3) of scvi-tools, species as the batch or system
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.files.frames import broken, read_frame
from ingest.method.extra import package
from ingest.method.saturn import output
from ingest.method.saturn.card import plain_card
from ingest.method.saturn.cells import SpeciesCells, read_species
from ingest.method.saturn.genes.vectors import GeneEmbedding
from ingest.method.saturn.run_file import RunFile
from ingest.method.saturn.settings import Settings
from kg.errors import MethodError

METHODS = ("pca", "harmony", "scvi", "scanvi", "sysvi")
KIND = "one-to-one orthologs"
_UNKNOWN = "no label"
_EPOCHS = 100
_SYSVI_LATENT = 15  # its own; with 32 it learns little in so many epochs


def one_to_one(path: Path, species: Sequence[str]) -> pd.DataFrame:
    """A table with a column ``<species>_gene`` for each species -> rows whose genes occur in no other row.

    Raises ContractError WRONG_COLUMNS, or NO_ORTHOLOGS where none is left.
    """
    frame = read_frame(path)
    columns = [f"{s}_gene" for s in species]
    if missing := [c for c in columns if c not in frame]:
        rule = f"an ortholog table has {', '.join(columns)}"
        raise broken("WRONG_COLUMNS", path.name, rule, list(frame.columns), f"add {', '.join(missing)}")
    rows = frame[columns].replace("", np.nan).dropna().drop_duplicates()
    for column in columns:
        rows = rows[~rows[column].duplicated(keep=False)]
    if not len(rows):
        raise broken("NO_ORTHOLOGS", path.name, "some genes are one-to-one", "none", "check the table")
    return rows.sort_values(columns).reset_index(drop=True).set_axis(list(species), axis=1)


def embed_baseline(
    method: str, run: RunFile, orthologs: Path | None, folder: Path, settings: Settings
) -> dict[str, Any]:
    """Embed cells by one-to-one orthologs, and write ``<method>.h5ad`` with ``obsm["X_<method>"]`` and the card.
    Returns the card."""
    package("torch")
    from ingest.method.saturn.loop import one_thread

    if orthologs is None:
        fix = "give --orthologs, a table with a column <species>_gene for each species"
        raise MethodError(f"{method} needs a table of one-to-one orthologs: {fix}", code="MISSING_ORTHOLOGS")
    families = one_to_one(orthologs, [s.species for s in run.sources])
    species = [_read(run, i, families) for i in range(len(run.sources))]
    shared = sorted(set.intersection(*(set(c.vectors[:, 0].astype(int).tolist()) for c in species)))
    if not shared:
        raise MethodError("no one-to-one ortholog is expressed in every species: check the names in the ortholog table")
    with one_thread(settings.threads):
        points = _METHODS[method](_joined(species, shared), settings)
    ends = np.cumsum([len(c) for c in species])[:-1]
    card = plain_card(method, species, [KIND] * len(species), settings) | {"orthologs": len(shared)}
    folder.mkdir(parents=True, exist_ok=True)
    output.write_cells(folder, species, {f"X_{method}": np.split(points, ends)}, card, name=f"{method}.h5ad")
    output.write_card(folder, card)
    return card


def _read(run: RunFile, i: int, families: pd.DataFrame) -> SpeciesCells:
    source = run.sources[i]
    number = np.arange(len(families), dtype=np.float32)[:, None]
    known = GeneEmbedding(families[source.species].to_numpy(dtype=str), number, KIND)
    return read_species(
        source.species, source.path, known, run.labels, run.batch, len(families), 0.0, scale=source.scale
    )


def _joined(species: Sequence[SpeciesCells], shared: list[int]) -> anndata.AnnData:
    """Counts of all cells over the shared families; obs with species, label and batch."""
    parts = []
    for cells in species:
        column = {int(f): i for i, f in enumerate(cells.vectors[:, 0])}
        counts = cells.counts.rows(cells.order)[:, [column[f] for f in shared]]
        obs = pd.DataFrame({"species": cells.name, "label": cells.labels, "batch": cells.batches})
        obs["batch"] = cells.name + ":" + obs["batch"]
        parts.append(anndata.AnnData(counts, obs.set_axis([f"{cells.name}:{b}" for b in cells.barcodes])))
    made = anndata.concat(parts)
    obs = pd.concat([part.obs for part in parts])
    made.obs = obs.replace({"label": {"": _UNKNOWN}}).astype("category")
    return made


def _logs(cells: anndata.AnnData, settings: Settings) -> anndata.AnnData:
    """Normalised log counts of the variable genes."""
    scanpy = package("scanpy")
    cells = cells.copy()
    scanpy.pp.normalize_total(cells)
    scanpy.pp.log1p(cells)
    most = min(settings.genes, cells.n_vars)
    scanpy.pp.highly_variable_genes(cells, n_top_genes=most, batch_key="species")
    return cells[:, cells.var["highly_variable"]].copy()


def _pca(cells: anndata.AnnData, settings: Settings) -> NDArray[np.float32]:
    logs = _logs(cells, settings)
    x = logs.to_df().to_numpy(np.float32)
    for name in logs.obs["species"].cat.categories:
        at = (logs.obs["species"] == name).to_numpy()
        spread = x[at].std(axis=0)
        x[at] = ((x[at] - x[at].mean(axis=0)) / np.where(spread > 0, spread, 1)).clip(-10, 10)
    decomposition = package("sklearn.decomposition")
    size = min(settings.latent, *x.shape)
    return decomposition.PCA(size, random_state=settings.seed).fit_transform(x).astype(np.float32)


def _harmony(cells: anndata.AnnData, settings: Settings) -> NDArray[np.float32]:
    made = package("harmonypy").run_harmony(
        _pca(cells, settings), cells.obs, ["species", "batch"], random_state=settings.seed, verbose=False
    )
    found = np.asarray(made.Z_corr, np.float32)
    return found if len(found) == cells.n_obs else found.T


def _scvi(cells: anndata.AnnData, settings: Settings) -> NDArray[np.float32]:
    return _trained_scvi(cells, settings)[0].get_latent_representation().astype(np.float32)


def _trained_scvi(cells: anndata.AnnData, settings: Settings) -> tuple[Any, anndata.AnnData]:
    scvi = package("scvi")
    scvi.settings.seed = settings.seed
    kept = cells[:, _logs(cells, settings).var_names].copy()
    scvi.model.SCVI.setup_anndata(kept, batch_key="species", labels_key="label", categorical_covariate_keys=["batch"])
    model = scvi.model.SCVI(kept, n_latent=settings.latent)
    _train(model, settings)
    return model, kept


def _scanvi(cells: anndata.AnnData, settings: Settings) -> NDArray[np.float32]:
    if (cells.obs["label"] == _UNKNOWN).all():
        raise MethodError("scANVI needs labels of some cells: give --labels, or choose --method scvi")
    first, _ = _trained_scvi(cells, settings)
    model = package("scvi").model.SCANVI.from_scvi_model(first, unlabeled_category=_UNKNOWN)
    _train(model, settings)
    return model.get_latent_representation().astype(np.float32)


def _sysvi(cells: anndata.AnnData, settings: Settings) -> NDArray[np.float32]:
    scvi = package("scvi")
    sysvi = package("scvi.external").SysVI
    scvi.settings.seed = settings.seed
    logs = _logs(cells, settings)
    # no covariates: a batch lies within one species, would tell which, and leave nothing for the cycle to bridge
    sysvi.setup_anndata(logs, batch_key="species")
    model = sysvi(logs, n_latent=min(settings.latent, _SYSVI_LATENT))
    _train(model, settings)
    return model.get_latent_representation().astype(np.float32)


def _train(model: Any, settings: Settings) -> None:
    quiet = {"enable_progress_bar": False, "logger": False, "enable_checkpointing": False}
    model.train(max_epochs=min(_EPOCHS, settings.epochs * 10), accelerator="auto", **quiet)


_METHODS = {"pca": _pca, "harmony": _harmony, "scvi": _scvi, "scanvi": _scanvi, "sysvi": _sysvi}
