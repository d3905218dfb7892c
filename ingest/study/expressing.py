"""Means over the cells that express a gene become means over all cells.

Tools that summarise clusters often give the two apart: how strongly the cells with any count express a gene, and what
part of the cells that is. Of the first alone, a gene that 1% of the cells of one state and 78% of another's express
hardly differs; the mean over all cells is the product.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ingest.files.frames import Declared, broken, need_columns, numbers
from ingest.manifest.blocks import Columns


def over_all_cells(
    frame: pd.DataFrame,
    path: Path,
    share: pd.DataFrame,
    share_path: Path,
    columns: Columns,
    declared: Declared | None = None,
) -> pd.DataFrame:
    """``frame`` (means over expressing cells) with ``effect`` and ``minus`` times the share of cells that express.

    ``share``: percent, 0 to 100, in columns of the same names; rows are joined by the gene column. A gene that has no
    row there, or several, gets an empty value, which the table's own rules quarantine.

    Raises:
        ContractError: WRONG_COLUMNS, or SHARE_RANGE for a share that is no percentage.
    """
    wanted = {name: column for name in ("effect", "minus") if (column := getattr(columns, name))}
    for table, of in ((frame, path), (share, share_path)):
        need_columns(table, {"columns.gene": columns.gene} | {f"columns.{k}": v for k, v in wanted.items()}, of)
    known = share[~share.duplicated(columns.gene, keep=False)].set_index(columns.gene)
    made, marks = frame.copy(), declared.marks() if declared else None
    shares, means = (numbers(table, wanted, of, declared) for table, of in ((share, share_path), (frame, path)))
    for name, column in wanted.items():
        percent = shares[name][~share.duplicated(columns.gene, keep=False)]
        if (wrong := ~((percent >= 0) & (percent <= 100))).any():
            at = int(np.flatnonzero(wrong)[0])
            found = f"{known[column].iloc[at]!r} for {known.index[at]}"
            fix = "give the percentage of cells that express the gene"
            raise broken("SHARE_RANGE", share_path.name, f"{column} lies between 0 and 100", found, fix)
        part = pd.Series(percent / 100, known.index).reindex(made[columns.gene]).to_numpy()
        mean = means[name]
        # A mean that is not a number stays as it was written, for quarantine to quote.
        made[column] = np.where(
            np.isfinite(mean),
            np.where(
                np.isnan(part), "", [repr(float(v)).replace(".", marks.decimal if marks else ".") for v in mean * part]
            ),
            made[column],
        )
    return made
