"""Small good files of cells of each format, and every small way to damage their structure.

A damage takes one dataset, attribute or group away, changes the type of one array, shortens it, or puts a number where
none may be. What it makes is no longer the file, or still is; which of them is for the reader to tell.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import anndata
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from tests.ingest import make_formats
from tests.ingest.make_cells import study

_TEXTS = {
    "_index",
    "id",
    "genes",
    "barcodes",
    "CellID",
    "Accession",
    "donor_id",
    "cell_type_ontology_term_id",
    "disease",
}
_RENAMED = {"row_attrs/Accession", "matrix/features/id", "mm10/genes"}  # without ids a file is one of symbols
GENES = [f"ENSG{i:011d}" for i in range(13)]
TYPES = ("f2", "f8", ">f4", "i1", ">i8", "u2", "S6", "c8")
Change = Callable[[Path], None]


class Damage(NamedTuple):
    """``file``: the manifest's words for the file; ``change``: what is done to a copy of its folder."""

    name: str
    change: Change


def small() -> anndata.AnnData:
    """4 donors x 2 types x 3 cells; values differ from cell to cell."""
    made = study(GENES, donors=4, cells=3, types=("CL:0000127", "CL:0000129"))
    made.obs = made.obs[["donor_id", "cell_type_ontology_term_id", "disease", "n_counts"]]
    for column in ("donor_id", "cell_type_ontology_term_id", "disease"):
        made.obs[column] = pd.Categorical(made.obs[column])
    return made


def csc(made: anndata.AnnData, folder: Path) -> str:
    made.X = sparse.csc_matrix(made.X)
    return make_formats.h5ad(made, folder)


def dense_and_raw(made: anndata.AnnData, folder: Path) -> str:
    made.raw = made.copy()
    made.X = np.log1p(made.X.toarray())
    return make_formats.h5ad(made, folder)


FORMS: dict[str, Callable[[anndata.AnnData, Path], str]] = {
    "h5ad": make_formats.h5ad,
    "h5ad by columns": csc,
    "h5ad with raw": dense_and_raw,
    "loom": make_formats.loom,
    "10x 3": make_formats.cell_ranger_h5,
    "10x 2": make_formats.cell_ranger_h5_2,
    "zarr 2": make_formats.zarr(2),
    "zarr 3": make_formats.zarr(3),
    "mtx": make_formats.cell_ranger_2,
    "csv": make_formats.genes_by_cells,
}


def damages(folder: Path, file: str) -> Iterator[Damage]:
    """Every damage of one file, or of the texts of a folder."""
    if file.endswith((".h5ad", ".h5", ".loom")):
        yield from _hdf5(folder / file)
    elif file.endswith(".zarr"):
        yield from _zarr(folder, file)
    else:
        for path in sorted(p for p in folder.iterdir() if p.suffix != ".gz" and p.is_file()):
            yield from _text(path.name, path.read_text())


def _edit(file: str, change: Callable[[h5py.File], None]) -> Change:
    def edited(folder: Path) -> None:
        with h5py.File(folder / file, "a") as opened:
            change(opened)

    return edited


def _hdf5(path: Path) -> Iterator[Damage]:
    items: list[tuple[str, bool, tuple[int, ...], list[str]]] = []
    with h5py.File(path) as file:
        items.append(("/", False, (), list(file.attrs)))

        def seen(name: str, item: h5py.Group | h5py.Dataset) -> None:
            array = isinstance(item, h5py.Dataset)
            items.append((name, array, item.shape if array else (), list(item.attrs)))

        file.visititems(seen)
    for name, array, shape, attributes in items:
        for attribute in attributes:
            yield Damage(
                f"{name}@{attribute} gone", _edit(path.name, lambda f, n=name, a=attribute: f[n].attrs.__delitem__(a))
            )
            yield Damage(
                f"{name}@{attribute} is 9",
                _edit(path.name, lambda f, n=name, a=attribute: f[n].attrs.__setitem__(a, 9)),
            )
        if name == "/" or name in _RENAMED:
            continue
        yield Damage(f"{name} gone", _edit(path.name, lambda f, n=name: f.__delitem__(n)))
        yield Damage(f"{name} is a group", _edit(path.name, lambda f, n=name: _other(f, n, None)))
        yield Damage(f"{name} is a number", _edit(path.name, lambda f, n=name: _other(f, n, np.float32(7))))
        text = name.rsplit("/", 1)[-1] in _TEXTS or name.endswith("categories")
        if not array or not shape:
            continue
        for kind in () if text else TYPES:
            yield Damage(f"{name} as {kind}", _edit(path.name, lambda f, n=name, k=kind: _cast(f, n, k)))
        for what, cut in _CUTS.items():
            yield Damage(f"{name} {what}", _edit(path.name, lambda f, n=name, c=cut: _other(f, n, c(f[n][:]))))
        for number in (-1, 10**6, 2**31 - 1, -(2**31)) if name.endswith(("indices", "indptr", "shape")) else ():
            for at in (0, -1):
                yield Damage(
                    f"{name}[{at}] = {number}", _edit(path.name, lambda f, n=name, v=number, i=at: _put(f, n, i, v))
                )


_CUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "shorter": lambda x: x[:-1],
    "longer": lambda x: np.concatenate([x, x[-1:]]),
    "empty": lambda x: x[:0],
    "folded": lambda x: x[None],
}


def _other(file: h5py.File, name: str, value: object) -> None:
    attributes = dict(file[name].attrs)
    del file[name]
    made = file.create_group(name) if value is None else file.create_dataset(name, data=value)
    for key, word in attributes.items():
        made.attrs[key] = word


def _cast(file: h5py.File, name: str, kind: str) -> None:
    values = file[name][:]
    try:
        made = values.astype(kind)
    except (ValueError, TypeError):
        made = np.arange(values.size).reshape(values.shape).astype(kind)
    _other(file, name, made)


def _put(file: h5py.File, name: str, at: int, value: int) -> None:
    values = file[name][:].astype(np.int64)
    values[at] = value
    _other(file, name, values)


def _zarr(folder: Path, file: str) -> Iterator[Damage]:
    for path in sorted(p for p in (folder / file).rglob("*") if p.is_file()):
        name = str(path.relative_to(folder))
        if path.name in ("zarr.json", ".zarray", ".zattrs", ".zgroup"):
            yield Damage(f"{name} gone", lambda f, n=name: (f / n).unlink())
            yield Damage(f"{name} is empty", lambda f, n=name: (f / n).write_text(""))
            yield Damage(f"{name} is a list", lambda f, n=name: (f / n).write_text("[1]"))
            facts = json.loads(path.read_text())
            for key in facts:
                yield Damage(f"{name} without {key}", _facts(name, lambda d, k=key: d.pop(k)))
            for key in facts.get("attributes", {}):
                yield Damage(f"{name} without attribute {key}", _facts(name, lambda d, k=key: d["attributes"].pop(k)))
            if facts.get("shape"):
                yield Damage(f"{name} one longer", _facts(name, lambda d: d["shape"].__setitem__(0, d["shape"][0] + 1)))
                yield Damage(
                    f"{name} one shorter", _facts(name, lambda d: d["shape"].__setitem__(0, d["shape"][0] - 1))
                )
        else:
            # An array that is filled by one value has no chunks: that a chunk of codes is gone cannot be told.
            if not any(part in name for part in ("codes", "n_counts")):
                yield Damage(f"{name} gone", lambda f, n=name: (f / n).unlink())
            yield Damage(f"{name} is cut", lambda f, n=name: (f / n).write_bytes((f / n).read_bytes()[:-3]))
            yield Damage(f"{name} is empty", lambda f, n=name: (f / n).write_bytes(b""))


def _facts(name: str, change: Callable[[dict], object]) -> Change:
    def edited(folder: Path) -> None:
        facts = json.loads((folder / name).read_text())
        change(facts)
        (folder / name).write_text(json.dumps(facts))

    return edited


def _text(name: str, text: str) -> Iterator[Damage]:
    lines = text.split("\n")
    for at in {0, 1, len(lines) // 2, len(lines) - 2}:
        if name != "cells.csv":
            yield Damage(f"{name} without line {at}", lambda f, i=at: _lines(f / name, lambda x: x[:i] + x[i + 1 :]))
        yield Damage(f"{name} line {at} twice", lambda f, i=at: _lines(f / name, lambda x: x[: i + 1] + x[i:]))
        if name.endswith(".csv"):
            yield Damage(
                f"{name} line {at} is longer",
                lambda f, i=at: _lines(f / name, lambda x: [*x[:i], f"{x[i]},7", *x[i + 1 :]]),
            )
            if at:  # a header that is one short is R's
                yield Damage(
                    f"{name} line {at} ends early",
                    lambda f, i=at: _lines(f / name, lambda x: [*x[:i], x[i][:-9], *x[i + 1 :]]),
                )
        if name.endswith(".tsv"):
            yield Damage(
                f"{name} line {at} is longer",
                lambda f, i=at: _lines(f / name, lambda x: [*x[:i], f"{x[i]}\t7", *x[i + 1 :]]),
            )
        if name.endswith(".mtx"):
            yield Damage(
                f"{name} line {at} is longer",
                lambda f, i=at: _lines(f / name, lambda x: [*x[:i], f"{x[i]} 5 6", *x[i + 1 :]]),
            )
            yield Damage(
                f"{name} line {at} ends early",
                lambda f, i=at: _lines(f / name, lambda x: [*x[:i], x[i][:1], *x[i + 1 :]]),
            )
    yield Damage(f"{name} is empty", lambda f: (f / name).write_text(""))
    yield Damage(f"{name} is not a text", lambda f: (f / name).write_bytes(b"\xff\xfe\x00\x01" * 9))
    yield Damage(f"{name} is a folder", lambda f: ((f / name).unlink(), (f / name).mkdir()))
    if name != "cells.csv":
        yield Damage(f"{name} is cut", lambda f: (f / name).write_text(text[: len(text) * 2 // 3]))


def _lines(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(change(path.read_text().split("\n"))))


def copied(source: Path, to: Path) -> Path:
    if to.exists():
        shutil.rmtree(to)
    shutil.copytree(source, to)
    return to
