"""KGX: ``nodes.tsv`` and ``edges.tsv`` with Biolink categories and predicates (https://github.com/biolink/kgx), and
``kgx.json`` with the version of Biolink and the prefixes.

Ids are CURIEs: ours have ``_`` for each slash, a drug has its id in a public registry where one is known (ours is its
``xref``), a source is an ``infores``. A factor and its target are an edge between two genes, one for each gene of the
regulon's factor, with the ``regulon``. ``original_predicate`` keeps our own type, ``source`` the key of LICENCES.tsv,
``license`` the terms of the row; properties that Biolink has no name for keep ours. A list is joined by ``|``; tabs and
line ends become spaces.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

from kg.export import biolink
from kg.export.selection import LICENSE, Selection
from kg.export.tables import Tsv
from kg.read.stream import Row
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.schema.spec import EdgeSpec, NodeSpec
from kg.store.driver import Store

_NODE = ["id", "category", "name", "taxon", "synonym", "description", "xref", "provided_by", "source", LICENSE]
_EDGE = ["id", "subject", "predicate", "object", "original_predicate", "category", "primary_knowledge_source",
         "aggregator_knowledge_source", "knowledge_level", "agent_type", "negated", "publications", "regulon", "source",
         LICENSE]  # fmt: skip
_RENAMED = {
    "author": "authored_by",  # KGX reads its own "author" as a list
    "definition": "description",
    "in_taxon": "taxon",
    "label": "name",
    "pmids": "publications",
    "synonyms": "synonym",
    "xrefs": "xref",
}
_DRUGS: LiteralString = "MATCH (d:Drug) WHERE d.xrefs IS NOT NULL RETURN d.id AS id, d.xrefs AS xrefs"
_FACTORS: LiteralString = "MATCH (r:Regulon)-[:HAS_TF]->(g:Gene) RETURN r.id AS id, g.id AS gene"


def write(selection: Selection, folder: Path) -> None:
    known = _Ids(selection.store)
    _nodes(selection, folder / "nodes.tsv", known)
    own = dict.fromkeys(_RENAMED.get(p.name, p.name) for spec in EDGES for p in spec.properties)
    columns = [*_EDGE, *(name for name in own if name not in _EDGE)]
    with Tsv(folder / "edges.tsv", columns) as out:
        for spec in EDGES:
            biolink.meaning_of(spec.type)
            for pair in spec.pairs:
                for row in selection.edges(spec, pair):
                    for made in _edges(spec, row, known):
                        out.write(made)
    facts = {"biolink_version": biolink.VERSION, "@context": dict(sorted(biolink.CURIES.items()))}
    (folder / "kgx.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


class _Ids:
    """Ids of the graph -> CURIEs."""

    def __init__(self, store: Store):
        drugs = {row["id"]: row["xrefs"][0] for row in store.read(_DRUGS) if row["xrefs"]}
        used = Counter(drugs.values())
        self._drugs = {key: xref for key, xref in drugs.items() if used[xref] == 1}
        self.factors: dict[str, list[str]] = defaultdict(list)
        for row in store.read(_FACTORS):
            self.factors[row["id"]].append(row["gene"])

    def __call__(self, key: str) -> str:
        return self._drugs.get(key) or biolink.curie(key)


def _edges(spec: EdgeSpec, row: Row, known: _Ids) -> Iterator[Row]:
    meaning = biolink.MEANING[spec.type]
    source = biolink.infores(row.get("source", ""))
    subjects, more = [row["subject"]], {}
    if spec.type == "REGULATES":
        if row.get("found_in") is not None:
            meaning = biolink.INFERRED
        subjects, more = sorted(known.factors.get(row["subject"], subjects)), {"regulon": known(row["subject"])}
    for subject in subjects:
        yield {
            **{_RENAMED.get(name, name): value for name, value in row.items()},
            **more,
            "id": _edge_id(spec, row, subject),
            "subject": known(subject),
            "predicate": f"biolink:{meaning.predicate}",
            "object": known(row["object"]),
            "original_predicate": f"orthokg:{spec.type}",
            "category": f"biolink:{meaning.category}",
            "primary_knowledge_source": source,
            "aggregator_knowledge_source": "" if source == "infores:orthokg" else "infores:orthokg",
            "knowledge_level": meaning.knowledge_level,
            "agent_type": meaning.agent_type,
            "negated": "true" if meaning.negated else "",
        }


def _nodes(selection: Selection, path: Path, known: _Ids) -> None:
    own = dict.fromkeys(_RENAMED.get(p.name, p.name) for spec in LASTING for p in spec.properties)
    columns = [*_NODE, *(name for name in own if name not in _NODE)]
    with Tsv(path, columns) as out:
        for spec in LASTING:
            for row in selection.nodes(spec):
                made = {_RENAMED.get(name, name): value for name, value in row.items() if name != "run"}
                name = made.get("name") or row.get("symbol") or row.get("title") or row["id"]
                key = _node_id(spec, row["id"], known)
                xref = [*(made.get("xref") or ()), *([biolink.curie(row["id"])] if spec.label == "Drug" else ())]
                out.write(
                    {
                        **made,
                        "id": key,
                        "category": f"biolink:{biolink.CATEGORY[spec.label]}",
                        "name": name,
                        "xref": [each for each in xref if each != key],
                        "provided_by": biolink.infores(row.get("source", "")),
                    }
                )


def _node_id(spec: NodeSpec, key: str, known: _Ids) -> str:
    found = biolink.infores(key) if spec.label == "Source" else ""
    return known(key) if found in ("", "infores:orthokg") else found


def _edge_id(spec: EdgeSpec, row: Row, subject: str) -> str:
    text = "\n".join([spec.type, *(str(row.get(name, "")) for name in ("subject", "object", *spec.key))])
    text += "" if subject == row["subject"] else f"\n{subject}"
    return f"orthokg:edge_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
