"""Tables of differential expression as their authors gave them: columns found, genes named, bad rows in quarantine.

How numbers become a vector is defined in ``kg.match.tables.vector``, for these tables and for those that a lab sends
with its question.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.batch import Batch, Quarantined
from ingest.files.frames import Declared, broken, cells, need_columns, numbers, rows_where
from ingest.files.tokens import Genes, name_genes, quarantine
from ingest.manifest.blocks import Table
from ingest.study.groups import one_group
from kg.errors import ContractError, Issue
from kg.match.tables.vector import (
    LOOKS_CUT,
    REMEDY,
    Examined,
    TableContrast,
    common_fault,
    examine,
    looks_cut,
    table_contrast,
    used,
)
from kg.signatures.store import Floats
from kg.tables.numbers import DECLARE, EMPTY

_ROW = "\0row"


def read_table(spec: Table, frame: pd.DataFrame, path: Path, taxon: str, genes: Genes, batch: Batch) -> TableContrast:
    """One contrast of a table read by :func:`frames.read_frame`; rows are counted in the batch.

    Raises:
        ContractError: WRONG_COLUMNS, NO_ROWS, SEVERAL_GROUPS, DECIMAL_MARK, a conflict between columns, a rule that
        most rows break, or what
            tokens.name_genes raises.
    """
    columns = spec.columns
    assert columns is not None
    named = {k: v for k, v in columns.model_dump().items() if v is not None}
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
    values = {field: column[rows] for field, column in values.items()}
    n, before = len(frame), len(batch.quarantined)
    found, frame = _examined(values, frame, columns.gene, wanted, path, batch, cut=spec.cut is not None)
    if frame.empty:
        raise _nothing(path.name, n, batch.quarantined[before:])
    row = np.asarray(frame[_ROW], dtype=int)
    tokens = cells(frame, columns.gene)
    if split := spec.gene_split:
        parts = [token.split(split.sep) for token in tokens]
        tokens = np.array([p[split.take] if split.take < len(p) else "" for p in parts], dtype=str)
    ids = name_genes(tokens, taxon, genes, path, frame.drop(columns=_ROW), numbered=spec.gene_id == "entrez")
    quarantine(ids, batch, path.name, row, tokens)
    one_group(spec, frame.drop(columns=_ROW), ids.ids, path)
    cut = spec.cut.by if spec.cut else LOOKS_CUT if looks_cut(found.numbers) else ""
    made = table_contrast(
        found.numbers,
        ids.ids,
        agreed=found.agreed,
        names=named,
        sign=spec.sign,
        duplicates=spec.duplicates,
        unit=spec.level,
        cut=cut,
        universe=spec.cut.universe if spec.cut else "unknown",
    )
    for at in np.flatnonzero(made.refused):
        batch.quarantine(path.name, int(row[at]), "duplicated-gene", ids.ids[at], REMEDY["duplicated-gene"])
    if not len(made.genes):
        raise _nothing(path.name, n, batch.quarantined[before:])
    batch.accepted += int(((ids.rules == "") & ~made.refused).sum())
    return replace(made, flags=(*made.flags, *ids.reread))


def _nothing(file: str, n: int, rows: Sequence[Quarantined]) -> ContractError:
    """The error of a table of which no row can be used: by which rules, the commonest first."""
    rules = Counter(row.rule for row in rows).most_common()
    first = next(row for row in rows if row.rule == rules[0][0])
    found = (
        f"0 of {n} rows: {', '.join(f'{count} {rule}' for rule, count in rules)}; row {first.row} has {first.value!r}"
    )
    return broken("NO_USABLE_GENES", file, "a table has rows that can be used", found, first.remedy)


def declared(spec: Table) -> Declared:
    return Declared(spec.decimal, spec.thousands, f"{DECLARE} in `table:`")


def _examined(
    values: dict[str, Floats],
    frame: pd.DataFrame,
    gene: str,
    wanted: dict[str, str],
    path: Path,
    batch: Batch,
    *,
    cut: bool,
) -> tuple[Examined, pd.DataFrame]:
    """The rows whose numbers are in order; the others go to quarantine, each for its first fault. Raises ContractError
    where columns contradict each other, or most rows break one rule."""
    text = {field: cells(frame, column) for field, column in wanted.items()}
    found = examine(values, {field: np.isin(column, EMPTY) for field, column in text.items()}, cut=cut)
    if found.conflicts:
        genes, rows = cells(frame, gene).tolist(), frame[_ROW].tolist()
        issues = []
        for c in found.conflicts:
            rule, fix = c.words(wanted)
            issues.append(Issue(path.name, f"{c.code}: {rule}", c.found(found.whole, wanted, genes, rows), fix))
        raise ContractError(issues, code=found.conflicts[0].code)
    if common := common_fault(found.faults):
        rule, field, n = common
        at = int(np.flatnonzero(found.faults.rule == rule)[0])
        some = f"{n} of {len(frame)} rows, first {str(text[field][at])[:40]!r} in row {frame[_ROW].iloc[at]}"
        raise broken(
            rule, path.name, f"numbers of {wanted[field]!r} (columns.{field}) are in order", some, REMEDY[rule]
        )
    at_fault = np.array([text[c][at] if c else "" for at, c in enumerate(found.faults.column)], dtype=object)
    for row, name, value in _rows(frame, found.faults.rule, at_fault):
        batch.quarantine(path.name, row, name, value, REMEDY[name])
    return found, rows_where(frame, found.kept)


def _rows(frame: pd.DataFrame, rule: np.ndarray, value: np.ndarray) -> Iterator[tuple[int, str, str]]:
    for at in np.flatnonzero(rule != ""):
        yield int(frame[_ROW].iloc[at]), rule[at], value[at]
