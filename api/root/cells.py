"""Populations of cells, and the embeddings that species share."""

from typing import Annotated

import strawberry

from api.graphql.reading import Info, listed
from api.graphql.window import First, Window, paged
from api.root.fields import lookup
from api.types.cells.cell_population import CellPopulation, SimilarPopulations, similar
from api.types.cells.embedding import Embedding
from api.types.link import page_of


@strawberry.type
class Cells:
    cell_population = lookup(
        CellPopulation, "id", "Cells of one type in one dataset, and what corresponds to them in other species."
    )

    embedding = lookup(Embedding, "id", "An embedding shared by cells of several species, with the card of its run.")

    @strawberry.field(description="Embeddings shared by cells of several species, sorted by name.")
    @paged
    async def embeddings(self, info: Info, *, window: Window) -> page_of("Embedding"):  # type: ignore[valid-type]
        return await listed(info, Embedding, window)

    @strawberry.field(
        description="Populations of any species with the nearest centroids in the same embedding, by cosine."
    )
    async def similar_populations(
        self,
        info: Info,
        to: Annotated[str, strawberry.argument(description="a cell population: curie or global id")],
        first: First = 20,
    ) -> SimilarPopulations:
        return await similar(info, to, first)
