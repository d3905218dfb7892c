"""How a model's match moves along the stages of a disease, or over regions."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from api.graphql.connection import Connection, Gap, filled, gap
from api.graphql.context import Backend
from api.graphql.derived import Derived
from api.graphql.reading import Info
from api.graphql.record import typed
from api.graphql.window import Window
from api.types.enums import Level, Policy
from api.types.matches.sets import GeneSetsInput, file_of
from kg.ask.questions import holding
from kg.ask.stages import StagesAnswer, stages_in
from kg.match.compared import BROUGHT
from kg.read.nodes import Page, Row, fitting_cursor, window_of
from kg.verdict import stages

_STAGES = Derived(
    __name__,
    {
        stages.StageRow: (
            "StageRow",
            "A stage with its match. place: in the order of the stages, from 1, or null; correctedScore: r without the"
            " noise of either side, by which stages of any size and strength are compared, with its 95% interval.",
        ),
        stages.StageDifference: (
            "StageDifference",
            "How much better the model matches stage two than stage one: difference of the corrected scores with its"
            " 95% interval, and the test that there is none; q: over all differences of the contrast.",
        ),
        stages.StageTrend: (
            "StageTrend",
            "step: change of the corrected score from one stage to the next, with its 95% interval; p: that there is"
            " none.",
        ),
    },
)
_Row, _Difference, _Trend = (
    _STAGES.type(each) for each in (stages.StageRow, stages.StageDifference, stages.StageTrend)
)


@strawberry.enum(description="What is told apart.")
class StagesBy(Enum):
    stage = "stage"
    region = "region"


Order = Annotated[
    list[str] | None,
    strawberry.argument(description="stages in their order, the earliest first; by their words if omitted"),
]


@strawberry.type(description="The stages, or regions, that a contrast was compared with.")
class ContrastStages:
    contrast: strawberry.ID
    contrast_label: str
    by: StagesBy
    match_level: Level
    orthology: Policy
    rows: list[_Row]  # type: ignore[valid-type]
    differences: list[_Difference]  # type: ignore[valid-type]
    trends: list[_Trend]  # type: ignore[valid-type]
    missing: list[Gap] = strawberry.field(description="stages that are not compared, and why")


@strawberry.type(description="How the matches of a model move along the stages of a disease.")
class StagesConnection(Connection[ContrastStages]):
    question: str
    release: str
    method: str


async def answer(
    info: Info,
    model: str,
    disease: str,
    by: StagesBy,
    order: list[str] | None,
    level: Level,
    policy: Policy,
    sets: GeneSetsInput | None,
    window: Window,
) -> StagesConnection:
    """Computed for the first page, and kept while the graph does not change."""
    read, place = file_of(sets, level), fitting_cursor(window.place, (int, str))
    snapshot = await info.context.snapshot()
    asked: dict[str, Any] = {"model": model, "disease": disease, "policy": policy.value, "by": by.value}
    asked |= {"order": tuple(order or ()), "level": BROUGHT if sets else level.value}

    def work(backend: Backend) -> StagesAnswer:
        brought = read()
        ws, digest = holding(snapshot.workspace(), brought), (brought.name, brought.digest) if brought else ()
        return snapshot.keep(("stages", *asked.values(), digest), lambda: stages_in(backend.store, ws, **asked))

    found = await info.context.compute(work)
    keys = [(at, each.contrast) for at, each in enumerate(found.contrasts)]
    chosen, more = window_of(keys, window.size, place, window.back)
    page = Page(tuple(Row(keys[at], {"of": found.contrasts[at]}) for at in chosen), more, len(keys))
    told: dict[str, Any] = {name: getattr(found, name) for name in ("question", "release", "method")}
    return filled(StagesConnection, page, lambda row: _of(row.node["of"]), window=window, withheld=found.gaps, **told)


def _of(of: stages.Stages) -> ContrastStages:
    return typed(
        ContrastStages,
        of,
        by=StagesBy[of.by],
        match_level=Level[of.level],
        orthology=Policy[of.policy],
        rows=[_STAGES.of(each) for each in of.rows],
        differences=[_STAGES.of(each) for each in of.differences],
        trends=[_STAGES.of(each) for each in of.trends],
        missing=[gap(each) for each in of.gaps],
    )
