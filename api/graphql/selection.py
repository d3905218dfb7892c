"""What a query asks of the nodes below a field: only that is read from the graph."""

from collections.abc import Iterable
from dataclasses import fields as dataclass_fields
from functools import cache
from typing import Any

import strawberry
from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, InlineFragmentNode
from strawberry.utils.str_converters import to_camel_case

Selections = dict[str, list[FieldNode]]


class Asked:
    """The fields chosen below some fields of a query, with fragments written out."""

    def __init__(self, info: GraphQLResolveInfo, nodes: Iterable[FieldNode]):
        self._info, self._nodes = info, tuple(nodes)
        self._all: Selections | None = None

    @classmethod
    def of(cls, info: strawberry.Info[Any, Any]) -> "Asked":
        raw = info._raw_info
        return cls(raw, raw.field_nodes)

    def names(self, on: str | None = None) -> Selections:
        """GraphQL name -> its nodes. ``on``: leave out what a fragment asks of another type."""
        if on is None and self._all is not None:
            return self._all
        found: Selections = {}
        for node in self._nodes:
            self._collect(node.selection_set.selections if node.selection_set else (), on, found)
        if on is None:
            self._all = found
        return found

    def below(self, *path: str) -> "Asked":
        """What is asked below a path of names, such as ``below("edges", "node")``."""
        here = self
        for name in path:
            here = Asked(self._info, here.names().get(name, ()))
        return here

    def beside(self, other: "Asked") -> "Asked":
        return Asked(self._info, (*self._nodes, *other._nodes))

    def items(self) -> "Asked":
        """What is asked of the nodes of a connection."""
        return self.below("nodes").beside(self.below("edges", "node"))

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def columns(self, kind: type) -> tuple[str, ...]:
        """Properties of the graph that the fields asked of a type need, in the order of the type; the id is always
        one."""
        chosen = self.names(kind.__name__)
        wanted = [column for name, needs in _needs(kind).items() if name in chosen for column in needs]
        return tuple(dict.fromkeys(("id", *wanted)))

    def _collect(self, selections: Iterable[Any], on: str | None, found: Selections) -> None:
        for node in selections:
            if isinstance(node, FieldNode):
                found.setdefault(node.name.value, []).append(node)
                continue
            inner = node
            if isinstance(node, FragmentSpreadNode):
                inner = self._info.fragments[node.name.value]
            condition = getattr(inner, "type_condition", None)
            if on is None or condition is None or condition.name.value in (on, "Node"):
                assert isinstance(node, (FragmentSpreadNode, InlineFragmentNode))
                self._collect(inner.selection_set.selections, on, found)


@cache
def _needs(kind: type) -> dict[str, tuple[str, ...]]:
    """GraphQL name of each field of a type -> the properties behind it: ``STORED`` where the graph names it otherwise,
    ``NEEDS`` for fields with a resolver."""
    stored: dict[str, str] = getattr(kind, "STORED", {})
    needs: dict[str, tuple[str, ...]] = getattr(kind, "NEEDS", {})
    plain = {f.name for f in dataclass_fields(kind) if f.init}
    made = {to_camel_case(name): (stored.get(name, name),) for name in sorted(plain) if name not in ("id", "curie")}
    return made | {to_camel_case(name): columns for name, columns in needs.items()}
