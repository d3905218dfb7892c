"""Tables of differential expression as their authors gave them: columns found, genes named, bad rows in quarantine.

What the numbers become is ``kg.match.table``'s to say, for these tables and for those that a lab sends with its question.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.batch import Batch
from ingest.blocks import Table
from ingest.source.frames import Declared, broken, cells, need_columns, numbers, rows_where
from ingest.source.tokens import Genes, name_genes, quarantine
from kg.match.table import REMEDY, TableContrast, common_fault, faults, table_contrast, used
from kg.signatures import Floats
from kg.tables.numbers import DECLARE, EMPTY

_ROW = "\0row"


def read_table(spec: Table, frame: pd.DataFrame, path: Path, taxon: str, genes: Genes, batch: Batch) -> TableContrast:
    """One contrast of a table read by :func:`frames.read_frame`; rows are counted in the batch.

    Raises:
        ContractError: WRONG_COLUMNS, NO_ROWS, DECIMAL_MARK, a rule that most rows break, or what tokens.name_genes raises.
    """
    columns = spec.columns
    assert columns is not None
    named = {k: v for k, v in columns.model_dump().items() if v}
    need_columns(frame, {f"columns.{k}": v for k, v in named.items()} | {f"where.{k}": k for k in spec.where}, path)
    wanted = {field: named[field] for field in used((k for k in named if k != "gene"), spec.duplicates)}
    # Of the whole file, since other rows than those of this contrast may tell its decimal mark.
    values = numbers(frame, wanted, path, declared(spec))
    rows = np.arange(len(frame))
    for column, allowed in spec.where.items():
        there = sorted(set(frame[column].iloc[rows]))[:20]
        rows = rows[np.isin(cells(frame, column)[rows], allowed)]
        if not len(rows):
            fix = f"the column has {', '.join(map(repr, there))}"
            raise broken("NO_ROWS", path.name, f"where {column} is one of {allowed} selects rows", "0 rows", fix)
    batch.read += len(rows)
    frame = frame.assign(**{_ROW: np.arange(1, len(frame) + 1)}).iloc[rows]
    values, frame = _in_order({field: column[rows] for field, column in values.items()}, frame, wanted, path, batch)
    row = np.asarray(frame[_ROW], dtype=int)
    tokens = cells(frame, columns.gene)
    if split := spec.gene_split:
        parts = [token.split(split.sep) for token in tokens]
        tokens = np.array([p[split.take] if split.take < len(p) else "" for p in parts], dtype=str)
    ids = name_genes(tokens, taxon, genes, path)
    quarantine(ids, batch, path.name, row, tokens)
    cut = spec.cut
    made = table_contrast(
        values, ids.ids, sign=spec.sign, duplicates=spec.duplicates, unit=spec.level, cut=cut.by if cut else "",
        universe=cut.universe if cut else "unknown",
    )  # fmt: skip
    for at in np.flatnonzero(made.refused):
        batch.quarantine(path.name, int(row[at]), "duplicated-gene", ids.ids[at], REMEDY["duplicated-gene"])
    batch.accepted += int(((ids.rules == "") & ~made.refused).sum())
    return made


def declared(spec: Table) -> Declared:
    return Declared(spec.decimal, spec.thousands, f"{DECLARE} in `table:`")


def _in_order(
    values: dict[str, Floats], frame: pd.DataFrame, wanted: dict[str, str], path: Path, batch: Batch
) -> tuple[dict[str, Floats], pd.DataFrame]:
    """The rows whose numbers are in order; the others go to quarantine, each for its first fault."""
    text = {field: cells(frame, column) for field, column in wanted.items()}
    found = faults(values, {field: np.isin(column, EMPTY) for field, column in text.items()})
    if common := common_fault(found):
        rule, field, n = common
        at = int(np.flatnonzero(found.rule == rule)[0])
        some = f"{n} of {len(frame)} rows, first {str(text[field][at])[:40]!r} in row {frame[_ROW].iloc[at]}"
        raise broken(rule, path.name, f"numbers of {wanted[field]!r} (columns.{field}) are in order", some, REMEDY[rule])
    at_fault = np.array([text[c][at] if c else "" for at, c in enumerate(found.column)], dtype=object)
    for row, name, value in _rows(frame, found.rule, at_fault):
        batch.quarantine(path.name, row, name, value, REMEDY[name])
    kept = found.rule == ""
    if not kept.any():
        rules = ", ".join(sorted(set(found.rule)))
        raise broken("NO_ROWS", path.name, "some rows have the numbers of a contrast", f"{rules} in each", "check `columns`")
    values = {k: v[kept] for k, v in values.items()}
    if "minus" in values:
        values["effect"] = values["effect"] - values.pop("minus")
    return values, rows_where(frame, kept)


def _rows(frame: pd.DataFrame, rule: np.ndarray, value: np.ndarray) -> Iterator[tuple[int, str, str]]:
    for at in np.flatnonzero(rule != ""):
        yield int(frame[_ROW].iloc[at]), rule[at], value[at]
