"""How many animals a match takes: the power of each status, and what keeps it low."""

from typing import Annotated, Any, ClassVar

import strawberry

from api.graphql.connection import Connection, filled
from api.graphql.context import Backend
from api.graphql.derived import Derived
from api.graphql.reading import Info
from api.graphql.record import typed
from api.graphql.window import Window
from api.types.enums import Level, Policy
from kg.ask.power import PowerAnswer, power_in
from kg.errors import ContractError, Issue
from kg.read.nodes import Page, Row, fitting_cursor, window_of
from kg.verdict import power

MOST_NUMBERS = 30
_POWER = Derived(
    __name__,
    {
        power.PowerRow: (
            "PowerRow",
            "Chance of each status for a number of animals in each arm, at a true correlation r; animals: null for as"
            " many as one likes, so that the noise of the human side is left.",
        ),
        power.GivenPower: (
            "GivenPower",
            "Of another state: chance that the match is found and it takes part, and that something is then left given"
            " it.",
        ),
        power.Takes: (
            "Takes",
            "Fewest animals in each arm for a power of .8, null where no number up to 200 gives it; cap: what keeps it"
            " below, or empty.",
        ),
        power.LeftTakes: (
            "LeftTakes",
            "Fewest animals in each arm for which a match is found and something is left given this state, at a power"
            " of .8.",
        ),
    },
)
_PowerRow, _Takes = _POWER.type(power.PowerRow), _POWER.type(power.Takes)
Animals = Annotated[
    list[int] | None,
    strawberry.argument(description=f"numbers of animals in each arm, 2 to 1,000, at most {MOST_NUMBERS}; 3 to 15"),
]


@strawberry.type(
    description=(
        "The power of a contrast with a human state, with the noise that both have in the graph. tests: testable states"
        " of the family, of which this one alone is taken to agree."
    )
)
class PlannedPair:
    STORED: ClassVar = {
        "model": "mouse",
        "model_label": "mouse_label",
        "null_model": "null_mouse",
        "reliability_model": "reliability_mouse",
    }

    model: strawberry.ID = strawberry.field(description="curie of the contrast")
    model_label: str
    state: strawberry.ID
    human_label: str
    match_level: Level
    orthology: Policy
    null_model: str
    null_human: str
    reliability_model: float
    reliability_human: float
    n_features: int
    tests: int
    rows: list[_PowerRow]  # type: ignore[valid-type]
    takes: list[_Takes]  # type: ignore[valid-type]


@strawberry.type(description="How many animals matches of a model would take.")
class PlanConnection(Connection[PlannedPair]):
    question: str
    release: str
    method: str
    draws: int = strawberry.field(description="draws from the factors that each number is a share of")


async def answer(
    info: Info, model: str, disease: str, level: Level, policy: Policy, animals: list[int] | None, window: Window
) -> PlanConnection:
    """Computed for the first page, and kept while the graph does not change."""
    numbers = tuple(range(3, 16) if animals is None else dict.fromkeys(animals))
    if len(numbers) > MOST_NUMBERS:
        issue = Issue("animals", f"at most {MOST_NUMBERS} numbers of animals", str(len(numbers)), "ask for fewer")
        raise ContractError([issue], code="ARGUMENT")
    place = fitting_cursor(window.place, (int, str))
    snapshot = await info.context.snapshot()
    asked = {"model": model, "disease": disease, "level": level.value, "policy": policy.value}

    def work(backend: Backend) -> PowerAnswer:
        ws = snapshot.workspace()
        key = ("power", *asked.values(), numbers)
        return snapshot.keep(key, lambda: power_in(backend.store, ws, **asked, animals=numbers))

    found = await info.context.compute(work)
    keys = [(at, f"{pair.mouse} {pair.state}") for at, pair in enumerate(found.pairs)]
    chosen, more = window_of(keys, window.size, place, window.back)
    page = Page(tuple(Row(keys[at], {"pair": found.pairs[at]}) for at in chosen), more, len(keys))
    told: dict[str, Any] = {name: getattr(found, name) for name in ("question", "release", "method", "draws")}
    return filled(PlanConnection, page, lambda row: _pair(row.node["pair"]), window=window, missing=found.gaps, **told)


def _pair(pair: power.PlannedPair) -> PlannedPair:
    return typed(
        PlannedPair,
        pair,
        match_level=Level[pair.level],
        orthology=Policy[pair.policy],
        rows=[_POWER.of(row) for row in pair.rows],
        takes=[_POWER.of(each) for each in pair.takes],
    )
