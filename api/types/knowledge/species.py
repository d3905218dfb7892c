"""Species."""

import strawberry

from api.graphql.node import Node
from api.types.link import many


@strawberry.type(description="A species; its curie is an NCBI taxon.")
class Species(Node):
    label: str = strawberry.field(description="scientific name")
    common_name: str
    datasets = many("datasets", "Dataset", "Sorted by curie.")
    models = many("models", "DiseaseModel", "Disease models, sorted by name.")
