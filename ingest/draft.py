"""A first manifest for a table: what can be seen in the file is written down, what cannot is marked ``FILL:``.

A draft never passes a check: every ``FILL:`` is an issue that says what to write there.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.manifest import FILL
from ingest.source.frames import as_numbers, broken, cells, read_frame
from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError
from kg.match.table import examine
from kg.table_file import find_columns, find_genes

_STABLE = re.compile(r"ENS(MUS)?G\d{11}(\.\d+)?")
_CELLS = ("celltype", "cell_type", "cluster")


@dataclass(frozen=True)
class Sniffed:
    """What the file shows of itself; None where it does not. ``doubts``: why columns with telling names are left out."""

    sep: str
    encoding: str
    columns: dict[str, str]
    gene_id: str | None
    taxon: str | None
    groups: tuple[str, ...]
    cut: bool
    split: tuple[str, int] | None = None
    doubts: tuple[str, ...] = ()


def sniff(path: Path) -> Sniffed:
    """Raises ContractError when the file cannot be read or shows no column of genes (code NO_GENES)."""
    encoding = "utf-16" if path.exists() and path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    frame, sep = _widest(path, encoding)
    gene = _gene_column(frame)
    if gene is None:
        raise broken("NO_GENES", path.name, "a column holds genes", list(frame.columns), "name the gene column `gene`")
    tokens = [token for token in cells(frame, gene).tolist() if token]
    split = _split(tokens)
    if split is not None:
        tokens = [parts[split[1]] for token in tokens if len(parts := token.split(split[0])) > split[1]]
    lower = {str(c).lower(): str(c) for c in frame.columns}
    found = find_columns(list(lower.values()), lambda c: bool(np.isfinite(as_numbers(cells(frame, c))).mean() > 0.2))
    columns = {"gene": gene, **found}
    groups = tuple(lower[c] for c in _CELLS if c in lower)
    fdr = as_numbers(cells(frame, columns["fdr"])) if "fdr" in columns else np.ones(1)
    cut = bool(np.nanmax(fdr) <= 0.1)
    doubts = _doubts(frame, columns)
    return Sniffed(sep, encoding, columns, _kind(tokens), _taxon(tokens), groups, cut, split, doubts)


def _doubts(frame: pd.DataFrame, columns: dict[str, str]) -> tuple[str, ...]:
    """Takes columns out of ``columns`` until none contradicts another, and says which and why."""
    made: list[str] = []
    while True:
        named = {field: column for field, column in columns.items() if field != "gene"}
        text = {field: cells(frame, column) for field, column in named.items()}
        values = {field: as_numbers(column) for field, column in text.items()}
        found = examine(values, {field: np.isnan(column) for field, column in values.items()}).conflicts if values else []
        if not found:
            return tuple(made)
        # Of effect and statistic of opposite sign, the effect is kept: the p beside it tells the rest.
        field = "z" if found[0].code == "OPPOSITE_SIGNS" else found[0].columns[0]
        made.append(f"{named[field]!r} is left out ({field}): {'. '.join(found[0].words(named))}")
        del columns[field]


def _widest(path: Path, encoding: str) -> tuple[pd.DataFrame, str]:
    first: ContractError | None = None
    best: tuple[pd.DataFrame, str] | None = None
    for sep in (",", "\t", ";"):
        try:
            frame = read_frame(path, sep, encoding)
        except ContractError as error:
            first = first or error
            continue
        if best is None or frame.shape[1] > best[0].shape[1]:
            best = frame, sep
    if best is None:
        assert first is not None
        raise first
    return best


def _share(tokens: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(token)) for token in tokens) / max(len(tokens), 1)


def _gene_column(frame: pd.DataFrame) -> str | None:
    for column in map(str, frame.columns):
        if _share(cells(frame, column).tolist(), _STABLE.match) > 0.5:
            return column
    return find_genes(list(map(str, frame.columns)))


def _split(tokens: list[str]) -> tuple[str, int] | None:
    """Separator and place of the Ensembl id where a cell holds several names, as in ENSG00000142192|APP."""
    for sep in ("|", "_", ";", " "):
        parts = tokens[0].split(sep) if tokens else []
        for at, part in enumerate(parts):
            if len(parts) > 1 and _STABLE.fullmatch(part):
                return sep, at
    return None


def _kind(tokens: list[str]) -> str | None:
    if _share(tokens, _STABLE.fullmatch) > 0.5:
        return "ensembl"
    if _share(tokens, str.isdigit) > 0.9:
        return "entrez"
    return "symbol" if _share(tokens, re.compile(r"[A-Za-z][\w.@/-]*").fullmatch) > 0.5 else None


def _taxon(tokens: list[str]) -> str | None:
    """By the stable ids; by the case of the symbols otherwise: TP53 is human, Trp53 is mouse."""
    if _share(tokens, lambda t: t.startswith("ENSG")) > 0.5:
        return HUMAN
    if _share(tokens, lambda t: t.startswith("ENSMUSG")) > 0.5:
        return MOUSE
    letters = [t for t in tokens if re.fullmatch(r"[A-Za-z][A-Za-z]+\d*", t)]
    if _share(letters, str.isupper) > 0.9:
        return HUMAN
    return MOUSE if _share(letters, lambda t: t == t.capitalize()) > 0.8 else None


def draft(path: Path) -> str:
    """The text of a manifest for a table of differential expression."""
    seen = sniff(path)
    quoted = {k: _quote(v) for k, v in seen.columns.items()}
    if "effect" not in quoted:
        quoted["effect"] = _fill("column of the effect (log2 fold change, case minus control)")
    slug = re.sub(r"[^a-z0-9]+", "-", path.name.split(".")[0].lower()).strip("-") or "my-study"
    lines = [
        "schema: 1",
        "dataset:",
        f"  id: {slug}",
        f"  title: {_fill('one line that says what was compared, where and how')}",
        f"  taxon: {_quote(seen.taxon) if seen.taxon else _fill('NCBITaxon:9606 (human) or NCBITaxon:10090 (mouse)')}",
        f"  licence: {_fill('as the authors state it, or: none stated')}",
        f"  redistribute: {_fill('true or false: does the licence let others pass it on?')}",
        f"  citation: {_fill('how to cite it')}",
        "material:",
        "  kind: bulk  # bulk, cell type, microdissected or culture",
        f"  tissue: {_fill('UBERON id of the organ, such as UBERON:0000956 (cerebral cortex)')}",
        "table:",
        f"  file: {_quote(path.name)}",
        *([] if seen.sep == "," else [f"  sep: {_quote(seen.sep)}"]),
        *([] if seen.encoding == "utf-8" else [f"  encoding: {seen.encoding}"]),
        *(f"  # {doubt}" for doubt in seen.doubts),
        "  columns:",
        *(f"    {k}: {v}" for k, v in quoted.items()),
        f"  gene_id: {seen.gene_id or _fill('ensembl, symbol or entrez')}",
        *([f"  gene_split: {{sep: {_quote(seen.split[0])}, take: {seen.split[1]}}}"] if seen.split else []),
        f"  sign: {_fill('1 if a positive effect is up in the case, -1 if the table is control minus case')}",
        f"  level: {_fill('donor, or cell if p-values count cells')}",
        *(f"  where: {{{g}: {_fill('the group of this contrast')}}}" for g in seen.groups[:1]),
        *_cut(seen),
        "contrasts:",
        "  - id: case-control",
        f"    label: {_fill('readable name of the contrast')}",
        f"    kind: {_fill('disease, model, drug or ageing; then add disease: MONDO:…, model: orthokg:model/… or drug: …')}",
    ]
    return "\n".join(lines) + "\n"


def _cut(seen: Sniffed) -> list[str]:
    if not seen.cut:
        return []
    return [
        f"  cut: {{by: {_fill('the table seems to hold significant genes only; by which rule?')}, universe: unknown}}"
    ]


def _fill(what: str) -> str:
    return _quote(f"{FILL} {what}")


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
