"""The relationships of some nodes, read by type and in both directions; nodes with too many are left alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

from kg.errors import ContractError, Issue, UnknownTermError
from kg.read.lookup import SEARCHED, NameWant, name_of, one, spoken, suggestions
from kg.schema.edges import EDGE_BY_TYPE
from kg.store.driver import Store

FOLLOWED = ("REGULATES", "HAS_TF", "TARGETS", "USES_DRUG", "ORTHOLOG_OF")
"""Types that say what acts on what: regulation, drugs and orthology."""
ALLOWED = (
    *FOLLOWED,
    "MEMBER_OF",
    "HAS_MARKER",
    "MODELS",
    "SUPPORTED_BY",
    "CHANGES_REGULON",
    "OF_CONDITION",
    "OF_MODEL",
)
NAMED = (*SEARCHED, "DrugCondition", "GeneModule")
_HIDDEN = frozenset({"source", "run"})
_OR_UNKNOWN = frozenset({"identity", "n_shared"})


@dataclass(frozen=True)
class Node:
    """``name``: symbol, title or label, whichever its label has."""

    id: str
    label: str
    name: str


@dataclass(frozen=True)
class Link:
    """A relationship as it is stored, from ``subject`` to ``object``. ``evidence``: its properties, ``name: value``."""

    type: str
    subject: str
    object: str
    source: str
    evidence: tuple[str, ...]


@dataclass
class Links:
    """Relationships read so far, each once, with both of their ends. ``hubs``: nodes whose relationships are not read,
    and how many they have; ``counted``, ``read``: ids of nodes of which that is known, or whose relationships are."""

    nodes: dict[str, Node] = field(default_factory=dict)
    links: dict[tuple[str, str, str, str], Link] = field(default_factory=dict)
    hubs: dict[str, int] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)


def followed(types: Sequence[str]) -> tuple[str, ...]:
    """The types to follow. Raises ContractError, code ARGUMENT."""
    for each in types:
        if each not in ALLOWED:
            issue = Issue("by", f"types that can be followed: {', '.join(ALLOWED)}", each, "name one of them")
            raise ContractError([issue], code="ARGUMENT")
    return tuple(dict.fromkeys(types)) or FOLLOWED


def find(store: Store, text: str, argument: str, taxon: str | None = None) -> Node:
    """The node that people call ``text``: by its id, or its name in any case, genes first; of a gene with orthologs of
    the same symbol the ``taxon`` (NCBITaxon id) decides.

    Raises UnknownTermError, and ContractError, code ARGUMENT, where several have the name.
    """
    for label in NAMED:
        want = NameWant(label, (), taxon if label == "Gene" else None)
        rows = [
            row for branch in want.branches("q", [text]) for row in store.read(_made(branch.text), **branch.parameters)
        ]
        if nodes := want.taken([text], rows)[text]:
            node = one(label, text, nodes, argument)
            return Node(node["id"], label, str(node[name_of(label)] or node["id"]))
    near = tuple(dict.fromkeys(each for label in NAMED for each in suggestions(store, label, text)))
    what = f"node ({', '.join(spoken(label) for label in NAMED)})"
    raise UnknownTermError(text, what, suggestions=near[:3], argument=argument)


def count_links(store: Store, known: Links, ids: Collection[str], types: Iterable[str], *, most: int) -> None:
    """Finds the hubs among these nodes (ids that ``known`` has): those with more than ``most`` relationships, types and
    directions together."""
    due = [known.nodes[each] for each in sorted(ids) if each not in known.counted]
    count = {node.id: 0 for node in due}
    for pattern in _patterns(types):
        if mine := [node.id for node in due if node.label == pattern.label]:
            query = _made(f"UNWIND $ids AS id MATCH {pattern.text} RETURN id, count(r) AS n")
            for row in store.read(query, ids=mine):
                count[row["id"]] += row["n"]
    known.counted |= count.keys()
    known.hubs |= {key: n for key, n in count.items() if n > most}


def read_links(store: Store, known: Links, ids: Collection[str], types: Iterable[str], *, most: int) -> None:
    """Adds the relationships of these nodes (ids that ``known`` has) to ``known``, but for hubs."""
    types = tuple(types)
    count_links(store, known, ids, types, most=most)
    due = [known.nodes[each] for each in sorted(ids) if each not in known.read and each not in known.hubs]
    known.read |= {node.id for node in due}
    for pattern in _patterns(types):
        mine = [node.id for node in due if node.label == pattern.label]
        if not mine:
            continue
        query = _made(
            f"UNWIND $ids AS id MATCH {pattern.text} RETURN id, m.id AS other, m.{name_of(pattern.other)} AS name,"
            " properties(r) AS r"
        )
        for row in store.read(query, ids=mine):
            name = str(row["name"] or row["other"])
            known.nodes.setdefault(row["other"], Node(row["other"], pattern.other, name))
            ends = (row["id"], row["other"]) if pattern.out else (row["other"], row["id"])
            link = Link(pattern.type, *ends, str(row["r"].get("source") or ""), _evidence(row["r"]))
            known.links[link.type, *ends, link.source] = link


@dataclass(frozen=True)
class _Pattern:
    """Relationships of one type that nodes ``n`` of ``label`` have, one way, with nodes ``m`` of ``other``."""

    type: str
    label: str
    other: str
    out: bool

    @property
    def text(self) -> str:
        left, right = ("-", "->") if self.out else ("<-", "-")
        return f"(n:{self.label} {{id: id}}){left}[r:{self.type}]{right}(m:{self.other})"


def _patterns(types: Iterable[str]) -> list[_Pattern]:
    pairs = [(kind, a, b) for kind in types for a, b in EDGE_BY_TYPE[kind].pairs]
    return [
        *(_Pattern(kind, a, b, True) for kind, a, b in pairs),
        *(_Pattern(kind, b, a, False) for kind, a, b in pairs),
    ]


def _evidence(properties: dict[str, Any]) -> tuple[str, ...]:
    told = {key: value for key, value in properties.items() if key not in _HIDDEN and value not in (None, "", [])}
    return tuple(
        f"{key}: {_text(value)}" for key, value in sorted(told.items()) if not (key in _OR_UNKNOWN and value == -1)
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _made(text: str) -> LiteralString:
    """Text put together from the schema's own names only."""
    return cast(LiteralString, text)
