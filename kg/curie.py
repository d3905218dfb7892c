"""CURIEs: the ids of the graph, ``prefix:local``."""

import hashlib
import re
import unicodedata

from kg.errors import ContractError, Issue

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
HEALTHY = "PATO:0000461"


def is_curie(text: str) -> bool:
    found = _CURIE.fullmatch(text)
    return bool(found) and found[1] in PREFIXES


def slug(*parts: object) -> str:
    """Lower case letters, digits and dots; everything else is a hyphen. Many texts have one slug."""
    return re.sub(r"[^a-z0-9.]+", "-", " ".join(map(str, parts)).lower()).strip("-")


def listed(kind: str, *parts: object) -> str:
    """An id of an entry of a closed list whose slugs are known to differ: ``orthokg:<kind>/<slug of the parts>``.

    >>> listed("model", "5xFAD", "UCI")
    'orthokg:model/5xfad-uci'
    """
    return f"orthokg:{kind}/{slug(*parts)}"


def local(kind: str, *parts: object) -> str:
    """An id of our own: ``orthokg:<kind>/<slug>`` where the slug can be read back into the parts, else
    ``<slug>~<mark>``.

    Other parts give another id, always: TREM2+ and TREM2- differ, and donor 2-1 of a study ad is not donor 1 of ad-2.
    Upper case counts; the forms of Unicode and spaces at the ends do not. The mark is twelve hexadecimal digits of a
    hash of the parts. Raises ContractError, code EMPTY_NAME, for a part without any sign.

    >>> local("donor", "made", "d1"), local("donor", "made", "D1")
    ('orthokg:donor/made-d1', 'orthokg:donor/made-d1~1fddccf28157')
    """
    return f"orthokg:{kind}/{_text(tuple(map(_normal, parts)), _PLAIN.get(kind, (_SEVERAL,)))}"


def short(label: object) -> str:
    """A label as a part of an id, without dots unless it bears a mark; injective as :func:`local` is.

    >>> short("microglial cell"), short("TREM2+")
    ('microglial-cell', 'trem2~50525c8040de')
    """
    return _text((_normal(label),), _PLAIN["short"])


def former(key: str) -> str:
    """What an id was before ids were marked; the id itself where it bears no mark."""
    return _MARK.sub("", key)


def marked(key: str) -> bool:
    return bool(_MARK.search(key))


_MARK = re.compile(r"~[0-9a-f]{12}")
_ONE = r"[a-z0-9.]+"
_SEVERAL = rf"({_ONE}(?:-{_ONE})*)"
_WHERE = rf"((?:bulk|microdissected|culture)-{_ONE}(?:-{_ONE})*)"
_DISEASE = rf"((?:{_ONE}-)*?disease)"
_AS_IT_STANDS = r"(?P<slug>[a-z0-9][a-z0-9.-]*)"
_PLAIN: dict[str, tuple[str, ...]] = {
    "dataset": (_AS_IT_STANDS,),
    "release": (_AS_IT_STANDS,),
    "atlas": (_AS_IT_STANDS,),
    "donor": (rf"({_ONE})-{_SEVERAL}",),
    "reference": (rf"({_ONE})(?:-{_SEVERAL})?",),
    "axes": (rf"({_ONE})(?:-{_SEVERAL})?",),
    "embedding": (r"([a-z0-9.]+)-(?P<slug>[a-z0-9][a-z0-9.-]*)",),
    "population": (rf"({_ONE})-({_ONE})-(ncbitaxon-\d+)-{_SEVERAL}", rf"({_ONE})-{_SEVERAL}"),
    "state": (rf"{_DISEASE}-(?:{_SEVERAL}-)??{_WHERE}", rf"({_ONE}(?:-{_ONE})*?)-{_WHERE}", rf"{_DISEASE}-{_SEVERAL}"),
    "regulon": (
        rf"(?!(?:collectri|trrust|dorothea|simulated)-)({_ONE})-{_SEVERAL}-(?!(?:activates|represses)$)({_ONE})(?:-(activates|represses))?",
    ),
    "short": (r"(?!composition$)([a-z0-9]+(?:-[a-z0-9]+)*)",),
}
"""Kind -> how a slug is read back into parts, the first that fits; hyphens are read as spaces, but for a group
``slug``."""


def _normal(part: object) -> str:
    text = unicodedata.normalize("NFC", str(part)).strip()
    if not text:
        issue = Issue(
            "id", "EMPTY_NAME: a name is needed to make an id", repr(str(part)), "give it a name of letters or digits"
        )
        raise ContractError([issue], code="EMPTY_NAME")
    return text


def _text(parts: tuple[str, ...], ways: tuple[str, ...]) -> str:
    made = slug(*parts)
    found = next((m for m in (re.fullmatch(way, made) for way in ways) if m), None)
    if found and parts == tuple(_part(found, at) for at in range(1, found.re.groups + 1) if found[at] is not None):
        return made
    digest = hashlib.sha256("\n".join(f"{len(part)} {part}" for part in parts).encode()).hexdigest()
    return f"{made}~{digest[:12]}"


def _part(found: re.Match[str], group: int) -> str:
    return found[group] if "slug" in found.re.groupindex else found[group].replace("-", " ")
