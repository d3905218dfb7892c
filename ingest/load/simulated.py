"""A simulated study with known truth: what the demonstration runs on when no source is available, and what tests run
on.

Five mouse models meet a simulated Alzheimer's state (two cohorts) and a simulated Huntington's state. Let s be effects
that both diseases share and a those of Alzheimer's alone:

    model      true effects      what a right verdict is
    specific   s + a             SUPPORTED
    shared     s                 NONSPECIFIC
    none       nothing           NOT_SUPPORTED
    opposite   -(s + a)          DISCORDANT
    cut        s + a, table cut  UNTESTABLE

Two drugs were given to mice and to human cells: the changes of simulated-drug-alike are the same in both, those of
simulated-drug-unlike have nothing to do with one another.

Everything in it is made by a generator and called simulated wherever it is shown; its genes are not of any annotation.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, Row, set_table
from ingest.source import ontologies
from ingest.study.contrast_rows import changes
from kg.curie import HUMAN, MOUSE, listed
from kg.match.conjunction import adjusted
from kg.match.contrast import ContrastResult, contrast
from kg.match.orthology import MAIN, OrthologTable
from kg.signatures.store import Noise, Reference, Signature, Strings
from kg.store.driver import Store

SOURCE = "dataset/simulated"
GENES, AXES, REGULONS = 1200, 4, 40
AD, HD = "MONDO:0004975", "MONDO:0007739"
CORTEX = "UBERON:0000956"
MATERIAL = "bulk cerebral cortex"
DATASET = {HUMAN: listed("dataset", "simulated-human"), MOUSE: listed("dataset", "simulated-mouse")}
MODELS = ("specific", "shared", "none", "opposite", "cut")
DRUGS = ("alike", "unlike")
HOURS = 24.0


@dataclass(frozen=True)
class _World:
    rng: np.random.Generator
    loadings: NDArray[np.float64]
    human: Strings
    mouse: Strings

    def samples(self, n: int, shift: NDArray[np.float64] | None = None, cases: int = 0) -> NDArray[np.float64]:
        """n samples x genes with correlated noise; the last ``cases`` carry the shift."""
        noise = self.rng.normal(size=(n, AXES)) @ self.loadings + self.rng.normal(size=(n, GENES))
        if shift is not None:
            noise[n - cases :] += shift
        return noise + 8


def batches(seed: int = 0) -> list[Batch]:
    """Genes, orthologs, a network, a set of modules, and the study; deterministic for a seed."""
    rng = np.random.default_rng(seed)
    human = np.array([f"ENSG9{i:010d}" for i in range(GENES)])
    mouse = np.array([f"ENSMUSG9{i:010d}" for i in range(GENES)])
    world = _World(rng, rng.normal(size=(AXES, GENES)) * 0.5, human, mouse)
    study = _study(world)
    used = {
        term
        for (_, _, label), rows in study.edges.items()
        if label in ontologies.LABELS.values()
        for row in rows
        for term in [row["object"]]
    }
    terms = [ontologies.transform(ontology, used) for ontology in ontologies.get(("UBERON", "MONDO"))]
    return [*terms, *_knowledge(world), study]


def is_in(store: Store) -> bool:
    """The graph is that of the simulated study, with genes of its making."""
    return bool(store.read("MATCH (d:Dataset {id: $id}) RETURN d.id AS id", id=DATASET[HUMAN]))


def _knowledge(world: _World) -> list[Batch]:
    genes = Batch("genes", "simulated", 2 * GENES, 2 * GENES)
    genes.nodes["Species"] = [{"id": HUMAN, "label": "Homo sapiens"}, {"id": MOUSE, "label": "Mus musculus"}]
    for taxon, ids, stem in ((HUMAN, world.human, "SIM"), (MOUSE, world.mouse, "Sim")):
        symbols = np.array([f"{stem}{i}" for i in range(GENES)])
        genes.nodes["Gene"] += [
            {"id": f"ENSEMBL:{g}", "symbol": str(s), "in_taxon": taxon} for g, s in zip(ids, symbols, strict=True)
        ]
        genes.arrays[f"genes/{taxon}"] = {"id": ids, "symbol": symbols}
    pairs = Batch(f"orthologs/{MAIN}", "simulated", GENES, GENES)
    pairs.edges["ORTHOLOG_OF", "Gene", "Gene"] = [
        {
            "subject": f"ENSEMBL:{h}",
            "object": f"ENSEMBL:{m}",
            "cardinality": "one2one",
            "confidence": 1.0,
            "identity": -1.0,
            "version": "simulated",
        }
        for h, m in zip(world.human, world.mouse, strict=True)
    ]
    same = np.full(GENES, "one2one")
    blank = np.array([f"SIM{i}" for i in range(GENES)])
    pairs.arrays["table"] = OrthologTable(
        MAIN, "simulated", world.human, world.mouse, blank, blank, same, np.ones(GENES), -np.ones(GENES), MOUSE
    )
    network, modules = Batch("simulated-network", "1"), Batch("simulated-modules", "1")
    regulates, factors, members = [], [], []
    for at in range(REGULONS):
        regulon, module = listed("regulon", "simulated", at), listed("module", "simulated", at)
        targets = world.rng.choice(GENES, 20, replace=False)
        network.nodes["Regulon"].append(
            {
                "id": regulon,
                "label": f"SIM{at} (simulated)",
                "tf": f"SIM{at}",
                "network": "simulated",
                "engine": "simulated",
                "in_taxon": HUMAN,
                "n_targets": 20,
            }
        )
        modules.nodes["GeneModule"].append({"id": module, "label": f"simulated {at}", "n_genes": 30, "in_taxon": HUMAN})
        factors.append({"subject": regulon, "object": f"ENSEMBL:{world.human[at]}"})
        regulates += [
            {"subject": regulon, "object": f"ENSEMBL:{world.human[t]}", "weight": 1.0, "sign": 1} for t in targets
        ]
        members += [{"subject": f"ENSEMBL:{g}", "object": module} for g in world.human[at * 30 : (at + 1) * 30]]
    network.edges["REGULATES", "Regulon", "Gene"], network.edges["HAS_TF", "Regulon", "Gene"] = regulates, factors
    modules.edges["MEMBER_OF", "Gene", "GeneModule"] = members
    network.arrays["regulons/collectri"] = set_table(
        regulates, factors, {r["id"]: r["tf"] for r in network.nodes["Regulon"]}
    )
    turned = [{"subject": r["object"], "object": r["subject"], "sign": 1} for r in members]
    modules.arrays["modules/ampad"] = set_table(turned, [], {r["id"]: r["label"] for r in modules.nodes["GeneModule"]})
    for batch, rows in ((network, regulates), (modules, members)):
        batch.read = batch.accepted = len(rows)
    return [genes, pairs, network, modules]


def _study(world: _World) -> Batch:
    rng, batch = world.rng, Batch(SOURCE, "1", GENES, GENES)
    shared, own = (np.where(rng.random(GENES) < 0.3, rng.normal(size=GENES) * size, 0.0) for size in (1.0, 1.6))
    truth = {
        "specific": shared + own,
        "shared": shared,
        "none": 0 * shared,
        "opposite": -(shared + own),
        "cut": shared + own,
    }
    for taxon, title in ((HUMAN, "SIMULATED human cortex"), (MOUSE, "SIMULATED mouse cortex")):
        batch.nodes["Dataset"].append(
            {
                "id": DATASET[taxon],
                "title": title,
                "in_taxon": taxon,
                "licence": "CC0",
                "redistribute": True,
                "citation": "made by a generator",
                "counts": "log2",
                "simulated": True,
            }
        )
    for disease, label in ((AD, "Alzheimer disease"), (HD, "Huntington disease")):
        state = _state_id(label)
        batch.nodes["DiseaseState"].append(
            {
                "id": state,
                "label": f"SIMULATED {label}, {MATERIAL}",
                "disease": disease,
                "stage": "",
                "material": MATERIAL,
                "in_taxon": HUMAN,
            }
        )
        batch.edges["HAS_DISEASE", "DiseaseState", "Disease"].append({"subject": state, "object": disease})
    healthy = world.samples(20)
    reference = listed("reference", "simulated-human")
    groups = np.array(["a", "b"]).repeat(10)
    donors = tuple(listed("donor", "simulated-healthy", i) for i in range(20))
    batch.arrays[reference] = Reference(reference, HUMAN, "reference", world.human, healthy, groups, donors)
    batch.nodes["NoiseReference"].append(
        {
            "id": reference,
            "label": "SIMULATED healthy cortex",
            "role": "reference",
            "in_taxon": HUMAN,
            "material": MATERIAL,
            "n_donors": 20,
            "df": 18,
            "status": "unmeasured",
            "type_i_error": -1.0,
        }
    )
    batch.edges["FROM_DATASET", "NoiseReference", "Dataset"].append({"subject": reference, "object": DATASET[HUMAN]})
    _human(world, batch, "alzheimer-1", "Alzheimer disease", shared + own, as_table=False)
    _human(world, batch, "alzheimer-2", "Alzheimer disease", shared + own, as_table=True)
    # As many donors as it takes to tell that it carries a match, and not only that it may.
    _human(world, batch, "huntington", "Huntington disease", shared, as_table=False, n=40)
    for name in MODELS:
        _model(world, batch, name, truth[name])
    for at, name in enumerate(DRUGS):
        _drug(replace(world, rng=np.random.default_rng(at)), batch, name)
    return batch


def _state_id(label: str) -> str:
    return listed("state", "simulated", label)


def _fit(world: _World, n: int, shift: NDArray[np.float64]) -> ContrastResult:
    return contrast(world.samples(2 * n, shift, n), np.arange(2 * n) >= n)


def _put(
    batch: Batch,
    world: _World,
    taxon: str,
    name: str,
    label: str,
    n: int,
    r: ContrastResult,
    noise: Noise,
    **facts: object,
) -> str:
    key, genes = f"orthokg:contrast/simulated/{name}", world.human if taxon == HUMAN else world.mouse
    donors = tuple(listed("donor", "simulated", name, i) for i in range(2 * n))
    kinds = {"donors": "donors", "table": "reference", "none": "none"}
    row: Row = {
        "id": key,
        "label": f"SIMULATED {label}",
        "in_taxon": taxon,
        "case_arm": f"{name} case",
        "control_arm": f"{name} control",
        "level": "donor",
        "n_case": n,
        "n_control": n,
        "noise": kinds[noise],
        "material": MATERIAL,
        "n_genes": GENES,
        "df": r.df if noise == "donors" else 0,
        "flags": ["simulated: made by a generator, not measured"],
    }
    batch.nodes["Contrast"].append(row | facts)
    vector = r.vector
    if noise != "donors":
        unit = np.sqrt((r.factor**2).sum(axis=0))
        vector = vector / unit
    made = Signature(
        key,
        taxon,
        genes,
        vector,
        r.effect,
        r.p,
        noise,
        r.factor if noise == "donors" else None,
        r.df if noise == "donors" else 0,
        donors,
    )
    batch.arrays[key] = made
    row["flags"] += changes(made, adjusted(r.p), batch)
    batch.nodes["Donor"] += [
        {"id": d, "in_taxon": taxon, "arm": "case" if i >= n else "control", "n_pooled": 1}
        for i, d in enumerate(donors)
    ]
    batch.edges["USES_DONOR", "Contrast", "Donor"] += [
        {"subject": key, "object": d, "arm": "case" if i >= n else "control"} for i, d in enumerate(donors)
    ]
    batch.edges["FROM_DATASET", "Contrast", "Dataset"].append({"subject": key, "object": DATASET[taxon]})
    batch.edges["IN_TISSUE", "Contrast", "Tissue"].append({"subject": key, "object": CORTEX})
    return key


def _human(
    world: _World, batch: Batch, name: str, disease: str, shift: NDArray[np.float64], *, as_table: bool, n: int = 14
) -> None:
    noise = "table" if as_table else "donors"
    key = _put(
        batch,
        world,
        HUMAN,
        name,
        f"{disease}, cohort {name}",
        n,
        _fit(world, n, shift),
        noise,
        kind="disease",
        pooled=True,
    )
    batch.edges["OF_STATE", "Contrast", "DiseaseState"].append({"subject": key, "object": _state_id(disease)})


def _model(world: _World, batch: Batch, name: str, shift: NDArray[np.float64]) -> None:
    facts: dict[str, object] = {"kind": "model"}
    if name == "cut":
        facts |= {"cut": "genes at FDR .05 only", "universe": 0, "noise_reason": "a table cut to its significant genes"}
    key = _put(
        batch,
        world,
        MOUSE,
        name,
        f"model, {name}",
        8,
        _fit(world, 8, shift),
        "none" if name == "cut" else "donors",
        **facts,
    )
    model = listed("model", "simulated", name)
    batch.nodes["DiseaseModel"].append(
        {"id": model, "label": f"simulated-{name}", "in_taxon": MOUSE, "form": "simulated"}
    )
    batch.edges["MODELS", "DiseaseModel", "Disease"].append({"subject": model, "object": AD})
    batch.edges["OF_MODEL", "Contrast", "DiseaseModel"].append({"subject": key, "object": model})


def _drug(world: _World, batch: Batch, name: str) -> None:
    """In mice and in human cells: the same effects where it is called alike."""
    drug, label = listed("drug", "simulated", name), f"simulated-drug-{name}"
    batch.nodes["Drug"].append({"id": drug, "label": label})
    one, two = (
        np.where(world.rng.random(GENES) < 0.3, world.rng.normal(size=GENES) * 1.6, 0.0) for _ in ("mice", "cells")
    )
    of_cells = one if name == "alike" else two
    for taxon, system, n, shift in ((MOUSE, "mice", 8, one), (HUMAN, "human cells", 14, of_cells)):
        key = _put(
            batch,
            world,
            taxon,
            f"drug-{name}-{system.replace(' ', '-')}",
            f"drug, {name}, {system}",
            n,
            _fit(world, n, shift),
            "donors",
            kind="drug",
        )
        condition = listed("condition", "simulated", name, system)
        batch.nodes["DrugCondition"].append(
            {"id": condition, "label": f"SIMULATED {label}, {system}", "time_hours": HOURS, "system": system}
        )
        batch.edges["USES_DRUG", "DrugCondition", "Drug"].append({"subject": condition, "object": drug})
        batch.edges["OF_CONDITION", "Contrast", "DrugCondition"].append({"subject": key, "object": condition})
