"""``activity.parquet``: every contrast over the sets of genes that matches compare; a row is a contrast and a set.

``level``: regulon or module; ``set``: its id, ``name``: its factor's symbol or its name; ``genes``: how many of its
genes are measured. ``activity``: contrast between the effects of its genes, by their signs, and those of all others,
moderated (``kg.match.weights``); ``z``: over the standard deviation of its noise; ``p``: two-sided, from z against
Student's t with ``df``; ``q``: Benjamini-Hochberg over the sets of the contrast and level. All four are null where the
contrast has no noise. ``noise``: own samples, or the healthy reference that lends it to a table. ``source`` of the
dataset; ``licence``: the strictest of the dataset, of the sets, of the reference and of the orthologs that carry the
sets to another species (``decisions/0139``). Each contrast is over all genes of its species, so that a value need not
be that of a match, which is over the genes that both sides measure.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.export.selection import Selection
from kg.match.combine import single
from kg.match.compared import LEVELS, offered
from kg.match.conjunction import adjusted
from kg.match.joint import Side
from kg.match.weights import SetWeights
from kg.sides.catalog import Catalog, ContrastInfo, ReferenceInfo
from kg.sides.human import engineered, lacks_noise
from kg.sides.workspace import Workspace
from kg.signatures.store import SignatureStore

Floats = NDArray[np.float64]
_TEXTS = ("contrast", "label", "taxon", "level", "set", "name", "noise", "source", "licence")
_NUMBERS = ("activity", "z", "p", "q")
_COUNTS = ("genes", "df")
_SOURCES: LiteralString = """
MATCH (c:Contrast)-[:FROM_DATASET]->(d:Dataset) RETURN c.id AS contrast, d.source AS source
"""


@dataclass(frozen=True)
class Activities:
    """A contrast at a level of sets. ``df``: 0 where it has no noise, and ``numbers`` but activity are then NaN."""

    level: str
    sets: tuple[str, ...]
    genes: NDArray[np.int64]
    df: int
    numbers: tuple[tuple[str, Floats], ...]


def write(selection: Selection, folder: Path, facts: dict[str, str], signatures: SignatureStore) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    ws = Workspace(Catalog.read(selection.store), signatures)
    levels = [name for name in offered() if LEVELS[name].sets and not ws.lacks_sets(name)]
    owners = {row["contrast"]: row["source"] for row in selection.store.read(_SOURCES)}
    of_sets = {level: _sources(selection, level, ws.set_labels(level)) for level in levels}
    fields = [pa.field(name, pa.string()) for name in _TEXTS] + [pa.field(name, pa.int64()) for name in _COUNTS]
    fields += [pa.field(name, pa.float64()) for name in _NUMBERS]
    schema = pa.schema(fields, metadata={f"orthokg.{name}": value for name, value in facts.items()})
    with parquet.ParquetWriter(folder / "activity.parquet", schema, compression="zstd") as out:
        for contrast in sorted(ws.catalog.contrasts.values(), key=lambda each: each.id):
            if contrast.id not in owners or not ws.has(contrast.id):
                continue
            lender = _lender(ws, contrast)
            for each in _activities(ws, contrast, lender, levels):
                source, n = owners[contrast.id], len(each.sets)
                if not selection.values((source,), f"{each.level} activity", n):
                    continue
                rests = {source, *of_sets[each.level], *selection.terms.orthologs(contrast.taxon, "one2one")}
                rests |= selection.terms.rests_on(lender.id) if lender else frozenset()
                labels = ws.set_labels(each.level)
                told = {
                    "contrast": contrast.id,
                    "label": contrast.label,
                    "taxon": contrast.taxon,
                    "level": each.level,
                    "noise": lender.label if lender else "own samples" if each.df else None,
                    "source": source,
                    "licence": selection.terms.strictest(frozenset(rests))[0],
                }
                columns: dict[str, Any] = {
                    name: pa.repeat(pa.scalar(value, pa.string()), n) for name, value in told.items()
                }
                columns |= {"set": each.sets, "name": [labels.get(name, name) for name in each.sets]}
                columns |= {"genes": each.genes, "df": pa.repeat(pa.scalar(each.df or None, pa.int64()), n)}
                columns |= {
                    name: pa.array(values, pa.float64(), mask=np.isnan(values)) for name, values in each.numbers
                }
                out.write_table(pa.Table.from_pydict(columns, schema=schema))


def _lender(ws: Workspace, contrast: ContrastInfo) -> ReferenceInfo | None:
    """The reference that lends a contrast its noise; None where it has its own, or none."""
    return None if lacks_noise(ws, contrast) or contrast.noise == "donors" else ws.references_for(contrast)[0]


def _activities(
    ws: Workspace, contrast: ContrastInfo, lender: ReferenceInfo | None, levels: list[str]
) -> Iterator[Activities]:
    space = ws.space_within(contrast.taxon)
    allowed = ws.allowed(space, engineered(contrast, ()))
    if lacks_noise(ws, contrast):
        vector, measured = ws.vector(contrast, space)
        rows = np.flatnonzero(measured & allowed)
        side = Side(vector[rows], np.zeros((0, len(rows))), 0)
    else:
        projected = ws.projected(contrast, space, lender)
        rows = np.flatnonzero(projected.measured & allowed)
        side = single(projected.at(rows)).side
    for level in levels:
        sets = ws.sets(level, space)
        weights = sets.on(rows) if sets is not None else None
        if weights is not None and len(weights.names):
            yield _made(level, weights, weights.activity(side))


def _made(level: str, weights: SetWeights, side: Side) -> Activities:
    z = np.divide(side.vector, side.noise, out=np.full(len(side.vector), np.nan), where=side.noise > 0)
    p = 2 * stats.t.sf(np.abs(z), side.df) if side.df else np.full(len(z), np.nan)
    q, known = np.full(len(p), np.nan), np.isfinite(p)
    q[known] = adjusted(p[known])
    numbers = tuple(zip(_NUMBERS, (side.vector, z, p, q), strict=True))
    genes = np.diff(weights.signs.tocsc().indptr)
    return Activities(level, tuple(map(str, weights.names)), genes, side.df, numbers)


def _sources(selection: Selection, level: str, names: Collection[str]) -> frozenset[str]:
    """Of the sets of a level."""
    query = f"MATCH (n:{LEVELS[level].target}) RETURN DISTINCT n.id AS id, n.source AS source"
    return frozenset(row["source"] for row in selection.store.read(cast(LiteralString, query)) if row["id"] in names)
