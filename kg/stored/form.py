"""Fields of a match to properties of its node and back, as ``kg.schema.match`` declares them."""

from dataclasses import fields
from typing import Any

from kg.schema.match import Change, GivenState, MatchRecord
from kg.schema.told import Field, declared

FIELDS = declared(MatchRecord)
PLAIN = tuple(f.name for f in FIELDS if f.plain)
"""Fields that are one property of the same name."""
LENT = {f.name: f.told.lent for f in FIELDS if f.told.lent}
"""Field -> (variable, property) of the node beside the match that has it."""
MADE = {f.name: f for f in FIELDS if f.properties and not f.plain}
"""Fields that are put together of several properties."""
MAY_LACK = frozenset(
    p.name for f in FIELDS for p in f.properties if f.may_lack or (f.several and p.kind in ("strings", "floats"))
)
"""Properties that a match may be without."""
# properties of the relationships that lead to the parts of a match
CHANGE = tuple(f.name for f in fields(Change) if f.name != "feature")
GIVEN = tuple(f.name for f in fields(GivenState) if f.name != "state")
COHORT = ("status", "null", "score", "p")
NEGATIVE = ("level", "policy", "disease", "power", "q", "score")


def node_of(record: MatchRecord) -> dict[str, Any]:
    """The properties of a record."""
    made: dict[str, Any] = {"id": record.id}
    for f in FIELDS:
        made |= _properties(f, getattr(record, f.name))
    return made


def value_of(name: str, node: dict[str, Any]) -> Any:
    """A field of a record from the properties of its node; lists of the graph become tuples in its parts."""
    f = MADE.get(name)
    if f is None:
        return node[name]
    if f.told.ends:
        values = tuple(node[end] for end, _ in f.told.ends)
        return None if values[0] is None else values
    parts, made = f.stored_parts, f.part
    assert made is not None, name
    if f.several:
        lists = [[_read(own, each) for each in node.get(own.told.stored) or ()] for own in parts]
        return tuple(made(*row) for row in zip(*lists, strict=True))
    if f.may_lack and node.get(parts[0].told.stored) is None:
        return None
    return made(*(as_kept(node.get(own.told.stored)) for own in parts))


def stored(value: Any) -> Any:
    """As the graph holds it: a list of a tuple, and plain text of an enum."""
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, str) else value


def as_kept(value: Any) -> Any:
    """As a record has it: a tuple of a list."""
    return tuple(value) if isinstance(value, list) else value


def _properties(f: Field, value: Any) -> dict[str, Any]:
    if f.plain:
        return {f.name: stored(value)}
    if f.told.ends:
        return dict(zip((name for name, _ in f.told.ends), value or [None] * len(f.told.ends), strict=True))
    if f.several:
        return {own.told.stored: [_written(getattr(each, own.name)) for each in value] for own in f.stored_parts}
    lacking = {own.told.stored: [] if own.kind == "strings" else None for own in f.stored_parts}
    return lacking if value is None else {own.told.stored: stored(getattr(value, own.name)) for own in f.stored_parts}


def _written(value: Any) -> Any:
    """In a list of the graph, which holds no null: -1 stands for a number that is not there."""
    return -1.0 if value is None else stored(value)


def _read(own: Field, value: Any) -> Any:
    return None if own.may_lack and value < 0 else value
