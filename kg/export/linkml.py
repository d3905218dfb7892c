"""``orthokg.linkml.yaml``: the schema of the graph in LinkML (https://linkml.io), made from ``kg.schema``, with the
sources that the relationships of each type in the graph come from.

A label is a class below ``Node``, a type of relationship one below ``Relationship``; ``broad_mappings`` are the
category or predicate of the Biolink Model, as ``kg.export.biolink`` has them.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, LiteralString, cast

from kg.curie import PREFIXES
from kg.export import biolink
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.schema.spec import EdgeSpec, NodeSpec, Property
from kg.store.driver import Store

FILE = "orthokg.linkml.yaml"
_RANGES = {"string": "string", "integer": "integer", "float": "double", "boolean": "boolean"}
_OWNED = {
    "source": {"range": "string", "required": True, "description": "source that owns the row"},
    "run": {"range": "string", "description": "run that wrote it"},
}


def sources_of(store: Store) -> dict[str, list[str]]:
    """Type of relationship -> sources of those in the graph."""
    found = {}
    for spec in EDGES:
        query = f"MATCH ()-[r:{spec.type}]->() RETURN DISTINCT r.source AS source"
        found[spec.type] = sorted(row["source"] for row in store.read(cast(LiteralString, query)) if row["source"])
    return found


def write(folder: Path, sources: Mapping[str, Collection[str]], version: str) -> None:
    """``sources``: by type of relationship; ``version`` of the data."""
    (folder / FILE).write_text("\n".join(_lines(schema(sources, version))) + "\n", encoding="utf-8")


def schema(sources: Mapping[str, Collection[str]], version: str) -> dict[str, Any]:
    """The schema as LinkML's own document."""
    addresses = {**PREFIXES, "biolink": biolink.CURIES["biolink"], "linkml": "https://w3id.org/linkml/"}
    nodes = {"Node": {"abstract": True, "attributes": {"id": _identifier(), **_OWNED}}}
    edges = {"Relationship": {"abstract": True, "attributes": dict(_OWNED)}}
    return {
        "id": "https://w3id.org/orthokg/schema",
        "name": "orthokg",
        "title": "The graph of OrthoKG",
        "version": version,
        "prefixes": dict(sorted(addresses.items())),
        "imports": ["linkml:types"],
        "default_prefix": "orthokg",
        "default_range": "string",
        "classes": {
            **nodes,
            **{spec.label: _node(spec) for spec in LASTING},
            **edges,
            **{name_of(spec): _edge(spec, sorted(sources.get(spec.type, ()))) for spec in EDGES},
        },
    }


def name_of(spec: EdgeSpec) -> str:
    """The class of a type of relationship: ORTHOLOG_OF is OrthologOfRelationship."""
    return "".join(part.capitalize() for part in spec.type.split("_")) + "Relationship"


def _identifier() -> dict[str, Any]:
    return {"identifier": True, "range": "uriorcurie", "required": True, "description": "id of the node"}


def _node(spec: NodeSpec) -> dict[str, Any]:
    made: dict[str, Any] = {"is_a": "Node", "description": spec.doc}
    made["broad_mappings"] = [f"biolink:{biolink.CATEGORY[spec.label]}"]
    return made | _attributes(spec.properties)


def _edge(spec: EdgeSpec, sources: list[str]) -> dict[str, Any]:
    ends = {
        name: {"required": True, **_range(sorted({pair[at] for pair in spec.pairs}))}
        for at, name in enumerate(("subject", "object"))
    }
    made = {
        "is_a": "Relationship",
        "description": spec.doc,
        "broad_mappings": [f"biolink:{biolink.meaning_of(spec.type).predicate}"],
        "annotations": {"type": spec.type, "pairs": ", ".join(f"{a}-{b}" for a, b in spec.pairs)},
    }
    if sources:
        made["annotations"]["sources"] = ", ".join(sources)
    return made | {"attributes": ends | _attributes(spec.properties).get("attributes", {})}


def _range(labels: list[str]) -> dict[str, Any]:
    return (
        {"range": labels[0]} if len(labels) == 1 else {"range": "Node", "any_of": [{"range": each} for each in labels]}
    )


def _attributes(properties: tuple[Property, ...]) -> dict[str, Any]:
    if not properties:
        return {}
    return {"attributes": {p.name: _attribute(p) for p in properties}}


def _attribute(p: Property) -> dict[str, Any]:
    many = p.kind in ("strings", "floats")
    made: dict[str, Any] = {"range": _RANGES[p.kind[:-1] if many else p.kind], "description": p.doc}
    return made | ({"multivalued": True} if many else {})


def _lines(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """YAML of maps: scalars and lists as JSON, which YAML is a superset of."""
    for name, each in value.items():
        if isinstance(each, Mapping) and each:
            yield f"{'  ' * depth}{json.dumps(name)}:"
            yield from _lines(each, depth + 1)
        else:
            yield f"{'  ' * depth}{json.dumps(name)}: {json.dumps(each, ensure_ascii=False)}"
