"""A manifest and its files -> rows of the graph, signatures and references.

    files = get(cache, manifest)
    batch = transform(manifest, files, genes)

Contrasts come from a table, from counts or from cells (``de_tables``, ``counts``, ``cells``); around them stand the dataset, its donors,
states or drug conditions, and which contrasts share samples.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from ingest import terms
from ingest.batch import Batch, Row
from ingest.download import sha256_of
from ingest.manifest import ContrastSpec, Manifest, Material, Table
from ingest.method.pydeseq import PyDESeq2
from ingest.source import counts as samples
from ingest.source import fits
from ingest.source.cells import Study, of_population, population_rows, read_study
from ingest.source.composition import composition_rows
from ingest.source.de_tables import read_table
from ingest.source.embedding import embedding_rows
from ingest.source.expressing import over_all_cells
from ingest.source.factors import Factors, read_factors
from ingest.source.fits import Made, arm_name, donor_id
from ingest.source.frames import broken, cells, read_frame
from ingest.source.inferred import read_network
from ingest.source.markers import marker_rows
from ingest.source.published_types import published_rows
from ingest.source.regulatory import Motifs, regulatory_rows
from ingest.source.tokens import Genes
from kg.curie import local
from kg.records import CELL_LEVEL
from kg.signatures import Floats, Reference, Signature, Strings

if TYPE_CHECKING:
    from ingest.cache import Cache

FDR = 0.05
MOST_EDGES = 3000


@dataclass(frozen=True)
class Files:
    """Name in the manifest -> path, and the checksum of each file read."""

    paths: dict[str, Path]
    sha256: dict[str, str]


def get(cache: "Cache", manifest: Manifest) -> Files:
    """Find every file: beside the manifest first, then in the cache.

    Raises:
        ContractError: CHECKSUM when a file differs from ``checksums``, MISSING_FILE when it is in neither place.
    """
    paths, sums = {}, {}
    for name in manifest.files():
        beside = manifest.folder / name if manifest.folder else None
        paths[name] = beside if beside and beside.exists() else _cached(cache, manifest, name)
        sums[name] = checksum(paths[name])
        wanted = manifest.checksums.get(name)
        if wanted and wanted != sums[name]:
            fix = "the file has changed since the manifest was written; get it again, or correct the checksum"
            raise broken("CHECKSUM", name, f"sha256 is {wanted}", sums[name], fix)
    return Files(paths, sums)


def checksum(path: Path) -> str:
    """sha256 of a file; of a folder (zarr, Cell Ranger's) that of the names and checksums of its files."""
    if not path.is_dir():
        return sha256_of(path)
    files = sorted(p for p in path.rglob("*") if p.is_file())
    lines = [f"{p.relative_to(path).as_posix()} {sha256_of(p)}\n" for p in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _cached(cache: "Cache", manifest: Manifest, name: str) -> Path:
    if name in cache.pins:
        return cache.get(name)
    where = f"neither beside the manifest ({manifest.folder}) nor a source of the cache"
    raise broken("MISSING_FILE", name, "the file must exist", where, "check its name; it is relative to the manifest")


def transform(
    manifest: Manifest, files: Files, genes: Genes, prepared: Mapping[str, pd.DataFrame] | None = None,
    factors: Callable[[], Factors] | None = None, scheduler: str = "",
) -> Batch:  # fmt: skip
    """Read all contrasts of a manifest. Pure: touches nothing but ``files``.

    ``prepared``: file name -> its table as text, for files of another form than text. ``factors``: gives the transcription
    factors of the species, where the manifest infers networks.

    Raises:
        ContractError: a file or design breaks the contract as a whole; single rows are quarantined in the batch.
    """
    d = manifest.dataset
    batch = Batch(source=f"dataset/{d.id}", version=_version(files))
    frames: dict[tuple[str, str, str], pd.DataFrame] = {}
    expression = _expression(manifest, files, genes, batch)
    made: dict[str, Made] = {}
    engine = PyDESeq2()
    study = _study(manifest, files, genes, batch, scheduler)
    contrasts: list[ContrastSpec] = []
    for c in sorted(manifest.contrasts, key=lambda c: manifest.table_of(c) is not None):
        table = manifest.table_of(c)
        if table is None and study is not None:
            contrasts += _of_populations(manifest, c, study, made, engine, batch)
            continue
        contrasts.append(c)
        if table is None:
            assert expression is not None
            assert manifest.counts is not None
            made[c.id] = fits.from_donors(manifest, c, expression, manifest.counts, engine)
            continue
        assert table.file is not None
        frame = _frame(table.file, table, files, frames, prepared or {})
        if table.expressing is not None:
            assert table.columns is not None
            share = _frame(table.expressing, table, files, frames, prepared or {})
            paths = files.paths[table.file], files.paths[table.expressing]
            frame = over_all_cells(frame, paths[0], share, paths[1], table.columns)
        made[c.id] = _from_table(manifest, c, frame, files.paths[table.file], genes, batch, made)
    for c in contrasts:
        _contrast_rows(manifest, c, made[c.id], batch)
    sheet = study.sheet if study is not None else None if expression is None else expression.sheet
    quality = () if study is None else study.quality
    _dataset_rows(manifest, files, 0 if sheet is None else len(sheet), quality, batch)
    if sheet is not None:
        _donor_rows(manifest, sheet, batch)
    _shared_rows(manifest, contrasts, made, batch)
    if expression is not None:
        _references(manifest, manifest.material, expression, (), batch)
    if study is not None:
        population_rows(manifest, study, batch)
        for c in manifest.contrasts if manifest.cells and manifest.cells.composition else ():
            if manifest.table_of(c) is None:
                composition_rows(manifest, c, study, batch)
        _networks(manifest, files, study, contrasts, genes, factors, batch)
        for p in study.populations if manifest.contrasts else ():
            if p.expression is not None:
                material = of_population(manifest.contrasts[0], p, manifest.material).material
                assert material is not None
                _references(manifest, material, p.expression, (p.label.name,), batch)
    for spec in manifest.networks:
        read_network(manifest, spec, files.paths[spec.file], genes, batch)
    if manifest.markers is not None:
        marker_rows(manifest, manifest.markers, files.paths[manifest.markers.file], genes, batch)
    published = None
    if manifest.published_types is not None:
        published = published_rows(manifest, manifest.published_types, files.paths, batch)
    if manifest.embedding is not None:
        embedding_rows(manifest, manifest.embedding, files.paths, batch, published)
    return batch.check()


def _study(m: Manifest, files: Files, genes: Genes, batch: Batch, scheduler: str) -> Study | None:
    if m.cells is None or (m.cells.grn is None and all(m.table_of(c) is not None for c in m.contrasts)):
        return None
    study = read_study(m, files.paths[m.cells.file], genes, batch, files.paths, scheduler)
    left_out = [why for p in study.populations if p.expression for why in p.expression.left_out]
    batch.missing += [f"{m.dataset.id}: left out {why}" for why in left_out]
    return study


def _networks(
    m: Manifest, files: Files, study: Study, contrasts: list[ContrastSpec], genes: Genes,
    factors: Callable[[], Factors] | None, batch: Batch,
) -> None:  # fmt: skip
    if m.cells is None or m.cells.grn is None:
        return
    tfs = factors() if factors is not None else Factors(np.empty(0, dtype=str), {})
    if m.cells.grn.tfs is not None:
        tfs = Factors(read_factors(files.paths[m.cells.grn.tfs], m.dataset.taxon, genes, batch), tfs.symbols)
    if not len(tfs.ids):
        fix = "name a file of them in cells.grn.tfs, or load networks"
        raise broken("NO_FACTORS", m.dataset.id, "cells.grn knows the transcription factors", "none", fix)
    motifs = None
    if m.cells.grn.motifs is not None:
        motifs = Motifs(tuple(files.paths[name] for name in m.cells.grn.rankings), files.paths[m.cells.grn.motifs])
    testable = {row["id"] for row in batch.nodes["Contrast"] if row["noise"] == "donors"}
    within = batch.edges["IN_POPULATION", "Contrast", "CellPopulation"]
    for p in study.populations:
        own = {edge["subject"] for edge in within if edge["object"] == p.id} & testable
        mine = [c for c in contrasts if m.contrast_id(c) in own]
        regulatory_rows(m, study, p, mine, tfs, batch, motifs)


def _of_populations(
    m: Manifest, c: ContrastSpec, study: Study, made: dict[str, Made], engine: PyDESeq2, batch: Batch
) -> list[ContrastSpec]:
    """The contrast in each population of the study; what it gives goes to ``made``."""
    fits.arms(study.sheet, c, m.dataset.id)  # an arm that is empty or doubled in the whole study is an error
    own = []
    for p in study.populations:
        within = of_population(c, p, m.material_of(c))
        made[within.id] = fits.of_population(m, within, p.expression, p.reason, engine)
        edge = {"subject": m.contrast_id(within), "object": p.id}
        batch.edges["IN_POPULATION", "Contrast", "CellPopulation"].append(edge)
        own.append(within)
    return own


def _frame(
    name: str, table: Table, files: Files, read: dict[tuple[str, str, str], pd.DataFrame],
    prepared: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:  # fmt: skip
    """A file of the manifest as text, read once for all contrasts; ``read`` keeps what was."""
    key = (name, table.sep, table.encoding)
    if key not in read:
        ready = prepared.get(name)
        read[key] = read_frame(files.paths[name], *key[1:]) if ready is None else ready
    return read[key]


def _version(files: Files) -> str:
    return "+".join(sorted(s[:12] for s in files.sha256.values()))


def _expression(m: Manifest, files: Files, genes: Genes, batch: Batch) -> samples.Expression | None:
    if m.counts is None:
        return None
    matrix, sheet = files.paths[m.counts.matrix], files.paths[m.counts.samples]
    read = samples.read_counts(m.counts, matrix, sheet, m.dataset.taxon, genes, batch)
    batch.missing += [f"{m.dataset.id}: left out {why}" for why in read.left_out]
    return read


def _from_table(m: Manifest, c: ContrastSpec, frame: pd.DataFrame, path: Path, genes: Genes, batch: Batch,
                made: dict[str, Made]) -> Made:  # fmt: skip
    spec = m.table_of(c)
    assert spec is not None
    read = read_table(spec, frame, path, m.dataset.taxon, genes, batch)
    donors = made[c.same_samples_as].donors if c.same_samples_as else {}
    signature = Signature(m.contrast_id(c), m.dataset.taxon, read.genes, read.vector, read.effect, read.p, read.noise,
                          donors=tuple(x for arm in donors.values() for x in arm))  # fmt: skip
    n = spec.n_case, spec.n_control
    if donors:
        n = len(donors["case"]), len(donors["control"])
    flags = () if spec.cut is None else (f"cut: {spec.cut.by}",)
    fdr = np.where(np.isnan(read.fdr) & ~np.isnan(read.p), _adjusted(read.p), read.fdr)
    return Made(signature, fdr, spec.level, f"table; vector from {read.basis}", read.reason, n, donors, flags)


def _adjusted(p: Floats) -> Floats:
    return stats.false_discovery_control(np.nan_to_num(p, nan=1.0)) if len(p) else p


def material_label(material: Material) -> str:
    """What tells states apart: 'bulk cerebral cortex', 'microglial cell', 'microdissected cerebral cortex'."""
    if material.kind == "cell type" and material.cell_type:
        return terms.label(material.cell_type)
    if material.kind == "cell type":
        return material.system
    where = terms.label(material.tissue) if material.tissue else material.system
    return f"{material.kind} {where}"


def _contrast_rows(m: Manifest, c: ContrastSpec, made: Made, batch: Batch) -> None:
    material, s, table = m.material_of(c), made.signature, m.table_of(c)
    flags = [*made.flags, *c.flags]
    if not c.pooled:
        flags.append("not-pooled: shown below its state, never pooled with its cohorts")
    if made.level == "cell":
        flags.append(f"cell-level: {CELL_LEVEL}")
    flags += changes(s, made.fdr, batch)
    row: Row = {
        "id": s.id, "label": c.label, "in_taxon": s.taxon, "kind": c.kind,
        "case_arm": arm_name(c, "case"), "control_arm": arm_name(c, "control"), "level": made.level, "design": made.design,
        "engine": made.engine,
        "noise": {"donors": "donors", "table": "reference", "none": "none"}[s.noise], "noise_reason": made.reason,
        "df": s.df, "material": material_label(material), "age": m.age if c.age is None else c.age,
        "sex": m.sex if c.sex is None else c.sex, "strain": m.strain if c.strain is None else c.strain,
        "cut": table.cut.by if table and table.cut else "", "n_genes": len(s.genes), "flags": flags,
        "universe": (table.cut.tested or 0) if table and table.cut else len(s.genes),
    }  # fmt: skip
    row |= {k: n for k, n in zip(("n_case", "n_control"), made.n, strict=True) if n is not None}
    batch.nodes["Contrast"].append(row)
    batch.arrays[s.id] = s
    edge = _edges(batch, s.id)
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
        edge("OF_CONDITION", "DrugCondition", _condition(c, material, batch))
    for arm, names in made.donors.items():
        for donor in names:
            edge("USES_DONOR", "Donor", donor, arm=arm)


def _edges(batch: Batch, subject: str, label: str = "Contrast"):
    def edge(kind: str, object_label: str, target: str, **properties: object) -> None:
        batch.edges[kind, label, object_label].append({"subject": subject, "object": target, **properties})

    return edge


def changes(s: Signature, fdr: Floats, batch: Batch) -> list[str]:
    """Edges for genes that pass FDR .05, the surest first; says what is withheld."""
    passed = np.flatnonzero(fdr <= FDR)
    kept = passed[np.argsort(-np.abs(s.vector[passed]), kind="stable")][:MOST_EDGES]
    for at in kept:
        p = s.p[at]
        batch.edges["CHANGES_GENE", "Contrast", "Gene"].append({
            "subject": s.id, "object": f"ENSEMBL:{s.genes[at]}",
            "effect": float(s.effect[at]), "z": float(s.vector[at]), "p": -1.0 if np.isnan(p) else float(p), "fdr": float(fdr[at]),
        })  # fmt: skip
    if len(kept) == len(passed):
        return []
    return [
        f"edges-withheld: {len(passed)} genes pass FDR {FDR}, the {len(kept)} largest are edges; all are in the store"
    ]


def _state(m: Manifest, c: ContrastSpec, material: Material, batch: Batch) -> str:
    disease = terms.label(c.disease) if c.disease else c.kind
    where = material_label(material)
    made = local("state", disease, c.stage, where)
    if all(row["id"] != made for row in batch.nodes["DiseaseState"]):
        label = f"{disease}, {c.stage}, {where}" if c.stage else f"{disease}, {where}"
        batch.nodes["DiseaseState"].append({
            "id": made, "label": label, "disease": c.disease or "", "stage": c.stage, "material": where,
            "in_taxon": m.dataset.taxon,
        })  # fmt: skip
        if c.disease:
            batch.edges["HAS_DISEASE", "DiseaseState", "Disease"].append({"subject": made, "object": c.disease})
    return made


def _condition(c: ContrastSpec, material: Material, batch: Batch) -> str:
    dose = "" if c.dose is None else f"{c.dose:g} {c.dose_unit}".strip()
    system = material.system or material_label(material)
    hours = "" if c.time_hours is None else f"{c.time_hours:g} h"
    made, drug = local("condition", c.drug, dose, hours, system), local("drug", c.drug)
    row: Row = {"id": made, "label": " ".join(filter(None, (c.drug, dose, hours, f"in {system}"))), "system": system}
    row |= {"dose": c.dose, "dose_unit": c.dose_unit} if c.dose is not None else {}
    row |= {"time_hours": c.time_hours} if c.time_hours is not None else {}
    if all(r["id"] != made for r in batch.nodes["DrugCondition"]):
        batch.nodes["DrugCondition"].append(row)
        batch.edges["USES_DRUG", "DrugCondition", "Drug"].append({"subject": made, "object": drug})
    if all(r["id"] != drug for r in batch.nodes["Drug"]):
        batch.nodes["Drug"].append({"id": drug, "label": c.drug})
    return made


def _dataset_rows(m: Manifest, files: Files, n_samples: int, quality: tuple[str, ...], batch: Batch) -> None:
    d, spec = m.dataset, m.counts or m.cells
    scale = {"counts": "raw", "corrected": "corrected", "log2": "log2"}
    batch.nodes["Dataset"].append({
        "id": m.dataset_id, "title": d.title, "in_taxon": d.taxon, "licence": d.licence, "redistribute": d.redistribute,
        "citation": d.citation, "doi": d.doi, "accession": d.accession, "sha256": sorted(files.sha256.values()),
        "counts": scale[spec.scale] if spec else "none", "n_samples": n_samples, "simulated": d.simulated,
        "cell_quality": list(quality),
    })  # fmt: skip
    batch.edges["IN_SPECIES", "Dataset", "Species"].append({"subject": m.dataset_id, "object": d.taxon})
    for model in m.models:
        facts = model.model_dump(exclude={"disease"})
        batch.nodes["DiseaseModel"].append(facts | {"in_taxon": d.taxon})
        if model.disease:
            batch.edges["MODELS", "DiseaseModel", "Disease"].append({"subject": model.id, "object": model.disease})


def _donor_rows(m: Manifest, sheet: pd.DataFrame, batch: Batch) -> None:
    d, spec = m.dataset, m.counts or m.cells
    assert spec is not None
    pooled = spec.pooled_column
    named = {f"{f}_column": c for f in ("pooled", "sex", "age") if (c := getattr(spec, f"{f}_column"))}
    if missing := {f: c for f, c in named.items() if c not in sheet}:
        there = f"the columns that are facts of donors are {', '.join(map(repr, sheet.columns))}"
        raise broken("WRONG_COLUMNS", d.id, f"{', '.join(missing)} is a column of donors", missing, there)
    arms: dict[str, str] = {}
    for c in (c for c in m.contrasts if m.table_of(c) is None and not (c.test and c.test.minus_at)):
        chosen = fits.arms(sheet, c, d.id)
        for arm, mask in (("case", chosen.case), ("control", chosen.control)):
            arms |= dict.fromkeys(map(str, sheet.index[mask]), arm_name(c, arm))
    for name, facts in sheet.iterrows():
        row: Row = {"id": donor_id(m, str(name)), "in_taxon": d.taxon, "arm": arms.get(str(name), ""),
                    "n_pooled": int(facts[pooled]) if pooled else 1}  # fmt: skip
        row |= {k: str(facts[c]) for k, c in (("sex", spec.sex_column), ("age", spec.age_column)) if c}
        batch.nodes["Donor"].append(row)
        _edges(batch, row["id"], "Donor")("FROM_DATASET", "Dataset", m.dataset_id)


def _shared_rows(m: Manifest, contrasts: list[ContrastSpec], made: dict[str, Made], batch: Batch) -> None:
    """Contrasts that share an arm: by donors where they are known, by the arm's name where only tables are at hand."""
    edges = batch.edges["SHARES_SAMPLES", "Contrast", "Contrast"]
    for at, one in enumerate(contrasts):
        for two in contrasts[at + 1 :]:
            a, b = made[one.id], made[two.id]
            if a.donors and b.donors:
                shared = set(a.signature.donors) & set(b.signature.donors)
                names = {
                    arm_name(c, arm) for c, x in ((one, a), (two, b)) for arm, d in x.donors.items() if shared & set(d)
                }
                n, arm = len(shared), " / ".join(sorted(names))
            elif not (len(a.signature.genes) and len(b.signature.genes)):
                continue
            else:
                named = [{x: k for k in ("case", "control") if (x := arm_name(c, k))} for c in (one, two)]
                common = sorted(named[0].keys() & named[1].keys())
                sizes = [m.table_of(one), m.table_of(two)]
                known = [getattr(t, f"n_{named[0][x]}") for x in common for t in sizes[:1] if t]
                n, arm = (sum(known) if known and None not in known else -1), " / ".join(common)
            if arm:
                edges.append({"subject": m.contrast_id(one), "object": m.contrast_id(two), "arm": arm, "n_shared": n})
    for c in contrasts:
        for other in c.shares:
            edges.append({"subject": m.contrast_id(c), "object": f"orthokg:contrast/{other.contrast}", "arm": other.arm,
                          "n_shared": other.n})  # fmt: skip


def _references(m: Manifest, material: Material, e: samples.Expression, part: tuple[str, ...], batch: Batch) -> None:
    """``part``: the population, in a study that has several."""
    d = m.dataset
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
        made = local(role, d.id, *part)
        df = int(chosen.sum()) - len(set(groups))
        what = "healthy samples" if role == "reference" else "all samples"
        batch.nodes["NoiseReference"].append({
            "id": made, "label": f"{what} of {', '.join((d.title, *part))}", "role": role, "in_taxon": d.taxon,
            "material": material_label(material), "n_donors": len(donors), "df": df, "type_i_error": -1.0,
            "measured_how": "unmeasured", "status": "unmeasured",
        })  # fmt: skip
        batch.arrays[made] = Reference(made, d.taxon, role, e.genes, e.values[chosen], groups, donors)
        edge = _edges(batch, made, "NoiseReference")
        edge("FROM_DATASET", "Dataset", m.dataset_id)
        if material.tissue:
            edge("IN_TISSUE", "Tissue", material.tissue)
        if material.cell_type:
            edge("OF_TYPE", "CellType", material.cell_type)
        for donor in donors:
            edge("USES_DONOR", "Donor", donor, arm="healthy" if role == "reference" else "all")
