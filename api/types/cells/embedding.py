"""Spaces that cells of several species share, each with the card of the run that made it."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.graphql.reading import Info, linked
from api.graphql.window import Window, paged
from api.types.knowledge.marker import SpeciesOf, TaxonOf, of_taxon
from api.types.link import kind_of, one, page_of


@strawberry.type(description="An embedding shared by cells of several species, with the card of the run that made it.")
class Embedding(Node):
    NONE: ClassVar = {"seed": -1}

    label: str = strawberry.field(description="dataset and name")
    method: str
    version: str = strawberry.field(description="of the method")
    doi: str
    seed: int | None = strawberry.field(description="of the run; null where its card names none")
    gene_embedding: str = strawberry.field(description="source of the similarity of genes in it")
    stand_in: bool | None = strawberry.field(
        description="orthology was used as a stand-in for a protein language model"
    )
    coverage: list[str] = strawberry.field(
        description="of each species: cells, and the share of its expressed genes with an embedding"
    )
    inputs: list[str] = strawberry.field(description="of each species: the file that was read, and its sha256")
    packages: list[str] = strawberry.field(description="versions of what it was computed with")
    settings: str = strawberry.field(description="of the run, as JSON")
    limits: list[str] = strawberry.field(description="limits of the method")
    card: str = strawberry.field(description="all of this in one line, as repeated by every correspondence")
    null_labels: str = strawberry.field(description="the null of permuted labels")
    null_shuffled: str = strawberry.field(
        description="the null of shuffled gene embeddings; or that it is missing, and how to make it"
    )
    n_controls: int | None = strawberry.field(description="control runs with shuffled gene embeddings")
    auroc_of: str = strawberry.field(description="what MetaNeighbor's AUROC is computed on")
    n_cells: int | None = strawberry.field(description="cells with a label")
    n_pairs: int | None = strawberry.field(description="pairs of populations of two species that were tested")
    taxa: list[str]
    condition: str = strawberry.field(
        description="what all its cells are of: PATO:0000461 (healthy), or id of a disease; empty where not told apart"
    )
    dataset = one("datasets", "Dataset", "The dataset whose manifest names it.")

    @strawberry.field(description="Its populations, of one species or all; sorted by label.")
    @paged
    async def populations(
        self, info: Info, taxon: TaxonOf = None, species: SpeciesOf = None, *, window: Window
    ) -> page_of("CellPopulation"):  # type: ignore[valid-type]
        return await linked(info, self, "populations", kind_of("CellPopulation"), window, only=of_taxon(taxon, species))
