"""Plain values of a row without the ceremony of a resolver for each: half the time of a page of matches."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    is_leaf_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

_AS_IT_IS = {GraphQLString.name: str, GraphQLID.name: str, GraphQLBoolean.name: bool}


class PlainField(NamedTuple):
    """The attribute that a field shows, the kind of value that is shown as it is, how another is made JSON, and whether
    null is an error."""

    attribute: str
    exact: type | None
    coerced: Callable[[Any], Any]
    required: bool


class PlainFields(StrawberryGraphQLCoreExecutionContext):
    """Takes fields that are an attribute of their object straight from it. All others, and whatever is not as the schema
    says, go to the executor as ever: the answer is the same."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._planned: dict[int, tuple[Any, list[tuple[str, Any, PlainField]]]] = {}

    def _plan(self, parent_type: GraphQLObjectType, grouped_field_set: Any) -> list[tuple[str, Any, PlainField]]:
        """(name in the answer, details, field) of a set of fields; the rows of a list have the very same set."""
        kept = self._planned.get(id(grouped_field_set))
        if kept is not None and kept[0] is grouped_field_set:
            return kept[1]
        plain = plain_of(self.schema, parent_type.name)
        made = [
            (response, details, plain.get(details[0].node.name.value, _RESOLVED))
            for response, details in grouped_field_set.items()
        ]
        self._planned[id(grouped_field_set)] = grouped_field_set, made
        return made

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:  # fmt: skip
        values = getattr(source_value, "__dict__", {})
        found: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for response, details, (name, exact, coerced, required) in self._plan(parent_type, grouped_field_set):
            value = values.get(name)
            if value is None:
                if required or name not in values:
                    rest[response] = details
                else:
                    found[response] = None
                continue
            if type(value) is exact:
                found[response] = value
                continue
            try:
                shown = coerced(value)
            except Exception:
                shown = None
            if shown is None:
                rest[response] = details
            else:
                found[response] = shown
        if not rest:
            return found
        others = super().execute_fields(parent_type, source_value, path, rest, position_context)
        return (
            _joined(grouped_field_set, found, others)
            if self.is_awaitable(others)
            else _merged(grouped_field_set, found, others)
        )


def _merged(order: Any, found: dict[str, Any], others: Any) -> dict[str, Any]:
    """In the order of the query; a field that is not there, as after a fault, stays away."""
    return {name: found[name] if name in found else others[name] for name in order if name in found or name in others}


async def _joined(order: Any, found: dict[str, Any], others: Any) -> dict[str, Any]:
    return _merged(order, found, await others)


_RESOLVED = PlainField("", None, lambda _: None, True)


@lru_cache(maxsize=1024)
def plain_of(schema: GraphQLSchema, kind: str) -> dict[str, PlainField]:
    """GraphQL name -> the plain fields of a type."""
    made: dict[str, PlainField] = {}
    for name, field in schema.type_map[kind].fields.items():  # type: ignore[attr-defined]
        declared = (field.extensions or {}).get("strawberry-definition")
        if declared is None or not getattr(field.resolve, "_is_default", False):
            continue
        required, inner = isinstance(field.type, GraphQLNonNull), field.type
        inner = inner.of_type if required else inner
        if is_leaf_type(inner):
            exact = _AS_IT_IS.get(inner.name)
            made[name] = PlainField(declared.python_name, exact, inner.coerce_output_value, required)
        elif (
            isinstance(inner, GraphQLList)
            and isinstance(inner.of_type, GraphQLNonNull)
            and is_leaf_type(inner.of_type.of_type)
        ):
            each = _each(inner.of_type.of_type.coerce_output_value)
            made[name] = PlainField(declared.python_name, None, each, required)
    return made


def _each(coerced: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda values: [coerced(value) for value in values]
