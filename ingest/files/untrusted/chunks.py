"""The unpacked size of a chunk of an array, determined before it is unpacked.

A codec allocates as much memory as a chunk states, and a list of texts as many entries as it states, whatever the array
declares. Formats: c-blosc README_CHUNK_FORMAT, RFC 8878 (zstd), RFC 1950 to 1952 (zlib, gzip), zarr 3 sharding-indexed
1.0.
"""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from math import prod
from typing import Any

import numcodecs
import numpy as np

_SURE = 1 << 29  # bytes that a chunk may always unpack to
_DEFLATE = 1032  # times as much is the most that deflate packs into a byte
_BLOCK = 1 << 17  # bytes of a block of zstd, at most
_TEXTS = ("vlen-utf8", "vlen-bytes")
_NOWHERE = 2**64 - 1


class OverfullError(Exception):
    """A chunk that unpacks to more than it may; its text says what was found."""


def check(data: memoryview, facts: dict[str, Any], most: int, values: int) -> None:
    """Checks that a chunk unpacks to at most ``most`` bytes, and to at most ``values`` texts if it holds texts.

    ``facts``: metadata of its array, of version 2 or 3 of zarr.

    Raises:
        OverfullError: it has more.
        ValueError: it is cut, or cannot be unpacked.
    """
    if "zarr_format" in facts and facts["zarr_format"] == 3:
        _check(data, [_named(codec) for codec in facts.get("codecs") or []], most, values, facts)
        return
    compressor = facts.get("compressor")
    filters = [_named(codec) for codec in facts.get("filters") or []]
    _check(data, [*filters, *([_named(compressor)] if compressor else [])], most, values, facts)


def _check(
    data: memoryview, codecs: list[tuple[str, dict[str, Any]]], most: int, values: int, facts: dict[str, Any]
) -> None:
    names = [name for name, _ in codecs]
    texts = any(name in _TEXTS for name in names)
    shards = "sharding_indexed" in names
    packers = [codec for codec in codecs if codec[0] in _LARGEST]
    for left, (name, _) in zip(range(len(packers) - 1, -1, -1), reversed(packers), strict=True):
        try:
            size = _LARGEST[name](data, most)
        except (ValueError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
            raise ValueError(f"{name}: {error}"[:200]) from None
        if size > most:
            raise OverfullError(f"{size:,} bytes unpacked, at most {most:,}")
        if left or texts or shards:
            data = _decoded(name, data)
    if texts:
        count = int.from_bytes(data[:4], "little")
        if count > values or 4 + 4 * count > len(data):
            raise OverfullError(f"{count:,} texts, at most {values:,} in {len(data):,} bytes")
    if shards:
        told = dict(codecs)["sharding_indexed"]
        outer = _chunks(facts)
        for inner in _inner(data, told, outer):
            _check(inner, [_named(codec) for codec in told.get("codecs") or []], most, prod(told["chunk_shape"]), facts)


def _inner(data: memoryview, told: dict[str, Any], outer: Any) -> Iterator[memoryview]:
    sides, index = told.get("chunk_shape"), [_named(codec)[0] for codec in told.get("index_codecs") or []]
    if (
        not isinstance(sides, list)
        or not all(type(side) is int and side > 0 for side in sides)
        or len(sides) != len(outer)
    ):
        raise OverfullError(f"a shard of {outer} in chunks of {sides}"[:200])
    if index not in (["bytes"], ["bytes", "crc32c"]):
        raise OverfullError(f"an index of a shard that is stored by {index}, in place of bytes and crc32c"[:200])
    long = 16 * prod(-(-whole // side) for whole, side in zip(outer, sides, strict=True))
    size = long + 4 * (index[-1] == "crc32c")
    start = 0 if told.get("index_location") == "start" else len(data) - size
    if size > len(data):
        raise ValueError(f"a shard of {len(data):,} bytes, whose index takes {size:,}")
    for offset, length in np.frombuffer(data[start : start + long], "<u8").reshape(-1, 2).tolist():
        if (offset, length) == (_NOWHERE, _NOWHERE):
            continue
        if offset + length > len(data):
            raise ValueError(f"a part of a shard at {offset:,} to {offset + length:,}, of {len(data):,} bytes")
        yield data[offset : offset + length]


def _decoded(name: str, data: memoryview) -> memoryview:
    try:
        unpacked: Any = numcodecs.get_codec({"id": name}).decode(bytes(data))
        return memoryview(unpacked).cast("B")
    except Exception as error:
        raise ValueError(f"{name}: {error}"[:200]) from None


def _named(codec: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(codec, dict):
        return str(codec), {}
    told = codec.get("configuration", {key: value for key, value in codec.items() if key != "id"})
    return str(codec.get("id", codec.get("name"))).removeprefix("numcodecs."), told if isinstance(told, dict) else {}


def _chunks(facts: dict[str, Any]) -> Any:
    return facts["chunk_grid"]["configuration"]["chunk_shape"]


def _blosc(data: memoryview, most: int) -> int:  # noqa: ARG001
    if len(data) < 16:
        raise ValueError(f"{len(data)} bytes, where it has a head of 16")
    if (told := int.from_bytes(data[12:16], "little")) != len(data):  # it would read on behind the end
        raise ValueError(f"{len(data)} bytes, where it tells of {told}")
    return int.from_bytes(data[4:8], "little")


def _lz4(data: memoryview, most: int) -> int:  # noqa: ARG001
    return int.from_bytes(data[:4], "little")


def _zstd(data: memoryview, most: int) -> int:  # noqa: ARG001
    """What the frame says, or as much as its blocks may hold."""
    if bytes(data[:4]) != b"\x28\xb5\x2f\xfd":
        raise ValueError("it begins otherwise")
    told = data[4]
    single, large, of_dictionary = told >> 5 & 1, told >> 6, told & 3
    at = 5 + (not single) + (0, 1, 2, 4)[of_dictionary]
    wide = (1 if single else 0, 2, 4, 8)[large]
    if wide:
        return int.from_bytes(data[at : at + wide], "little") + 256 * (wide == 2)
    size, last = 0, False
    while not last:
        if at + 3 > len(data):
            raise ValueError("its last block is lacking")
        head = int.from_bytes(data[at : at + 3], "little")
        last, kind, long = bool(head & 1), head >> 1 & 3, head >> 3
        size += long if kind < 2 else _BLOCK
        at += 3 + (1 if kind == 1 else long)
    return size


def deflate_may_exceed(size: int, most: int) -> bool:
    return size * _DEFLATE > max(most, _SURE)


def deflated(data: memoryview, most: int) -> int:
    """Bytes that a chunk of zlib or gzip unpacks to, counted no further than ``most``; 0 where they are surely not too
    many."""
    if not deflate_may_exceed(len(data), most):
        return 0
    unpack = zlib.decompressobj(47)  # with the head of zlib or of gzip
    size, rest = 0, bytes(data)
    while rest and size <= most and not unpack.eof:
        size += len(unpack.decompress(rest, 1 << 20))
        rest = unpack.unconsumed_tail
    return size


def _counted(data: memoryview, most: int, unpack: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> int:
    size, rest = len(unpack.decompress(data, 1 << 20)), b""
    while size <= most and not unpack.eof:
        if unpack.needs_input:
            raise ValueError("its end is lacking")
        size += len(unpack.decompress(rest, 1 << 20))
    return size


_LARGEST = {
    "blosc": _blosc,
    "lz4": _lz4,
    "zstd": _zstd,
    "gzip": deflated,
    "zlib": deflated,
    "bz2": lambda data, most: _counted(data, most, bz2.BZ2Decompressor()),
    "lzma": lambda data, most: _counted(data, most, lzma.LZMADecompressor()),
}
