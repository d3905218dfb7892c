"""The gene column of a file -> Ensembl ids, with a rule and a remedy for each row that has none."""

from pathlib import Path
from typing import Protocol

import numpy as np

from ingest.batch import Batch
from ingest.source.frames import Texts
from kg import gene_names
from kg.gene_names import Fixes, Named, Resolver

__all__ = ["Genes", "Named", "name_genes", "quarantine"]


class Genes(Resolver, Protocol):
    """The same, with the current symbol of a stable id (with or without prefix), "" where it has none."""

    def symbol(self, gene: str, /) -> str: ...


_FIXES = Fixes(
    "correct dataset.taxon, or give the table of this species", "check columns.gene, gene_split and dataset.taxon"
)


def name_genes(tokens: Texts, taxon: str, genes: Genes, path: Path) -> Named:
    """Resolve a gene column. Raises ContractError MIXED_SPECIES or UNKNOWN_GENES when most of it is of no use."""
    return gene_names.name_genes(tokens, taxon, genes, path.name, _FIXES)


def quarantine(named: Named, batch: Batch, file: str, rows: np.ndarray, tokens: np.ndarray) -> None:
    for at in np.flatnonzero(named.rules != ""):
        rule = named.rules[at]
        batch.quarantine(file, int(rows[at]), rule, tokens[at], Named.remedy(rule))
