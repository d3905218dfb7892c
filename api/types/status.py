"""What is in the graph, from which sources, and what is missing."""

import asyncio
from typing import Any, ClassVar

import strawberry

from api.graphql.node import Node, made
from api.graphql.reading import Info, by_id
from api.graphql.selection import Asked
from kg.read.counts import Counts, CountsWant
from kg.read.nodes import ListWant, Page
from kg.release.releases import release_named, stamp_of
from kg.sides.snapshot import Snapshot, StampWant

_ALL = 10_000


@strawberry.type(description="How many of one label or relationship type there are.")
class Count:
    name: str
    count: int


@strawberry.type(description="A source of rows; read = accepted + quarantined.")
class Source(Node):
    STORED: ClassVar = {"read": "read_rows"}

    label: str
    version: str = strawberry.field(description="version or commit")
    licence: str = strawberry.field(description="as stated")
    redistribute: bool | None = strawberry.field(description="the licence allows redistribution")
    citation: str = strawberry.field(description="how to cite")
    url: str
    status: str = strawberry.field(description="loaded or missing")
    reason: str = strawberry.field(description="why it is missing")
    read: int | None = strawberry.field(description="rows")
    accepted: int | None
    quarantined: int | None


def provider() -> Any:
    """The field that tells the source of a node; its type reads ``source`` for it (``NEEDS``)."""

    async def resolver(self: Any, info: Info) -> Source | None:
        return await by_id(info, Source, self.source)

    return strawberry.field(resolver, description="The source of its row, with version, licence and citation.")


@strawberry.type(description="A frozen state of the graph.")
class Release(Node):
    label: str = strawberry.field(description="name")
    data_version: str = strawberry.field(description="version of the signatures")
    graph_version: str = strawberry.field(description="hash of every node and relationship")
    nodes: int | None
    edges: int | None
    note: str
    when: str = strawberry.field(description="ISO 8601, UTC")


@strawberry.type(description="The current state of the graph.")
class GraphStatus:
    store: str = strawberry.field(description="embedded or neo4j")

    @strawberry.field(description="The release that the graph is at, as every answer names it, or its data version.")
    async def release(self, info: Info) -> str:
        return release_of(await info.context.snapshot())

    @strawberry.field(description="Labels in use.")
    async def nodes(self, info: Info) -> list[Count]:
        return [Count(name=name, count=n) for name, n in (await _counts(info)).nodes.items()]

    @strawberry.field(description="Relationship types in use.")
    async def edges(self, info: Info) -> list[Count]:
        return [Count(name=name, count=n) for name, n in (await _counts(info)).edges.items()]

    @strawberry.field(description="All of them, by curie.")
    async def sources(self, info: Info) -> list[Source]:
        return await _all(info, Source)

    @strawberry.field(description="Sources that are not loaded, and why.")
    async def missing(self, info: Info) -> list[Source]:
        return await _all(info, Source, ("status", "missing"))

    @strawberry.field(description="Their names.")
    async def releases(self, info: Info) -> list[str]:
        page: Page = await info.context.load(ListWant("Release", ("id", "label"), _ALL))
        return [row.node["label"] or row.node["id"] for row in page.rows]


def release_of(snapshot: Snapshot) -> str:
    """What an answer names of the state that it was computed from."""
    stamp = snapshot.stamp
    return snapshot.keep("release", lambda: release_named(stamp.releases, snapshot.version, stamp_of(stamp.runs)))


async def _all(info: Info, kind: type[Any], *filters: tuple[str, str]) -> list[Any]:
    page: Page = await info.context.load(ListWant(kind.__name__, Asked.of(info).columns(kind), _ALL, None, filters))
    return [made(kind, row.node) for row in page.rows]


async def _counts(info: Info) -> Counts:
    """Counted once for each state of the graph."""
    last = info.context.backend.snapshots.last()
    known = last and last.kept(CountsWant())
    stamp, *found = await asyncio.gather(
        *(info.context.load(w) for w in (StampWant(), *(() if known else (CountsWant(),))))
    )
    if known and last and info.context.backend.snapshots.holds(last, stamp):
        return known
    counts = found[0] if found else await info.context.load(CountsWant())
    return (await info.context.snapshot()).keep(CountsWant(), lambda: counts)
