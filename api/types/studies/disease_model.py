"""Animal models of a disease."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.types.curation import of_mappings
from api.types.link import many


@strawberry.type(description="A mouse model of a disease.")
class DiseaseModel(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}

    label: str = strawberry.field(description="common name")
    centre: str = strawberry.field(description="centre that published it, if several use one name")
    strain: str = strawberry.field(description="genetic background")
    genotype: str = strawberry.field(description="alleles or transgenes")
    control: str = strawberry.field(description="matched control")
    form: str = strawberry.field(description="familial, late-onset, tau or other")
    engineered_genes: list[str] = strawberry.field(
        description="symbols of the genes engineered in it; left out of every score"
    )
    url: str = strawberry.field(description="page of the strain")
    taxon: str
    curations = of_mappings("DiseaseModel")
    diseases = many("diseases", "Disease", "Diseases that it models, sorted by label.")
    contrasts = many("contrasts", "Contrast", "Sorted by curie.")
