"""Counterparts of cell populations on simulated pairs of species whose truth is known, with and without control runs.

    python -m tests.bench.bench_correspond [--seeds 2]

The generator is ``make_two_species.py`` in ``../shared/bench``; the runs are those of ``orthokg embed saturn``. A
control run is asked as a run of its own would be, with the other controls as its null.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import anndata
import numpy as np

from ingest.method.saturn.control import run_controls
from ingest.method.saturn.finish import add_shared
from ingest.method.saturn.run import embed
from ingest.method.saturn.run_file import RunFile, Source
from ingest.method.saturn.settings import Settings
from kg.match.correspond import Correspondence, correspond
from tests.bench.bench_saturn import SETS
from tests.bench.record import save


def runs(folder: Path, seed: int) -> tuple[Path, list[Path]]:
    told = RunFile(
        tuple(Source(s, folder / f"{s}.h5ad", folder / f"{s}_emb.npz") for s in ("human", "mouse")),
        "cell_type",
        "batch",
    )
    settings, out = Settings(seed=seed), folder / "out"
    embed(told, out, settings, lambda *_: None)
    add_shared(out / "saturn.h5ad", told, folder / "orthologs.csv", settings.genes)
    return out / "saturn.h5ad", run_controls(
        told, out, None, lambda run, own: embed(run, own, settings, lambda *_: None)
    )


def counted(found: Correspondence) -> dict[str, int]:
    """Right and wrong counterparts, and on how many pairs the two scores disagree. Right: the same name."""
    name = [p.label for p in found.populations]
    called = [name[p.left] == name[p.right] for p in found.pairs if p.called]
    return {
        "right": sum(called),
        "wrong": len(called) - sum(called),
        "doubted": sum(p.agrees is False for p in found.pairs),
    }


def measured(folder: Path, seed: int) -> dict[str, Any]:
    path, controls = runs(folder, seed)
    cells = anndata.read_h5ad(path)
    species, labels = (cells.obs[c].astype(str).to_numpy() for c in ("species", "label"))
    read = [anndata.read_h5ad(each) for each in controls]
    spaces, bases = ([np.asarray(each.obsm[name]) for each in read] for name in ("X_saturn", "X_macrogenes"))
    expression = np.asarray(cells.obsm["X_orthologs"])
    space = np.asarray(cells.obsm["X_saturn"])
    plain = counted(correspond(space, species, labels, expression=expression))
    held = counted(
        correspond(
            space, species, labels, expression=expression, base=np.asarray(cells.obsm["X_macrogenes"]), controls=bases
        )
    )
    asked = [
        counted(correspond(x, species, labels, base=bases[at], controls=bases[:at] + bases[at + 1 :]))
        for at, x in enumerate(spaces)
    ]
    shared = len(set(labels[species == "human"]) & set(labels[species == "mouse"]))
    return {
        "shared types": shared,
        "controls": len(spaces),
        "right, labels alone": plain["right"],
        "wrong, labels alone": plain["wrong"],
        "right": held["right"],
        "wrong": held["wrong"],
        "scores disagree": held["doubted"],
        "counterparts of a control": round(float(np.mean([a["right"] + a["wrong"] for a in asked])), 2),
    }


def main() -> None:
    from make_two_species import make  # pyright: ignore[reportMissingImports]

    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    seeds = parser.parse_args().seeds
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (first, settings) in SETS.items():
            for i in range(seeds):
                path = Path(folder) / f"{name}{i}"
                make(str(path), seed=first + 10 * i, save_torch=False, **settings)
                rows.append({"set": name, "seed": first + 10 * i} | measured(path, i))
                print(rows[-1], flush=True)
    save("correspond", f"python -m tests.bench.bench_correspond --seeds {seeds}", {"simulated": rows}, seed=0)


if __name__ == "__main__":
    main()
