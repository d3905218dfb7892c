"""What a table shows of itself: its genes, what its columns are, its groups, its decimal mark, and whether it holds
counts."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.files.frames import broken, cells
from kg.errors import ContractError
from kg.match.tables.vector import examine, looks_cut
from kg.names.gene_spelling import bare, genome, is_stable
from kg.names.species import SPECIES
from kg.tables.lab_table import find_columns, find_genes, rivals
from kg.tables.numbers import EMPTY, Declared, Floats, decimal_of, read_numbers
from kg.tables.reading import read_told

_GROUPS = (
    "celltype",
    "cell_type",
    "cell type",
    "cluster",
    "subclass",
    "comparison",
    "contrast",
    "group",
    "condition",
    "timepoint",
)
_NO_SAMPLE = {
    "chr",
    "chrom",
    "chromosome",
    "start",
    "end",
    "strand",
    "length",
    "width",
    "entrezgene",
    "entrez",
    "entrezid",
}
_MOST_GROUPS, _FEWEST_SAMPLES = 200, 3


@dataclass(frozen=True)
class Sniffed:
    """What the file shows of itself; None where it does not. ``columns``: what is what; ``rivals``: what -> the columns
    that may be it; ``group``: column of groups, with its values; ``decimal``: "" where it can be told by the numbers,
    "?" where not;
    ``samples``: columns of counts, empty in a table of differential expression, with ``others``, which are none;
    ``scale``: of these, or ""; ``doubts``: why columns with telling names are left out."""

    sep: str
    encoding: str
    columns: dict[str, str]
    gene_id: str | None
    taxon: str | None
    cut: bool
    rivals: dict[str, list[str]]
    group: tuple[str, tuple[str, ...]] | None = None
    split: tuple[str, int] | None = None
    decimal: str = ""
    samples: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    scale: str = ""
    doubts: tuple[str, ...] = ()


def sniff(path: Path) -> Sniffed:
    """Raises ContractError when the file cannot be read or shows no column of genes (code NO_GENES)."""
    frame, sep, encoding = _read(path)
    gene = find_genes({str(name): cells(frame, str(name)).tolist() for name in frame.columns})
    if gene is None:
        raise broken(
            "NO_GENES", path.name, "a column holds genes", list(frame.columns), "call the column of genes `gene`"
        )
    tokens = [token for token in cells(frame, gene).tolist() if token]
    split = _split(tokens)
    if split is not None:
        tokens = [parts[split[1]] for token in tokens if len(parts := token.split(split[0])) > split[1]]
    others = [str(c) for c in frame.columns if c != gene]
    numbers = {column: _numbers(frame, column) for column in others}
    numeric = [c for c in others if np.isfinite(numbers[c]).mean() > 0.2]
    found = find_columns(numeric)
    told = {"gene": gene, **found}
    facts = {"sep": sep, "encoding": encoding, "gene_id": _kind(tokens), "taxon": _taxon(tokens), "split": split}
    samples = [c for c in numeric if c.lower() not in _NO_SAMPLE and _is_measured(frame, c, numbers[c])]
    if not found.keys() & {"effect", "z", "p", "fdr"} and not rivals(numeric) and len(samples) >= _FEWEST_SAMPLES:
        left = tuple(c for c in others if c not in samples)
        values = np.concatenate([numbers[c] for c in samples])
        return Sniffed(
            **facts,
            columns=told,
            cut=False,
            rivals={},
            decimal=_decimal(frame, samples, path),
            samples=tuple(samples),
            others=left,
            scale=_scale(values[np.isfinite(values)]),
        )
    decimal = _decimal(frame, list(found.values()), path)
    mark = Declared(decimal if decimal == "," else None) if decimal != "?" else Declared(".")
    numbers |= read_numbers({c: frame[c].to_numpy(object) for c in found.values()}, path.name, mark)
    group = _group(frame, gene, [c for c in others if c not in found.values()])
    cut = looks_cut({field: numbers[found[field]] for field in ("fdr", "p") if field in found})
    doubts = _doubts(numbers, told)
    return Sniffed(**facts, columns=told, cut=cut, rivals=rivals(numeric), group=group, decimal=decimal, doubts=doubts)


def _read(path: Path) -> tuple[pd.DataFrame, str, str]:
    try:
        return *read_told(path), "utf-8"
    except ContractError as error:
        if error.code != "ENCODING" or "latin-1" not in str(error):
            raise
        return *read_told(path, encoding="latin-1"), "latin-1"


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    """By itself, and by a decimal point where it cannot tell."""
    texts = frame[column].to_numpy(object)
    try:
        return read_numbers({column: texts}, "")[column]
    except ContractError:
        return read_numbers({column: texts}, "", Declared("."))[column]


def _is_measured(frame: pd.DataFrame, column: str, values: Floats) -> bool:
    return bool((np.isfinite(values) | np.isin(cells(frame, column), EMPTY)).mean() > 0.99)


def _decimal(frame: pd.DataFrame, columns: list[str], path: Path) -> str:
    try:
        return {",": ","}.get(decimal_of({c: frame[c].to_numpy(object) for c in columns}, path.name), "")
    except ContractError:
        return "?"


def _scale(values: Floats) -> str:
    if (values < 0).any():
        return "log2"
    return "counts" if (values % 1 == 0).all() else ""


def _group(frame: pd.DataFrame, gene: str, others: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """The column that tells rows of one gene apart, by its name or by that."""
    named = sorted((c for c in others if c.lower() in _GROUPS), key=lambda c: _GROUPS.index(c.lower()))
    repeated = frame[gene].duplicated().any()
    for column in [*named, *(c for c in others if c not in named)]:
        values = tuple(dict.fromkeys(cells(frame, column).tolist()))
        apart = repeated and frame.duplicated([gene, column]).mean() < 0.01
        if 1 < len(values) <= _MOST_GROUPS and (apart or column in named):
            return column, values
    return None


def _doubts(numbers: Mapping[str, Floats], columns: dict[str, str]) -> tuple[str, ...]:
    """Takes columns out of ``columns`` until none contradicts another, and says which and why."""
    made: list[str] = []
    while True:
        named = {field: column for field, column in columns.items() if field != "gene"}
        values = {field: numbers[column] for field, column in named.items()}
        found = (
            examine(values, {field: np.isnan(column) for field, column in values.items()}).conflicts if values else []
        )
        if not found:
            return tuple(made)
        # Of effect and statistic of opposite sign, the effect is kept: the p beside it tells the rest.
        field = "z" if found[0].code == "OPPOSITE_SIGNS" else found[0].columns[0]
        made.append(f"{named[field]!r} is left out ({field}): {'. '.join(found[0].words(named))}")
        del columns[field]


def _share(tokens: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(token)) for token in tokens) / max(len(tokens), 1)


def _split(tokens: list[str]) -> tuple[str, int] | None:
    """Separator and place of the Ensembl id where a cell holds several names, as in ENSG00000142192|APP."""
    if tokens and is_stable(tokens[0]):
        return None
    for sep in ("|", "_", ";", " "):
        parts = tokens[0].split(sep) if tokens else []
        for at, part in enumerate(parts):
            if len(parts) > 1 and is_stable(part):
                return sep, at
    return None


def _kind(tokens: list[str]) -> str | None:
    if _share(tokens, is_stable) > 0.5:
        return "ensembl"
    if _share(tokens, re.compile(r"\d+(\.0+)?").fullmatch) > 0.9:
        return "entrez"
    return "symbol" if _share(tokens, re.compile(r"[A-Za-z][\w.@/-]*").fullmatch) > 0.5 else None


def _taxon(tokens: list[str]) -> str | None:
    """By the stable ids; by the case of the symbols otherwise: TP53 is human, Trp53 is mouse."""
    told = [genome(token)[0] for token in tokens]
    tokens = [bare(token) for token in tokens]
    for taxon in SPECIES:
        if told.count(taxon) > 0.5 * len(tokens):
            return taxon
    for taxon, species in SPECIES.items():
        if _share(tokens, lambda t, start=species.ensembl: t.startswith(start)) > 0.5:
            return taxon
    letters = [t for t in tokens if re.fullmatch(r"[A-Za-z][A-Za-z]+\d*", t)]
    if _share(letters, str.isupper) > 0.9:
        return _first_written("upper")
    return _first_written("capitalised") if _share(letters, lambda t: t == t.capitalize()) > 0.8 else None


def _first_written(style: str) -> str:
    """The first species whose symbols are written so: which of several it is cannot be told."""
    return next(taxon for taxon, species in SPECIES.items() if species.symbols == style)
