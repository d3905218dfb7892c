"""Sixty files that are made to do harm, each drawn by its number, each read in a process of its own with bounds.

    python -m tests.bench.attack_files NUMBER FOLDER    makes one, reads it, and says what came of it

Held: the file is read right or refused with one error that has a code, the process does not end otherwise, takes less
than ``MEGABYTES`` beyond what it takes anyway and less than ``SECONDS`` of the processor.
"""

import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS, MEGABYTES, MANY = 20, 1000, 60
ROOT = Path(__file__).parents[2]
Draw = random.Random
Read = Callable[[], object]


def _cells(folder: Path, form: str = "h5ad") -> Path:
    from tests.ingest.damage import FORMS, small

    FORMS[form](small(), folder)
    return next(folder.glob("cells.*"))


def _read_cells(path: Path) -> Read:
    from tests.ingest.test_hostile_files import read_cells

    return lambda: read_cells(path)


def _table(path: Path) -> Read:
    from ingest.files.frames import read_frame

    return lambda: read_frame(path)


def hdf5(draw: Draw, folder: Path) -> tuple[str, Read]:
    import h5py

    from tests.ingest.fuzz.mutations import HDF5

    path, kind = _cells(folder), draw.choice(list(HDF5))
    where = draw.choice(("X/data", "X/indices", "X/indptr", "obs/n_counts", "obs/donor_id/codes", "var/_index"))
    with h5py.File(path, "a") as file:
        HDF5[kind](file, where, draw)
    return f"{where} {kind}", _read_cells(path)


def pointers(draw: Draw, folder: Path) -> tuple[str, Read]:
    import h5py
    import numpy as np

    path, part = _cells(folder), draw.choice(("indptr", "indices"))
    with h5py.File(path, "a") as file:
        group = file["X"]
        assert isinstance(group, h5py.Group)
        values = np.asarray(group[part]).astype(np.int64)
        value = draw.choice((-1, -(2**40), 10**11, 2**62, 2 * 10**9))
        values[draw.randrange(len(values))] = value
        del group[part]
        group[part] = values
    return f"{part} holds {value}", _read_cells(path)


def zarr(draw: Draw, folder: Path) -> tuple[str, Read]:
    path = _cells(folder, draw.choice(("zarr 2", "zarr 3")))
    outside = folder / "outside"
    outside.mkdir()
    files = sorted(p for p in path.rglob("*") if p.is_file())
    chosen, kind = (
        draw.choice(files),
        draw.choice(("link out", "pipe", "folder link", "to itself", "/dev/zero", "nested facts")),
    )
    if kind == "folder link":
        chosen = chosen.parent if chosen.parent != path else files[0].parent
        chosen.rename(outside / "x")
        chosen.symlink_to(outside / "x")
    elif kind == "nested facts":
        next(p for p in files if p.name in (".zarray", "zarr.json", ".zgroup", ".zattrs")).write_text("[" * 100_000)
    else:
        chosen.rename(outside / "x")
        if kind == "pipe":
            os.mkfifo(chosen)
        else:
            chosen.symlink_to({"link out": outside / "x", "to itself": chosen, "/dev/zero": Path("/dev/zero")}[kind])
    return f"{chosen.relative_to(folder)}: {kind}", _read_cells(path)


def chunks(draw: Draw, folder: Path) -> tuple[str, Read]:
    import h5py
    import numpy as np

    size = draw.choice((64, 256, 1024)) << 20
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    path = _cells(folder, draw.choice(("h5ad", "zarr 2")))
    if path.is_dir():
        array = path / "obs" / "n_counts"
        (array / ".zarray").write_text(
            json.dumps(json.loads((array / ".zarray").read_text()) | {"compressor": {"id": "zlib", "level": 1}})
        )
        (array / "0").write_bytes(packed)
    else:
        with h5py.File(path, "a") as file:
            values = np.asarray(file["obs/n_counts"])
            del file["obs/n_counts"]
            made = file.create_dataset(
                "obs/n_counts", values.shape, values.dtype, chunks=values.shape, compression="gzip"
            )
            made.id.write_direct_chunk((0,), packed)
    return f"a chunk of {size >> 20} MB in {path.suffix}", _read_cells(path)


def bomb(draw: Draw, folder: Path) -> tuple[str, Read]:
    line = draw.choice((b"0", b"0\n", b"\0", b"\t", b",", b"a,b\n", b'"', b"\n", b"\xff", b"1\t2\t3\n"))
    times, path = draw.choice((200, 1000, 4000)), folder / f"bomb.{draw.choice(('csv', 'tsv', 'txt'))}.gz"
    block = (line * (1 << 20))[: 1 << 20]
    with path.open("wb") as out:
        packer = zlib.compressobj(9, wbits=31)
        for _ in range(times):
            out.write(packer.compress(block))
        out.write(packer.flush())
    return f"{times} MB of {line!r} as {path.name}", _table(path)


def lines(draw: Draw, folder: Path) -> tuple[str, Read]:
    path, kind = folder / "wide.csv", draw.choice(("no end", "columns", "quote", "rows of nothing"))
    with path.open("wb") as out:
        if kind == "columns":
            out.write(b",".join(b"c%d" % n for n in range(2_000_000)) + b"\n" + b"1," * 2_000_000)
        for _ in range(0 if kind == "columns" else 40):
            out.write(
                {
                    "no end": os.urandom(1 << 19).hex().encode(),
                    "quote": b'"' + b"a,b\n" * (1 << 18),
                    "rows of nothing": b"\n" * (1 << 20),
                }[kind]
            )
    return f"a table of {kind}", _table(path)


def special(draw: Draw, folder: Path) -> tuple[str, Read]:
    from ingest.files.untrusted.hdf5 import open_h5
    from ingest.manifest.manifest import read as read_manifest
    from kg.tables.content import text_of

    suffix = draw.choice(("csv", "tsv.gz", "h5ad", "yaml", "rda", "txt"))
    path, kind = (
        folder / f"special.{suffix}",
        draw.choice(("pipe", "/dev/zero", "/dev/urandom", "/proc/self/mem", "to itself", "folder")),
    )
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path if kind == "to itself" else kind)
    read = {"yaml": read_manifest, "h5ad": open_h5, "txt": text_of}.get(suffix)
    return f"{path.name} is {kind}", (lambda: read(path)) if read else _table(path)


def manifest(draw: Draw, folder: Path) -> tuple[str, Read]:
    from ingest.manifest.manifest import read as read_manifest
    from tests.ingest.make_cells import CASE_CONTROL

    deep, wide = draw.choice((50, 3000, 30_000)), draw.choice((2, 9, 40))
    kind, text = draw.choice(
        (
            (
                "aliases",
                "[" + "".join(f"&a{i} [" + f"*a{i - 1}, " * (wide if i else 0) + "x], " for i in range(12)) + "]",
            ),
            ("brackets", "[" * deep + "]" * deep),
            ("braces", "{a: " * deep + "1" + "}" * deep),
            ("itself", "&a [*a]"),
            ("date", "2024-13-45"),
            ("tag", '!!int "abc"'),
            ("python", "!!python/object/apply:os.system [x]"),
            ("number", "1" * 10_000),
            ("merge", "{<<: &m {<<: *m}}"),
            ("binary", "!!binary '" + "A" * 100_000 + "'"),
            ("text", "x" * 5_000_000),
        )
    )
    path = folder / "m.yaml"
    path.write_text(CASE_CONTROL.replace("title: Made cells", f"title: {text}"))
    return f"a manifest of {kind}, {len(text)} characters", lambda: read_manifest(path)


def paths(draw: Draw, folder: Path) -> tuple[str, Read]:
    from ingest.fetch.cache import Cache
    from ingest.manifest.manifest import read as read_manifest
    from ingest.study import datasets
    from tests.ingest.test_hostile_files import _TABLE

    lab = folder / "lab"
    lab.mkdir()
    (folder / "secret.csv").write_text("gene,lfc,p\nAPP,1,.1\n")
    (lab / "link.csv").symlink_to(folder / "secret.csv")
    (lab / "chain.csv").symlink_to(lab / "link.csv")
    name = draw.choice(
        (
            "../" * draw.randint(1, 9) + "etc/passwd",
            "/etc/passwd",
            "../secret.csv",
            str(folder / "secret.csv"),
            "link.csv",
            "chain.csv",
            "x/../../secret.csv",
            "/dev/zero",
            "/proc/self/environ",
            "~/.ssh/id",
            "file:///etc/passwd",
            "./././../secret.csv",
        )
    )
    (lab / "m.yaml").write_text(_TABLE % name)
    os.chdir(lab)
    closed = Cache(own=folder / "cache", pins={})

    def read() -> None:
        found = datasets.get(closed, read_manifest(lab / "m.yaml")).paths[name]
        raise AssertionError(f"read {found}")

    return f"a manifest names {name.replace(str(folder), 'FOLDER')}", read


def shown(draw: Draw, folder: Path) -> tuple[str, Read]:
    """Escapes and formulas in cells: they come out harmless, and as what they were when they are read back."""
    from kg.cli.rows import write_tsv
    from kg.tables.spreadsheet import plain
    from kg.terminal.escapes import shown as told

    texts = [
        draw.choice(("=", "+", "@", "-", "\t=", " ="))
        + draw.choice(("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x")')),
        draw.choice(("\x1b]0;x\x07", "\x1b[2J", "\x9b31m", "\x1bP", "a\u202eb", "\x1b]8;;http://x\x07"))
        + str(draw.random()),
    ]

    def read() -> None:
        out = io.StringIO()
        write_tsv(["a", "b"], [texts], out)
        cells = out.getvalue().splitlines()[1].split("\t")
        assert not any(cell[:1] in "=+@" for cell in cells)
        assert plain(cells[0]) == texts[0] or "\t" in texts[0]
        assert not any(mark in told(text) for text in texts for mark in "\x1b\x9b\x07\u202e")

    return f"cells that begin {texts[0][:2]!r} and {texts[1][:2]!r}", read


KINDS = (hdf5, pointers, zarr, chunks, bomb, lines, special, manifest, paths, shown)


def child(number: int, folder: Path) -> None:
    """One file; what is imported and made does not count."""
    from kg.errors import KgError
    from kg.tables import content  # noqa: F401 - what every reader needs

    draw = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    _read_cells(_cells(folder))()
    _table(folder / "none.csv")
    for each in folder.iterdir():
        each.unlink()
    name, read = kind(draw, folder)
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _memory("VmRSS"), time.process_time()
    try:
        read()
        told = "read"
    except KgError as error:
        told = error.code
    except BaseException as error:
        told = f"FOREIGN {type(error).__name__}: {str(error)[:100]}"
    row = {
        "kind": kind.__name__,
        "file": name,
        "told": told,
        "seconds": round(time.process_time() - start, 2),
        "mb": round(_memory("VmHWM") - before, 1),
    }
    print(json.dumps(row))


def _memory(name: str) -> float:
    return int(Path("/proc/self/status").read_text().split(f"{name}:")[1].split()[0]) / 1000


def each_file(kept: list[dict[str, Any]], keep: Callable[[dict[str, Any]], None]) -> None:
    for number in range(len(kept), MANY):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            command = [sys.executable, "-m", "tests.bench.attack_files", str(number), folder]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=600)
                last = done.stdout.splitlines()[-1] if done.returncode == 0 and done.stdout else ""
                row = (
                    json.loads(last)
                    if last
                    else {"told": f"ended with {done.returncode}: {done.stderr[-300:]}", "seconds": 0, "mb": 0}
                )
            except subprocess.TimeoutExpired:
                row = {"told": "hangs", "seconds": 600, "mb": 0}
        held = (
            not row["told"].startswith(("FOREIGN", "ended", "hangs"))
            and row["seconds"] < SECONDS
            and row["mb"] < MEGABYTES
        )
        keep({"kind": KINDS[number % len(KINDS)].__name__, **row, "held": held})


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "tried": len(rows),
        "held": sum(row["held"] for row in rows),
        "seconds_longest": max(row["seconds"] for row in rows),
        "mb_most": max(row["mb"] for row in rows),
        "kinds": {
            kind.__name__: (
                f"{sum(r['held'] for r in rows if r['kind'] == kind.__name__)} of"
                f" {sum(r['kind'] == kind.__name__ for r in rows)}"
            )
            for kind in KINDS
        },
        "not_held": [row for row in rows if not row["held"]],
    }


if __name__ == "__main__":
    child(int(sys.argv[1]), Path(sys.argv[2]))
