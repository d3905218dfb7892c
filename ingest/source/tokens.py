"""The gene column of a file -> Ensembl ids, with a rule and a remedy for each row that has none."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ingest.batch import Batch
from ingest.source.frames import Texts, broken

REMEDY = {
    "blank": "the row has no gene; fill it in, or leave it out",
    "excel-date": "a spreadsheet turned this symbol into a date; export the column as text, or give Ensembl ids",
    "other-species": "an Ensembl id of another species; split the table by species",
    "retired-id": "Ensembl has retired this id; give the current one",
    "several-genes": "a probe of several genes; it cannot be told which one changed",
    "unknown-symbol": "not a current or previous symbol of this species; give Ensembl ids",
}
_AMBIGUOUS = "the name stands for several genes; give Ensembl ids"
_SEVERAL = ("///", ";", ",", "|")
_BLANK = ("NA", "nan", "---", "-")


class Genes(Protocol):
    """What is asked of ``ingest.genes_index.GeneIndex``."""

    def resolve_many(self, tokens: Iterable[object], /) -> tuple[Any, Any]: ...


@dataclass(frozen=True)
class Named:
    """``ids``: Ensembl ids without prefix, "" where there is none; ``rules``: why not, "" where there is one."""

    ids: np.ndarray
    rules: np.ndarray

    def quarantine(self, batch: Batch, file: str, rows: np.ndarray, tokens: np.ndarray) -> None:
        for at in np.flatnonzero(self.rules != ""):
            rule = self.rules[at]
            batch.quarantine(file, int(rows[at]), rule, tokens[at], REMEDY.get(rule, _AMBIGUOUS))


def name_genes(tokens: Texts, taxon: str, genes: Genes, path: Path) -> Named:
    """Resolve a gene column. Raises ContractError MIXED_SPECIES or UNKNOWN_GENES when most of it is of no use."""
    text = np.where(np.isin(tokens, _BLANK), "", tokens)
    several = np.array([any(mark in t for mark in _SEVERAL) for t in text], dtype=bool)
    found, why = genes.resolve_many(text)
    ids = np.array(["" if gene is None else str(gene).removeprefix("ENSEMBL:") for gene in found], dtype=object)
    rules = np.where(ids != "", "", np.where(several, "several-genes", why.astype(object)))
    foreign, unknown = (rules == "other-species").sum(), (rules != "").sum()
    if foreign > 0.5 * len(ids):
        fix = "correct dataset.taxon, or give the table of this species"
        raise broken("MIXED_SPECIES", path.name, f"genes are of {taxon}", f"{foreign} of {len(ids)} ids are not", fix)
    if unknown > 0.9 * len(ids):
        fix = f"the gene column holds {text[:3].tolist()}; check columns.gene, gene_split and dataset.taxon"
        raise broken("UNKNOWN_GENES", path.name, f"genes are of {taxon}", f"{unknown} of {len(ids)} are not known", fix)
    return Named(ids, rules)
