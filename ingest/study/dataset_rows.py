"""Rows around the contrasts of a dataset: the dataset itself, its donors, and the noise references of its samples."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ingest.batch import Batch, Row
from ingest.fetch.genes_index import TABLES
from ingest.files.frames import broken, cells
from ingest.manifest.blocks import Material
from ingest.manifest.manifest import Manifest
from ingest.study import counts as samples
from ingest.study import fits
from ingest.study.contrast_rows import edges_of, material_label
from ingest.study.donor_facts import FACTS, columns_of
from ingest.study.fits import arm_name, donor_id
from kg.curie import local
from kg.names.species import node_of
from kg.signatures.store import Reference, Strings


def dataset_rows(m: Manifest, sha256: Iterable[str], n_samples: int, quality: tuple[str, ...], batch: Batch) -> None:
    d, spec = m.dataset, m.counts or m.cells
    scale = {"counts": "raw", "corrected": "corrected", "log2": "log2"}
    batch.nodes["Dataset"].append({
        "id": m.dataset_id, "title": d.title, "in_taxon": d.taxon, "licence": d.licence, "redistribute": d.redistribute,
        "citation": d.citation, "bank": d.bank, "doi": d.doi, "accession": d.accession, "sha256": sorted(sha256),
        "counts": scale[spec.scale] if spec else "none", "n_samples": n_samples, "simulated": d.simulated,
        "cell_quality": list(quality),
    })  # fmt: skip
    if d.taxon not in TABLES:
        batch.nodes["Species"].append(node_of(d.taxon))
    batch.edges["IN_SPECIES", "Dataset", "Species"].append({"subject": m.dataset_id, "object": d.taxon})
    for model in m.models:
        facts = model.model_dump(exclude={"disease"})
        batch.nodes["DiseaseModel"].append(facts | {"in_taxon": d.taxon})
        if model.disease:
            batch.edges["MODELS", "DiseaseModel", "Disease"].append({"subject": model.id, "object": model.disease})


def donor_rows(m: Manifest, sheet: pd.DataFrame, batch: Batch) -> None:
    d, spec = m.dataset, m.counts or m.cells
    assert spec is not None
    pooled = spec.pooled_column
    named = {f"{f}_column": c for f in ("pooled", *FACTS) if (c := getattr(spec, f"{f}_column"))}
    if missing := {f: c for f, c in named.items() if c not in sheet}:
        there = f"the columns that are facts of donors are {', '.join(map(repr, sheet.columns))}"
        raise broken("WRONG_COLUMNS", d.id, f"{', '.join(missing)} is a column of donors", missing, there)
    arms: dict[str, str] = {}
    for c in (c for c in m.contrasts if m.table_of(c) is None and not (c.test and c.test.minus_at)):
        chosen = fits.arms(sheet, c, d.id)
        for arm, mask in (("case", chosen.case), ("control", chosen.control)):
            arms |= dict.fromkeys(map(str, sheet.index[mask]), arm_name(c, arm))
    ids = {donor_id(m, str(name)): str(name) for name in sheet.index}
    if twice := [str(name) for name in sheet.index if ids[donor_id(m, str(name))] != str(name)]:
        rule = "names of donors differ in more than the spaces at their ends and the forms of Unicode"
        raise broken("DUPLICATE_DONOR", d.id, rule, twice[:5], "write each donor in one way")
    for name, facts in sheet.iterrows():
        row: Row = {
            "id": donor_id(m, str(name)),
            "in_taxon": d.taxon,
            "arm": arms.get(str(name), ""),
            "n_pooled": int(facts[pooled]) if pooled else 1,
        }
        row |= {fact: str(facts[column]) for fact, column in columns_of(m).items()}
        batch.nodes["Donor"].append(row)
        edges_of(batch, row["id"], "Donor")("FROM_DATASET", "Dataset", m.dataset_id)


def reference_rows(m: Manifest, material: Material, e: samples.Expression, part: tuple[str, ...], batch: Batch) -> None:
    """``part``: the population, in a study that has several."""
    d, made_of = m.dataset, m.counts or m.cells
    level = made_of.level if made_of is not None else "donor"
    plans = [("reference", m.reference, m.reference.where if m.reference else {}), ("axes", m.axes, {})]
    for role, spec, where in plans:
        if spec is None:
            continue
        chosen = samples.select(e.sheet, where, f"{d.id}: {role}")
        missing = [g for g in spec.groups if g not in e.sheet]
        if missing:
            there = f"the columns are {list(e.sheet.columns)}"
            raise broken("WRONG_COLUMNS", f"{d.id}: {role}.groups", "groups are columns of the sheet", missing, there)
        labels = zip(*(cells(e.sheet, g)[chosen] for g in spec.groups), strict=True)
        groups: Strings = np.array([" ".join(row) for row in labels], dtype=str)
        donors = tuple(donor_id(m, str(x)) for x in e.sheet.index[chosen])
        made, own = local(role, d.id, *part), e.within(chosen, f"{d.id}: {role}")
        df = int(chosen.sum()) - len(set(groups))
        what = "healthy samples" if role == "reference" else "all samples"
        batch.nodes["NoiseReference"].append(
            {
                "id": made,
                "label": f"{what} of {', '.join((d.title, *part))}",
                "role": role,
                "in_taxon": d.taxon,
                "material": material_label(material),
                "level": level,
                "n_donors": len(donors),
                "df": df,
                "type_i_error": -1.0,
                "measured_how": "unmeasured",
                "status": "unmeasured",
            }
        )
        batch.arrays[made] = Reference(made, d.taxon, role, own.genes, own.values[chosen], groups, donors)
        edge = edges_of(batch, made, "NoiseReference")
        edge("FROM_DATASET", "Dataset", m.dataset_id)
        if material.tissue:
            edge("IN_TISSUE", "Tissue", material.tissue)
        if material.cell_type:
            edge("OF_TYPE", "CellType", material.cell_type)
        for donor in donors:
            edge("USES_DONOR", "Donor", donor, arm="healthy" if role == "reference" else "all")
