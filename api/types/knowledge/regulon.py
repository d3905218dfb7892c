"""Regulons: a transcription factor with its targets in one network."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.types.link import lazy, many
from api.types.status import provider


@strawberry.type(description="A transcription factor with its targets in one network.")
class Regulon(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NONE: ClassVar = {"support": -1.0}
    NEEDS: ClassVar = {"provider": ("source",)}

    label: str
    tf: str = strawberry.field(description="symbol of the factor")
    network: str
    engine: str = strawberry.field(description="curated, or the method that inferred it")
    taxon: str
    n_targets: int | None
    derived_by_orthology: bool | None = strawberry.field(
        description="targets transferred from another species: not independent evidence"
    )
    pruned: bool | None = strawberry.field(
        description="only targets with the factor's motif nearby were kept; null for curated networks"
    )
    support: float | None = strawberry.field(
        description=(
            "mean share of resamples in which its edges were found; null if not computed, and for curated networks"
        )
    )
    context: list[str] = strawberry.field(description="how it was made: motifs, ranking databases, cuts")
    populations = many(
        "populations",
        "CellPopulation",
        "Cells that it was inferred in; null for a curated network or one inferred elsewhere.",
    )
    changes = many(
        "changes",
        "Contrast",
        "Contrasts in which its activity or its targets change; the largest effect in units of noise first.",
        through=("ContrastOfRegulon", "contrast"),
    )
    factors = many("factors", "Gene", "Genes of the factor, several in a complex; sorted by symbol.")
    targets = many("targets", "Gene", "The best supported first, then by symbol.", through=("Target", "gene"))
    leads = many(
        "leads",
        "Match",
        "Stored matches that list it among the changes shared by both sides; those that rank it highest first.",
        through=("Lead", "found"),
    )
    provider = provider()


@strawberry.type(description="A target of a regulon.")
class Target:
    NONE: ClassVar = {"found_in": -1.0}

    gene: lazy("Gene")  # type: ignore[valid-type]
    weight: float | None = strawberry.field(description="as the network has it")
    sign: int | None = strawberry.field(description="1 activation, -1 repression, 0 not known")
    support: int | None = strawberry.field(description="publications or evidence counted")
    found_in: float | None = strawberry.field(
        description="share of resamples in which an inferred edge was found; null if not computed, and for curated "
        "edges"
    )
    confidence: str = strawberry.field(description="as the network has it")
    pmids: list[str] = strawberry.field(description="publications")
