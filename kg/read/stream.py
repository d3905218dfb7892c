"""Every node and relationship that ``kg.schema`` declares, streamed in an order that is the same on both stores.

Rows are sorted here, as databases differ in how they order text. Up to :data:`AT_ONCE` rows of a label, or of a type
between two labels, are read in one query; of more, ids first and then a page at a time by id, so memory holds the ids
and one page.
"""

from collections.abc import Iterator
from typing import Any, LiteralString, cast

from kg.read.contents import ids
from kg.schema.spec import EdgeSpec, NodeSpec, Property
from kg.store.driver import Store

PAGE = 5_000
AT_ONCE = 100_000
Row = dict[str, Any]


def node_rows(store: Store, spec: NodeSpec) -> Iterator[Row]:
    """``id``, ``source``, ``run`` and the properties of the label that the node has, by id."""
    columns = _columns("n", ("id", *(p.name for p in spec.properties), "source", "run"))
    found = store.read(cast(LiteralString, f"MATCH (n:{spec.label}) RETURN {columns} LIMIT {AT_ONCE + 1}"))
    if len(found) <= AT_ONCE:
        yield from _filled(sorted(found, key=lambda row: row["id"]), spec.properties)
        return
    wanted = sorted(ids(store, spec.label))
    query = cast(LiteralString, f"UNWIND $ids AS id MATCH (n:{spec.label} {{id: id}}) RETURN {columns}")
    for start in range(0, len(wanted), PAGE):
        found = store.read(query, ids=wanted[start : start + PAGE])
        yield from _filled(sorted(found, key=lambda row: row["id"]), spec.properties)


def edge_rows(store: Store, spec: EdgeSpec, pair: tuple[str, str]) -> Iterator[Row]:
    """``subject`` and ``object`` (ids), ``source``, ``run`` and properties, by subject, object and the type's key."""
    a, b = pair
    columns = _columns("r", (*(p.name for p in spec.properties), "source", "run"))
    columns = f"a.id AS subject, b.id AS object, {columns}"
    order = ("subject", "object", *spec.key)

    def place(row: Row) -> list[str]:
        return ["" if row[name] is None else str(row[name]) for name in order]

    whole = f"MATCH (a:{a})-[r:{spec.type}]->(b:{b}) RETURN {columns} LIMIT {AT_ONCE + 1}"
    found = store.read(cast(LiteralString, whole))
    if len(found) <= AT_ONCE:
        yield from _filled(sorted(found, key=place), spec.properties)
        return
    counts = cast(LiteralString, f"MATCH (a:{a})-[r:{spec.type}]->(:{b}) RETURN a.id AS id, count(r) AS n")
    degrees = sorted((row["id"], row["n"]) for row in store.read(counts))
    query = cast(LiteralString, f"UNWIND $ids AS id MATCH (a:{a} {{id: id}})-[r:{spec.type}]->(b:{b}) RETURN {columns}")
    for page in pages(degrees):
        yield from _filled(sorted(store.read(query, ids=page), key=place), spec.properties)


def _columns(of: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{of}.{name} AS {name}" for name in names)


def pages(degrees: list[tuple[str, int]]) -> Iterator[list[str]]:
    """Subjects whose relationships fill a page together; one with more has a page of its own."""
    page: list[str] = []
    room = PAGE
    for key, n in degrees:
        if page and n > room:
            yield page
            page, room = [], PAGE
        page.append(key)
        room -= n
    if page:
        yield page


def _filled(rows: list[Row], properties: tuple[Property, ...]) -> Iterator[Row]:
    """Without what is not there, in the order of the query; a float is one even where a store gives it back as an
    integer."""
    floats = {p.name for p in properties if p.kind == "float"}
    lists = {p.name for p in properties if p.kind == "floats"}
    for row in rows:
        made = {name: value for name, value in row.items() if value is not None}
        for name in floats & made.keys():
            made[name] = float(made[name])
        for name in lists & made.keys():
            made[name] = [*map(float, made[name])]
        yield made


def declared(row: Row, properties: tuple[Property, ...]) -> Row:
    """Declared properties in the schema's order; a float is one even where a store gives it back as an integer."""
    made = {name: row[name] for name in ("id",) if name in row}
    for p in properties:
        value = row.get(p.name)
        if value is not None:
            made[p.name] = (
                float(value) if p.kind == "float" else list(map(float, value)) if p.kind == "floats" else value
            )
    return made | {name: row[name] for name in ("source", "run") if name in row}
