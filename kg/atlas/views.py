"""What a view of an atlas selects: types by name or term, and studies by their annotations in the graph."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from kg.atlas.objects import ObjectStore
from kg.atlas.tree import parents
from kg.atlas.version import Branch, Version
from kg.atlas.versions import card_of, manifest_of
from kg.errors import ContractError, Issue, KgError
from kg.names.ids import spelt, taxon
from kg.store.driver import Store

BY = ("organ", "type", "genotype", "disease", "drug", "species")
_LONGEST, _MOST = 200, 50
_STUDIES: dict[str, tuple[LiteralString, ...]] = {
    "organ": (
        """MATCH (d:Dataset)<-[:FROM_DATASET]-(:Contrast)-[:IN_TISSUE]->(:Tissue)-[:SUBCLASS_OF|BROADER*0..20]->
        (t:Tissue) WHERE d.id IN $datasets RETURN DISTINCT d.id AS dataset, [t.id, t.label] AS names""",
        """MATCH (d:Dataset)<-[:FROM_DATASET]-(:CellPopulation)-[:IN_TISSUE]->(:Tissue)-[:SUBCLASS_OF|BROADER*0..20]->
        (t:Tissue) WHERE d.id IN $datasets RETURN DISTINCT d.id AS dataset, [t.id, t.label] AS names""",
    ),
    "genotype": (
        """MATCH (d:Dataset)<-[:FROM_DATASET]-(:Contrast)-[:OF_MODEL]->(m:DiseaseModel) WHERE d.id IN $datasets
        RETURN DISTINCT d.id AS dataset, [m.id, m.label, m.genotype, m.strain] AS names""",
    ),
    "disease": (
        """MATCH (d:Dataset)<-[:FROM_DATASET]-(:Contrast)-[:OF_STATE|POOL_OF]->(s:DiseaseState)-[:HAS_DISEASE]->
        (:Disease)-[:SUBCLASS_OF*0..20]->(t:Disease) WHERE d.id IN $datasets
        RETURN DISTINCT d.id AS dataset, [s.id, s.label, t.id, t.label] AS names""",
        """MATCH (d:Dataset)<-[:FROM_DATASET]-(:Contrast)-[:OF_MODEL]->(:DiseaseModel)-[:MODELS]->(:Disease)
        -[:SUBCLASS_OF*0..20]->(t:Disease) WHERE d.id IN $datasets
        RETURN DISTINCT d.id AS dataset, [t.id, t.label] AS names""",
    ),
    "drug": (
        """MATCH (d:Dataset)<-[:FROM_DATASET]-(:Contrast)-[:OF_CONDITION]->(:DrugCondition)-[:USES_DRUG]->(t:Drug)
        WHERE d.id IN $datasets RETURN DISTINCT d.id AS dataset, [t.id, t.label] AS names""",
    ),
}
_BELOW: LiteralString = """
MATCH (t:CellType)-[:SUBCLASS_OF*0..30]->(a:CellType) WHERE t.id IN $terms RETURN t.id AS term, [a.id, a.label] AS names
"""
_SPECIES: LiteralString = "MATCH (s:Species {id: $taxon}) RETURN [s.id, s.label, s.common_name] AS names"


@dataclass(frozen=True)
class Selected:
    """Names of selected types and studies of a version; ``cells``: number of cells of those types in all its
    studies."""

    types: tuple[str, ...]
    studies: tuple[str, ...]
    cells: int


def checked_filter(chosen: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """A filter without duplicate values. Raises ContractError ARGUMENT for an invalid name or value."""
    issues = [
        Issue(f"filter.{name}"[:80], "a view filters by a known property", "another", f"use {', '.join(BY)}")
        for name in chosen
        if name not in BY
    ]
    made = {name: tuple(dict.fromkeys(text.strip() for text in values)) for name, values in chosen.items()}
    for name, values in made.items():
        if not 0 < len(values) <= _MOST or not all(0 < len(text) <= _LONGEST for text in values):
            rule = f"1 to {_MOST} names of 1 to {_LONGEST} characters"
            issues.append(Issue(f"filter.{name}"[:80], rule, str(values)[:80], "name what the view selects"))
    if not made:
        issues.append(Issue("filter", "a view has at least one filter", "nothing", f"give one of {', '.join(BY)}"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return {name: made[name] for name in BY if name in made}


def filters(known: Sequence[Branch], view: Branch | None) -> list[Mapping[str, tuple[str, ...]]]:
    """Filters of a view and of the views above it, the widest first; empty for a line."""
    by_id = {each.id: each for each in known}
    found: list[Mapping[str, tuple[str, ...]]] = []
    while view is not None:
        found.insert(0, view.filter)
        view = by_id.get(view.above)
    return [each for each in found if each]


def selected(store: Store, objects: ObjectStore, version: Version, *chosen: Mapping[str, Sequence[str]]) -> Selected:
    """What the filters together select from a version: a study or type must satisfy every name of every filter, with
    any of that name's values. Raises KgError EMPTY_VIEW, which says which filter selects nothing and which values
    exist."""
    card = card_of(objects, version)
    types = {each.label: each.cl for each in card.types}
    studies = {each.name: each.dataset for each in card.studies}
    above = _above(store, objects, version, types)
    for name, values in (pair for each in chosen for pair in each.items()):
        wanted = {_plain(spelt(each)) for each in values} | {_plain(each) for each in values}
        if name == "type":
            known = {label: above[label] for label in types}
            types = {label: cl for label, cl in types.items() if wanted & above[label]}
            left = bool(types)
        elif name == "species":
            of = {taxon(each) for each in values} | set(values)
            rows = store.read(_SPECIES, taxon=version.in_taxon)
            known = {version.in_taxon: _names((version.in_taxon, *(text for row in rows for text in row["names"])))}
            left = version.in_taxon in of or bool(wanted & known[version.in_taxon])
        else:
            known = _of_studies(store, name, studies.values())
            studies = {study: of for study, of in studies.items() if wanted & known.get(of, set())}
            left = bool(studies)
        if not left:
            raise _nothing(version, name, values, known)
    return Selected(tuple(types), tuple(studies), sum(each.cells for each in card.types if each.label in types))


def _above(store: Store, objects: ObjectStore, version: Version, types: Mapping[str, str]) -> dict[str, set[str]]:
    """The names a type can be selected by: its label, its term, and their ancestors."""
    found = {label: _names((label, cl)) for label, cl in types.items()}
    terms = [cl for cl in types.values() if cl]
    rows = store.read(_BELOW, terms=terms) if terms else []
    above = parents(objects, manifest_of(objects, version))
    for label, cl in types.items():
        for row in rows:
            if row["term"] == cl:
                found[label] |= _names(row["names"])
        up = label
        while (up := above.get(up, "")) and _plain(up) not in found[label]:
            found[label].add(_plain(up))
    return found


def _of_studies(store: Store, name: str, datasets: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for query in _STUDIES[name]:
        for row in store.read(query, datasets=[each for each in datasets if each]):
            found.setdefault(row["dataset"], set()).update(_names(row["names"]))
    return found


def _names(texts: Iterable[str | None]) -> set[str]:
    return {_plain(each) for each in texts if each}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _nothing(version: Version, name: str, values: Sequence[str], known: Mapping[str, set[str]]) -> KgError:
    there = sorted({each for names in known.values() for each in names})
    has = f"it has {', '.join(there[:12])}" if there else "none of its studies is in the graph: ingest them first"
    return KgError(
        f"no part of {version.short} has {name} {' or '.join(values)}, so the view would be empty: {has}",
        code="EMPTY_VIEW",
    )
