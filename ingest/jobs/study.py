"""A file of cells and the columns chosen for it, as a manifest: jobs read it as an ingest would."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ingest.files.cells.matrix import CellMatrix, open_cells
from ingest.files.cells.names import stable_share
from ingest.manifest.cell_blocks import Cells
from kg.curie import slug
from kg.errors import broken
from kg.jobs.child import Work

NO_TYPE = "no column of cell types was named"


def spec_of(work: Work) -> Cells:
    """The block ``cells`` from the arguments; the type of gene identifiers is detected unless given."""
    given, path = work.arguments, work.files["cells"]
    facts: dict[str, Any] = {
        "file": path.name,
        "donor": given.get("donor") or Cells.model_fields["donor"].default,
        "cell_type": given.get("type") or NO_TYPE,
        **{name: given[name] for name in ("counts_in", "gene_column", "batch") if given.get(name)},
    }
    if given["gene_id"] != "told":
        facts["gene_id"] = given["gene_id"]
        return Cells.model_validate(facts)
    return Cells.model_validate({**facts, "gene_id": gene_id(open_cells(path, Cells.model_validate(facts)))})


def gene_id(cells: CellMatrix) -> str:
    return "ensembl" if stable_share(cells.genes) > 0.5 else "symbol"


def manifest(work: Work, taxon: str, spec: Cells) -> Path:
    """Writes the manifest next to the file of cells, and returns its path."""
    path = work.files["cells"]
    told = {
        "schema": 1,
        "dataset": {
            "id": slug(path.name.rpartition(".")[0]) or "study",
            "title": path.name,
            "taxon": taxon,
            "licence": "none stated",
            "redistribute": False,
            "citation": "sent with a job",
        },
        "material": {"kind": "bulk"},
        "cells": spec.model_dump(exclude_unset=True),
    }
    made = path.with_name("study.yaml")
    made.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return made


def need_values(cells: CellMatrix, column: str, wanted: Sequence[str], argument: str) -> None:
    """Checks that each value occurs in the column. Raises ContractError WRONG_COLUMNS, NO_SUCH_VALUE."""
    there = np.unique(cells.texts(column, argument))
    if absent := sorted(set(wanted) - {*there.tolist()}):
        fix = f"the values are {', '.join(map(repr, there[:20].tolist()))}"
        rule = f"{argument} is a value of {column!r}"
        raise broken("NO_SUCH_VALUE", cells.path.name, rule, ", ".join(map(repr, absent[:10])), fix)
