"""A small study of cells from which inputs are made, and what is right of it by arithmetic of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anndata
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from tests.ingest import make_cells, make_formats
from tests.ingest.inputs.case import GENES, Read, Truth, disease, facts, write_manifest

Change = Callable[[anndata.AnnData], object]
Edit = Callable[[Path], object]
Build = Callable[[Path], Path]
TYPE, DONOR = "cell_type_ontology_term_id", "donor_id"
IDS = [
    "ENSG00000142192",
    "ENSG00000186868",
    "ENSG00000131095",
    "ENSG00000095970",
    "ENSG00000011600",
    "ENSG00000164733",
    "ENSG00000117984",
    "ENSG00000204472",
    "ENSG00000168329",
    "ENSG00000169313",
    "ENSG00000183160",
    "ENSG00000182578",
    "ENSG00000066336",
    "ENSG00000140968",
    "ENSG00000168610",
    "ENSG00000084093",
    "ENSG00000181449",
    "ENSG00000007372",
    "ENSG00000132688",
    "ENSG00000171885",
    "ENSG00000110436",
    "ENSG00000079215",
    "ENSG00000197971",
    "ENSG00000123560",
    "ENSG00000204655",
    "ENSG00000205927",
    "ENSG00000134853",
    "ENSG00000157005",
    "ENSG00000100362",
    "ENSG00000146469",
    "ENSG00000128683",
    "ENSG00000104888",
    "ENSG00000104327",
    "ENSG00000110148",
    "ENSG00000176697",
    "ENSG00000170345",
    "ENSG00000120738",
    "ENSG00000177606",
    "ENSG00000120885",
    "ENSG00000130203",
    "ENSG00000136717",
    "ENSG00000073921",
    "ENSG00000137642",
    "ENSG00000064687",
    "ENSG00000168918",
    "ENSG00000105383",
]


def study(names: Sequence[str] = GENES, cells: int = 12) -> anndata.AnnData:
    """6 donors x 12 astrocytes; half of the donors are cases."""
    made = make_cells.study(list(names), donors=6, cells=cells, changed=5, types=("CL:0000127",))
    made.obs = made.obs[[DONOR, TYPE, "disease"]]
    return made


def by_id() -> anndata.AnnData:
    return study(IDS)


def effects(
    x: np.ndarray, donors: Sequence[str], arms: Sequence[str], genes: Sequence[str] = GENES, *, min_cells: int = 10
) -> dict[str, float]:
    """Case minus control of the donors' mean log2(counts per million + 1), of the genes with 10 counts in more than
    half of the donors; cells of donors with fewer than ``min_cells``, or of donor "", are in no sum."""
    of, values = np.asarray(donors, dtype=str), np.asarray(x, dtype=float)
    names = [name for name in sorted(set(of) - {""}) if (of == name).sum() >= min_cells]
    sums = np.stack([values[of == name].sum(axis=0) for name in names])
    kept = (sums >= 10).sum(axis=0) > len(names) / 2
    logs = np.log2(1e6 * sums[:, kept] / sums[:, kept].sum(axis=1, keepdims=True) + 1)
    case = np.array([np.asarray(arms)[of == name][0] == "case" for name in names])
    made = logs[case].mean(axis=0) - logs[~case].mean(axis=0)
    return dict(zip(np.asarray(genes)[kept].tolist(), made.tolist(), strict=True))


def of_study(
    made: anndata.AnnData | None = None, *, without: slice | np.ndarray | None = None, min_cells: int = 10
) -> dict[str, float]:
    """The truth of :func:`study`; ``without``: cells that are of no donor."""
    made = made if made is not None else study()
    donors = made.obs[DONOR].astype(str).to_numpy(dtype=object)
    if without is not None:
        donors[without] = ""
    return effects(
        made.X.toarray(), donors.astype(str), made.obs["disease"].astype(str), list(made.var_names), min_cells=min_cells
    )


PLAIN: dict[str, Truth] = {"a.astrocyte": of_study()}
SAME = Read(PLAIN)


def same(*words: str, **more: Any) -> Read:
    return Read(PLAIN, words=words, **more)


def lab(
    change: Change = lambda _: None,
    edit: Edit = lambda _: None,
    *,
    form: Callable[[anndata.AnnData, Path], str] = make_formats.h5ad,
    made: Callable[[], anndata.AnnData] = study,
    top: dict[str, Any] | None = None,
    contrast: dict[str, Any] | None = None,
    **cells: Any,
) -> Build:
    """Writes the study after its ``change``, then ``edit`` changes the files; ``cells``: of the manifest."""

    def build(folder: Path) -> Path:
        data = made()
        change(data)
        told = dict(part.split(": ") for part in form(data, folder).split(", "))
        edit(folder)
        return manifest(folder, told | cells, top, contrast)

    return build


def manifest(
    folder: Path, cells: dict[str, Any], top: dict[str, Any] | None = None, contrast: dict[str, Any] | None = None
) -> Path:
    cells = {key: value for key, value in ({"gene_id": "symbol"} | cells).items() if value is not None}
    arms = {"case": {"disease": "case"}, "control": {"disease": "normal"}} | (contrast or {})
    return write_manifest(folder, facts(folder) | {"cells": cells, "contrasts": [disease(**arms)]} | (top or {}))


def in_h5(change: Callable[[h5py.File], object], name: str = "cells.h5ad") -> Edit:
    def edit(folder: Path) -> None:
        with h5py.File(folder / name, "a") as file:
            change(file)

    return edit


def in_text(name: str, change: Callable[[str], str]) -> Edit:
    return lambda folder: (folder / name).write_text(change((folder / name).read_text()))


def dense(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    """The matrix by another one of the same shape, stored by rows."""

    def edit(made: anndata.AnnData) -> None:
        made.X = sparse.csr_matrix(change(made.X.toarray()))

    return edit


def words(column: str, *texts: object) -> Change:
    """The first cells of a column get these texts; arms stay with the cells."""

    def edit(made: anndata.AnnData) -> None:
        values = made.obs[column].astype(object)
        values.iloc[: len(texts)] = list(texts)
        made.obs[column] = values

    return edit


def beside(made: anndata.AnnData, names: Sequence[str], counts: int = 50) -> anndata.AnnData:
    """With more columns, of the same count in every cell."""
    more = anndata.AnnData(
        sparse.csr_matrix(np.full((made.n_obs, len(names)), counts, np.float32)),
        made.obs,
        pd.DataFrame(index=list(names)),
    )
    return anndata.concat([made, more], axis=1, merge="first")
