"""The files of a run: cells with their embedding, gene weights, curves and card; never a pickle."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from ingest.method.saturn.cells import SpeciesCells
from ingest.method.saturn.curves import curves_svg
from ingest.method.saturn.macrogenes import Macrogenes

CELLS, WEIGHTS, CURVES, CARD_FILE = "saturn.h5ad", "gene_weights.npz", "curves.svg", "card.yaml"


def write_cells(
    folder: Path,
    species: Sequence[SpeciesCells],
    matrices: dict[str, Sequence[NDArray[np.float32]]],
    card: dict[str, Any],
    name: str = CELLS,
) -> Path:
    """All cells, species after species, each in the order of its file. ``matrices``: obsm -> cells x columns for each
    species, in sorted order. A barcode that occurs in two species gets the species added."""
    back = [np.argsort(c.order) for c in species]
    rows = [
        pd.DataFrame({"species": c.name, "label": c.labels, "batch": c.batches}, index=pd.Index(c.barcodes)).iloc[at]
        for c, at in zip(species, back, strict=True)
    ]
    obs = pd.concat(rows)
    if not obs.index.is_unique:
        obs.index = pd.Index(obs["species"] + ":" + obs.index)
    obs = obs.astype("category")
    obsm = {name: np.concatenate([m[at] for m, at in zip(each, back, strict=True)]) for name, each in matrices.items()}
    made = anndata.AnnData(obs=obs, uns={"card": json.dumps(card)})
    made.obsm.update(obsm)
    path = folder / name
    made.write_h5ad(path)
    return path


def write_weights(
    folder: Path, species: Sequence[SpeciesCells], macro: Macrogenes, weights: list[NDArray[np.float32]]
) -> Path:
    """Writes ``centres``, and for each species ``genes:NAME``, ``macrogene:NAME`` and ``weight:NAME`` (genes x
    near)."""
    held: dict[str, Any] = {"centres": macro.centres}
    for cells, start, weight in zip(species, macro.weights, weights, strict=True):
        held |= {
            f"genes:{cells.name}": cells.genes,
            f"macrogene:{cells.name}": start.macrogene,
            f"weight:{cells.name}": weight,
        }
    path = folder / WEIGHTS
    np.savez_compressed(path, **held)
    return path


def write_card(folder: Path, card: dict[str, Any]) -> None:
    (folder / CARD_FILE).write_text(yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=120))
    if card.get("curves"):
        (folder / CURVES).write_text(curves_svg(card["curves"]))
