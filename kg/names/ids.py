"""The spellings of an id: one function for manifests, files of cells, the command line and GraphQL.

``mondo:0004975``, ``MONDO_0004975``, ``MONDO-0004975`` and ``<http://purl.obolibrary.org/obo/MONDO_0004975>`` are
``MONDO:0004975``, and so is the address of a page about it; ``mouse``, ``Mus musculus``, ``10090`` and ``txid10090``
are ``NCBITaxon:10090``. What is not an id stays as it is: a name.
"""

import re
import unicodedata
from urllib.parse import unquote

from kg.curie import PREFIXES
from kg.names.species import SPECIES

_OTHERS = (
    "DOID",
    "MESH",
    "HP",
    "NCIT",
    "OMIM",
    "Orphanet",
    "ORDO",
    "UMLS",
    "SNOMEDCT",
    "ICD10",
    "BTO",
    "FMA",
    "MP",
    "MA",
    "EMAPA",
    "FBbt",
    "ZFA",
    "CLO",
    "OBI",
    "CHEBI",
    "SCTID",
    "MedGen",
    "GARD",
    "NCBIGene",
)
_CASE = {prefix.lower(): prefix for prefix in (*PREFIXES, *_OTHERS)}
_OF_NUMBERS = re.compile(
    rf"({'|'.join(set(_CASE) - {'orthokg', 'ensembl', 'geo'})})\s*[:_]\s*([a-z]?\d[\w.]*)", re.IGNORECASE
)
_LOOSE = re.compile(  # seven digits are of no name
    rf"(?:obo\s*:\s*|curie\s*:\s*)?({'|'.join(set(_CASE) - {'orthokg', 'ensembl', 'geo', 'ncbitaxon'})})"
    r"[\s:_/-]*(?:\1[:_])?(\d{7,8})[.,;]?",
    re.IGNORECASE | re.ASCII,
)
_WITHIN = re.compile(
    rf"(?<![a-z0-9])({'|'.join(set(_CASE) - {'orthokg', 'ensembl', 'geo'})})[:_]([a-z]?\d[\w.]*)",
    re.IGNORECASE | re.ASCII,
)
_OF_NAMES = re.compile(r"(orthokg|ensembl|geo):\s*(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)+/[^\s<>]+)", re.IGNORECASE)
_TAXON = re.compile(
    r"(?:ncbi[ :_]?)?(?:taxonomy|taxon|taxid|txid|tax)[ :_]*(?:id[ :_]*)?(\d+)", re.IGNORECASE | re.ASCII
)
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u2060"))
_OWN = {re.sub(r"^https?://", "", address).lower(): prefix for prefix, address in PREFIXES.items()}
_TAXA = {name: species.taxon for species in SPECIES.values() for name in species.names}
MODELLED = {
    "MONDO:0004975": "DOID:10652 MESH:D000544 EFO:0000249",
    "MONDO:0007739": "DOID:12858 MESH:D006816",
    "MONDO:0005180": "DOID:14330 MESH:D010300 EFO:0002508",
    "MONDO:0004976": "DOID:332 MESH:D000690 EFO:0000253",
    "MONDO:0005090": "DOID:5419 MESH:D012559 EFO:0000692",
    "MONDO:0004985": "DOID:3312 MESH:D001714 EFO:0000289",
    "MONDO:0005301": "DOID:2377 MESH:D009103 EFO:0003885",
    "MONDO:0008608": "DOID:14250 MESH:D004314",
    "MONDO:0005265": "DOID:0050589 MESH:D015212 EFO:0003767",
    "MONDO:0005258": "DOID:0060041 EFO:0003756",
}
"""MONDO term -> ids of other vocabularies for which it is probably wanted: suggestions, never a mapping."""
_WANTED = {other: term for term, others in MODELLED.items() for other in others.split()}


def spelt(text: str) -> str:
    """The CURIE that a text spells, or the text without the spaces at its ends.

    >>> spelt("http://purl.obolibrary.org/obo/MONDO_0004975"), spelt("cl_0000127"), spelt("rTg4510")
    ('MONDO:0004975', 'CL:0000127', 'rTg4510')
    """
    plain = text.strip()
    bare = unicodedata.normalize("NFKC", plain).translate(_UNSEEN).rstrip(".,; ").strip("<>\"'[] ")
    if address := _ADDRESS.fullmatch(bare):
        return _of_address(address[1]) or plain
    if found := _OF_NUMBERS.fullmatch(bare):
        prefix = _CASE[found[1].lower()]
        return f"{prefix}:{found[2].upper() if prefix in ('MESH', 'UMLS') else found[2]}"
    if found := _OF_NAMES.fullmatch(bare):
        return f"{_CASE[found[1].lower()]}:{found[2]}"
    if found := _LOOSE.fullmatch(bare):
        return f"{_CASE[found[1].lower()]}:{found[2]}"
    return plain


def _of_address(rest: str) -> str:
    for start, prefix in _OWN.items():
        if rest.lower().startswith(start) and len(rest) > len(start):
            end = rest[len(start) :]
            return f"{prefix}:{end if prefix == 'orthokg' else re.split('[/?#]', end)[0]}"
    for _ in range(3):  # pages of ontologies have an address within their own, twice encoded
        rest = unquote(rest)
    found = {f"{_CASE[prefix.lower()]}:{number}" for prefix, number in _WITHIN.findall(rest)}
    return found.pop() if len(found) == 1 else ""


def taxon(text: str) -> str:
    """The id of a species by its id, however spelt, its number or its name; a text that names none stays as it is.

    >>> taxon("Mus musculus"), taxon("10090"), taxon("NCBITaxon_9606")
    ('NCBITaxon:10090', 'NCBITaxon:10090', 'NCBITaxon:9606')
    """
    plain = spelt(text)
    if plain.isascii() and plain.removesuffix(".0").isdigit():
        return f"NCBITaxon:{plain.removesuffix('.0')}"
    if found := _TAXON.fullmatch(plain):
        return f"NCBITaxon:{found[1]}"
    name = " ".join(plain.lower().replace("_", " ").split())
    both = {_TAXA.get(part.strip(" )")) for part in name.split("(")}  # Homo sapiens (human)
    return (both.pop() if len(both) == 1 else None) or plain


def prefix_of(term: str) -> str:
    """``MONDO`` of ``MONDO:0004975``; "" of a name."""
    head, colon, _ = term.partition(":")
    return head if colon and head in _CASE.values() else ""


def wanted(term: str) -> str:
    """The MONDO term that an id of another vocabulary probably stands for; "" where that is not known here."""
    return _WANTED.get(term, "")
