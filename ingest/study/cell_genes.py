"""Checks of a file of cells: whether its genes and cells are of the species that the manifest names, and its genes
named as it says."""

import re

import numpy as np

from ingest.batch import Batch
from ingest.files.cells.contract import contract
from ingest.files.cells.contract_check import ORGANISM
from ingest.files.cells.matrix import CellMatrix
from ingest.files.cells.names import stable_share
from ingest.files.frames import broken
from ingest.files.tokens import Genes, Named, name_genes, quarantine, told
from ingest.manifest.manifest import Manifest
from kg.names.ids import taxon
from kg.signatures.store import Strings

FOREIGN = 0.05
_GENOME = re.compile(r"(GRCh\d+|hg\d+|GRCm\d+|mm\d+)_+(?=\S)")
_VERSION = re.compile(r"ENS[A-Z]*G\d{11}\.\d+")


def one_species(m: Manifest, cells: CellMatrix) -> None:
    """Raises ContractError MIXED_SPECIES, or WRONG_SPECIES where the file is not of the manifest's."""
    if ORGANISM in cells.obs:
        told = sorted(set(cells.texts(ORGANISM, "organism")) - {""})
    else:
        told = [cells.facts[ORGANISM]] if ORGANISM in cells.facts else []
    species = sorted({contract().species(taxon(each)) for each in told})
    if len(species) > 1:
        fix = "split the file by species, each part with its own manifest"
        raise broken("MIXED_SPECIES", cells.path.name, "all cells are of one species", ", ".join(species), fix)
    if species and species[0] != m.dataset.taxon:
        fix = "correct dataset.taxon, or give the file of this species"
        raise broken("WRONG_SPECIES", cells.path.name, f"cells are of {m.dataset.taxon}", species[0], fix)


def gene_ids(m: Manifest, cells: CellMatrix, genes: Genes, batch: Batch) -> Strings:
    """Ensembl id of each column, "" where it has none; the columns are counted in the batch.

    Raises:
        ContractError: WRONG_GENE_ID where names are not what ``cells.gene_id`` says, MIXED_SPECIES, UNKNOWN_GENES.
    """
    assert m.cells is not None
    _as_declared(m.cells.gene_id, cells, genes)
    genomes = sorted({hit[1] for name in cells.genes if (hit := _GENOME.match(str(name)))})
    if len(genomes) > 1:
        fix = "split the file: the cells and genes of one genome a file"
        raise broken("MIXED_SPECIES", cells.path.name, "genes are of one genome", ", ".join(genomes), fix)
    batch.read += len(cells.genes)
    named = name_genes(cells.genes, m.dataset.taxon, genes, cells.path)
    told(named, batch, cells.path.name)
    foreign = int((named.rules == "other-species").sum())
    if foreign > FOREIGN * len(cells.genes):
        fix = "split the file by species, with the cells and genes of one species in each part"
        found = f"{foreign:,} of {len(cells.genes):,} ids are of another"
        raise broken("MIXED_SPECIES", cells.path.name, f"genes are of {m.dataset.taxon}", found, fix)
    quarantine(named, batch, cells.path.name, np.arange(1, len(cells.genes) + 1), cells.genes)
    batch.read += len(cells.no_genes)
    for name in cells.no_genes:
        batch.quarantine(cells.path.name, None, "no-gene", name, Named.remedy("no-gene"))
    known = named.ids[named.rules == ""]
    batch.accepted += len(known)
    if cut := sum(bool(_VERSION.fullmatch(str(name))) for name in cells.genes):
        batch.missing.append(f"{m.dataset.id}: {cut} ids carry a version, which is cut off")
    if double := len(known) - len(set(known)):
        batch.missing.append(
            f"{m.dataset.id}: {double} columns are of a gene that has another; their counts are summed"
        )
    return np.where(named.rules == "", named.ids.astype(str), "")


def _as_declared(declared: str, cells: CellMatrix, genes: Genes) -> None:
    """Of names that are no genes of the species in any reading, what they are is told when they are named."""
    share, shown = stable_share(cells.genes), ", ".join(map(repr, map(str, cells.genes[:3])))
    if declared == "ensembl" and share < 0.5:
        known = np.mean([gene is not None for gene in genes.resolve_many(cells.genes)[0]])
        if known < 0.1:
            return
        fix = "declare `gene_id: symbol`, or name the column that holds Ensembl ids in cells.gene_column"
        found = f"{shown} ...; {share:.0%} are Ensembl ids"
        raise broken("WRONG_GENE_ID", cells.path.name, "cells.gene_id says ensembl (its default)", found, fix)
    if declared == "symbol" and share > 0.5:
        fix = "declare `gene_id: ensembl`, or name the column that holds symbols in cells.gene_column"
        raise broken("WRONG_GENE_ID", cells.path.name, "cells.gene_id says symbol", f"{shown} ...", fix)
