"""Loom (linnarssonlab.org/loompy/format): genes x cells in HDF5, with row and column attributes; before version 3 of
the format, non-ASCII characters are stored as XML entities."""

import html
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from ingest.files.cells.matrix import CellMatrix, Files
from ingest.files.cells.names import TYPES, columns, expressed, gene_names, stable_share, written
from ingest.files.cells.proof import proved
from ingest.files.cells.stored import need_filters, need_numbers, plain
from ingest.files.frames import broken
from ingest.files.untrusted.hdf5 import MOST_ROWS, is_array, need_list, open_h5, twisted
from ingest.manifest.cell_blocks import Cells

_CELLS = (
    "CellID",
    "obs_names",
    "cell_id",
    "Cell",
    "cell_names",
    "barcode",
    "barcodes",
    "cell_barcode",
    "index",
    "cells",
)
_GENES = ("Accession", "Gene", "var_names", "gene_ids", "gene_name", "gene")


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Raises ContractError NOT_LOOM, WRONG_LAYER, WRONG_COLUMNS, NOT_HDF5, or the errors of the counts."""
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
    item = file[layer]
    if not is_array(item) or item.shape is None or len(item.shape) != 2:
        rule, found = f"{layer} is a table of numbers, genes x cells", getattr(item, "shape", "a group")
        raise broken("NOT_LOOM", path.name, rule, found, "write it by loompy")
    n_genes, n_cells = item.shape
    if max(item.shape) > MOST_ROWS:
        raise twisted(path, layer, f"it has at most {MOST_ROWS:,} genes or cells", f"{n_genes:,} x {n_cells:,}")
    of_genes, of_cells = _attributes(file["row_attrs"], n_genes, path), _attributes(file["col_attrs"], n_cells, path)
    if spec.gene_column is not None and spec.gene_column not in of_genes:
        there = f"the row attributes are {', '.join(of_genes)}"
        raise broken("WRONG_COLUMNS", path.name, "cells.gene_column is a row attribute", spec.gene_column, there)
    named = [spec.gene_column] if spec.gene_column else [name for name in _GENES if name in of_genes]
    if not spec.gene_column:
        named += [name for name, values in of_genes.items() if name not in named and stable_share(values) > 0.5]
    if not named:
        fix = f"the row attributes are {', '.join(of_genes)}; name that of the genes in cells.gene_column"
        raise broken("WRONG_COLUMNS", path.name, "a row attribute names the genes", "none", fix)
    genes = gene_names([of_genes[name].tolist() for name in named], spec)
    asked = (spec.cell_column,) if spec.cell_column and spec.obs is None else _CELLS
    folded = {name.lower(): name for name in reversed(of_cells)}
    barcode = next(
        (name if name in of_cells else folded[name.lower()] for name in asked if name.lower() in folded), None
    )
    if barcode is None:
        fix = f"the column attributes are {', '.join(of_cells)}; name that of the cells in cells.cell_column"
        raise broken("NOT_LOOM", path.name, f"a column attribute names the cells ({', '.join(_CELLS)})", "none", fix)
    obs = pd.DataFrame(of_cells, index=pd.Index(of_cells[barcode].astype(str), name="cell"))
    need_filters(item, path)
    need_numbers(item, path, layer)

    def read(start: int, stop: int) -> sparse.csr_matrix:
        return sparse.csr_matrix(plain(np.asarray(item[:, start:stop])).T)

    kinds = next((of_genes[name] for name in TYPES if name in of_genes), None)
    kept = np.ones(n_genes, bool) if kinds is None else expressed(kinds, path)
    return CellMatrix(path, genes[kept], obs, layer, proved(columns(read, kept), path, layer, spec))


def _attributes(group: Any, n: int, path: Path) -> dict[str, Any]:
    """Attributes with one value per row or column; tables within attributes are left out."""
    made = {}
    for name in group if isinstance(group, h5py.Group) else ():
        item: Any = group[name]
        if not is_array(item) or item.shape is None or len(item.shape) != 1 or item.dtype.kind not in "OSUifub":
            continue
        if item.shape != (n,):
            rule, found = f"{item.name} has one value for each of {n}", f"{item.shape[0]} values"
            raise broken(
                "NOT_LOOM", path.name, rule, found, "the file is damaged: copy it again, or write it by loompy"
            )
        need_filters(item, path)
        values = need_list(item, path, item.name)[:]
        texts = values.dtype.kind in "OSU"
        made[name] = np.array([html.unescape(text) for text in written(values)], dtype=str) if texts else values
    return made
