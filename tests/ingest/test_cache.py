"""The cache against a real loopback server: resumed, refused, altered, offline, full; and against its own folders."""

import gzip
import hashlib
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.fetch.cache import Cache
from ingest.fetch.pins import Pin, Upstream, parse_pins, read_pins
from kg.errors import SourceError
from tests.ingest.file_server import Files, serving

CONTENT = os.urandom(300_000)
NAME = "study/table.tsv"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def a_pin(base: str, content: bytes = CONTENT, name: str = NAME) -> Pin:
    upstream = Upstream("origin", "table.tsv", base + "table.tsv", sha256(content), len(content))
    return Pin(name, "fetch", sha256(content), len(content), "CC0", True, "none", upstream=(upstream,))


@pytest.fixture
def server() -> Iterator[Files]:
    with serving({"/table.tsv": CONTENT}) as state:
        yield state


@pytest.fixture
def cache(server: Files, tmp_path: Path) -> Cache:
    return Cache(own=tmp_path / "own", pins={NAME: a_pin(server.base)})


def refused(cache: Cache, code: str, name: str = NAME) -> str:
    with pytest.raises(SourceError) as caught:
        cache.get(name)
    assert caught.value.code == code
    return str(caught.value)


def files_of(cache: Cache) -> set[str]:
    return {
        str(path.relative_to(cache.own))
        for path in cache.own.rglob("*")
        if path.is_file() and path.name != "verified.json"
    }


def test_fetched_once(cache: Cache, server: Files) -> None:
    assert cache.get(NAME).read_bytes() == CONTENT
    assert cache.get(NAME).read_bytes() == CONTENT
    assert server.asked == [""]
    assert files_of(cache) == {NAME}


def test_a_broken_connection_resumes_in_the_same_call(cache: Cache, server: Files) -> None:
    server.cut = [100_000, 50_000]
    assert cache.get(NAME).read_bytes() == CONTENT
    assert server.asked == ["", "bytes=100000-", "bytes=150000-"]


def test_what_came_is_kept_for_the_next_run(cache: Cache, server: Files) -> None:
    server.cut = [10_000, 10_000, 10_000, 10_000]
    assert "40,000" in refused(cache, "INTERRUPTED")
    assert files_of(cache) == {NAME + ".part"}
    server.asked.clear()
    assert cache.get(NAME).read_bytes() == CONTENT
    assert server.asked == ["bytes=40000-"]


def test_a_server_without_ranges_starts_over(cache: Cache, server: Files) -> None:
    server.ranges, server.cut = False, [100_000]
    assert cache.get(NAME).read_bytes() == CONTENT
    assert server.asked == ["", "bytes=100000-"]


def test_a_part_of_another_file_is_replaced(cache: Cache, server: Files) -> None:
    part = cache.own / (NAME + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    assert cache.get(NAME).read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-", ""]


@pytest.mark.parametrize("served", [b"x" * len(CONTENT), CONTENT + b"more"], ids=["altered", "longer"])
def test_a_wrong_checksum_leaves_nothing(cache: Cache, server: Files, served: bytes) -> None:
    server.files["/table.tsv"] = served
    assert sha256(CONTENT) in refused(cache, "CHECKSUM")
    assert files_of(cache) == set()


def test_a_shorter_file_is_never_taken(cache: Cache, server: Files) -> None:
    server.files["/table.tsv"] = CONTENT[:-5]
    refused(cache, "INTERRUPTED")
    assert files_of(cache) <= {NAME + ".part"}


def test_a_file_that_is_gone(cache: Cache, server: Files) -> None:
    server.files.clear()
    assert "404" in refused(cache, "SOURCE_GONE")
    assert files_of(cache) == set()


def test_no_network(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        assert "ORTHOKG_CACHE" in refused(Cache(own=tmp_path, pins={NAME: a_pin(base)}), "OFFLINE")


def test_offline_asks_no_server(cache: Cache, server: Files) -> None:
    cache.offline = True
    refused(cache, "OFFLINE")
    assert server.asked == []
    assert [missing.name for missing in cache.missing()] == [NAME]


def test_a_full_disk(cache: Cache) -> None:
    part = cache.own / (NAME + ".part")
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    assert "ORTHOKG_HOME" in refused(cache, "DISK_FULL")


def test_a_cache_folder_that_is_a_file(cache: Cache) -> None:
    cache.own.write_text("")
    assert "ORTHOKG_HOME" in refused(cache, "CACHE_NOT_WRITABLE")


def test_cache_only_says_how_it_was_prepared(tmp_path: Path) -> None:
    pin = replace(a_pin(""), form="cache-only", upstream=(), prepared="joined by hand")
    cache = Cache(own=tmp_path, pins={NAME: pin})
    assert "joined by hand" in refused(cache, "SOURCE_MISSING")
    assert [missing.name for missing in cache.missing()] == [NAME]


def test_an_unknown_name_gets_a_suggestion(cache: Cache) -> None:
    assert NAME in refused(cache, "SOURCE_UNKNOWN", "study/tabel.tsv")


def seeded(tmp_path: Path, content: bytes, pin: Pin) -> Cache:
    seed = tmp_path / "seed"
    (seed / pin.name).parent.mkdir(parents=True)
    (seed / pin.name).write_bytes(content)
    return Cache(own=tmp_path / "own", seeds=(seed,), pins={pin.name: pin})


def test_a_seed_is_used_and_never_written(tmp_path: Path) -> None:
    cache = seeded(tmp_path, CONTENT, a_pin("http://127.0.0.1:1/"))
    assert cache.get(NAME) == tmp_path / "seed" / NAME
    assert [path.name for path in (tmp_path / "seed").rglob("*") if path.is_file()] == ["table.tsv"]
    assert cache.describe().present == (NAME,)


def test_an_altered_seed_is_named_not_replaced(tmp_path: Path) -> None:
    cache = seeded(tmp_path, b"other", a_pin("http://127.0.0.1:1/"))
    message = refused(cache, "CHECKSUM")
    assert sha256(b"other") in message
    assert str(tmp_path / "seed" / NAME) in message


def test_an_altered_file_after_verification_is_noticed(tmp_path: Path) -> None:
    cache = seeded(tmp_path, CONTENT, a_pin("http://127.0.0.1:1/"))
    path = cache.get(NAME)
    path.write_bytes(b"y" * len(CONTENT))
    os.utime(path, ns=(1, 1))
    refused(cache, "CHECKSUM")


def test_gzip_may_differ_in_its_header_not_in_its_content(tmp_path: Path) -> None:
    name = "study/table.tsv.gz"
    pinned = gzip.compress(CONTENT, mtime=1)
    pin = replace(a_pin("", pinned, name), content_sha256=sha256(CONTENT), form="cache-only", upstream=())
    assert seeded(tmp_path / "a", gzip.compress(CONTENT, 1, mtime=2), pin).get(name).is_file()
    refused(seeded(tmp_path / "b", gzip.compress(b"other"), pin), "CHECKSUM", name)
    refused(seeded(tmp_path / "c", b"not gzip", pin), "CHECKSUM", name)


def test_a_transform_makes_the_file_from_upstream(cache: Cache, server: Files) -> None:
    name = "study/table.tsv.gz"
    pin = replace(a_pin(server.base, name=name), sha256="0" * 64, content_sha256=sha256(CONTENT), transform="whole")
    cache.pins = {name: pin}
    assert gzip.decompress(cache.get(name).read_bytes()) == CONTENT
    assert files_of(cache) == {name, "upstream/origin/table.tsv"}
    cache.get(name)
    assert server.asked == [""]


def test_a_transform_that_gives_other_bytes_is_refused(cache: Cache, server: Files) -> None:
    pin = replace(a_pin(server.base), sha256="0" * 64, transform="whole")
    cache.pins = {NAME: pin}
    assert "pip freeze" in refused(cache, "CHECKSUM")
    assert files_of(cache) == {"upstream/origin/table.tsv"}


def test_a_labs_own_file(cache: Cache, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_bytes(CONTENT)
    assert cache.get_path(own, sha256=sha256(CONTENT)) == own
    for path, digest, code in [
        (own, "0" * 64, "CHECKSUM"),
        (tmp_path / "no.csv", None, "SOURCE_MISSING"),
        (tmp_path, None, "SOURCE_MISSING"),
    ]:
        with pytest.raises(SourceError) as caught:
            cache.get_path(path, sha256=digest)
        assert caught.value.code == code


def test_a_misspelt_seed_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORTHOKG_CACHE", f"{tmp_path}{os.pathsep}{tmp_path / 'no'}")
    with pytest.raises(SourceError, match="not a folder") as caught:
        Cache.open()
    assert caught.value.code == "SEED_MISSING"


def test_folders_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORTHOKG_CACHE", str(tmp_path))
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "home"))
    cache = Cache.open()
    assert (cache.seeds, cache.own) == ((tmp_path,), tmp_path / "home" / "cache")
    assert not cache.own.exists()


def test_every_pin_is_whole() -> None:
    pins = read_pins()
    assert len(pins) == 103
    for name, pin in pins.items():
        assert len(pin.sha256) == 64, name
        assert pin.licence, name
        assert pin.citation, name
        assert (pin.content_sha256 is not None) == (name.endswith(".gz") and pin.form != "pypi"), name
        assert bool(pin.prepared and pin.verified) == (pin.form == "cache-only"), name
        for file in pin.upstream:
            commit = file.address.split("/")[5]
            assert len(commit) == 40, name
            assert set(commit) <= set("0123456789abcdef"), name
            assert " " not in file.address
        if pin.form == "fetch" and pin.transform is None:
            assert [file.sha256 for file in pin.upstream] == [pin.sha256], name
        if pin.licence.startswith(("none", "GEO", "Allen")):
            assert not pin.redistribute, name


def test_a_pin_whose_files_are_not_in_its_origin() -> None:
    text = """
origins: {o: {base: "http://h/", files: {a: [s, 1]}}}
pins: {p: {form: fetch, sha256: s, bytes: 1, licence: l, redistribute: true, citation: c, origin: o, uses: [b]}}
"""
    with pytest.raises(ValueError, match="no file of origin o"):
        parse_pins(text)
