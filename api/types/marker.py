"""Genes that lists of markers name for a cell type, or for what they call one."""

from typing import Annotated, Any

import strawberry

from api.graphql.node import Node, curie_of
from api.graphql.reading import Info, linked
from api.graphql.window import Window, paged
from api.types.link import kind_of, lazy, page_of

TaxonOf = Annotated[
    str | None, strawberry.argument(description="curie or global id, such as NCBITaxon:10090; all when left out")
]


@strawberry.type(description="A gene that a list of markers names for a cell type.")
class Marker:
    gene: lazy("Gene")  # type: ignore[valid-type]
    author_labels: list[str] = strawberry.field(description="what the list calls the cell type")
    method: str = strawberry.field(
        description="how that was found in the ontology: id, label, synonym, mapping, broad mapping or none"
    )
    canonical: bool | None = strawberry.field(description="the list calls it a canonical marker")
    ubiquitousness: float | None = strawberry.field(
        description="share of all cells that express it, 0 to 1; null where not stated"
    )
    sensitivity: float | None = strawberry.field(
        description="share of cells of the type that express it, 0 to 1; null where not stated"
    )
    specificity: float | None = strawberry.field(
        description="share of other cells that express it, as the list has it; null where not stated"
    )
    organ: str
    source: str = strawberry.field(description="the list")


def markers() -> Any:
    """The connection to the markers of a node."""

    async def resolver(self: Node, info: Info, species: TaxonOf = None, *, window: Window) -> Any:
        only = () if species is None else (("in_taxon", curie_of("Species", species, "species")),)
        return await linked(info, self, "markers", kind_of("Gene"), window, through=(Marker, "gene"), only=only)

    resolver.__annotations__["return"] = page_of("Marker")
    return strawberry.field(paged(resolver), description="Genes that lists of markers name for it; the most sensitive first, then by symbol.")  # fmt: skip
