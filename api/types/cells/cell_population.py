"""Cell populations, their place in an embedding, and what corresponds to them in other species."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node, curie_of
from api.graphql.reading import Info, by_id, linked
from api.graphql.window import Window, paged, size
from api.types.knowledge.marker import SpeciesOf, TaxonOf, markers, of_taxon
from api.types.link import lazy, many, one, page_of
from kg.read.similar import similar_populations


@strawberry.type(description="Cells of one type in one dataset.")
class CellPopulation(Node):
    STORED: ClassVar = {"taxon": "in_taxon", "network": "network_status"}
    NONE: ClassVar = {"network": ""}

    label: str = strawberry.field(description="that of its Cell Ontology term, or the authors' words if there is none")
    author_labels: list[str] = strawberry.field(description="names in the file that are this population")
    taxon: str
    n_cells: int | None
    n_donors: int | None = strawberry.field(description="donors with a cell of it; null where the file names none")
    n_removed: int | None = strawberry.field(description="cells with a donor that were removed by quality control")
    network: str | None = strawberry.field(description="inferred or UNTESTABLE; null if no network was requested")
    network_status: str = strawberry.field(
        description="inferred or UNTESTABLE; empty if no network was requested",
        deprecation_reason="use network, null when none",
    )
    network_reason: str = strawberry.field(
        description="why no network could be inferred, and what would make it possible"
    )
    embedding: str = strawberry.field(
        description="the embedding it belongs to; empty if none",
        deprecation_reason="use space { label }, null if none",
    )
    spread: float | None = strawberry.field(
        description="root of the mean squared distance of its cells to the centroid"
    )
    counterpart: str = strawberry.field(
        description="its counterpart in each other species; or why there is none, and which is nearest"
    )
    layout: list[float] = strawberry.field(
        description="UMAP of at most 40 of its cells drawn at random: x, y, x, y and so on; for display, not evidence"
    )
    cell_type = one("cell_types", "CellType", "Its Cell Ontology term; none where the ontology has no such name.")
    dataset = one("datasets", "Dataset", "Where it was measured.")
    tissue = one("tissues", "Tissue", "Where its cells come from.")
    markers = markers()
    regulons = many("regulons", "Regulon", "Regulons inferred in its cells, sorted by name.")
    proportions = many(
        "proportions",
        "Contrast",
        "Composition contrasts that test its proportion; the largest effect in units of noise first.",
        through=("ContrastOfProportion", "contrast"),
    )
    space = one("spaces", "Embedding", "The embedding it belongs to, with the card of the run that made it.")
    contrasts = many("contrasts", "Contrast", "Contrasts of its cells, sorted by curie.")
    same = many(
        "same",
        "CellPopulation",
        "The same cells elsewhere: in their dataset, in an embedding, or in a published table.",
    )

    @strawberry.field(
        description=(
            "Pairs with every population of other species in the same embedding, and those of published tables; the"
            " best score first. The status tells which correspond."
        )
    )
    @paged
    async def correspondences(
        self, info: Info, taxon: TaxonOf = None, species: SpeciesOf = None, *, window: Window
    ) -> page_of("Correspondence"):  # type: ignore[valid-type]
        only = of_taxon(taxon, species)
        through = (Correspondence, "population")
        return await linked(info, self, "correspondences", CellPopulation, window, through=through, only=only)


@strawberry.type(description="A population of another species, compared in a shared embedding.")
class Correspondence:
    population: lazy("CellPopulation")  # type: ignore[valid-type]
    status: str = strawberry.field(
        description=(
            "COUNTERPART (each other's best, at FDR .05 by every null available), NONE, or UNTESTABLE (a side has too"
            " few cells)"
        )
    )
    score: float | None = strawberry.field(
        description="share of cross-species neighbours that belong to the other, geometric mean of both directions, "
        "0 to 1"
    )
    p: float | None = strawberry.field(description="by permuted labels")
    q: float | None = strawberry.field(description="Benjamini-Hochberg over all tested pairs of the embedding")
    null: str = strawberry.field(description="what is permuted")
    p_shuffled: float | None = strawberry.field(
        description=(
            "rank among the reciprocal pairs of control runs with shuffled gene embeddings, of the score where no label"
            " has touched the cells; 1 where the pair is not reciprocal there, null without a control"
        )
    )
    q_shuffled: float | None = strawberry.field(
        description=(
            "Benjamini-Hochberg, adaptive, over the populations of the smaller side, each with its reciprocal pair"
        )
    )
    null_shuffled: str = strawberry.field(
        description="control runs with shuffled gene embeddings; or that there are none, and how to make them"
    )
    reciprocal: bool | None = strawberry.field(description="each has no better score in the other's species")
    called: bool | None = strawberry.field(description="the status is COUNTERPART")
    auroc: float | None = strawberry.field(description="MetaNeighbor, 0 to 1; null where a species has one population")
    auroc_of: str = strawberry.field(description="what the AUROC is computed on")
    agrees: bool | None = strawberry.field(
        description="both scores call them counterparts, or neither does; null if one is undecided"
    )
    published: str = strawberry.field(description="what the authors' table says about the pair; empty if there is none")
    published_by: str = strawberry.field(description="whose table")
    method: str
    embedding: str = strawberry.field(description="name of the space, or of the table")
    gene_embedding: str = strawberry.field(description="source of the similarity of genes in the embedding")
    card: str = strawberry.field(
        description="of the run: version, seed, coverage, checksums; in full at CellPopulation.space"
    )


@strawberry.type(description="A population near another in an embedding.")
class SimilarPopulation:
    curie: strawberry.ID
    cosine: float = strawberry.field(description="of the two centroids, -1 to 1; neither a test nor a correspondence")

    @strawberry.field
    async def population(self, info: Info) -> CellPopulation | None:
        return await by_id(info, CellPopulation, self.curie)


@strawberry.type(description="Populations near one in its embedding.")
class SimilarPopulations:
    nodes: list[SimilarPopulation] = strawberry.field(description="the highest cosine first, then by curie")
    known: int = strawberry.field(description="populations of the embedding, without itself")


async def similar(info: Info, to: str, first: int) -> SimilarPopulations:
    """Raises UnknownTermError for anything but a population with a place in an embedding."""
    curie, most = curie_of("CellPopulation", to, "to"), size(first)
    found = await info.context.ask(lambda backend: similar_populations(backend.store, curie, most))
    return SimilarPopulations(
        nodes=[SimilarPopulation(curie=strawberry.ID(each.id), cosine=each.cosine) for each in found.nearest],
        known=found.known,
    )
