"""The gene table that a study brings of its species, where none is among the sources: one row per gene, its Ensembl
id and
its symbol.

A row whose id is of another species, or none at all, is quarantined; a version is cut off; a symbol may be empty.
"""

from pathlib import Path

import numpy as np

from ingest.batch import Batch
from ingest.fetch.genes_index import GeneIndex, Table
from ingest.files.frames import broken, cells, need_columns, read_frame
from ingest.manifest.blocks import GeneTable
from kg.names.species import SPECIES

TABLE = "own genes"
"""Under which a batch has its :class:`Table` among the arrays."""


def read_own_genes(spec: GeneTable, taxon: str, path: Path, batch: Batch) -> GeneIndex:
    """Genes of the species by their ids and symbols; rows are counted in the batch, which gets the table.

    Raises:
        ContractError: WRONG_COLUMNS; MIXED_SPECIES where most ids are not of the species.
    """
    species, frame = SPECIES[taxon], read_frame(path)
    need_columns(frame, {"genes.id": spec.id, "genes.symbol": spec.symbol}, path)
    stated, symbols = cells(frame, spec.id).astype(str), cells(frame, spec.symbol).astype(str)
    ids = np.array([each.strip().removeprefix("ENSEMBL:").partition(".")[0] for each in stated], dtype=object)
    good = np.array(
        [
            each.startswith(species.ensembl) and len(each) == len(species.ensembl) + 11 and each[-11:].isdigit()
            for each in ids
        ],
        dtype=bool,
    )
    if good.sum() <= len(good) / 2:
        fix = f"give the table of {species.name}, or correct dataset.taxon"
        raise broken(
            "MIXED_SPECIES",
            path.name,
            f"genes are of {taxon}: {species.ensembl} and 11 digits",
            f"{(~good).sum()} of {len(good)} are not",
            fix,
        )
    batch.read += len(ids)
    batch.accepted += int(good.sum())
    for row in np.flatnonzero(~good):
        batch.quarantine(
            path.name,
            int(row) + 1,
            "other-species",
            stated[row],
            f"write an id of {species.name}: {species.ensembl} and 11 digits",
        )
    known = {
        str(gene): str(symbol).strip()
        for gene, symbol in sorted(zip(ids[good], symbols[good], strict=True), reverse=True)
    }
    table = Table(
        *(
            np.array([*column], dtype=object)
            for column in (sorted(known), [known[gene] for gene in sorted(known)], [""] * len(known))
        )
    )
    batch.arrays[TABLE] = table
    return GeneIndex(taxon, table)


def united(tables: list[Table]) -> Table:
    """Genes of several tables of one species, in the order of their ids; of several symbols the alphabetically first,
    whatever the order of the tables."""
    found: dict[str, set[str]] = {}
    for table in tables:
        for gene, symbol in zip(table.ids, table.symbols, strict=True):
            found.setdefault(str(gene), set()).update(filter(None, [str(symbol)]))
    ids = sorted(found)
    symbols = [min(found[gene], default="") for gene in ids]
    return Table(*(np.array([*column], dtype=object) for column in (ids, symbols, [""] * len(ids))))
