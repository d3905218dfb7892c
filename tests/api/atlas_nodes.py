"""An atlas of one study that is also mapped to it, as nodes: its objects lie nowhere."""

from kg.store.driver import Store
from kg.store.write import write_edges, write_nodes

VERSION = f"orthokg:atlas-version/{'ab' * 32}"
_OWNED = {"source": "atlas", "run": "orthokg:run/atlas"}


MAPPING = {
    "id": "orthokg:mapping/tau/abababababab",
    "label": "tau mapped to pbmc@abababababab",
    "in_taxon": "NCBITaxon:9606",
    "controls": "near",
    "provisional": False,
    "gene_weight": 0.94,
    "n_cells": 100,
    "n_type": 80,
    "n_ancestor": 5,
    "n_ambiguous": 9,
    "n_unknown": 4,
    "n_low_quality": 2,
    "reasons": ["said of it"],
}


def write_atlas(store: Store, dataset: str) -> None:
    made = "2026-11-29T00:00:00.000+00:00"
    version = {
        "id": VERSION,
        "label": "pbmc@abababababab",
        "atlas": "pbmc",
        "in_taxon": "NCBITaxon:9606",
        "content": "cd" * 32,
        "author": "Ada",
        "orcid": "0000-0002-1825-0097",
        "message": "the first",
        "when": made,
        "engine": "closed form 1",
        "n_studies": 1,
        "datasets": [dataset],
    }
    atlas = {"id": "orthokg:atlas/pbmc", "label": "pbmc", "in_taxon": "NCBITaxon:9606", "head": VERSION, "moved": made}
    write_nodes(store, "AtlasVersion", [version], **_OWNED)
    write_nodes(store, "Atlas", [atlas], **_OWNED)
    write_edges(store, "HAS_VERSION", "Atlas", "AtlasVersion", [{"subject": atlas["id"], "object": VERSION}], **_OWNED)
    write_edges(store, "CONTAINS", "AtlasVersion", "Dataset", [{"subject": VERSION, "object": dataset}], **_OWNED)
    owned = {"atlas": "pbmc", "in_taxon": "NCBITaxon:9606", "author": "Ada", "when": made}
    branch = {"id": "orthokg:atlas-branch/pbmc/b", "label": "pbmc/b", "kind": "view", "filter": '{"type": ["B cell"]}'}
    tag = {"id": "orthokg:atlas-tag/pbmc/v1", "label": "pbmc@v1", "version": VERSION}
    asked = {
        "id": "orthokg:submission/1",
        "label": "1: new",
        "number": 1,
        "branch": "main",
        "base": VERSION,
        "content": "ef" * 32,
        "report": "01" * 32,
        "verified": True,
        "message": "six mice",
        "status": "underpowered",
        "donors": 3,
        "cells": 90,
    }
    said = {
        "id": "orthokg:review/1",
        "submission": 1,
        "verdict": "accept",
        "who": "Bob",
        "verified": True,
        "own": False,
    }
    write_nodes(store, "AtlasBranch", [{**owned, **branch, "head": VERSION, "base": VERSION}], **_OWNED)
    write_nodes(store, "AtlasTag", [{**owned, **tag}], **_OWNED)
    write_nodes(store, "Submission", [{**owned, **asked}], **_OWNED)
    write_nodes(store, "Review", [{**said, "why": "looked", "when": made, "override": []}], **_OWNED)
    for kind, a, b, one, other in (
        ("BRANCH_OF", "AtlasBranch", "Atlas", branch["id"], atlas["id"]),
        ("CUT_AT", "AtlasBranch", "AtlasVersion", branch["id"], VERSION),
        ("HEAD_OF", "AtlasVersion", "AtlasBranch", VERSION, branch["id"]),
        ("TAGS", "AtlasTag", "AtlasVersion", tag["id"], VERSION),
        ("PROPOSED_FOR", "Submission", "AtlasVersion", asked["id"], VERSION),
        ("REVIEWS", "Review", "Submission", said["id"], asked["id"]),
    ):
        write_edges(store, kind, a, b, [{"subject": one, "object": other}], **_OWNED)
    write_nodes(store, "Mapping", [MAPPING], **_OWNED)
    write_edges(
        store, "MAPPED_TO", "Mapping", "AtlasVersion", [{"subject": MAPPING["id"], "object": VERSION}], **_OWNED
    )
    write_edges(store, "FROM_DATASET", "Mapping", "Dataset", [{"subject": MAPPING["id"], "object": dataset}], **_OWNED)
