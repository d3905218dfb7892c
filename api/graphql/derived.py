"""GraphQL types of whole records of ``kg``: every field of each, and of the records in it."""

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import strawberry

from api.graphql.record import typed


class Derived:
    """``told``: record -> name of its GraphQL type, and its description; ``enums``: the hint of a field -> the enum
    that its text is shown as, by value; ``module``: that declares them."""

    def __init__(
        self, module: str, told: Mapping[type[Any], tuple[str, str]], enums: Mapping[Any, type[Enum]] | None = None
    ):
        self._module, self._told, self._enums = module, told, enums or {}
        self._made: dict[type[Any], Any] = {}

    def type(self, record: type[Any], **more: Any) -> Any:
        """``more``: fields that the record lacks, with their hints."""
        if record not in self._made:
            name, text = self._told[record]
            hints = {each: self._hint(hint) for each, hint in get_type_hints(record).items()}
            bare = type(name, (), {"__annotations__": hints | more, "__module__": self._module})
            self._made[record] = strawberry.type(bare, description=text)
        return self._made[record]

    def of(self, record: Any, **more: Any) -> Any:
        """An instance; ``more``: values of the fields that the record lacks."""
        given: dict[str, Any] = dict(more)
        hints = get_type_hints(type(record))
        for each in fields(record):
            value = getattr(record, each.name)
            if isinstance(value, tuple):
                given[each.name] = [self.of(one) if type(one) in self._told else one for one in value]
            elif type(value) in self._told:
                given[each.name] = self.of(value)
            elif hints[each.name] in self._enums:
                given[each.name] = self._enums[hints[each.name]](value)
        return typed(self.type(type(record)), record, **given)

    def _hint(self, hint: Any) -> Any:
        if get_origin(hint) is tuple:
            return list[self._hint(get_args(hint)[0])]  # type: ignore[misc]
        if hint in self._enums:
            return self._enums[hint]
        return self.type(hint) if hint in self._told else hint
