"""AnnData's HDF5: counts found in ``raw.X``, ``X`` or a layer, and proved to be counts before they are used."""

import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from anndata import OldFormatWarning
from anndata.io import read_elem, sparse_dataset
from scipy import sparse

from ingest.blocks_cells import Cells
from ingest.cells.contract_check import Declared, contract_issues
from ingest.cells.legacy import legacy_frame
from ingest.cells.matrix import CellMatrix, Files, Read, count_faults, proved
from ingest.source.frames import broken
from kg.errors import ContractError

_LOOKED_AT = 2_000
_LISTED = 1_000  # a longer list of texts in uns is data, not a fact of the file


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Open a file; it stays open for the blocks that are read later.

    Raises:
        ContractError: MISSING_FILE, NOT_HDF5, NOT_ANNDATA, WRONG_LAYER, NO_COUNTS, or what :func:`count_faults` finds.
    """
    return from_group(open_h5(path), path, spec)


def open_h5(path: Path) -> Any:
    """An open h5py.File, whose type says that any part may be of any kind. Raises ContractError MISSING_FILE or NOT_HDF5."""
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise broken("MISSING_FILE", str(path), "the file must exist", "no file", "check its name and folder") from None
    except OSError as error:
        with path.open("rb") as opened:
            zipped = opened.read(2) == b"\x1f\x8b"
        fix = (
            "it is gzip: decompress it"
            if zipped
            else "the file is cut short or no HDF5: copy it again, and compare its checksum"
        )
        raise broken("NOT_HDF5", path.name, "the file is HDF5", str(error).splitlines()[0], fix) from None


def from_group(group: Any, path: Path, spec: Cells) -> CellMatrix:
    """The same from an open group, HDF5 or zarr."""
    if missing := [name for name in ("obs", "var") if name not in group]:
        rule = "an AnnData file has obs and var"
        raise broken("NOT_ANNDATA", path.name, rule, f"no {' and no '.join(missing)}", "write it by anndata")
    obs, uns = _frame(group, "obs", path), read_uns(group)
    if "schema_version" in uns and (issues := contract_issues(_declared(group, path, obs, uns))):
        raise ContractError(issues, code="CELLXGENE")
    layer = _layer(group, path, spec)
    var = _frame(group, "raw/var" if layer == "raw/X" else "var", path)
    genes = _gene_names(var, path, spec)
    read = proved(_reader(_at(group, layer), path, layer), path, layer, spec)
    facts = {key: value for key, value in uns.items() if isinstance(value, str)}
    return CellMatrix(path, genes, obs, layer, read, facts)


def _declared(group: Any, path: Path, obs: pd.DataFrame, uns: dict[str, Any]) -> Declared:
    """What the contract of CELLxGENE is about."""
    raw = _has(group, "raw/X")
    where = "raw/X" if raw else "X"
    there = _has(group, where)
    fault = count_faults(_first_values(_at(group, where)), path, where, corrected=False) if there else None
    said = "there is no such matrix" if not there else f"{fault.code}: {fault.issues[0].found}" if fault else ""
    empty = 0
    if there and _at(group, where).attrs.get("encoding-type") == "csr_matrix":
        empty = int((np.diff(_at(group, where)["indptr"][:]) == 0).sum())
    raw_var = _frame(group, "raw/var", path) if raw else None
    return Declared(path.name, obs, _frame(group, "var", path), raw_var, uns, where.replace("/", "."), said, empty)


def _frame(group: Any, name: str, path: Path) -> pd.DataFrame:
    try:
        item = _at(group, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OldFormatWarning)  # one for each column; what is read is the same
            made = legacy_frame(item, group) if getattr(item, "dtype", None) is not None else read_elem(item)
    except Exception as error:
        fix = "write it again with a current anndata; objects of Python cannot be read and are never unpickled"
        found = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise broken("UNREADABLE_OBS", path.name, f"{name} is a table of AnnData", found, fix) from None
    if not isinstance(made, pd.DataFrame):
        fix = "write it again with a current anndata"
        raise broken("UNREADABLE_OBS", path.name, f"{name} is a table of AnnData", type(made).__name__, fix)
    if strange := [str(c) for c in made if not _plain_column(made[c])]:
        fix = "write them as text or numbers by a current anndata; objects of Python are never unpickled"
        raise broken(
            "UNREADABLE_OBS", path.name, f"{name} holds texts and numbers", f"other kinds in {strange[:5]}", fix
        )
    return made.set_axis(made.index.astype(str), axis=0)


def _plain_column(column: pd.Series) -> bool:
    if column.dtype.kind == "V":
        return False
    return column.dtype.kind != "O" or pd.api.types.infer_dtype(column, skipna=True) != "mixed"


def _gene_names(var: pd.DataFrame, path: Path, spec: Cells) -> np.ndarray:
    if spec.gene_column is None:
        return np.char.strip(var.index.to_numpy(dtype=str))
    if spec.gene_column not in var:
        there = f"the columns are {', '.join(map(repr, var.columns[:40]))}"
        raise broken("WRONG_COLUMNS", path.name, "cells.gene_column is a column of var", spec.gene_column, there)
    return np.char.strip(np.asarray(var[spec.gene_column].astype(str), dtype=str))


def read_uns(group: Any) -> dict[str, Any]:
    """Texts and numbers of ``uns`` as text, lists of texts, and mappings of these; what else is there is not read."""
    made = _plain(group["uns"]) if "uns" in group else {}
    return made if isinstance(made, dict) else {}


def _plain(item: Any) -> Any:
    if not hasattr(item, "shape"):
        made = {str(key): _plain(item[key]) for key in item}
        return {key: value for key, value in made.items() if value is not None}
    if item.shape == ():
        value = item[()]
        return value.decode() if isinstance(value, bytes) else str(value)
    if len(item.shape) == 1 and item.shape[0] <= _LISTED and item.dtype.kind in "OSUT":
        return [v.decode() if isinstance(v, bytes) else str(v) for v in item[:]]
    return None


def _layers(group: Any) -> list[str]:
    """Where counts may lie, the likeliest first."""
    named = [f"layers/{name}" for name in group["layers"]] if "layers" in group else []
    return [name for name in ("raw/X", "X", *named) if _has(group, name)]


def _at(group: Any, name: str) -> Any:
    """An element by its path; ``raw/X`` was ``raw.X`` before AnnData 0.7."""
    old = name.replace("/", ".")
    return group[old] if old in group else group[name]


def _has(group: Any, name: str) -> bool:
    head, _, rest = name.partition("/")
    if rest and f"{head}.{rest}" in group:
        return True
    if head not in group or (rest and rest not in group[head]):
        return False
    return _at(group, name).attrs.get("encoding-type") != "null"


def _layer(group: Any, path: Path, spec: Cells) -> str:
    there = _layers(group)
    if spec.counts_in is not None:
        name = "raw/X" if spec.counts_in == "raw.X" else spec.counts_in
        if name not in there:
            fix = f"there are {', '.join(there) or 'none'}"
            raise broken("WRONG_LAYER", path.name, "cells.counts_in names a matrix of the file", spec.counts_in, fix)
        return name
    looked = {}
    for name in there:
        values = _first_values(_at(group, name))
        fault = count_faults(values, path, name, corrected=False)
        if fault is None and values.size and values.max() > 1:
            return name
        looked[name] = fault.code if fault else "no count above 1"
    if spec.scale == "corrected" and len(there) == 1:
        return there[0]
    rule = f"one of {', '.join(there) or 'X, raw.X and layers'} holds whole, non-negative counts"
    fix = "add the layer of raw counts, or name it in cells.counts_in"
    raise broken("NO_COUNTS", path.name, rule, ", ".join(f"{k}: {v}" for k, v in looked.items()) or "none", fix)


def _first_values(item: Any) -> np.ndarray:
    """Stored values of the first cells; a matrix that is not sparse gives those that are not 0."""
    if hasattr(item, "shape"):
        values = np.asarray(item[: max(1, _LOOKED_AT // 10)], dtype=float)
        return values[values != 0][: 50 * _LOOKED_AT]
    return np.asarray(item["data"][:_LOOKED_AT], dtype=float)


def _reader(item: Any, path: Path, layer: str) -> Read:
    stored = item if hasattr(item, "shape") else sparse_dataset(item)
    if getattr(stored, "format", "csr") == "csc":
        stored = stored.to_memory().tocsr()

    def read(start: int, stop: int) -> sparse.csr_matrix:
        try:
            return sparse.csr_matrix(stored[start:stop])
        except OSError as error:
            fix = "the file is cut short: copy it again, and compare its checksum"
            raise broken("NOT_HDF5", path.name, f"{layer} can be read", str(error).splitlines()[0], fix) from None

    return read
