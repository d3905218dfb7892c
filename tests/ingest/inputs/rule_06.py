"""Rule 6: a term is normalised, is of the ontology of its field, and is known; what is named beside it exists."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.manifest import terms
from tests.ingest.inputs.case import GENES, Case, Read, Refused, disease, facts, write_manifest
from tests.ingest.inputs.rule_05 import cells_of
from tests.ingest.inputs.tables import COLUMNS, EFFECT, HEAD, Build, deseq, lines

RULE = 6
AD, GLIA, CORTEX = "MONDO:0004975", "CL:0000129", "UBERON:0000956"
OBO = "http://purl.obolibrary.org/obo/"
OLS = "https://www.ebi.ac.uk/ols4/ontologies/mondo/classes/"
OK = Read({"a": EFFECT}, nodes={"DiseaseState": {"Alzheimer disease, bulk cerebral cortex"}})
OF_MODEL = Read({"a": {gene.capitalize(): effect for gene, effect in EFFECT.items()}})


def table(
    contrast: Mapping[str, Any] | None = None,
    material: Mapping[str, Any] | None = None,
    mouse: bool = False,
    **whole: Any,
) -> Build:
    """A table of one contrast, with these fields in place of those of a human Alzheimer's cortex."""

    def build(folder: Path) -> Path:
        names = [g.capitalize() for g in GENES] if mouse else GENES
        (folder / "t.csv").write_text(lines(["gene", *HEAD], deseq(names)))
        made = facts(folder, **whole.pop("dataset", {})) | whole
        made["material"] = made["material"] | dict(material or {})
        own = {k: v for k, v in (disease() | dict(contrast or {})).items() if v is not None}
        made |= {"table": {"file": "t.csv", "gene_id": "symbol", "columns": COLUMNS}, "contrasts": [own]}
        return write_manifest(folder, made)

    return build


def of_model(model: str, **whole: Any) -> Build:
    """A mouse of a model."""
    return table({"kind": "model", "model": model, "disease": None}, mouse=True, dataset={"taxon": "mouse"}, **whole)


def shared(contrast: str) -> Build:
    """A table whose donors another contrast has."""
    return table({"shares_donors_with": [contrast]})


def species(taxon: str) -> Build:
    return table(dataset={"taxon": taxon})


def typed_cells(*labels: str) -> Build:
    """Cells of two types, whose terms are written so."""

    def build(folder: Path) -> Path:
        made, _ = cells_of(("one", "two"))
        made.obs["kind"] = made.obs["kind"].map(dict(zip(("one", "two"), labels, strict=True)))
        made.write_h5ad(folder / "cells.h5ad")
        told = {
            "file": "cells.h5ad",
            "gene_id": "symbol",
            "donor": "donor",
            "cell_type": "kind",
            "min_cells": 1,
            "min_count": 1,
        }
        own = {"cells": told, "contrasts": [disease(case={"arm": "AD"}, control={"arm": "no"})]}
        return write_manifest(folder, facts(folder) | own | {"material": {"kind": "cell type", "tissue": CORTEX}})

    return build


def glia(*populations: str) -> Read:
    truth = cells_of(("one", "two"))[1]
    return Read(
        {f"a.{p}": e for p, e in zip(populations, truth.values(), strict=True)},
        nodes={"CellPopulation": {p.replace("-", " ") for p in populations}},
        float32=True,
    )


def unknown(*words: str) -> Refused:
    return Refused("UNKNOWN_TERM", words)


_OLD = next(t for t in terms.all_terms("MONDO") if terms.deprecated(t) and terms.replacement(t))
_GONE = next(t for t in terms.all_terms("MONDO") if terms.deprecated(t) and not terms.replacement(t))
_OLD_CELL = next(t for t in terms.all_terms("CL") if terms.deprecated(t) and terms.replacement(t))
MEANT = "did you mean MONDO:0004975 (Alzheimer disease)?"
SPELLINGS = (
    AD,
    "mondo:0004975",
    "Mondo:0004975",
    "MONDO_0004975",
    "mondo_0004975",
    " MONDO:0004975 ",
    "MONDO: 0004975",
    "MONDO 0004975",
    "MONDO-0004975",
    "MONDO/0004975",
    "MONDO:MONDO_0004975",
    "obo:MONDO_0004975",
    "MONDO:0004975.",
    "MONDO：0004975",
    "MONDO:0004975\u200b",
    "[MONDO:0004975]",
    f"{OBO}MONDO_0004975",
    f"{OBO.replace('http', 'https')}MONDO_0004975",
    f"<{OBO}MONDO_0004975>",
    f"{OBO}MONDO:0004975",
    f"{OBO}MONDO_0004975/",
    "purl.obolibrary.org/obo/MONDO_0004975",
    "https://monarchinitiative.org/MONDO:0004975",
    "http://identifiers.org/mondo/MONDO:0004975",
    "identifiers.org/mondo:0004975",
    "https://bioregistry.io/mondo:0004975",
    "https://platform.opentargets.org/disease/MONDO_0004975/associations",
    OLS + "http%253A%252F%252Fpurl.obolibrary.org%252Fobo%252FMONDO_0004975",
    f"{OLS[:-1]}?obo_id=MONDO%3A0004975&lang=en",
)
NOT_MONDO = {
    "EFO_0000249": MEANT,
    "EFO:0000249": MEANT,
    "http://www.ebi.ac.uk/efo/EFO_0000249": MEANT,
    "DOID:10652": MEANT,
    "DOID_10652": MEANT,
    "MESH:D000544": MEANT,
    "mesh:d000544": MEANT,
    "Alzheimer disease": MEANT,
    "alzheimer_disease": MEANT,
    "MONDO:4975": MEANT,
    "MONDO:00004975": MEANT,
    "MONDO:0004975 (Alzheimer disease)": MEANT,
    "Alzheimer disease [MONDO:0004975]": MEANT,
    GLIA: "CL:0000129 is no MONDO term",
    CORTEX: "is no MONDO term",
    "HP:0002511": "is no MONDO term",
    "OMIM:104300": "is no MONDO term",
    "ORPHA:238616": "is no MONDO term",
    "MONDO:9999999": "look the term up",
    "AD": "is no MONDO term",
    "MONDO:0004975|MONDO:0005180": "",
    "MONDO": "is no MONDO term",
}
CASES = [
    *(Case(f"spelling {at} of a disease", RULE, table({"disease": text}), OK) for at, text in enumerate(SPELLINGS)),
    *(
        Case(f"no disease {at}", RULE, table({"disease": text}), unknown("contrasts.0.disease", words))
        for at, (text, words) in enumerate(NOT_MONDO.items())
    ),
    Case(
        "an obsolete disease with another in its place",
        RULE,
        table({"disease": _OLD}),
        Refused("OBSOLETE_TERM", (f"use {terms.replacement(_OLD)}",)),
    ),
    Case(
        "an obsolete disease without",
        RULE,
        table({"disease": _GONE.replace(":", "_")}),
        Refused("OBSOLETE_TERM", ("no term replaces it",)),
    ),
    Case(
        "an obsolete cell type",
        RULE,
        table(material={"kind": "cell type", "cell_type": _OLD_CELL}),
        Refused("OBSOLETE_TERM", (str(terms.replacement(_OLD_CELL)),)),
    ),
    Case(
        "a tissue as a disease is named",
        RULE,
        table(material={"tissue": AD}),
        unknown("material.tissue", "is no UBERON term"),
    ),
    Case("a tissue with an underscore", RULE, table(material={"tissue": "uberon_0000956"}), OK),
    Case(
        "a tissue by name",
        RULE,
        table(material={"tissue": "cerebral cortex"}),
        unknown("did you mean UBERON:0000956 (cerebral cortex)?"),
    ),
    Case(
        "a tissue of another vocabulary", RULE, table(material={"tissue": "BTO:0000233"}), unknown("is no UBERON term")
    ),
    Case(
        "a region without its zeros",
        RULE,
        table(material={"region": "UBERON:956"}),
        unknown("did you mean UBERON:0000956"),
    ),
    Case("a region by its address", RULE, table(material={"region": f"{OBO}UBERON_0002728"}), OK),
    Case("a cell type where a tissue is due", RULE, table(material={"tissue": GLIA}), unknown("material.tissue")),
    Case(
        "a cell type by name",
        RULE,
        table(material={"kind": "cell type", "cell_type": "microglia"}),
        unknown("did you mean CL:0000129 (microglial cell)"),
    ),
    Case(
        "a cell type in small letters",
        RULE,
        table(material={"kind": "cell type", "cell_type": "cl:0000129"}),
        Read({"a": EFFECT}, nodes={"DiseaseState": {"Alzheimer disease, microglial cell"}}),
    ),
    Case(
        "a cell type without a mark",
        RULE,
        table(material={"kind": "cell type", "cell_type": "CL0000129"}),
        Read({"a": EFFECT}, nodes={"DiseaseState": {"Alzheimer disease, microglial cell"}}),
    ),
    Case("an assay by its address", RULE, table(material={"assay": "http://www.ebi.ac.uk/efo/EFO_0009899"}), OK),
    Case("an assay of uberon", RULE, table(material={"assay": CORTEX}), unknown("is no EFO term")),
    Case(
        "three wrong terms",
        RULE,
        table({"disease": GLIA}, {"tissue": AD, "assay": CORTEX}),
        unknown("contrasts.0.disease", "material.tissue", "material.assay"),
    ),
    *(
        Case(f"human {at}", RULE, species(text), OK)
        for at, text in enumerate(
            (
                "human",
                "Homo sapiens",
                "9606",
                "NCBITaxon_9606",
                f"{OBO}NCBITaxon_9606",
                "taxon:9606",
                "txid9606",
                "homo_sapiens",
                "Homo sapiens (human)",
                "9606.0",
            )
        )
    ),
    *(
        Case(f"no species {at}", RULE, species(text), Refused(code, words))
        for at, (text, code, words) in enumerate(
            (
                ("zebrafish", "MANIFEST", ("dataset.taxon",)),
                ("NCBITaxon:7955", "UNKNOWN_SPECIES", ("NCBITaxon:9606 (human)",)),
                ("hg38", "MANIFEST", ("dataset.taxon",)),
                ("NCBITaxon:96O6", "MANIFEST", ("dataset.taxon",)),
                ("mouse", "UNKNOWN_GENES", ("written as human symbols",)),
            )
        )
    ),
    Case("a model", RULE, of_model("orthokg:model/j20"), OF_MODEL),
    Case("a model by its address", RULE, of_model("https://w3id.org/orthokg/model/j20"), OF_MODEL),
    Case("a model in capitals", RULE, of_model("ORTHOKG:model/j20"), OF_MODEL),
    Case("a model mistyped", RULE, of_model("orthokg:model/j2O"), unknown("did you mean orthokg:model/j20 (J20)?")),
    Case("a model by name", RULE, of_model("rTg4510"), unknown("did you mean orthokg:model/rtg4510 (rTg4510)?")),
    Case(
        "a model that is nowhere",
        RULE,
        of_model("orthokg:model/quite-another-thing"),
        unknown("contrasts.model", "check its id"),
    ),
    Case(
        "a model of its own",
        RULE,
        of_model(
            "orthokg:model/mine", models=[{"id": "orthokg:model/mine", "label": "Mine", "disease": "MONDO_0004975"}]
        ),
        Read(OF_MODEL.truth, nodes={"DiseaseModel": {"Mine"}}),
    ),
    Case(
        "a model of its own, of no disease",
        RULE,
        of_model("orthokg:model/mine", models=[{"id": "orthokg:model/mine", "label": "Mine", "disease": "DOID:10652"}]),
        unknown("models.0.disease", MEANT),
    ),
    Case("donors shared with what ships", RULE, shared("rosmap-fl/ad"), OK),
    Case(
        "donors shared with what is nowhere",
        RULE,
        shared("rosmap/ad"),
        unknown("contrasts.shares", "orthokg:contrast/rosmap-fl/ad"),
    ),
    Case(
        "samples shared with what is nowhere",
        RULE,
        table({"shares": [{"contrast": "gse153873/ad-odl", "arm": "Old"}]}),
        unknown("contrasts.shares", "did you mean"),
    ),
    Case(
        "cells by terms with underscores",
        RULE,
        typed_cells("CL_0000127", "CL_0000129"),
        glia("astrocyte", "microglial-cell"),
    ),
    Case(
        "cells by addresses",
        RULE,
        typed_cells(f"{OBO}CL_0000127", f"{OBO}CL_0000129"),
        glia("astrocyte", "microglial-cell"),
    ),
    Case(
        "cells by terms in small letters",
        RULE,
        typed_cells("cl:0000127", "CL:0000129 "),
        glia("astrocyte", "microglial-cell"),
    ),
]
