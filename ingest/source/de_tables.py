"""Tables of differential expression: one number a gene in units of its own noise, from what the authors gave.

In this order: a Wald z; effect and standard error; p with the sign of the effect; FDR, where the Benjamini-Hochberg
procedure is turned round (p = FDR x rank / tests). A p below 1e-15 is taken as 1e-15, since tables round there.
A table with effects only, a table of cells, and a cut table have no unit noise to scale a reference to: noise ``none``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from ingest.batch import Batch
from ingest.manifest import Columns, Table
from ingest.source.frames import as_numbers, broken, cells, need_columns, rows_where
from ingest.source.tokens import Genes, name_genes
from kg.signatures import Floats, Noise, Strings

SMALLEST_P = 1e-15
_ROW = "\0row"
_EMPTY = ("", "NA", "nan", "NaN", "NULL", "None", "-")
_REMEDY = {
    "missing-value": "the authors give no value for this gene; nothing to do",
    "not-a-number": "write a number with a point as decimal mark",
    "not-finite": "infinite effects come from dividing by zero; give a shrunken estimate, or leave the row out",
    "p-range": "p and FDR lie between 0 and 1; check which column is which",
    "se-range": "a standard error is above 0",
    "duplicated-gene": "several rows of one gene; declare `duplicates: smallest_p`, highest_mean or mean",
}


@dataclass(frozen=True)
class TableRead:
    """Arrays over genes, sorted by Ensembl id without prefix. ``p`` is nan where not stated or implied."""

    genes: Strings
    vector: Floats
    effect: Floats
    p: Floats
    fdr: Floats
    basis: str
    noise: Noise
    reason: str


def read_table(spec: Table, frame: pd.DataFrame, path: Path, taxon: str, genes: Genes, batch: Batch) -> TableRead:
    """One contrast of a table read by :func:`frames.read_frame`; rows are counted in the batch.

    Raises:
        ContractError: WRONG_COLUMNS, NO_ROWS, or what tokens.name_genes raises.
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
    numbers, frame = _numbers(frame, columns, path.name, batch)
    vector, p, basis = _vector(numbers, spec.sign)
    row, unstated = np.asarray(frame[_ROW], dtype=int), np.full(len(frame), np.nan)
    tokens = cells(frame, columns.gene)
    if split := spec.gene_split:
        parts = [token.split(split.sep) for token in tokens]
        tokens = np.array([p[split.take] if split.take < len(p) else "" for p in parts], dtype=str)
    ids = name_genes(tokens, taxon, genes, path)
    ids.quarantine(batch, path.name, row, tokens)
    rows = pd.DataFrame({
        "gene": ids.ids, "row": row, "vector": vector, "effect": spec.sign * numbers["effect"], "p": p,
        "fdr": numbers.get("fdr", unstated), "mean": numbers.get("mean", unstated),
    })  # fmt: skip
    rows = _one_row_a_gene(rows_where(rows, ids.rules == ""), spec, path.name, batch).sort_values("gene")
    noise, reason = _noise(spec, basis)
    vector, effect, p, fdr = (np.asarray(rows[c], dtype=float) for c in ("vector", "effect", "p", "fdr"))
    return TableRead(np.asarray(rows["gene"], dtype=str), vector, effect, p, fdr, basis, noise, reason)


def _numbers(frame: pd.DataFrame, columns: Columns, file: str, batch: Batch) -> tuple[dict[str, Floats], pd.DataFrame]:
    """Numeric columns of the rows whose numbers are in order; the others go to quarantine, each for its first fault.

    What the vector does not stand on (an FDR beside a p, say, which DESeq2 leaves out for weak genes) may be empty: nan.
    """
    basis = next((field for field in ("z", "se", "p", "fdr") if getattr(columns, field)), "effect")
    wanted = {k: v for k, v in columns.model_dump().items() if v and k != "gene"}
    rule = np.full(len(frame), "", dtype=object)
    at_fault = np.full(len(frame), "", dtype=object)
    values: dict[str, Floats] = {}

    def fault(mask: np.ndarray, name: str, column: str) -> None:
        new = mask & (rule == "")
        rule[new], at_fault[new] = name, cells(frame, column)[new]

    for field, column in wanted.items():
        text = cells(frame, column)
        number = as_numbers(text)
        values[field] = number
        empty = np.isin(text, _EMPTY)
        if field in (basis, "effect", "minus"):
            fault(empty, "missing-value", column)
        fault(np.isnan(number) & ~empty, "not-a-number", column)
        fault(np.isinf(number), "not-finite", column)
        if field in ("p", "fdr"):
            fault((number < 0) | (number > 1), "p-range", column)
        if field == "se":
            fault(number <= 0, "se-range", column)
    for row, name, value in _rows(frame, rule, at_fault):
        batch.quarantine(file, row, name, value, _REMEDY[name])
    kept = rule == ""
    values = {k: v[kept] for k, v in values.items()}
    if "minus" in values:
        values["effect"] = values["effect"] - values.pop("minus")
    return values, rows_where(frame, kept)


def _rows(frame: pd.DataFrame, rule: np.ndarray, value: np.ndarray) -> Iterator[tuple[int, str, str]]:
    for at in np.flatnonzero(rule != ""):
        yield int(frame[_ROW].iloc[at]), rule[at], value[at]


def _vector(numbers: dict[str, Floats], sign: int) -> tuple[Floats, Floats, str]:
    """Vector, two-sided p and the basis on which the vector stands."""
    effect = numbers["effect"]
    unstated = np.full(len(effect), np.nan)
    stated = numbers.get("p", unstated)
    if "z" in numbers:
        return sign * numbers["z"], _or(stated, 2 * stats.norm.sf(np.abs(numbers["z"]))), "z"
    if "se" in numbers:
        z = effect / numbers["se"]
        return sign * z, _or(stated, 2 * stats.norm.sf(np.abs(z))), "effect and standard error"
    if "p" in numbers:
        return sign * _from_p(effect, stated), stated, "p"
    if "fdr" in numbers:
        fdr = numbers["fdr"]
        p = np.clip(fdr * stats.rankdata(fdr, method="max") / max(len(fdr), 1), 0, 1)
        return sign * _from_p(effect, p), p, "FDR, turned round to p"
    return sign * effect, unstated, "effect only"


def _or(stated: Floats, implied: Floats) -> Floats:
    return np.where(np.isnan(stated), implied, stated)


def _from_p(effect: Floats, p: Floats) -> Floats:
    return np.sign(effect) * stats.norm.isf(np.clip(p, SMALLEST_P, 1) / 2)


def _one_row_a_gene(rows: pd.DataFrame, spec: Table, file: str, batch: Batch) -> pd.DataFrame:
    """Collapse by the declared rule. Collapsed rows are accepted; only refused ones are quarantined."""
    if spec.duplicates == "refuse":
        twice = rows.duplicated("gene", keep=False).to_numpy()
        for at in np.flatnonzero(twice):
            row, gene = int(rows["row"].iloc[at]), rows["gene"].iloc[at]
            batch.quarantine(file, row, "duplicated-gene", gene, _REMEDY["duplicated-gene"])
        rows = rows_where(rows, ~twice)
    batch.accepted += len(rows)
    if spec.duplicates == "mean":
        return rows.groupby("gene").mean().reset_index()
    if spec.duplicates in ("smallest_p", "highest_mean"):
        by, up = ("p", True) if spec.duplicates == "smallest_p" else ("mean", False)
        rows = rows.sort_values([by, "row"], ascending=[up, True], kind="stable")
    return rows.drop_duplicates("gene")


def _noise(spec: Table, basis: str) -> tuple[Noise, str]:
    if spec.level == "cell":
        return (
            "none",
            "its p-values take cells as replicates; donor-level counts of the same study would make it testable",
        )
    if basis == "effect only":
        return "none", "effects without standard error or p; a table with either would make it testable"
    if spec.cut is not None:
        universe = "a known" if spec.cut.universe == "known" else "an unknown"
        return (
            "none",
            f"the table is cut ({spec.cut.by}) from {universe} universe; the table of all tested genes would make it testable",
        )
    return "table", ""
