"""Cell Ranger's HDF5 (10x Genomics), versions 2 and 3: genes x cells, stored by cell."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from ingest.files.cells.h5ad import from_group
from ingest.files.cells.matrix import CellMatrix, Files
from ingest.files.cells.names import columns as genes_of
from ingest.files.cells.names import expressed, gene_names, written
from ingest.files.cells.proof import proved
from ingest.files.cells.stored import need_filters, stored
from ingest.files.frames import broken
from ingest.files.untrusted.hdf5 import is_array, need_list, open_h5
from ingest.manifest.cell_blocks import Cells
from kg.errors import ContractError

_AGAIN = "take the file as Cell Ranger wrote it, or convert it to h5ad"


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Raises ContractError NOT_10X_H5, SEVERAL_GENOMES, NOT_HDF5, or the errors of the matrix and the counts."""
    file = open_h5(path)
    if "obs" in file and "var" in file:
        return from_group(file, path, spec)
    group, columns, kinds = _layout(file, path)
    barcodes, layer = _texts(group, "barcodes", path), str(group.name).strip("/")
    if odd := {len(column) for column in columns} - {len(columns[0])} or (
        kinds is not None and len(kinds) != len(columns[0])
    ):
        found = f"{len(columns[0])} and {odd if isinstance(odd, set) else len(kinds or [])}"
        raise broken("NOT_10X_H5", path.name, "lists of the features are of one length", found, _AGAIN)
    if "shape" in group and _numbers(group["shape"], path) != (len(columns[0]), len(barcodes)):
        found = f"{group['shape'][()]}, with {len(columns[0])} features and {len(barcodes)} barcodes"
        raise broken(
            "SHAPE_MISMATCH", path.name, "the matrix has the features and barcodes of its lists", found, _AGAIN
        )
    matrix = stored(group, path, layer, (len(barcodes), len(columns[0])), form="csr")
    kept = expressed(kinds, path) if kinds is not None else np.ones(len(columns[0]), bool)
    read = genes_of(matrix.read, kept)
    obs = pd.DataFrame(index=pd.Index(barcodes, name="cell"))
    return CellMatrix(path, gene_names(columns, spec)[kept], obs, layer, proved(read, path, layer, spec))


def _layout(file: Any, path: Path) -> tuple[Any, list[list[str]], list[str] | None]:
    """The group of the matrix, ids and symbols of its features, and their types if given."""
    if isinstance(group := file.get("matrix"), h5py.Group) and "features" in group:
        features: Any = group["features"]
        kinds = _texts(features, "feature_type", path) if "feature_type" in features else None
        return group, _named(features, ("id", "name"), path), kinds
    genomes = [
        name for name in file if isinstance(file[name], h5py.Group) and {"genes", "gene_names"} & set(file[name])
    ]
    if len(genomes) > 1:
        fix = "align to one genome, or split the file by species"
        raise broken("SEVERAL_GENOMES", path.name, "a file has one genome", ", ".join(genomes), fix)
    if not genomes:
        rule = "an .h5 of cells is Cell Ranger's (group matrix with features) or AnnData's (obs and var)"
        found = f"groups {', '.join(file) or 'none'}" + (" without features" if isinstance(group, h5py.Group) else "")
        fix = "declare `format: loom`" if {"row_attrs", "col_attrs"} <= set(file) else "convert it to h5ad"
        raise broken("NOT_10X_H5", path.name, rule, found, fix)
    group = file[genomes[0]]
    return group, _named(group, ("genes", "gene_names"), path), None


def _named(group: Any, names: tuple[str, str], path: Path) -> list[list[str]]:
    """The lists of ids and symbols, or the one that exists; ``gene_id`` is checked later."""
    made = [_texts(group, name, path) for name in names if name in group]
    return made or [_texts(group, names[0], path)]


def _texts(group: Any, name: str, path: Path) -> list[str]:
    if name not in group:
        raise _without(path, f"{group.name}/{name}", f"{group.name} has {', '.join(group) or 'nothing'}")
    item = group[name]
    if not is_array(item) or item.shape is None or len(item.shape) != 1 or item.dtype.kind not in "OSU":
        raise _without(path, f"{group.name}/{name}", f"{name} is {getattr(item, 'dtype', 'a group')}, no list of texts")
    need_filters(item, path)
    return written(need_list(item, path, item.name)[:])


def _numbers(item: Any, path: Path) -> tuple[int, ...]:
    return tuple(map(int, need_list(item, path, item.name, 2)[:]))


def _without(path: Path, name: str, found: str) -> ContractError:
    return broken("NOT_10X_H5", path.name, f"Cell Ranger's file has the list {name}", found, _AGAIN)
