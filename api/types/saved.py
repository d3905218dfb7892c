"""The saved queries, for ``/cypher`` and its clients."""

from typing import Any, NewType

import strawberry

from kg.ask import saved

Example = NewType("Example", object)
SCALARS: dict[Any, Any] = {Example: strawberry.scalar(name="Example", description="A value of a parameter, as JSON.")}


@strawberry.type(description="A parameter of a saved query.")
class QueryParameter:
    name: str
    example: Example
    description: str


@strawberry.type(description="A read-only query, with the question that it answers; POST /cypher runs it.")
class SavedQuery:
    name: str
    title: str
    question: str
    parameters: list[QueryParameter]
    cypher: str


def saved_queries() -> list[SavedQuery]:
    return [
        SavedQuery(
            name=each.name,
            title=each.title,
            question=each.question,
            cypher=each.text,
            parameters=[
                QueryParameter(name=p.name, example=Example(p.example), description=p.doc) for p in each.parameters
            ],
        )
        for each in saved.saved_queries()
    ]
