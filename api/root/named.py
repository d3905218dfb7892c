"""One thing by its id or name, and the search for names."""

from typing import Annotated

import strawberry

from api.graphql.node import Node, parsed
from api.graphql.reading import Info, by_id, by_name
from api.graphql.window import First
from api.root.fields import lookup
from api.types.atlas import Atlas, AtlasVersion, Mapping
from api.types.atlas_branch import AtlasBranch, AtlasTag
from api.types.cells.cell_population import CellPopulation
from api.types.cells.embedding import Embedding
from api.types.job import job_or_none
from api.types.knowledge.gene import Gene
from api.types.knowledge.regulon import Regulon
from api.types.knowledge.species import Species
from api.types.knowledge.term import CellType, Disease, Tissue
from api.types.matches.connection import one_stored
from api.types.search import Kind, SearchResult, search
from api.types.status import Release, Source
from api.types.studies.contrast import Contrast
from api.types.studies.dataset import Dataset
from api.types.studies.disease_model import DiseaseModel
from api.types.studies.disease_state import DiseaseState
from api.types.studies.drug import Drug, DrugCondition
from api.types.submission import Submission
from kg.errors import ContractError, Issue

_KINDS = {
    kind.__name__: kind
    for kind in (
        Species,
        Gene,
        CellType,
        Tissue,
        Disease,
        Dataset,
        Contrast,
        DiseaseModel,
        DiseaseState,
        Drug,
        DrugCondition,
        Regulon,
        Source,
        Release,
        CellPopulation,
        Embedding,
        Atlas,
        AtlasVersion,
        Mapping,
        AtlasBranch,
        AtlasTag,
        Submission,
    )
}


@strawberry.type
class Named:
    @strawberry.field(description="Any object by its global id; null if it does not exist.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        found = parsed(id)
        if found is None:
            raise ContractError(
                [Issue("id", "is a global id", id[:60], "give an id returned by this server")], code="ARGUMENT"
            )
        if found[0] == "Match":
            return await one_stored(info, found[1])
        if found[0] == "Job":
            return await job_or_none(info, found[1])
        return await by_id(info, _KINDS[found[0]], found[1]) if found[0] in _KINDS else None

    @strawberry.field(description="Search names, synonyms and ids that contain a text, ignoring case.")
    async def search(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="with fewer than 3 characters: the start of a name")],
        kinds: list[Kind] | None = None,
        first: First = 20,
    ) -> SearchResult:
        return await search(info, text, kinds, first)

    @strawberry.field
    async def gene(
        self,
        info: Info,
        curie: Annotated[str | None, strawberry.argument(description="curie or global id")] = None,
        symbol: Annotated[str | None, strawberry.argument(description="HGNC or MGI symbol")] = None,
        taxon: Annotated[
            str | None,
            strawberry.argument(description="such as NCBITaxon:10090; needed where species share the symbol"),
        ] = None,
    ) -> Gene | None:
        if (curie is None) == (symbol is None):
            found = "both" if curie else "neither"
            raise ContractError(
                [Issue("curie", "one of curie and symbol is given", found, "give one")], code="ARGUMENT"
            )
        return await by_name(info, Gene, curie or symbol or "", "curie" if curie else "symbol", taxon)

    species = lookup(Species, "curie", "A species.")
    cell_type = lookup(CellType, "curie", "A cell type.")
    tissue = lookup(Tissue, "curie", "A tissue.")
    disease = lookup(Disease, "curie", "A disease.")
    disease_model = lookup(DiseaseModel, "curie", "A disease model, such as rTg4510.")
    disease_state = lookup(DiseaseState, "curie", "A human disease state.")
    drug = lookup(Drug, "curie", "A drug.")
    drug_condition = lookup(DrugCondition, "curie", "A drug condition.")
    regulon = lookup(Regulon, "curie", "A regulon.")
    dataset = lookup(Dataset, "curie", "A dataset.")
    contrast = lookup(Contrast, "curie", "A contrast.")
