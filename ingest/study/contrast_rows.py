"""A contrast that was made, as it stands in the graph: its node, the genes that pass its threshold, what it is of and
in."""

import numpy as np
import pandas as pd

from ingest.batch import Batch, Row
from ingest.manifest import terms
from ingest.manifest.blocks import ContrastSpec, Material
from ingest.manifest.manifest import Manifest
from ingest.source import models
from ingest.source.drugs import drug_id, drug_name, registry_ids
from ingest.study.donor_facts import stated
from ingest.study.fits import Made, arm_name
from kg.curie import local
from kg.match.compared import LEVELS, MAIN
from kg.match.direction import sign_doubt
from kg.match.levels import flags_of, null_of
from kg.sides.human import too_few
from kg.signatures.store import Floats, Signature

FDR = 0.05
MOST_EDGES = 3000


def material_label(material: Material) -> str:
    """What tells states apart: 'bulk cerebral cortex', 'microglial cell', 'microdissected cerebral cortex'."""
    if material.kind == "cell type" and material.cell_type:
        return terms.label(material.cell_type)
    if material.kind == "cell type":
        return material.system
    where = terms.label(material.tissue) if material.tissue else material.system
    return f"{material.kind} {where}"


def contrast_rows(m: Manifest, c: ContrastSpec, made: Made, sheet: pd.DataFrame | None, batch: Batch) -> None:
    """``sheet``: donors x their facts, of a contrast of counts or cells."""
    material, s, table = m.material_of(c), made.signature, m.table_of(c)
    flags = [*made.flags, *c.flags]
    if made.lacking:
        flags.append(f"left-out: {made.lacking}")
        batch.doubts.append(f"{c.id}: {made.lacking}; it leaves them out")
    flags += [flag for flag in flags_of(made.level) if flag not in flags]
    if material.kind in ("bulk", "microdissected") and (
        doubt := sign_doubt(s.genes, s.vector, s.p, *_of_and_in(m, c, material))
    ):
        flags.append(doubt)
        batch.doubts.append(f"{c.id}: {doubt}")
    flags += changes(s, made.fdr, batch)
    row: Row = {
        "id": s.id,
        "label": c.label,
        "in_taxon": s.taxon,
        "kind": c.kind,
        "case_arm": arm_name(c, "case"),
        "control_arm": arm_name(c, "control"),
        "level": made.level,
        "design": made.design,
        "engine": made.engine,
        "noise": {"donors": null_of(made.level), "table": "reference", "none": "none"}[s.noise],
        "noise_reason": made.reason or _few(s),
        "df": s.df,
        "material": material_label(material),
        **stated(m, c, sheet, (donor for arm in ("case", "control") for donor in made.donors.get(arm, ()))),
        "cut": made.cut,
        "n_genes": len(s.genes),
        "flags": flags,
        "pooled": c.pooled and c.kind in ("disease", "ageing"),
        **({"probe": True} if c.probe else {}),
        "universe": (table.cut.tested or 0) if table and table.cut else 0 if made.cut else len(s.genes),
    }
    row |= {k: n for k, n in zip(("n_case", "n_control"), made.n, strict=True) if n is not None}
    batch.nodes["Contrast"].append(row)
    batch.arrays[s.id] = s
    edge = edges_of(batch, s.id)
    edge("FROM_DATASET", "Dataset", m.dataset_id)
    if where := material.region or material.tissue:
        edge("IN_TISSUE", "Tissue", where)
    if material.cell_type:
        edge("OF_TYPE", "CellType", material.cell_type)
    if c.model:
        edge("OF_MODEL", "DiseaseModel", c.model)
    if c.kind in ("disease", "ageing"):
        edge("OF_STATE", "DiseaseState", _state(m, c, material, batch))
    if c.drug:
        edge("OF_CONDITION", "DrugCondition", drug_condition(c, m.material if m.cells else material, batch))
    for arm, names in made.donors.items():
        for donor in names:
            edge("USES_DONOR", "Donor", donor, arm=arm)


def _of_and_in(m: Manifest, c: ContrastSpec, material: Material) -> tuple[set[str], set[str]]:
    """Diseases that a contrast is of or models, and tissues that it is in, each with the terms above."""
    own = [model.disease for model in m.models if model.id == c.model]
    diseases = (
        [c.disease]
        if c.kind == "disease"
        else [*own, *models.diseases(c.model)]
        if c.kind == "model" and c.model
        else []
    )
    above = [
        {a for term in group if term for a in terms.above(term)}
        for group in (diseases, (material.tissue, material.region))
    ]
    return above[0], above[1]


def _few(s: Signature) -> str:
    return too_few(len(s.genes)) if len(s.genes) < LEVELS[MAIN].least else ""


def edges_of(batch: Batch, subject: str, label: str = "Contrast"):
    def edge(kind: str, object_label: str, target: str, **properties: object) -> None:
        batch.edges[kind, label, object_label].append({"subject": subject, "object": target, **properties})

    return edge


def changes(s: Signature, fdr: Floats, batch: Batch) -> list[str]:
    """Edges for genes that pass FDR .05, the most certain first; says what is withheld."""
    passed = np.flatnonzero(fdr <= FDR)
    kept = passed[np.argsort(-np.abs(s.vector[passed]), kind="stable")][:MOST_EDGES]
    for at in kept:
        p = s.p[at]
        batch.edges["CHANGES_GENE", "Contrast", "Gene"].append(
            {
                "subject": s.id,
                "object": f"ENSEMBL:{s.genes[at]}",
                "effect": float(s.effect[at]),
                "moderated": float(s.vector[at]),
                "p": -1.0 if np.isnan(p) else float(p),
                "fdr": float(fdr[at]),
            }
        )
    if len(kept) == len(passed):
        return []
    return [
        f"edges-withheld: {len(passed)} genes pass FDR {FDR}, the {len(kept)} largest are edges; all are in the store"
    ]


def _state(m: Manifest, c: ContrastSpec, material: Material, batch: Batch) -> str:
    disease = terms.label(c.disease) if c.disease else c.kind
    where = material_label(material)
    made = local("state", disease.lower(), *([c.stage] if c.stage.strip() else []), where)
    if all(row["id"] != made for row in batch.nodes["DiseaseState"]):
        label = f"{disease}, {c.stage}, {where}" if c.stage else f"{disease}, {where}"
        batch.nodes["DiseaseState"].append(
            {
                "id": made,
                "label": label,
                "disease": c.disease or "",
                "stage": c.stage,
                "material": where,
                "in_taxon": m.dataset.taxon,
            }
        )
        if c.disease:
            batch.edges["HAS_DISEASE", "DiseaseState", "Disease"].append({"subject": made, "object": c.disease})
    return made


def _digits(number: float) -> str:
    """Six digits where they are all there are, else every digit: doses that differ are different conditions."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def drug_condition(c: ContrastSpec, treated: Material, batch: Batch) -> str:
    """``treated``: what the drug was given to; for single cells all of them, not the population in question."""
    dose = "" if c.dose is None else f"{_digits(c.dose)} {c.dose_unit}".strip()
    system = treated.system or material_label(treated) or terms.label(treated.tissue or "")
    hours = "" if c.time_hours is None else f"{_digits(c.time_hours)} h"
    made, drug = local("condition", drug_name(c.drug), dose or "-", hours or "-", system or "-"), drug_id(c.drug)
    row: Row = {"id": made, "label": " ".join(filter(None, (c.drug, dose, hours, f"in {system}"))), "system": system}
    row |= {"dose": c.dose, "dose_unit": c.dose_unit} if c.dose is not None else {}
    row |= {"time_hours": c.time_hours} if c.time_hours is not None else {}
    if all(r["id"] != made for r in batch.nodes["DrugCondition"]):
        batch.nodes["DrugCondition"].append(row)
        batch.edges["USES_DRUG", "DrugCondition", "Drug"].append({"subject": made, "object": drug})
    if all(r["id"] != drug for r in batch.nodes["Drug"]):
        batch.nodes["Drug"].append({"id": drug, "label": c.drug, **registry_ids(c.drug)})
    return made


def shared_rows(m: Manifest, contrasts: list[ContrastSpec], made: dict[str, Made], batch: Batch) -> None:
    """Contrasts that share an arm: by donors where they are known, by the arm's name where only tables are
    available."""
    edges = batch.edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    for at, one in enumerate(contrasts):
        for two in contrasts[at + 1 :]:
            a, b, basis = made[one.id], made[two.id], "donors"
            if a.donors and b.donors:
                shared = set(a.signature.donors) & set(b.signature.donors)
                names = {
                    arm_name(c, arm) for c, x in ((one, a), (two, b)) for arm, d in x.donors.items() if shared & set(d)
                }
                n, arm = len(shared), " / ".join(sorted(names))
            elif not (len(a.signature.genes) and len(b.signature.genes)):
                continue
            else:
                basis = "arm"
                named = [{x: k for k in ("case", "control") if (x := arm_name(c, k))} for c in (one, two)]
                common = sorted(named[0].keys() & named[1].keys())
                sizes = [m.table_of(one), m.table_of(two)]
                known = [getattr(t, f"n_{named[0][x]}") for x in common for t in sizes[:1] if t]
                n, arm = (sum(known) if known and None not in known else -1), " / ".join(common)
            if arm:
                edges.append(
                    {
                        "subject": m.contrast_id(one),
                        "object": m.contrast_id(two),
                        "arm": arm,
                        "n_shared": n,
                        "basis": basis,
                    }
                )
    for c in contrasts:
        for other in c.shares:
            edges.append(
                {
                    "subject": m.contrast_id(c),
                    "object": f"orthokg:contrast/{other.contrast}",
                    "arm": other.arm,
                    "n_shared": other.n,
                    "basis": "declared",
                }
            )
        for name in c.shares_donors_with:
            edges.append(
                {
                    "subject": m.contrast_id(c),
                    "object": f"orthokg:contrast/{name}",
                    "arm": "donors",
                    "n_shared": -1,
                    "basis": "declared",
                }
            )
