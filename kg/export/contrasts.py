"""``contrasts.parquet``: every contrast over all of its genes, one row per contrast, level and gene, from the signature
store.

``contrast``, ``label``, ``taxon``; ``level``: gene, or what was made of single cells (activity or rewiring of factors);
``gene``: Ensembl id without prefix, of the factor at those levels; ``symbol``: null where it has none. ``effect``: log2
fold change; ``moderated``: effect over its own noise plus the median noise, of a table its z; ``z``: the moderated
effect over the standard deviation of its noise, of a table the same; null where the contrast has no noise. ``p``:
two-sided, as stated or tested; ``q``: Benjamini-Hochberg over the rows of the contrast and level that have a p, which
need not be the FDR that a table states. ``source`` and ``licence`` of its dataset. Pools of cohorts have no vector of
their own and no rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import numpy as np
from numpy.typing import NDArray

from kg.export.selection import Selection
from kg.match.compared import MAIN, OF_CELLS, part_of
from kg.match.conjunction import adjusted
from kg.read.stream import Row
from kg.schema.nodes import NODE_BY_LABEL
from kg.signatures.store import Signature, SignatureStore

Floats = NDArray[np.float64]
NUMBERS = ("effect", "moderated", "z", "p", "q")
_TEXTS = ("contrast", "label", "taxon", "level", "gene", "symbol", "source", "licence")
_DATASETS: LiteralString = """
MATCH (c:Contrast)-[:FROM_DATASET]->(d:Dataset) RETURN c.id AS contrast, d.source AS source
"""


@dataclass(frozen=True)
class Values:
    """A contrast at one level: ``row`` of the graph, ``genes`` with ``symbols`` (None where there is none), and
    NUMBERS, each with one value per gene."""

    row: Row
    level: str
    taxon: str
    source: str
    genes: tuple[str, ...]
    symbols: tuple[str | None, ...]
    numbers: tuple[tuple[str, Floats], ...]

    @property
    def contrast(self) -> str:
        return self.row["id"]


def values(selection: Selection, signatures: SignatureStore) -> Iterator[Values]:
    """All that may leave, contrast by contrast; what may not is counted in ``selection.left_out``."""
    owners = {row["contrast"]: row["source"] for row in selection.store.read(_DATASETS)}
    symbols: dict[str, dict[str, str]] = {}
    for row in selection.nodes(NODE_BY_LABEL["Contrast"]):
        for level in (MAIN, *OF_CELLS):
            if (key := part_of(row["id"], level)) not in signatures.index:
                continue
            found = signatures.get(key)
            source = owners.get(row["id"], row.get("source", ""))
            if not selection.values((source, row.get("source", "")), f"{level} values", len(found.genes)):
                continue
            if found.taxon not in symbols:
                symbols[found.taxon] = _symbols(signatures, found.taxon)
            genes = tuple(map(str, found.genes))
            named = tuple(symbols[found.taxon].get(gene) or None for gene in genes)
            yield Values(row, level, found.taxon, source, genes, named, tuple(_numbers(found)))


def write(selection: Selection, folder: Path, facts: dict[str, str], signatures: SignatureStore) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    fields = [pa.field(name, pa.string()) for name in _TEXTS] + [pa.field(name, pa.float64()) for name in NUMBERS]
    schema = pa.schema(fields, metadata={f"orthokg.{name}": value for name, value in facts.items()})
    with parquet.ParquetWriter(folder / "contrasts.parquet", schema, compression="zstd") as out:
        for each in values(selection, signatures):
            told = {
                "contrast": each.contrast,
                "label": each.row.get("label"),
                "taxon": each.taxon,
                "level": each.level,
                "source": each.source,
                "licence": selection.licence(each.source),
            }
            columns: dict[str, Any] = {
                name: pa.repeat(pa.scalar(value, pa.string()), len(each.genes)) for name, value in told.items()
            }
            columns |= {"gene": pa.array(each.genes, pa.string()), "symbol": pa.array(each.symbols, pa.string())}
            columns |= {name: pa.array(numbers, pa.float64(), mask=np.isnan(numbers)) for name, numbers in each.numbers}
            out.write_table(pa.Table.from_pydict(columns, schema=schema))


def _numbers(found: Signature) -> list[tuple[str, Floats]]:
    p, q = np.asarray(found.p, float), np.full(len(found.genes), np.nan)
    known = np.isfinite(p)
    if known.any():
        q[known] = adjusted(p[known])
    arrays = (found.effect, found.vector, _z(found), p, q)
    return [(name, np.asarray(each, float)) for name, each in zip(NUMBERS, arrays, strict=True)]


def _z(found: Signature) -> Floats:
    if found.factor is None:
        return np.asarray(found.vector, float) if found.noise == "table" else np.full(len(found.genes), np.nan)
    noise = np.sqrt((np.asarray(found.factor, float) ** 2).sum(axis=0))
    return np.divide(found.vector, noise, out=np.full(len(noise), np.nan), where=noise > 0)


def _symbols(signatures: SignatureStore, taxon: str) -> dict[str, str]:
    if f"genes/{taxon}" not in signatures.index:
        return {}
    table = signatures.get_table(f"genes/{taxon}")
    return dict(zip(map(str, table["id"]), map(str, table["symbol"]), strict=True))
