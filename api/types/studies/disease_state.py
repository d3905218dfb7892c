"""Human states: a disease with what sets it apart."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.graphql.reading import Info, by_id
from api.types.curation import of_mappings
from api.types.knowledge.term import Disease
from api.types.link import many


@strawberry.type(description="A human disease with its stage or subtype, and the material.")
class DiseaseState(Node):
    STORED: ClassVar = {"taxon": "in_taxon"}
    NEEDS: ClassVar = {"disease": ("disease",)}

    label: str
    stage: str = strawberry.field(description="stage or subtype; empty if none is distinguished")
    material: str = strawberry.field(description="bulk tissue or cell type")
    taxon: str
    curations = of_mappings("DiseaseState")
    contrasts = many("contrasts", "Contrast", "Its cohorts, sorted by curie.")

    @strawberry.field(description="The disease; none for ageing.")
    async def disease(self, info: Info) -> Disease | None:
        return await by_id(info, Disease, self.__dict__["disease"])
