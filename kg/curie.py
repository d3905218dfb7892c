"""CURIEs: the ids of the graph, ``prefix:local``."""

import re

PREFIXES = {
    "NCBITaxon": "http://purl.obolibrary.org/obo/NCBITaxon_",
    "ENSEMBL": "http://identifiers.org/ensembl/",
    "CL": "http://purl.obolibrary.org/obo/CL_",
    "UBERON": "http://purl.obolibrary.org/obo/UBERON_",
    "MONDO": "http://purl.obolibrary.org/obo/MONDO_",
    "EFO": "http://www.ebi.ac.uk/efo/EFO_",
    "HsapDv": "http://purl.obolibrary.org/obo/HsapDv_",
    "MmusDv": "http://purl.obolibrary.org/obo/MmusDv_",
    "PATO": "http://purl.obolibrary.org/obo/PATO_",
    "HGNC": "http://identifiers.org/hgnc/",
    "MGI": "http://identifiers.org/mgi/",
    "CHEMBL": "http://identifiers.org/chembl.compound/",
    "PMID": "http://identifiers.org/pubmed/",
    "GEO": "http://identifiers.org/geo/",
    "GO": "http://purl.obolibrary.org/obo/GO_",
    "orthokg": "https://w3id.org/orthokg/",
}
_CURIE = re.compile(r"([A-Za-z][\w.]*):(\S+)")
HUMAN, MOUSE = "NCBITaxon:9606", "NCBITaxon:10090"


def is_curie(text: str) -> bool:
    found = _CURIE.fullmatch(text)
    return bool(found) and found[1] in PREFIXES


def slug(*parts: object) -> str:
    """Lower case letters, digits and dots; everything else is a hyphen."""
    return re.sub(r"[^a-z0-9.]+", "-", " ".join(map(str, parts)).lower()).strip("-")


def local(kind: str, *parts: object) -> str:
    """An id of our own: ``orthokg:<kind>/<slug of the parts>``.

    >>> local("model", "5xFAD (IU)")
    'orthokg:model/5xfad-iu'
    """
    return f"orthokg:{kind}/{slug(*parts)}"
