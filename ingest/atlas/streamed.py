"""Opens a version for a check: its cells are read in blocks, and only sums and a bounded sample are kept.

Memory is bounded whatever the size of the version: only the type and donor of all cells are held at once.
"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ingest.atlas.store import ADDED, FACTS, KEYS, WEIGHTS, added_statistics, from_bytes
from ingest.method.gates.judge import space_of
from ingest.method.gates.space import AT_ONCE, Cells, Parent, Sums, held_out_rows
from ingest.method.mapping.engine import Built
from ingest.method.mapping.extended import not_extendable, with_statistics, with_types
from ingest.method.mapping.pack import Arrays, Facts, unpack
from ingest.method.mapping.space.geometry import Floats, Ints
from kg.atlas.objects import Entry, ObjectStore
from kg.atlas.version import Manifest

_WHOLE = ("tree", "statistics/all", *(KEYS[name] for name in ("model", "quality")))


@dataclass(frozen=True)
class Table:
    """Cells of an object. ``name``: of the array of coordinates; ``code``, ``donor`` (n,): indices into ``types`` and
    ``donors``; donor "" if unknown."""

    entry: Entry
    name: str
    types: tuple[str, ...]
    donors: tuple[str, ...]
    code: Ints
    donor: Ints


@dataclass(frozen=True)
class Opened:
    """``built``: the reference with a sample of its cells and the sums of all; ``parent``: for the gates."""

    built: Built
    parent: Parent


def opened(objects: ObjectStore, manifest: Manifest, seed: int = 0) -> Opened:
    """Opens a version. Raises MethodError NOT_EXTENDABLE; StoreError or ContractError for a damaged object."""
    if WEIGHTS in manifest.objects:
        raise not_extendable("its space is made by a model, which would have to be retrained")
    built, tables = _without_cells(objects, manifest)
    names = tuple(sorted({name for table in tables for name in table.donors} - {""}))
    at = {name: place for place, name in enumerate(names)} | {"": -1}
    of_type = {name: place for place, name in enumerate(built.tree.types)}
    code = _joined([np.array([of_type[name] for name in t.types], dtype=np.intp)[t.code] for t in tables])
    donor = _joined([np.array([at[name] for name in t.donors], dtype=np.intp)[t.donor] for t in tables])
    if not (donor >= 0).any():
        raise not_extendable("it was built from statistics by type, or from cells without donors")
    asked, rows = held_out_rows(donor, code, seed=seed)
    space = space_of(built)
    nothing = Cells(np.zeros((0, built.reference.loadings.shape[1])), np.zeros(0, np.intp), np.zeros(0, np.intp))
    own: dict[int, Sums] = {int(d): space.sums(nothing) for d in asked}
    rest, kept = space.sums(nothing), np.zeros((len(rows), nothing.points.shape[1]), np.float32)
    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    for start, points in _streamed(objects, tables):
        stop = start + len(points)
        first, last = np.searchsorted(ranked, (start, stop))
        kept[order[first:last]] = points[ranked[first:last] - start]
        block = Cells(points, code[start:stop], donor[start:stop])
        here = np.unique(block.donor)
        for d in here[np.isin(here, asked)]:
            own[int(d)] = own[int(d)] + space.sums(block.some(np.flatnonzero(block.donor == d)))
        rest = rest + space.sums(block.some(np.flatnonzero(~np.isin(block.donor, asked))))
    total = rest
    for each in own.values():
        total = total + each
    parent = Parent(space, Cells(kept, code[rows], donor[rows]), total, own)
    r = built.reference
    reference = replace(
        r, donors=names, means=total.means.astype(r.means.dtype), n=total.n, sums=total.sums, cells=kept,
        code=code[rows].astype(np.int32), donor=(donor[rows] + 1).astype(np.int32),
    )  # fmt: skip
    return Opened(replace(built, reference=reference), parent)


def _without_cells(objects: ObjectStore, manifest: Manifest) -> tuple[Built, list[Table]]:
    arrays: Arrays = {}
    facts: Facts = {}
    for key in _WHOLE:
        if (entry := manifest.objects.get(key)) is not None:
            a, f = from_bytes(objects.read(entry.sha256))
            arrays |= a
            facts |= f
    whole = manifest.objects["embedding"]
    head = _head(objects, whole, ("reference.code", "reference.donor"))
    facts |= head[1]
    loadings = arrays["reference.loadings"]
    arrays |= {
        "reference.cells": np.zeros((0, loadings.shape[1]), np.float32),
        "reference.code": np.zeros(0, np.int32),
        "reference.donor": np.zeros(0, np.int32),
    }
    built = unpack(arrays, facts)
    donors = ("", *built.reference.donors)
    code, donor = (head[0][f"reference.{name}"] for name in ("code", "donor"))
    tables = [Table(whole, "reference.cells", built.tree.types, donors, code, donor)]
    for name, entry in sorted(manifest.named("statistics").items()):
        if not name.startswith(ADDED):
            continue
        a, f = _head(objects, entry, ("code", "donor"), ("profile.", "statistics."))
        tables.append(Table(entry, "points", tuple(f["types"]), tuple(f["donors"]), a["code"], a["donor"]))
        profiles = {each: a[f"profile.{at}"] for at, each in enumerate(f["profiles"])}
        built = with_statistics(with_types(built, f["types"], profiles, f["under"]), added_statistics(a, f))
    return built, tables


def _head(
    objects: ObjectStore, entry: Entry, names: tuple[str, ...], begin: tuple[str, ...] = ()
) -> tuple[Arrays, Facts]:
    """Some arrays of an object, by name or prefix, and its facts; the rest is not read."""
    with objects.open(entry.sha256) as file, np.load(file, allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files if name in names or name.startswith(begin)}
        return arrays, json.loads(held[FACTS].tobytes())


def _streamed(objects: ObjectStore, tables: list[Table]) -> Iterator[tuple[int, Floats]]:
    begun = 0
    for table in tables:
        with objects.open(table.entry.sha256) as file:
            for start, points in rows_of(file, table.name):
                yield begun + start, points
        begun += len(table.code)


def rows_of(file: Any, name: str, at_once: int = AT_ONCE) -> Iterator[tuple[int, Floats]]:
    """Blocks of rows of an array in an ``.npz``, each with the index of its first row; only one block is in memory."""
    with zipfile.ZipFile(file) as held, held.open(f"{name}.npy") as member:
        known = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, by_column, dtype = known[np.lib.format.read_magic(member)](member)
        if by_column or dtype.hasobject or len(shape) != 2:
            raise ValueError(f"{name} is not a plain table of rows")
        for start in range(0, shape[0], at_once):
            many = min(at_once, shape[0] - start)
            yield start, np.frombuffer(_exactly(member, many * shape[1] * dtype.itemsize), dtype).reshape(many, -1)


def _exactly(member: Any, size: int) -> bytes:
    parts, left = [], size
    while left:
        if not (part := member.read(left)):
            raise ValueError("the array ends before its last row")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.intp), *parts])
