"""What mapping is measured on: real studies whose files are in the cache, and simulated donors, called so."""

import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy import io, sparse

SOURCES = Path(os.environ.get("ORTHOKG_CACHE", "."))
MARKERS = ("Pvalb", "Sst", "Htr3a", "Id2", "Cnr1")
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Cells:
    counts: sparse.csr_matrix
    genes: Strings
    label: Strings
    batch: Strings  # condition, study or donor
    arm: Strings | None = None

    def some(self, rows: NDArray[Any], genes: NDArray[Any] | None = None) -> "Cells":
        counts = self.counts[rows] if genes is None else self.counts[rows][:, genes]
        arm = None if self.arm is None else self.arm[rows]
        own = self.genes if genes is None else self.genes[genes]
        return Cells(sparse.csr_matrix(counts), own, self.label[rows], self.batch[rows], arm)


def _h5ad(name: str, symbol: str | None, batch: str, arm: str | None = None) -> Cells:
    with h5py.File(SOURCES / "singlecell" / name) as f:
        x, obs, var = f["X"], f["obs"], f["var"]
        counts = sparse.csr_matrix((x["data"][:], x["indices"][:], x["indptr"][:]), shape=tuple(x.attrs["shape"]))
        read = {
            k: obs[k]["categories"].asstr()[:][obs[k]["codes"][:]].astype(str)
            for k in ("cell_type", batch, *([arm] if arm else []))
        }
        genes = var[symbol or var.attrs["_index"]].asstr()[:].astype(str)
    return Cells(counts.astype(np.float32), genes, read["cell_type"], read[batch], read[arm] if arm else None)


def ifnb() -> Cells:
    """Control and interferon-stimulated blood; no donors are known."""
    return _h5ad("ifnb_pbmc_6447x2800.h5ad", None, "condition")


def kang() -> Cells:
    """Control blood of eight donors."""
    return _h5ad("kang_pbmc_8donors_1287x12261.h5ad", "symbol", "donor_id")


def kang_two() -> Cells:
    """Two of these donors, control and stimulated."""
    return _h5ad("kang_pbmc_2donors_stim_1267x1556.h5ad", None, "donor_id", "stimulation")


def interneurons() -> Cells:
    """Two studies that name types otherwise, at three classes: a type's class is the highest of its five marker genes
    (the last three averaged), which are then taken out."""
    folder = SOURCES / "metaneighbor"
    with gzip.open(folder / "mn_counts.mtx.gz") as f:
        counts = sparse.csr_matrix(io.mmread(f).T).astype(np.float32)
    genes = np.array((folder / "mn_genes.txt").read_text().split())
    head, *rows = (
        line.replace('"', "").strip().split(",") for line in (folder / "mn_cells.csv").read_text().split("\n")
    )
    rows = [row for row in rows if len(row) == len(head)]
    study, fine = (np.array([row[head.index(k)] for row in rows]) for k in ("study_id", "cell_type"))
    total = np.asarray(counts.sum(axis=1)).ravel()
    level = np.log1p(1e4 * counts[:, [int(np.flatnonzero(genes == g)[0]) for g in MARKERS]].toarray() / total[:, None])
    level = np.column_stack([level[:, 0], level[:, 1], level[:, 2:].mean(axis=1)])
    named = {t: ("Pvalb", "Sst", "caudal")[int(level[fine == t].mean(axis=0).argmax())] for t in np.unique(fine)}
    kept = ~np.isin(genes, MARKERS)
    return Cells(sparse.csr_matrix(counts[:, kept]), genes[kept], np.array([named[t] for t in fine]), study)
