"""A manifest and its files -> rows of the graph, signatures and references.

    files = get(cache, manifest)
    batch = transform(manifest, files, genes)

Contrasts come from a table, from counts or from cells (``de_tables``, ``counts``, ``cells``); around them stand the
dataset, its donors, states or drug conditions, and which contrasts share samples.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from ingest.batch import Batch
from ingest.fetch.download import sha256_of
from ingest.files.frames import broken, read_frame
from ingest.files.tokens import Genes
from ingest.manifest.blocks import ContrastSpec, Table
from ingest.manifest.manifest import Manifest
from ingest.manifest.places import need_within
from ingest.method.pydeseq import PyDESeq2
from ingest.study import counts as samples
from ingest.study import fits
from ingest.study.cells import Study, of_population, population_rows, read_study
from ingest.study.composition import MEASURE, composition_rows
from ingest.study.contrast_rows import contrast_rows, shared_rows
from ingest.study.dataset_rows import dataset_rows, donor_rows, reference_rows
from ingest.study.de_tables import declared, read_table
from ingest.study.embedding import embedding_rows
from ingest.study.expressing import over_all_cells
from ingest.study.factors import Factors, read_factors
from ingest.study.fits import Made
from ingest.study.given_types import GivenTypes, flagged, mapping_rows
from ingest.study.inferred import read_network
from ingest.study.markers import marker_rows
from ingest.study.published_types import published_rows
from ingest.study.regulatory import Motifs, regulatory_rows
from kg.curie import short
from kg.files.regular import need_file
from kg.match.tables.doubts import p_doubt
from kg.signatures.store import Floats, Signature

if TYPE_CHECKING:
    from ingest.fetch.cache import Cache


@dataclass(frozen=True)
class Files:
    """Name in the manifest -> path, and the checksum of each file read."""

    paths: dict[str, Path]
    sha256: dict[str, str]


def get(cache: "Cache", manifest: Manifest) -> Files:
    """Find every file: beside the manifest first, then in the cache.

    Raises:
        ContractError: CHECKSUM when a file differs from ``checksums``, MISSING_FILE when it is in neither place,
        OUTSIDE
            when it lies where a manifest may not read.
    """
    paths, sums = {}, {}
    roots = (manifest.folder, Path.cwd(), *cache.seeds, cache.own, *cache.allowed) if manifest.folder else ()
    for name in manifest.files():
        beside = manifest.folder / name if manifest.folder and "\0" not in name else None
        there = beside is not None and _exists(need_within(beside, roots, name))
        paths[name] = beside if beside and there else _cached(cache, manifest, name)
        sums[name] = checksum(paths[name])
        wanted = manifest.checksums.get(name)
        if wanted and wanted != sums[name]:
            fix = "the file has changed since the manifest was written; get it again, or correct the checksum"
            raise broken("CHECKSUM", name, f"sha256 is {wanted}", sums[name], fix)
    return Files(paths, sums)


def _exists(path: Path) -> bool:
    """False for a name that no file can have."""
    try:
        return path.exists()
    except OSError:
        return False


def checksum(path: Path) -> str:
    """sha256 of a file; of a folder (zarr, Cell Ranger's) that of the names and checksums of its files."""
    if not path.is_dir():
        return sha256_of(need_file(path))
    files = sorted(p for p in path.rglob("*") if p.is_file())
    lines = [f"{p.relative_to(path).as_posix()} {sha256_of(p)}\n" for p in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _cached(cache: "Cache", manifest: Manifest, name: str) -> Path:
    if name in cache.pins:
        return cache.get(name)
    where = f"neither beside the manifest ({manifest.folder}) nor a source of the cache"
    raise broken("MISSING_FILE", name, "the file must exist", where, "check its name; it is relative to the manifest")


def transform(
    manifest: Manifest,
    files: Files,
    genes: Genes,
    prepared: Mapping[str, pd.DataFrame] | None = None,
    factors: Callable[[], Factors] | None = None,
    scheduler: str = "",
    checkpoints: Path | None = None,
    given: GivenTypes | None = None,
) -> Batch:
    """Read all contrasts of a manifest. Touches nothing but ``files`` and ``checkpoints``.

    ``prepared``: file name -> its table as text, for files of another form than text. ``factors``: gives the
    transcription factors of the species, where the manifest infers networks. ``checkpoints``: folder for half-done sums
    of cells. ``given``: types of its cells, in place of those of its file.

    Raises:
        ContractError: a file or design breaks the contract as a whole; single rows are quarantined in the batch.
    """
    d, manifest = manifest.dataset, flagged(manifest, given)
    batch = Batch(source=f"dataset/{d.id}", version=_version(files))
    frames: dict[tuple[str, str | None, str], pd.DataFrame] = {}
    expression = _expression(manifest, files, genes, batch)
    made: dict[str, Made] = {}
    engine = PyDESeq2()
    study = _study(manifest, files, genes, batch, scheduler, checkpoints, given)
    contrasts: list[ContrastSpec] = []
    _names_differ(manifest, study)
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
            frame = over_all_cells(frame, paths[0], share, paths[1], table.columns, declared(table))
        made[c.id] = _from_table(manifest, c, frame, files.paths[table.file], genes, batch, made)
    sheet = study.sheet if study is not None else None if expression is None else expression.sheet
    for c in contrasts:
        contrast_rows(manifest, c, made[c.id], None if manifest.table_of(c) else sheet, batch)
    quality = () if study is None else study.quality
    dataset_rows(manifest, files.sha256.values(), 0 if sheet is None else len(sheet), quality, batch)
    if sheet is not None:
        donor_rows(manifest, sheet, batch)
    shared_rows(manifest, contrasts, made, batch)
    if expression is not None:
        reference_rows(manifest, manifest.material, expression, (), batch)
        if expression.incomplete is not None:
            expression.incomplete.settle(batch)
    if study is not None:
        population_rows(manifest, study, batch)
        if given is not None:
            mapping_rows(manifest, given, batch)
        for c in manifest.contrasts if manifest.cells and manifest.cells.composition else ():
            if manifest.table_of(c) is None:
                composition_rows(manifest, c, study, batch)
        _networks(manifest, files, study, contrasts, genes, factors, batch)
        for p in study.populations if manifest.contrasts else ():
            if p.expression is not None:
                material = of_population(manifest.contrasts[0], p, manifest.material).material
                assert material is not None
                reference_rows(manifest, material, p.expression, (p.label.name,), batch)
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


def _names_differ(m: Manifest, study: Study | None) -> None:
    """What the manifest names and what is named after a population. Raises ContractError DUPLICATE_NAME."""
    if study is None:
        return
    spread = {c.id for c in m.contrasts if m.table_of(c) is None}
    made = [f"{name}.{short(p.label.name)}" for name in sorted(spread) for p in study.populations]
    if m.cells and m.cells.composition:
        made += [f"{name}.{MEASURE}" for name in sorted(spread)]
    networks = [short(p.label.name) for p in study.populations] if m.cells and m.cells.grn else []
    for where, own, others in (
        ("contrasts", [c.id for c in m.contrasts if c.id not in spread], made),
        ("networks", [n.id for n in m.networks], networks),
    ):
        if twice := sorted({name for name in own if name in others}):
            rule = f"{where} differ in name from those that are made for each population"
            raise broken("DUPLICATE_NAME", f"{m.dataset.id}: {where}", rule, ", ".join(twice), "give it another id")


def _study(
    m: Manifest,
    files: Files,
    genes: Genes,
    batch: Batch,
    scheduler: str,
    checkpoints: Path | None,
    given: GivenTypes | None,
) -> Study | None:
    asked = m.cells is not None and (m.cells.grn is not None or any(m.table_of(c) is None for c in m.contrasts))
    if m.cells is None or not (asked or given):
        return None
    study = read_study(m, files.paths[m.cells.file], genes, batch, files.paths, scheduler, checkpoints, given)
    left_out = [why for p in study.populations if p.expression for why in p.expression.left_out]
    batch.missing += [f"{m.dataset.id}: left out {why}" for why in left_out]
    batch.doubts += [
        f"{p.label.name}: {doubt}" for p in study.populations if p.expression for doubt in p.expression.doubts
    ]
    return study


def _networks(
    m: Manifest,
    files: Files,
    study: Study,
    contrasts: list[ContrastSpec],
    genes: Genes,
    factors: Callable[[], Factors] | None,
    batch: Batch,
) -> None:
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
    testable = {row["id"] for row in batch.nodes["Contrast"] if row["df"] and row["noise"] not in ("none", "reference")}
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
    name: str,
    table: Table,
    files: Files,
    read: dict[tuple[str, str | None, str], pd.DataFrame],
    prepared: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
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
    read = samples.read_counts(m.counts, matrix, sheet, m.dataset.taxon, genes, batch, m.keep)
    batch.missing += [f"{m.dataset.id}: left out {why}" for why in read.left_out]
    batch.doubts += read.doubts
    return read


def _from_table(
    m: Manifest, c: ContrastSpec, frame: pd.DataFrame, path: Path, genes: Genes, batch: Batch, made: dict[str, Made]
) -> Made:
    spec = m.table_of(c)
    assert spec is not None
    read = read_table(spec, frame, path, m.dataset.taxon, genes, batch)
    donors = made[c.same_samples_as].donors if c.same_samples_as else {}
    signature = Signature(
        m.contrast_id(c),
        m.dataset.taxon,
        read.genes,
        read.vector,
        read.effect,
        read.p,
        read.noise,
        donors=tuple(x for arm in donors.values() for x in arm),
    )
    batch.doubts += [f"{c.id}: {flag}" for flag in read.flags]
    n = spec.n_case, spec.n_control
    if donors:
        n = len(donors["case"]), len(donors["control"])
    flags = (*((f"cut: {read.cut}",) if read.cut else ()), *read.flags)
    if read.cut and spec.cut is None:
        batch.missing.append(f"{c.id}: the table is cut: {read.cut}; give that of all genes tested, or declare `cut:`")
    if doubt := p_doubt(read.p, *n, spec.level, spec.cut.by if spec.cut else ""):
        flags += (doubt,)
        batch.doubts.append(f"{c.id}: {doubt}")
    fdr = np.where(np.isnan(read.fdr) & ~np.isnan(read.p), _adjusted(read.p), read.fdr)
    return Made(
        signature, fdr, spec.level, f"table; vector from {read.basis}", read.reason, n, donors, flags, cut=read.cut
    )


def _adjusted(p: Floats) -> Floats:
    return stats.false_discovery_control(np.nan_to_num(p, nan=1.0)) if len(p) else p
