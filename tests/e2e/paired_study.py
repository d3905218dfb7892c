"""A simulated study by cell type: what is the same cell by name, by measured correspondence, by both or by neither."""

from pathlib import Path

import numpy as np

from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.load import simulated
from ingest.load.pipeline import Pipeline
from kg.curie import HUMAN, MOUSE, local
from kg.match.contrast import contrast
from kg.signatures.store import Signature, SignatureStore
from kg.store.driver import Store
from kg.store.write import ensure_schema
from tests.kept import made_once

AD, MODEL = "MONDO:0004975", "simulated-cells"
TERMS = {"microglial cell": "CL:0000129", "astrocyte": "CL:0000127", "oligodendrocyte": "CL:0000128"}
MICE = ("microglial cell", "astrocyte", "interneuron Vip")
PEOPLE = ("microglial cell", "astrocyte", "interneuron VIP", "oligodendrocyte")
CALLED = {("microglial cell", "microglial cell"), ("interneuron Vip", "interneuron VIP")}
SIZE = {"microglial cell": 0.9, "astrocyte": 0.46, "interneuron Vip": 0.9}


def contrast_id(taxon: str, label: str) -> str:
    return local("contrast", "paired", taxon, label)


def state_id(label: str) -> str:
    return local("state", "paired", label)


def population(kind: str, taxon: str, label: str) -> str:
    return local("population", kind, taxon, label)


def paired_batch(seed: int) -> Batch:
    """Effects of the mouse's cells are those of the human cells of their kind, weak in astrocytes; each label has its
    own."""
    rng, batch = np.random.default_rng(seed), Batch("dataset/paired", "1", 7, 7)
    genes = {
        HUMAN: [f"ENSG9{i:010d}" for i in range(simulated.GENES)],
        MOUSE: [f"ENSMUSG9{i:010d}" for i in range(simulated.GENES)],
    }
    loadings = rng.normal(size=(4, simulated.GENES)) * 0.5
    shared = {label: rng.normal(size=simulated.GENES) * size for label, size in SIZE.items()}
    batch.nodes["DiseaseModel"] = [{"id": "orthokg:model/cells", "label": MODEL, "in_taxon": MOUSE}]
    batch.nodes["CellType"] = [{"id": term, "label": label} for label, term in TERMS.items()]
    batch.edges["MODELS", "DiseaseModel", "Disease"] = [{"subject": "orthokg:model/cells", "object": AD}]
    for taxon, labels in ((MOUSE, MICE), (HUMAN, PEOPLE)):
        dataset = local("dataset", "paired", taxon)
        batch.nodes["Dataset"].append({"id": dataset, "title": "SIMULATED", "in_taxon": taxon, "simulated": True})
        for label in labels:
            kind = "interneuron Vip" if label == "interneuron VIP" else label
            effects = shared.get(kind, rng.normal(size=simulated.GENES) * 0.9)
            x = rng.normal(size=(16, 4)) @ loadings + rng.normal(size=(16, simulated.GENES))
            x[8:] += effects
            r, key = contrast(x, np.arange(16) >= 8), contrast_id(taxon, label)
            donors = tuple(local("donor", taxon, label, i) for i in range(16))
            batch.nodes["Contrast"].append(
                {
                    "id": key,
                    "label": f"SIMULATED {label}",
                    "in_taxon": taxon,
                    "kind": "model" if taxon == MOUSE else "disease",
                    "level": "donor",
                    "n_case": 8,
                    "n_control": 8,
                    "noise": "donors",
                    "material": label,
                    "pooled": taxon == HUMAN,
                    "n_genes": simulated.GENES,
                    "df": r.df,
                }
            )
            batch.arrays[key] = Signature(
                key, taxon, np.array(genes[taxon]), r.vector, r.effect, r.p, "donors", r.factor, r.df, donors
            )
            own, place = population("cells", taxon, label), population("space", taxon, label)
            batch.nodes["CellPopulation"] += [
                {"id": own, "label": label, "in_taxon": taxon, "n_cells": 500},
                {"id": place, "label": label, "in_taxon": taxon, "n_cells": 500, "embedding": "paired/space"},
            ]
            edges = [
                ("FROM_DATASET", "Contrast", "Dataset", key, dataset, {}),
                ("IN_POPULATION", "Contrast", "CellPopulation", key, own, {}),
                ("SAME_POPULATION", "CellPopulation", "CellPopulation", place, own, {"basis": "label"}),
            ]
            if label in TERMS:
                edges.append(("OF_TYPE", "Contrast", "CellType", key, TERMS[label], {}))
            if taxon == MOUSE:
                edges.append(("OF_MODEL", "Contrast", "DiseaseModel", key, "orthokg:model/cells", {}))
            else:
                batch.nodes["DiseaseState"].append(
                    {"id": state_id(label), "label": f"AD, {label}", "disease": AD, "stage": "", "material": label}
                )
                edges.append(("HAS_DISEASE", "DiseaseState", "Disease", state_id(label), AD, {}))
                edges.append(("OF_STATE", "Contrast", "DiseaseState", key, state_id(label), {}))
            for what, source, target, a, b, facts in edges:
                batch.edges[what, source, target].append({"subject": a, "object": b, **facts})
    for mouse in MICE:
        for human in PEOPLE:
            called = (mouse, human) in CALLED
            batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"].append(
                {
                    "subject": population("space", MOUSE, mouse),
                    "object": population("space", HUMAN, human),
                    "called": called,
                    "status": "COUNTERPART" if called else "NONE",
                    "score": 0.9 if called else 0.1,
                    "agrees": True,
                    "embedding": "paired/space",
                    "card": "saturn 1; seed 0; gene embedding: simulated",
                }
            )
    return batch


def load_paired(store: Store, folder: Path, seed: int = 0) -> SignatureStore:
    """Ingested once on each store."""

    ensure_schema(store)

    def ingest(signatures: SignatureStore) -> None:
        pipeline = Pipeline(store, signatures, Cache.open(), folder, levels=("gene",))
        pipeline._batches = [*simulated.batches()[:-1], paired_batch(seed)]
        assert pipeline._finish().exit_code == 0

    return made_once(store, folder, f"paired-{seed}-{store.dialect}", ingest)
