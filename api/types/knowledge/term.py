"""Ontology terms: cell types, tissues, diseases."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.types.curation import of_mappings
from api.types.knowledge.marker import markers
from api.types.link import many


@strawberry.interface(description="A term of an ontology.")
class Term(Node):
    STORED: ClassVar = {"replacement": "replaced_by"}
    NONE: ClassVar = {"replacement": ""}

    label: str = strawberry.field(description="preferred label")
    synonyms: list[str] = strawberry.field(description="exact synonyms")
    definition: str
    deprecated: bool | None = strawberry.field(description="the ontology has retired this term")
    replacement: strawberry.ID | None = strawberry.field(description="curie of the term to use instead")
    replaced_by: str = strawberry.field(
        description="curie of the term to use instead; empty if none",
        deprecation_reason="use replacement, null if none",
    )
    version: str = strawberry.field(description="of the ontology")


@strawberry.type(description="A Cell Ontology term.")
class CellType(Term):
    parents = many("parents", "CellType", "Direct is_a, sorted by label.")
    children = many("children", "CellType", "Direct, sorted by label.")
    curations = of_mappings("CellType")
    contrasts = many("contrasts", "Contrast", "Contrasts measured in it, sorted by curie.")
    markers = markers()


@strawberry.type(description="An UBERON term.")
class Tissue(Term):
    parents = many("parents", "Tissue", "Terms that it is a kind of or part of; sorted by label.")
    children = many("children", "Tissue", "Terms that are kinds or parts of it, sorted by label.")
    curations = of_mappings("Tissue")
    contrasts = many("contrasts", "Contrast", "Contrasts measured in it, sorted by curie.")


@strawberry.type(description="A MONDO term.")
class Disease(Term):
    parents = many("parents", "Disease", "Direct is_a, sorted by label.")
    children = many("children", "Disease", "Direct, sorted by label.")
    curations = of_mappings("Disease")
    models = many("models", "DiseaseModel", "Models of exactly this disease, sorted by name.")
    states = many("states", "DiseaseState", "Human states of exactly this disease, sorted by name.")
