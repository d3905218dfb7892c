"""Records of ``kg`` as GraphQL types."""

from dataclasses import fields
from typing import Any, TypeVar

from kg.read.contents import rounded

T = TypeVar("T")


def typed(made: type[T], record: object, **given: Any) -> T:
    """An instance of a GraphQL type from a record with the same field names, or those that its ``STORED`` has;
    ``given`` fields are taken as they are. Floats have the digits that every reader gives, so that each door answers
    the same."""
    names = [f.name for f in fields(made) if f.init and f.name not in given]  # type: ignore[arg-type]
    stored: dict[str, str] = getattr(made, "STORED", {})
    return made(**{name: rounded(getattr(record, stored.get(name, name))) for name in names}, **given)
