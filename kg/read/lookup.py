"""Nodes by what people call them: one by its id or name, or all whose name holds a text."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, cast

from kg.curie import is_curie
from kg.errors import ContractError, Issue, UnknownTermError
from kg.names.ids import spelt
from kg.read.nodes import Branch, projected, shaped
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store

NAME = {"Gene": "symbol", "Dataset": "title"}
"""The property that people call a node of a label by; ``label`` where nothing else is said."""
SEARCHED = ("Gene", "CellType", "Tissue", "Disease", "DiseaseModel", "DiseaseState", "Drug", "Regulon", "Dataset")
SHORT = 3
PLACES = ("EXACT", "PREFIX", "CONTAINED")


def name_of(label: str) -> str:
    return NAME.get(label, "label")


@dataclass(frozen=True)
class NameWant:
    """One node by its id, or by its name in any case. Several share a name where ``taxon`` does not tell them apart:
    then the one written just so. ``columns``: properties wanted."""

    label: str
    columns: tuple[str, ...]
    taxon: str | None = None

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:
        name = name_of(self.label)
        columns = (*self.columns, *(p for p in ("id", name, *_lifecycle(self.label)) if p not in self.columns))
        answer = (
            f"RETURN '{tag}' AS tag, row.asked AS parent, {projected('n', columns)} AS node, NULL AS edge, [] AS key"
        )
        curies = [{"asked": each, "name": each} for each in ids if is_curie(each)]
        names = [{"asked": each, "name": way} for each in ids if not is_curie(each) for way in self._spelt(each)]
        made = []
        if curies:
            text = f"UNWIND $ids{tag} AS row MATCH (n:{self.label} {{id: row.name}}) {answer}"
            made.append(Branch(text, {f"ids{tag}": curies}))
        if names:
            taxon = {f"taxon{tag}": self.taxon} if self.taxon else {}
            within = f"n.in_taxon = $taxon{tag}" if self.taxon else ""
            called = "" if self.label == "Gene" else f"toLower(n.{name}) = row.name"
            match = f"(n:{self.label} {{symbol: row.name}})" if self.label == "Gene" else f"(n:{self.label})"
            where = " AND ".join(filter(None, (called, within)))
            text = f"UNWIND $names{tag} AS row MATCH {match} {'WHERE ' + where if where else ''} {answer}"
            made.append(Branch(text, {f"names{tag}": names, **taxon}))
        return made

    def _spelt(self, text: str) -> list[str]:
        """Symbols of genes are written in three ways at most, which an index finds; the fewer names of other labels are
        compared in lower case."""
        if self.label != "Gene":
            return [text.lower()]
        return list(dict.fromkeys((text, text.upper(), text.capitalize())))

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        found: dict[str, list[dict[str, Any]]] = {key: [] for key in ids}
        for row in rows:
            found[row["parent"]].append(shaped(self.label, row["node"]))
        return {key: tuple(nodes) for key, nodes in found.items()}


def one(label: str, text: str, nodes: Sequence[dict[str, Any]], argument: str = "") -> dict[str, Any]:
    """The node meant among those, at least one, that :class:`NameWant` found. Raises UnknownTermError for a retired
    term, with what replaced it, and ContractError where several nodes share the name."""
    exact = [n for n in nodes if text in (n["id"], n[name_of(label)])] or list(nodes)
    if len(exact) > 1:
        found = ", ".join(sorted(n["id"] for n in exact)[:5])
        fix = "give a taxon, or the id" if label == "Gene" else "give the id"
        raise ContractError(
            [Issue(argument or label, f"{text!r} names one {spoken(label)}", found, fix)], code="ARGUMENT"
        )
    (node,) = exact
    if node.get("deprecated"):
        raise UnknownTermError(
            text, spoken(label), replacement=node.get("replaced_by") or None, argument=argument, retired=True
        )
    return node


def spoken(label: str) -> str:
    """A label as people say it: ``disease model``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).lower()


def suggestions(store: Store, label: str, text: str) -> tuple[str, ...]:
    """Up to three names that resemble the text. Of many nodes only those that begin alike are looked at."""
    name, start = name_of(label), text.strip()[:2].lower()
    first = cast(
        LiteralString,
        f"MATCH (n:{label}) WHERE toLower(n.{name}) STARTS WITH $start RETURN n.{name} AS name LIMIT 5000",
    )
    some = cast(LiteralString, f"MATCH (n:{label}) RETURN n.{name} AS name, n.id AS id LIMIT 1000")
    known = {row["name"] for row in store.read(first, start=start) if row["name"]}
    known |= {row[key] for row in store.read(some) for key in ("name", "id") if row[key]}
    folded = {each.casefold(): each for each in sorted(known)}
    return tuple(folded[each] for each in difflib.get_close_matches(text.casefold(), list(folded), n=3, cutoff=0.6))


@dataclass(frozen=True)
class Hit:
    """``place``: 0 the text is a name or the id, 1 a name begins with it, 2 a name holds it."""

    label: str
    id: str
    name: str
    place: int
    matched: str


@dataclass(frozen=True)
class Found:
    hits: tuple[Hit, ...]
    known: int


@dataclass(frozen=True)
class SearchWant:
    """Names that hold ``text``, in any case: exact before prefix before contained, then short before long. ``count``:
    say total number of rows.

    A text below three characters is looked for at the beginning of names only.
    """

    text: str
    labels: tuple[str, ...]
    first: int
    count: bool = False

    def branches(self, tag: str, ids: Sequence[str]) -> list[Branch]:  # noqa: ARG002  one text, no parents
        values = {f"text{tag}": spelt(self.text).lower(), f"take{tag}": self.first}
        made = []
        for label in self.labels:
            found = _search(label, f"$text{tag}", contained=len(self.text.strip()) >= SHORT)
            text = (
                f"CALL () {{ {found} RETURN n, name, place ORDER BY place, size(name), name, n.id LIMIT $take{tag} }}"
                f" RETURN '{tag}' AS tag, '' AS parent, {{label: '{label}', id: n.id, name: n.{name_of(label)}, place:"
                " place, matched: name} AS node, NULL AS edge, [] AS key"
            )
            count = f"{found} RETURN '{tag}.n' AS tag, '' AS parent, NULL AS node, NULL AS edge, [count(n)] AS key"
            made += [Branch(text, values), *([Branch(count, {})] if self.count else [])]
        return made

    def taken(self, ids: Sequence[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        known = sum(row["key"][0] for row in rows if row["tag"].endswith(".n"))
        hits = [Hit(**row["node"]) for row in rows if not row["tag"].endswith(".n")]
        order = {label: at for at, label in enumerate(self.labels)}
        hits.sort(key=lambda h: (h.place, len(h.matched), h.matched.casefold(), order[h.label], h.id))
        return dict.fromkeys(ids, Found(tuple(hits[: self.first]), known))


def _search(label: str, text: str, *, contained: bool) -> str:
    """Rows (n, name, place) of one label; ``name`` is the one that fits best: its own, a synonym, or the id."""
    own, word = f"n.{name_of(label)}", "CONTAINS" if contained else "STARTS WITH"
    place = f"CASE WHEN toLower(name) = {text} THEN 0 WHEN toLower(name) STARTS WITH {text} THEN 1 ELSE 2 END AS place"
    if "synonyms" not in {p.name for p in NODE_BY_LABEL[label].properties}:
        return (
            f"MATCH (n:{label}) WHERE toLower({own}) {word} {text} OR toLower(n.id) = {text} "
            f"WITH n, CASE WHEN toLower(n.id) = {text} THEN n.id ELSE {own} END AS name WITH n, name, {place}"
        )
    low = "toLower(toString(s))"  # Neo4j takes the members of two lists put together for booleans
    return (
        f"MATCH (n:{label}) WITH n, [s IN [n.id] WHERE toLower(s) = {text}] + [s IN [{own}] + coalesce(n.synonyms, [])"
        f" WHERE toLower(s) {word} {text}] AS names WHERE size(names) > 0 WITH n, toString(coalesce([s IN names WHERE"
        f" {low} = {text}][0], [s IN names WHERE {low} STARTS WITH {text}][0], names[0])) AS name WITH n, name, {place}"
    )


def _lifecycle(label: str) -> tuple[str, ...]:
    declared = {p.name for p in NODE_BY_LABEL[label].properties}
    return tuple(name for name in ("deprecated", "replaced_by") if name in declared)
