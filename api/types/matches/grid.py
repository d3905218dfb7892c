"""All models against all diseases: one cell for each two of which a match is stored."""

from enum import Enum
from typing import Annotated

import strawberry

from api.graphql.derived import Derived
from api.graphql.reading import Info
from api.types.enums import Level, MatchStatus
from kg.match.verdict import Status
from kg.stored import grid


@strawberry.enum(description="What the stored matches of a model and a disease come to.")
class GridAnswer(Enum):
    found = strawberry.enum_value("found", description="A match is significant: status says how.")
    no = strawberry.enum_value(
        "no", description="Tested, none significant; a true r of .3 would have been found in at least 80% of cases."
    )
    weak_no = strawberry.enum_value(
        "weak_no", description="Tested, none significant, but the test was too weak for a no."
    )
    untestable = strawberry.enum_value("untestable", description="No p can be computed; reason says why.")


_GRID = Derived(
    __name__,
    {
        grid.GridModel: ("GridModel", "A row; contrasts: how many are measured, 0 where no match is possible."),
        grid.GridDisease: ("GridDisease", "A column; states: human states of the disease in the graph."),
        grid.GridCell: (
            "GridCell",
            "A model and a disease; match: the most telling stored match, which status, sentence, reason, score, q and"
            " power are of; asked: disease that it was asked under; pairs: contrasts x states, counted by status.",
        ),
        grid.Grid: (
            "ModelGrid",
            "Models in rows, diseases in columns. A model and a disease without a cell were not tested; known: number"
            " of all models; knownDiseases: of all diseases, of which the first 200 by name are columns; following:"
            " give it as after for the next page, empty at the end.",
        ),
    },
    {grid.Answer: GridAnswer, Status: MatchStatus},
)
ModelGrid = _GRID.type(grid.Grid)
First = Annotated[int, strawberry.argument(description="models on this page, 1 to 100")]
After = Annotated[strawberry.ID | None, strawberry.argument(description="following of the previous page")]


async def model_grid(info: Info, level: Level, first: int, after: str | None) -> ModelGrid:  # type: ignore[valid-type]
    """Read once for a state of the graph."""
    snapshot = await info.context.snapshot()
    key = ("grid", level.value, first, after)
    return _GRID.of(
        await info.context.ask(
            lambda backend: snapshot.keep(
                key, lambda: grid.grid(backend.store, level=level.value, first=first, after=after)
            )
        )
    )
