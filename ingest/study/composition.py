"""Cells of each type and donor -> contrasts of composition: a kind of their own, never matched with those of
expression.

Vector and noise factor stand on the relationships themselves, one number and one column per cell population, and not in
the signature store, which holds genes.
"""

import numpy as np
from scipy import stats

from ingest.batch import Batch, Row
from ingest.manifest.blocks import ContrastSpec
from ingest.manifest.manifest import Manifest
from ingest.study import fits
from ingest.study.cells import Population, Study
from ingest.study.contrast_rows import drug_condition
from ingest.study.counts import Expression
from ingest.study.donor_facts import stated
from kg.errors import ContractError, MethodError
from kg.match.composition import common_types, log_ratios
from kg.match.levels import null_of
from kg.signatures.store import Floats

MEASURE = "composition"


def cells_of(study: Study) -> Floats:
    """Donors (as in the sheet) x populations: cells of each."""
    donors, types = list(study.sheet.index), [p.label.name for p in study.populations]
    made = np.zeros((len(donors), len(types)))
    row, column = ({name: at for at, name in enumerate(names)} for names in (donors, types))
    pairs, counts = np.unique(np.column_stack([study.donors, study.types]), axis=0, return_counts=True)
    for (donor, kind), n in zip(pairs, counts, strict=True):
        if donor in row and kind in column:
            made[row[donor], column[kind]] = n
    return made


def composition_rows(m: Manifest, c: ContrastSpec, study: Study, batch: Batch) -> None:
    """The change of each population's proportion in one contrast of the study, or the reason why there is none."""
    assert m.cells is not None
    cells = cells_of(study)
    kept = common_types(cells)
    used = [p for p, yes in zip(study.populations, kept, strict=True) if yes]
    own = c.model_copy(update={"id": f"{c.id}.{MEASURE}", "engine": "linear"})
    chosen = fits.arms(study.sheet, c, m.dataset.id, may_be_empty=True)
    donors = [fits.donor_id(m, str(name)) for name in study.sheet.index[chosen.case | chosen.control]]
    row: Row = {
        "id": m.contrast_id(own), "label": f"{c.label}, composition", "in_taxon": m.dataset.taxon, "kind": c.kind,
        "measure": MEASURE, "case_arm": fits.arm_name(c, "case"), "control_arm": fits.arm_name(c, "control"),
        "level": m.cells.level, "design": fits.design_text(c), "noise": "none", "noise_reason": "", "df": 0,
        "material": "all cells", "flags": list(c.flags), **stated(m, c, study.sheet, donors),
    }  # fmt: skip
    if rare := [p.label.name for p in study.populations if p not in used]:
        row["flags"].append(f"left-out: half of the donors have no cell of {', '.join(rare)}")
    batch.nodes["Contrast"].append(row)
    ends = {"subject": row["id"]}
    batch.edges["FROM_DATASET", "Contrast", "Dataset"].append(ends | {"object": m.dataset_id})
    if where := m.material.region or m.material.tissue:
        batch.edges["IN_TISSUE", "Contrast", "Tissue"].append(ends | {"object": where})
    if c.model:
        batch.edges["OF_MODEL", "Contrast", "DiseaseModel"].append(ends | {"object": c.model})
    if c.drug:
        batch.edges["OF_CONDITION", "Contrast", "DrugCondition"].append(
            ends | {"object": drug_condition(c, m.material, batch)}
        )
    try:
        values = log_ratios(cells[:, kept])
        names = np.array([p.label.name for p in used], dtype=str)
        made = fits.fit(
            Expression(names, values, cells[:, kept], study.sheet, (), len(names)), own, m.cells.batch, m.dataset.id
        )
    except (ContractError, MethodError) as error:
        row["noise_reason"] = str(error)
        return
    row["n_case"], row["n_control"] = made.arms.n
    if min(made.arms.n) < m.cells.min_donors:
        row["noise_reason"] = (
            f"{row['n_case']} case and {row['n_control']} control donors; {m.cells.min_donors} per arm are needed"
        )
        return
    row |= {"noise": null_of(m.cells.level), "df": made.result.df}
    _changes(ends, used, made, cells, batch)
    for arm, mask in (("case", made.arms.case), ("control", made.arms.control), ("fitted", made.arms.other)):
        for donor in study.sheet.index[mask]:
            edge = ends | {"object": fits.donor_id(m, str(donor)), "arm": arm}
            batch.edges["USES_DONOR", "Contrast", "Donor"].append(edge)


def _changes(ends: Row, used: list[Population], made: fits.Fitted, cells: Floats, batch: Batch) -> None:
    share = cells / cells.sum(axis=1, keepdims=True)
    index = {p.label.name: at for at, p in enumerate(used)}
    kept = common_types(cells)
    in_case, in_control = (share[mask][:, kept].mean(axis=0) for mask in (made.arms.case, made.arms.control))
    r, fdr = made.result, stats.false_discovery_control(made.result.p)
    for p in used:
        at = index[p.label.name]
        batch.edges["CHANGES_PROPORTION", "Contrast", "CellPopulation"].append(
            ends
            | {
                "object": p.id,
                "effect": float(r.effect[at]),
                "z": float(r.vector[at]),
                "p": float(r.p[at]),
                "fdr": float(fdr[at]),
                "share_case": float(in_case[at]),
                "share_control": float(in_control[at]),
                "noise": r.factor[:, at].tolist(),
            }
        )
