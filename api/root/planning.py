"""What a next experiment is planned by: the power of matches, and how they move along stages."""

from typing import Annotated

import strawberry

from api.graphql.node import curie_of
from api.graphql.reading import Info
from api.graphql.window import Window, paged
from api.types.enums import ASKED_LEVEL, ASKED_POLICY, Level, Policy
from api.types.matches import plan, stages
from api.types.matches.sets import Sets

_Model = Annotated[str, strawberry.argument(description="name or id of a disease model, such as rTg4510")]
_Disease = Annotated[str, strawberry.argument(description="MONDO id or name")]


@strawberry.type
class Planning:
    @strawberry.field(
        description=(
            "How many animals would a match of a model with a disease take, at a true correlation of .2 to .5? As"
            " `orthokg plan`: with the noise of both sides in the graph, and effects of the size of the model's present"
            " contrasts. Sorted by contrast, then state; missing: pairs without a plan. Errors: NO_FACTOR, NO_SIGNAL."
        )
    )
    @paged
    async def plan(
        self,
        info: Info,
        model: _Model,
        disease: _Disease,
        level: Level = ASKED_LEVEL,
        policy: Policy = ASKED_POLICY,
        animals: plan.Animals = None,
        *,
        window: Window,
    ) -> plan.PlanConnection:
        of, under = curie_of("DiseaseModel", model, "model"), curie_of("Disease", disease, "disease")
        return await plan.answer(info, of, under, level, policy, animals, window)

    @strawberry.field(
        description=(
            "Does a model match a late stage of a disease better than an early one? As `orthokg stages`: the difference"
            " of each two stages is tested, and the trend over three or more. By contrast of the model. Error: "
            "NO_STAGES."
        )
    )
    @paged
    async def stages(
        self,
        info: Info,
        model: _Model,
        disease: _Disease,
        by: stages.StagesBy = stages.StagesBy.stage,
        order: stages.Order = None,
        level: Level = ASKED_LEVEL,
        policy: Policy = ASKED_POLICY,
        sets: Sets = None,
        *,
        window: Window,
    ) -> stages.StagesConnection:
        of, under = curie_of("DiseaseModel", model, "model"), curie_of("Disease", disease, "disease")
        return await stages.answer(info, of, under, by, order, level, policy, sets, window)
