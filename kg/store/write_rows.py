"""Rows on their way to the graph: checked against ``kg.schema`` and turned into columns, which load fastest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from kg.errors import ContractError, Issue
from kg.schema.spec import Kind, Property

Row = dict[str, Any]
_ALLOWED: dict[Kind, set[type]] = {
    "string": {str},
    "integer": {int},
    "float": {float},
    "boolean": {bool},
    "strings": {list},
    "floats": {list},
}
_MOST_ISSUES = 20


@dataclass(frozen=True)
class Columns:
    """Values by property, all of one length; None where a row has no such value."""

    values: dict[str, list[Any]]
    rows: int

    def batch(self, start: int, size: int) -> "Columns":
        stop = min(start + size, self.rows)
        return Columns({name: column[start:stop] for name, column in self.values.items()}, stop - start)

    def take(self, places: Sequence[int]) -> "Columns":
        if len(places) == self.rows:
            return self
        return Columns({name: [column[i] for i in places] for name, column in self.values.items()}, len(places))

    def row(self, place: int, without: tuple[str, ...] = ()) -> Row:
        return {
            name: column[place]
            for name, column in self.values.items()
            if column[place] is not None and name not in without
        }


def columns(rows: Sequence[Row], properties: Iterable[Property], ids: tuple[str, ...], what: str) -> Columns:
    """``ids`` (strings that every row has) and the properties that occur.

    NumPy scalars, tuples and arrays become Python's own. Raises ContractError, code SCHEMA, for a name that the schema
    does not have, for a value of another kind, and for a number that is not finite.
    """
    kinds: dict[str, Kind] = {p.name: p.kind for p in properties}
    for name in ids:
        kinds[name] = "string"
    names = dict.fromkeys(name for seen in dict.fromkeys(map(tuple, rows)) for name in seen)
    issues = [
        Issue(what, "properties are declared in kg/schema", name, "declare it there, or leave it out")
        for name in names
        if name not in kinds
    ]
    made: dict[str, list[Any]] = {}
    for name in [*ids, *(name for name in names if name in kinds and name not in ids)]:
        made[name], wrong = _column([row.get(name) for row in rows], kinds[name], required=name in ids)
        issues += [
            Issue(
                f"{what}.{name}, row {place + 1}", f"the value is of kind {kinds[name]}", repr(value)[:80], "convert it"
            )
            for place, value in wrong
        ]
    if issues:
        raise ContractError(issues[:_MOST_ISSUES], code="SCHEMA")
    return Columns(made, len(rows))


def _column(values: list[Any], kind: Kind, *, required: bool) -> tuple[list[Any], list[tuple[int, Any]]]:
    """The column, and (place, value) of what does not fit."""
    allowed = _ALLOWED[kind] | (set() if required else {type(None)})
    if not set(map(type, values)) <= allowed:
        values = [_plain(value, kind) for value in values]
    if kind in ("string", "integer", "boolean") and set(map(type, values)) <= allowed:
        return values, []
    wrong = [(i, v) for i, v in enumerate(values) if type(v) not in allowed or not _fits(v, kind)]
    return values, wrong


def _plain(value: Any, kind: Kind) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if kind in ("strings", "floats") and isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(each, "string" if kind == "strings" else "float") for each in value]
    if kind == "float" and type(value) is int:
        return float(value)
    return str(value) if isinstance(value, str) else value


def _fits(value: Any, kind: Kind) -> bool:
    if kind == "float":
        return value is None or isfinite(value)
    if kind == "strings":
        return value is None or all(type(each) is str for each in value)
    return kind != "floats" or value is None or all(type(each) is float and isfinite(each) for each in value)
