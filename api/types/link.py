"""Fields that follow a link of the graph, declared in one line each."""

from importlib import import_module
from typing import Annotated, Any

import strawberry

from api.graphql.connection import Connection
from api.graphql.node import Node
from api.graphql.reading import Info, first_linked, linked
from api.graphql.window import Window, paged

HOMES = {
    "Species": "knowledge.species",
    "Gene": "knowledge.gene",
    "Ortholog": "knowledge.gene",
    "GeneChange": "knowledge.gene",
    "ContrastChange": "knowledge.gene",
    "Lead": "matches.lead",
    "Match": "matches.match",
    "MatchOfContrast": "matches.lead",
    "Regulon": "knowledge.regulon",
    "Target": "knowledge.regulon",
    "CellType": "knowledge.term",
    "Tissue": "knowledge.term",
    "Disease": "knowledge.term",
    "Dataset": "studies.dataset",
    "Contrast": "studies.contrast",
    "DiseaseModel": "studies.disease_model",
    "DiseaseState": "studies.disease_state",
    "Drug": "studies.drug",
    "DrugCondition": "studies.drug",
    "Source": "status",
    "Release": "status",
    "CellPopulation": "cells.cell_population",
    "Correspondence": "cells.cell_population",
    "SimilarPopulation": "cells.cell_population",
    "Embedding": "cells.embedding",
    "Atlas": "atlas",
    "AtlasVersion": "atlas",
    "Mapping": "atlas",
    "AtlasBranch": "atlas_branch",
    "AtlasTag": "atlas_branch",
    "Submission": "submission",
    "Job": "job",
    "Curation": "curation",
    "Marker": "knowledge.marker",
    "RegulonChange": "studies.cell_change",
    "ContrastOfRegulon": "studies.cell_change",
    "ProportionChange": "studies.cell_change",
    "ContrastOfProportion": "studies.cell_change",
}
"""Type -> the file that declares it: types that refer to one another are named here and imported when they are used."""


def kind_of(name: str) -> type[Any]:
    return getattr(import_module(f"api.types.{HOMES[name]}"), name)


def lazy(name: str) -> Any:
    return Annotated[name, strawberry.lazy(f"api.types.{HOMES[name]}")]  # type: ignore[valid-type]


def page_of(name: str) -> Any:
    """The connection type of a concept."""
    return Connection[lazy(name)]


def many(name: str, kind: str, description: str, *, through: tuple[str, str] | None = None) -> Any:
    """A connection along the link ``name``. ``through``: a type that holds the relationship's properties, and its field
    that holds the node."""

    async def resolver(self: Node, info: Info, *, window: Window) -> Any:
        holder = (kind_of(through[0]), through[1]) if through else None
        return await linked(info, self, name, kind_of(kind), window, through=holder)

    resolver.__annotations__["return"] = page_of(through[0] if through else kind)
    return strawberry.field(paged(resolver), description=description)


def one(name: str, kind: str, description: str) -> Any:
    """The one node, or the first, that the link ``name`` leads to."""

    async def resolver(self: Node, info: Info) -> Any:
        return await first_linked(info, self, name, kind_of(kind))

    resolver.__annotations__["return"] = lazy(kind) | None
    return strawberry.field(resolver, description=description)
