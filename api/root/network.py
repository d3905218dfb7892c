"""Graph analysis: paths, neighbourhoods and communities."""

from typing import Annotated

import strawberry

from api.graphql.reading import Info
from api.types.network import By, Communities, GraphPaths, Hub, Named, Neighbourhood, Species, shown
from kg.names.ids import taxon as species
from kg.network.communities import communities
from kg.network.paths import HUB, neighbourhood, paths


@strawberry.type
class Network:
    @strawberry.field(description="The shortest paths between two nodes, each step with its evidence.")
    async def paths(
        self,
        info: Info,
        start: Named,
        end: Named,
        by: By = None,
        longest: Annotated[int, strawberry.argument(description="number of steps, 1 to 6")] = 4,
        first: Annotated[int, strawberry.argument(description="number of paths, 1 to 100")] = 10,
        hub: Hub = HUB,
        taxon: Species = None,
    ) -> GraphPaths:  # type: ignore[valid-type]
        return shown(
            await info.context.ask(
                lambda backend: paths(
                    backend.store, start, end, by=by or (), longest=longest, first=first, hub=hub, taxon=_id(taxon)
                )
            )
        )

    @strawberry.field(description="The nodes near one node, nearest first.")
    async def neighbourhood(
        self,
        info: Info,
        node: Named,
        by: By = None,
        radius: Annotated[int, strawberry.argument(description="number of steps, 1 to 3")] = 1,
        first: Annotated[int, strawberry.argument(description="number of neighbours, 1 to 1,000")] = 100,
        hub: Hub = HUB,
        taxon: Species = None,
    ) -> Neighbourhood:  # type: ignore[valid-type]
        return shown(
            await info.context.ask(
                lambda backend: neighbourhood(
                    backend.store, node, by=by or (), radius=radius, first=first, hub=hub, taxon=_id(taxon)
                )
            )
        )

    @strawberry.field(description="Communities of a network of regulons (Louvain), largest first.")
    async def communities(
        self,
        info: Info,
        network: Annotated[str, strawberry.argument(description="network of the regulons")] = "collectri",
        taxon: Annotated[str, strawberry.argument(description="species of its genes")] = "NCBITaxon:9606",
        first: Annotated[int, strawberry.argument(description="number of communities, 1 to 100")] = 10,
        shuffles: Annotated[int, strawberry.argument(description="networks without structure, 0 to 3")] = 1,
    ) -> Communities:  # type: ignore[valid-type]
        return shown(
            await info.context.ask(
                lambda backend: communities(
                    backend.store, network, species(taxon), first=first, shuffles=min(shuffles, 3)
                )
            )
        )


def _id(text: str | None) -> str | None:
    return species(text) if text else None
