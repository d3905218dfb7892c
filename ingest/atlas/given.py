"""Assigns cell types from an atlas to a study's cells; its populations then give contrasts like those of any study."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ingest.atlas.mapped import Reading, read_against
from ingest.batch import Row
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.study.given_types import GivenTypes
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Version
from kg.curie import local

NAMED = ("type", "ancestor")
OUTCOMES = (*NAMED, "ambiguous", "unknown", "low_quality")


def given_by(objects: ObjectStore, version: Version, seed: int = 0) -> Callable[[Path, Cache, Genes], GivenTypes]:
    """The function that ``ingest.load.dataset`` calls for each manifest."""

    def given(path: Path, cache: Cache, genes: Genes) -> GivenTypes:
        return given_types(read_against(objects, version, path, cache=cache, genes=genes, seed=seed))

    return given


def given_types(reading: Reading) -> GivenTypes:
    m, row = reading.mapped, _row(reading)
    version = f"{reading.version.atlas}@{reading.version.commit[:12]}"
    none = len(m.label) - row["n_type"] - row["n_ancestor"]
    flags = [f"mapped: cell types are from {version}; {none:,} of {len(m.label):,} cells were assigned none"]
    if m.verdict.provisional:
        flags.append(f"provisional: the controls lie outside the range of the healthy donors of {version}")
    elif m.verdict.controls != "near":
        flags.append(
            f"provisional: not testable whether the controls are in the range of the healthy donors of {version}"
        )
    return GivenTypes(np.where(np.isin(m.outcome, NAMED), m.label, ""), flags, row, reading.version.id)


def _row(reading: Reading) -> Row:
    m, dataset = reading.mapped, reading.read.manifest.dataset
    return {
        "id": local("mapping", dataset.id, reading.version.commit[:12]),
        "label": f"{dataset.id} mapped to {reading.version.atlas}@{reading.version.commit[:12]}",
        "in_taxon": dataset.taxon,
        "controls": m.verdict.controls,
        "provisional": m.verdict.provisional,
        "gene_weight": round(m.verdict.use, 4),
        "n_cells": len(m.outcome),
        **{f"n_{outcome}": int((m.outcome == outcome).sum()) for outcome in OUTCOMES},
        "reasons": list(m.verdict.reasons),
    }
