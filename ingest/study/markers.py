"""Lists of marker genes of cell types, laid out as PanglaoDB's (doi 10.1093/database/baz046) -> HAS_MARKER.

A row is a gene of a cell type, of one species or several (``Mm Hs``); rows of other species alone do not belong to this
dataset and are not counted as read. Traps of the layout: symbols are human ones in capitals, also for mouse alone;
``canonical marker`` is 1 or NA; ``specificity`` is the share of *other* cells that express the gene, so that less is
more specific.

What is called by a Cell Ontology term is a marker of that term. Where the ontology has no such name, or only a wider
one, the list's words stay, as a cell population of this list: a marker of microglia of one region is not one of all
macrophages.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ingest.batch import Batch, Row
from ingest.files.cells.labels import Label, label_types
from ingest.files.frames import Floats, Texts, broken, cells, need_columns, read_frame, rows_where
from ingest.files.tokens import Genes, name_genes, quarantine, told
from ingest.manifest.cell_blocks import MarkerSpec
from ingest.manifest.manifest import Manifest
from kg.curie import local
from kg.names.placeholders import is_name
from kg.names.species import SPECIES, name_of
from kg.tables.numbers import read_numbers

CODES = {taxon: species.panglao for taxon, species in SPECIES.items() if species.panglao}
_EMPTY = ("", "NA", "nan", "NaN")
_ROW = "\0row"


def marker_rows(m: Manifest, spec: MarkerSpec, path: Path, genes: Genes, batch: Batch) -> None:
    """Markers of one species; rows are counted in the batch.

    Raises:
        ContractError: WRONG_COLUMNS, NO_ROWS, MIXED_SPECIES or UNKNOWN_GENES, and as :func:`frames.read_frame`.
    """
    taxon = m.dataset.taxon
    frame = read_frame(path)
    named = {"species_column": spec.species_column, "gene_column": spec.gene_column, "label_column": spec.label_column}
    need_columns(frame, {f"markers.{field}": column for field, column in named.items()}, path)
    frame = _of_species(frame.assign(**{_ROW: np.arange(1, len(frame) + 1)}), m, spec, path, batch)
    batch.read += len(frame)
    frame, numbers = _numbered(_typed(frame, spec, path, batch, m.keep), taxon, path, batch)
    tokens = cells(frame, spec.gene_column)
    found = name_genes(_spelled(tokens, taxon, genes), taxon, genes, path)
    told(found, batch, path.name)
    quarantine(found, batch, path.name, frame[_ROW].to_numpy(int), tokens)
    kept = found.ids != ""
    batch.accepted += int(kept.sum())
    facts = pd.DataFrame(
        {
            "text": cells(frame, spec.label_column),
            "gene": found.ids,
            "canonical": _column(frame, "canonical marker") == "1",
            "organ": _column(frame, "organ"),
            **numbers,
        }
    )[kept]
    labels = label_types(facts["text"])
    for label in labels:
        own = facts[np.isin(cells(facts, "text"), label.texts)]
        subject = _subject(m, label, batch)
        batch.edges["HAS_MARKER", subject[0], "Gene"] += [
            _marker(subject[1], label, str(gene), rows) for gene, rows in own.groupby("gene", sort=True)
        ]
    _told(m, labels, batch)


def _of_species(frame: pd.DataFrame, m: Manifest, spec: MarkerSpec, path: Path, batch: Batch) -> pd.DataFrame:
    """Rows of the dataset's species, and those that name none."""
    wanted = set(spec.species or [CODES.get(m.dataset.taxon, m.dataset.taxon)])
    texts = cells(frame, spec.species_column)
    own = np.array([text in wanted or not wanted.isdisjoint(text.split()) for text in texts], dtype=bool)
    blank = np.isin(texts, _EMPTY)
    if not own.any():
        there = ", ".join(map(repr, sorted(set(texts))[:20]))
        fix = f"name its words in markers.species; the column has {there}"
        raise broken(
            "NO_ROWS", path.name, f"{spec.species_column} names {m.dataset.taxon}", f"no {sorted(wanted)}", fix
        )
    if other := int((~own & ~blank).sum()):
        batch.missing.append(
            f"{path.name}: {other} rows are of other species alone; a manifest of their taxon reads them"
        )
    return rows_where(frame, own | blank)


def _typed(frame: pd.DataFrame, spec: MarkerSpec, path: Path, batch: Batch, keep: list[str]) -> pd.DataFrame:
    """Rows that name a species and a cell type."""
    species, labels = cells(frame, spec.species_column), cells(frame, spec.label_column)
    unnamed = np.array([not is_name(label, keep) for label in labels], dtype=bool)
    blank = np.isin(species, _EMPTY)
    for at in np.flatnonzero(blank | unnamed):
        rule, value, column = (
            ("no-species", species[at], spec.species_column)
            if blank[at]
            else ("no-cell-type", labels[at], spec.label_column)
        )
        batch.quarantine(path.name, int(frame[_ROW].iloc[at]), rule, value, f"fill in {column!r}, or leave the row out")
    return rows_where(frame, ~(blank | unnamed))


def _numbered(frame: pd.DataFrame, taxon: str, path: Path, batch: Batch) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Rows whose shares are shares, and these: nan where none is stated."""
    of = name_of(taxon)
    columns = {
        "ubiquitousness": "ubiquitousness index",
        "sensitivity": f"sensitivity_{of}",
        "specificity": f"specificity_{of}",
    }
    texts = {name: _column(frame, column) for name, column in columns.items()}
    values = read_numbers(texts, path.name)
    good = np.ones(len(frame), dtype=bool)
    for name, text in texts.items():
        stated = ~np.isin(text, _EMPTY)
        for at in np.flatnonzero(good & stated & ~((values[name] >= 0) & (values[name] <= 1))):
            fix = f"{columns[name]!r} is a share from 0 to 1, or NA"
            batch.quarantine(path.name, int(frame[_ROW].iloc[at]), "bad-number", text[at], fix)
            good[at] = False
    return rows_where(frame, good), {name: value[good] for name, value in values.items()}


def _column(frame: pd.DataFrame, column: str) -> Texts:
    """Its cells, "" where a list has no such column or says NA."""
    found = cells(frame, column) if column in frame else np.full(len(frame), "", dtype=str)
    return np.where(np.isin(found, _EMPTY), "", found)


def _spelled(tokens: Texts, taxon: str, genes: Genes) -> Texts:
    """Symbols of a species that are written in capitals as its symbols are written, where only that is a current
    one."""
    species = SPECIES[taxon]
    if species.symbols == "upper":
        return tokens
    own = np.array(
        [species.written(t) if t.isupper() and not t.startswith("ENS") else t for t in tokens.tolist()], dtype=str
    )
    (as_is, rule), (ids, _) = genes.resolve_many(tokens), genes.resolve_many(own)
    known = np.array([gene is not None for gene in as_is], dtype=bool) & (np.asarray(rule) != "previous-symbol")
    other = np.array([gene is not None for gene in ids], dtype=bool)
    return np.where(~known & other, own, tokens)


def _subject(m: Manifest, label: Label, batch: Batch) -> tuple[str, str]:
    """The term that the label is, or else a population of this list with its words."""
    if label.exact:
        return "CellType", label.exact
    made = local("population", m.dataset.id, label.name)
    if all(row["id"] != made for row in batch.nodes["CellPopulation"]):
        row: Row = {"id": made, "label": label.name, "author_labels": list(label.texts), "in_taxon": m.dataset.taxon}
        batch.nodes["CellPopulation"].append(row)
        batch.edges["FROM_DATASET", "CellPopulation", "Dataset"].append({"subject": made, "object": m.dataset_id})
        if label.term:
            edge = {"subject": made, "object": label.term, "method": label.method}
            batch.edges["OF_TYPE", "CellPopulation", "CellType"].append(edge)
    return "CellPopulation", made


def _marker(subject: str, label: Label, gene: str, rows: pd.DataFrame) -> Row:
    """One edge of the rows that name a gene of a type: several where the list has it for several organs or by two
    names."""
    made: Row = {
        "subject": subject,
        "object": f"ENSEMBL:{gene}",
        "author_labels": sorted(set(rows["text"])),
        "method": label.method,
        "canonical": bool(rows["canonical"].any()),
        "organ": "; ".join(sorted(set(rows["organ"]) - {""})),
    }
    shares = rows[["ubiquitousness", "sensitivity", "specificity"]].mean()
    return made | {str(name): float(value) for name, value in shares.items() if not np.isnan(value)}


def _told(m: Manifest, labels: tuple[Label, ...], batch: Batch) -> None:
    """What has no term of its own."""
    if wider := [f"{x.name} ({x.term})" for x in labels if x.method == "broad mapping"]:
        batch.missing.append(
            f"{m.dataset.id}: only a wider Cell Ontology term for {', '.join(wider)}; kept as the list's words"
        )
    if free := [x.name for x in labels if not x.term]:
        batch.missing.append(f"{m.dataset.id}: no Cell Ontology term for {', '.join(free)}; kept as the list's words")
