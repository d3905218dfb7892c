"""Tables of the signature store that matching reads.

``genes/<taxon>`` (id, symbol), ``gene-names/<taxon>`` (``kg.names.genes``), ``orthologs/<source>``,
``regulons/<network>`` and ``modules/<set>`` (name, tf, gene, sign; genes are human Ensembl ids).
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg.curie import HUMAN
from kg.errors import MethodError
from kg.match.orthology import OrthologTable
from kg.names.species import MODELS, SPECIES
from kg.signatures.store import Strings


@dataclass(frozen=True)
class SetTable:
    """Regulons, modules or sets that came with a question: edges (name, gene, sign); for regulons also the genes of
    each factor (several in a complex). ``taxon``: species of the genes."""

    names: Strings
    genes: Strings
    signs: NDArray[np.int64]
    tf_names: Strings
    tf_genes: Strings
    labels: dict[str, str]
    taxon: str = HUMAN


def ortholog_table(source: str, version: str, columns: dict[str, Any]) -> OrthologTable:
    """A table as it is stored, where the columns of the model species carry its name.

    Raises MethodError NO_ORTHOLOGS where they are of no species that is declared.
    """
    taxon = next((taxon for taxon in MODELS if SPECIES[taxon].name in columns), None)
    if taxon is None:
        raise MethodError(
            f"the ortholog table {source} is of no species that is known here: {', '.join(columns)}",
            code="NO_ORTHOLOGS",
        )
    own = {stored: field for field, stored in _columns(taxon).items()}
    return OrthologTable(source, version, taxon=taxon, **{own.get(key, key): values for key, values in columns.items()})


def stored_columns(table: OrthologTable) -> dict[str, Any]:
    """The columns of a table as it is stored, beside its version."""
    names, apart = _columns(table.taxon), ("source", "version", "taxon")
    return {names.get(f.name, f.name): getattr(table, f.name) for f in fields(table) if f.name not in apart}


def _columns(taxon: str) -> dict[str, str]:
    """Fields of the model species -> their columns in the store."""
    return {"model": SPECIES[taxon].name, "model_symbol": f"{SPECIES[taxon].name}_symbol"}
