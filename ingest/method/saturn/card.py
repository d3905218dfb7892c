"""The card of a run: what was done, with what, how much it covers, and where it differs from the paper."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from ingest.method.saturn.cells import SpeciesCells
from ingest.method.saturn.gene_embedding import GeneEmbedding
from ingest.method.saturn.settings import Settings
from ingest.method.saturn.types import Types
from kg.match.card import Card

CARD = Card(
    "SATURN",
    "1",
    "cells of several species in one space, by macrogenes of alike proteins, a ZINB autoencoder and metric learning",
    (
        "differs from the paper: macrogenes start at mutual nearest genes of two species, and weights count ranks both ways",
        "differs from the paper: the encoder starts at principal axes of macrogenes that are centred in each species",
        "differs from the paper: species and batch condition the decoder; evaluation has no dropout",
        "differs from the paper: labels of two species are linked where centroids on macrogenes agree beyond shuffled gene "
        "embeddings (BH .05); triplets across species are mutual nearest neighbours of linked labels, and centres of labels "
        "that are each other's best are drawn together",
        "cells with labels lie by their labels: their own label is not evidence of where they lie; see held-out loss",
        "a type without a link is left where its own species puts it",
    ),
    "10.1038/s41592-024-02191-z",
)
PACKAGES = ("torch", "numpy", "scipy", "anndata")


def run_card(
    method: str, species: Sequence[SpeciesCells], embeddings: Sequence[GeneEmbedding], settings: Settings,
    types: Types | None, n_macrogenes: int, curves: dict[str, list[float]], device: str,
) -> dict[str, Any]:  # fmt: skip
    """Plain values alone, the same for the same run."""
    return {
        "method": method,
        "version": CARD.version,
        "summary": CARD.summary,
        "doi": CARD.doi,
        "limits": list(CARD.limits),
        "settings": settings.facts(),
        "device": device,
        "packages": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "gene embedding": "; ".join(sorted({e.kind for e in embeddings})),
        "macrogenes": n_macrogenes,
        "species": [_species(c, e) for c, e in zip(species, embeddings, strict=True)],
        "links": _links(types, [c.name for c in species]) if types else [],
        "without a counterpart": _alone(types, [c.name for c in species]) if types else [],
        "curves": curves,
    }


def _species(cells: SpeciesCells, embedding: GeneEmbedding) -> dict[str, Any]:
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
        "embedding": embedding.kind,
        "embedding sha256": embedding.sha256,
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
