"""Tables of an AnnData file (obs, var), read by AnnData, including parts that older versions and converters stored
elsewhere."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from anndata import OldFormatWarning
from anndata.io import read_elem

from ingest.files.cells.legacy import legacy_frame
from ingest.files.cells.names import written
from ingest.files.cells.stored import need_filters
from ingest.files.frames import broken
from ingest.files.untrusted.hdf5 import is_array, need_list, twisted
from kg.errors import KgError

_VALUES = ("values", "mask")
_PARTS = {
    "categorical": ("codes",),
    "nullable-integer": _VALUES,
    "nullable-boolean": _VALUES,
    "nullable-string-array": _VALUES,
}


def frame_of(group: Any, name: str, path: Path) -> pd.DataFrame:
    """The table ``obs``, ``var`` or ``raw/var``, indexed by text.

    Raises:
        ContractError: MISSING_FILTER, TWISTED, or UNREADABLE_OBS.
    """
    try:
        old = name.replace("/", ".")
        item = group[old] if old in group else group[name]
        need_filters(item, path)
        _need_rows(item, path, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OldFormatWarning)  # one warning per column; the result is the same
            if not is_array(item) and (odd := [n for n in item if n != "__categories" and not _told(item[n])]):
                raise ValueError(f"{', '.join(odd[:5])}: a group without encoding")
            made = legacy_frame(item, group) if is_array(item) else read_elem(item)
        if isinstance(made, pd.DataFrame):
            made = _labelled(made, item, group)
    except KgError:
        raise
    except Exception as error:
        fix = "it is damaged, or not an AnnData table: copy the file again, or rewrite it from its source"
        if type(error).__name__ == "IORegistryError":
            fix = "rewrite it with a current anndata; Python objects cannot be read and are never unpickled"
        found = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise broken("UNREADABLE_OBS", path.name, f"{name} is a table of AnnData", found, fix) from None
    if not isinstance(made, pd.DataFrame):
        fix = "write it again with a current anndata"
        raise broken("UNREADABLE_OBS", path.name, f"{name} is a table of AnnData", type(made).__name__, fix)
    if strange := [str(c) for c in made if not _plain_column(made[c])]:
        fix = "write them as text or numbers with a current anndata; Python objects are never unpickled"
        raise broken(
            "UNREADABLE_OBS", path.name, f"{name} holds texts and numbers", f"other kinds in {strange[:5]}", fix
        )
    return made.set_axis(pd.Index(written(made.index), dtype=str, name=made.index.name), axis=0)


def _need_rows(item: Any, path: Path, name: str) -> None:
    """Checks that all columns have the same length and a valid type. Raises ContractError TWISTED."""
    if is_array(item):
        need_list(item, path, name)
        return
    index, rows = str(item.attrs.get("_index", "")), None
    for column in dict.fromkeys([index, *map(str, np.ravel(item.attrs.get("column-order", ())))]):
        if column not in item:
            continue
        part, where = item[column], f"{name}/{column}"
        told = "" if is_array(part) else str(part.attrs.get("encoding-type", ""))
        if told and told not in _PARTS:
            raise twisted(path, where, "a column holds texts, numbers or categories", told)
        if column == index and getattr(part, "nchunks_initialized", 0) < getattr(part, "nchunks", 0):
            raise twisted(
                path,
                where,
                "the names of the rows are in the store",
                "chunks that are not there",
                "copy the whole folder again",
            )
        lists = [part] if is_array(part) else [part[each] for each in _PARTS.get(told, ()) if each in part]
        for each in lists:
            rows = need_list(each, path, where, rows).shape[0]
        if not is_array(part) and "categories" in part:
            need_list(part["categories"], path, f"{where}/categories")


def _told(item: Any) -> bool:
    """Whether an item is a column: an array, or a group with an encoding."""
    return is_array(item) or "encoding-type" in item.attrs


def _labelled(made: pd.DataFrame, item: Any, group: Any) -> pd.DataFrame:
    """Restores categories stored elsewhere: in ``__categories`` (AnnData 0.7, SeuratDisk) or
    ``uns/<column>_categories`` (0.6)."""
    beside = item["__categories"] if not is_array(item) and "__categories" in item else {}
    uns = group["uns"] if "uns" in group and not is_array(group["uns"]) else {}
    for column in map(str, made):
        known: Any = beside[column] if column in beside else uns.get(f"{column}_categories")
        if not is_array(known) or made[column].dtype.kind not in "iu":
            continue
        labels, codes = np.array([*written(known[:]), None], dtype=object), made[column].to_numpy()
        if len(codes) and codes.max() > len(labels) - 2:
            if column in beside:
                raise ValueError(f"code {codes.max()} of {column}, which has {len(labels) - 1} categories")
            continue
        made[column] = pd.Categorical(
            labels[np.where(codes < 0, -1, codes)]
        )  # R encodes a missing value as a large negative number
    return made


def _plain_column(column: pd.Series) -> bool:
    if column.dtype.kind == "V":
        return False
    return column.dtype.kind != "O" or pd.api.types.infer_dtype(column, skipna=True) != "mixed"
