"""How nodes are connected: paths, neighbourhoods, and communities of a network of regulons."""

from typing import Annotated

import strawberry

from api.graphql.derived import Derived
from kg.network import communities as grouped
from kg.network import links, paths

_NETWORK = Derived(
    __name__,
    {
        links.Node: ("GraphNode", "A node of the graph; label: what it is; name: its symbol, title or label."),
        links.Link: (
            "GraphLink",
            "A relationship as it is stored, from subject to object; evidence: its properties, as name: value.",
        ),
        paths.Step: ("PathStep", "From one node of a path to the next; links: all relationships between the two."),
        paths.Path: ("GraphPath", "A path; length: number of steps."),
        paths.Hub: ("GraphHub", "A node and the number of its relationships."),
        paths.Paths: (
            "GraphPaths",
            "Paths between two nodes, shortest first; hubs: nodes with so many relationships that no path was looked"
            " for through them; complete: there are no others of up to longest steps, or reason says why not.",
        ),
        paths.Neighbour: (
            "GraphNeighbour",
            "A node near another; distance: number of steps; links: those by which it was reached.",
        ),
        paths.Neighbourhood: (
            "Neighbourhood",
            "Nodes near one node, nearest first; known: number of nodes found; hubs: nodes with so many relationships"
            " that they were not followed.",
        ),
        grouped.Community: (
            "Community",
            "Genes and factors that are densely connected; inside: the part of the weight of their relationships that"
            " stays within, 0 to 1; leading: factors with the most targets within.",
        ),
        grouped.Communities: (
            "Communities",
            "Communities of a network of regulons (Louvain), largest first; modularity: of the partition; shuffled: of"
            " networks with the same degrees whose targets were exchanged at random.",
        ),
    },
)
GraphPaths = _NETWORK.type(paths.Paths)
Neighbourhood = _NETWORK.type(paths.Neighbourhood)
Communities = _NETWORK.type(grouped.Communities)
shown = _NETWORK.of

Named = Annotated[str, strawberry.argument(description="curie, name (case-insensitive) or symbol of a gene")]
By = Annotated[
    list[str] | None,
    strawberry.argument(description="types of relationships to follow; regulation, drugs and orthology if omitted"),
]
Species = Annotated[
    str | None, strawberry.argument(description="species of genes named by a symbol: NCBITaxon:10090, mouse")
]
Hub = Annotated[int, strawberry.argument(description="pass no node with more relationships than this, up to 1,000")]
