"""AnnData in HDF5: raw counts are located in ``raw.X``, ``X`` or a layer, and verified before use."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ingest.files.cells.contract_check import Declared, contract_issues
from ingest.files.cells.frame import frame_of
from ingest.files.cells.matrix import CellMatrix, Files, as_codes
from ingest.files.cells.names import TYPES, columns, expressed, written
from ingest.files.cells.proof import first_fault, proved
from ingest.files.cells.stored import Stored, stored
from ingest.files.frames import broken
from ingest.files.untrusted.hdf5 import is_array, open_h5
from ingest.manifest.cell_blocks import Cells
from kg.errors import ContractError
from kg.files.regular import reading

COUNTS = frozenset(
    (
        "counts",
        "count",
        "rawcounts",
        "rawcount",
        "countsraw",
        "raw",
        "umi",
        "umis",
        "umicounts",
        "umicount",
        "rawumi",
        "rawumis",
        "rnacounts",
        "countsrna",
        "genecounts",
        "readcounts",
        "originalcounts",
        "unnormalized",
        "unnormalised",
    )
)
_LOOKED_AT = 200  # cells for comparing two matrices of counts
_LISTED = 1_000  # longer lists of texts in uns are data rather than metadata


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Opens a file, which stays open for reading blocks later.

    Raises:
        ContractError: MISSING_FILE, NOT_HDF5, NOT_ANNDATA, WRONG_LAYER, NO_COUNTS, or the errors of
            :func:`count_faults`.
    """
    return from_group(open_h5(path), path, spec)


def from_group(group: Any, path: Path, spec: Cells) -> CellMatrix:
    """As :func:`read_cells`, from an open group (HDF5 or zarr)."""
    if missing := [name for name in ("obs", "var") if name not in group]:
        rule = "an AnnData file has obs and var"
        found = f"no {' and no '.join(missing)}, but {', '.join(map(str, group)) or 'nothing'}"
        raise broken("NOT_ANNDATA", path.name, rule, found, _rather(set(map(str, group))))
    if "mod" in group and "X" not in group:
        raise broken(
            "NOT_ANNDATA",
            path.name,
            "an AnnData file has one matrix of cells",
            "matrices of several modalities",
            _rather({"mod"}),
        )
    with reading(path, "uns"):
        uns = read_uns(group)
    obs = frame_of(group, "obs", path)
    if "schema_version" in uns and (issues := contract_issues(_declared(group, path, obs, uns))):
        raise ContractError(issues, code="CELLXGENE")
    with reading(path, "the matrix"):
        layer, notes = _layer(group, path, spec, obs)
        var, matrix = _matrix(group, layer, path, obs)
    genes = _gene_names(var, path, spec)
    facts = {key: value for key, value in uns.items() if isinstance(value, str)}
    kinds = next((name for name in TYPES if name in var), "")
    kept = expressed(written(var[kinds]), path) if kinds else np.ones(len(genes), bool)
    if not kept.all():
        notes = (
            *notes,
            f"{int((~kept).sum()):,} of {len(kept):,} features are not genes by var[{kinds!r}], and are left out",
        )
    return CellMatrix(
        path, genes[kept], obs, layer, proved(columns(matrix.read, kept), path, layer, spec), facts, notes=notes
    )


def _rather(parts: set[str]) -> str:
    """The remedy for a file of another format."""
    if "mod" in parts:
        return "it is MuData's (h5mu): write the cells' expression alone, as mdata['rna'].write_h5ad(file)"
    if "tables" in parts:
        return "it is SpatialData's: name the table in it (tables/<name>), which is AnnData"
    if {"row_attrs", "col_attrs"} <= parts:
        return "it is a loom: declare `format: loom`"
    if "matrix" in parts:
        return "it is Cell Ranger's: declare `format: h5`"
    if {"assays", "meta.data"} <= parts:
        return "it is Seurat's (h5Seurat): convert it to h5ad, or write its counts as mtx with a table of its cells"
    return "write it by anndata"


def _declared(group: Any, path: Path, obs: pd.DataFrame, uns: dict[str, Any]) -> Declared:
    """The metadata that the CELLxGENE schema covers."""
    raw = _has(group, "raw/X")
    where = "raw/X" if raw else "X"
    there = _has(group, where)
    fault = (
        first_fault(_matrix(group, where, path, obs)[1].values(), path, where)[0]
        if there
        else "there is no such matrix"
    )
    said = fault if isinstance(fault, str) else f"{fault.code}: {fault.issues[0].found}"
    empty = 0
    if there and _at(group, where).attrs.get("encoding-type") == "csr_matrix":
        empty = int((np.diff(_at(group, where)["indptr"][:]) == 0).sum())
    raw_var = frame_of(group, "raw/var", path) if raw else None
    return Declared(path.name, obs, frame_of(group, "var", path), raw_var, uns, where.replace("/", "."), said, empty)


def _gene_names(var: pd.DataFrame, path: Path, spec: Cells) -> np.ndarray:
    if spec.gene_column is None:
        return np.array(written(var.index), dtype=str)
    if spec.gene_column not in var:
        there = f"the columns are {', '.join(map(repr, var.columns[:40]))}"
        raise broken("WRONG_COLUMNS", path.name, "cells.gene_column is a column of var", spec.gene_column, there)
    codes, values = as_codes(var[spec.gene_column])
    return values[codes]


def read_uns(group: Any) -> dict[str, Any]:
    """Texts and numbers of ``uns`` as text, lists of texts, and mappings of these; other values are not read."""
    made = _plain(group["uns"]) if "uns" in group else {}
    return made if isinstance(made, dict) else {}


def _plain(item: Any) -> Any:
    if not hasattr(item, "shape"):
        made = {str(key): _plain(item[key]) for key in item}
        return {key: value for key, value in made.items() if value is not None}
    if item.shape is None:
        return None
    if item.shape == ():
        value = item[()]
        return value.decode() if isinstance(value, bytes) else str(value)
    if len(item.shape) == 1 and item.shape[0] <= _LISTED and item.dtype.kind in "OSUT":
        return [v.decode() if isinstance(v, bytes) else str(v) for v in item[:]]
    return None


def _layers(group: Any) -> list[str]:
    """The matrices of a file, ``raw/X`` and ``X`` first."""
    layers = group.get("layers")
    named = [f"layers/{name}" for name in layers] if layers is not None and not is_array(layers) else []
    return [name for name in ("raw/X", "X", *named) if _has(group, name)]


def _at(group: Any, name: str) -> Any:
    """An element by its path; ``raw/X`` was ``raw.X`` before AnnData 0.7."""
    old = name.replace("/", ".")
    return group[old] if old in group else group[name]


def _has(group: Any, name: str) -> bool:
    head, _, rest = name.partition("/")
    if rest and f"{head}.{rest}" in group:
        return True
    if head not in group or (rest and (is_array(group[head]) or rest not in group[head])):
        return False
    return _at(group, name).attrs.get("encoding-type") != "null"


def _matrix(group: Any, name: str, path: Path, obs: pd.DataFrame) -> tuple[pd.DataFrame, Stored]:
    """The table of its genes, and the matrix."""
    var = frame_of(group, "raw/var" if name == "raw/X" else "var", path)
    return var, stored(_at(group, name), path, name, (len(obs), len(var)))


def _layer(group: Any, path: Path, spec: Cells, obs: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """The matrix with the counts, and notes on rejected candidates. As declared, or else the first of raw.X, X and
    layers with a known name for counts. A layer with another name (spliced, ambient, scaled) may also hold whole
    numbers, and is never used unless declared."""
    there = _layers(group)
    if spec.counts_in is not None:
        name = "raw/X" if spec.counts_in == "raw.X" else spec.counts_in
        if name not in there:
            fix = f"there are {', '.join(there) or 'none'}"
            raise broken("WRONG_LAYER", path.name, "cells.counts_in names a matrix of the file", spec.counts_in, fix)
        return name, ()
    known = [name for name in there if name in ("raw/X", "X") or _letters(name.removeprefix("layers/")) in COUNTS]
    if known and not (len(obs) and len(_matrix(group, known[0], path, obs)[0])):
        return known[0], ()  # no cells or no genes: reported by the check for all formats
    if spec.scale == "corrected" and len(known) > 1:
        fix = f"declare `counts_in: {known[0].replace('raw/X', 'raw.X')}`, or another of them"
        raise broken(
            "NO_COUNTS",
            path.name,
            "of several matrices, cells.counts_in names the corrected one",
            ", ".join(known),
            fix,
        )
    if spec.scale == "corrected" and known:
        return known[0], ()
    out: dict[str, str] = {}
    for name in known:
        fault, few = first_fault(_matrix(group, name, path, obs)[1].values(), path, name)
        if few and isinstance(fault, ContractError) and spec.scale == "counts":
            raise fault
        if not fault:
            made = [
                f"counts are taken from {name}, because {other} does not hold counts: {why}"
                for other, why in out.items()
            ]
            return name, (*made, *_beside(group, name, known, path, obs), *_fewer(group, name, path))
        out[name] = fault if isinstance(fault, str) else f"{fault.code}, {fault.issues[0].found}"
    rule = f"one of {', '.join(known) or 'X, raw.X and a layer of counts'} holds whole, non-negative counts"
    more = [name for name in there if name not in known]
    whole = [n for n in more if not first_fault(_matrix(group, n, path, obs)[1].values(), path, n)[0]]
    fix = "add the layer of raw counts, or name it in cells.counts_in"
    if whole:
        fix = (
            f"{' and '.join(whole)} holds whole numbers: if these are the counts of all reads, declare `counts_in:"
            f" {whole[0]}`"
        )
    raise broken("NO_COUNTS", path.name, rule, "; ".join(f"{k}: {v}" for k, v in out.items()) or "none", fix)


def _beside(group: Any, name: str, known: list[str], path: Path, obs: pd.DataFrame) -> list[str]:
    """Notes on other matrices of counts that differ from the chosen one in the first cells."""
    made, n = [], min(len(obs), _LOOKED_AT)
    for other in known[known.index(name) + 1 :]:
        one, two = (_matrix(group, each, path, obs)[1] for each in (name, other))
        if not first_fault(two.values(), path, other)[0]:
            first, second = one.read(0, n), two.read(0, n)
            if first.shape != second.shape or abs(first - second).max() > 0:
                made.append(
                    f"counts are taken from {name}; {other} holds different counts, which are used only with"
                    f" `counts_in: {other}`"
                )
    return made


def _fewer(group: Any, name: str, path: Path) -> list[str]:
    """A note if raw has more genes than the counts."""
    if name == "raw/X" or not _has(group, "raw/X"):
        return []
    n, whole = (len(frame_of(group, table, path)) for table in ("var", "raw/var"))
    few = (
        f"counts have {n:,} genes, and raw has {whole:,}: the table is a subset of genes, and depths are computed"
        " from these genes only"
    )
    return [few] if n < whole else []


def _letters(name: str) -> str:
    return "".join(mark for mark in name.lower() if mark.isalnum())
