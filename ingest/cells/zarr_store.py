"""AnnData in a zarr store, version 2 or 3 of the format.

A store names the codecs that its arrays are decoded by, and one of them (pickle) runs what the file says. Every array's
codecs are read as text first, and a store with one that is not of the list below is not opened.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zarr

from ingest.blocks_cells import Cells
from ingest.cells.h5ad import from_group
from ingest.cells.matrix import CellMatrix, Files
from ingest.source.frames import broken

CODECS = frozenset(
    ("bytes", "endian", "transpose", "sharding_indexed", "crc32c", "crc32", "adler32", "fletcher32", "vlen-utf8", "vlen-bytes",
     "gzip", "zlib", "bz2", "lzma", "lz4", "zstd", "blosc", "shuffle", "bitround", "delta", "fixedscaleoffset", "packbits",
     "astype", "quantize", "string")
)  # fmt: skip


def read_cells(path: Path, spec: Cells, files: Files | None = None) -> CellMatrix:  # noqa: ARG001
    """Raises ContractError MISSING_FILE, NOT_ZARR, UNSAFE_CODEC, or what ``h5ad`` finds in an AnnData file."""
    if not path.is_dir():
        fix = "a zarr store is a folder: unpack it if it is a zip"
        raise broken("MISSING_FILE", str(path), "the folder must exist", "no folder", fix)
    _refuse_unsafe(path)
    try:
        group = zarr.open_group(path, mode="r", use_consolidated=False)
    except Exception as error:
        found = str(error).strip().splitlines()[:1]
        raise broken(
            "NOT_ZARR", path.name, "the folder is a zarr store", found, "copy the whole folder again"
        ) from None
    _whole_chunks(path)
    return from_group(group, path, spec)


def _refuse_unsafe(path: Path) -> None:
    for file in sorted(p for name in (".zarray", "zarr.json") for p in path.rglob(name)):
        where = str(file.parent.relative_to(path))
        try:
            facts = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            fix = "copy the whole folder again"
            raise broken("NOT_ZARR", f"{path.name}: {where}", f"{file.name} is JSON", error, fix) from None
        if not isinstance(facts, dict):
            found = type(facts).__name__
            raise broken("NOT_ZARR", f"{path.name}: {where}", f"{file.name} is a mapping", found, "copy the whole folder again")
        for name in _codecs(facts):
            if name.removeprefix("numcodecs.") not in CODECS:
                rule = "an array is stored by a codec that cannot run code"
                fix = "objects of Python are never unpickled: write the column as text or numbers, by a current anndata"
                raise broken("UNSAFE_CODEC", f"{path.name}: {where}", rule, repr(name), fix)


def _whole_chunks(path: Path) -> None:
    """Blosc reads on behind the end of a chunk that was cut; its length stands in the chunk (c-blosc, README_CHUNK_FORMAT)."""
    for name in ("obs", "var", "raw", "X", "layers"):
        for file in sorted(p for meta in (".zarray", "zarr.json") for p in (path / name).rglob(meta)):
            facts = json.loads(file.read_text(encoding="utf-8"))
            last = facts.get("compressor") or next(iter((facts.get("codecs") or [])[::-1]), None)
            if not isinstance(last, dict) or last.get("id", last.get("name")) != "blosc":
                continue
            for chunk in sorted(p for p in file.parent.rglob("*") if p.is_file() and p.name not in (".zarray", ".zattrs", "zarr.json")):
                with chunk.open("rb") as opened:
                    head = opened.read(16)
                size = chunk.stat().st_size
                if len(head) < 16 or int.from_bytes(head[12:16], "little") != size:
                    where = f"{path.name}: {chunk.relative_to(path)}"
                    told = int.from_bytes(head[12:16], "little") if len(head) == 16 else "no"
                    found = f"{size} bytes, where it tells of {told}"
                    raise broken("CUT_SHORT", where, "a chunk is as long as it says", found, "copy the whole folder again")


def _codecs(facts: Any) -> Iterator[str]:
    """Names of the codecs of an array, of version 2 or 3, nested ones too."""
    if not isinstance(facts, dict):
        return
    for codec in [facts.get("compressor"), *(facts.get("filters") or []), *(facts.get("codecs") or [])]:
        if isinstance(codec, str):
            yield codec
        elif isinstance(codec, dict):
            yield str(codec.get("id", codec.get("name")))
            yield from _codecs(codec.get("configuration"))
    for nested in facts.get("index_codecs") or []:
        yield str(nested.get("name")) if isinstance(nested, dict) else str(nested)
