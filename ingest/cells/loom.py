"""Loom (linnarssonlab.org/loompy/format): genes x cells in HDF5, with attributes of rows and of columns."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from ingest.blocks_cells import Cells
from ingest.cells.h5ad import open_h5
from ingest.cells.matrix import CellMatrix, Files, proved
from ingest.cells.names import gene_names
from ingest.source.frames import broken

_CELLS = ("CellID", "obs_names", "cell_id", "Cell", "cell_names", "barcode")
_GENES = ("Accession", "Gene", "var_names", "gene_ids", "gene_name", "gene")


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Raises ContractError NOT_LOOM, WRONG_LAYER, WRONG_COLUMNS, NOT_HDF5, or what the counts break."""
    file = open_h5(path)
    if missing := [name for name in ("matrix", "row_attrs", "col_attrs") if name not in file]:
        rule = "a loom has matrix, row_attrs and col_attrs"
        raise broken("NOT_LOOM", path.name, rule, f"no {' and no '.join(missing)}", "write it by loompy")
    layers = ["matrix", *(f"layers/{name}" for name in file.get("layers", ()))]
    layer = {"X": "matrix", None: "matrix"}.get(spec.counts_in, spec.counts_in or "")
    if layer not in layers:
        raise broken(
            "WRONG_LAYER", path.name, "cells.counts_in names a matrix of the file", layer, f"there are {layers}"
        )
    n_genes, n_cells = file[layer].shape
    of_genes, of_cells = _attributes(file["row_attrs"], n_genes), _attributes(file["col_attrs"], n_cells)
    if spec.gene_column is not None and spec.gene_column not in of_genes:
        there = f"the row attributes are {', '.join(of_genes)}"
        raise broken("WRONG_COLUMNS", path.name, "cells.gene_column is a row attribute", spec.gene_column, there)
    named = [spec.gene_column] if spec.gene_column else [name for name in _GENES if name in of_genes]
    if not named:
        fix = f"the row attributes are {', '.join(of_genes)}; name that of the genes in cells.gene_column"
        raise broken("WRONG_COLUMNS", path.name, "a row attribute names the genes", "none", fix)
    genes = gene_names([of_genes[name].tolist() for name in named], spec)
    barcode = next((name for name in _CELLS if name in of_cells), None)
    if barcode is None:
        fix = f"the column attributes are {', '.join(of_cells)}; add CellID"
        raise broken("NOT_LOOM", path.name, f"a column attribute names the cells ({', '.join(_CELLS)})", "none", fix)
    obs = pd.DataFrame(of_cells, index=pd.Index(of_cells[barcode].astype(str), name="cell"))
    stored = file[layer]

    def read(start: int, stop: int) -> sparse.csr_matrix:
        try:
            return sparse.csr_matrix(stored[:, start:stop].T)
        except OSError as error:
            fix = "the file is cut short: copy it again, and compare its checksum"
            raise broken("NOT_HDF5", path.name, f"{layer} can be read", str(error).splitlines()[0], fix) from None

    return CellMatrix(path, genes, obs, layer, proved(read, path, layer, spec))


def _attributes(group: Any, n: int) -> dict[str, Any]:
    """Attributes of one value a row or column; tables within attributes are left out."""
    made = {}
    for name in group:
        item = group[name]
        if isinstance(item, h5py.Dataset) and item.shape == (n,) and item.dtype.kind in "OSUifub":
            values = item[:]
            texts = values.dtype.kind in "OSU"
            made[name] = np.array([v.decode() if isinstance(v, bytes) else str(v) for v in values]) if texts else values
    return made
