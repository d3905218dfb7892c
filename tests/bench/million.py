"""A study of single cells at any size, written block by block: simulated counts whose sums are known.

Each donor's cells lie together, with types mixed, as libraries come. A cell's molecules are drawn from its type's
profile, so a gene's count is how often it was drawn; about 3% of 30,000 genes are seen in a cell. What is drawn is
counted by group before it becomes a matrix: those are the sums that a pseudobulk must give.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from anndata.io import write_elem

DONORS, TYPES, BLOCK = 40, 25, 5_000
_SHIFT = 15  # genes fit into 15 bits
_TABLE = 1 << 18


@dataclass(frozen=True)
class Size:
    cells: int
    genes: int = 30_000
    molecules: int = 930


def write(path: Path, genes: list[str], types: list[str], size: Size, seed: int) -> np.ndarray:
    """Write an h5ad (CSR, float32 and int32, byte-shuffled LZF); gives the sums, groups (donor x type) x genes."""
    rng = np.random.default_rng(seed)
    n_genes = len(genes)
    base = rng.gamma(0.6, 1.0, n_genes)
    tables = [_table(base * rng.lognormal(0, 0.5, n_genes), rng) for _ in range(TYPES)]
    donor = np.sort(rng.integers(0, DONORS, size.cells))
    kind = rng.integers(0, TYPES, size.cells)
    sums = np.zeros((DONORS * TYPES, 1 << _SHIFT))
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        write_elem(file, "obs", _obs(donor, kind, types))
        write_elem(file, "var", pd.DataFrame(index=pd.Index(genes)))
        matrix = file.create_group("X")
        shape = np.array([size.cells, n_genes])
        matrix.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": shape})
        stored = {"compression": "lzf", "shuffle": True, "chunks": (1 << 18,), "maxshape": (None,)}
        data = matrix.create_dataset("data", (0,), np.float32, **stored)
        indices = matrix.create_dataset("indices", (0,), np.int32, **stored)
        ends = [np.zeros(1, np.int64)]
        for start in range(0, size.cells, BLOCK):
            part = slice(start, start + BLOCK)
            keys = np.concatenate(list(_draws(kind[part], tables, size.molecules, rng)))
            cell, gene = keys >> _SHIFT, keys & ((1 << _SHIFT) - 1)
            group = donor[part] * TYPES + kind[part]
            first = group.min() // TYPES * TYPES
            within = (group[cell] - first) << _SHIFT | gene
            some = np.bincount(within).reshape(-1)
            wide = np.zeros(-(-len(some) // (1 << _SHIFT)) << _SHIFT)
            wide[: len(some)] = some
            wide = wide.reshape(-1, 1 << _SHIFT)
            sums[first : first + len(wide)] += wide
            seen, count = _counted(keys)
            at = data.shape[0]
            data.resize((at + len(seen),))
            indices.resize((at + len(seen),))
            data[at:], indices[at:] = count, seen & ((1 << _SHIFT) - 1)
            rows = np.bincount(seen >> _SHIFT, minlength=len(group))
            ends.append(ends[-1][-1] + np.cumsum(rows))
        matrix.create_dataset("indptr", data=np.concatenate(ends))
    return sums[:, :n_genes]


def _table(profile: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Genes in the shares of a profile: a number drawn evenly finds its gene in one look."""
    made = np.searchsorted(np.cumsum(profile / profile.sum()), (np.arange(_TABLE) + rng.random()) / _TABLE)
    return np.minimum(made, len(profile) - 1).astype(np.int64)


def _draws(
    kind: np.ndarray, tables: list[np.ndarray], molecules: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """cell << 15 | gene of every molecule."""
    for k, table in enumerate(tables):
        cells = np.flatnonzero(kind == k)
        if len(cells):
            n = rng.poisson(molecules, len(cells))
            yield np.repeat(cells << _SHIFT, n) | table[rng.integers(0, _TABLE, n.sum(), dtype=np.int32)]


def _counted(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted keys, each once, and how often each was there."""
    keys = np.sort(keys.astype(np.int32))
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], np.diff(first, append=len(keys))


def _obs(donor: np.ndarray, kind: np.ndarray, types: list[str]) -> pd.DataFrame:
    names = [f"d{i:02d}" for i in range(DONORS)]
    made = {
        "donor_id": pd.Categorical.from_codes(donor, names),
        "cell_type_ontology_term_id": pd.Categorical.from_codes(kind, types),
        "disease": pd.Categorical.from_codes(donor % 2, ["normal", "case"]),
        "sex": pd.Categorical.from_codes(donor // 2 % 2, ["female", "male"]),
    }
    return pd.DataFrame(made, index=pd.Index(np.char.mod("AAACCCA-%d", np.arange(len(donor)))))
