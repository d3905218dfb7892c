"""The extended results of MapMyCells (cell_type_mapper, JSON) as a table of cells; its CSV needs no conversion."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from ingest.files.frames import broken

_FIX = "name the extended results of MapMyCells, or its CSV"


def read_assignments(path: Path) -> pd.DataFrame:
    """One row per cell, indexed by it: ``<level>_label``, ``<level>_name`` and ``<level>_bootstrapping_probability`` of
    each level by its readable name, as in its CSV, all as text.

    Raises:
        ContractError: ASSIGNMENTS_LAYOUT, DUPLICATE_CELLS.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        tree: dict[str, Any] = held.get("taxonomy_tree", {})
        rows = {str(each["cell_id"]): _row(each, tree) for each in held["results"]}
        many = len(held["results"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        rule = "a JSON table of cells has the layout of MapMyCells' results: results, each with cell_id and levels"
        raise broken("ASSIGNMENTS_LAYOUT", path.name, rule, f"{type(error).__name__} {error}"[:200], _FIX) from error
    if not rows or len(rows) < many:
        found = f"{many} rows of {len(rows)} cells"
        raise broken(
            "DUPLICATE_CELLS", path.name, "there is exactly one row per cell, and at least one cell", found, _FIX
        )
    made = pd.DataFrame.from_dict(rows, orient="index").fillna("").astype("category")
    made.index.name = "cell"
    return made


def _row(cell: dict[str, Any], tree: dict[str, Any]) -> dict[str, str]:
    readable, names = tree.get("hierarchy_mapper", {}), tree.get("name_mapper", {})
    made: dict[str, str] = {}
    for level, given in cell.items():
        if isinstance(given, dict):
            label, called = str(given["assignment"]), str(readable.get(level, level))
            made[f"{called}_label"] = label
            made[f"{called}_name"] = str(names.get(level, {}).get(label, {}).get("name", label))
            made[f"{called}_bootstrapping_probability"] = str(given["bootstrapping_probability"])
    return made
