"""Matrices stored in HDF5 and zarr: their structure is verified before any value is used.

Compiled code follows pointers and indices unchecked, so a damaged file could crash the process. Values are converted to
a type that sparse matrices support.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy import sparse

from ingest.files.untrusted.hdf5 import is_array, need_list
from kg.errors import ContractError, broken
from kg.files.regular import AGAIN, reading

Read = Callable[[int, int], sparse.csr_matrix]
_FILTERS = {
    307: "bzip2",
    32000: "lzf",
    32001: "blosc",
    32004: "lz4",
    32008: "bitshuffle",
    32013: "zfp",
    32015: "zstd",
    32017: "sz",
    32026: "blosc2",
    32028: "blosc2",
}
_VALUES = 4_000_000


@dataclass(frozen=True)
class Stored:
    """``read(start, stop)``: cells x genes; ``values()``: the stored values in blocks, in any order."""

    read: Read
    values: Callable[[], Iterator[np.ndarray]]


def need_filters(item: Any, path: Path) -> None:
    """Raises ContractError MISSING_FILTER if a part is compressed with a filter that this HDF5 lacks."""
    if isinstance(item, h5py.Group):
        for name in item:
            need_filters(item[name], path)
    elif isinstance(item, h5py.Dataset):
        made = item.id.get_create_plist()
        for at in range(made.get_nfilters()):
            code, _, _, name = made.get_filter(at)
            if not h5py.h5z.filter_avail(code):
                known = _FILTERS.get(code) or name.decode(errors="replace") or "unnamed"
                fix = (
                    "write it again with gzip where the filter is installed: "
                    "adata.write_h5ad(file, compression='gzip'), or h5repack -f GZIP=4; or install hdf5plugin here"
                )
                rule = "parts are compressed with installed filters"
                found = f"filter {code} ({known}) of {item.name}"
                raise broken("MISSING_FILTER", path.name, rule, found, fix)


def stored(item: Any, path: Path, name: str, shape: tuple[int, int], form: str | None = None) -> Stored:
    """``item``: an array, or a group of data, indices and indptr; ``shape``: numbers of cells and genes in their
    tables; ``form``: csr or csc of cells x genes; default: as stated in the file.

    Raises:
        ContractError: MISSING_FILTER, SHAPE_MISMATCH, BROKEN_MATRIX, NOT_NUMBERS, or UNREADABLE.
    """
    need_filters(item, path)
    with reading(path, name):
        return _dense(item, path, name, shape) if is_array(item) else _sparse(item, path, name, shape, form)


def plain(values: np.ndarray) -> np.ndarray:
    """The same numbers in a type and byte order that sparse matrices support."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "b":
        return values.astype(np.int8)
    if kind == "f" and size not in (4, 8):
        return values.astype(np.float32 if size < 4 else np.float64)
    return values.astype(values.dtype.newbyteorder("=")) if not values.dtype.isnative else values


def need_numbers(array: Any, path: Path, name: str, kinds: str = "biuf") -> None:
    if not is_array(array) or array.dtype.kind not in kinds:
        what = f"values of type {array.dtype}" if is_array(array) else "a group instead of an array"
        fix = "write it as whole numbers" if "f" not in kinds else "write it as numbers: adata.X.astype('float32')"
        raise broken("NOT_NUMBERS", path.name, f"{name} holds numbers", what, fix)


def _same_shape(found: tuple[int, ...], shape: tuple[int, int], path: Path, name: str) -> None:
    if tuple(map(int, found)) != shape:
        told = f"{' x '.join(map(str, found))}, with {shape[0]} cells and {shape[1]} genes in their tables"
        raise broken("SHAPE_MISMATCH", path.name, f"{name} has the cells and genes of their tables", told, AGAIN)


def _dense(item: Any, path: Path, name: str, shape: tuple[int, int]) -> Stored:
    need_numbers(item, path, name)
    _same_shape(item.shape, shape, path, name)
    step = max(1, _VALUES // max(1, shape[1]))

    def read(start: int, stop: int) -> sparse.csr_matrix:
        with reading(path, name):
            return sparse.csr_matrix(plain(np.asarray(item[start:stop])))

    def values() -> Iterator[np.ndarray]:
        for start in range(0, shape[0], step):
            yield read(start, start + step).data

    return Stored(read, values)


def _sparse(item: Any, path: Path, name: str, shape: tuple[int, int], form: str | None) -> Stored:
    for part in ("data", "indices", "indptr"):
        if part not in item:
            raise _bent(path, name, "a sparse matrix has data, indices and indptr", f"no {part}")
        need_numbers(item[part], path, f"{name}/{part}", "biuf" if part == "data" else "iu")
        if item[part].shape is None or len(item[part].shape) != 1:
            raise _bent(path, name, f"{part} is one row of numbers", f"shape {item[part].shape}")
    told = item.attrs.get("shape", item.attrs.get("h5sparse_shape"))
    if told is not None and form is None:
        _same_shape(tuple(np.ravel(told)), shape, path, name)
    form = form or _form(item, path, name, shape)
    data, indices = item["data"], item["indices"]
    lines, across = shape if form == "csr" else shape[::-1]
    if (n := item["indptr"].shape[0]) != lines + 1:
        found = f"{n} pointers for {lines} {'cells' if form == 'csr' else 'genes'}"
        raise broken("SHAPE_MISMATCH", path.name, f"{name} has the cells and genes of their tables", found, AGAIN)
    start = np.asarray(need_list(item["indptr"], path, f"{name}/indptr")[:]).astype(np.int64)
    if start[0] != 0 or (np.diff(start) < 0).any() or start[-1] != data.shape[0] or data.shape != indices.shape:
        found = (
            f"from {start[0]} to {start[-1]}{', falling' if (np.diff(start) < 0).any() else ''}, with {data.shape[0]}"
            f" values and {indices.shape[0]} indices"
        )
        raise _bent(path, name, "pointers rise from 0 to the number of values and of indices", found)
    _whole_chunks(item, path, name, across)

    def entries(at: slice) -> tuple[np.ndarray, np.ndarray]:
        with reading(path, name):
            places = plain(np.asarray(indices[at]))
            if len(places) and (places.min() < 0 or places.max() >= across):
                found = f"{places.min()} to {places.max()}"
                raise _bent(path, name, f"indices lie from 0 to {across - 1}", found)
            return plain(np.asarray(data[at])), places.astype(np.int32 if across < 2**31 else np.int64)

    def values() -> Iterator[np.ndarray]:
        for first in range(0, data.shape[0], _VALUES):
            with reading(path, name):
                yield plain(np.asarray(data[first : first + _VALUES]))

    if form == "csc":
        return Stored(_turned(entries, start, shape), values)

    def read(first: int, stop: int) -> sparse.csr_matrix:
        ends = start[first : stop + 1]
        found = entries(slice(int(ends[0]), int(ends[-1])))
        return sparse.csr_matrix((*found, ends - ends[0]), shape=(len(ends) - 1, shape[1]))

    return Stored(read, values)


def _turned(
    entries: Callable[[slice], tuple[np.ndarray, np.ndarray]], start: np.ndarray, shape: tuple[int, int]
) -> Read:
    """Converts columns to rows once, when the first block is requested."""
    made: list[sparse.csr_matrix] = []

    def read(first: int, stop: int) -> sparse.csr_matrix:
        if not made:
            made.append(sparse.csr_matrix(sparse.csc_matrix((*entries(slice(0, int(start[-1]))), start), shape=shape)))
        return sparse.csr_matrix(made[0][first:stop])

    return read


def _form(item: Any, path: Path, name: str, shape: tuple[int, int]) -> str:
    told = item.attrs.get("encoding-type", item.attrs.get("h5sparse_format", b""))
    told = told.decode() if isinstance(told, bytes) else str(told)
    form = told.removesuffix("_matrix")
    if form in ("csr", "csc"):
        return form
    lines = item["indptr"].shape[0] - 1
    if told == "" and shape[0] != shape[1] and lines in shape:
        return "csr" if lines == shape[0] else "csc"
    raise _bent(path, name, "a sparse matrix says whether it is csr_matrix or csc_matrix", told or "neither")


def _whole_chunks(item: Any, path: Path, name: str, across: int) -> None:
    """Checks that no chunk is missing: zarr would read it as zeros, which stored values never are."""
    for part in ("data", "indices") if across > 1 else ("data",):
        there, all_ = getattr(item[part], "nchunks_initialized", 0), getattr(item[part], "nchunks", 0)
        if there < all_ and item[part].shape[0]:
            found = f"{there} of {all_} chunks of {part}"
            raise broken("CUT_SHORT", path.name, f"{name} has all of its chunks", found, "copy the whole folder again")


def _bent(path: Path, name: str, rule: str, found: object) -> ContractError:
    return broken("BROKEN_MATRIX", path.name, f"{name}: {rule}", found, AGAIN)
