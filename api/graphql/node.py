"""Things with an id: Relay's global ids over the ids of the graph."""

import base64
import binascii
import re
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

import strawberry

from kg.errors import ContractError, Issue
from kg.names.ids import spelt, taxon
from kg.schema.nodes import NODE_BY_LABEL

_GLOBAL = re.compile(r"([A-Z][A-Za-z]+):(\S.*)", re.DOTALL)
N = TypeVar("N", bound="Node")


@strawberry.interface(description="An object with a global id; node(id) returns it.")
class Node:
    """An instance has the fields that the query asked for, and no others. ``STORED``: field -> property, where they
    differ; ``NEEDS``: field with a resolver -> properties that it reads; ``NONE``: field -> value that says there is
    none, which is shown as null; ``ENUMS``: field -> enum that its text is a name of."""

    STORED: ClassVar[dict[str, str]] = {}
    NONE: ClassVar[dict[str, Any]] = {}
    NEEDS: ClassVar[dict[str, tuple[str, ...]]] = {}
    ENUMS: ClassVar[dict[str, type[Enum]]] = {}

    id: strawberry.ID = strawberry.field(description="global id: opaque, for node(id) and for caches")
    curie: strawberry.ID = strawberry.field(description="the id that the graph and the command line use")


def global_id(kind: str, curie: str) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{curie}".encode()).decode().rstrip("="))


_id_of_row = lru_cache(maxsize=8192)(global_id)  # of ids of the graph only: a client's text may be long


def parsed(text: str) -> tuple[str, str] | None:
    """(type, curie) of a global id; None for any other text."""
    try:
        found = _GLOBAL.fullmatch(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except (binascii.Error, ValueError):
        return None
    if found is None or found[1] not in NODE_BY_LABEL or global_id(found[1], found[2]) != text.rstrip("="):
        return None
    return found[1], found[2]


def curie_of(kind: str, text: str, argument: str) -> str:
    """The curie or name that an argument gives: taken out of a global id, or as the graph spells it. Raises
    ContractError for the global id of another type."""
    found = parsed(text)
    if found is None:
        return taxon(text) if kind == "Species" else spelt(text)
    if found[0] != kind:
        issue = Issue(argument, f"asks for a {kind}", f"the id of a {found[0]}", f"give the id or curie of a {kind}")
        raise ContractError([issue], code="ARGUMENT")
    return found[1]


def made(kind: type[N], row: dict[str, Any]) -> N:
    """An instance from the properties read; what was not read it does not have."""
    node = object.__new__(kind)
    values = shown(kind, row)
    values["id"], values["curie"] = _id_of_row(kind.__name__, row["id"]), row["id"]
    node.__dict__.update(values)
    return node


def shown(kind: type[Any], row: dict[str, Any]) -> dict[str, Any]:
    """The properties read, by the names of a type's fields too."""
    values = dict(row)
    for name, column in getattr(kind, "STORED", {}).items():
        if column in row:
            values[name] = row[column]
    for name, none in getattr(kind, "NONE", {}).items():
        if values.get(name) == none:
            values[name] = None
    for name, enum in getattr(kind, "ENUMS", {}).items():
        if values.get(name) is not None:
            values[name] = enum[str(values[name])]
    return values
