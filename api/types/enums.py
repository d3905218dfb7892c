"""Enums of answers, made of what the package declares: a new level, policy or status needs no line here."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.enum import EnumValueDefinition

from kg.match.compared import LEVELS, MAIN
from kg.match.levels import LEVELS as UNITS
from kg.match.orthology import POLICIES
from kg.match.verdict import Status
from kg.read.match_cypher import Gives


def _values(told: Mapping[Any, str]) -> dict[str, EnumValueDefinition]:
    return {name: strawberry.enum_value(name, description=doc or None) for name, doc in told.items()}


Level = Enum("Level", _values({name: level.doc for name, level in LEVELS.items()}))
strawberry.enum(Level, description="What is compared; sets: only with the argument sets, and without a level.")
Policy = Enum("Policy", _values(dict(POLICIES)))
strawberry.enum(Policy, description="How genes of the two species are paired.")
MatchStatus = Enum("MatchStatus", _values({status.name: status.doc for status in Status}))
strawberry.enum(
    MatchStatus,
    description="The verdict, decided in this order: UNTESTABLE, NOT_SUPPORTED, DISCORDANT, NONSPECIFIC, SUPPORTED.",
)
CypherGives = Enum("CypherGives", _values({gives.name: gives.doc for gives in Gives}))
strawberry.enum(CypherGives, description="What the Cypher query of a match returns.")
Unit = Enum("Unit", _values(dict.fromkeys(UNITS, "")))
strawberry.enum(
    Unit,
    description=(
        "What one replicate is. Cells and lanes give no p, because they are not independent; wells and cultures of "
        "one line do so only for a drug."
    ),
)


@strawberry.enum(description="Whether specificity could be tested against any other state.")
class Specificity(Enum):
    tested = strawberry.enum_value("tested", description="Another state takes part in the match, or is unlike it.")
    untested = strawberry.enum_value("untested", description="None is available, or all are too weak to tell.")


@strawberry.enum(description="The two sides of a match.")
class MatchSide(Enum):
    model = strawberry.enum_value(
        "model", description="The side in question: an animal model, a drug or your own signature."
    )
    human = strawberry.enum_value(
        "human", description="The side it is compared with: a human state, or another contrast."
    )


SIDES = {"mouse": MatchSide.model, "human": MatchSide.human}
"""By what the graph calls them."""


OF_A_MATCH: dict[str, type[Enum]] = {kind.__name__: kind for kind in (Level, Policy, MatchStatus, Specificity)}
"""By the names that a declaration of a match gives them."""
ASKED_LEVEL, ASKED_POLICY = Level[MAIN], Policy["one2one"]
"""Of a question that names none."""
