"""SSSOM (https://mapping-commons.github.io/sssom): ``orthologs.sssom.tsv`` and ``terms.sssom.tsv``.

Orthologs are mappings of genes between species, each with its source; terms are what stands here for an ontology term
(a state for a disease, a contrast for its tissue or cell type), as the manifests state them by hand, and terms that
their ontology has replaced. A mapping that a curator judged, with a second one's agreement, has a row for that as well:
``predicate_modifier`` Not where it was rejected.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kg.curate.curation import curations
from kg.curie import PREFIXES
from kg.export.selection import LICENSE, Selection
from kg.export.tables import Tsv
from kg.read.stream import Row
from kg.schema.edges import EDGE_BY_TYPE
from kg.schema.nodes import NODE_BY_LABEL
from kg.store.driver import Store

COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label",
    "mapping_justification", "author_label", "reviewer_label", "subject_source_version", "mapping_provider",
    "license", "confidence", "mapping_cardinality", "comment", "other",
)  # fmt: skip
_CARDINALITY = {"one2one": "1:1", "one2many": "1:n", "many2many": "n:n"}
_ORTHOLOG = {"one2one": "RO:HOM0000020"}
_ANY_ORTHOLOG = "RO:HOM0000017"
_TERMS = {
    "HAS_DISEASE": "skos:broadMatch",
    "MODELS": "RO:0003301",
    "OF_TYPE": "skos:relatedMatch",
    "IN_TISSUE": "skos:relatedMatch",
}
_CURIES = {
    **PREFIXES,
    "RO": "http://purl.obolibrary.org/obo/RO_",
    "IAO": "http://purl.obolibrary.org/obo/IAO_",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "semapv": "https://w3id.org/semapv/vocab/",
}
_UNSPECIFIED = "https://w3id.org/sssom/license/unspecified"
_OURS = "https://opensource.org/license/bsd-3-clause"
_ADDRESS = {
    "MIT": "https://opensource.org/license/mit",
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY 3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "GPL-3": "https://www.gnu.org/licenses/gpl-3.0",
}
_ONTOLOGIES = ("CellType", "Tissue", "Disease", "Assay", "LifeStage")


def write(selection: Selection, folder: Path, version: str) -> None:
    for name, what, rows in (
        ("orthologs", "Human and mouse genes, by each source of orthologs", _orthologs(selection)),
        ("terms", "What stands for an ontology term in OrthoKG, and terms that were replaced", _terms(selection)),
    ):
        with Tsv(folder / f"{name}.sssom.tsv", COLUMNS, _head(name, what, version)) as out:
            for row in rows:
                out.write(row)


def _provider(source: str) -> str:
    """An address for a source: the form asks for one."""
    return f"https://w3id.org/orthokg/source/{quote(source)}"


def _head(name: str, what: str, version: str) -> str:
    lines = [
        f"mapping_set_id: https://w3id.org/orthokg/mappings/{name}",
        f'mapping_set_version: "{version}"',
        f"mapping_set_title: {what}",
        "mapping_set_description: Each row is under the licence in its own column; see LICENCES.tsv",
        f"license: {_UNSPECIFIED}",
        "mapping_tool: OrthoKG",
        "curie_map:",
        *(f"  {prefix}: {address}" for prefix, address in sorted(_CURIES.items())),
    ]
    return "".join(f"# {line}\n" for line in lines)


def _labels(store: Store, label: str) -> dict[str, str]:
    name = "symbol" if label == "Gene" else "label"
    query = f"MATCH (n:{label}) RETURN n.id AS id, n.{name} AS label"
    return {row["id"]: row["label"] or "" for row in store.read(query)}  # pyright: ignore[reportArgumentType]


def _orthologs(selection: Selection) -> Iterator[dict[str, Any]]:
    spec, genes = EDGE_BY_TYPE["ORTHOLOG_OF"], _labels(selection.store, "Gene")
    said = _judged(selection.store, "ORTHOLOG_OF")
    for row in selection.edges(spec, ("Gene", "Gene")):
        cardinality, confidence = row.get("cardinality", ""), row.get("confidence", -1.0)
        made = {
            "subject_id": row["subject"],
            "subject_label": genes.get(row["subject"]),
            "object_id": row["object"],
            "predicate_id": _ORTHOLOG.get(cardinality, _ANY_ORTHOLOG),
            "object_label": genes.get(row["object"]),
            "mapping_justification": "semapv:UnspecifiedMatching",
            "mapping_provider": _provider(row["source"]),
            "subject_source_version": row.get("version"),
            **_terms_of(row),
            "confidence": confidence if confidence >= 0 else None,
            "mapping_cardinality": _CARDINALITY.get(cardinality),
        }
        yield made
        yield from (made | more for more in said.pop((row["subject"], row["object"]), ()))


def _terms(selection: Selection) -> Iterator[dict[str, Any]]:
    for kind, predicate in _TERMS.items():
        said = _judged(selection.store, kind)
        for pair in EDGE_BY_TYPE[kind].pairs:
            subjects, objects = (_labels(selection.store, label) for label in pair)
            for row in selection.edges(EDGE_BY_TYPE[kind], pair):
                made = {
                    "subject_id": row["subject"],
                    "subject_label": subjects.get(row["subject"]),
                    "predicate_id": predicate,
                    "object_id": row["object"],
                    "object_label": objects.get(row["object"]),
                    "mapping_justification": "semapv:ManualMappingCuration",
                    "mapping_provider": _provider(row["source"]),
                    "license": _OURS,
                    "other": f"source={row['source']}",
                    "comment": f"{pair[0]} {kind} {pair[1]}",
                }
                yield made
                yield from (made | more for more in said.pop((row["subject"], row["object"]), ()))
    for label in _ONTOLOGIES:
        names = _labels(selection.store, label)
        for row in selection.nodes(NODE_BY_LABEL[label]):
            if new := row.get("replaced_by"):
                yield {
                    "subject_id": row["id"],
                    "subject_label": row.get("label"),
                    "predicate_id": "IAO:0100001",
                    "object_id": new,
                    "object_label": names.get(new),
                    "subject_source_version": row.get("version"),
                    "mapping_justification": "semapv:ManualMappingCuration",
                    "mapping_provider": _provider(row["source"]),
                    **_terms_of(row),
                    "comment": "the ontology has replaced the term",
                }


def _terms_of(row: Row) -> dict[str, str]:
    """The address of the row's licence; its words, and the key of LICENCES.tsv, stand under ``other``."""
    text = row[LICENSE]
    return {
        "license": _ADDRESS.get(text, _UNSPECIFIED),
        "other": f"source={row['source']}|licence={text.replace('|', ' ')}",
    }


def _judged(store: Store, predicate: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(subject, object) -> what is different in the rows of its accepted curations."""
    made: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in curations(store):
        if each.predicate == predicate and each.state == "accepted" and each.verdict != "comment":
            made.setdefault((each.subject, each.object), []).append(
                {
                    "predicate_modifier": "Not" if each.verdict == "reject" else None,
                    "confidence": None,
                    "comment": each.why,
                    "mapping_justification": "semapv:ManualMappingCuration",
                    "author_label": each.who,
                    "reviewer_label": each.reviewer,
                    "mapping_provider": _provider("curation"),
                    "license": _OURS,
                    "other": "source=curation",
                }
            )
    return made
