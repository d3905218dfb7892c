"""Chunks that unpack to more than their array holds, by every codec, are told before anything of them is unpacked."""

import json
import resource
import zlib
from pathlib import Path
from typing import Any

import h5py
import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import ZstdCodec

from ingest.files.untrusted.chunks import OverfullError, check
from ingest.files.untrusted.hdf5 import open_h5
from ingest.files.untrusted.hdf5_first import Walker
from kg.errors import ContractError

LARGE = 600 << 20
CODECS: dict[str, Any] = {
    "blosc": numcodecs.Blosc("lz4"),
    "blosc of zstd": numcodecs.Blosc("zstd"),
    "lz4": numcodecs.LZ4(),
    "zstd": numcodecs.Zstd(checksum=True),
    "gzip": numcodecs.GZip(),
    "zlib": numcodecs.Zlib(),
    "bz2": numcodecs.BZ2(),
    "lzma": numcodecs.LZMA(),
}


def _facts(codec: Any, *filters: dict[str, Any], version: int = 2) -> dict[str, Any]:
    if version == 2:
        return {"zarr_format": 2, "compressor": codec.get_config(), "filters": list(filters) or None}
    told = {key: value for key, value in codec.get_config().items() if key != "id"}
    codecs = [
        {"name": "bytes"},
        *({"name": each["id"]} for each in filters),
        {"name": codec.codec_id, "configuration": told},
    ]
    return {"zarr_format": 3, "codecs": codecs}


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", CODECS)
def test_a_chunk_is_held_to_what_its_array_holds(name: str, version: int) -> None:
    codec, values = CODECS[name], np.arange(40_000, dtype=np.float64)
    facts = _facts(codec, version=version)
    packed = memoryview(bytes(codec.encode(values)))
    check(packed, facts, values.nbytes, len(values))
    if name not in ("gzip", "zlib"):  # of which so small a chunk is never too much
        with pytest.raises(OverfullError, match=f"at most {values.nbytes - 1:,}"):
            check(packed, facts, values.nbytes - 1, len(values))
    assert zlib.crc32(codec.decode(packed)) == zlib.crc32(values.tobytes())


@pytest.mark.parametrize("name", ["zstd", "gzip", "bz2"])
def test_a_small_chunk_that_unpacks_to_much_takes_no_room(name: str) -> None:
    zeros = np.zeros(LARGE // 8)
    bomb = bytes(CODECS[name].encode(zeros))
    del zeros
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(OverfullError, match=r"bytes unpacked, at most 8,000"):
        check(memoryview(bomb), _facts(CODECS[name]), 8_000, 1_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_blocks_of_zstd_are_counted_where_the_frame_says_no_size() -> None:
    """Two frames written by hand: blocks of one byte repeated, and one of bytes as they are (RFC 8878, 3.1.1)."""
    repeated = b"".join(((130_000 << 3) | 1 << 1 | last).to_bytes(3, "little") + b"\0" for last in (0, 1))
    plain = (5 << 3 | 1).to_bytes(3, "little") + b"hello"
    for blocks, size in ((repeated, 260_000), (plain, 5)):
        frame = memoryview(b"\x28\xb5\x2f\xfd\x00\x58" + blocks)
        assert len(bytes(CODECS["zstd"].decode(frame))) == size
        check(frame, _facts(CODECS["zstd"]), size, 1)
        with pytest.raises(OverfullError):
            check(frame, _facts(CODECS["zstd"]), size - 1, 1)
        with pytest.raises(ValueError, match="zstd"):
            check(frame[:6], _facts(CODECS["zstd"]), size, 1)


@pytest.mark.parametrize("name", CODECS)
def test_a_list_of_texts_is_no_longer_than_its_array(name: str) -> None:
    codec, texts = CODECS[name], np.array([f"cell{i}" for i in range(24)], dtype=object)
    facts = _facts(codec, {"id": "vlen-utf8"})
    listed = bytes(numcodecs.VLenUTF8().encode(texts))
    check(memoryview(bytes(codec.encode(listed))), facts, 5_000, 24)
    for count in (25, 352_321_560):
        told = count.to_bytes(4, "little") + listed[4:]
        with pytest.raises(OverfullError, match=f"{count:,} texts, at most 24"):
            check(memoryview(bytes(codec.encode(told))), facts, 5_000, 24)


@pytest.mark.parametrize("where", ["start", "end"])
def test_the_parts_of_a_shard_are_held_each(tmp_path: Path, where: Any) -> None:
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=(1000,),
        dtype="f8",
        chunks=(100,),
        shards={"shape": (500,), "index_location": where},
        compressors=ZstdCodec(),
        fill_value=-1,
    )
    array[:450] = np.arange(450)
    facts = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())
    chunk = (tmp_path / "a.zarr" / "c" / "0").read_bytes()
    check(memoryview(chunk), facts, 800, 500)
    with pytest.raises(OverfullError, match="at most 799"):
        check(memoryview(chunk), facts, 799, 500)
    for damaged in (chunk[:20], chunk[:-90] if where == "end" else chunk[:150]):
        with pytest.raises(ValueError, match="shard"):
            check(memoryview(damaged), facts, 800, 500)


def test_a_chunk_of_hdf5_that_unpacks_to_much(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(LARGE), 1)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        item = file.create_dataset("X", (1 << 18,), "f8", chunks=(1 << 18,), compression="gzip")
        item.id.write_direct_chunk((0,), bomb)
    with pytest.raises(ContractError, match=r"TWISTED.*bytes unpacked, at most"):
        open_h5(tmp_path / "a.h5")


def test_texts_that_lead_the_library_round_in_circles(tmp_path: Path) -> None:
    """A text of the heap whose length, rounded up, comes to nothing: the library looks for the next one for ever."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["a"] = [["x", "yy"], ["zzz", "y"]]
    assert Walker().comes_back(path)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"GCOL") + 24
    raw[at : at + 8] = (2**64 - 16).to_bytes(8, "little")
    path.write_bytes(raw)
    assert not Walker().comes_back(path)
