"""A table of several groups of rows, one contrast each, such as Seurat's markers of all clusters: which column tells
them apart."""

from pathlib import Path

import numpy as np
import pandas as pd

from ingest.files.frames import Texts, broken, cells
from ingest.manifest.blocks import Table
from kg.errors import ContractError
from kg.signatures.store import Strings

NAMES = frozenset(
    (
        "cluster",
        "clusters",
        "group",
        "groups",
        "comparison",
        "contrast",
        "condition",
        "celltype",
        "cell_type",
        "cell.type",
        "subclass",
        "tissue",
        "region",
        "brain_region",
        "timepoint",
        "time",
        "age",
        "stage",
        "treatment",
        "sex",
        "model",
        "genotype",
        "strain",
        "dataset",
        "study",
        "cohort",
        "test",
        "level",
        "module",
    )
)
OF_CONTRASTS = frozenset(("comparison", "contrast"))
_SHARE = 0.5  # of rows that are of a gene with several, where the column bears no such name


def one_group(spec: Table, frame: pd.DataFrame, genes: Strings, path: Path) -> None:
    """``frame``: the rows that `where` selects; ``genes``: id of each, "" where it has none.

    Raises:
        ContractError: SEVERAL_GROUPS where every gene's rows differ in a column of few values: then they are of several
            contrasts, whatever `duplicates` says of probes.
    """
    known = np.flatnonzero(genes != "")
    _, of, count = np.unique(genes[known], return_inverse=True, return_counts=True)
    several = count[of] > 1
    assert spec.columns is not None
    if not several.any():
        _of_contrasts(spec, frame, known, path)
        return
    asked = set(spec.where) if spec.duplicates != "refuse" else set()
    used = {column for column in spec.columns.model_dump().values() if column} | asked
    rows, of = known[several], of[several]
    groups = {str(c): _groups(frame, str(c), rows, of) for c in frame if c not in used}
    found = {column: texts for column, texts in groups.items() if texts is not None}
    named = [column for column in found if column.lower().replace(" ", "_") in NAMES]
    for column in named or (found if several.mean() >= _SHARE else ()):
        raise _several(column, found[column], path)


def _of_contrasts(spec: Table, frame: pd.DataFrame, known: np.ndarray, path: Path) -> None:
    """Rows of a gene each that are of several contrasts, by a column of that name or by that of Seurat's
    FindAllMarkers."""
    assert spec.columns is not None
    there = {str(column) for column in frame}
    used = {column for column in spec.columns.model_dump().values() if column}
    names = {*OF_CONTRASTS, *(("cluster",) if "pct.1" in there else ())}
    for column in sorted(there - used):
        texts = cells(frame, column)[known]
        if column.lower() in names and len(set(texts) - {""}) > 1:
            raise _several(column, texts, path)


def _several(column: str, texts: Texts, path: Path) -> ContractError:
    values = list(dict.fromkeys(texts.tolist()))
    shown = ", ".join(map(repr, values[:12])) + (f" and {len(values) - 12} more" if len(values) > 12 else "")
    rule = "a table has one row per gene, or says in `where` which of its groups a contrast is of"
    fix = f"write one contrast a group, each with `where: {{{column}: {values[0]!r}}}`"
    return broken("SEVERAL_GROUPS", path.name, rule, f"{column!r} has {shown}", fix)


def _groups(frame: pd.DataFrame, column: str, rows: np.ndarray, of: np.ndarray) -> Texts | None:
    """Values of a column that tells the rows of each gene apart and has few, with many rows each; None for another
    column."""
    texts = cells(frame, column)[rows]
    names, code, count = np.unique(texts, return_inverse=True, return_counts=True)
    if len(names) < 2 or np.median(count) < 3 or 3 * len(names) > max(6, len(texts)):
        return None
    pairs = of.astype(np.int64) * len(names) + code
    return texts if len(np.unique(pairs)) == len(pairs) else None
