"""The arrays of a reference study and of a query, and log-normalisation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.space.geometry import Floats

Strings = NDArray[np.str_]
TARGET_SUM, MILLION = 1e4, 1e6
AT_ONCE = 4_000_000  # dense values in memory at once


@dataclass(frozen=True)
class StudyCells:
    """A study of the reference. ``counts``: cells x genes, counts or estimated counts, never logs; ``genes``: its
    columns, unique; ``labels`` (cells,): cell types, "" = unlabelled; ``donors`` (cells,): unique names of donors, None
    = unknown; ``healthy`` (cells,): cells of healthy donors, None = all; ``taxon``: NCBITaxon curie."""

    study: str
    counts: sparse.csr_matrix
    genes: Strings
    labels: Strings
    donors: Strings | None = None
    healthy: NDArray[np.bool_] | None = None
    taxon: str = ""


@dataclass(frozen=True)
class Query:
    """A study to be mapped. ``batches`` (cells,): such as donor x assay, never a disease; None = one batch.
    ``controls`` (cells,): its healthy controls, None = unknown. ``low_quality`` (cells,): removed by the policy's
    filters."""

    counts: sparse.csr_matrix
    genes: Strings
    donors: Strings | None = None
    batches: Strings | None = None
    controls: NDArray[np.bool_] | None = None
    low_quality: NDArray[np.bool_] | None = None
    taxon: str = ""


def log_norm(counts: sparse.csr_matrix, total: Floats | None = None) -> sparse.csr_matrix:
    """log(1 + counts per 10,000 of the cell), CSR, single precision. ``total`` (cells,): total counts of each cell; if
    None, over these genes."""
    depth = np.asarray(counts.sum(axis=1), float).ravel() if total is None else total
    made: Any = sparse.csr_matrix(counts, dtype=np.float32, copy=True)
    made.data *= np.repeat(TARGET_SUM / np.maximum(depth, 1), np.diff(made.indptr)).astype(np.float32)
    np.log1p(made.data, out=made.data)
    return made


def log2_cpm(counts: sparse.csr_matrix, total: Floats | None = None) -> sparse.csr_matrix:
    """log2(1 + counts per million of the cell), CSR. ``total`` (cells,): as in :func:`log_norm`."""
    depth = np.asarray(counts.sum(axis=1), float).ravel() if total is None else total
    made = sparse.csr_matrix(sparse.diags(MILLION / np.maximum(depth, 1)) @ counts)
    made.data = np.log1p(made.data) / np.log(2)
    return made
