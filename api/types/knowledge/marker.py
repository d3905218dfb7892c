"""Genes that lists of markers name for a cell type, or for what they call one."""

from typing import Annotated, Any

import strawberry

from api.graphql.node import Node, curie_of
from api.graphql.reading import Info, linked
from api.graphql.window import Window, paged
from api.types.link import kind_of, lazy, page_of
from kg.errors import ContractError, Issue

TaxonOf = Annotated[
    str | None, strawberry.argument(description="curie or global id, such as NCBITaxon:10090; all when left out")
]
SpeciesOf = Annotated[
    str | None,
    strawberry.argument(
        description="curie or global id, such as NCBITaxon:10090; all when left out", deprecation_reason="use taxon"
    ),
]


def of_taxon(taxon: str | None, species: str | None) -> tuple[tuple[str, str], ...]:
    """What the rows of a list are narrowed by; ``species`` is the argument's old name. Raises ContractError for
    both."""
    if taxon is not None and species is not None:
        issue = Issue("species", "species is the old name of taxon", "both", "leave species out")
        raise ContractError([issue], code="ARGUMENT")
    asked, argument = (taxon, "taxon") if species is None else (species, "species")
    return () if asked is None else (("in_taxon", curie_of("Species", asked, argument)),)


@strawberry.type(description="A gene listed as a marker of a cell type.")
class Marker:
    gene: lazy("Gene")  # type: ignore[valid-type]
    author_labels: list[str] = strawberry.field(description="what the list calls the cell type")
    method: str = strawberry.field(
        description="how the ontology term was found: id, label, synonym, mapping, broad mapping or none"
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

    async def resolver(
        self: Node, info: Info, taxon: TaxonOf = None, species: SpeciesOf = None, *, window: Window
    ) -> Any:
        only = of_taxon(taxon, species)
        return await linked(info, self, "markers", kind_of("Gene"), window, through=(Marker, "gene"), only=only)

    resolver.__annotations__["return"] = page_of("Marker")
    return strawberry.field(
        paged(resolver),
        description="Genes listed as its markers; the most sensitive first, then by symbol.",
    )
