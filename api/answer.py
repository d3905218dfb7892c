"""The answer to the main question."""

from typing import Annotated

import strawberry

from api.limits import page
from api.match import Match
from api.record import typed
from kg import records


@strawberry.type(description="Something that the answer does not know or does not show, and what would change that.")
class Gap:
    what: str
    why: str
    remedy: str


@strawberry.type(description="Which human states a model's changes match, how sure we are, and what is missing.")
class MatchAnswer:
    question: str
    release: str
    family: str = strawberry.field(description="the tests that q is adjusted over, fixed before scoring")
    total: int = strawberry.field(description="matches in all, of which matches gives a page")
    missing: list[Gap] = strawberry.field(description="what is not there")
    withheld: list[Gap] = strawberry.field(description="what is there and not shown")
    found: strawberry.Private[tuple[records.MatchRecord, ...]]

    @strawberry.field(description="Best first within each mouse contrast.")
    def matches(
        self,
        first: Annotated[int, strawberry.argument(description="1 to 100")] = 20,
        after: Annotated[strawberry.ID | None, strawberry.argument(description="id of the last one you have")] = None,
    ) -> list[Match]:
        return [Match.of(record) for record in page(self.found, lambda r: r.id, first, after)]

    @classmethod
    def of(cls, answer: records.Answer) -> "MatchAnswer":
        gaps = {kind: [typed(Gap, g) for g in answer.gaps if g.kind == kind] for kind in ("missing", "withheld")}
        return typed(cls, answer, total=len(answer.matches), found=answer.matches, **gaps)
