"""A submission of 10,000 cells checked against versions of growing size: time and peak memory, a process each.

    python -m tests.bench.bench_gates_scale [--cells 100000,300000,1000000]

Simulated: the cells of a version are those of a small one drawn again with noise, 5,000 of a donor, each from one donor
of the small one. Its donors are copies of few, so what the gates say of the submission is not measured here.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ingest.atlas.policy import AtlasPolicy
from ingest.atlas.store import put_built, put_policy
from ingest.atlas.streamed import opened
from ingest.method.gates.judge import Brought, claimed, judged, submitted
from ingest.method.gates.limits import Limits
from ingest.method.mapping.engine import Query, build, map_cells
from kg.atlas.objects import ObjectStore
from kg.atlas.version import Manifest
from tests.bench import record
from tests.bench.bench_gates import ALPHA, POLICY
from tests.bench.planted import PARENTS, atlas, drawn, plant

SUBMITTED, OF_DONOR = 10_000, 5_000


def version(objects: ObjectStore, cells: int) -> Manifest:
    rng, built = np.random.default_rng(0), build(atlas(0), PARENTS, POLICY)
    r = built.reference
    own = [np.flatnonzero(r.donor == each) for each in np.unique(r.donor)]
    rows = np.concatenate([rng.choice(own[d % len(own)], OF_DONOR) for d in range(-(-cells // OF_DONOR))])[:cells]
    points = r.cells[rows] + 0.1 * rng.normal(size=(cells, r.cells.shape[1])).astype(np.float32)
    donor = (np.arange(cells) // OF_DONOR + 1).astype(np.int32)
    names = tuple(f"large/d{d}" for d in range(int(donor.max())))
    made = replace(built, reference=replace(r, cells=points, code=r.code[rows], donor=donor, donors=names))
    entries = put_built(objects, made) | {"policy": put_policy(objects, AtlasPolicy.model_validate({}))}
    return Manifest("large", "NCBITaxon:9606", entries | {"quality": objects.put(b"{}")})


def peak() -> int:
    """Of this process, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) // 1024


def check(folder: Path) -> dict[str, Any]:
    objects, manifest = ObjectStore(folder / "atlas"), Manifest.unpack((folder / "manifest.json").read_bytes())
    made = plant(replace(drawn("clean", 0), donors=10), cells=SUBMITTED // 10)
    study, before, begun = made.study, peak(), time.perf_counter()
    found = opened(objects, manifest)
    read = time.perf_counter()
    said = map_cells(found.built, Query(study.counts, study.genes, study.donors))
    assert study.donors is not None
    brought = [Brought(study.study, study.counts, study.genes, study.labels, study.donors, said.outcome, said.nearest)]
    own = submitted(found.parent, found.built, brought)
    mapped = time.perf_counter()
    gates = judged(found.parent, own, claimed(found.built, own, brought, ()), Limits(), ALPHA, {study.study: said})[0]
    return {
        "cells submitted": len(study.labels),
        "read, s": round(read - begun, 1),
        "mapped, s": round(mapped - read, 1),
        "judged, s": round(time.perf_counter() - mapped, 1),
        "peak, MB": peak(),
        "before, MB": before,
        "gates judged": len(gates),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default="100000,300000,1000000")
    parser.add_argument("--of", type=Path, help="check the version that lies here: what the children do")
    args = parser.parse_args()
    if args.of:
        print(json.dumps(check(args.of)))
        return
    table: list[dict[str, Any]] = []
    for cells in map(int, args.cells.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            manifest = version(ObjectStore(Path(folder) / "atlas"), cells)
            (Path(folder) / "manifest.json").write_bytes(manifest.pack())
            told = subprocess.run(
                [sys.executable, "-m", "tests.bench.bench_gates_scale", "--of", folder],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
        table.append({"cells of the version": f"{cells:,}"} | json.loads(told.stdout))
        print(cells, told.stdout.strip(), flush=True)
        record.save(
            "gates_scale", f"python -m tests.bench.bench_gates_scale --cells {args.cells}", {"table": table}, seed=0
        )


if __name__ == "__main__":
    main()
