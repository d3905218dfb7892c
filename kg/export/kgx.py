"""KGX: ``nodes.tsv`` and ``edges.tsv`` with Biolink categories and predicates (https://github.com/biolink/kgx).

``relation`` keeps our own type; properties that Biolink has no name for keep ours. A list is joined by ``|``; tabs and
line ends become spaces. The ``infores`` of a source is made of its name here and not looked up in the Information
Resource Registry.
"""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from kg.errors import ContractError, Issue
from kg.export.selection import OWN, Selection
from kg.export.tables import Tsv
from kg.schema.edges import EDGES
from kg.schema.nodes import LASTING
from kg.schema.spec import EdgeSpec

CATEGORY = {
    "Species": "OrganismTaxon",
    "Gene": "Gene",
    "Orthogroup": "GeneFamily",
    "CellType": "Cell",
    "Tissue": "AnatomicalEntity",
    "Disease": "Disease",
    "Assay": "Procedure",
    "LifeStage": "LifeStage",
    "Dataset": "Dataset",
    "Donor": "IndividualOrganism",
    "CellPopulation": "Cell",
    "Embedding": "Dataset",
    "DiseaseModel": "OrganismalEntity",
    "DiseaseState": "DiseaseOrPhenotypicFeature",
    "Drug": "Drug",
    "DrugCondition": "Treatment",
    "Regulon": "NamedThing",
    "GeneModule": "NamedThing",
    "Contrast": "StudyResult",
    "NoiseReference": "MaterialSample",
    "Match": "StudyResult",
    "PublishedResult": "StudyResult",
    "Source": "RetrievalSource",
    "Run": "Activity",
    "Release": "DatasetVersion",
    "Curation": "InformationContentEntity",
    "Review": "InformationContentEntity",
    "Atlas": "Dataset",
    "AtlasVersion": "DatasetVersion",
    "AtlasBranch": "Dataset",
    "AtlasTag": "InformationContentEntity",
    "Submission": "InformationContentEntity",
    "Mapping": "StudyResult",
}


class Meaning(NamedTuple):
    predicate: str
    knowledge_level: str
    agent_type: str
    category: str = "Association"


_PIPELINE = ("statistical_association", "data_analysis_pipeline")
_STATED = ("knowledge_assertion", "manual_agent")
MEANING = {
    "ORTHOLOG_OF": Meaning("orthologous_to", "prediction", "computational_model", "GeneToGeneHomologyAssociation"),
    "MEMBER_OF": Meaning("member_of", *_PIPELINE),
    "SUBCLASS_OF": Meaning("subclass_of", *_STATED),
    "FROM_DATASET": Meaning("derives_from", *_STATED),
    "IN_TISSUE": Meaning("located_in", *_STATED),
    "IN_SPECIES": Meaning("in_taxon", *_STATED),
    "MODELS": Meaning("model_of", *_STATED),
    "TARGETS": Meaning("interacts_with", *_STATED),
    "REGULATES": Meaning("regulates", "knowledge_assertion", "not_provided"),
    "CORRESPONDS_TO": Meaning("similar_to", *_PIPELINE),
    "HAS_MARKER": Meaning("expresses", *_STATED),
    "SAME_POPULATION": Meaning("same_as", *_STATED),
    "INFERRED_IN": Meaning("derives_from", *_PIPELINE),
    "CHANGES_GENE": Meaning("associated_with", *_PIPELINE),
    "CHANGES_PROPORTION": Meaning("associated_with", *_PIPELINE),
    "CHANGES_REGULON": Meaning("associated_with", *_PIPELINE),
    "SUPPORTED_BY": Meaning("associated_with", *_PIPELINE),
    "BROADER": Meaning("broad_match", *_STATED),
    "USES_DONOR": Meaning("derives_from", *_STATED),
    "OF_TYPE": Meaning("composed_primarily_of", *_STATED),
    "IN_EMBEDDING": Meaning("mentioned_by", *_PIPELINE),
    "IN_POPULATION": Meaning("mentions", *_STATED),
    "HAS_DISEASE": Meaning("broad_match", *_STATED),
    "OF_MODEL": Meaning("mentions", *_STATED),
    "OF_STATE": Meaning("mentions", *_STATED),
    "OF_CONDITION": Meaning("mentions", *_STATED),
    "USES_DRUG": Meaning("has_participant", *_STATED),
    "HAS_TF": Meaning("regulated_by", *_STATED),
    "NOISE_FROM": Meaning("derives_from", *_STATED),
    "POOL_OF": Meaning("mentions", *_STATED),
    "POOLS": Meaning("has_part", *_STATED),
    "SHARES_SAMPLES": Meaning("overlaps", *_STATED),
    "MATCH_OF": Meaning("mentions", *_PIPELINE),
    "COHORT": Meaning("mentions", *_PIPELINE),
    "GIVEN": Meaning("mentions", *_PIPELINE),
    "GIVEN_MODEL": Meaning("mentions", *_PIPELINE),
    "RESULT_OF": Meaning("mentions", "statistical_association", "not_provided"),
    "ABOUT": Meaning("mentions", *_STATED),
    "SUPERSEDES": Meaning("preceded_by", *_STATED),
    "REVIEWS": Meaning("mentions", *_STATED),
    "HAS_VERSION": Meaning("has_part", *_STATED),
    "PARENT_VERSION": Meaning("preceded_by", *_STATED),
    "CONTAINS": Meaning("has_part", *_STATED),
    "BRANCH_OF": Meaning("derives_from", *_STATED),
    "CUT_AT": Meaning("derives_from", *_STATED),
    "HEAD_OF": Meaning("mentions", *_STATED),
    "TAGS": Meaning("mentions", *_STATED),
    "PROPOSED_FOR": Meaning("mentions", *_STATED),
    "MERGED_FROM": Meaning("derives_from", *_STATED),
    "MAPPED_TO": Meaning("mentions", *_PIPELINE),
    "WAS_GENERATED_BY": Meaning("produced_by", *_STATED),
}
"""Each kind of relationship in Biolink: a contrast, a verdict or a curation mentions what it speaks of."""
_INFERRED = Meaning("regulates", *_PIPELINE)  # a network of a study, where the others of the type are curated
_NODE = ["id", "category", "name", "in_taxon", "synonym", "description", "provided_by"]
_EDGE = ["id", "subject", "predicate", "object", "relation", "category", "primary_knowledge_source",
         "aggregator_knowledge_source", "knowledge_level", "agent_type", "publications"]  # fmt: skip
_RENAMED = {
    "label": "name",
    "synonyms": "synonym",
    "definition": "description",
    "source": "provided_by",
    "pmids": "publications",
}


def infores(source: str) -> str:
    """The CURIE of a source: what is computed or said here is ours."""
    return "infores:orthokg" if source in OWN else f"infores:{re.sub(r'[^a-z0-9]+', '-', source.lower()).strip('-')}"


def meaning_of(kind: str) -> Meaning:
    """Raises ContractError, code SCHEMA, for a kind that has none: "related to" would tell a reader nothing."""
    if kind not in MEANING:
        fix = "say in kg/export/kgx.py which predicate of Biolink it is"
        raise ContractError([Issue(kind, "a relationship has a meaning in Biolink", "none", fix)], code="SCHEMA")
    return MEANING[kind]


def write(selection: Selection, folder: Path) -> None:
    _nodes(selection, folder / "nodes.tsv")
    own = dict.fromkeys(_RENAMED.get(p.name, p.name) for spec in EDGES for p in spec.properties)
    columns = [*_EDGE, *(name for name in own if name not in _EDGE)]
    with Tsv(folder / "edges.tsv", columns) as out:
        for spec in EDGES:
            usual = meaning_of(spec.type)
            for pair in spec.pairs:
                for row in selection.edges(spec, pair):
                    source = infores(row.get("source", ""))
                    meaning = _INFERRED if spec.type == "REGULATES" and row.get("found_in") is not None else usual
                    out.write(
                        {
                            **{_RENAMED.get(name, name): value for name, value in row.items()},
                            "id": _edge_id(spec, row),
                            "predicate": f"biolink:{meaning.predicate}",
                            "relation": f"orthokg:{spec.type}",
                            "category": f"biolink:{meaning.category}",
                            "primary_knowledge_source": source,
                            "aggregator_knowledge_source": "" if source == "infores:orthokg" else "infores:orthokg",
                            "knowledge_level": meaning.knowledge_level,
                            "agent_type": meaning.agent_type,
                        }
                    )


def _nodes(selection: Selection, path: Path) -> None:
    own = dict.fromkeys(_RENAMED.get(p.name, p.name) for spec in LASTING for p in spec.properties)
    columns = [*_NODE, *(name for name in own if name not in _NODE)]
    with Tsv(path, columns) as out:
        for spec in LASTING:
            for row in selection.nodes(spec):
                made = {_RENAMED.get(name, name): value for name, value in row.items() if name != "run"}
                name = made.get("name") or row.get("symbol") or row.get("title") or row["id"]
                out.write({**made, "category": f"biolink:{CATEGORY[spec.label]}", "name": name})


def _edge_id(spec: EdgeSpec, row: dict) -> str:
    text = "\n".join([spec.type, *(str(row.get(name, "")) for name in ("subject", "object", *spec.key))])
    return f"orthokg:edge/{hashlib.sha256(text.encode()).hexdigest()[:16]}"
