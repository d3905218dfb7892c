"""What each kind of node and relationship is in the Biolink Model (https://biolink.github.io/biolink-model), version
:data:`VERSION`, and under which CURIEs they leave.

Categories are concrete: a class that Biolink calls abstract, or a mixin, says nothing to a reader. A relationship that
has no meaning is an error (:func:`meaning_of`): "related to" is none.
"""

import re
from typing import NamedTuple
from urllib.parse import quote

from kg.curie import PREFIXES
from kg.errors import ContractError, Issue
from kg.export.terms import OWN

VERSION = "4.4.3"
"""Every word here is looked up in this version by ``tests/bench/bench_export_oracles.py``."""
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
    "DiseaseModel": "PopulationOfIndividualOrganisms",
    "DiseaseState": "DiseaseOrPhenotypicFeature",
    "Drug": "Drug",
    "DrugCondition": "DrugExposure",
    "Regulon": "BiologicalProcess",
    "GeneModule": "StudyVariable",
    "Contrast": "Study",
    "NoiseReference": "MaterialSample",
    "Match": "Evidence",
    "PublishedResult": "Evidence",
    "Source": "RetrievalSource",
    "Run": "Activity",
    "Release": "DatasetVersion",
    "Curation": "Evidence",
    "Review": "Evidence",
    "Atlas": "Dataset",
    "AtlasVersion": "DatasetVersion",
    "AtlasBranch": "Dataset",
    "AtlasTag": "DatasetVersion",
    "Submission": "DatasetVersion",
    "Mapping": "Study",
}


class Meaning(NamedTuple):
    predicate: str
    knowledge_level: str
    agent_type: str
    category: str = "Association"
    negated: bool = False


_PIPELINE = ("statistical_association", "data_analysis_pipeline")
_STATED = ("knowledge_assertion", "manual_agent")
MEANING = {
    "ORTHOLOG_OF": Meaning("orthologous_to", "prediction", "computational_model", "GeneToGeneHomologyAssociation"),
    "MEMBER_OF": Meaning("member_of", *_PIPELINE),
    "SUBCLASS_OF": Meaning("subclass_of", *_STATED),
    "FROM_DATASET": Meaning("derives_from", *_STATED),
    "IN_TISSUE": Meaning("located_in", *_STATED),
    "IN_SPECIES": Meaning("in_taxon", *_STATED),
    "MODELS": Meaning("model_of", *_STATED, "OrganismalEntityAsAModelOfDiseaseAssociation"),
    "TARGETS": Meaning("interacts_with", *_STATED, "DrugToGeneAssociation"),
    "REGULATES": Meaning("regulates", "knowledge_assertion", "not_provided", "GeneToGeneAssociation"),
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
    "DOES_NOT_MATCH": Meaning("similar_to", *_PIPELINE, negated=True),
    "COHORT": Meaning("mentions", *_PIPELINE),
    "GIVEN": Meaning("mentions", *_PIPELINE),
    "GIVEN_MODEL": Meaning("mentions", *_PIPELINE),
    "RESULT_OF": Meaning("mentions", "statistical_association", "not_provided"),
    "ABOUT": Meaning("mentions", *_STATED),
    "SUPERSEDES": Meaning("mentions", *_STATED),
    "REVIEWS": Meaning("mentions", *_STATED),
    "HAS_VERSION": Meaning("has_part", *_STATED),
    "PARENT_VERSION": Meaning("derives_from", *_STATED),
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
INFERRED = MEANING["REGULATES"]._replace(knowledge_level=_PIPELINE[0], agent_type=_PIPELINE[1])
"""A network of a study, where the others of the type are curated."""
CURIES = {
    **{name: address for name, address in PREFIXES.items() if name not in ("CHEMBL", "GEO")},
    "CHEBI": "http://purl.obolibrary.org/obo/CHEBI_",
    "CHEMBL.COMPOUND": "http://identifiers.org/chembl.compound/",
    "PUBCHEM.COMPOUND": "http://identifiers.org/pubchem.compound/",
    "biolink": "https://w3id.org/biolink/vocab/",
    "infores": "https://w3id.org/biolink/infores/",
}
"""Prefixes of a KGX export. ``orthokg`` and ``infores`` are in no prefix map of Biolink."""
_REGISTERED = {
    "ontology/CL": "cl",
    "ontology/EFO": "efo",
    "ontology/HsapDv": "hsapdv",
    "ontology/MONDO": "mondo",
    "ontology/UBERON": "uberon",
    "orthologs/homologene": "homologene",
    "drugs": "drug-repurposing-hub",
}
"""Sources that the Information Resource Registry lists; the names of others are made of ours."""


def infores(source: str) -> str:
    """The CURIE of a source of knowledge: what is computed or said here is ours."""
    if source in OWN:
        return "infores:orthokg"
    return f"infores:{_REGISTERED.get(source) or re.sub(r'[^a-z0-9]+', '-', source.lower()).strip('-')}"


def curie(key: str) -> str:
    """An id of the graph as a CURIE that KGX takes: one of ours with ``_`` for each slash.

    >>> curie("orthokg:contrast/rtg4510-8m"), curie("CL:0000129")
    ('orthokg:contrast_rtg4510-8m', 'CL:0000129')
    """
    prefix, colon, name = key.partition(":")
    if not colon:
        return f"orthokg:source_{_plain(key)}"
    return f"{prefix}:{_plain(name)}" if prefix == "orthokg" else key


def _plain(name: str) -> str:
    return quote(name, safe="/~").replace("_", "%5F").replace("/", "_")


def meaning_of(kind: str) -> Meaning:
    """Raises ContractError, code SCHEMA, for a kind that has none: "related to" would tell a reader nothing."""
    if kind not in MEANING:
        fix = "say in kg/export/biolink.py which predicate of Biolink it is"
        raise ContractError([Issue(kind, "a relationship has a meaning in Biolink", "none", fix)], code="SCHEMA")
    return MEANING[kind]
