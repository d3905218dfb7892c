"""Tables of differential expression as their authors gave them: columns found, genes named, bad rows in quarantine.

What the numbers become is ``kg.match.table``'s to say, for these tables and for those that a lab sends with its question.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.batch import Batch, Quarantined
from ingest.blocks import Columns, Table
from ingest.source.frames import as_numbers, broken, cells, need_columns, rows_where
from ingest.source.tokens import Genes, name_genes, quarantine
from kg.errors import ContractError, Issue
from kg.match.table import REMEDY, Examined, TableContrast, examine, table_contrast

_ROW = "\0row"
_EMPTY = ("", "NA", "nan", "NaN", "NULL", "None", "-")


def read_table(spec: Table, frame: pd.DataFrame, path: Path, taxon: str, genes: Genes, batch: Batch) -> TableContrast:
    """One contrast of a table read by :func:`frames.read_frame`; rows are counted in the batch.

    Raises:
        ContractError: WRONG_COLUMNS, NO_ROWS, a conflict between columns, or what tokens.name_genes raises.
    """
    columns = spec.columns
    assert columns is not None
    named = {k: v for k, v in columns.model_dump().items() if v}
    need_columns(frame, {f"columns.{k}": v for k, v in named.items()} | {f"where.{k}": k for k in spec.where}, path)
    frame = frame.assign(**{_ROW: np.arange(1, len(frame) + 1)})
    for column, values in spec.where.items():
        there = sorted(set(frame[column]))[:20]
        frame = rows_where(frame, np.isin(cells(frame, column), values))
        if frame.empty:
            fix = f"the column has {', '.join(map(repr, there))}"
            raise broken("NO_ROWS", path.name, f"where {column} is one of {values} selects rows", "0 rows", fix)
    batch.read += len(frame)
    n, before = len(frame), len(batch.quarantined)
    found, frame = _examined(frame, columns, path.name, batch, cut=spec.cut is not None)
    if frame.empty:
        raise _nothing(path.name, n, batch.quarantined[before:])
    row = np.asarray(frame[_ROW], dtype=int)
    tokens = cells(frame, columns.gene)
    if split := spec.gene_split:
        parts = [token.split(split.sep) for token in tokens]
        tokens = np.array([p[split.take] if split.take < len(p) else "" for p in parts], dtype=str)
    ids = name_genes(tokens, taxon, genes, path)
    quarantine(ids, batch, path.name, row, tokens)
    cut = spec.cut
    made = table_contrast(
        found.numbers, ids.ids, agreed=found.agreed, names=named, sign=spec.sign, duplicates=spec.duplicates, unit=spec.level,
        cut=cut.by if cut else "", universe=cut.universe if cut else "unknown",
    )  # fmt: skip
    for at in np.flatnonzero(made.refused):
        batch.quarantine(path.name, int(row[at]), "duplicated-gene", ids.ids[at], REMEDY["duplicated-gene"])
    if not len(made.genes):
        raise _nothing(path.name, n, batch.quarantined[before:])
    batch.accepted += int(((ids.rules == "") & ~made.refused).sum())
    return made


def _nothing(file: str, n: int, rows: Sequence[Quarantined]) -> ContractError:
    """The error of a table of which no row can be used: by which rules, the commonest first."""
    rules = Counter(row.rule for row in rows).most_common()
    first = next(row for row in rows if row.rule == rules[0][0])
    found = f"0 of {n} rows: {', '.join(f'{count} {rule}' for rule, count in rules)}; row {first.row} has {first.value!r}"
    comma = re.fullmatch(r"[-+]?\d+,\d+(e[-+]?\d+)?", first.value, re.IGNORECASE)
    fix = "write decimal points in place of decimal commas (1.5, not 1,5)" if comma else first.remedy
    return broken("NO_USABLE_GENES", file, "a table has rows that can be used", found, fix)


def _examined(
    frame: pd.DataFrame, columns: Columns, file: str, batch: Batch, *, cut: bool
) -> tuple[Examined, pd.DataFrame]:
    """The rows whose numbers are in order; the others go to quarantine, each for its first fault. Raises ContractError
    where columns contradict each other."""
    wanted = {k: v for k, v in columns.model_dump().items() if v and k != "gene"}
    text = {field: cells(frame, column) for field, column in wanted.items()}
    values = {field: as_numbers(column) for field, column in text.items()}
    found = examine(values, {field: np.isin(column, _EMPTY) for field, column in text.items()}, cut=cut)
    if found.conflicts:
        genes, rows = cells(frame, columns.gene).tolist(), frame[_ROW].tolist()
        issues = []
        for c in found.conflicts:
            rule, fix = c.words(wanted)
            issues.append(Issue(file, f"{c.code}: {rule}", c.found(found.whole, wanted, genes, rows), fix))
        raise ContractError(issues, code=found.conflicts[0].code)
    at_fault = np.array([text[c][at] if c else "" for at, c in enumerate(found.faults.column)], dtype=object)
    for row, name, value in _rows(frame, found.faults.rule, at_fault):
        batch.quarantine(file, row, name, value, REMEDY[name])
    return found, rows_where(frame, found.kept)


def _rows(frame: pd.DataFrame, rule: np.ndarray, value: np.ndarray) -> Iterator[tuple[int, str, str]]:
    for at in np.flatnonzero(rule != ""):
        yield int(frame[_ROW].iloc[at]), rule[at], value[at]
