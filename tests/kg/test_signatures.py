import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from kg.errors import StoreError, UnknownTermError
from kg.signatures.store import Reference, Signature, SignatureStore

GENES = np.array(["ENSG1", "ENSG2", "ENSG3"])


def signature(name: str = "c1", **what) -> Signature:
    rng = np.random.default_rng(0)
    plain = Signature(
        name,
        "NCBITaxon:9606",
        GENES,
        rng.normal(size=3),
        rng.normal(size=3),
        np.array([0.1, 0.5, np.nan]),
        "donors",
        rng.normal(size=(4, 3)),
        4,
        ("d1", "d2"),
    )
    return replace(plain, **what)


@pytest.fixture
def store(tmp_path):
    return SignatureStore(tmp_path / "signatures")


def objects(store) -> set[str]:
    return {path.name for path in (store.root / "objects").iterdir()}


def same(a: Signature, b: Signature) -> None:
    for name in Signature.__dataclass_fields__:
        left, right = getattr(a, name), getattr(b, name)
        if isinstance(left, np.ndarray):
            np.testing.assert_array_equal(left, right)
            assert left.dtype == right.dtype
        else:
            assert left == right


def test_what_comes_out_went_in(store):
    items = [
        signature(),
        signature("c2", noise="table", factor=None, df=0),
        signature("c3", noise="none", factor=None, df=0),
    ]
    for item in items:
        store.put(item)
    again = SignatureStore(store.root)
    for item in items:
        same(again.get(item.id), item)
    assert again.ids("signature") == ["c1", "c2", "c3"]


def test_references_and_tables(store):
    reference = Reference("r", "NCBITaxon:9606", "reference", GENES, np.ones((2, 3)), np.array(["a", "b"]), ("d", "e"))
    store.put_reference(reference)
    store.put_table("edges", tf=np.array(["A"]), sign=np.array([1.0]))
    found = SignatureStore(store.root).get_reference("r")
    assert (found.role, found.donors, found.groups.tolist()) == ("reference", ("d", "e"), ["a", "b"])
    assert store.get_table("edges")["tf"].tolist() == ["A"]
    assert store.ids("reference") == ["r"]


def test_arrays_are_memory_mapped_and_cannot_be_changed(store):
    store.put(signature())
    vector = store.get("c1").vector
    assert isinstance(vector, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 1


def test_twice_is_once(store):
    first, version = store.put(signature()), store.version
    index, kept = (store.root / "index.json").read_bytes(), objects(store)
    assert store.put(signature()) == first
    assert (store.version, objects(store)) == (version, kept)
    assert (store.root / "index.json").read_bytes() == index


@pytest.mark.parametrize(
    "change",
    [
        {"vector": np.array([1.0, 2.0, 3.0])},
        {"donors": ("d1",)},
        {"taxon": "NCBITaxon:10090"},
        {"id": "c2"},
        {"p": np.array([0.1, 0.5, 0.2])},
    ],
    ids=str,
)
def test_the_version_changes_with_the_content(store, change):
    store.put(signature())
    version, sha = store.version, store.sha("c1")
    other = signature(**change)
    store.put(other)
    assert store.version != version
    assert store.sha(other.id) != sha


def test_the_version_does_not_depend_on_the_order(tmp_path):
    versions = set()
    for order in (("a", "b"), ("b", "a")):
        made = SignatureStore(tmp_path / "".join(order))
        for name in order:
            made.put(signature(name))
        versions.add(made.version)
    assert len(versions) == 1


def test_a_replaced_object_is_swept_and_a_named_one_is_not(store):
    old = store.put(signature())
    new = store.put(signature(vector=np.zeros(3)))
    assert objects(store) == {old, new}
    assert store.sweep() == 1
    assert objects(store) == {new}
    same(store.get("c1"), signature(vector=np.zeros(3)))


def test_a_writer_killed_before_its_index_leaves_the_old_state(store):
    """Killed for real, between the object and the index."""
    store.put(signature())
    version = store.version
    script = f"""
import os, numpy as np
from kg.signatures.store import Signature, SignatureStore
store = SignatureStore({str(store.root)!r})
with store.batch():
    store.put(Signature("c2", "NCBITaxon:9606", np.array(["G"]), np.ones(1), np.ones(1), np.ones(1), "none"))
    (store.root / "objects" / ".new-half").mkdir()
    os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    again = SignatureStore(store.root)
    assert (again.version, again.ids("signature")) == (version, ["c1"])
    assert len(objects(again)) == 3
    same(again.get("c1"), signature())
    assert again.sweep() == 2
    again.put(signature("c2"))
    assert SignatureStore(store.root).ids("signature") == ["c1", "c2"]


def test_a_batch_is_seen_by_others_when_it_ends(store):
    with store.batch():
        store.put(signature())
        assert SignatureStore(store.root).ids("signature") == []
    assert SignatureStore(store.root).ids("signature") == ["c1"]


def test_dropped_is_gone(store):
    store.put(signature())
    store.put(signature("c2"))
    store.drop(["c1", "never"])
    assert SignatureStore(store.root).ids("signature") == ["c2"]


@pytest.mark.parametrize("kind", ["signature", "reference"])
def test_unknown_ids_are_named(store, kind):
    store.put_table("t", a=np.ones(1))
    for key in ("nobody", "t"):
        with pytest.raises(UnknownTermError, match=key):
            store.get(key) if kind == "signature" else store.get_reference(key)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-8])


def empty(path):
    path.write_bytes(b"")


def pickled(path):
    path.write_bytes(pickle.dumps({"a": 1}))


def objects_inside(path):
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    "damage",
    [truncate, empty, pickled, objects_inside, lambda path: path.unlink()],
    ids=["truncated", "empty", "a pickle", "objects", "absent"],
)
def test_a_damaged_array_is_a_clear_error(store, damage):
    sha = store.put(signature())
    damage(store.root / "objects" / sha / "vector.npy")
    with pytest.raises(StoreError, match="c1") as caught:
        SignatureStore(store.root).get("c1")
    assert caught.value.code == "STORE_CORRUPT"
    assert "Run the ingest again" in str(caught.value)


def test_all_arrays_lost_is_a_clear_error(store):
    for path in (store.root / "objects" / store.put(signature())).iterdir():
        path.unlink()
    with pytest.raises(StoreError, match="c1") as caught:
        store.get("c1")
    assert caught.value.code == "STORE_CORRUPT"


def test_a_damaged_index_is_a_clear_error(store):
    store.put(signature())
    (store.root / "index.json").write_text('{"c1": {"sha"')
    with pytest.raises(StoreError, match="index") as caught:
        SignatureStore(store.root).ids("signature")
    assert caught.value.code == "STORE_CORRUPT"


def test_nothing_is_pickled(store):
    store.put(signature())
    store.put_table("t", names=np.array(["a", "b"]))
    for path in (store.root / "objects").rglob("*.npy"):
        np.load(path, allow_pickle=False)
    with pytest.raises(ValueError, match="allow_pickle"):
        store.put_table("bad", names=np.array(["a", None], dtype=object))
    json.loads((store.root / "index.json").read_text())


@pytest.mark.parametrize(
    "change",
    [
        {"vector": np.zeros(2)},
        {"genes": np.array(["b", "a", "c"])},
        {"genes": np.array(["a", "a", "c"])},
        {"vector": np.array([0, np.nan, 1])},
        {"factor": None},
        {"noise": "table"},
        {"df": 5},
    ],
    ids=str,
)
def test_a_signature_that_contradicts_itself_does_not_exist(change):
    with pytest.raises(ValueError, match="c1"):
        signature(**change)


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write") as caught:
        SignatureStore(tmp_path / "file").put(signature())
    assert caught.value.code == "STORE_NOT_WRITABLE"


def flip(path, bit):
    raw = bytearray(path.read_bytes())
    raw[bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)


def test_every_bit_of_every_array_counts(store):
    """Header, padding and values: each bit flipped in turn is an error that names the signature, and then mended."""
    sha = store.put(signature())
    for path in sorted((store.root / "objects" / sha).iterdir()):
        bits = 8 * path.stat().st_size
        for bit in {*range(0, bits, 101), *range(bits - 8, bits)}:
            flip(path, bit)
            with pytest.raises(StoreError, match="signature c1") as caught:
                SignatureStore(store.root).get("c1")
            assert caught.value.code == "STORE_CORRUPT"
            flip(path, bit)
    same(SignatureStore(store.root).get("c1"), signature())


def test_every_bit_of_the_index_counts(store):
    store.put(signature())
    path, version = store.root / "index.json", store.version
    for bit in range(0, 8 * path.stat().st_size, 19):
        flip(path, bit)
        with pytest.raises(StoreError, match="index of signatures") as caught:
            SignatureStore(store.root).get("c1")
        assert caught.value.code == "STORE_CORRUPT"
        flip(path, bit)
    flip(path, 400)
    mending = SignatureStore(store.root)
    mending.mend()
    assert [line.partition("; ")[2] for line in mending.mended] == ["rebuilt from its copy"]
    assert SignatureStore(store.root).version == version


def swapped(one, other):
    for name in ("vector.npy", "effect.npy"):
        a, b = (folder / name for folder in (one, other))
        kept = a.read_bytes()
        a.write_bytes(b.read_bytes())
        b.write_bytes(kept)


def other_values(one, _):
    np.save(one / "vector.npy", np.array([1.0, 2.0, 3.0]))


def one_more(one, _):
    np.save(one / "weights.npy", np.ones(3))


def a_folder(one, _):
    (one / "p.npy").unlink()
    (one / "p.npy").mkdir()


def a_file(one, _):
    for path in one.iterdir():
        path.unlink()
    one.rmdir()
    one.write_text("x")


def another_object(one, other):
    other.rename(other.with_name("kept"))
    one.rename(other)
    other.with_name("kept").rename(one)


def fortran(one, _):
    np.save(one / "factor.npy", np.asfortranarray(np.load(one / "factor.npy")))


def longer(one, _):
    with (one / "p.npy").open("ab") as out:
        out.write(b"\0")


@pytest.mark.parametrize("damage", [swapped, other_values, one_more, a_folder, a_file, another_object, fortran, longer])
def test_what_is_not_what_was_put_is_an_error_and_put_again_it_is_whole(store, damage):
    items = [signature(), signature("c2", vector=np.zeros(3))]
    folders = [store.root / "objects" / store.put(item) for item in items]
    for item in items:
        SignatureStore(store.root).get(item.id)  # what was read before in this process is looked at again
    damage(*folders)
    with pytest.raises(StoreError, match="signature c1") as caught:
        SignatureStore(store.root).get("c1")
    assert caught.value.code in ("STORE_CORRUPT", "STORE_UNREADABLE")
    again = SignatureStore(store.root)
    for item in items:
        again.put(item)
    assert again.mended
    assert again.mended[0].startswith("c1: ")
    assert sorted(path.name for path in (store.root / "objects").iterdir()) == sorted(path.name for path in folders)
    for item in items:
        same(SignatureStore(store.root).get(item.id), item)


def test_an_index_that_is_lost_is_no_empty_store(store):
    store.put(signature())
    for path in store.root.glob("index.json*"):
        path.unlink()
    again = SignatureStore(store.root)
    with pytest.raises(StoreError, match="is lost"):
        again.ids("signature")
    again.mend()
    again.put(signature())
    same(SignatureStore(store.root).get("c1"), signature())


def test_an_index_without_checksum_is_read_and_written_with_one(store):
    store.put(signature())
    path = store.root / "index.json"
    path.write_text(json.dumps(json.loads(path.read_text())["entries"]))
    (store.root / "index.json.copy").unlink()
    again = SignatureStore(store.root)
    same(again.get("c1"), signature())
    again.put(signature("c2"))
    assert json.loads(path.read_text())["format"] == 2


def test_an_index_of_a_newer_version_is_left_alone(store, monkeypatch):
    store.put(signature())
    monkeypatch.setattr("kg.signatures.index.FORMAT", 3)
    store.put(signature("c2"))
    monkeypatch.undo()
    kept = (store.root / "index.json").read_bytes()
    for ask in (lambda s: s.get("c1"), lambda s: s.put(signature("c3")), lambda s: s.mend()):
        with pytest.raises(StoreError, match="newer") as caught:
            ask(SignatureStore(store.root))
        assert caught.value.code == "STORE_NEWER"
    assert (store.root / "index.json").read_bytes() == kept


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    """The limit of a file's size stands for the disk."""
    script = f"""
import resource, numpy as np
from pathlib import Path
from kg.signatures.store import Signature, SignatureStore
resource.setrlimit(resource.RLIMIT_FSIZE, (400, resource.RLIM_INFINITY))
x = np.arange(60.0)
names = np.array([f"ENSG{{i:011d}}" for i in range(60)])
SignatureStore(Path({str(tmp_path)!r})).put(Signature("c1", "NCBITaxon:9606", names, x, x, x, "none"))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Free space" in done.stderr
    assert list((tmp_path / "objects").iterdir()) == []
    assert SignatureStore(tmp_path).ids("signature") == []
