"""Maps a file of cells to a version of an atlas: annotated cells, table, page, and the points of its plot."""

from collections.abc import Mapping
from typing import Any

import orjson

from ingest.atlas.files import facts, write_h5ad, write_table
from ingest.atlas.mapped import Reading, read_against
from ingest.atlas.page import projected, write_page
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.files.cells.matrix import open_cells
from ingest.jobs.study import manifest, need_values, spec_of
from kg.atlas.objects import ObjectStore
from kg.atlas.versions import resolve
from kg.errors import broken
from kg.jobs.child import Work

_STEPS = 4


def run(work: Work) -> Mapping[str, Any]:
    """Writes ``mapped.h5ad``, ``mapped.tsv``, ``mapped.html`` and ``picture.json``; the summary is that of `orthokg
    atlas map --format json`."""
    given = work.arguments
    work.progress(0, _STEPS, "reading the version of the atlas")
    version, cache = resolve(work.store, work.version), Cache.open()
    spec = spec_of(work)
    healthy = None
    if given.get("condition") or given.get("control"):
        if not (given.get("condition") and given.get("control")):
            fix = "give both condition and control, or neither"
            raise broken(
                "ARGUMENT", "control", "controls are given by a column and its values", "only one of the two", fix
            )
        cells = open_cells(work.files["cells"], spec)
        need_values(cells, given["condition"], given["control"], "control")
        healthy = {given["condition"]: list(given["control"])}
    work.progress(1, _STEPS, "reading and mapping the cells")
    found = read_against(
        ObjectStore.of(),
        version,
        manifest(work, version.in_taxon, spec),
        cache=cache,
        genes=Genes(cache),
        seed=int(given["seed"]),
        healthy=healthy,
    )
    work.progress(2, _STEPS, "writing the cells")
    write_h5ad(found, work.result("mapped.h5ad", "application/x-hdf5"))
    work.progress(3, _STEPS, "writing the table and the page")
    write_table(found, work.result("mapped.tsv", "text/tab-separated-values"))
    write_page(found, work.result("mapped.html", "text/html"))
    work.result("picture.json", "application/json").write_bytes(orjson.dumps(picture(found)))
    work.progress(_STEPS, _STEPS, "mapped")
    return dict(facts(found))


def picture(found: Reading) -> dict[str, Any]:
    """Points of the page's plot: ``atlas`` (x, y, type) and ``cells`` (x, y, outcome, label, nearest, probability)."""
    drawn, m, reference = projected(found), found.mapped, found.built.heads
    behind, ours = drawn.atlas, drawn.cells
    return {
        "atlas": {
            "x": drawn.of_atlas[:, 0].round(4).tolist(),
            "y": drawn.of_atlas[:, 1].round(4).tolist(),
            "type": [reference.types[code] for code in reference.code[behind]],
        },
        "cells": {
            "x": drawn.of_cells[:, 0].round(4).tolist(),
            "y": drawn.of_cells[:, 1].round(4).tolist(),
            "outcome": m.outcome[ours].tolist(),
            "label": m.label[ours].tolist(),
            "nearest": m.nearest[ours].tolist(),
            "probability": m.probability[ours].round(4).tolist(),
        },
        "atlas_cells": len(reference.cells),
        "study_cells": len(m.outcome),
    }
