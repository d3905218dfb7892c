"""Planted regulatory changes in simulated cells of two species: which are called, over several seeds, and the answer
itself.

    python -m tests.bench.bench_regulatory [SEEDS]
"""

import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from ingest.batch import Batch
from ingest.manifest import manifest
from ingest.study import datasets
from ingest.study.factors import Factors
from kg.curie import HUMAN, MOUSE
from kg.match.conjunction import conjunction
from kg.match.joint import Side, joint_test
from kg.names.genes import GeneNames
from kg.signatures.store import Signature
from tests.bench.bench_answers import orthokg
from tests.bench.record import save
from tests.bench.two_species_cells import GENES, World, real_pairs, world, write

ALPHA = 0.05
SIDES = (("mouse", MOUSE, "ENSMUSG9"), ("human", HUMAN, "ENSG9"))


def batches(folder: Path) -> dict[str, Batch]:
    made = {}
    for name, taxon, prefix in SIDES:
        m = manifest.read(folder / f"{name}.yaml")
        files = datasets.Files({f: folder / f for f in m.files()}, dict.fromkeys(m.files(), "0" * 64))
        ids = [f"{prefix}{i:010d}" for i in range(GENES)]
        known = Factors(np.empty(0, dtype=str), {})
        made[name] = datasets.transform(
            m, files, GeneNames.of_symbols(taxon, ids, ids), factors=lambda known=known: known
        )
    return made


def side(s: Signature, factors: list[str]) -> Side:
    at = np.searchsorted(s.genes, factors)
    assert s.factor is not None
    return Side(s.vector[at], s.factor[:, at], s.df).centred()


def row(w: World, made: dict[str, Batch], level: str) -> dict[str, object]:
    """Factors that change alike at FDR .05, by what was planted."""
    found = {
        n: made[n].arrays[f"orthokg:contrast/simulated-cells-{n}/case.microglial-cell#{level}"] for n, _, _ in SIDES
    }
    truth = w.truth[w.truth["mouse_gene"].isin(found["mouse"].genes) & w.truth["human_gene"].isin(found["human"].genes)]
    mouse, human = (side(found[n], truth[f"{n}_gene"].tolist()) for n, _, _ in SIDES)
    test, called = joint_test(mouse, human), conjunction(mouse, human).q <= ALPHA
    plan, kind = truth["plan"].to_numpy(), truth["kind"].to_numpy()
    share = {
        p: float(called[(plan == p) & (kind == level)].mean()) for p in ("concordant", "discordant", "one species")
    }
    other = float(called[(plan == "concordant") & (kind != level)].mean())
    return {"level": level, "r": round(test.score, 2), "p": f"{test.p:.1e}"} | {
        k: f"{v:.0%}"
        for k, v in (share | {"changed otherwise": other, "nothing": float(called[plan == "nothing"].mean())}).items()
    }


def distances(w: World, made: dict[str, Batch], name: str) -> dict[str, object]:
    """Factors whose targets changed within one species, against the atlas null."""
    table = made[name].arrays[f"rewiring/orthokg:contrast/simulated-cells-{name}/case.microglial-cell"]
    truth = w.truth.set_index(f"{name}_gene").loc[list(table["gene"])]
    called, kind, on = table["q"] <= ALPHA, truth["kind"].to_numpy(), truth[name].to_numpy() != 0
    shares = {"rewired": (kind == "rewiring") & on, "active only": (kind == "activity") & on, "nothing": ~on}
    return {"species": name} | {k: f"{called[mask].mean():.0%}" for k, mask in shares.items()}


def main() -> None:
    warnings.filterwarnings("ignore")
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    alike, within, seconds = [], [], []
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "cells"
        for seed in range(seeds):
            w = world([(f"ENSG9{i:010d}", f"ENSMUSG9{i:010d}") for i in range(GENES)], seed)
            write(folder, w, seed)
            started = time.process_time()
            made = batches(folder)
            seconds.append(time.process_time() - started)
            alike += [{"seed": seed} | row(w, made, level) for level in ("activity", "rewiring")]
            within += [{"seed": seed} | distances(w, made, name) for name, _, _ in SIDES]
            print(*alike[-2:], *within[-2:], sep="\n", flush=True)
        write(folder, world(real_pairs()))
        os.environ["ORTHOKG_HOME"] = str(Path(home) / "graph")
        orthokg("ingest", str(folder / "mouse.yaml"), str(folder / "human.yaml"))
        answer = orthokg("match", "--model", "simulated cells", "--disease", "MONDO:0004975", "--level", "rewiring")
    facts = {"alike": alike, "within": within, "answer": answer, "CPU seconds of both studies": round(max(seconds), 1)}
    save("regulatory", "python -m tests.bench.bench_regulatory", facts, seed=0)


if __name__ == "__main__":
    main()
