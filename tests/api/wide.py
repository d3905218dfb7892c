"""What the small graph lacks to ask after every concept: simulated, and small enough to write down."""

from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes
from tests.api.atlas_nodes import write_atlas
from tests.api.conftest import AD, GENES, MOUSE, OWNER, stand

MURINE, HUMAN = "NCBITaxon:10090", "NCBITaxon:9606"
MICE = [f"ENSEMBL:ENSMUSG{n:011d}" for n in range(1, 41)]
REGULON, DRUG, CONDITION = "orthokg:regulon/spi1", "CHEMBL:1", "orthokg:condition/one"


def widen(store: Store) -> None:
    """Species, mouse genes with orthologs, a regulon, terms, a drug and its condition, a release, beside the small
    graph."""

    def nodes(label: str, *rows: dict) -> None:
        write_nodes(store, label, rows, **OWNER)

    def edges(kind: str, subject: str, target: str, *rows: dict) -> None:
        write_edges(store, kind, subject, target, rows, **OWNER)

    def pair(a: str, b: str, **more: object) -> dict:
        return {"subject": a, "object": b, **more}

    nodes(
        "Species",
        {"id": HUMAN, "label": "Homo sapiens", "common_name": "human"},
        {"id": MURINE, "label": "Mus musculus", "common_name": "mouse"},
    )
    nodes("Gene", *({"id": gene, "symbol": f"g{at}", "in_taxon": MURINE} for at, gene in enumerate(MICE)))
    nodes(
        "Gene", {"id": GENES[0], "symbol": "APP"}, {"id": MICE[0], "symbol": "App"}, {"id": GENES[1], "symbol": "APPL1"}
    )
    orthologs = [
        pair(GENES[at], mouse, cardinality="one2one", confidence=1.0, version="1") for at, mouse in enumerate(MICE)
    ]
    orthologs += [pair(GENES[0], mouse, cardinality="one2many", confidence=0.5, version="1") for mouse in MICE[1:31]]
    edges("ORTHOLOG_OF", "Gene", "Gene", *orthologs)
    nodes(
        "Regulon", {"id": REGULON, "label": "SPI1 (CollecTRI)", "tf": "SPI1", "network": "CollecTRI", "n_targets": 120}
    )
    edges("HAS_TF", "Regulon", "Gene", pair(REGULON, GENES[5]))
    edges(
        "REGULATES",
        "Regulon",
        "Gene",
        *(pair(REGULON, gene, support=at % 7, sign=1, weight=0.5) for at, gene in enumerate(GENES[:120])),
    )
    edges(
        "CHANGES_GENE",
        "Contrast",
        "Gene",
        *(pair(MOUSE, gene, effect=0.5, moderated=3.0 - at / 10, p=0.01, fdr=0.04) for at, gene in enumerate(MICE)),
    )
    nodes(
        "CellType",
        {"id": "CL:0000129", "label": "microglial cell", "synonyms": ["microgliocyte", "hortega cell"]},
        {"id": "CL:0000878", "label": "CNS macrophage", "definition": "a macrophage of the brain"},
        {"id": "CL:0000001", "label": "old cell", "deprecated": True, "replaced_by": "CL:0000129"},
    )
    edges("SUBCLASS_OF", "CellType", "CellType", pair("CL:0000129", "CL:0000878"))
    edges("OF_TYPE", "Contrast", "CellType", pair(MOUSE, "CL:0000129"))
    nodes(
        "Dataset",
        {
            "id": "orthokg:dataset/tau",
            "title": "tau mice, simulated",
            "in_taxon": MURINE,
            "licence": "CC0-1.0",
            "redistribute": True,
            "citation": "nobody",
            "n_samples": 15,
        },
    )
    edges("FROM_DATASET", "Contrast", "Dataset", pair(MOUSE, "orthokg:dataset/tau"))
    edges("IN_SPECIES", "Dataset", "Species", pair("orthokg:dataset/tau", MURINE))
    edges("IN_SPECIES", "DiseaseModel", "Species", pair("orthokg:model/tau", MURINE))
    nodes("Contrast", {"id": MOUSE, "n_case": 7, "n_control": 8, "flags": ["edges-withheld: 40 of 90 genes are edges"]})
    nodes("Contrast", {"id": "orthokg:contrast/drug", "label": "one at 10 uM", "in_taxon": MURINE, "kind": "drug"})
    nodes("Drug", {"id": DRUG, "label": "One", "moa": ["inhibitor"], "clinical_phase": "4"})
    nodes(
        "DrugCondition",
        {"id": CONDITION, "label": "one, 10 uM, 24 h", "dose": 10.0, "dose_unit": "uM", "time_hours": 24.0},
    )
    edges("USES_DRUG", "DrugCondition", "Drug", pair(CONDITION, DRUG))
    edges("OF_CONDITION", "Contrast", "DrugCondition", pair("orthokg:contrast/drug", CONDITION))
    edges("TARGETS", "Drug", "Gene", pair(DRUG, GENES[0]))
    nodes("Release", {"id": "orthokg:release/one", "label": "one", "data_version": "none"})
    nodes(
        "Source",
        {"id": "orthologs/absent", "label": "absent orthologs", "status": "missing", "reason": "not in the cache"},
    )
    edges("SUBCLASS_OF", "Disease", "Disease", pair("MONDO:0007739", AD))
    space = "orthokg:embedding/tau-space"
    nodes("Embedding", {"id": space, "label": "tau/space", "card": "saturn 1; seed 0", "taxa": [HUMAN, MURINE]})
    nodes(
        "CellPopulation",
        *(
            {
                "id": f"orthokg:population/tau-{taxon[-1]}",
                "label": "microglial cell",
                "in_taxon": taxon,
                "embedding": "tau/space",
            }
            for taxon in (HUMAN, MURINE)
        ),
    )
    edges(
        "IN_EMBEDDING",
        "CellPopulation",
        "Embedding",
        *(pair(f"orthokg:population/tau-{taxon[-1]}", space) for taxon in (HUMAN, MURINE)),
    )
    edges(
        "CORRESPONDS_TO",
        "CellPopulation",
        "CellPopulation",
        pair(
            "orthokg:population/tau-0",
            "orthokg:population/tau-6",
            embedding="tau/space",
            status="COUNTERPART",
            called=True,
            score=0.9,
        ),
    )
    write_atlas(store, "orthokg:dataset/tau")
    stand(store)
