"""Ways to bring the studies of a version together, measured on its own donors, genes and policy.

A version keeps no counts, so the studies are read again from their manifests, and each must be what it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ingest.atlas.create import read_all
from ingest.atlas.store import from_bytes, stored_policy
from ingest.atlas.studies import Read
from ingest.fetch.cache import Cache
from ingest.fetch.genes_index import Genes
from ingest.method.integration.bench import MOST_CELLS, Row, bench, chosen, folds, sampled
from ingest.method.integration.measures import BIOLOGY, MIXING, SHOWN
from ingest.method.integration.methods import batches
from ingest.method.mapping.calibration.training import joined
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Manifest, Version
from kg.atlas.versions import manifest_of
from kg.errors import ContractError, Issue

MEASURES = ("biology", *BIOLOGY, "mixing", *MIXING, "scGraph", *SHOWN)
COLUMNS = ("method", "labels", "may serve a head", *MEASURES, "seconds", "note")


@dataclass(frozen=True)
class Bench:
    """``cells``, ``donors``: measured, in ``folds`` of donors; ``absent``: studies of the version that were not
    given; ``left_out``: cells not measured, of small donors or beyond the most that are."""

    version: Version
    studies: tuple[str, ...]
    absent: tuple[str, ...]
    cells: int
    donors: int
    left_out: int
    folds: int
    rows: tuple[Row, ...]

    def table(self) -> list[dict[str, Any]]:
        """A row for each method, ``COLUMNS``: what saw no labels first, then the others; in each the best biology
        first, what did not run last. None where there is no number."""
        order = sorted(self.rows, key=lambda r: (r.method.labels, not r.ran, -r.mean("biology") if r.ran else 0.0))
        return [
            {
                "method": row.method.name,
                "labels": "seen" if row.method.labels else "not seen",
                "may serve a head": "yes" if row.method.head else "no",
                **{name: round(row.mean(name), 3) if row.of(name) else None for name in MEASURES},
                "seconds": round(row.seconds, 1) if row.ran else None,
                "note": row.reason or row.method.why,
            }
            for row in order
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version.id,
            "studies": list(self.studies),
            "absent": list(self.absent),
            "cells": self.cells,
            "donors": self.donors,
            "left out": self.left_out,
            "folds": self.folds,
            "shown only": list(SHOWN),
            "methods": self.table(),
            "by fold": {
                row.method.name: {name: [round(value, 4) for value in row.of(name)] for name in MEASURES}
                for row in self.rows
                if row.ran
            },
        }


def bench_of(
    objects: ObjectStore,
    version: Version,
    paths: Sequence[Path],
    *,
    cache: Cache,
    genes: Genes,
    methods: Sequence[str] = (),
    most: int = MOST_CELLS,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Bench:
    """``methods``: names, none = all, and then what is not installed is told; ``most``: cells.

    Raises:
        ContractError: METHODS, OTHER_STUDY of a study that is not the version's, and what reading a study finds.
        MethodError: NEEDS_MODELS of a method that was named; FEW_DONORS.
    """
    asked, manifest = chosen(methods), manifest_of(objects, version)
    policy = stored_policy(objects, manifest)
    reads = _same(objects, manifest, version, read_all(paths, policy, cache, genes))
    whole = joined([each.as_study() for each in reads], policy.normalisation)
    training = sampled(whole, most)
    corrected = bool(from_bytes(objects.read(manifest.objects["calibration"].sha256))[1]["calibration.gains"])
    of = batches(training, policy.of_engine, seed, policy.engine.scanvi.settings, corrected=corrected)
    found = bench(of, asked, progress)
    return Bench(
        version,
        tuple(each.name for each in reads),
        tuple(sorted(set(manifest.named("study")) - {each.name for each in reads})),
        len(training.code),
        int(of.batch.max()) + 1,
        len(whole.code) - len(training.code),
        len(folds(of.batch, training.study, seed)),
        tuple(found),
    )


def _same(objects: ObjectStore, manifest: Manifest, version: Version, reads: Sequence[Read]) -> list[Read]:
    """The cells that the version holds. Raises ContractError OTHER_STUDY where they are others now."""
    made, issues, there = list[Read](), list[Issue](), manifest.named("study")
    name = f"{version.atlas}@{version.commit[:12]}"
    for read in reads:
        if (entry := there.get(read.name)) is None:
            fix = f"name its studies: {', '.join(sorted(there)[:20])}"
            issues.append(Issue(read.name, f"OTHER_STUDY: a study of {name}", "it is not in that version", fix))
            continue
        known = from_bytes(objects.read(entry.sha256))[1]
        # A submission leaves out cells whose label stands above types.
        own = replace(read, types=np.where(np.isin(read.types, known["types"]["of"]), read.types, ""))
        rows = own.of_reference
        now = {
            "files": (own.sha256, known["files"]),
            "cells": (own.cells.obs.index[rows].astype(str).tolist(), known["barcodes"]),
            "types": (own.types[rows].tolist(), known["types"]["of"]),
            "donors": (own.donors[rows].tolist(), known["donors"]["of"]),
        }
        if differ := [what for what, (ours, theirs) in now.items() if ours != theirs]:
            fix = "give the files that the version was made of, or make a version of these"
            rule = f"OTHER_STUDY: as it was when it came into {name}"
            issues.append(Issue(read.name, rule, f"other {', '.join(differ)}", fix))
        made.append(own)
    if issues:
        raise ContractError(issues, code="OTHER_STUDY")
    return made
