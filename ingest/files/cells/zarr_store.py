"""AnnData in a zarr store, version 2 or 3 of the format.

A store names the codecs of its arrays, and one of them (pickle) can run arbitrary code. The codecs of every array are
first read as text, and a store with a codec that is not listed below is not opened.
"""

import json
import mmap
import os
import re
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import zarr

from ingest.files.cells.h5ad import from_group
from ingest.files.cells.matrix import CellMatrix, Files
from ingest.files.untrusted import chunks as packed
from ingest.files.untrusted.hdf5 import most_packed, too_large, twisted
from ingest.files.untrusted.kinds import what_it_is
from ingest.manifest.cell_blocks import Cells
from kg.errors import broken
from kg.files.regular import need_file, reading

_CHUNK = re.compile(r"c?\d*(\.\d+)*")  # excludes files of file managers (.DS_Store)
CODECS = frozenset(
    (
        "bytes",
        "endian",
        "transpose",
        "sharding_indexed",
        "crc32c",
        "crc32",
        "adler32",
        "fletcher32",
        "vlen-utf8",
        "vlen-bytes",
        "gzip",
        "zlib",
        "bz2",
        "lzma",
        "lz4",
        "zstd",
        "blosc",
        "shuffle",
        "bitround",
        "delta",
        "fixedscaleoffset",
        "packbits",
        "astype",
        "quantize",
        "string",
    )
)


DEEPEST, MOST_FILES, MOST_IN_CHUNK = 40, 5_000_000, 1 << 27
_LONGEST = 64 << 20  # bytes of an array's metadata
_TEXT = 256  # bytes per text, to bound the size of a chunk
_READ = ("obs", "var", "raw", "X", "layers")
_AGAIN = "copy the whole folder again"


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Raises ContractError MISSING_FILE, NOT_A_FILE, NOT_ZARR, LINK_OUT, TWISTED, UNSAFE_CODEC, or the errors of
    ``h5ad`` for an AnnData file."""
    if path.is_file():
        raise broken("NOT_ZARR", path.name, "a zarr store is a folder", *what_it_is(path))
    if not path.is_dir():
        raise broken("MISSING_FILE", str(path), "the folder must exist", "no folder", "check its name and folder")
    arrays, chunks = _arrays(path)
    for where, facts in arrays.items():
        _refuse_unsafe(path, where, facts)
        _fits(path, where, facts)
    for where, size in chunks.items():
        _packed(path, where, size, arrays)
    try:
        group = zarr.open_group(path, mode="r", use_consolidated=False)
    except Exception as error:
        found = str(error).strip().splitlines()[:1]
        raise broken("NOT_ZARR", path.name, "the folder is a zarr store", found, _AGAIN) from None
    with reading(path, "the store"):
        _whole_chunks(path, arrays)
    return from_group(group, path, spec)


def _arrays(path: Path) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """Folder of each array -> its metadata, and folder of chunks -> size of the largest (bytes); also checks that every
    entry is a folder or a regular file of the store."""
    made: dict[str, dict[str, Any]] = {}
    chunks: dict[str, int] = {}
    waiting, seen = [(path, 0)], 0
    while waiting:
        folder, depth = waiting.pop()
        for entry in sorted(os.scandir(folder), key=lambda each: each.name):
            seen += 1
            where = str(Path(entry.path).relative_to(path))
            if entry.is_symlink():
                fix = "put the files themselves in place of links: cp -rL"
                raise broken(
                    "LINK_OUT",
                    f"{path.name}: {where}",
                    "a store holds its own files",
                    f"a link to {os.readlink(entry.path)}",
                    fix,
                )
            if seen > MOST_FILES or depth > DEEPEST:
                rule = f"a store has at most {MOST_FILES:,} files, {DEEPEST} folders deep"
                raise broken(
                    "TWISTED", f"{path.name}: {where[:200]}", rule, "more", "remove files that are not part of the data"
                )
            if entry.is_dir():
                waiting.append((Path(entry.path), depth + 1))
            else:
                file, place = need_file(Path(entry.path)), str(folder.relative_to(path))
                if entry.name in (".zarray", "zarr.json"):
                    made[place] = _facts(path, file)
                elif not entry.name.startswith("."):
                    chunks[place] = max(chunks.get(place, 0), file.stat().st_size)
    return made, chunks


def _facts(path: Path, file: Path) -> dict[str, Any]:
    where = f"{path.name}: {file.parent.relative_to(path)}"
    try:
        if file.stat().st_size > _LONGEST:
            raise broken(
                "NOT_ZARR",
                where,
                f"{file.name} has at most {_LONGEST >> 20} MB",
                f"{file.stat().st_size >> 20} MB",
                _AGAIN,
            )
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        found = "thousands of brackets" if isinstance(error, RecursionError) else error
        raise broken("NOT_ZARR", where, f"{file.name} is JSON", found, _AGAIN) from None
    if not isinstance(facts, dict):
        raise broken("NOT_ZARR", where, f"{file.name} is a mapping", type(facts).__name__, _AGAIN)
    return facts


def _refuse_unsafe(path: Path, where: str, facts: dict[str, Any]) -> None:
    for name in _codecs(facts):
        if name.removeprefix("numcodecs.") not in CODECS:
            rule = "an array is stored by a codec that cannot run code"
            fix = "Python objects are never unpickled: write the column as text or numbers, with a current anndata"
            raise broken("UNSAFE_CODEC", f"{path.name}: {where}", rule, repr(name)[:200], fix)


def _fits(path: Path, where: str, facts: dict[str, Any]) -> None:
    """Checks that shape and chunks are consistent numbers, and that a chunk is small enough to read."""
    shape = facts.get("shape")
    if shape is None:
        return
    chunks = _chunks(facts)
    if not _whole(shape, 0) or not _whole(chunks, 1) or len(shape) != len(chunks):
        found = f"shape {shape}, chunks {chunks}"
        raise broken(
            "TWISTED", f"{path.name}: {where}", "an array has a shape, and chunks of as many sides", found[:200], _AGAIN
        )
    if (size := prod(chunks)) > MOST_IN_CHUNK:
        rule, fix = f"a chunk has at most {MOST_IN_CHUNK:,} values", "write it in smaller chunks"
        raise broken("TWISTED", f"{path.name}: {where}", rule, f"{size:,}", fix)


def _packed(path: Path, where: str, size: int, arrays: Mapping[str, dict[str, Any]]) -> None:
    """Checks that chunks are not larger than their contents allow: codecs decompress everything before checking the
    size."""
    above = next((str(each) for each in (Path(where), *Path(where).parents) if str(each) in arrays), None)
    sides = None if above is None else _chunks(arrays[above])
    if above is None or not _whole(sides, 1):
        return
    if size > (most := most_packed(prod(sides) * _wide(arrays[above]))):
        raise too_large(path, where, size, most)


def _wide(facts: Mapping[str, Any]) -> int:
    """Bytes per value of an array."""
    told = facts.get("dtype", facts.get("data_type"))
    try:
        return np.dtype(told).itemsize if isinstance(told, str) and told not in ("|O", "object") else _TEXT
    except TypeError:
        return _TEXT


def _chunks(facts: dict[str, Any]) -> Any:
    grid = facts.get("chunk_grid")
    told = (grid.get("configuration") or {}) if isinstance(grid, dict) else {}
    return facts.get("chunks", told.get("chunk_shape") if isinstance(told, dict) else None)


def _whole(sides: Any, least: int) -> TypeGuard[list[int]]:
    return isinstance(sides, list) and all(type(side) is int and least <= side < 2**62 for side in sides)


def _whole_chunks(path: Path, arrays: Mapping[str, dict[str, Any]]) -> None:
    """Checks that every chunk to be read has its stated length, and does not decompress to more than its array can
    hold."""
    for where, facts in arrays.items():
        sides = _chunks(facts)
        if where.split("/")[0] not in _READ or not _whole(sides, 1):
            continue
        values = prod(sides)
        most = most_packed(values * _wide(facts))
        for chunk in sorted(p for p in (path / where).rglob("*") if p.is_file() and _CHUNK.fullmatch(p.name)):
            place = str(chunk.relative_to(path))
            try:
                with chunk.open("rb") as opened:
                    packed.check(
                        memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)), facts, most, values
                    )
            except packed.OverfullError as error:
                raise twisted(path, place, "a chunk decompresses to the size of its array", error) from None
            except ValueError as error:
                rule = "a chunk has its stated length, and can be decompressed"
                raise broken("CUT_SHORT", f"{path.name}: {place}", rule, error, _AGAIN) from None


def _codecs(facts: Any) -> Iterator[str]:
    """Names of the codecs of an array (version 2 or 3), including nested ones."""
    if not isinstance(facts, dict):
        return
    for codec in [facts.get("compressor"), *_listed(facts.get("filters")), *_listed(facts.get("codecs"))]:
        if isinstance(codec, str):
            yield codec
        elif isinstance(codec, dict):
            yield str(codec.get("id", codec.get("name")))
            yield from _codecs(codec.get("configuration"))
    for nested in _listed(facts.get("index_codecs")):
        yield str(nested.get("name")) if isinstance(nested, dict) else str(nested)


def _listed(codecs: Any) -> list[Any]:
    return codecs if isinstance(codecs, list) else [] if codecs is None else [repr(codecs)]
