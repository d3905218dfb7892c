"""Every node and relationship that ``kg.schema`` declares, streamed in an order that is the same on both stores.

Ids are read first and sorted here, as databases differ in how they order text; rows then come by id, a page at a time,
so memory holds the ids and one page.
"""

from collections.abc import Iterator
from typing import Any, LiteralString, cast

from kg.read.contents import ids
from kg.schema.spec import EdgeSpec, NodeSpec, Property
from kg.store.driver import Store

PAGE = 5_000
Row = dict[str, Any]


def node_rows(store: Store, spec: NodeSpec) -> Iterator[Row]:
    """``id``, ``source``, ``run`` and the properties of the label that the node has, by id."""
    query = cast(LiteralString, f"UNWIND $ids AS id MATCH (n:{spec.label} {{id: id}}) RETURN properties(n) AS n")
    wanted = sorted(ids(store, spec.label))
    for start in range(0, len(wanted), PAGE):
        found = [row["n"] for row in store.read(query, ids=wanted[start : start + PAGE])]
        yield from (declared(row, spec.properties) for row in sorted(found, key=lambda row: row["id"]))


def edge_rows(store: Store, spec: EdgeSpec, pair: tuple[str, str]) -> Iterator[Row]:
    """``subject`` and ``object`` (ids), ``source``, ``run`` and properties, by subject, object and the type's key."""
    a, b = pair
    counts = cast(LiteralString, f"MATCH (a:{a})-[r:{spec.type}]->(:{b}) RETURN a.id AS id, count(r) AS n")
    query = cast(
        LiteralString,
        f"UNWIND $ids AS id MATCH (a:{a} {{id: id}})-[r:{spec.type}]->(b:{b}) "
        "RETURN a.id AS subject, b.id AS object, properties(r) AS r",
    )
    degrees = sorted((row["id"], row["n"]) for row in store.read(counts))
    for page in pages(degrees):
        rows = [
            {"subject": row["subject"], "object": row["object"], **declared(row["r"], spec.properties)}
            for row in store.read(query, ids=page)
        ]
        yield from sorted(rows, key=lambda row: [str(row.get(name, "")) for name in ("subject", "object", *spec.key)])


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
