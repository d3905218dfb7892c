"""Cells of several species in one space: species, label and coordinates of each, from an AnnData file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.files.cells.frame import frame_of
from ingest.files.cells.matrix import as_codes
from ingest.files.cells.stored import need_filters
from ingest.files.frames import broken
from ingest.files.untrusted.hdf5 import open_h5
from ingest.manifest.cell_blocks import EmbeddingSpec
from kg.files.regular import reading
from kg.signatures.store import Strings

SHARED, LAYOUT, MACROGENES = "X_orthologs", "X_umap", "X_macrogenes"
_DRAWN = 200
_CHUNK = 50_000
_MOST = 10_000  # columns


@dataclass(frozen=True)
class Space:
    """``taxa``, ``labels``, ``donors``: text of each cell ("" for none; donors None without a donor column);
    ``embedding`` and ``expression``: cells x columns, finite; ``expression_of``: its key in obsm; ``layout``: cells x
    2, nan for a cell that was not drawn; ``card``: text of the run's card, "" if the file has none. ``rows``: indices
    of the cells sampled from each label, which are the rows of ``base`` (``base_of`` in obsm) and of each of
    ``controls``; None and empty without controls."""

    taxa: Strings
    labels: Strings
    donors: Strings | None
    embedding: NDArray[np.float32]
    expression: NDArray[np.float32] | None
    expression_of: str
    layout: NDArray[np.float32] | None
    card: str
    rows: NDArray[np.int64]
    base: NDArray[np.float32] | None
    base_of: str
    controls: tuple[NDArray[np.float32], ...]


def read_space(path: Path, spec: EmbeddingSpec, controls: Sequence[Path] = ()) -> Space:
    """Reads the parts of the file named in the manifest, and the same cells of each control run; nothing is unpickled.

    Raises:
        ContractError: NOT_HDF5, UNREADABLE_OBS, WRONG_COLUMNS, WRONG_OBSM, NOT_FINITE, WRONG_SPECIES, or OTHER_CELLS if
            a control has different cells or the same coordinates.
    """
    with open_h5(path) as file:
        obs = _obs(file, path)
        taxa = _taxa(_texts(obs, path, spec.species_column, "species_column"), path, spec)
        labels = _texts(obs, path, spec.label_column, "label_column")
        donors = _texts(obs, path, spec.donor_column, "donor_column") if spec.donor_column else None
        embedding = _matrix(file, path, spec.obsm, "obsm", len(obs))
        shared = spec.expression or (SHARED if SHARED in _names(file) else "")
        expression = _matrix(file, path, shared, "expression", len(obs)) if shared else None
        drawn = spec.layout or (LAYOUT if LAYOUT in _names(file) else "")
        layout = _matrix(file, path, drawn, "layout", len(obs), finite=False) if drawn else None
        if layout is not None and layout.shape[1] != 2:
            fix = "name a matrix with two columns"
            raise broken("WRONG_OBSM", path.name, "embedding.layout has two columns", layout.shape[1], fix)
        card = _card(file)
        base_of = spec.base or (MACROGENES if MACROGENES in _names(file) else spec.obsm)
        rows = _drawn(obs.index.to_numpy(dtype=str), taxa, labels) if controls else np.empty(0, np.int64)
        base = _matrix(file, path, base_of, "base", len(obs))[rows] if controls else None
    others = tuple(_control(each, spec, base_of, obs, rows, base) for each in controls)
    return Space(taxa, labels, donors, embedding, expression, shared, layout, card, rows, base, base_of, others)


def _drawn(names: Strings, taxa: Strings, labels: Strings) -> NDArray[np.int64]:
    """At most 200 cells of each label of each species, the same whatever their order; sorted."""
    order = np.random.default_rng(0).permutation(np.argsort(names, kind="stable"))
    _, code = np.unique(np.stack([taxa[order], labels[order]]), axis=1, return_inverse=True)
    code = code.reshape(-1)
    return np.sort(np.concatenate([order[code == at][:_DRAWN] for at in range(code.max() + 1)]))


def _control(
    path: Path,
    spec: EmbeddingSpec,
    base_of: str,
    obs: pd.DataFrame,
    rows: NDArray[np.int64],
    base: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    with open_h5(path) as file:
        if not _obs(file, path).index.equals(obs.index):
            fix = "make the control from the same run file, with --control shuffled"
            raise broken(
                "OTHER_CELLS", path.name, f"a control has the cells of {spec.file}, in its order", "others", fix
            )
        made = _matrix(file, path, base_of, "controls", len(obs))[rows]
    if base is not None and np.array_equal(made, base):
        fix = "name what --control shuffled wrote"
        raise broken(
            "OTHER_CELLS", path.name, "a control has other coordinates than the run", "the same coordinates", fix
        )
    return made


def _names(file: h5py.File) -> list[str]:
    held: Any = file.get("obsm")
    return list(held) if isinstance(held, h5py.Group) else []


def _card(file: h5py.File) -> str:
    held: Any = file.get("uns/card")
    if not isinstance(held, h5py.Dataset) or held.shape != ():
        return ""
    with reading(Path(str(file.filename)), "uns/card"):
        text = held[()]
        return text.decode() if isinstance(text, bytes) else str(text)


def _obs(file: h5py.File, path: Path) -> pd.DataFrame:
    if "obs" not in file:
        fix = "name what `orthokg embed` wrote"
        raise broken("UNREADABLE_OBS", path.name, "obs is a table of AnnData", "no obs", fix)
    return frame_of(file, "obs", path)


def _texts(obs: pd.DataFrame, path: Path, column: str, field: str) -> Strings:
    if column not in obs:
        there = f"the columns are {', '.join(map(repr, list(obs.columns)[:40]))}"
        raise broken("WRONG_COLUMNS", path.name, f"embedding.{field} is a column of obs", repr(column), there)
    with reading(path, f"obs/{column}"):
        codes, values = as_codes(obs[column])
    return values[codes]


def _taxa(names: Strings, path: Path, spec: EmbeddingSpec) -> Strings:
    known, code = np.unique(names, return_inverse=True)
    if unknown := [str(name) for name in known if name not in spec.taxa]:
        rule, fix = "embedding.taxa names every species of the file", "add it with its taxon"
        raise broken("WRONG_SPECIES", path.name, rule, ", ".join(map(repr, unknown)), fix)
    if absent := sorted(set(spec.taxa) - set(known)):
        rule, fix = "every species of embedding.taxa is in the file", f"the file has {', '.join(map(repr, known))}"
        raise broken("WRONG_SPECIES", path.name, rule, ", ".join(map(repr, absent)), fix)
    taxa = np.array([spec.taxa[str(name)] for name in known], dtype=str)
    if len(set(taxa)) < 2:
        rule, fix = "an embedding has cells from at least two species", "embed the species together"
        raise broken("WRONG_SPECIES", path.name, rule, ", ".join(taxa) or "none", fix)
    return taxa[code]


def _matrix(
    file: h5py.File, path: Path, name: str, field: str, n_cells: int, *, finite: bool = True
) -> NDArray[np.float32]:
    held: Any = file.get("obsm")
    held = held if isinstance(held, h5py.Group) else None
    item = held.get(name) if held is not None else None
    if (
        not isinstance(item, h5py.Dataset)
        or item.shape is None
        or item.ndim != 2
        or item.shape[1] > _MOST
        or len(item) != n_cells
        or item.dtype.kind not in "fiu"
    ):
        there = f"obsm has {', '.join(map(repr, held)) if held is not None else 'nothing'}"
        rule = (
            f"embedding.{field} is a matrix of numbers in obsm, with a row for each of {n_cells} cells, and at most"
            f" {_MOST:,} columns"
        )
        raise broken("WRONG_OBSM", path.name, rule, repr(name), there)
    made = np.empty(item.shape, np.float32)
    need_filters(item, path)
    for start in range(0, n_cells, _CHUNK):
        with reading(path, f"obsm/{name}"):
            made[start : start + _CHUNK] = item[start : start + _CHUNK]
        bad = np.flatnonzero(~np.isfinite(made[start : start + _CHUNK]).all(axis=1))
        if finite and len(bad):
            fix = "leave such cells out before embedding, or embed again"
            raise broken(
                "NOT_FINITE",
                f"{path.name}: {name}, cell {start + bad[0] + 1}",
                "coordinates are finite numbers",
                "nan or inf",
                fix,
            )
    return made
