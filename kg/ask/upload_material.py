"""What an upload was measured in, as the states and references of the graph name it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import LiteralString

from kg.ask.upload import Upload
from kg.errors import UnknownTermError
from kg.sides.catalog import Named, ReferenceInfo, nearest
from kg.sides.workspace import Workspace
from kg.store.driver import Store

_TISSUE: LiteralString = """
MATCH (t:Tissue) WHERE t.id = $term OR toLower(t.label) = toLower($term)
RETURN t {.id, .label, .deprecated, .replaced_by} AS term
"""
_CELL_TYPE: LiteralString = """
MATCH (t:CellType) WHERE t.id = $term OR toLower(t.label) = toLower($term)
RETURN t {.id, .label, .deprecated, .replaced_by} AS term
"""
_TISSUES: LiteralString = "MATCH (t:Tissue) WHERE NOT coalesce(t.deprecated, false) RETURN t.id AS id, t.label AS label"
_CELL_TYPES: LiteralString = (
    "MATCH (t:CellType) WHERE NOT coalesce(t.deprecated, false) RETURN t.id AS id, t.label AS label"
)
_ABOVE: LiteralString = """
MATCH (t:Tissue)-[:SUBCLASS_OF|BROADER]->(a:Tissue) WHERE t.id IN $ids
RETURN DISTINCT t.id AS below, a.id AS id, a.label AS label ORDER BY id, below
"""
_STEPS = 12


@dataclass(frozen=True)
class Material:
    """What was measured, as states and references name it; ``within``: its tissue and those above; ``flags``: what was
    made of the words given."""

    label: str = ""
    tissue: Named | None = None
    cell_type: Named | None = None
    flags: tuple[str, ...] = ()
    within: frozenset[str] = frozenset()


def material_of(store: Store, ws: Workspace, u: Upload, reference: ReferenceInfo | None) -> Material:
    """What was measured, by the terms given, else by the reference. Raises UnknownTermError."""
    if u.cell_type:
        term = _term(
            store.read(_CELL_TYPE, term=u.cell_type), u.cell_type, "cell type", lambda: store.read(_CELL_TYPES)
        )
        return Material(term.label, None, term)
    if u.tissue:
        term = _term(store.read(_TISSUE, term=u.tissue), u.tissue, "tissue", lambda: store.read(_TISSUES))
        return _bulk(store, ws, term, u.taxon)
    if reference and reference.taxon == u.taxon:
        return Material(
            reference.material, flags=(f"material: taken to be that of the reference, {reference.material}",)
        )
    return Material()


def _term(found: list[dict], asked: str, what: str, others) -> Named:
    argument = "cellType" if what == "cell type" else what
    if not found:
        labels = {row["label"]: row["id"] for row in others() if row["label"]}
        close = nearest(asked, sorted(labels))[:3] if labels else ()
        raise UnknownTermError(
            asked, what, suggestions=tuple(f"{labels[label]} ({label})" for label in close), argument=argument
        )
    term = found[0]["term"]
    if term["deprecated"]:
        raise UnknownTermError(asked, what, replacement=term["replaced_by"] or None, argument=argument, retired=True)
    return Named(term["id"], term["label"])


def _bulk(store: Store, ws: Workspace, tissue: Named, taxon: str) -> Material:
    """The material of a bulk tissue: of the tissues at or above it whose healthy references lend their noise, the most
    specific; where none does, the most specific that has contrasts; else its own. So a contrast that comes to the
    graph without healthy samples never takes the reference from others."""
    labels, above = {tissue.id: tissue.label}, dict[str, set[str]]()
    level = [tissue.id]
    for _ in range(_STEPS):
        rows = store.read(_ABOVE, ids=level)
        level = list(dict.fromkeys(row["id"] for row in rows if row["id"] not in labels))
        for row in rows:
            above.setdefault(row["below"], set()).add(row["id"])
            labels[row["id"]] = row["label"]
        if not level:
            break
    lend = {r.material for r in ws.catalog.references.values() if (r.role, r.taxon) == ("reference", taxon)}
    for here in (lend, {c.material for c in ws.catalog.contrasts.values()}):
        known = {each for each, label in labels.items() if f"bulk {label}" in here}
        if known:
            chosen = most_specific(known, above)
            label = f"bulk {labels[chosen]}"
            flags = () if chosen == tissue.id else (f"material: {tissue.label} is compared as {label}",)
            return Material(label, tissue, None, flags, frozenset(labels))
    return Material(f"bulk {tissue.label}", tissue, within=frozenset(labels))


def most_specific(of: Set[str], above: Mapping[str, Set[str]]) -> str:
    """The term that has no other of these below it, the first by its id where there are several. ``above``: term ->
    terms one step above it.

    >>> most_specific({"brain", "cortex"}, {"layer": {"brain", "cortex"}, "cortex": {"brain"}})
    'cortex'
    """
    covered: set[str] = set()
    for each in of:
        level = set(above.get(each, ()))
        while more := level - covered:
            covered |= more
            level = {higher for one in more for higher in above.get(one, ())}
    return min(of - covered or of)
