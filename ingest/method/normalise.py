"""Counts of cells -> values that are comparable between cells, by a named method.

log       log1p of counts per 10,000 of the cell's total
pooled    log1p of counts over size factors by pooling (``pooling``), on the scale of 10,000 counts a mean cell
pearson   Pearson residuals of a negative binomial with one dispersion (scanpy's; doi 10.1186/s13059-021-02451-7)
"""

from typing import Any, Literal

import numpy as np
from scipy import sparse

from ingest.method.pooling import size_factors
from kg.errors import MethodError
from kg.match.card import Card
from kg.signatures.store import Floats

Normalisation = Literal["log", "pooled", "pearson"]
TARGET_SUM = 1e4
CARD = Card(
    "normalisation",
    "1",
    "counts of cells made comparable: log of counts per 10,000, of counts over pooled size factors, or Pearson"
    " residuals",
    (
        "log and pooled rank the genes of one cell alike: AUCell does not distinguish them",
        "pearson gives every gene a value in every cell: memory is cells x genes",
        "pooled takes half of the genes not to differ between the cells",
    ),
    "10.1038/s41592-023-01814-1",
)


def normalise(counts: sparse.csr_matrix, total: Floats, how: Normalisation = "log") -> Any:
    """``counts``: cells x genes; ``total``: counts of each whole cell, above 0. CSR; an array for ``pearson``.

    Raises MethodError NEEDS_MODELS where ``pearson`` is asked for without the extra [models].
    """
    if how == "pearson":
        return _pearson(counts)
    size = total / TARGET_SUM if how == "log" else size_factors(counts).factors * total.mean() / TARGET_SUM
    values = sparse.csr_matrix(sparse.diags(1 / size) @ counts)
    values.data = np.log1p(values.data)
    return values


def _pearson(counts: sparse.csr_matrix) -> Floats:
    try:
        import scanpy as sc
        from anndata import AnnData
    except ImportError as error:
        raise MethodError(
            "Pearson residuals are scanpy's: `make models`, or pip install 'orthokg[models]'", code="NEEDS_MODELS"
        ) from error
    cells = AnnData(counts.astype(np.float64))
    sc.experimental.pp.normalize_pearson_residuals(cells)
    return np.nan_to_num(np.asarray(cells.X))  # a gene without counts has no residual
