"""Columns of a file of cells, with their most common values: the choices of a form."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ingest.draft.cells import ARMS, COLUMNS
from ingest.files.cells.contract_check import ORGANISM
from ingest.files.cells.matrix import as_codes, open_cells
from ingest.jobs.study import gene_id
from ingest.manifest.cell_blocks import Cells
from kg.jobs.child import Work

MOST_VALUES, MOST_COLUMNS = 30, 200


def run(work: Work) -> Mapping[str, Any]:
    """``columns``: for each column of obs, whether it is numeric, its number of distinct values, of cells without a
    value, and the most common values with their cell counts; ``suggested``: argument -> column, by commonly used
    names."""
    cells = open_cells(work.files["cells"], Cells.model_validate({"file": work.files["cells"].name}))
    names = list(map(str, cells.obs.columns))
    there = {name.lower(): name for name in reversed(names)}
    found = {
        "donor": next((name for name in COLUMNS["donor"] if name in names), ""),
        "type": next((name for name in COLUMNS["cell_type"] if name in names), ""),
        "condition": next((there[name] for name in ARMS if name in there), ""),
    }
    return {
        "cells": cells.n_cells,
        "genes": len(cells.genes),
        "counts_in": cells.layer,
        "gene_id": gene_id(cells),
        "organism": _only(cells.obs[ORGANISM]) if ORGANISM in cells.obs else cells.facts.get(ORGANISM, ""),
        "notes": list(cells.notes),
        "columns": [_column(name, cells.obs.iloc[:, at]) for at, name in enumerate(names[:MOST_COLUMNS])],
        "columns_left_out": max(0, len(names) - MOST_COLUMNS),
        "suggested": {argument: name for argument, name in found.items() if name},
    }


def _column(name: str, column: pd.Series) -> dict[str, Any]:
    codes, values = as_codes(column)
    texts = values[codes]
    named, count = np.unique(texts[texts != ""], return_counts=True)
    order = np.lexsort((named, -count))[:MOST_VALUES]
    return {
        "name": name,
        "numbers": bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)),
        "distinct": len(named),
        "missing": int((texts == "").sum()),
        "values": [{"value": str(named[at])[:200], "cells": int(count[at])} for at in order],
    }


def _only(column: pd.Series) -> str:
    values = sorted({*map(str, column.unique())})
    return values[0] if len(values) == 1 else ""
