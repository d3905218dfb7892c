"""HDF5 files from others: their structure is checked before anything is read.

A file may point into other files, into itself, or at values that are missing. Following such pointers would read what
was never given, loop forever, or need more memory than there is.
"""

from math import ceil, prod
from pathlib import Path
from typing import Any

import h5py

from ingest.files.untrusted.chunks import deflate_may_exceed, deflated
from ingest.files.untrusted.hdf5_first import WALKER
from ingest.files.untrusted.kinds import what_it_is
from kg.errors import ContractError, broken
from kg.files.regular import AGAIN, need_file, reading

DEEPEST, MOST_ITEMS = 40, 100_000
MOST_ROWS = 50_000_000
SMALL, LARGEST_CHUNK = 64 << 20, 1 << 30
_COPY = "the file is cut short or no HDF5: copy it again, and compare its checksum"
_COPY_OF = "a pointer in it is damaged: copy the file again, and compare its checksum"
_OWN = "write the values themselves into the file: h5repack, or a copy by the program that made it"


def open_h5(path: Path) -> Any:
    """An open h5py.File; typed as Any, since any part may be of any kind.

    Raises:
        ContractError: MISSING_FILE, NOT_A_FILE, NOT_HDF5, LINK_OUT for what points into another file, or TWISTED for
        what
            points nowhere, at itself, or at values that are not stored.
    """
    if path.is_dir():
        fix = "name a file in it; a zarr store or the folder of an mtx is told by `cells.format`"
        raise broken("NOT_HDF5", path.name, "the file is HDF5", "a folder", fix)
    need_file(path)
    if not WALKER.comes_back(path):
        raise twisted(
            path,
            "the file",
            "its attributes and texts can be read",
            "reading them does not end, or ends the program",
            _COPY_OF,
        )
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise broken("NOT_HDF5", path.name, "the file is HDF5", *what_it_is(path)) from None
    except Exception as error:
        raise broken(
            "NOT_HDF5", path.name, "the file is HDF5", f"{type(error).__name__}: {error}"[:200], _COPY
        ) from None
    try:
        with reading(path, "the file"):
            _look(file, path)
    except ContractError:
        file.close()
        raise
    return file


def is_array(item: Any) -> bool:
    return hasattr(item, "shape") and hasattr(item, "dtype")


def need_list(item: Any, path: Path, name: str, rows: int | None = None) -> Any:
    """The item itself, checked to be a one-dimensional array short enough to be read whole. ``rows``: its length; None:
    any.

    Raises:
        ContractError: TWISTED.
    """
    if not is_array(item) or item.shape is None or len(item.shape) != 1:
        found = f"shape {item.shape}" if is_array(item) else "a group"
        raise twisted(path, name, "it is one row of values", found)
    if rows is not None and item.shape[0] != rows:
        raise twisted(path, name, f"it has a value for each of {rows:,} rows", f"{item.shape[0]:,}")
    if item.shape[0] > MOST_ROWS:
        raise twisted(path, name, f"it has at most {MOST_ROWS:,} values", f"{item.shape[0]:,}")
    return item


def twisted(path: Path, name: str, rule: str, found: object, fix: str = AGAIN) -> ContractError:
    return broken("TWISTED", f"{path.name}: {name}", rule, found, fix)


def _look(file: Any, path: Path) -> None:
    """Checks every group and array once, following the links, without reading values."""
    groups = {file["/"].id}  # equal where they are one object of the file
    waiting: list[tuple[str, Any]] = [("", file["/"])]
    seen = 0
    while waiting:
        above, group = waiting.pop()
        for own in group:
            name = f"{above}/{own}"
            seen += 1
            if seen > MOST_ITEMS or name.count("/") > DEEPEST:
                rule = f"a file has at most {MOST_ITEMS:,} parts, {DEEPEST} deep"
                raise twisted(path, name[:200], rule, "more", "take out what is not part of the data")
            link, item = group.get(own, getlink=True), None
            if isinstance(link, h5py.ExternalLink):
                raise _out(path, name, f"a link to {link.filename}: {link.path}")
            try:
                item = group[own]
            except (KeyError, OSError, RuntimeError) as error:
                if isinstance(link, h5py.SoftLink):
                    raise twisted(
                        path, name, "a link leads to a part of the file", f"a link to {link.path}", _OWN
                    ) from None
                raise twisted(path, name, "it can be opened", str(error).strip("'\"").splitlines()[0][:200]) from None
            if isinstance(item, h5py.Group):
                if item.id in groups:
                    raise twisted(
                        path,
                        name,
                        "a group stands in one place",
                        "a link to a group that stands elsewhere as well",
                        _OWN,
                    )
                groups.add(item.id)
                waiting.append((name, item))
            elif isinstance(item, h5py.Dataset):
                _stored(item, path, name)


def _stored(item: Any, path: Path, name: str) -> None:
    """Checks that the values an array declares are in the file. Small ones may be left to their fill value."""
    if item.is_virtual:
        raise _out(path, name, "an array that is put together of other files")
    if item.external:
        raise _out(path, name, f"an array whose values lie in {item.external[0][0]}")
    if item.shape is None:
        return
    if item.chunks is not None and item.id.get_create_plist().get_nfilters():
        _packed(item, path, name)
    if item.nbytes <= SMALL:
        return
    there = item.id.get_storage_size()
    if item.chunks is None:
        wrong = there < item.nbytes
    else:
        all_ = prod(ceil(n / chunk) for n, chunk in zip(item.shape, item.chunks, strict=True))
        wrong = item.id.get_num_chunks() < all_
        if (size := prod(item.chunks) * item.dtype.itemsize) > LARGEST_CHUNK:
            rule, fix = (
                f"a chunk has at most {LARGEST_CHUNK >> 20} MB",
                "write it in smaller chunks: h5repack -l CHUNK=...",
            )
            raise twisted(path, name, rule, f"{size >> 20:,} MB", fix)
    if wrong:
        found = f"{there:,} bytes stored, for {' x '.join(f'{n:,}' for n in item.shape)} values of {item.dtype}"
        raise twisted(path, name, "the values of an array are in the file", found)


def _packed(item: Any, path: Path, name: str) -> None:
    """Refuses a chunk that is larger than its contents, since it unpacks to more: filters unpack all of it before they
    check its size."""
    most = most_packed(prod(item.chunks) * item.dtype.itemsize)
    if size := item.id.chunk_iter(lambda chunk: chunk.size if chunk.size > most else None):
        raise too_large(path, name, size, most)
    pipeline = item.id.get_create_plist()
    if pipeline.get_filter(pipeline.get_nfilters() - 1)[0] != h5py.h5z.FILTER_DEFLATE:
        return
    large: list[tuple[int, ...]] = []
    item.id.chunk_iter(lambda chunk: large.append(chunk.chunk_offset) if deflate_may_exceed(chunk.size, most) else None)
    for offset in large:
        skipped, packed = item.id.read_direct_chunk(offset)
        if not skipped and (size := deflated(memoryview(packed), most)) > most:
            raise twisted(
                path, name, "a chunk unpacks to what its array holds", f"{size:,} bytes unpacked, at most {most:,}"
            )


def most_packed(size: int) -> int:
    """Bytes that a chunk of ``size`` bytes may take in a file: three times as many, because texts are stored by
    reference."""
    return 3 * size + (1 << 16)


def too_large(path: Path, name: str, size: int, most: int) -> ContractError:
    return twisted(
        path, name, "a compressed chunk is no larger than what it holds", f"{size:,} bytes, at most {most:,}"
    )


def _out(path: Path, name: str, found: str) -> ContractError:
    return broken("LINK_OUT", f"{path.name}: {name}", "a file holds its own values", found, _OWN)
