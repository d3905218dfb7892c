"""Batches brought together by scanorama (Hie 2019, doi 10.1038/s41587-019-0113-3), where that package is installed.

No extra brings it: it builds C++ when it is installed, and no engine of an atlas is made of it.
"""

from importlib import import_module
from importlib.util import find_spec

import numpy as np
from scipy import sparse

from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.geometry import Floats, Ints
from kg.errors import MethodError
from kg.match.card import Card

CARD = Card(
    "scanorama",
    "1",
    "panoramas of mutual nearest neighbours in axes common to all batches",
    ("coordinates of all cells change when a batch comes in",),
    "10.1038/s41587-019-0113-3",
)


def scanorama(values: Floats, genes: Strings, batch: Ints, axes: int, seed: int) -> Floats:
    """(cells, at most ``axes``) of ``values`` (cells, genes). Raises MethodError NEEDS_MODELS."""
    if find_spec("scanorama") is None:
        raise MethodError("scanorama is not installed: pip install scanorama", code="NEEDS_MODELS")
    groups = [np.flatnonzero(batch == each) for each in np.unique(batch)]
    names = [list(map(str, genes)) for _ in groups]
    parts, _ = import_module("scanorama").integrate(
        [sparse.csr_matrix(values[rows]) for rows in groups], names, dimred=min(axes, len(genes) - 1), verbose=0,
        seed=seed,
    )  # fmt: skip
    made = np.empty((len(batch), parts[0].shape[1]))
    for rows, part in zip(groups, parts, strict=True):
        made[rows] = part
    return made
