"""``matches.parquet``: one row per match, with both sides named, its verdict and what curators said of it.

Columns are the properties of Match in ``kg/schema/nodes.py``, before them id, mouse, mouse_label, human, human_label
and state; after them source, curations (one line of text each), licence (the strictest of what the match rests on)
and rests_on (those sources, keys of LICENCES.tsv).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

from kg.curate.curation import curations_of
from kg.export.selection import Selection
from kg.read.stream import Row
from kg.schema.nodes import NODE_BY_LABEL

_BATCH = 2_000
_ENDS = ("mouse", "mouse_label", "human", "human_label", "state")
_SIDES: LiteralString = """
UNWIND $ids AS id
MATCH (k:Match {id: id})-[:MATCH_OF {side: 'mouse'}]->(m:Contrast)
MATCH (k)-[:MATCH_OF {side: 'human'}]->(h:Contrast)
OPTIONAL MATCH (h)-[:POOL_OF]->(s:DiseaseState)
RETURN k.id AS id, m.id AS mouse, m.label AS mouse_label, h.id AS human, h.label AS human_label, s.id AS state
"""


def write(selection: Selection, folder: Path, facts: dict[str, str]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "float": pa.float64(),
        "boolean": pa.bool_(),
        "strings": pa.list_(pa.string()),
        "floats": pa.list_(pa.float64()),
    }
    spec = NODE_BY_LABEL["Match"]
    fields = [pa.field("id", pa.string(), nullable=False), *(pa.field(name, pa.string()) for name in _ENDS)]
    fields += [pa.field(p.name, types[p.kind], metadata={"doc": p.doc}) for p in spec.properties]
    fields += [pa.field("source", pa.string()), pa.field("curations", pa.list_(pa.string()))]
    fields += [pa.field("licence", pa.string()), pa.field("rests_on", pa.list_(pa.string()))]
    schema = pa.schema(fields, metadata={f"orthokg.{name}": value for name, value in facts.items()})
    with parquet.ParquetWriter(folder / "matches.parquet", schema, compression="zstd") as out:
        for rows in _batches(selection):
            out.write_table(pa.Table.from_pylist(rows, schema=schema))


def _batches(selection: Selection) -> Iterator[list[dict[str, Any]]]:
    batch: list[Row] = []
    for row in selection.nodes(NODE_BY_LABEL["Match"]):
        batch.append(row)
        if len(batch) == _BATCH:
            yield _named(selection, batch)
            batch = []
    if batch:
        yield _named(selection, batch)


def _named(selection: Selection, rows: list[Row]) -> list[Row]:
    ids = [row["id"] for row in rows]
    ends = {found.pop("id"): found for found in selection.store.read(_SIDES, ids=ids)}
    said = curations_of(selection.store, ids)
    return [
        {
            **row,
            **ends.get(row["id"], {}),
            "curations": [each.text() for each in said.get(row["id"], ())],
            **dict(zip(("licence", "rests_on"), selection.terms.of(row), strict=True)),
        }
        for row in rows
    ]
