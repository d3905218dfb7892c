"""Single cells of a study -> cell populations, and donor-level expression of each.

The counts of a donor's cells of one type are summed; what follows is the arithmetic of a matrix with a sample sheet
(``counts``), once for every population. A column of ``obs`` that is the same in all cells of each donor is a fact of
the donor, and may tell the arms.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.batch import Batch, CellTally, Row
from ingest.files.cells.labels import Label, label_types
from ingest.files.cells.matrix import CellMatrix, as_codes, open_cells
from ingest.files.frames import broken
from ingest.files.tokens import Genes
from ingest.manifest.blocks import ContrastSpec, Material
from ingest.manifest.cell_blocks import Cells
from ingest.manifest.manifest import Manifest
from ingest.method.pseudobulk import Pseudobulk, groups_of, pseudobulk
from ingest.method.spread import Cluster
from ingest.progress import cells_bar
from ingest.study.cell_genes import gene_ids, one_species
from ingest.study.cell_quality import declared
from ingest.study.counts import Expression
from ingest.study.given_types import GivenTypes
from kg.curie import local, short
from kg.match.counts import DonorExpression, alike_doubts, alike_faults, donor_expression
from kg.names.placeholders import is_name, no_names
from kg.signatures.store import Strings


@dataclass(frozen=True)
class Population:
    """``n_removed``: cells that quality control took out; ``expression``: donors with enough cells x genes expressed,
    or None with the ``reason``; ``silent``: donors with enough cells and no counts."""

    id: str
    label: Label
    n_cells: int
    n_donors: int
    n_removed: int
    expression: Expression | None
    reason: str = ""
    silent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """``donors`` and ``types``: text of each cell (types by the population's name, "" for none); ``genes``: Ensembl id
    of each column, "" where it has none; ``sheet``: one row per donor, with the columns that are facts of the donor;
    ``quality``: what quality control took out, step by step; those cells have no type any more."""

    cells: CellMatrix
    donors: Strings
    types: Strings
    genes: Strings
    sheet: pd.DataFrame
    populations: tuple[Population, ...]
    quality: tuple[str, ...]


def read_study(
    m: Manifest,
    path: Path,
    genes: Genes,
    batch: Batch,
    files: Mapping[str, Path],
    scheduler: str = "",
    checkpoints: Path | None = None,
    given: GivenTypes | None = None,
) -> Study:
    """Read a file of cells; its columns (genes) are counted in the batch. ``files``: those that the manifest names;
    ``given``: types to take in place of those of the file;
    ``scheduler``: address of a Dask scheduler whose workers sum the cells, or ""; ``checkpoints``: folder for half-done
    sums.

    Raises:
        ContractError: what the reader of the format, the columns named in the manifest or the genes break.
    """
    assert m.cells is not None
    spec = m.cells
    cells = open_cells(path, spec, files)
    batch.missing += [f"{m.dataset.id}: {note}" for note in cells.notes]
    one_species(m, cells)
    donors = cells.texts(spec.donor, "cells.donor")
    if cells.unlisted is not None and cells.unlisted.any():
        lost = f"{int(cells.unlisted.sum())} cells have no row in {spec.obs} and are in no sum"
        batch.missing.append(f"{m.dataset.id}: {lost}")
    listed = np.ones(cells.n_cells, bool) if cells.unlisted is None else ~cells.unlisted
    donors = _names(m, donors, no_names(donors, m.keep), "donor", "sum", listed, batch)
    texts = cells.texts(spec.cell_type, "cells.cell_type") if given is None else given.texts
    no_types = frozenset(text for text in np.unique(texts) if not is_name(text, m.keep))
    texts = _names(m, texts, no_types, "cell type", "population", listed, batch)
    labels = label_types(texts)
    if not labels or not (donors != "").any():
        what = spec.donor if labels else spec.cell_type
        if given is not None and not labels:
            fix = "map it to an atlas that has its types; `orthokg atlas map` shows the outcome of each cell"
            rule = "some cell has a type, or an ancestor, by the atlas"
            raise broken("NO_CELLS", path.name, rule, f"none of {cells.n_cells:,}", fix)
        values = ", ".join(map(repr, map(str, np.unique(cells.texts(what, what))[:8])))
        fix = "name the column that has them; words that are names here go into `keep:`"
        raise broken("NO_CELLS", path.name, f"cells have a name in {what}", f"only {values}", fix)
    if 2 * (donors[listed] == "").sum() > listed.sum() and not spec.partial:
        values, count = np.unique(cells.texts(spec.donor, "cells.donor")[listed & (donors == "")], return_counts=True)
        found = ", ".join(f"{v!r} in {n:,}" for v, n in zip(values.tolist(), count.tolist(), strict=True))
        fix = "name the column of donors, fill it, or declare `partial: true` if most cells are of no donor"
        raise broken(
            "NO_DONORS",
            path.name,
            f"most cells name a donor in {spec.donor}",
            f"{found} of {listed.sum():,} cells",
            fix,
        )
    types = _named(texts, labels)
    ids = gene_ids(m, cells, genes, batch)
    sheet = donor_sheet(cells.obs, donors)
    _facts_of_donors(m, cells, donors, sheet)
    placed = (donors != "") & (types != "")
    qc = declared(m, cells, placed, ids, genes, batch)
    cluster = Cluster(scheduler, path, spec, files) if scheduler else None
    with cells_bar(m.dataset.id) as progress:
        sums = pseudobulk(
            cells,
            donors,
            types,
            sieve=qc.sieve if qc else None,
            progress=progress,
            checkpoints=checkpoints,
            cluster=cluster,
        )
    _above_one(cells, sums)
    if qc and not (placed & (sums.failed == 0)).any():
        found, fix = "; ".join(qc.told(sums.failed)), "widen the bounds of cells.qc"
        raise broken("NO_CELLS", path.name, "cells pass the declared quality control", found, fix)
    made = tuple(_population(m, spec, label, sums, ids, sheet, (types == label.name) & placed) for label in labels)
    batch.cells = _tally(
        cells,
        {
            f"have no row in {spec.obs}": ~listed,
            "name no donor": donors == "",
            "name no cell type": types == "",
            "did not pass quality control": sums.failed > 0,
            **_too_few(spec, donors, types, sums, made),
        },
        made,
    )
    if wider := [f"{p.label.name} ({p.label.term})" for p in made if p.label.method == "broad mapping"]:
        batch.missing.append(f"{m.dataset.id}: only a wider Cell Ontology term for {', '.join(wider)}")
    if unmapped := [p.label.name for p in made if not p.label.term]:
        batch.missing.append(
            f"{m.dataset.id}: no Cell Ontology term for {', '.join(unmapped)}; kept as the authors' words"
        )
    if all(label.name.isdecimal() for label in labels):
        shown = ", ".join(label.name for label in labels[:4])
        batch.missing.append(
            f"{m.dataset.id}: populations are named by numbers ({shown}): clusters, or codes whose labels a "
            "conversion lost (SeuratDisk); name the column of labels in cells.cell_type"
        )
    told = qc.told(sums.failed) if qc else ("none declared: every cell with a donor and a type is summed",)
    return Study(cells, donors, np.where(sums.failed == 0, types, ""), ids, sheet, made, told)


def _above_one(cells: CellMatrix, sums: Pseudobulk) -> None:
    """Raises ContractError NO_COUNTS where no value of the matrix is above 1: what is seen or not is not a count."""
    if not len(sums.cells) or (sums.sums > sums.cells[:, None]).any():
        return
    if all(block.nnz == 0 or block.max() <= 1 for _, block in cells.chunks()):
        fix = "presence (0 and 1) is not a count: name the counts in cells.counts_in, or give their file"
        raise broken("NO_COUNTS", cells.path.name, f"{cells.layer} holds counts", "no value above 1", fix)


def _too_few(
    spec: Cells, donors: Strings, types: Strings, sums: Pseudobulk, made: tuple[Population, ...]
) -> dict[str, np.ndarray]:
    """Cells of donors with too few of their type, and of populations of which no gene is expressed."""
    group, who, kinds = groups_of(donors, types)
    dull = np.isin(kinds, [p.label.name for p in made if p.expression is None])
    few = sums.cells < spec.min_cells
    silent = np.zeros(len(kinds), bool)
    for p in made:
        silent |= (kinds == p.label.name) & np.isin(who, p.silent)
    return {
        f"are of a donor with fewer than {spec.min_cells} of their type": np.append(few, False)[group],
        "are of a donor without counts of the genes that their type expresses": np.append(silent & ~few, False)[group],
        "are of a population that expresses no gene": np.append(dull & ~few, False)[group],
    }


def _tally(cells: CellMatrix, reasons: dict[str, np.ndarray], made: tuple[Population, ...]) -> CellTally:
    """Each cell is counted at the first reason that holds of it."""
    left, count = np.ones(cells.n_cells, bool), {}
    for why, mask in reasons.items():
        count[why] = int((left & mask).sum())
        left &= ~mask
    used = [p.expression for p in made if p.expression is not None]
    donors, genes = {d for e in used for d in e.sheet.index}, {g for e in used for g in e.genes}
    return CellTally(cells.n_cells, count, cells.layer, len(donors), len(genes), len(cells.genes))


def _names(
    m: Manifest, texts: Strings, none: frozenset[str], what: str, of: str, among: np.ndarray, batch: Batch
) -> Strings:
    """The texts, "" for those that name ``none``; how many cells these are, of those looked at ``among``, is told."""
    known, code = np.unique(texts, return_inverse=True)
    named, count = ~np.isin(known, list(none)), np.bincount(code[among], minlength=len(known))
    if count[~named].any():
        words = [(str(text), int(n)) for text, n in zip(known[~named], count[~named], strict=True) if n]
        said = ", ".join(f"{text!r}" if len(words) == 1 else f"{text!r} {n}" for text, n in words)
        said = "" if said == "''" else f"({said}) "
        batch.missing.append(
            f"{m.dataset.id}: {sum(n for _, n in words)} cells name no {what} {said}and are in no {of}"
        )
    return np.where(named, known, "")[code]


def _named(texts: Strings, labels: tuple[Label, ...]) -> Strings:
    """The population's name of each cell."""
    name = {text: label.name for label in labels for text in label.texts} | {"": ""}
    known, code = np.unique(texts, return_inverse=True)
    return np.array([name[text] for text in known], dtype=str)[code]


def donor_sheet(obs: pd.DataFrame, donors: Strings) -> pd.DataFrame:
    """Donors x the columns of obs that have one value in all cells of each donor, as text."""
    placed = donors != ""
    names, first, of = np.unique(donors[placed], return_index=True, return_inverse=True)
    made: dict[str, Strings] = {}
    for column in obs:
        codes, values = as_codes(obs[column])
        codes = codes[placed]
        if (codes == codes[first][of]).all():
            made[str(column)] = values[codes[first]]
    return pd.DataFrame(made, index=pd.Index(names, name="donor"))


def _facts_of_donors(m: Manifest, cells: CellMatrix, donors: Strings, sheet: pd.DataFrame) -> None:
    """Columns that tell arms and designs are facts of donors. Raises ContractError DONOR_IN_BOTH_ARMS or
    VARIES_IN_DONOR."""
    for c in m.contrasts:
        if m.table_of(c) is not None:
            continue
        arms = [*c.case, *c.control, *([c.test.of] if c.test else [])]
        words = re.findall(r"[\w.]+", c.design or "")
        others = [*c.strata, *c.rows, *c.numeric, *words, *([*c.test.at, *c.test.minus_at] if c.test else [])]
        for column in dict.fromkeys([*arms, *others]):
            if column in cells.obs and column not in sheet:
                _varies(m, c, column, column in arms, donors, cells.texts(column, column))


def _varies(m: Manifest, c: ContrastSpec, column: str, arm: bool, donors: Strings, texts: Strings) -> None:
    pairs = pd.DataFrame({"donor": donors, "value": texts})
    held = pairs[pairs["donor"] != ""].drop_duplicates().groupby("donor")["value"].agg(sorted)
    several = held[held.map(len) > 1]
    found = f"{len(several)} donors have several values, such as {several.index[0]}: {', '.join(several.iloc[0][:4])}"
    fix = (
        "correct the column; where one animal or person gave samples of several kinds, name a column of samples in "
        "cells.donor and its donor among the strata"
    )
    code = "DONOR_IN_BOTH_ARMS" if arm else "VARIES_IN_DONOR"
    rule = f"{column} is the same in all cells of a donor"
    raise broken(code, f"{m.dataset.id}: {c.id}", rule, found, fix)


def _population(
    m: Manifest, spec: Cells, label: Label, sums: Pseudobulk, genes: Strings, sheet: pd.DataFrame, placed: np.ndarray
) -> Population:
    """``placed``: cells of it that have a donor."""
    own = sums.of_type(label.name)
    made = local("population", m.dataset.id, label.name)
    size = int(own.cells.sum()), int((own.cells > 0).sum()), int((sums.failed[placed] > 0).sum())
    part = sums.of_type(label.name, spec.min_cells)
    if not len(part.donors):
        why = f"no donor has {spec.min_cells} cells of it; the most is {int(own.cells.max(initial=0))}"
        return Population(made, label, *size, None, why)
    low = sorted(set(own.donors) - set(part.donors))
    left_out = tuple(f"{d}: {int(own.cells[own.donors == d][0])} cells of {label.name}" for d in low)
    used = genes != ""
    found, part, silent = _with_counts(spec, part, genes[used], used)
    left_out += tuple(f"{d}: no counts of the genes that {label.name} expresses" for d in silent)
    if not len(found.genes):
        why = (
            f"no gene has {spec.min_count:g} counts in more than {spec.min_share:.0%} of its {len(part.donors)} donors"
        )
        return Population(made, label, *size, None, why)
    for fault in alike_faults(found.alike, part.donors, f"give their cells one name in {spec.donor}"):
        return Population(made, label, *size, None, f"{fault.rule}: {fault.found}; {fault.fix}")
    doubts = tuple(alike_doubts(found.alike, part.donors))
    expression = Expression(
        found.genes, found.values, found.counts, sheet.loc[list(part.donors)], left_out, found.measured, doubts
    )
    return Population(made, label, *size, expression, "", tuple(silent))


def _with_counts(
    spec: Cells, part: Pseudobulk, genes: Strings, used: np.ndarray
) -> tuple[DonorExpression, Pseudobulk, list[str]]:
    """Expression of the donors that have counts, and those that have none, which measure nothing."""
    silent: list[str] = []
    while True:
        found = donor_expression(
            part.sums[:, used].T,
            genes,
            part.donors,
            None,
            spec.scale,
            min_count=spec.min_count,
            min_share=spec.min_share,
        )
        there = found.counts.sum(axis=1) > 0
        if there.all() or not len(found.genes):
            return found, part, silent
        silent += part.donors[~there].tolist()
        part = Pseudobulk(part.donors[there], part.types[there], part.sums[there], part.cells[there], part.failed)


def of_population(c: ContrastSpec, p: Population, material: Material) -> ContrastSpec:
    """The same contrast within one population."""
    own = material.model_copy(
        update={
            "kind": "cell type",
            "cell_type": p.label.exact or None,
            "system": "" if p.label.exact else p.label.name,
        }
    )
    own = Material(**own.model_dump())
    return c.model_copy(
        update={"id": f"{c.id}.{short(p.label.name)}", "label": f"{c.label}, {p.label.name}", "material": own}
    )


def population_rows(m: Manifest, study: Study, batch: Batch) -> None:
    """Nodes of the populations with dataset, tissue and cell type."""
    for p in study.populations:
        row: Row = {
            "id": p.id,
            "label": p.label.name,
            "author_labels": list(p.label.texts),
            "in_taxon": m.dataset.taxon,
            "n_cells": p.n_cells,
            "n_donors": p.n_donors,
            "n_removed": p.n_removed,
        }
        batch.nodes["CellPopulation"].append(row)

        def edge(kind: str, label: str, target: str, p: Population = p, **properties: object) -> None:
            ends = {"subject": p.id, "object": target}
            batch.edges[kind, "CellPopulation", label].append(ends | properties)

        edge("FROM_DATASET", "Dataset", m.dataset_id)
        if where := m.material.region or m.material.tissue:
            edge("IN_TISSUE", "Tissue", where)
        if p.label.term:
            edge("OF_TYPE", "CellType", p.label.term, method=p.label.method)
