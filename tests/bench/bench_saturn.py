"""SATURN on simulated pairs of species whose truth is known: label transfer, mixing, time; shuffled gene vectors as
control.

    python -m tests.bench.bench_saturn [--seeds 5] [--part transfer|baselines|settings|real|memory|figure]

The generator and the score are those of ``make_two_species.py`` and ``evaluate_transfer.py`` in ``../shared/bench``.
The other parts are in the files ``saturn_*.py`` beside this one; without ``--part`` all are run, and the README's
tables and picture made.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anndata
import numpy as np

from ingest.method.saturn.run import embed
from ingest.method.saturn.run_file import RunFile, Source
from ingest.method.saturn.settings import Settings
from tests.bench.record import save

sys.path.insert(0, str(Path(__file__).parents[3] / "shared" / "bench"))
SETS: dict[str, tuple[int, dict[str, Any]]] = {
    "easy": (0, {}),
    "medium": (2, {"hard": 0.8, "emb_noise": 0.7, "frac_orth": 0.8, "types": 10}),
    "hard": (1, {"hard": 1.2, "emb_noise": 1.0, "frac_orth": 0.6, "types": 12, "unique_types": 2}),
}
WAYS = (("human", "mouse"), ("mouse", "human"))


def run(folder: Path, seed: int, *, labels: bool, shuffled: bool) -> dict[str, float]:
    sources = []
    for s in ("human", "mouse"):
        path = folder / f"{s}_emb.npz"
        if shuffled:
            held = np.load(path)
            path = folder / f"{s}_shuffled.npz"
            np.savez(path, genes=held["genes"], emb=np.random.default_rng([seed, len(s)]).permutation(held["emb"]))
        sources.append(Source(s, folder / f"{s}.h5ad", path))
    out = folder / f"out-{labels}-{shuffled}"
    started = time.monotonic()
    embed(RunFile(tuple(sources), "cell_type" if labels else None, "batch"), out, Settings(seed=seed), lambda *_: None)
    seconds = time.monotonic() - started
    return scored(folder, anndata.read_h5ad(out / "saturn.h5ad"), "X_saturn") | {"seconds": seconds}


def scored(folder: Path, cells: anndata.AnnData, obsm: str) -> dict[str, float]:
    """Transfer of the true labels both ways, the best that is possible, and mixing."""
    from evaluate_transfer import transfer  # pyright: ignore[reportMissingImports]

    truth = np.concatenate(
        [anndata.read_h5ad(folder / f"{s}.h5ad").obs["cell_type"].astype(str) for s in ("human", "mouse")]
    )
    scores = [transfer(cells.obsm[obsm], truth, cells.obs["species"].astype(str), a, b) for a, b in WAYS]
    return {
        "there": scores[0]["lr_ref"],
        "back": scores[1]["lr_ref"],
        "best there": float(scores[0]["max"]),
        "best back": float(scores[1]["max"]),
        "mixing": scores[0]["mix"],
    }


def row(name: str, guide: str, found: list[dict[str, float]]) -> dict[str, Any]:
    def told(key: str, digits: int = 3) -> str:
        values = [f[key] for f in found]
        return f"{np.mean(values):.{digits}f} ({np.std(values, ddof=1) if len(values) > 1 else 0:.{digits}f})"

    return {
        "set": name,
        "guide": guide,
        "human to mouse": told("there"),
        "best possible": told("best there"),
        "mouse to human": told("back"),
        "best possible, back": told("best back"),
        "mixing": told("mixing"),
        "seconds": told("seconds", 1),
        "seeds": len(found),
    }


def transfer_rows(seeds: int) -> list[dict[str, Any]]:
    from make_two_species import make  # pyright: ignore[reportMissingImports]

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (first, settings) in SETS.items():
            made = []
            for i in range(seeds):
                path = Path(folder) / f"{name}{i}"
                make(str(path), seed=first + 10 * i, save_torch=False, **settings)
                made.append(path)
            plans = [("labels of both", True, False), ("no labels", False, False)]
            if name == "medium":
                plans.append(("labels of both, gene vectors shuffled", True, True))
            for guide, labels, shuffled in plans:
                rows.append(row(name, guide, [run(p, i, labels=labels, shuffled=shuffled) for i, p in enumerate(made)]))
                print(rows[-1], flush=True)
    return rows


def main() -> None:
    import torch

    from ingest.fetch.cache import Cache
    from tests.bench import saturn_baselines, saturn_figure, saturn_memory, saturn_real, saturn_settings

    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--part")
    told = parser.parse_args()
    torch.set_num_threads(1)

    def real() -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            return saturn_real.rows(Path(folder), Cache.open(), told.seeds)

    parts = {
        "transfer": lambda: transfer_rows(told.seeds),
        "baselines": saturn_baselines.rows,
        "settings": saturn_settings.rows,
        "real": real,
        "memory": saturn_memory.rows,
    }
    for part, rows in parts.items():
        if told.part in (None, part):
            seeds = f" --seeds {told.seeds}" if part in ("transfer", "real") else ""
            name = "saturn" if part == "transfer" else f"saturn_{part}"
            save(name, f"python -m tests.bench.bench_saturn --part {part}{seeds}", {part: rows()}, seed=0)
    if told.part in (None, "figure"):
        print(saturn_figure.draw())


if __name__ == "__main__":
    main()
