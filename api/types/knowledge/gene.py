"""Genes, their orthologs, and the contrasts that change them."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.graphql.reading import Info, by_id
from api.types.curation import of_mappings
from api.types.knowledge.species import Species
from api.types.link import lazy, many
from api.types.status import provider


@strawberry.type(description="A gene; its curie is ENSEMBL:<stable id>.")
class Gene(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {"species": ("in_taxon",), "provider": ("source",)}

    symbol: str
    biotype: str = strawberry.field(description="empty if no source has it")
    taxon: str
    orthologs = many(
        "orthologs",
        "Gene",
        "From every source, so a gene may appear more than once. Sorted by symbol, curie and source.",
        through=("Ortholog", "gene"),
    )
    regulons = many("regulons", "Regulon", "Regulons that target it; the best supported first, then by name.")
    factor_of = many("factor_of", "Regulon", "Regulons of which it is the factor, one a network; sorted by name.")
    changes = many(
        "changes",
        "Contrast",
        "Contrasts in which it passes the threshold; the largest effect in units of noise first.",
        through=("ContrastChange", "contrast"),
    )

    curations = of_mappings("Gene")
    leads = many(
        "leads",
        "Match",
        "Stored matches that list it among the changes shared by both sides; those that rank it highest first.",
        through=("Lead", "found"),
    )
    provider = provider()

    @strawberry.field
    async def species(self, info: Info) -> Species | None:
        return await by_id(info, Species, self.taxon)


@strawberry.type(description="An ortholog, as stated by one source.")
class Ortholog:
    NONE: ClassVar = {"confidence": -1.0, "identity": -1.0}

    gene: lazy("Gene")  # type: ignore[valid-type]
    cardinality: str = strawberry.field(description="one2one, one2many or many2many")
    confidence: float | None = strawberry.field(description="1 high, 0 low; null where not stated")
    identity: float | None = strawberry.field(description="percent identity of the proteins; null where not stated")
    source: str
    version: str = strawberry.field(description="of the source")


MODERATED = "moderated effect: effect over its own noise plus the median noise; of a table its z"


@strawberry.type(description="A gene that passes the threshold of a contrast.")
class GeneChange:
    NEEDS: ClassVar = {"z": ("moderated",)}
    NONE: ClassVar = {"p": -1.0, "fdr": -1.0}

    gene: lazy("Gene")  # type: ignore[valid-type]
    effect: float | None = strawberry.field(description="log2 fold change")
    moderated: float | None = strawberry.field(description=MODERATED)
    p: float | None = strawberry.field(description="two-sided p; null where not stated")
    fdr: float | None = strawberry.field(description="Benjamini-Hochberg; null where not stated")

    @strawberry.field(
        description=MODERATED, deprecation_reason="use moderated: in a match, z is over a gene's own noise"
    )
    def z(self) -> float | None:
        return self.moderated


@strawberry.type(description="A contrast in which a gene passes the threshold.")
class ContrastChange:
    NEEDS: ClassVar = {"z": ("moderated",)}
    NONE: ClassVar = {"p": -1.0, "fdr": -1.0}

    contrast: lazy("Contrast")  # type: ignore[valid-type]
    effect: float | None = strawberry.field(description="log2 fold change")
    moderated: float | None = strawberry.field(description=MODERATED)
    p: float | None = strawberry.field(description="two-sided p; null where not stated")
    fdr: float | None = strawberry.field(description="Benjamini-Hochberg; null where not stated")

    @strawberry.field(
        description=MODERATED, deprecation_reason="use moderated: in a match, z is over a gene's own noise"
    )
    def z(self) -> float | None:
        return self.moderated
