"""The card of a run: what was done, with which inputs, how much it covers, and where it differs from the paper."""

import platform
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ingest.method.saturn.cells import SpeciesCells
from ingest.method.saturn.genes.vectors import GeneEmbedding
from ingest.method.saturn.settings import Settings
from ingest.method.saturn.types import Types
from kg.match.card import Card

CARD = Card(
    "SATURN",
    "1",
    "cells of several species in one space, by macrogenes of similar proteins, a ZINB autoencoder and metric learning",
    (
        (
            "differs from the paper: macrogenes start at mutual nearest genes of two species, and weights count ranks"
            " both ways"
        ),
        "differs from the paper: a gene that varies in one species is used in the others too, by its counterpart",
        ("a species without labels is guided by clusters of its own cells; small types are not separated there"),
        "differs from the paper: the encoder starts at principal axes of macrogenes that are centred in each species",
        "differs from the paper: species and batch condition the decoder; evaluation has no dropout",
        "differs from the paper: the autoencoder tells one random half of a cell's counts from the other",
        (
            "differs from the paper: labels of two species are linked where centroids on macrogenes agree beyond"
            " shuffled gene embeddings (BH .05); triplets across species are mutual nearest neighbours of linked"
            " labels, and centres of labels that are each other's best are drawn together"
        ),
        "cells with labels are placed by them: their own label is not evidence of their place; see held-out loss",
        "a type without a link is left where its own species puts it",
    ),
    "10.1038/s41592-024-02191-z",
)
PACKAGES = ("torch", "scvi-tools", "scanpy", "harmonypy", "anndata", "numpy", "scipy")


def plain_card(
    method: str, species: Sequence[SpeciesCells], kinds: Sequence[str], settings: Settings
) -> dict[str, Any]:
    """What every method states: settings, package versions, and the file, sha256 and coverage of each species."""
    return {
        "method": method,
        "settings": settings.facts(),
        "packages": {"python": platform.python_version(), **_versions()},
        "species": [_species(c, kind) for c, kind in zip(species, kinds, strict=True)],
    }


def run_card(
    species: Sequence[SpeciesCells],
    embeddings: Sequence[GeneEmbedding],
    settings: Settings,
    types: Types,
    n_macrogenes: int,
    curves: dict[str, list[float]],
    device: str,
) -> dict[str, Any]:
    """The card of a SATURN run: plain values only, identical for identical runs."""
    names = [c.name for c in species]
    made = plain_card("saturn", species, [e.kind for e in embeddings], settings)
    for row, embedding in zip(made["species"], embeddings, strict=True):
        row["embedding sha256"] = embedding.sha256
    return made | {
        "version": CARD.version,
        "summary": CARD.summary,
        "doi": CARD.doi,
        "limits": list(CARD.limits),
        "device": device,
        "gene embedding": "; ".join(sorted({e.kind for e in embeddings})),
        "macrogenes": n_macrogenes,
        "links": _links(types, names),
        "without a counterpart": _alone(types, names),
        "curves": curves,
    }


def _versions() -> dict[str, str]:
    """Versions of installed packages: a baseline may run without some of them."""
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _species(cells: SpeciesCells, kind: str) -> dict[str, Any]:
    labelled = int((cells.labels != "").sum())
    return {
        "species": cells.name,
        "file": cells.path.name,
        "sha256": cells.sha256,
        "cells": len(cells),
        "labelled cells": labelled,
        "guide": "labels" if labelled else "none given: clusters of its own cells",
        "batches": len(set(cells.batches)),
        "expressed genes": cells.expressed,
        "coverage": round(cells.coverage, 4),
        "genes used": len(cells.genes),
        "embedding": kind,
    }


def _links(types: Types, species: list[str]) -> list[dict[str, Any]]:
    rows = []
    for a in range(len(types.names)):
        for b in range(a + 1, len(types.names)):
            if types.linked[a, b]:
                name = [f"{species[types.species[t]]}: {types.names[t]}" for t in (a, b)]
                how = "reciprocal" if types.one[a, b] else "one way"
                q = float(types.q[a, b])
                rows.append(
                    {
                        "a": name[0],
                        "b": name[1],
                        "score": round(float(types.score[a, b]), 4),
                        "q": float(f"{q:.3g}"),
                        "kind": how,
                    }
                )
    return rows


def _alone(types: Types, species: list[str]) -> list[str]:
    return [f"{species[types.species[t]]}: {name}" for t, name in enumerate(types.names) if not types.linked[t].any()]
