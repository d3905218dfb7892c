"""Matches that a gene or regulon leads, and those of a contrast; in a file apart from these because a match has
contrasts, and those have genes."""

from typing import ClassVar

import strawberry

from api.graphql.node import Node
from api.graphql.reading import Info
from api.types.enums import SIDES, MatchSide
from api.types.link import lazy
from api.types.matches.connection import one_stored


@strawberry.type(description="A stored match in which a gene or regulon changes alike on both sides at FDR .05.")
class Lead:
    STORED: ClassVar = {"z_model": "z_mouse"}

    direction: str = strawberry.field(description="up or down")
    z_model: float | None = strawberry.field(description="value of the model side in units of its noise")
    z_mouse: float | None = strawberry.field(
        description="mouse value in units of its noise", deprecation_reason="use zModel"
    )
    z_human: float | None = strawberry.field(description="human value in units of its noise")
    p: float | None = strawberry.field(description="the larger one-sided p in the shared direction")
    q: float | None = strawberry.field(description="Benjamini-Hochberg over the features tested")
    found: strawberry.Private[Node]

    @strawberry.field
    async def match(self, info: Info) -> lazy("Match"):  # type: ignore[valid-type]
        return await one_stored(info, self.found.curie)


@strawberry.type(description="A stored match of a contrast.")
class MatchOfContrast:
    NEEDS: ClassVar = {"of_side": ("side",)}

    found: strawberry.Private[Node]

    @strawberry.field(description="Which side of the match the contrast is.")
    def of_side(self) -> MatchSide:
        return SIDES[self.side]  # type: ignore[attr-defined]

    @strawberry.field
    async def match(self, info: Info) -> lazy("Match"):  # type: ignore[valid-type]
        return await one_stored(info, self.found.curie)
