"""How fields are executed: plain values are taken as they are, without what a resolver would need."""

from typing import Any

from graphql import GraphQLObjectType, get_nullable_type, is_leaf_type, is_non_null_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path, Undefined
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class Executor(StrawberryGraphQLCoreExecutionContext):
    """A page of 50 rows with 12 fields is 600 values; each as a resolver costs more than the store takes to find it.

    A field without arguments and resolver whose type is a scalar or an enum is read from its object and written at once.
    Whatever is unusual about it (null, or no value of its type) goes the ordinary way, which knows what to say.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plain: dict[tuple[str, str], tuple[Any, Any, bool] | None] = {}

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: FieldDetailsList, path: Path,
        position_context: Any,
    ) -> Any:  # fmt: skip
        key = (parent_type.name, field_details_list[0].node.name.value)
        try:
            plain = self._plain[key]
        except KeyError:
            plain = self._plain[key] = self._plain_field(parent_type, key[1])
        if plain is not None:
            resolve, written, nullable = plain
            try:
                value = resolve(source)
                made = None if value is None else written(value)
                if made is not Undefined and (made is not None or (value is None and nullable)):
                    return made
            except Exception:  # noqa: S110  the ordinary way finds it again, and reports it
                pass
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def _plain_field(self, parent_type: GraphQLObjectType, name: str) -> tuple[Any, Any, bool] | None:
        """How to read and write the field, and whether it may be null; None for one that takes the ordinary way."""
        field = self.schema.get_field(parent_type, name)
        if field is None or field.args or not getattr(field.resolve, "_is_default", False):
            return None
        if self.middleware_manager and self.middleware_manager.middlewares:
            return None
        kind = get_nullable_type(field.type)
        if not is_leaf_type(kind):
            return None
        return field.resolve, kind.coerce_output_value, not is_non_null_type(field.type)
