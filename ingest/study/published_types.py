"""Tables in which authors put clusters of several species into types that they share -> populations and CORRESPONDS_TO.

Bakken 2021 (doi 10.1038/s41586-021-03465-8) has such a table for each species of the primary motor cortex. It is
evidence by itself: no score is computed from it. Where a space of the same clusters or types is in the same manifest,
each computed pair has what the table says of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from ingest.batch import Batch, Row
from ingest.fetch.genes_index import TABLES
from ingest.files.cells.labels import Label, label_types
from ingest.files.frames import broken, cells, need_columns, numbers, read_frame
from ingest.manifest.cell_blocks import PublishedTable, PublishedTypes
from ingest.manifest.manifest import Manifest
from kg.curie import local
from kg.names.placeholders import is_name
from kg.names.species import node_of

METHOD = "published table: no score, no p"
_NULL = "none: a published table"


@dataclass(frozen=True)
class Published:
    """``types``: (taxon, cluster or type, as written) -> type; ``ids``: (taxon, type) -> population."""

    by: str
    types: Mapping[tuple[str, str], str]
    ids: Mapping[tuple[str, str], str]

    def type_of(self, taxon: str, texts: Iterable[str]) -> str:
        """The one type that a population's texts name; "" where they name none, or several."""
        found = {self.types[taxon, text] for text in texts if (taxon, text) in self.types}
        return found.pop() if len(found) == 1 else ""

    def said(self, left: tuple[str, Iterable[str]], right: tuple[str, Iterable[str]]) -> str:
        """What the table says of two populations, (taxon, texts) each; "" unless it knows both."""
        one, other = self.type_of(*left), self.type_of(*right)
        if not (one and other):
            return ""
        return f"the same type: {one}" if one == other else f"different types: {one}, {other}"


def published_rows(m: Manifest, spec: PublishedTypes, paths: Mapping[str, Path], batch: Batch) -> Published:
    """Populations of each species, a type each, and an edge between those of one type; rows are counted in the batch.

    Raises:
        ContractError: WRONG_COLUMNS, NO_TYPES, or DUPLICATE_CLUSTER where a table puts a cluster into two types.
    """
    name = f"{m.dataset.id}/{spec.id}"
    by = spec.by or m.dataset.citation
    types: dict[tuple[str, str], str] = {}
    ids: dict[tuple[str, str], str] = {}
    found = {table.taxon: _read(table, paths[table.file], types, batch, m.keep) for table in spec.tables}
    labels = {label.texts: label for label in _labels(found)}
    for taxon, clusters in found.items():
        for kind, (members, size) in clusters.items():
            key = ids[taxon, kind] = local("population", m.dataset.id, spec.id, taxon.replace(":", " ").lower(), kind)
            types.setdefault((taxon, kind), kind)
            others = [
                f"{t}: {'the same type' if kind in own else 'no such type'} in the table"
                for t, own in sorted(found.items())
                if t != taxon
            ]
            row: Row = {
                "id": key,
                "label": kind,
                "author_labels": members,
                "in_taxon": taxon,
                "counterpart": "; ".join(others),
            }
            if size is not None:
                row["n_cells"] = size
            batch.nodes["CellPopulation"].append(row)
            batch.edges["FROM_DATASET", "CellPopulation", "Dataset"].append({"subject": key, "object": m.dataset_id})
            label = labels.get((kind,))
            if label and label.term:
                edge = {"subject": key, "object": label.term, "method": label.method}
                batch.edges["OF_TYPE", "CellPopulation", "CellType"].append(edge)
    for one, other in combinations(sorted(found), 2):
        batch.edges["CORRESPONDS_TO", "CellPopulation", "CellPopulation"] += [
            {
                "subject": ids[one, kind],
                "object": ids[other, kind],
                "status": "COUNTERPART",
                "called": True,
                "method": METHOD,
                "embedding": name,
                "null": _NULL,
                "null_shuffled": _NULL,
                "published": f"the same type: {kind}",
                "published_by": by,
            }
            for kind in found[one]
            if kind in found[other]
        ]
    for taxon in sorted(found):
        if taxon not in TABLES:
            batch.nodes["Species"].append(node_of(taxon))
        if taxon != m.dataset.taxon:
            batch.edges["IN_SPECIES", "Dataset", "Species"].append({"subject": m.dataset_id, "object": taxon})
    return Published(by, types, ids)


def _labels(found: Mapping[str, Mapping[str, object]]) -> Iterable[Label]:
    return label_types({kind for clusters in found.values() for kind in clusters})


def _read(
    table: PublishedTable, path: Path, types: dict[tuple[str, str], str], batch: Batch, keep: list[str]
) -> dict[str, tuple[list[str], int | None]]:
    """Type -> its clusters, and how many cells they have (None where no column says)."""
    frame = read_frame(path)
    columns = {"cluster": table.cluster, "type": table.type} | ({"cells": table.cells} if table.cells else {})
    need_columns(frame, {f"published_types.tables.{field}": column for field, column in columns.items()}, path)
    clusters, kinds = cells(frame, table.cluster), cells(frame, table.type)
    sizes = numbers(frame, {"cells": table.cells}, path)["cells"] if table.cells else np.full(len(frame), np.nan)
    batch.read += len(frame)
    made: dict[str, tuple[list[str], int | None]] = {}
    for at, (cluster, kind) in enumerate(zip(clusters, kinds, strict=True)):
        if not is_name(str(kind), keep):
            batch.quarantine(
                path.name, at + 1, "NO_TYPE: the table puts a cluster into a type", cluster, "fill the type"
            )
            continue
        if types.setdefault((table.taxon, str(cluster)), str(kind)) != kind:
            two = f"{cluster}: {types[table.taxon, str(cluster)]} and {kind}"
            raise broken("DUPLICATE_CLUSTER", path.name, "a cluster is of one type", two, "correct the table")
        batch.accepted += 1
        members, size = made.get(str(kind), ([], None if np.isnan(sizes[at]) else 0))
        more = None if size is None or np.isnan(sizes[at]) else size + int(sizes[at])
        made[str(kind)] = ([*members, str(cluster)], more)
    if not made:
        raise broken("NO_TYPES", path.name, "the table names types", "none", f"fill {table.type}")
    return dict(sorted(made.items()))
