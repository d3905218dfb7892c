"""What the fields of several files here are made of: filters, and the look-up of one node by what it is called."""

from typing import Annotated, Any

import strawberry

from api.graphql.node import Node
from api.graphql.reading import Info, by_name

Filter = Annotated[
    str | None, strawberry.argument(description="curie, name (case-insensitive) or global id; all if omitted")
]
Text = Annotated[str | None, strawberry.argument(description="exact match; all if omitted")]


def lookup(kind: type[Node], argument: str, description: str) -> Any:
    """A field that gives one node by what it is called."""

    async def resolver(self: None, info: Info, ref: Any) -> Any:  # noqa: ARG001
        return await by_name(info, kind, ref, argument)

    resolver.__annotations__ |= {
        "return": kind | None,
        "ref": Annotated[
            str, strawberry.argument(name=argument, description="curie, name (case-insensitive) or global id")
        ],
    }
    return strawberry.field(resolver, description=description)
