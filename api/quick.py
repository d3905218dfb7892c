"""Plain values of a row without the ceremony of a resolver for each: half the time of a page of matches."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

Plain = dict[str, tuple[str, Callable[[Any], Any], bool]]


class PlainFields(StrawberryGraphQLCoreExecutionContext):
    """Takes fields that are an attribute of their object straight from it. All others, and whatever is not as the schema
    says, go to the executor as ever: the answer is the same."""

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:  # fmt: skip
        plain, values = plain_of(self.schema, parent_type.name), getattr(source_value, "__dict__", {})
        found: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for response, details in grouped_field_set.items():
            name, coerced, required = plain.get(details[0].node.name.value, _RESOLVED)
            value = values.get(name)
            if value is None:
                if required or name not in values:
                    rest[response] = details
                else:
                    found[response] = None
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


_RESOLVED: tuple[str, Callable[[Any], Any], bool] = ("", lambda _: None, True)


@lru_cache(maxsize=1024)
def plain_of(schema: GraphQLSchema, kind: str) -> Plain:
    """GraphQL name -> attribute, coercion to JSON, and whether null is an error, of the plain fields of a type."""
    made: Plain = {}
    for name, field in schema.type_map[kind].fields.items():  # type: ignore[attr-defined]
        declared = (field.extensions or {}).get("strawberry-definition")
        if declared is None or not getattr(field.resolve, "_is_default", False):
            continue
        required, inner = isinstance(field.type, GraphQLNonNull), field.type
        inner = inner.of_type if required else inner
        if is_leaf_type(inner):
            made[name] = (declared.python_name, inner.coerce_output_value, required)
        elif (
            isinstance(inner, GraphQLList)
            and isinstance(inner.of_type, GraphQLNonNull)
            and is_leaf_type(inner.of_type.of_type)
        ):
            made[name] = (declared.python_name, _each(inner.of_type.of_type.coerce_output_value), required)
    return made


def _each(coerced: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda values: [coerced(value) for value in values]
