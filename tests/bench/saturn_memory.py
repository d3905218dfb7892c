"""Peak memory of SATURN runs by the number of cells, each in a process of its own.

The counts of the chosen genes are kept on disk from 200 MB of file on; here they always are, so that what grows is what
must: the embedding, activities and names of the cells.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

CELLS = (5_000, 10_000, 20_000, 40_000)
CHILD = """
import json, re, sys, time
from pathlib import Path
from ingest.method.saturn import run
from ingest.method.saturn.run_file import RunFile, Source
from ingest.method.saturn.settings import Settings

folder = Path(sys.argv[1])
run._ON_DISK = 0
def peak():  # of this process alone: getrusage's would begin at what its parent had
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
base = peak()
sources = tuple(Source(s, folder / f"{s}.h5ad", folder / f"{s}_emb.npz") for s in ("human", "mouse"))
started = time.monotonic()
run.embed(RunFile(sources, "cell_type", "batch"), folder / "out", Settings(epochs=2, metric_epochs=4), lambda *_: None)
print(json.dumps({"peak": peak(), "base": base, "seconds": time.monotonic() - started}))
"""


def measured(cells: int, folder: Path) -> dict[str, float]:
    """Peak MB, MB before the run, seconds, of a run over ``cells`` cells (half of each species); 2 and 4 epochs."""
    from make_two_species import make  # pyright: ignore[reportMissingImports]

    make(str(folder), cells=cells // 2, seed=2, save_torch=False, hard=0.8, emb_noise=0.7, types=10)
    made = subprocess.run([sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, check=True)
    return json.loads(made.stdout.splitlines()[-1])


def rows() -> list[dict[str, Any]]:
    found = []
    for cells in CELLS:
        with tempfile.TemporaryDirectory() as folder:
            made = measured(cells, Path(folder))
        found.append(
            {
                "cells": cells,
                "peak MB": round(made["peak"]),
                "of it before the run": round(made["base"]),
                "seconds": round(made["seconds"], 1),
            }
        )
        print(found[-1], file=sys.stderr, flush=True)
    x, y = np.array([r["cells"] for r in found]), np.array([r["peak MB"] for r in found])
    slope, start = np.polyfit(x, y, 1)
    away = np.abs(y - (start + slope * x)).max()
    line = f"{start:.0f} MB + {slope * 1_000:.1f} MB a thousand cells"
    return [row | {"line": line, "farthest from it": f"{away:.0f} MB"} for row in found]
