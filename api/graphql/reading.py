"""How fields read nodes: by id or name, by a link from another node, or as a list."""

from collections.abc import Sequence
from typing import Any, TypeVar

import strawberry

from api.graphql.connection import Connection, filled
from api.graphql.context import Context
from api.graphql.node import Node, curie_of, made
from api.graphql.node import shown as values_of
from api.graphql.selection import Asked
from api.graphql.window import Window
from kg.errors import UnknownTermError
from kg.names import ids as spelling
from kg.read import lookup as names
from kg.read.nodes import LinkWant, ListWant, NodeWant, Page, Row, checked_cursor
from kg.read.unmeasured import unmeasured
from kg.records.match import Gap
from kg.schema.links import FILTERS, LINKS, order_of
from kg.sides.snapshot import StampWant, missing_of

Info = strawberry.Info[Context, None]
N = TypeVar("N", bound=Node)


async def by_id(info: Info, kind: type[N], curie: str, asked: Asked | None = None) -> N | None:
    """The node of a type with this curie; None where there is none."""
    columns = (asked or Asked.of(info)).columns(kind)
    row = await info.context.load(NodeWant(kind.__name__, columns), curie)
    return made(kind, row) if row else None


async def by_name(info: Info, kind: type[N], text: str, argument: str, taxon: str | None = None) -> N:
    """The node that an argument names by global id, curie or name. Raises UnknownTermError and ContractError."""
    label, name = kind.__name__, curie_of(kind.__name__, text, argument)
    want = names.NameWant(label, Asked.of(info).columns(kind), taxon and spelling.taxon(taxon))
    return made(kind, await _one(info, want, label, name, argument))


async def _one(info: Info, want: names.NameWant, label: str, name: str, argument: str) -> dict[str, Any]:
    found = await info.context.load(want, name)
    if found:
        return names.one(label, name, found, argument)
    close = await info.context.ask(lambda backend: names.suggestions(backend.store, label, name))
    raise UnknownTermError(name, names.spoken(label), suggestions=close, argument=argument)


async def linked(
    info: Info,
    source: Node,
    name: str,
    kind: type[N],
    window: Window,
    *,
    through: tuple[type[Any], str] | None = None,
    withheld: Sequence[Gap] = (),
    only: tuple[tuple[str, str], ...] = (),
) -> Any:
    """A connection along a link. ``through``: a type that holds the relationship's properties, and its field that holds
    the node. ``only``: (property of the node, value) that its rows have."""
    asked, link = Asked.of(info), LINKS[type(source).__name__, name]
    items = asked.items()
    node, edge = items, ()
    if through:
        node, edge = items.below(through[1]), tuple(c for c in items.columns(through[0]) if c not in ("id", through[1]))
    want = LinkWant(
        link,
        node.columns(kind),
        edge,
        window.size,
        checked_cursor(window.place, link.order),
        _counted(asked),
        only,
        window.back,
    )
    page: Page = await info.context.load(want, source.curie)

    def shown(row: Row) -> Any:
        target = made(kind, row.node)
        if through is None:
            return target
        holder = object.__new__(through[0])
        holder.__dict__.update(values_of(through[0], row.edge), **{through[1]: target})
        return holder

    missing = await _missing(info, asked, link.types)
    if "missing" in asked and not page.rows and window.place is None:
        missing += [gap for gap in [unmeasured(type(source).__name__, name)] if gap]
    return filled(Connection, page, shown, window=window, edges="edges" in asked, missing=missing, withheld=withheld)


async def first_linked(info: Info, source: Node, name: str, kind: type[N]) -> N | None:
    """The one node that a link leads to, or the first; None where there is none."""
    link = LINKS[type(source).__name__, name]
    page: Page = await info.context.load(LinkWant(link, Asked.of(info).columns(kind), (), 1), source.curie)
    return made(kind, page.rows[0].node) if page.rows else None


async def listed(info: Info, kind: type[N], window: Window, /, **filters: str | None) -> Any:
    """A connection of all nodes of a type that pass the filters. Raises UnknownTermError for a filter that names
    nothing."""
    label, asked = kind.__name__, Asked.of(info)
    given = {}
    for name, value in filters.items():
        if value is not None:
            way = FILTERS[label][name]
            text = spelling.taxon(value) if name == "taxon" else value
            given[name] = curie_of(LINKS[label, way].target, value, name) if way else text
    want = ListWant(
        label,
        asked.items().columns(kind),
        window.size,
        checked_cursor(window.place, order_of(label)),
        tuple(sorted(given.items())),
        _counted(asked),
        window.back,
    )
    page: Page = await info.context.load(want)
    for name, value in given.items():
        if not page.rows and window.place is None and (way := FILTERS[label][name]):
            target = LINKS[label, way].target
            await _one(info, names.NameWant(target, ("id",)), target, value, name)
    return filled(
        Connection,
        page,
        lambda row: made(kind, row.node),
        window=window,
        edges="edges" in asked,
        missing=await _missing(info, asked, (label,)),
    )


def _counted(asked: Asked) -> bool:
    return "totalCount" in asked or "known" in asked


async def _missing(info: Info, asked: Asked, fed: Sequence[str]) -> list[Gap]:
    if "missing" not in asked:
        return []
    return missing_of(await info.context.load(StampWant()), fed)
