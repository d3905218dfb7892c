"""Ways to make a bad file of a good one: bytes, and structure. The same random state makes the same file."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml

from tests.ingest.damage import damages

Pick = random.Random
_HDF5 = (".h5ad", ".h5", ".loom")
_TOKENS = (
    "",
    "NA",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "1e-400",
    "-1",
    "1.5",
    "1,5",
    "1.234,5",
    "2_0",
    "0x1F",
    "9" * 400,
    "1e5000",
    "'",
    '"',
    '""',
    'a"b',
    "\t",
    ",",
    ";",
    "\r",
    "\x00",
    "\x1b[31m",
    "\u2028",
    "\ufeff",
    "é",
    "=1+1",
    "@x",
    "#",
    "#N/A",
    "TRUE",
    "None",
    "-",
    "½",
    "١٢",
    "A" * 100_000,
    "[('a', 1.0)",
    "frozenset({'repressing'})",
    "(+)",
    "\\",
    '\\"',
    "b'x'",
    "1:30",
    "0012",
    "2024-13-45",
    "\ud7ff",
    "%",
    "%%MatrixMarket",
)
_WORDS = (
    "csr_matrix",
    "csc_matrix",
    "array",
    "dataframe",
    "categorical",
    "dict",
    "string",
    "string-array",
    "nullable-integer",
    "awkward-array",
    "rec-array",
    "raw",
    "anndata",
    "null",
    "numeric-scalar",
    "",
    "x",
    "0.1.0",
    "0.2.0",
    "9.9.9",
)
_NUMBERS = (0, 1, -1, 2, 7, 2**31 - 1, 2**31, -(2**31), 2**40, 10**11, -(10**11), 2**62)


def mutate(folder: Path, pick: Pick) -> str:
    """Changes one to three places of the files of a folder, structure first, for what opens a broken file may not come
    back; says what was done."""
    kinds = sorted(pick.choice(("structure", "bytes")) for _ in range(pick.choice((1, 1, 1, 2, 3))))[::-1]
    return "; ".join(_one(folder, kind, pick) for kind in kinds)


def _one(folder: Path, kind: str, pick: Pick) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    if not files:
        return "no file is left"
    path = pick.choice(files)
    name = str(path.relative_to(folder))
    if kind == "bytes":
        return f"{name}: {_bytes(path, pick)}"
    try:
        return f"{name}: {_structure(folder, path, pick)}"
    except Exception as error:  # what was damaged before cannot always be damaged again
        return f"{name}: {type(error).__name__}, then {_bytes(path, pick)}"


def _bytes(path: Path, pick: Pick) -> str:
    data = bytearray(path.read_bytes())
    n = len(data)
    kind = pick.choice(("flip", "flip", "set", "cut", "insert", "splice", "zero", "double", "behead"))
    at = pick.randrange(n) if n else 0
    if kind == "flip":
        for _ in range(pick.choice((1, 1, 2, 8, 64)) if n else 0):
            data[pick.randrange(n)] ^= 1 << pick.randrange(8)
    elif kind == "set":
        value = pick.choice(_NUMBERS).to_bytes(16, "little", signed=True)[: pick.choice((1, 2, 4, 8))]
        data[at : at + len(value)] = value
    elif kind == "cut":
        del data[at:]
    elif kind == "insert":
        data[at:at] = bytes(pick.randrange(256) for _ in range(pick.choice((1, 3, 40))))
    elif kind == "splice":
        to, size = pick.randrange(n) if n else 0, pick.choice((1, 8, 64, 1000))
        data[to : to + size] = data[at : at + size]
    elif kind == "zero":
        size = pick.choice((1, 8, 512))
        data[at : at + size] = bytes(len(data[at : at + size]))
    elif kind == "double":
        data = data * 2
    else:
        del data[: pick.choice((1, 4, 100))]
    path.write_bytes(bytes(data))
    return f"{kind} at {at}"


def _structure(folder: Path, path: Path, pick: Pick) -> str:
    if path.suffix in _HDF5:
        return _damage(folder, path.name, pick) if pick.random() < 0.5 else hdf5(path, pick)
    store = next((p for p in path.parents if p.suffix == ".zarr"), None)
    if store is not None:
        return (
            _damage(folder, store.name, pick) if pick.random() < 0.5 else _tree_file(path, pick, json.loads, json.dumps)
        )
    if path.suffix in (".yaml", ".yml"):
        return _tree_file(path, pick, yaml.safe_load, yaml.safe_dump) if pick.random() < 0.6 else _lines(path, pick)
    return _lines(path, pick)


def _damage(folder: Path, name: str, pick: Pick) -> str:
    chosen = pick.choice(list(damages(folder, name)))
    chosen.change(folder)
    return chosen.name


# HDF5 -----------------------------------------------------------------------------------------------------------------
def hdf5(path: Path, pick: Pick, kind: str | None = None) -> str:
    """``kind``: of :data:`HDF5`; None: any."""
    kind = kind or pick.choice(list(HDF5))
    with h5py.File(path, "a") as file:
        names: list[str] = []
        file.visit(names.append)
        name = pick.choice(names)
        HDF5[kind](file, name, pick)
    return f"{name} {kind}"


def _again(file: Any, name: str, make: Callable[[Any, str], object]) -> None:
    """Takes an item away, and makes another of its name with its attributes."""
    attributes = dict(file[name].attrs)
    group, own = file[name].parent, name.rsplit("/", 1)[-1]
    del group[own]
    make(group, own)
    try:
        for key, word in attributes.items():
            group[own].attrs[key] = word
    except (KeyError, TypeError, RuntimeError):
        return  # a link to nowhere has no attributes


def _virtual(group: Any, own: str) -> None:
    layout = h5py.VirtualLayout((36,), "f8")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "data", (36,))
    group.create_virtual_dataset(own, layout)


def _outside(group: Any, own: str) -> None:
    group.create_dataset(own, (36,), "u1", external=[("/etc/passwd", 0, 36)])


def _huge(file: Any, name: str, pick: Pick) -> None:
    item = file[name]
    kind = item.dtype if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" else np.dtype("f8")
    shape = pick.choice(
        (
            (2 * 10**9,),
            (10**11,),
            (10**5, 10**6),
            (item.shape[0] if isinstance(item, h5py.Dataset) and item.shape else 7, 2 * 10**9),
        )
    )
    chunks = tuple(min(n, 2**10) for n in shape)
    _again(file, name, lambda group, own: group.create_dataset(own, shape, kind, chunks=chunks, compression="gzip"))


def _deep(file: Any, name: str, pick: Pick) -> None:
    item = file[name]
    group = item if isinstance(item, h5py.Group) else item.parent
    for at in range(pick.choice((5, 70, 1200))):
        group = group.create_group(f"g{at % 3}")


def _attribute(file: Any, name: str, pick: Pick) -> None:
    attributes = file[name].attrs
    key = pick.choice([*attributes, "encoding-type", "shape"])
    value: Any = pick.choice(
        (*_WORDS, *_NUMBERS, [], [1, 2, 3], np.array([-1, -1]), np.array([10**9, 10**9]), b"\xff\xfe", 1.5, np.nan)
    )
    if key in attributes:
        del attributes[key]
    attributes[key] = value


def _value(file: Any, name: str, pick: Pick) -> None:
    item = file[name]
    if not isinstance(item, h5py.Dataset) or not item.size or not item.shape:
        file[name].attrs["shape"] = np.array([-1, 10**11])
        return
    values = item[()]
    flat = values.reshape(-1)
    where = pick.randrange(len(flat))
    if values.dtype.kind in "iu":
        flat = flat.astype(np.int64)
        flat[where] = pick.choice(_NUMBERS)
    elif values.dtype.kind == "f":
        flat[where] = pick.choice((np.nan, np.inf, -np.inf, -1.0, 1e300, 0.5))
    elif values.dtype.kind in "OS":
        flat[where] = pick.choice((b"", b"\xff\xfe", b"nan", b"x" * 5000, flat[0]))
    _again(file, name, lambda group, own: group.create_dataset(own, data=flat.reshape(values.shape)))


def _shape(file: Any, name: str, pick: Pick) -> None:
    item = file[name]
    if not isinstance(item, h5py.Dataset):
        return
    values = np.atleast_1d(item[()])
    made = pick.choice(
        (
            values[None],
            values[..., None],
            values[:0],
            np.concatenate([values, values]),
            values.reshape(-1)[:1],
            values[::-1],
        )
    )
    _again(file, name, lambda group, own: group.create_dataset(own, data=made))


HDF5: dict[str, Callable[[Any, str, Pick], object]] = {
    "is an external link": lambda f, n, _: _again(
        f, n, lambda g, o: g.__setitem__(o, h5py.ExternalLink("/etc/other.h5", "/x"))
    ),
    "is a link to itself": lambda f, n, _: _again(
        f, n, lambda g, o: g.__setitem__(o, h5py.SoftLink(f"{g.name.rstrip('/')}/{o}"))
    ),
    "is a link to nowhere": lambda f, n, _: _again(f, n, lambda g, o: g.__setitem__(o, h5py.SoftLink("/nowhere"))),
    "is the file itself": lambda f, n, _: _again(f, n, lambda g, o: g.__setitem__(o, f["/"])),
    "is what stands above it": lambda f, n, _: _again(f, n, lambda g, o: g.__setitem__(o, g)),
    "is a virtual dataset": lambda f, n, _: _again(f, n, _virtual),
    "lies in another file": lambda f, n, _: _again(f, n, _outside),
    "is huge": _huge,
    "has no values": lambda f, n, _: _again(f, n, lambda g, o: g.create_dataset(o, data=h5py.Empty("f8"))),
    "is of references": lambda f, n, _: _again(f, n, lambda g, o: g.create_dataset(o, (36,), h5py.ref_dtype)),
    "is of lists": lambda f, n, _: _again(f, n, lambda g, o: g.create_dataset(o, (36,), h5py.vlen_dtype(np.int32))),
    "is an enumeration": lambda f, n, _: _again(
        f, n, lambda g, o: g.create_dataset(o, (36,), h5py.enum_dtype({"a": 1, "b": 2}, "i4"))
    ),
    "is compound": lambda f, n, _: _again(
        f, n, lambda g, o: g.create_dataset(o, data=np.zeros(36, [("a", "i4"), ("b", "S4")]))
    ),
    "is complex": lambda f, n, _: _again(f, n, lambda g, o: g.create_dataset(o, data=np.zeros(36, "c16"))),
    "is opaque": lambda f, n, _: _again(f, n, lambda g, o: g.create_dataset(o, data=np.zeros(36, "V7"))),
    "is named otherwise": lambda f, n, _: f.move(n, n + "2"),
    "is there twice": lambda f, n, _: f.copy(f[n], f[n].parent, n.rsplit("/", 1)[-1] + " "),
    "is gone": lambda f, n, _: f.__delitem__(n),
    "is nested": _deep,
    "has another attribute": _attribute,
    "has another value": _value,
    "has another shape": _shape,
}


# trees and text -------------------------------------------------------------------------------------------------------
def _tree_file(path: Path, pick: Pick, load: Callable[[str], Any], dump: Callable[[Any], str]) -> str:
    tree = load(path.read_text())
    told = []
    for _ in range(pick.choice((1, 1, 2, 4))):
        told.append(_tree(tree, pick))
    path.write_text(dump(tree))
    return ", ".join(told)


def _tree(tree: Any, pick: Pick) -> str:
    places: list[tuple[Any, Any]] = []

    def seen(node: Any, depth: int = 0) -> None:
        for key, value in list(
            node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        ):
            places.append((node, key))
            if depth < 40:
                seen(value, depth + 1)

    seen(tree)
    if not places:
        return "nothing"
    node, key = pick.choice(places)
    kind = pick.choice(("gone", "other", "other", "deep", "swap"))
    if kind == "gone":
        del node[key]
    elif kind == "deep":
        for _ in range(pick.choice((1, 3, 50))):
            node[key] = pick.choice(([node[key]], {"a": node[key]}))
    elif kind == "swap":
        other, place = pick.choice(places)
        node[key] = json.loads(json.dumps(other[place], default=str))
    else:
        node[key] = pick.choice(
            (
                None,
                [],
                {},
                True,
                "",
                "x",
                -1,
                0,
                1.5,
                10**11,
                2**62,
                [-1],
                [0],
                [10**11],
                ["a", ["b"]],
                {"": None},
                "A" * 50_000,
                {"id": "gzip"},
                {"name": "zstd", "configuration": {}},
                {"name": "numcodecs.pickle"},
                "|O",
                "<f8",
                "<U9",
            )
        )
    return f"{key!r} {kind}"


_YAML = (
    "title: 2024-13-45",
    'x: !!int "abc"',
    "a: &a [*a]",
    "b: &b {<<: *b}",
    "c: !!python/object:os.system x",
    "? [a]\n: b",
    "<<: 7",
    "d: " + "[" * 3000,
    "e: {" * 90,
    'f: "\\x00"',
    "---\nx: 1",
    "%YAML 9.9\n---",
    "g: !!binary x",
    "h: *nowhere",
    "\t- x",
    "cells: {file: ../../etc/passwd}",
    "x: 1e999",
    "schema: 1",
    "contrasts: []",
    "i: !!timestamp 2024-13-45",
    "j: &j [" + "*j, " * 20 + "]",
)


def _lines(path: Path, pick: Pick) -> str:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    at = pick.randrange(len(lines))
    sep = max("\t,; |", key=lines[0].count)
    cells = lines[at].split(sep)
    column = pick.randrange(len(cells))
    kind = pick.choice(
        (
            "cell",
            "cell",
            "cell",
            "line gone",
            "line twice",
            "cell more",
            "cell less",
            "other separator",
            "ends",
            "line",
            "column gone",
            "head twice",
            "long",
            "shuffled",
            "quotes",
        )
    )
    if kind == "cell":
        cells[column] = pick.choice(_TOKENS)
        lines[at] = sep.join(cells)
    elif kind == "line gone":
        del lines[at]
    elif kind == "line twice":
        lines.insert(at, lines[at])
    elif kind == "cell more":
        lines[at] += sep + pick.choice(_TOKENS)
    elif kind == "cell less":
        lines[at] = sep.join(cells[:-1])
    elif kind == "other separator":
        lines = (
            [line.replace(sep, pick.choice("\t,;| ")) for line in lines]
            if pick.random() < 0.5
            else [line.replace(sep, ";") for line in lines]
        )
    elif kind == "ends":
        lines = "\n".join(lines).replace("\n", pick.choice(("\r", "\r\n", "\n\n", "\r\r\n"))).split("\n")
    elif kind == "line":
        lines.insert(at, pick.choice((*_TOKENS, *(_YAML if path.suffix == ".yaml" else ()))))
    elif kind == "column gone":
        lines = [sep.join(c[:column] + c[column + 1 :]) for c in (line.split(sep) for line in lines)]
    elif kind == "head twice":
        lines[0] = sep.join([lines[0].split(sep)[0]] * len(lines[0].split(sep)))
    elif kind == "long":
        lines[at] *= pick.choice((3, 1000))
    elif kind == "shuffled":
        pick.shuffle(lines)
    else:
        lines[at] = pick.choice(
            ('"' + lines[at], lines[at].replace(sep, f'"{sep}"'), f"'{lines[at]}", '"\n' * 30 + lines[at])
        )
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape" if pick.random() < 0.9 else "replace"))
    return f"{kind} at line {at + 1}"
