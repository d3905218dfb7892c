"""The questions, as one GraphQL schema. ``python -m api.schema`` prints what ``api/schema.graphql`` must hold."""

from typing import Annotated

import strawberry
from strawberry.extensions import AddValidationRules, MaxTokensLimiter
from strawberry.types.execution import ExecutionContext

from api.answer import MatchAnswer
from api.context import Context
from api.errors import ShowErrors
from api.limits import Limits, shape_rule
from api.match import Level, Match, Policy
from api.status import GraphStatus
from kg import questions
from kg.read import read_status

Info = strawberry.Info[Context, None]


@strawberry.type
class Query:
    @strawberry.field(description="Which regulatory changes of a mouse model match which human disease states?")
    async def matches(
        self,
        info: Info,
        model: Annotated[str, strawberry.argument(description="name or id of a disease model, such as rTg4510")],
        disease: Annotated[
            str | None, strawberry.argument(description="MONDO id or name; all human states when left out")
        ] = None,
        level: Level = Level.gene,
        policy: Policy = Policy.one2one,
        cell_type: Annotated[
            str | None, strawberry.argument(description="CL id: show only contrasts on this cell type")
        ] = None,
    ) -> MatchAnswer:
        answer = await info.context.ask(
            lambda backend: questions.match_answer(
                backend.store, backend.signatures, model=model, disease=disease, cell_type=cell_type, level=level.value,
                policy=policy.value,
            )
        )  # fmt: skip
        return MatchAnswer.of(answer)

    @strawberry.field(description="One stored match by its id.")
    async def match(self, info: Info, id: strawberry.ID) -> Match | None:
        return Match.of(await info.context.ask(lambda backend: questions.stored_match(backend.store, id)))

    @strawberry.field(description="What is in the graph, from which sources, and what is missing.")
    async def status(self, info: Info) -> GraphStatus:
        found = await info.context.ask(lambda backend: read_status(backend.store))
        return GraphStatus.of(found, info.context.backend.store.dialect)


class _Schema(strawberry.Schema):
    def process_errors(self, errors: object, execution_context: ExecutionContext | None = None) -> None:
        """Nothing: ``ShowErrors`` logs what it masks, under the id that the client is given."""


def build(limits: Limits) -> strawberry.Schema:
    return _Schema(
        Query,
        extensions=[
            lambda: ShowErrors(),
            lambda: MaxTokensLimiter(limits.tokens),
            lambda: AddValidationRules([shape_rule(limits)]),
        ],
    )


if __name__ == "__main__":
    print(build(Limits()).as_str())
