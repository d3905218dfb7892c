"""Objects of atlases: twice is once, what is damaged is told and never read, killed anywhere leaves what was whole."""

import hashlib
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from kg.atlas.objects import Entry, ObjectStore
from kg.errors import ContractError, StoreError
from tests.buckets import *  # noqa: F403  (bucket)

ROOT = Path(__file__).parents[2]
DATA = b"cells"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.long)])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return ObjectStore(tmp_path / "atlas")
    return ObjectStore(f"s3://{request.getfixturevalue('bucket')}/some/prefix")


def test_twice_is_once(objects: ObjectStore, tmp_path: Path) -> None:
    assert not objects.has(SHA)
    assert objects.put(DATA) == Entry(SHA, 5)
    (tmp_path / "file").write_bytes(DATA)
    first = list(objects.all())
    assert objects.put(tmp_path / "file") == Entry(SHA, 5)
    assert [each.name for each in objects.all()] == [SHA]
    assert [each.bytes for each in first] == [5]
    assert objects.read(SHA) == DATA
    assert objects.has(SHA, 5)
    assert not objects.has(SHA, 4)
    with objects.open(SHA) as file:
        assert (file.read(2), file.read()) == (b"ce", b"lls")


def test_a_large_file(objects: ObjectStore, tmp_path: Path) -> None:
    """More than one part of an upload."""
    data = os.urandom(1 << 20) * 12
    (tmp_path / "file").write_bytes(data)
    assert objects.read(objects.put(tmp_path / "file").sha256) == data


def test_one_that_is_lacking_is_named(objects: ObjectStore) -> None:
    with pytest.raises(StoreError, match=r"is missing.*orthokg restore") as told:
        objects.read(SHA)
    assert (told.value.code, told.value.about) == ("STORE_CORRUPT", f"object {SHA[:12]} of an atlas")


def test_one_that_is_damaged_is_told_and_put_again_is_mended(objects: ObjectStore) -> None:
    objects.put(DATA)
    objects.read(SHA)
    lying = objects.place.find(SHA)
    assert lying is not None
    objects.place.remove(lying)
    objects.place.write(SHA, BytesIO(b"cellz"))
    with pytest.raises(StoreError, match="holds bytes of sha256") as told:
        objects.open(SHA)
    assert told.value.code == "STORE_CORRUPT"
    assert objects.wrong(SHA, 5)
    assert objects.wrong(SHA, 6) == "5 bytes"
    objects.put(DATA)
    assert objects.wrong(SHA, 5) is None
    assert objects.read(SHA) == DATA


def test_only_what_nothing_names_goes_and_only_when_it_is_old(tmp_path: Path) -> None:
    own, named = ObjectStore(tmp_path / "atlas", own=True), ObjectStore(tmp_path / "atlas")
    kept, gone, young = (own.put(text).sha256 for text in (b"kept", b"gone", b"young"))
    scrap = tmp_path / "atlas" / "objects" / ".new-x"
    scrap.write_bytes(b"half")
    for path in (own.file(kept), own.file(gone), scrap):
        assert path is not None
        os.utime(path, (0, 0))
    assert {each.name for each in own.surplus([kept])} == {gone, young, ".new-x"}
    assert named.sweep([kept]) == 4, "of a place that may be others' only what no writer finished"
    assert own.has(gone)
    assert own.sweep([kept]) == 4
    assert [own.has(each) for each in (kept, gone, young)] == [True, False, True]
    own.put(b"kept")
    assert own.sweep([]) == 0, "what was put again a writer may be about to name"


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "home"))
    assert ObjectStore.of().place.where(SHA) == str(tmp_path / "home" / "atlas" / "objects" / SHA[:2] / SHA)
    assert ObjectStore.of().own
    monkeypatch.setenv("ORTHOKG_ATLAS", str(tmp_path / "other"))
    assert ObjectStore.of().place.where(SHA).startswith(str(tmp_path / "other"))
    assert not ObjectStore.of().own
    assert ObjectStore.of(f"file://{tmp_path}/third").place.where(SHA).startswith(str(tmp_path / "third"))


def test_a_place_that_is_none(tmp_path: Path, bucket: str) -> None:
    with pytest.raises(StoreError) as told:
        ObjectStore("nowhere://x")
    assert told.value.code == "STORE_CHOICE"
    with pytest.raises(StoreError, match="no such bucket"):
        ObjectStore(f"s3://no{bucket}/x").put(DATA)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as told:
        ObjectStore(tmp_path / "file").put(DATA)
    assert told.value.code == "STORE_FULL"
    with pytest.raises(ContractError, match="MISSING_FILE"):
        ObjectStore(tmp_path / "atlas").put(tmp_path / "none")


def test_a_bucket_that_does_not_answer(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match="cannot read s3://") as told:
        ObjectStore(f"s3://{bucket}/x").read(SHA)
    assert told.value.code == "STORE_DOWN"


@pytest.mark.long
def test_killed_anywhere(tmp_path: Path) -> None:
    """What was said to be there is; nothing that is there is half; a half file is no object and can be swept."""
    place, moments = tmp_path / "atlas", (0, 0.001, 0.003, 0.006, 0.009, 0.013, 0.018, 0.024, 0.031)
    writers = [sys.executable, "-m", "tests.kg.write_objects", str(place), *map(str, moments)]
    done = subprocess.run(writers, capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    assert len(done) >= len(moments)
    objects = ObjectStore(place, own=True)
    found = [each for each in objects.all() if not each.scrap]
    assert {*done} <= {each.name for each in found}
    assert [objects.wrong(each.name, each.bytes) for each in found] == [None] * len(found)
    objects.sweep([each.name for each in found], older=-60)
    assert [each.name for each in objects.all() if each.scrap] == []
