"""From cells of each type and donor to the log-ratios that a contrast of composition is made of.

    x_dt = log2(n_dt + prior) - mean over types of log2(n_d. + prior)

the centred log-ratio (Aitchison 1982, doi 10.1111/j.2517-6161.1982.tb01195.x). Contrast, vector and noise factor are
then those of any other measure (``kg.match.contrast``), over cell types in place of genes: donors are the replicates,
and their spread around the design is the null.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kg.errors import MethodError
from kg.match.card import Card

Floats = NDArray[np.float64]
PRIOR = 0.5
MIN_TYPES = 3

CARD = Card(
    "composition",
    "1",
    "changes of cell-type proportions between donors, as log-ratios to the geometric mean of all types",
    (
        "proportions sum to one: where one type falls, all others rise by a little, the more the fewer types there are",
        (
            "what a dissection or a sort takes is a proportion too: it describes the tissue only if all donors were"
            " handled alike"
        ),
        "types that half of the donors lack are left out and named",
    ),
    "10.1111/j.2517-6161.1982.tb01195.x",
)


def log_ratios(cells: ArrayLike, prior: float = PRIOR) -> Floats:
    """Donors x types, log2; ``cells``: donors x types, counts. ``prior`` cells are added to each, so that none is zero.

    Raises MethodError TOO_FEW_TYPES below three types: the log-ratios of two are one number twice.
    """
    counts = np.asarray(cells, float)
    if counts.shape[1] < MIN_TYPES:
        raise MethodError(
            f"{counts.shape[1]} cell types; {MIN_TYPES} are needed to tell which of them changes", code="TOO_FEW_TYPES"
        )
    logs = np.log2(counts + prior)
    return logs - logs.mean(axis=1, keepdims=True)


def common_types(cells: ArrayLike) -> NDArray[np.bool_]:
    """Types with a cell in half of the donors or more."""
    return (np.asarray(cells) > 0).mean(axis=0) >= 0.5
