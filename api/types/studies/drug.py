"""Drugs, and the conditions under which they were measured."""

import strawberry

from api.graphql.node import Node
from api.types.link import many, one


@strawberry.type(description="A compound.")
class Drug(Node):
    label: str
    clinical_phase: str = strawberry.field(description="phase reached")
    moa: list[str] = strawberry.field(description="mechanisms of action")
    indication: str = strawberry.field(description="approved or tested use")
    targets = many("targets", "Gene", "Genes of its targets, sorted by symbol.")
    conditions = many("conditions", "DrugCondition", "Sorted by name.")


@strawberry.type(description="A drug at a dose and time in a system.")
class DrugCondition(Node):
    label: str
    dose: float | None
    dose_unit: str
    time_hours: float | None = strawberry.field(description="exposure")
    system: str = strawberry.field(description="cells or organism treated")
    drug = one("drugs", "Drug", "The drug.")
    contrasts = many("contrasts", "Contrast", "Sorted by curie.")
