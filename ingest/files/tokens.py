"""The gene column of a file -> Ensembl ids, with a rule and a remedy for each row that has none."""

from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from ingest.batch import Batch
from ingest.files.frames import Texts, cells
from kg.names import genes as gene_names
from kg.names.genes import Fixes, Named, Resolver

__all__ = ["Genes", "Named", "name_genes", "quarantine", "told"]
_TRIED = 500


class Genes(Resolver, Protocol):
    """The same, with the current symbol of a stable id (with or without prefix), "" where it has none."""

    def symbol(self, gene: str, /) -> str: ...


def name_genes(
    tokens: Texts,
    taxon: str,
    genes: Genes,
    path: Path,
    frame: pd.DataFrame | None = None,
    field: str = "columns.gene",
    *,
    numbered: bool = True,
) -> Named:
    """Resolve a gene column. ``frame``: the table that it stands in, whose other columns are tried where it is of no
    use;
    ``field``: of the manifest, that names the column; ``numbered``: it may hold NCBI gene ids. Raises ContractError
    MIXED_SPECIES or UNKNOWN_GENES when most of it is of no use."""

    def elsewhere() -> str:
        share = (
            {str(name): _known(cells(frame, str(name)), genes) for name in frame.columns.astype(str)}
            if frame is not None
            else {}
        )
        best = max(share, key=share.__getitem__, default="")
        return f"the column {best!r} has genes: declare it in {field}" if share.get(best, 0) > 0.5 else ""

    fixes = Fixes(
        "correct dataset.taxon, or give the table of this species",
        (
            f"no other column has genes either: name in {field} one that has Ensembl ids or symbols of {taxon}, or"
            " correct dataset.taxon"
            if frame is not None
            else f"give Ensembl ids or symbols of {taxon}, or correct dataset.taxon"
        ),
        elsewhere,
    )
    return gene_names.name_genes(tokens, taxon, genes, path.name, fixes, numbered=numbered)


def _known(tokens: Texts, genes: Genes) -> float:
    some = tokens[:_TRIED]
    numbers = sum(str(token).replace(".", "").isdigit() for token in some)
    if numbers > len(some) / 2:
        return 0.0  # small numbers are NCBI genes as well
    return float(np.mean([gene is not None for gene in genes.resolve_many(some)[0]]))


def quarantine(named: Named, batch: Batch, file: str, rows: np.ndarray, tokens: np.ndarray) -> None:
    for at in np.flatnonzero(named.rules != ""):
        rule = named.rules[at]
        batch.quarantine(file, int(rows[at]), rule, tokens[at], Named.remedy(rule))


def told(named: Named, batch: Batch, file: str) -> None:
    """Says how many names were read otherwise than they stand."""
    batch.doubts += [f"{file}: {words}" for words in named.reread]
