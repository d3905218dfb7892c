"""Counts of samples with a sheet: expression of donors, from which contrast, vector and noise factor are made.

Samples outside the sheet's selection are left out and named. How counts become expression is defined in
``kg.match.counts``, for these studies and for those that a lab sends with its question.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.files.frames import Declared, broken, cells, need_columns, numbers, read_frame, rows_where
from ingest.files.tokens import Genes, name_genes, quarantine, told
from ingest.manifest.blocks import Counts, Rows
from ingest.study.incomplete import REMEDY, Incomplete
from kg.errors import ContractError, Issue
from kg.match.counts import DonorExpression, alike_doubts, alike_faults, donor_expression, scale_faults
from kg.match.replicates import Alike, alike
from kg.names.placeholders import is_name, is_summary, no_names
from kg.signatures.store import Floats, Strings
from kg.tables.numbers import DECLARE

_NAMED = (
    "sample_column",
    "replicate_column",
    "pooled_column",
    "sex_column",
    "age_column",
    "region_column",
    "strain_column",
    "batch",
)


@dataclass(frozen=True)
class Expression:
    """``values``: donors x genes, log2, and ``counts`` before the logarithm; ``genes``: sorted Ensembl ids without
    prefix;
    ``sheet``: one row per donor, indexed by its name; ``left_out``: samples not used, each with the reason;
    ``measured``:
    genes before the filter; ``doubts``: whether its donors are what they say. ``incomplete``: rows of the matrix where
    some lack a value; values are nan there.
    ``lacking``: what :meth:`within` left out, in words."""

    genes: Strings
    values: Floats
    counts: Floats
    sheet: pd.DataFrame
    left_out: tuple[str, ...]
    measured: int
    doubts: tuple[str, ...] = ()
    incomplete: Incomplete | None = None
    spec: Counts | None = None
    lacking: str = ""

    def within(self, donors: NDArray[np.bool_], where: str) -> "Expression":
        """The same over the genes that have a value in every sample of these donors (mask of the sheet's rows); values
        of other donors may be nan. Raises ContractError NO_USABLE_GENES where they share none."""
        if self.incomplete is None or self.spec is None:
            return self
        names = self.sheet.index.to_numpy(str)[donors]
        rows, told = self.incomplete.complete(names), self.incomplete.told(names)
        if not told:
            return self
        made = self.incomplete
        own = _expressed(self.spec, made.table[rows], made.genes[rows], made.samples, made.donors)
        if not len(own.genes):
            fix = "take out the samples that lack them, or write 0 where nothing was seen"
            raise broken(
                "NO_USABLE_GENES", where, "its samples have genes in common that they express", f"none: {told}", fix
            )
        doubts = _told_apart(self.spec, alike(own.counts[donors].T, self.spec.scale), own.donors[donors])
        return replace(
            self,
            genes=own.genes,
            values=own.values,
            counts=own.counts,
            measured=own.measured,
            lacking=told,
            doubts=tuple(dict.fromkeys((*self.doubts, *doubts))),
        )


def read_counts(
    spec: Counts, matrix: Path, samples: Path, taxon: str, genes: Genes, batch: Batch, keep: list[str] | None = None
) -> Expression:
    """Read a matrix and its sheet; rows of the matrix (genes) are counted in the batch. ``keep``: words that name a
    donor here, as ``kg.names.placeholders`` has it.

    Raises:
        ContractError: ALIKE_SAMPLES, SAMPLE_MISMATCH, NEGATIVE_COUNTS, FRACTIONAL_COUNTS, BAD_RECODE, WRONG_COLUMNS, or
        a broken file.
    """
    sheet = _sheet(spec, samples)
    frame = read_frame(matrix, spec.sep, spec.encoding)
    gene_column = spec.gene_column if spec.gene_column is not None else str(frame.columns[0])
    need_columns(frame, {"counts.gene_column": gene_column}, matrix)
    names = [str(c) for c in frame.columns if c != gene_column and c not in spec.ignore_columns]
    _same_samples(names, list(sheet.index), matrix, samples)
    batch.read += len(frame)
    declared = Declared(spec.decimal, spec.thousands, f"{DECLARE} in `counts:`")
    read, tokens = numbers(frame, {name: name for name in names}, matrix, declared), cells(frame, gene_column)
    values = np.column_stack([read[name] for name in names])
    _check_scale(spec, values, tokens, matrix)
    some = np.isfinite(values).any(axis=1)
    if not some.any():
        text = str(cells(frame, names[0])[0])
        fix = "check counts.sep, gene_column and ignore_columns"
        raise broken(
            "NO_USABLE_GENES",
            matrix.name,
            "rows hold numbers",
            f"none of {len(frame)} rows; {tokens[0]} in {names[0]} is {text!r}",
            fix,
        )
    rows = np.arange(1, len(frame) + 1)
    for at in np.flatnonzero(~some):
        batch.quarantine(matrix.name, int(rows[at]), "not-finite", f"{tokens[at]} in {names[0]}", REMEDY)
    ids = name_genes(tokens[some], taxon, genes, matrix, frame, "counts.gene_column")
    told(ids, batch, matrix.name)
    quarantine(ids, batch, matrix.name, rows[some], tokens[some])
    taken = ids.rules == ""
    batch.accepted += int(taken.sum())
    of_genes = ~np.array([is_summary(str(token)) for token in tokens], dtype=bool)
    ids_of_rows, size = ids.ids[taken].astype(str), dict(zip(names, np.nansum(values[of_genes], axis=0), strict=True))
    order = [names.index(sample) for sample in sheet.index]
    held = Incomplete(
        values[some][taken][:, order],
        ids_of_rows,
        np.empty(0, str),
        sheet.index.to_numpy(str),
        rows[some][taken],
        tokens[some][taken],
        matrix.name,
        len(frame),
    )
    return _donors(spec, held, sheet, size, keep or [])


def _sheet(spec: Counts, path: Path) -> pd.DataFrame:
    sheet = read_frame(path, None, spec.encoding)
    sheet = sheet.apply(lambda column: column.str.strip())
    named = {f"counts.{k}": v for k in _NAMED if (v := getattr(spec, k)) is not None}
    need_columns(sheet, named | {f"counts.recode.{r.name}": r.column for r in spec.recode}, path)
    for rule in spec.recode:
        if unknown := sorted(set(sheet[rule.column]) - set(rule.values)):
            fix = "map every value of the column"
            raise broken("BAD_RECODE", path.name, f"recode {rule.name} maps all of {rule.column}", unknown, fix)
        sheet[rule.name] = [rule.values[value] for value in sheet[rule.column]]
    return sheet.set_index(spec.sample_column)


def _same_samples(matrix: list[str], sheet: list[str], matrix_path: Path, sheet_path: Path) -> None:
    issues = []
    if twice := sorted({s for s in sheet if sheet.count(s) > 1}):
        issues.append(
            Issue(sheet_path.name, "SAMPLE_MISMATCH: a sample has one row", str(twice[:5]), "remove the double")
        )
    if alone := [s for s in matrix if s not in set(sheet)]:
        fix = f"add them to {sheet_path.name}, or list them in counts.ignore_columns"
        issues.append(
            Issue(matrix_path.name, "SAMPLE_MISMATCH: every column is in the sheet", f"{len(alone)}: {alone[:5]}", fix)
        )
    if absent := [s for s in sheet if s not in set(matrix)]:
        fix = f"remove them from the sheet, or add their columns to {matrix_path.name}"
        issues.append(
            Issue(sheet_path.name, "SAMPLE_MISMATCH: every row has a column", f"{len(absent)}: {absent[:5]}", fix)
        )
    if issues:
        raise ContractError(issues, code="SAMPLE_MISMATCH")


def _check_scale(spec: Counts, values: Floats, tokens: np.ndarray, path: Path) -> None:
    for fault in scale_faults(values, tokens, spec.scale):
        raise broken(fault.code, path.name, fault.rule, fault.found, fault.fix)


def _donors(spec: Counts, held: Incomplete, sheet: pd.DataFrame, size: dict[str, float], keep: list[str]) -> Expression:
    table = held.table
    of = cells(sheet, spec.replicate_column) if spec.replicate_column else sheet.index.to_numpy(str)
    none = no_names(map(str, of), keep) if spec.replicate_column else {str(d) for d in of if not is_name(str(d), keep)}
    nobody = np.isin(of, list(none))
    left_out = [f"{s}: {str(d)!r} is no donor" for s, d in zip(sheet.index[nobody], of[nobody], strict=True)]
    if nobody.all():
        fix = "correct the column; words that name donors here go into `keep:`"
        raise broken("NO_DONORS", spec.samples, "samples belong to donors", left_out[:5], fix)
    table, sheet = table[:, ~nobody], rows_where(sheet, ~nobody)
    if spec.keep is not None:
        least = spec.keep.total_counts
        low = np.array([size[s] < least for s in sheet.index], dtype=bool)
        left_out += [f"{s}: {size[s]:.0f} counts, below {least}" for s in sheet.index[low]]
        table, sheet = table[:, ~low], rows_where(sheet, ~low)
    if spec.scale != "log2" and (silent := np.nansum(table, axis=0) == 0).any():
        left_out += [f"{s}: no counts of any gene" for s in sheet.index[silent]]
        table, sheet = table[:, ~silent], rows_where(sheet, ~silent)
    of = cells(sheet, spec.replicate_column) if spec.replicate_column else sheet.index.to_numpy(str)
    held = replace(held, table=table, donors=of, samples=sheet.index.to_numpy(str))
    made = _expressed(spec, table, held.genes, held.samples, of)
    if not len(made.genes):
        rule = f"genes have {spec.min_count} counts in more than {spec.min_share:.0%} of the samples"
        raise broken("NOT_EXPRESSED", spec.matrix, rule, "no gene", "lower min_count for shallow libraries")
    if spec.scale != "log2" and (silent := np.nansum(made.counts, axis=1) == 0).any():
        found = ", ".join(made.donors[silent][:5])
        raise broken(
            "EMPTY_SAMPLE",
            spec.matrix,
            "samples have counts of the genes that are expressed",
            found,
            "leave them out of the sheet",
        )
    left_out += [
        f"{sheet.index[a]}: a copy of {sheet.index[b]}, of the same {spec.replicate_column}"
        for a, b in made.once.items()
    ]
    doubts = _told_apart(spec, made.alike, made.donors)
    sheet = sheet.take(made.first).set_axis(pd.Index(made.donors, name=spec.replicate_column or spec.sample_column))
    lacks = None if np.isfinite(table).all() else held
    return Expression(
        made.genes, made.values, made.counts, sheet, tuple(left_out), made.measured, tuple(doubts), lacks, spec
    )


def _told_apart(spec: Counts, found: Alike, donors: Strings) -> list[str]:
    """Doubts whether donors are what they say. Raises ContractError ALIKE_SAMPLES where some are not."""
    column = spec.replicate_column
    fix = (
        f"correct {column} in {spec.samples}"
        if column
        else "name the sheet's column of animals or persons in counts.replicate_column"
    )
    for fault in alike_faults(found, donors, fix):
        raise broken(fault.code, spec.matrix, fault.rule, fault.found, fault.fix)
    return alike_doubts(found, donors)


def _expressed(spec: Counts, table: Floats, genes: Strings, samples: Strings, donors: Strings) -> DonorExpression:
    return donor_expression(
        table,
        genes,
        samples,
        donors if spec.replicate_column else None,
        spec.scale,
        min_count=spec.min_count,
        min_share=spec.min_share,
    )


def select(sheet: pd.DataFrame, rows: Rows, where: str, *, may_be_empty: bool = False) -> np.ndarray:
    """Mask of the sheet's rows. Raises ContractError WRONG_COLUMNS or EMPTY_ARM."""
    mask = np.ones(len(sheet), bool)
    for column, values in rows.items():
        if column not in sheet:
            there = f"the columns are {', '.join(map(repr, sheet.columns))}"
            raise broken("WRONG_COLUMNS", where, "arms are defined by columns of the sheet", repr(column), there)
        mask &= sheet[column].isin(values).to_numpy()
    if not mask.any() and not may_be_empty:
        columns = {c: sorted(set(sheet[c]))[:10] for c in rows}
        raise broken("EMPTY_ARM", where, f"{rows} selects samples", "none", f"the sheet has {columns}")
    return mask
