"""Nodes by page: whatever one level of a question asks for, in one Cypher.

A :class:`Want` says what is wanted for some ids; :func:`read` puts the wants of one level side by side by ``UNION
ALL``, so that a level costs one query however many rows or fields it has. Text is made from names that ``kg.schema``
and ``kg.schema.links`` declare; every value is a parameter.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, LiteralString, Protocol, cast

from kg.errors import ContractError, Issue
from kg.read.contents import rounded
from kg.records.match import Gap
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.links import FILTERS, LINKS, PROPERTY, Key, Link, order_of
from kg.schema.nodes import NODE_BY_LABEL
from kg.schema.spec import Kind
from kg.store.driver import Store

Cursor = tuple[str | float, ...]
_PYTHON: dict[Kind, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "float": (float, int),
    "boolean": (bool,),
    "strings": (list,),
    "floats": (list,),
}
_EXACT: dict[Kind, type] = {"string": str, "integer": int, "boolean": bool, "float": float}
_EMPTY: dict[Kind, Any] = {"string": "", "strings": [], "floats": []}


@dataclass(frozen=True)
class Row:
    """A node, the relationship it was reached by, and its place in the list."""

    key: Cursor
    node: dict[str, Any]
    edge: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """``known``: total number of rows (None when not asked). ``gaps``: rows of this page that cannot be shown.
    ``end``: place of the last row read, shown or not; of the first one where the page goes back."""

    rows: tuple[Row, ...]
    more: bool = False
    known: int | None = None
    gaps: tuple[Gap, ...] = ()
    end: Cursor | None = None


@dataclass(frozen=True)
class Branch:
    """One query of a level. It returns ``tag, parent, node, edge, key``; names of parameters end with the tag."""

    text: str
    parameters: dict[str, Any]


class Want(Protocol):
    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]: ...

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]: ...


def read(store: Store, wants: Sequence[tuple[Any, Sequence[str]]]) -> list[dict[str, Any]]:
    """What each want finds, by id. One query; none where there is nothing to ask."""
    branches = [branch for at, (want, ids) in enumerate(wants) for branch in want.branches(str(at), ids)]
    if not branches:
        return [want.taken(ids, []) for want, ids in wants]
    text = cast(LiteralString, "\nUNION ALL\n".join(branch.text for branch in branches))
    parameters = {name: value for branch in branches for name, value in branch.parameters.items()}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in store.read(text, **parameters):
        found.setdefault(row["tag"].partition(".")[0], []).append(row)
    return [want.taken(ids, found.get(str(at), [])) for at, (want, ids) in enumerate(wants)]


@dataclass(frozen=True)
class NodeWant:
    """Nodes by their ids; None where there is none."""

    label: str
    columns: tuple[str, ...]

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:
        text = (
            f"UNWIND $ids{tag} AS parent MATCH (n:{self.label} {{id: parent}}) "
            f"RETURN '{tag}' AS tag, parent, {projected('n', self.columns)} AS node, NULL AS edge, [] AS key"
        )
        return [Branch(text, {f"ids{tag}": list(ids)})]

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        found = {row["parent"]: shaped(self.label, row["node"]) for row in rows}
        return {key: found.get(key) for key in ids}


@dataclass(frozen=True)
class LinkWant:
    """What a link leads to from each of several nodes. ``first`` rows after ``after``, in the link's order; before it,
    or the last ones, where ``back``. ``only``: (property of the node, value) that they have."""

    link: Link
    columns: tuple[str, ...]
    edge: tuple[str, ...]
    first: int
    after: Cursor | None = None
    count: bool = False
    only: tuple[tuple[str, str], ...] = ()
    back: bool = False

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:
        link, keys = self.link, self.link.order
        passes = " AND ".join(f"n.{name} = $only_{name}{tag}" for name, _ in self.only)
        pattern = f"{link.pattern} WHERE {passes}" if passes else link.pattern
        values = {f"only_{name}{tag}": value for name, value in self.only}
        start = f"UNWIND $ids{tag} AS parent MATCH (p:{link.source} {{id: parent}}) "
        text = (
            f"{start}CALL (p) {{ MATCH {pattern} WITH n, r, {_keys(keys)}"
            f" {_later(keys, self.after, tag, self.back)}RETURN n, r, {_names(keys)} ORDER BY {_names(keys, self.back)}"
            f" LIMIT $take{tag} }} RETURN '{tag}' AS tag, parent, {projected('n', self.columns)} AS node,"
            f" {projected('r', self.edge)} AS edge, [{_names(keys)}] AS key"
        )
        taken = {f"ids{tag}": list(ids), f"take{tag}": self.first + 1, **values, **_after(self.after, tag)}
        made = [Branch(text, taken)]
        if self.count:
            count = f"RETURN '{tag}.n' AS tag, parent, NULL AS node, NULL AS edge, [COUNT {{ {pattern} }}] AS key"
            made.append(Branch(start + count, {f"ids{tag}": list(ids), **values}))
        return made

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        by_parent: dict[str, list[dict[str, Any]]] = {key: [] for key in ids}
        known = {}
        for row in rows:
            if row["tag"].endswith(".n"):
                known[row["parent"]] = row["key"][0]
            else:
                by_parent[row["parent"]].append(row)
        return {
            key: paged(
                found,
                self.first,
                self.link.target,
                self.link.types[0],
                known.get(key, 0) if self.count else None,
                self.back,
            )
            for key, found in by_parent.items()
        }


@dataclass(frozen=True)
class ListWant:
    """All nodes of a label that pass the filters: (name, id or name of what the filter asks for)."""

    label: str
    columns: tuple[str, ...]
    first: int
    after: Cursor | None = None
    filters: tuple[tuple[str, str], ...] = ()
    count: bool = False
    back: bool = False

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:  # noqa: ARG002  one list, no parents
        keys = order_of(self.label)
        values = {f"{name}{tag}": value for name, value in self.filters}
        passes = " AND ".join(_passes(self.label, name, tag) for name, _ in self.filters)
        match = f"MATCH (n:{self.label}) " + (f"WHERE {passes} " if passes else "")
        text = (
            f"CALL () {{ {match}WITH n, {_keys(keys)} {_later(keys, self.after, tag, self.back)}RETURN n,"
            f" {_names(keys)} ORDER BY {_names(keys, self.back)} LIMIT $take{tag} }} RETURN '{tag}' AS tag, '' AS"
            f" parent, {projected('n', self.columns)} AS node, NULL AS edge, [{_names(keys)}] AS key"
        )
        made = [Branch(text, {f"take{tag}": self.first + 1, **values, **_after(self.after, tag)})]
        if self.count:
            count = f"{match}RETURN '{tag}.n' AS tag, '' AS parent, NULL AS node, NULL AS edge, [count(n)] AS key"
            made.append(Branch(count, values))
        return made

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        counted = [row["key"][0] for row in rows if row["tag"].endswith(".n")]
        found = [row for row in rows if not row["tag"].endswith(".n")]
        page = paged(found, self.first, self.label, "", counted[0] if counted else None, self.back)
        return dict.fromkeys(ids, page)


def link(source: str, name: str) -> Link:
    return LINKS[source, name]


def checked_cursor(after: Cursor | None, keys: Sequence[Key]) -> Cursor | None:
    """``after`` when it is a place in a list sorted by ``keys``. Raises ContractError, code ARGUMENT."""
    kinds = [str if isinstance(key.absent, str) else float for key in keys]
    return fitting_cursor(after, kinds)


def fitting_cursor(after: Cursor | None, kinds: Sequence[type]) -> Cursor | None:
    if after is None:
        return None
    fits = len(after) == len(kinds) and all(
        isinstance(value, str) if kind is str else isinstance(value, (int, float)) and not isinstance(value, bool)
        for value, kind in zip(after, kinds, strict=True)
    )
    if not fits:
        issue = Issue("after", "a cursor belongs to the list that gave it", str(after), "use endCursor of this list")
        raise ContractError([issue], code="ARGUMENT")
    return after


def projected(var: str, columns: Iterable[str]) -> str:
    """A map of some properties, or nothing."""
    names = ", ".join(f".{name}" for name in columns)
    return f"{var} {{{names}}}" if names else "{}"


def later(names: Sequence[str], parameters: Sequence[str], back: bool = False) -> str:
    """The condition that a row stands after a cursor, or before it where ``back``, for keys that all go up."""
    text = ""
    for name, parameter in reversed(list(zip(names, parameters, strict=True))):
        step = f"{name} {'<' if back else '>'} ${parameter}"
        text = f"({step} OR ({name} = ${parameter} AND {text}))" if text else step
    return text


def window_of(keys: Sequence[Any], first: int, after: Cursor | None, back: bool) -> tuple[range, bool]:
    """Which of sorted keys a page is, and whether there are more in its direction."""
    if back:
        end = len(keys) if after is None else bisect_left(keys, after)
        return range(max(end - first, 0), end), end > first
    start = 0 if after is None else bisect_right(keys, after)
    return range(start, min(start + first, len(keys))), start + first < len(keys)


def paged(rows: list[dict[str, Any]], first: int, label: str, kind: str, known: int | None, back: bool = False) -> Page:
    """A page from ``first + 1`` rows; what does not fit the schema is left out and said. ``back``: the rows go up to
    its begin."""
    good, gaps = [], []
    for row in rows[:first]:
        try:
            node = shaped(label, row["node"])
            edge = shaped(kind, row["edge"], EDGE_BY_TYPE[kind].properties) if row["edge"] else {}
        except ValueError as error:
            gaps.append(bad_row(label, row["key"], error))
        else:
            good.append(Row(tuple(row["key"]), node, edge))
    end = tuple(rows[:first][-1]["key"]) if rows else None
    return Page(tuple(reversed(good) if back else good), len(rows) > first, known, tuple(gaps), end)


def bad_row(label: str, key: Sequence[Any], error: ValueError) -> Gap:
    what = f"1 {label} ({key[-1]})"
    return Gap("withheld", what, f"its row cannot be read: {error}", "orthokg ingest rewrites it")


def shaped(label: str, row: dict[str, Any], properties: Iterable[Any] | None = None) -> dict[str, Any]:
    """Values of a row as the schema types them: absent text and lists are empty, other absent values None, floats
    rounded. Raises ValueError that names the property for a value of another kind."""
    kinds = kinds_of(label) if properties is None else {p.name: p.kind for p in properties}
    made = {}
    for name, value in row.items():
        kind: Kind = kinds.get(name, "string")
        if type(value) is _EXACT.get(kind):
            made[name] = value if kind != "float" else rounded(value)
        elif value is None:
            made[name] = _EMPTY.get(kind)
        elif not isinstance(value, _PYTHON[kind]) or (kind in ("integer", "float") and isinstance(value, bool)):
            raise ValueError(f"{name} is no {kind}")
        else:
            made[name] = rounded(value)
    return made


@cache
def kinds_of(label: str) -> dict[str, Kind]:
    """Property -> kind."""
    return {p.name: p.kind for p in NODE_BY_LABEL[label].properties}


def _keys(keys: Sequence[Key]) -> str:
    return ", ".join(f"{key.text} AS k{at}" for at, key in enumerate(keys))


def _names(keys: Sequence[Key], down: bool = False) -> str:
    return ", ".join(f"k{at}{' DESC' if down else ''}" for at in range(len(keys)))


def _later(keys: Sequence[Key], after: Cursor | None, tag: str, back: bool) -> str:
    if after is None:
        return ""
    return f"WHERE {later([f'k{at}' for at in range(len(keys))], [f'k{at}_{tag}' for at in range(len(keys))], back)} "


def _after(after: Cursor | None, tag: str) -> dict[str, Any]:
    return {f"k{at}_{tag}": value for at, value in enumerate(after or ())}


def _passes(label: str, name: str, tag: str) -> str:
    """The condition of one filter; what it leads to is named by id or, in any case, by label."""
    way = FILTERS[label][name]
    if not way:
        return f"n.{PROPERTY.get(name, name)} = ${name}{tag}"
    found = LINKS[label, way]
    pattern = (
        found.pattern.replace("(p)", "(n)", 1)
        .replace(f"(n:{found.target})", f"(x:{found.target})")
        .replace("[r:", "[:")
    )
    named = "" if found.target == "Dataset" else f" OR toLower(x.label) = toLower(${name}{tag})"
    return f"EXISTS {{ {pattern} WHERE x.id = ${name}{tag}{named} }}"
