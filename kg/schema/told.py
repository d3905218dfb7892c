"""How a field of a record is declared for all who show it: its type, and beside it what it is in words."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from kg.schema.spec import Kind, Property

_KINDS: dict[Any, Kind] = {str: "string", int: "integer", float: "float", bool: "boolean"}
_LISTS: dict[Kind, Kind] = {"string": "strings", "float": "floats"}


@dataclass(frozen=True)
class Told:
    """What a field is to each of its readers.

    ``text``: in words; ``{none}`` stands for what a reader has where there is no value (absent in the graph, null in
    GraphQL). ``graphql``: other words for GraphQL, "" for none. ``stored``: the property that a field of a part has in
    the graph, and its column; a field of the record itself has its own name. ``ends``: property and words of each value
    of a tuple of fixed length. ``lent``: no property of the node but one of a neighbour, (variable, property) in a
    query. ``column``: its place in the table, None where the table has no room. ``line``: how the terminal says it in a
    line of its own; ``{}`` stands for the value. ``index``: the graph has an index on it. ``shown``: what GraphQL shows
    a text as, ``ID`` for a curie or the name of an enum. ``now``: name and words of the GraphQL field that has replaced
    this one, whose own name is deprecated; an enum is shown under the new name only.
    """

    text: str = ""
    graphql: str | None = None
    stored: str = ""
    ends: tuple[tuple[str, str], ...] = ()
    lent: tuple[str, str] | None = None
    column: int | None = None
    line: str = ""
    index: bool = False
    shown: str = ""
    now: tuple[str, str] | None = None

    @property
    def description(self) -> str | None:
        """For GraphQL; None where it has none."""
        return (self.text if self.graphql is None else self.graphql).format(none="null") or None


@dataclass(frozen=True)
class Field:
    """A declared field. ``holds``: its type without None; ``may_lack``: None is one of its values."""

    name: str
    holds: Any
    may_lack: bool
    told: Told

    @property
    def kind(self) -> Kind | None:
        """How the graph holds it where it is one value or a list of text, else None."""
        return "strings" if self.holds == tuple[str, ...] else _KINDS.get(self.holds)

    @property
    def several(self) -> bool:
        """It holds any number of parts."""
        return get_origin(self.holds) is tuple and is_dataclass(get_args(self.holds)[0])

    @property
    def part(self) -> type[Any] | None:
        """The record that it holds, one or several of."""
        held = get_args(self.holds)[0] if self.several else self.holds
        return held if isinstance(held, type) and is_dataclass(held) else None

    @property
    def plain(self) -> bool:
        """One property of the node, under its own name."""
        return self.kind is not None and self.told.lent is None and self.name != "id"

    @property
    def stored_parts(self) -> tuple["Field", ...]:
        """The fields of its part that are properties of the node."""
        return tuple(f for f in declared(self.part) if f.told.stored) if self.part else ()

    @property
    def properties(self) -> tuple[Property, ...]:
        """What it is in the graph: one property, those of its part, or of several parts a list of each field."""
        if self.plain:
            return (_property(self, self.name),)
        if self.told.ends:
            return tuple(Property(name, "float", text) for name, text in self.told.ends)
        return tuple(_property(f, f.told.stored, self.several) for f in self.stored_parts)


@cache
def declared(record: type[Any]) -> tuple[Field, ...]:
    """The fields of a dataclass in their order; one without a :class:`Told` has an empty one."""
    hints = get_type_hints(record, include_extras=True)
    return tuple(_field(each.name, hints[each.name]) for each in fields(record))


def _field(name: str, hint: Any) -> Field:
    told = Told()
    if get_origin(hint) is Annotated:
        hint, told = get_args(hint)
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    (held,) = (option for option in options if option is not type(None))
    return Field(name, held, len(options) > 1, told)


def stored_as(record: type[Any]) -> Iterator[Property]:
    """All properties that a record has in the graph, in the order of its fields."""
    for f in declared(record):
        yield from f.properties


def _property(f: Field, name: str, several: bool = False) -> Property:
    kind = f.kind
    assert kind is not None, f"{f.name}: the graph holds no {f.holds}"
    kind = _LISTS[kind] if several else kind
    return Property(name, kind, f.told.text.format(none="absent"), f.told.index)
