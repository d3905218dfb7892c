"""What is in the graph, from which sources, and what is missing."""

import strawberry

from api.record import typed
from kg import read


@strawberry.type(description="How many of one label or relationship type there are.")
class Count:
    name: str
    count: int


@strawberry.type(description="A source of rows; read = accepted + quarantined.")
class Source:
    id: strawberry.ID
    label: str
    version: str
    status: str = strawberry.field(description="loaded or missing")
    reason: str
    read: int
    accepted: int
    quarantined: int


@strawberry.type(description="The graph as it stands.")
class GraphStatus:
    store: str = strawberry.field(description="embedded or neo4j")
    nodes: list[Count]
    edges: list[Count]
    sources: list[Source]
    missing: list[Source]
    releases: list[str]

    @classmethod
    def of(cls, status: read.Status, store: str) -> "GraphStatus":
        return cls(
            store=store,
            nodes=[Count(name=name, count=n) for name, n in status.nodes.items()],
            edges=[Count(name=name, count=n) for name, n in status.edges.items()],
            sources=[typed(Source, each) for each in status.sources],
            missing=[typed(Source, each) for each in status.missing],
            releases=status.releases,
        )
