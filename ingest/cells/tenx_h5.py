"""Cell Ranger's HDF5 (10x Genomics): genes x cells by columns, which are cells; versions 2 and 3."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from ingest.blocks_cells import Cells
from ingest.cells.h5ad import from_group, open_h5
from ingest.cells.matrix import CellMatrix, Files, proved
from ingest.cells.names import expressed, gene_names
from ingest.source.frames import broken


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Raises ContractError NOT_10X_H5, SEVERAL_GENOMES, NOT_HDF5, or what the counts break."""
    file = open_h5(path)
    if "obs" in file and "var" in file:
        return from_group(file, path, spec)
    group, columns, kinds = _layout(file, path)
    kept = expressed(kinds) if kinds is not None else np.ones(len(columns[0]), bool)
    start, barcodes = group["indptr"][:], _texts(group["barcodes"])
    if len(start) != len(barcodes) + 1:
        found = f"{len(start) - 1} columns and {len(barcodes)} barcodes"
        raise broken("NOT_10X_H5", path.name, "a column is a cell", found, "the file is damaged: copy it again")

    def read(first: int, stop: int) -> sparse.csr_matrix:
        ends = start[first : stop + 1]
        at = slice(int(ends[0]), int(ends[-1]))
        try:
            parts = group["data"][at], group["indices"][at], ends - ends[0]
        except OSError as error:
            fix = "the file is cut short: copy it again, and compare its checksum"
            raise broken("NOT_HDF5", path.name, "data can be read", str(error).splitlines()[0], fix) from None
        block = sparse.csr_matrix(parts, shape=(stop - first, len(columns[0])))
        return block if kept.all() else sparse.csr_matrix(block[:, np.flatnonzero(kept)])

    obs = pd.DataFrame(index=pd.Index(barcodes, name="cell"))
    layer = str(group.name).strip("/")
    return CellMatrix(path, gene_names(columns, spec)[kept], obs, layer, proved(read, path, layer, spec))


def _layout(file: Any, path: Path) -> tuple[Any, list[list[str]], list[str] | None]:
    """The group of the matrix, ids and symbols of its features, and their kinds where they are told."""
    if "matrix" in file:
        group = file["matrix"]
        features = group["features"]
        kinds = _texts(features["feature_type"]) if "feature_type" in features else None
        return group, [_texts(features["id"]), _texts(features["name"])], kinds
    genomes = [name for name in file if isinstance(file[name], h5py.Group) and "gene_names" in file[name]]
    if len(genomes) > 1:
        fix = "align to one genome, or split the file: one species a file"
        raise broken("SEVERAL_GENOMES", path.name, "a file is of one genome", ", ".join(genomes), fix)
    if not genomes:
        rule = "an .h5 of cells is Cell Ranger's (group matrix) or AnnData's (obs and var)"
        raise broken("NOT_10X_H5", path.name, rule, f"groups {', '.join(file) or 'none'}", "convert it to h5ad")
    group = file[genomes[0]]
    return group, [_texts(group["genes"]), _texts(group["gene_names"])], None


def _texts(data: Any) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in data[:]]
