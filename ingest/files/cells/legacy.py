"""AnnData before 0.7 kept its tables as compound arrays, and the categories of a column in ``uns``."""

from typing import Any

import numpy as np
import pandas as pd


def legacy_frame(item: Any, group: Any) -> pd.DataFrame:
    """``obs`` or ``var`` of such a file; the first field is the index. Only texts are decoded."""
    rows, uns = item[:], group.get("uns", {})
    names = list(rows.dtype.names)
    made: dict[str, Any] = {}
    for name in names[1:]:
        values = _texts(rows[name])
        if (key := f"{name}_categories") in uns and values.dtype.kind in "iu":
            values = pd.Categorical.from_codes(values.tolist(), dtype=pd.CategoricalDtype(list(_texts(uns[key][:]))))
        made[name] = values
    return pd.DataFrame(made, index=pd.Index(_texts(rows[names[0]]), name=names[0]))


def _texts(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "SO":
        return values
    return np.array([v.decode() if isinstance(v, bytes) else v for v in values], dtype=object)
