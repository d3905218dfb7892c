"""The graph as Parquet: ``nodes.LABEL.parquet`` and ``relationships.TYPE.A.B.parquet``, one file per label, type and
pair of labels, with typed columns.

Columns: ``id``, or ``subject`` and ``object``; the properties that ``kg.schema`` declares; ``source``, ``run`` and
``license``. What is not there is null; a label or pair without rows has no file. Activity of regulons in single cells
is ``relationships.CHANGES_REGULON.Contrast.Regulon.parquet``.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from kg.export.selection import LICENSE, Selection
from kg.read.stream import Row
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.schema.spec import Property

_BATCH = 20_000


def write(selection: Selection, folder: Path) -> None:
    for spec in LASTING:
        _write(folder / f"nodes.{spec.label}.parquet", ("id",), spec.properties, selection.nodes(spec))
    for spec in EDGES:
        for pair in spec.pairs:
            name = f"relationships.{spec.type}.{pair[0]}.{pair[1]}.parquet"
            _write(folder / name, ("subject", "object"), spec.properties, selection.edges(spec, pair))


def _write(path: Path, ends: tuple[str, ...], properties: tuple[Property, ...], rows: Iterable[Row]) -> None:
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
    fields = [pa.field(name, pa.string(), nullable=False) for name in ends]
    fields += [pa.field(p.name, types[p.kind], metadata={"doc": p.doc}) for p in properties]
    fields += [pa.field(name, pa.string()) for name in ("source", "run", LICENSE)]
    schema, batches = pa.schema(fields), _batches(iter(rows))
    if (first := next(batches, None)) is None:
        return
    with parquet.ParquetWriter(path, schema, compression="zstd") as out:
        for batch in chain([first], batches):
            columns = {f.name: [row.get(f.name) for row in batch] for f in schema}
            out.write_table(pa.Table.from_pydict(columns, schema=schema))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch
