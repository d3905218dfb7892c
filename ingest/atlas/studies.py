"""Reads a manifest's cells under the policy of an atlas: counts by unique gene, donors, types, and which cells are
healthy.

Cells are read as by an ingest (``ingest.study.cells``), but not summed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ingest.atlas.policy import AtlasPolicy
from ingest.batch import Batch
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes, need_species
from ingest.files.cells.labels import Label, label_types
from ingest.files.cells.matrix import CellMatrix, open_cells
from ingest.files.frames import broken
from ingest.manifest.blocks import Rows
from ingest.manifest.cell_blocks import Cells
from ingest.manifest.manifest import Manifest, read
from ingest.method.mapping.space.cells import Query, StudyCells
from ingest.progress import cells_bar
from ingest.study import datasets
from ingest.study.cell_genes import gene_ids, one_species
from ingest.study.cell_quality import declared
from ingest.study.counts import select
from kg.curie import HEALTHY
from kg.names.placeholders import is_name, no_names
from kg.signatures.store import Strings

DISEASE = "disease_ontology_term_id"
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Read:
    """A study as read. ``counts``: cells x genes, CSR, raw counts; ``genes``: sorted unique Ensembl ids; ``donors``,
    ``types`` (n,): "" if a cell has none; ``labels``: its types; ``healthy`` (n,): None if unknown; ``by``: how healthy
    cells were identified; ``passed`` (n,): cells that pass the policy's filters; ``notes``: what was decided and left
    out, in words; ``sha256``: of its files; ``labels_only``: cells without donor take part too."""

    manifest: Manifest
    cells: CellMatrix
    counts: sparse.csr_matrix
    genes: Strings
    donors: Strings
    types: Strings
    labels: tuple[Label, ...]
    healthy: Mask | None
    by: str
    passed: Mask
    notes: tuple[str, ...]
    sha256: dict[str, str] = field(default_factory=dict)
    labels_only: bool = False

    @property
    def name(self) -> str:
        return self.manifest.dataset.id

    @property
    def of_reference(self) -> Mask:
        """Cells (n,) that are used for an atlas: they have a donor and a type, and pass the filters."""
        return self.passed & ((self.donors != "") | self.labels_only) & (self.types != "")

    def named_donors(self) -> Strings:
        """Donors of the cells used, prefixed with the study; "" if unknown."""
        donors = self.donors[self.of_reference]
        return np.array([f"{self.name}/{donor}" if donor else "" for donor in donors], dtype=str)

    def cells_of_donors(self) -> dict[str, int]:
        """Donor -> number of cells used."""
        names, many = np.unique(self.named_donors(), return_counts=True)
        return {str(name): int(n) for name, n in zip(names, many, strict=True) if name}

    def as_study(self) -> StudyCells:
        """The cells used for an atlas."""
        rows = self.of_reference
        return StudyCells(
            self.name,
            sparse.csr_matrix(self.counts[rows]),
            self.genes,
            self.types[rows],
            self.named_donors(),
            None if self.healthy is None else self.healthy[rows],
            self.manifest.dataset.taxon,
        )

    def as_query(self) -> Query:
        """All cells as a query; cells removed by the filters are of low quality. The study is one batch unless its
        manifest names a batch column."""
        assert self.manifest.cells is not None
        column = self.manifest.cells.batch
        batches = None if column is None else self.cells.texts(column, "cells.batch")
        return Query(
            self.counts, self.genes, self.donors, batches, self.healthy, ~self.passed, self.manifest.dataset.taxon
        )


def read_cells(
    path: Path, cache: Cache, genes: Genes, policy: AtlasPolicy, *, typed: bool, healthy: Rows | None = None
) -> Read:
    """``typed``: whether cell types are required, as for a study of an atlas; a study to be mapped may lack them.
    ``healthy``: column -> values of the healthy controls, overriding the policy and the manifest.

    Raises:
        ContractError: for problems of the manifest, its file of cells, the named columns or the genes; NO_CELLS_BLOCK.
    """
    m = read(path, cells_alone=True)
    spec = m.cells
    if spec is None:
        fix = "describe the file of cells in a block `cells:` (orthokg ingest --init drafts it)"
        raise broken("NO_CELLS_BLOCK", path.name, "an atlas is built from single cells", "no block `cells:`", fix)
    known = genes(need_species(m.dataset.taxon))
    files = datasets.get(cache, m)
    batch = Batch(m.dataset.id, "")
    cells = open_cells(files.paths[spec.file], spec, files.paths)
    one_species(m, cells)
    loose = policy.gates.labels_only and typed
    donors = _donors(m, spec, cells, loose)
    types, labels = _types(m, spec, cells, typed)
    ids = gene_ids(m, cells, known, batch)
    placed = ((donors != "") | loose) & (types != "") if typed else np.ones(cells.n_cells, bool)
    under = m.model_copy(update={"cells": spec.model_copy(update={"qc": policy.qc})})
    qc = declared(under, cells, placed, ids, known, batch)
    names, counts, failed = _counts(m.dataset.id, cells, ids, qc.sieve if qc else None)
    if healthy:
        controls, by = _selected(cells, healthy, "controls"), "the column that was named"
    else:
        controls, by = _healthy(m, cells, policy.healthy)
    passed = failed == 0
    notes = [*cells.notes, *batch.missing, *batch.doubts, *(qc.told(failed) if qc else ())]
    for what, texts in (("donor", donors), ("cell type", types)):
        if (none := int((texts == "").sum())) and (typed or what == "donor"):
            notes.append(f"{none:,} of {cells.n_cells:,} cells have no {what}")
    if batch.quarantined:
        notes.append(f"{len(batch.quarantined):,} of {len(ids):,} columns are not current genes and are not used")
    made = Read(m, cells, counts, names, donors, types, labels, controls, by, passed, tuple(notes), files.sha256, loose)
    if not (made.of_reference if typed else passed).any():
        fix = "name the columns of donors and types, or relax the policy's filters"
        found = "; ".join((f"none of {cells.n_cells:,}", *(qc.told(failed) if qc else ())))
        raise broken("NO_CELLS", path.name, "at least one cell can be used", found, fix)
    return made


def _donors(m: Manifest, spec: Cells, cells: CellMatrix, loose: bool) -> Strings:
    """Donor of each cell (n,). ``loose``: the study may have no donors."""
    if loose and spec.donor not in cells.obs:
        return np.full(cells.n_cells, "", dtype=str)
    donors = _named(cells.texts(spec.donor, "cells.donor"), m.keep)
    if not loose and not (donors != "").any():
        fix = (
            "name the column of donors; a policy may accept such studies (gates: labels_only), but they never count as"
            " donors"
        )
        raise broken("NO_DONORS", f"{cells.path.name}: {spec.donor}", "cells have donors", "no donor", fix)
    return donors


def _named(texts: Strings, keep: Iterable[str]) -> Strings:
    none = no_names(texts, list(keep))
    return np.where(np.isin(texts, list(none)), "", texts)


def _types(m: Manifest, spec: Cells, cells: CellMatrix, typed: bool) -> tuple[Strings, tuple[Label, ...]]:
    if not typed and spec.cell_type not in cells.obs:
        return np.full(cells.n_cells, "", dtype=str), ()
    texts = cells.texts(spec.cell_type, "cells.cell_type")
    none = [text for text in np.unique(texts) if not is_name(text, m.keep)]
    texts = np.where(np.isin(texts, none), "", texts)
    labels = label_types(texts)
    known, code = np.unique(texts, return_inverse=True)
    name = {text: label.name for label in labels for text in label.texts} | {"": ""}
    return np.array([name[str(text)] for text in known], dtype=str)[code], labels


def _counts(name: str, cells: CellMatrix, ids: Strings, sieve: Any) -> tuple[Strings, sparse.csr_matrix, NDArray[Any]]:
    """Sorted genes, counts (columns of the same gene are summed), and the filter step that each cell fails."""
    used = np.flatnonzero(ids != "")
    names, column = np.unique(ids[used], return_inverse=True)
    to = sparse.csr_matrix((np.ones(len(used), np.float32), (used, column)), (len(ids), len(names)))
    parts, failed = [], np.zeros(cells.n_cells, np.int8)
    with cells_bar(name) as progress:
        progress(0, cells.n_cells)
        for start, block in cells.chunks():
            stop = start + block.get_shape()[0]
            if sieve is not None:
                failed[start:stop] = sieve(start, block)
            parts.append(sparse.csr_matrix(sparse.csr_matrix(block, dtype=np.float32) @ to))
            progress(stop, cells.n_cells)
    made = sparse.csr_matrix(sparse.vstack(parts, format="csr"))
    made.sort_indices()
    return names, made, failed


def _healthy(m: Manifest, cells: CellMatrix, declared_rows: Rows) -> tuple[Mask | None, str]:
    """The cells of healthy donors (n,), None if unknown, and how they were identified."""
    if declared_rows and all(column in cells.obs for column in declared_rows):
        return _selected(cells, declared_rows, "policy: healthy"), "the policy's column"
    arms = [c.control for c in m.contrasts if c.control and m.table_of(c) is None]
    if arms:
        chosen = [_selected(cells, rows, "contrasts.control") for rows in arms]
        return np.logical_or.reduce(chosen), "the control arms of its contrasts"
    if DISEASE in cells.obs:
        return cells.texts(DISEASE, DISEASE) == HEALTHY, DISEASE
    return None, "no information on which donors are healthy"


def _selected(cells: CellMatrix, rows: Rows, where: str) -> Mask:
    sheet = pd.DataFrame({column: cells.texts(column, where) for column in rows})
    return select(sheet, rows, f"{cells.path.name}: {where}", may_be_empty=True)
