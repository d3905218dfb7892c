"""Single cells to pseudobulk at full size: seconds, memory, growth with cells, against scanpy on the whole matrix in
memory.

    python tests/bench/bench_cells.py [CELLS ...]

Files of 250,000, 500,000 and 1,000,000 simulated cells x 30,000 genes are made one after another (2 GB for the
largest), each read by a process of its own: ``sums`` is the pseudobulk alone, compared with sums that the generator
counted itself; ``ingest`` is all from the manifest to the contrasts of 25 cell populations. The peer reads the file by
anndata and sums it by ``scanpy.get.aggregate``. Memory is the largest resident set of the process (VmHWM), the
libraries included.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.record import save
from tests.ingest.make_cells import CASE_CONTROL

SEED = 5
CELLS = (250_000, 500_000, 1_000_000)
PEER_AT_MOST = 500_000
MANIFEST = CASE_CONTROL.replace("id: made, title: Made cells", "id: million, title: Simulated cells")


def peak_mb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def genes_and_types() -> tuple[Any, list[str], list[str]]:
    from ingest.fetch.cache import Cache
    from ingest.fetch.genes_index import GeneIndex
    from ingest.manifest import terms
    from kg.curie import MOUSE
    from tests.bench.million import TYPES, Size

    mouse = GeneIndex.load(Cache.open(), MOUSE)
    genes = [g.removeprefix("ENSEMBL:") for g in sorted(mouse.symbols)[: Size.genes]]
    kinds = sorted(t for t in set(terms.by_label("CL").values()) if t.startswith("CL:") and not terms.deprecated(t))
    return mouse, genes, kinds[:TYPES]


def make(folder: Path, cells: int) -> dict[str, Any]:
    from tests.bench.million import Size, write

    _, genes, types = genes_and_types()
    started = time.perf_counter()
    sums = write(folder / "cells.h5ad", genes, types, Size(cells), SEED)
    np.save(folder / "sums.npy", sums)
    (folder / "m.yaml").write_text(MANIFEST)
    return {"seconds": time.perf_counter() - started, "gb": (folder / "cells.h5ad").stat().st_size / 1e9}


def held(folder: Path, donors: Any, types: Any, sums: Any) -> None:
    """The same sums as the generator counted, to the last count."""
    from tests.bench.million import TYPES

    truth = np.load(folder / "sums.npy", mmap_mode="r")
    _, _, names = genes_and_types()
    at = [int(d[1:]) * TYPES + names.index(t) for d, t in zip(donors, types, strict=True)]
    assert len(set(at)) == len(at) == np.count_nonzero(truth.any(axis=1))
    for row, place in zip(sums, at, strict=True):
        np.testing.assert_array_equal(row, truth[place])


def measure_sums(folder: Path) -> dict[str, Any]:
    from ingest.files.cells.matrix import open_cells
    from ingest.manifest.cell_blocks import Cells
    from ingest.method.pseudobulk import pseudobulk

    started, cpu = time.perf_counter(), time.process_time()
    spec = Cells(file="cells.h5ad")
    matrix = open_cells(folder / spec.file, spec)
    made = pseudobulk(matrix, matrix.texts(spec.donor, ""), matrix.texts(spec.cell_type, ""))
    found = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "mb": peak_mb()}
    held(folder, made.donors, made.types, made.sums)
    return found


def measure_ingest(folder: Path) -> dict[str, Any]:
    from ingest.fetch.cache import Cache
    from ingest.manifest import manifest
    from ingest.study import datasets

    mouse, _, types = genes_and_types()
    started, cpu = time.perf_counter(), time.process_time()
    m = manifest.read(folder / "m.yaml")
    batch = datasets.transform(m, datasets.get(Cache.open(), m), mouse)
    found = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "mb": peak_mb()}
    assert len(batch.nodes["CellPopulation"]) == len(types)
    return found


def measure_peer(folder: Path) -> dict[str, Any]:
    import anndata
    import scanpy

    started, cpu = time.perf_counter(), time.process_time()
    whole = anndata.read_h5ad(folder / "cells.h5ad")
    made = scanpy.get.aggregate(whole, ["donor_id", "cell_type_ontology_term_id"], "sum")
    sums = made.layers["sum"]
    found = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "mb": peak_mb()}
    sums = np.asarray(sums.todense()) if hasattr(sums, "todense") else np.asarray(sums)
    held(folder, made.obs["donor_id"], made.obs["cell_type_ontology_term_id"], sums)
    return found


CHILDREN = {"make": make, "sums": measure_sums, "ingest": measure_ingest, "peer": measure_peer}


def child(what: str, *given: object) -> dict[str, Any]:
    """In a process of its own, so that memory is its own."""
    made = subprocess.run(
        [sys.executable, __file__, what, *map(str, given)], stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(made.stdout.splitlines()[-1])
    print(what, *given[1:], found, flush=True)
    return found


def main() -> None:
    sizes = [int(x) for x in sys.argv[1:]] or list(CELLS)
    rows = []
    for cells in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            file = child("make", folder, cells)
            for what in ("sums", "ingest", "peer"):
                if what == "peer" and cells > PEER_AT_MOST:
                    continue
                found = child(what, folder)
                name = {"sums": "pseudobulk", "ingest": "manifest to contrasts", "peer": "anndata + scanpy, pseudobulk"}
                rows.append(
                    {
                        "cells": f"{cells:,}",
                        "what": name[what],
                        "seconds": round(found["seconds"], 1),
                        "CPU seconds": round(found["cpu"], 1),
                        "cells a second": f"{cells / found['seconds']:,.0f}",
                        "peak MB": found["mb"],
                        "file GB": round(file["gb"], 2),
                    }
                )
    if max(sizes) >= CELLS[-1]:
        save("cells", "python -m tests.bench.bench_cells", {"sizes": rows}, seed=SEED)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in CHILDREN:
        numbers = [int(x) for x in sys.argv[3:]]
        print(json.dumps(CHILDREN[sys.argv[1]](Path(sys.argv[2]), *numbers)))
    else:
        main()
