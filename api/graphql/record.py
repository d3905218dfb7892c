"""Records of ``kg`` as GraphQL types."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.graphql.node import shown
from kg.read.contents import rounded
from kg.schema.told import Field, declared

T = TypeVar("T")
_NO_ENUMS: Mapping[str, type[Enum]] = MappingProxyType({})


class _Made(NamedTuple):
    """A GraphQL field of a declared one: its name, type and field, and the enum that its text is shown as."""

    name: str
    hint: Any
    field: Any
    enum: type[Enum] | None


def typed(made: type[T], record: object, **given: Any) -> T:
    """An instance of a GraphQL type from a record with the same field names, or those that its ``STORED`` has;
    ``given`` fields are taken as they are. Floats have the digits that every reader gives, so that each door answers
    the same."""
    names = [f.name for f in fields(made) if f.init and f.name not in given]  # type: ignore[arg-type]
    stored: dict[str, str] = getattr(made, "STORED", {})
    row = {column: rounded(getattr(record, column)) for column in (stored.get(name, name) for name in names)}
    values = shown(made, row)
    return made(**{name: values[name] for name in names}, **given)


def told_by(record: type[Any], enums: Mapping[str, type[Enum]] = _NO_ENUMS) -> Callable[[type[T]], type[T]]:
    """Below ``strawberry.type``: gives a class the fields of one value that a record declares and the class does not
    name itself, each behind the one that it follows in the record, with the type and the words of its declaration. A
    field that has a successor stands behind it, deprecated. ``enums``: by their names, those that texts are shown
    as."""

    def filled(made: type[T]) -> type[T]:
        known = {name for base in made.__mro__ for name in (*vars(base).get("__annotations__", ()), *vars(base))}
        order, last = list(made.__annotations__), ""
        hints = dict(made.__annotations__)
        stored, shown_as = {}, {}
        for f in declared(record):
            for new in _made_of(f, enums) if f.name not in known and f.kind is not None else ():
                hints[new.name] = new.hint
                order.insert(order.index(last) + 1 if last else 0, new.name)
                setattr(made, new.name, new.field)
                if new.name != f.name:
                    stored[new.name] = f.name
                if new.enum:
                    shown_as[new.name] = new.enum
                last = new.name
            last = f.name if f.name in hints else last
        made.__annotations__ = {name: hints[name] for name in order}
        made.STORED = stored | getattr(made, "STORED", {})  # type: ignore[attr-defined]
        made.ENUMS = shown_as | getattr(made, "ENUMS", {})  # type: ignore[attr-defined]
        return made

    return filled


def _made_of(f: Field, enums: Mapping[str, type[Enum]]) -> Iterator[_Made]:
    """Its successor where it has one, and itself."""
    enum = enums[f.told.shown] if f.told.shown not in ("", "ID") else None
    new = enum or (strawberry.ID if f.told.shown else list[str] if f.kind == "strings" else f.holds)
    if f.told.now is None:
        yield _Made(f.name, _or_none(f, new), strawberry.field(description=f.told.description), enum)
        return
    name, text = f.told.now
    yield _Made(name, _or_none(f, new), strawberry.field(description=text or None), enum)
    reason = f"use {to_camel_case(name)}{', an enum' if enum else ''}"
    old = strawberry.field(description=f.told.description, deprecation_reason=reason)
    yield _Made(f.name, _or_none(f, f.holds if enum else new), old, None)


def _or_none(f: Field, hint: Any) -> Any:
    return hint | None if f.may_lack else hint
