"""Files that were made to do harm: each is one error with a code, before anything is read that was not given."""

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from ingest.fetch.cache import Cache
from ingest.files.cells.matrix import open_cells
from ingest.files.frames import read_frame
from ingest.files.untrusted.hdf5 import open_h5
from ingest.files.untrusted.hdf5_first import Walker
from ingest.load.dataset import check
from ingest.manifest.cell_blocks import Cells
from ingest.manifest.manifest import read as read_manifest
from ingest.study import datasets
from kg.errors import ContractError
from kg.tables.content import text_of
from tests.ingest.damage import FORMS, small
from tests.ingest.fuzz.mutations import HDF5
from tests.ingest.make_cells import CASE_CONTROL

_TABLE = """
schema: 1
dataset: {id: made, title: Made, taxon: "NCBITaxon:9606", licence: none stated, redistribute: false, citation: made,
  simulated: true}
material: {kind: bulk, tissue: "UBERON:0000956"}
table: {file: %s, columns: {gene: gene, effect: lfc, p: p}, gene_id: symbol}
contrasts:
  - {id: case, label: case against normal, kind: disease, disease: "MONDO:0004975"}
"""


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    FORMS["h5ad"](small(), tmp_path)
    return tmp_path / "cells.h5ad"


def refused(code: str, path: Path, work: Callable[[Path], object]) -> str:
    with pytest.raises(ContractError) as caught:
        work(path)
    assert caught.value.code == code, caught.value
    assert all(issue.path and issue.found and issue.fix for issue in caught.value.issues)
    return str(caught.value)


def read_cells(path: Path) -> None:
    found = open_cells(path, Cells.model_validate({"file": path.name}))
    for _, block in found.chunks():
        block.toarray()


@pytest.mark.parametrize(
    ("kind", "where", "code"),
    [
        ("is an external link", "X/data", "LINK_OUT"),
        ("is a virtual dataset", "obs/n_counts", "LINK_OUT"),
        ("lies in another file", "obs/n_counts", "LINK_OUT"),
        ("is a link to itself", "obs/disease", "TWISTED"),
        ("is a link to nowhere", "X/data", "TWISTED"),
        ("is the file itself", "uns", "TWISTED"),
        ("is what stands above it", "var/_index", "TWISTED"),
        ("is huge", "obs/n_counts", "TWISTED"),
        ("is huge", "X/indptr", "TWISTED"),
        ("is gone", "X/data", "BROKEN_MATRIX"),
    ],
)
def test_hdf5_that_points_where_it_may_not(cells: Path, kind: str, where: str, code: str):
    with h5py.File(cells, "a") as file:
        HDF5[kind](file, where, random.Random(0))
    words = refused(code, cells, read_cells)
    assert where.split("/")[0] in words


def test_groups_within_groups_without_end(cells: Path):
    with h5py.File(cells, "a") as file:
        group = file.require_group("uns")
        for _ in range(200):
            group = group.create_group("g")
    refused("TWISTED", cells, read_cells)


_POINTERS = (
    ("indptr", 5, 10**11),
    ("indptr", -1, 2**40),
    ("indptr", 3, -7),
    ("indices", 0, 2 * 10**9),
    ("indices", 4, -1),
)


def test_pointers_out_of_bounds_do_not_end_the_process(cells: Path):
    files = []
    for part, at, value in _POINTERS:
        files.append(str(shutil.copy(cells, cells.with_name(f"{part}{at}.h5ad"))))
        with h5py.File(files[-1], "a") as file:
            group = file["X"]
            assert isinstance(group, h5py.Group)
            values = np.asarray(group[part]).astype(np.int64)
            values[at] = value
            del group[part]
            group[part] = values
    script = (
        "import sys; from pathlib import Path; from tests.ingest.test_hostile_files import *; "
        "[refused('BROKEN_MATRIX', Path(file), read_cells) for file in sys.argv[1:]]; print('all')"
    )
    command = [sys.executable, "-c", script, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout == "all\n"


def test_a_sound_file_with_links_of_its_own_is_read(cells: Path):
    with h5py.File(cells, "a") as file:
        file["uns/same"] = h5py.SoftLink("/obs/n_counts")
    with open_h5(cells) as file:
        assert "same" in file["uns"]
    read_cells(cells)


@pytest.mark.parametrize("form", ["zarr 2", "zarr 3"])
@pytest.mark.parametrize("what", ["array", "chunk", "folder", "pipe"])
def test_a_zarr_store_holds_its_own_files(tmp_path: Path, form: str, what: str):
    FORMS[form](small(), tmp_path)
    store, outside = tmp_path / "cells.zarr", tmp_path / "outside"
    outside.mkdir()
    array = store / "obs" / "n_counts"
    if what == "folder":
        array.rename(outside / "n_counts")
        array.symlink_to(outside / "n_counts")
    else:
        names = (".zarray", "zarr.json") if what == "array" else ("0",)
        file = next(p for p in sorted(array.rglob("*")) if p.name in names and p.is_file())
        file.rename(outside / file.name)
        os.mkfifo(file) if what == "pipe" else file.symlink_to(outside / file.name)
    refused("NOT_A_FILE" if what == "pipe" else "LINK_OUT", store, read_cells)


def test_zarr_with_shapes_that_are_none(tmp_path: Path):
    FORMS["zarr 2"](small(), tmp_path)
    facts = tmp_path / "cells.zarr" / "X" / "data" / ".zarray"
    facts.write_text(facts.read_text().replace('"chunks": [', '"chunks": [-1, '))
    refused("TWISTED", tmp_path / "cells.zarr", read_cells)


@pytest.mark.parametrize("form", ["h5ad", "zarr 2"])
def test_a_chunk_that_unpacks_to_more_than_it_holds(tmp_path: Path, form: str):
    FORMS[form](small(), tmp_path)
    packed = zlib.compress(bytes(100 << 20), 9)
    if form == "h5ad":
        with h5py.File(tmp_path / "cells.h5ad", "a") as file:
            values = np.asarray(file["obs/n_counts"])
            del file["obs/n_counts"]
            made = file.create_dataset(
                "obs/n_counts", values.shape, values.dtype, chunks=values.shape, compression="gzip"
            )
            made.id.write_direct_chunk((0,), packed)
    else:
        array = tmp_path / "cells.zarr" / "obs" / "n_counts"
        facts = json.loads((array / ".zarray").read_text())
        (array / ".zarray").write_text(json.dumps(facts | {"compressor": {"id": "zlib", "level": 1}}))
        (array / "0").write_bytes(packed)
    path = next(tmp_path.glob("cells.*"))
    assert "n_counts" in refused("TWISTED", path, read_cells)


def _bomb(line: bytes, times: int, path: Path) -> Path:
    with gzip.open(path, "wb", 6) as out:
        for _ in range(times):
            out.write(line)
    return path


def test_bombs_of_text_are_not_unpacked(tmp_path: Path):
    block = 1 << 20
    many = refused("TOO_LARGE", _bomb(b"0\n" * (block // 2), 40, tmp_path / "many.csv.gz"), read_frame)
    assert "250 times" in many
    for name, line, code in (("digits", b"0", "TOO_LARGE"), ("zeros", b"\0", "ENCODING")):
        refused(code, _bomb(line * block, 40, tmp_path / f"{name}.csv.gz"), read_frame)
    endless = tmp_path / "endless.csv"
    with endless.open("wb") as out:
        for _ in range(34):
            out.write(os.urandom(block // 2).hex().encode())
    assert "32 MB" in refused("TOO_LARGE", endless, text_of)
    nothing = tmp_path / "nothing.csv"
    nothing.write_bytes(b"\n" * 200_000 + b"gene,logFC\nA,1\n")
    assert "100,000 lines" in refused("EMPTY_TABLE", nothing, read_frame)
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"c{at}" for at in range(60_000)) + "\n" + "1," * 59_999 + "1\n")
    assert "60,000" in refused("TOO_LARGE", wide, read_frame)


@pytest.mark.parametrize("kind", ["pipe", "device", "memory of a process", "folder"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    places = {"pipe": pipe, "device": "/dev/zero", "memory of a process": "/proc/self/mem", "folder": tmp_path}
    path = Path(places[kind])
    code = "MISSING_FILE" if kind == "folder" else "NOT_A_FILE"
    for work in (
        (read_frame, text_of, read_manifest, datasets.checksum)
        if kind != "folder"
        else (read_frame, text_of, read_manifest)
    ):
        refused(code, path, work)
    if kind != "folder":
        refused(code, path, open_h5)


_BAD = {
    "date": ("title: Made cells", "title: 2024-13-45"),
    "tag": ("title: Made cells", 'title: !!int "abc"'),
    "within": ("title: Made cells", "title: &a [*a]"),
    "brackets": ("title: Made cells", "title: " + "[" * 3000 + "]" * 3000),
    "bomb": (
        "title: Made cells",
        "title: [" + "".join(f"&a{i} [" + f"*a{i - 1}, " * (20 if i else 0) + "x], " for i in range(12)) + "]",
    ),
    "python": ("title: Made cells", "title: !!python/object/apply:os.system [x]"),
}


def test_a_bad_manifest_is_one_error_and_the_good_one_beside_it_is_loaded(tmp_path: Path, cache: Cache):
    (tmp_path / "t.csv").write_text(
        "gene,lfc,p\n"
        + "".join(f"{gene},{1 + i / 7},0.0{i + 1}\n" for i, gene in enumerate(("APP", "TREM2", "GFAP", "APOE")))
    )
    for name, change in _BAD.items():
        (tmp_path / f"{name}.yaml").write_text(CASE_CONTROL.replace(*change))
    (tmp_path / "good.yaml").write_text(_TABLE % "t.csv")
    os.mkfifo(tmp_path / "pipe.yaml")
    found = {
        made.path.stem: made for made in check(sorted(tmp_path.glob("*.yaml")), cache, lambda _: {}, dict, tmp_path)
    }
    assert found["good"].error is None
    assert found["good"].batch is not None
    assert len(found["good"].batch.arrays) == 1
    for name in (*_BAD, "pipe"):
        error = found[name].error
        # A date without quotes is text: this manifest has no cells beside it, and nothing else is wrong.
        assert isinstance(error, ContractError), name
        assert error.code == {"date": "MISSING_FILE", "pipe": "NOT_A_FILE"}.get(name, "MANIFEST"), (name, error)


def test_a_manifest_names_files_below_its_folder_the_working_folder_or_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lab, other = tmp_path / "lab", tmp_path / "other"
    for folder in (lab, other):
        folder.mkdir()
        (folder / "t.csv").write_text("gene,lfc,p\nAPP,1,.1\n")
    (lab / "link.csv").symlink_to(other / "t.csv")
    (lab / "folder").mkdir()
    (lab / "folder" / "barcodes.tsv").symlink_to(other / "t.csv")
    monkeypatch.chdir(lab)
    closed = Cache(own=tmp_path / "cache", pins={})

    def got(name: str, cache: Cache) -> Path:
        (lab / "m.yaml").write_text(_TABLE % name)
        return datasets.get(cache, read_manifest(lab / "m.yaml")).paths[name]

    assert got("t.csv", closed) == lab / "t.csv"
    assert "--allow-path" in refused("OUTSIDE", Path("../../../../etc/passwd"), lambda p: got(str(p), closed))
    for name in ("../other/t.csv", str(other / "t.csv"), "link.csv", "/dev/zero", "../other/absent.csv"):
        assert "--allow-path" in refused("OUTSIDE", Path(name), lambda p: got(str(p), closed))
    assert "barcodes.tsv" in refused("LINK_OUT", Path("folder"), lambda p: got(str(p), closed))
    for name in ("../other/t.csv", str(other / "t.csv"), "link.csv", "folder"):
        assert got(name, Cache(own=tmp_path / "cache", pins={}, allowed=(other,)))
        assert got(name, Cache(own=tmp_path / "cache", pins={}, seeds=(other,)))
    monkeypatch.chdir(tmp_path)
    assert got("../other/t.csv", closed)


def test_a_file_that_does_not_come_back_takes_no_more_than_its_own_process(tmp_path: Path) -> None:
    """The process that walks HDF5 files first is ended in the midst of one, as by a damaged heap of texts; then starts
    anew."""
    good = tmp_path / "good.h5"
    with h5py.File(good, "w") as file:
        file["x"] = np.array(["a", "b"], dtype=h5py.string_dtype())
    walker = Walker()
    assert walker.comes_back(good)
    pipe = tmp_path / "never.h5"
    os.mkfifo(pipe)
    threading.Timer(0.5, lambda: walker._process and walker._process.kill()).start()
    assert not walker.comes_back(pipe)
    assert walker.comes_back(good)
