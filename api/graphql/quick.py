"""Plain values of a row without the ceremony of a resolver for each: half the time of a page of matches."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    is_leaf_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import CustomGraphQLEnumType

_AS_IT_IS = {GraphQLString.name: str, GraphQLID.name: str, GraphQLBoolean.name: bool}
_BETWEEN: dict[str, tuple[type, tuple[float, float]]] = {
    GraphQLFloat.name: (float, (-1.7976931348623157e308, 1.7976931348623157e308)),  # neither infinite nor NaN
    GraphQLInt.name: (int, (-(2**31), 2**31 - 1)),
}
_Plan = Sequence[tuple[str, Any, "PlainField"]]


class PlainField(NamedTuple):
    """The attribute that a field shows, the kind of value that is shown as it is and its bounds, how another is made
    JSON, and whether null is an error."""

    attribute: str
    exact: type | None
    bounds: tuple[float, float] | None
    coerced: Callable[[Any], Any]
    required: bool


class PlainFields(StrawberryGraphQLCoreExecutionContext):
    """Takes fields that are an attribute of their object straight from it, and a list whose rows have no other fields
    in one go. All else, and whatever is not as the schema says, goes to the executor as ever: the answer is the
    same."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._planned: dict[int, tuple[Any, _Plan]] = {}

    def _plan(self, parent_type: GraphQLObjectType, grouped_field_set: Any) -> _Plan:
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
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        found, rest = _taken(self._plan(parent_type, grouped_field_set), getattr(source_value, "__dict__", {}))
        if not rest:
            return found
        others = super().execute_fields(parent_type, source_value, path, rest, position_context)
        return (
            _joined(grouped_field_set, found, others)
            if self.is_awaitable(others)
            else _merged(grouped_field_set, found, others)
        )

    def complete_iterable_value(
        self, item_type: Any, field_details_list: Any, info: Any, path: Any, items: Any, position_context: Any
    ) -> Any:
        rows = self._rows(item_type, field_details_list, info, path, items) if isinstance(items, list) else None
        if rows is not None:
            return rows
        return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)

    def _rows(
        self, item_type: Any, field_details_list: Any, info: Any, path: Any, items: list[Any]
    ) -> list[Any] | None:
        """None where a row is not whole without the executor."""
        kind = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if not isinstance(kind, GraphQLObjectType) or self.get_stream_usage(field_details_list, path):
            return None
        grouped, deferred, _ = self.collect_subfields(kind, field_details_list)
        plan, fits, rows = self._plan(kind, grouped), kind.is_type_of, []
        if deferred or any(field is _RESOLVED for _, _, field in plan):
            return None
        for item in items:
            found, rest = _taken(plan, getattr(item, "__dict__", {}))
            if rest or (fits and fits(item, info) is not True):
                return None
            rows.append(found)
        return rows


def _taken(plan: _Plan, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is shown of an object by the names of the answer, and the details of what the executor has to find."""
    found: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for response, details, (attribute, exact, bounds, coerced, required) in plan:
        value = values.get(attribute)
        if value is None:
            if required or attribute not in values:
                rest[response] = details
            else:
                found[response] = None
        elif type(value) is exact and (bounds is None or bounds[0] <= value <= bounds[1]):
            found[response] = value
        else:
            try:
                shown = coerced(value)
            except Exception:
                shown = None
            if shown is None:
                rest[response] = details
            else:
                found[response] = shown
    return found, rest


def _merged(order: Any, found: dict[str, Any], others: Any) -> dict[str, Any]:
    """In the order of the query; a field that is not there, as after a fault, stays away."""
    return {name: found[name] if name in found else others[name] for name in order if name in found or name in others}


async def _joined(order: Any, found: dict[str, Any], others: Any) -> dict[str, Any]:
    return _merged(order, found, await others)


_RESOLVED = PlainField("", None, None, lambda _: None, True)


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
            exact, bounds = _BETWEEN.get(inner.name, (_AS_IT_IS.get(inner.name), None))
            made[name] = PlainField(declared.python_name, exact, bounds, _coerced(inner), required)
        elif (
            isinstance(inner, GraphQLList)
            and isinstance(inner.of_type, GraphQLNonNull)
            and is_leaf_type(inner.of_type.of_type)
        ):
            each = _each(inner.of_type.of_type.coerce_output_value)
            made[name] = PlainField(declared.python_name, None, None, each, required)
    return made


def _coerced(kind: Any) -> Callable[[Any], Any]:
    """How a value of a scalar or an enum is made JSON."""
    if not isinstance(kind, CustomGraphQLEnumType):
        return kind.coerce_output_value
    names = {member: kind.coerce_output_value(member) for member in kind.wrapped_cls}
    return names.__getitem__


def _each(coerced: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda values: [coerced(value) for value in values]
