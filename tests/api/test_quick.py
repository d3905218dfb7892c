"""Plain fields read straight give what the executor gives, errors too."""

import asyncio

import pytest
import strawberry

from api.graphql.quick import PlainFields, plain_of


@strawberry.type
class Thing:
    name: str
    size: float | None
    tags: list[str]
    count: int

    @strawberry.field
    async def late(self) -> str:
        return f"late {self.name}"

    @strawberry.field
    def inner(self) -> "Thing | None":
        return None if self.name == "inner" else thing(name="inner")


def thing(**given) -> Thing:
    made = object.__new__(Thing)
    made.__dict__.update({"name": "a", "size": 1.5, "tags": ["x"], "count": 3} | given)
    return made


def answers(things, query) -> list:
    @strawberry.type
    class Query:
        @strawberry.field
        def things(self) -> list[Thing]:
            return things

    made = []
    for context in (None, PlainFields):
        found = asyncio.run(strawberry.Schema(Query, execution_context_class=context).execute(query))
        made.append((found.data, sorted((str(e.path), e.message) for e in found.errors or [])))
    return made


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"size": None},
        {"count": None},
        {"count": "many"},
        {"tags": ["x", None]},
        {"tags": None},
        {"name": ["x"]},
        {"count": 2**40},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "query",
    [
        "{ things { name size tags count } }",
        (
            "{ things { b: count late a: name __typename inner { size name late } ...F } } fragment F on Thing { size"
            " tags }"
        ),
    ],
)
def test_as_the_executor_answers(given, query):
    slow, quick = answers([thing(), thing(**given)], query)
    assert quick == slow
    if slow[0]:
        assert list(quick[0]["things"][0]) == list(slow[0]["things"][0])


def test_only_fields_without_a_resolver_are_plain():
    from api.access.limits import Limits
    from api.schema import build

    plain = plain_of(build(Limits())._schema, "Match")
    assert {"status", "score", "curie", "flags"} <= set(plain)
    assert not {"given", "changes", "explain", "null", "cypher"} & set(plain)
