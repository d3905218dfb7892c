"""Ways to bring batches together, on simulated nested batches: fastMNN and scANVI must beat scVI, or the batches are
too easy.

    python -m tests.bench.bench_integration [--seeds 3] [--again]

The batches are those of scIB's second simulation (``splat``), and as there scANVI is shown all labels and all cells are
measured. All genes are used: variable genes alone hardly have the ambient counts that differ from run to run.
``hidden labels`` are the folds of ``orthokg atlas bench``, where no method is shown the labels of what is measured.
scanorama takes part where it is installed. What is written is not measured again.
"""

import argparse
import time
from typing import Any

import numpy as np
from scipy import sparse

from ingest.method.integration.bench import bench, chosen
from ingest.method.integration.measures import measured
from ingest.method.integration.methods import METHODS, Batches, batches
from ingest.method.mapping.calibration.policy import Policy
from ingest.method.mapping.calibration.training import Training, joined
from ingest.method.mapping.space.cells import StudyCells
from kg.errors import MethodError
from tests.bench import record
from tests.bench.splat import nested

POLICY, GAP = Policy(genes=2000, axes=30, centroids=30, wide=2000), 0.3
MUST_BEAT, BASE = ("fastmnn", "scanvi"), "scvi"


def training(seed: int) -> Training:
    """Each laboratory a study, each run a donor."""
    made = nested(seed)
    genes = np.array([f"g{at:04d}" for at in range(made.counts.shape[1])])
    studies = []
    for each in np.unique(made.laboratory):
        own = made.laboratory == each
        labels, donors = (np.array([f"{x:02d}" for x in values[own]]) for values in (made.label, made.batch))
        studies.append(
            StudyCells(f"lab{each}", sparse.csr_matrix(made.counts[own], dtype=np.float32), genes, labels, donors)
        )
    return joined(studies)


def one_seed(seed: int) -> dict[str, Any]:
    of = batches(training(seed), POLICY, seed)
    made: dict[str, Any] = {"all labels": {name: _whole(of, name) for name in METHODS}}
    made["hidden labels"] = {
        row.method.name: {name: round(row.mean(name), 3) for name in ("ARI", "biology", "mixing", "scGraph")}
        if row.ran
        else row.reason
        for row in bench(of, chosen(()), shown=False)
    }
    return made


def _whole(of: Batches, name: str) -> dict[str, float] | str:
    """Of all cells, no label hidden."""
    begun = time.perf_counter()
    try:
        points = METHODS[name].run(of, [np.zeros(len(of.batch), bool)])[0]
    except MethodError as error:
        return str(error)
    seconds = time.perf_counter() - begun
    found = measured(of.plain, points, of.training.code, of.batch, shown=False, seed=of.seed)
    numbers = {"ARI": found.of["ARI"], "biology": found.biology, "mixing": found.mixing, "scGraph": found.scgraph}
    return {key: round(float(value), 3) for key, value in numbers.items()} | {"seconds": round(seconds, 1)}


def table(seeds: dict[str, Any]) -> list[dict[str, Any]]:
    """ARI of each seed by method, and how far it lies above scVI."""
    made = []
    for name, method in METHODS.items():
        own = [seeds[seed]["all labels"][name] for seed in seeds]
        hidden = [seeds[seed]["hidden labels"][name] for seed in seeds]
        base = [seeds[seed]["all labels"][BASE] for seed in seeds]
        ran = not isinstance(own[0], str)
        above = [a["ARI"] - b["ARI"] for a, b in zip(own, base, strict=True)] if ran else []
        made.append(
            {
                "method": name,
                "labels": "seen" if method.labels else "not seen",
                "ARI of each seed": ", ".join(f"{each['ARI']:.2f}" for each in own) if ran else "not installed",
                "above scvi": ", ".join(f"{value:+.2f}" for value in above) or None,
                "seeds above by .3": f"{sum(value >= GAP for value in above)} of {len(seeds)}"
                if ran and name in MUST_BEAT
                else None,
                "biology": round(float(np.mean([each["biology"] for each in own])), 3) if ran else None,
                "mixing": round(float(np.mean([each["mixing"] for each in own])), 3) if ran else None,
                "ARI, labels hidden": round(float(np.mean([each["ARI"] for each in hidden])), 3) if ran else None,
            }
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args()
    known: dict[str, Any] = {}
    if not asked.again and (record.FOLDER / "integration.json").exists():
        known = record.load("integration")["results"]["seeds"]
    for seed in range(asked.seeds):
        if str(seed) not in known:
            known[str(seed)] = one_seed(seed)
            print(seed, {k: v if isinstance(v, str) else v["ARI"] for k, v in known[str(seed)]["all labels"].items()})
        results = {"data": "simulated nested batches: 4 laboratories, 4 runs of each", "table": table(known)}
        command = f"python -m tests.bench.bench_integration --seeds {asked.seeds}"
        record.save("integration", command, results | {"seeds": known}, seed=0)
    for row in table(known):
        print(row)


if __name__ == "__main__":
    main()
