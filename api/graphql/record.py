"""Records of ``kg`` as GraphQL types."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import strawberry

from kg.read.contents import rounded
from kg.schema.told import Field, declared

T = TypeVar("T")


def typed(made: type[T], record: object, **given: Any) -> T:
    """An instance of a GraphQL type from a record with the same field names, or those that its ``STORED`` has;
    ``given`` fields are taken as they are. Floats have the digits that every reader gives, so that each door answers
    the same."""
    names = [f.name for f in fields(made) if f.init and f.name not in given]  # type: ignore[arg-type]
    stored: dict[str, str] = getattr(made, "STORED", {})
    return made(**{name: rounded(getattr(record, stored.get(name, name))) for name in names}, **given)


def told_by(record: type[Any]) -> Callable[[type[T]], type[T]]:
    """Below ``strawberry.type``: gives a class the fields of one value that a record declares and the class does not
    name itself, each behind the one that it follows in the record, with the type and the words of its declaration."""

    def filled(made: type[T]) -> type[T]:
        known = {name for base in made.__mro__ for name in (*vars(base).get("__annotations__", ()), *vars(base))}
        order, last = list(made.__annotations__), ""
        hints = dict(made.__annotations__)
        for f in declared(record):
            if f.name not in known and f.kind is not None:
                hints[f.name] = _hint(f)
                order.insert(order.index(last) + 1 if last else 0, f.name)
                setattr(made, f.name, strawberry.field(description=f.told.description))
            last = f.name if f.name in hints else last
        made.__annotations__ = {name: hints[name] for name in order}
        return made

    return filled


def _hint(f: Field) -> Any:
    held = list[str] if f.kind == "strings" else f.holds
    return held | None if f.may_lack else held
