"""Texts of tables of differential expression and of counts, as tools write them."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from tests.ingest.inputs.case import GENES, disease, effects, facts, write_manifest

Build = Callable[[Path], Path]
Rows = list[list[str]]
EFFECT = effects()
SE = {gene: round(0.1 + abs(effect) / 9, 6) for gene, effect in EFFECT.items()}
VECTOR = {gene: EFFECT[gene] / SE[gene] for gene in GENES}
HEAD = ["baseMean", "log2FoldChange", "lfcSE", "pvalue"]
COLUMNS = {"gene": "gene", "effect": "log2FoldChange", "se": "lfcSE", "p": "pvalue"}
R_COLUMNS = COLUMNS | {"gene": ""}
ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


def deseq(genes: Sequence[str] = GENES, effect: Mapping[str, float] = EFFECT) -> Rows:
    """Rows of gene, mean, effect, standard error and p, whose arithmetic holds."""
    made = []
    for at, gene in enumerate(genes):
        own = list(effect)[at]
        z = effect[own] / SE[own]
        made.append([gene, f"{40 + 31.5 * at}", f"{effect[own]}", f"{SE[own]}", f"{2 * stats.norm.sf(abs(z)):.6g}"])
    return made


def lines(head: Sequence[str], rows: Rows, sep: str = ",", quote: str = "none", end: str = "\n") -> str:
    """``quote``: none, all, or text (all that is not a number, as R does)."""

    def cell(text: str) -> str:
        number = text.replace(".", "").replace("-", "").replace("e", "").replace(",", "").isdigit()
        return text if quote == "none" or (quote == "text" and number) else f'"{text}"'

    return "".join(sep.join(map(cell, row)) + end for row in [list(head), *rows])


def table(
    content: str | bytes,
    columns: Mapping[str, str] = COLUMNS,
    file: str = "t.csv",
    encoding: str = "utf-8",
    **more: Any,
) -> Build:
    """A manifest of one contrast of a table. ``more``: fields of ``table:``."""

    def build(folder: Path) -> Path:
        data = content.encode(encoding) if isinstance(content, str) else content
        (folder / file).write_bytes(
            gzip.compress(data, mtime=0) if file.endswith(".gz") and isinstance(content, str) else data
        )
        told = {"file": file, "gene_id": "symbol", "columns": dict(columns)} | more
        return write_manifest(folder, facts(folder) | {"table": told, "contrasts": [disease()]})

    return build


SAMPLES = [f"s{at}" for at in range(6)]
ARMS = ["AD", "AD", "AD", "no", "no", "no"]


def count_values(genes: Sequence[str] = GENES) -> np.ndarray:
    """Genes x six samples."""
    rng = np.random.default_rng(3)
    return rng.poisson(rng.uniform(50, 5000, (len(genes), 1)) * rng.uniform(0.5, 2, (1, 6)))


def count_rows(genes: Sequence[str] = GENES) -> Rows:
    return [[gene, *map(str, row)] for gene, row in zip(genes, count_values(genes).tolist(), strict=True)]


SHEET = "sample,arm\n" + "".join(f"{s},{arm}\n" for s, arm in zip(SAMPLES, ARMS, strict=True))


def counts(
    content: str | bytes,
    sheet: str = SHEET,
    file: str = "c.csv",
    contrast: Mapping[str, Any] | None = None,
    **more: Any,
) -> Build:
    """A manifest of one contrast, AD against no, of a matrix with its sheet. ``more``: fields of ``counts:``."""

    def build(folder: Path) -> Path:
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
        (folder / "s.csv").write_text(sheet)
        told = {
            "matrix": file,
            "samples": "s.csv",
            "gene_id": "symbol",
            "scale": "counts",
            "sample_column": "sample",
            "min_count": 1,
        } | more
        arms = {"case": {"arm": "AD"}, "control": {"arm": "no"}} | dict(contrast or {})
        return write_manifest(folder, facts(folder) | {"counts": told, "contrasts": [disease(**arms)]})

    return build


def count_effects(genes: Sequence[str] = GENES, values: np.ndarray | None = None) -> dict[str, float]:
    """log2 fold change of AD against no: the difference of the arms' means of log2(counts per million + 1)."""
    numbers = count_values(genes) if values is None else values
    size = numbers.sum(axis=0)
    log = np.log2(numbers / size * 1e6 + 1)
    made = log[:, :3].mean(axis=1) - log[:, 3:].mean(axis=1)
    return dict(zip(genes, made.tolist(), strict=True))
