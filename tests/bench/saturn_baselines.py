"""The baselines on one-to-one orthologs beside SATURN, on the simulated medium and hard sets."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anndata

from ingest.method.saturn.baselines import METHODS, embed_baseline
from ingest.method.saturn.run_file import RunFile, Source
from ingest.method.saturn.settings import Settings
from tests.bench.bench_saturn import SETS, run, scored


def baseline(folder: Path, method: str, labels: tuple[str, ...], seed: int = 0) -> dict[str, float]:
    """``labels``: the species whose labels the method is told."""
    sources = []
    for s in ("human", "mouse"):
        path = folder / f"{s}.h5ad"
        if s not in labels:
            cells = anndata.read_h5ad(path)
            del cells.obs["cell_type"]
            path = folder / f"{s}-unlabelled.h5ad"
            cells.write_h5ad(path)
        sources.append(Source(s, path, folder / f"{s}_emb.npz"))
    out = folder / f"out-{method}"
    started = time.monotonic()
    run = RunFile(tuple(sources), "cell_type" if labels else None, "batch")
    embed_baseline(method, run, folder / "orthologs.csv", out, Settings(seed=seed))
    seconds = time.monotonic() - started
    return scored(folder, anndata.read_h5ad(out / f"{method}.h5ad"), f"X_{method}") | {"seconds": seconds}


def rows() -> list[dict[str, Any]]:
    from make_two_species import make  # pyright: ignore[reportMissingImports]

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, methods in (("medium", ("saturn", *METHODS)), ("hard", ("saturn", "pca", "harmony"))):
            first, settings = SETS[name]
            path = Path(folder) / name
            make(str(path), seed=first, save_torch=False, **settings)
            for method in methods:
                guide = {"saturn": "none", "scanvi": "labels of human"}.get(method, "none")
                made = (
                    run(path, 0, labels=False, shuffled=False)
                    if method == "saturn"
                    else baseline(path, method, ("human",) if method == "scanvi" else ())
                )
                found.append(
                    {
                        "set": name,
                        "method": method,
                        "guide": guide,
                        "human to mouse": round(made["there"], 3),
                        "mouse to human": round(made["back"], 3),
                        "best possible": f"{made['best there']:.3f} / {made['best back']:.3f}",
                        "mixing": round(made["mixing"], 3),
                        "seconds": round(made["seconds"], 1),
                    }
                )
                print(found[-1], file=sys.stderr, flush=True)
    return found
