"""Network engines side by side on simulated and on real cells, their stability, and AUCell. Writes results/grn.json.

    python -m tests.bench.bench_grn [--parts aucell,real,simulated,seeds,grnboost2]

Simulated: ``make_grn.py`` beside the sources (2,000 cells x 1,000 genes, 50 factors), both shapes. It draws targets
among the genes that are no factors: AUPR over these, where edges can be, and over all pairs of a factor and another
gene, where the 2,450 pairs of two factors can only be wrong. ``seeds`` has both over five other seeds, by which choices
were made. Real: cortex of Darmanis 2015 and interneurons of MetaNeighbor, average precision over the base rate against
curated networks, on factors and targets that those know. Stability: Jaccard of the best edges, as many as are true
(simulated) or 5,000 (real). GRNBoost2, which takes minutes, is run once a shape. Seconds by the wall are longer on a
busy machine; those of the processor tell what the work is (none for GRNBoost2, whose workers are processes of dask's
own).
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.io import mmread
from scipy.sparse import csr_matrix
from sklearn.metrics import average_precision_score

from ingest.method import grn
from ingest.method.aucell import aucell
from ingest.method.pyscenic_compat import scenic
from ingest.method.regulons import Regulon, from_adjacencies
from tests.bench.record import FOLDER, load, save

SOURCES = Path(os.environ["ORTHOKG_CACHE"])
MAKE = SOURCES.parent / "bench" / "make_grn.py"
SEED, REAL_EDGES, REAL_GENES = 1, 5_000, 1_500
OTHER_SEEDS = (2, 3, 4, 5, 6)
Run = Callable[..., grn.Adjacencies]


class Cells(NamedTuple):
    expression: np.ndarray
    genes: list[str]
    tfs: list[str]
    donors: np.ndarray | None = None


def simulated(shape: str, folder: Path, seed: int = SEED) -> tuple[Cells, set[tuple[str, str]]]:
    made = folder / f"{shape}{seed}"
    subprocess.run([sys.executable, str(MAKE), str(made), "--shape", shape, "--seed", str(seed)], check=True)
    values = pd.read_parquet(made / "expr.parquet")
    truth = pd.read_csv(made / "true_edges.csv")
    tfs = (made / "tfs.txt").read_text().split()
    return Cells(values.to_numpy(), list(values.columns), tfs), set(zip(truth["TF"], truth["target"], strict=True))


def normal(counts: np.ndarray, names: np.ndarray, tfs: set[str], donors: np.ndarray) -> Cells:
    """Log of counts per 10,000; genes in 5% of cells: all factors, and the most variable others."""
    values = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    seen = (counts > 0).mean(axis=0) >= 0.05
    factor = np.isin(names, list(tfs)) & seen
    rest = np.flatnonzero(seen & ~factor)
    chosen = np.sort(np.r_[np.flatnonzero(factor), rest[np.argsort(-values[:, rest].var(axis=0))[:REAL_GENES]]])
    return Cells(values[:, chosen], names[chosen].tolist(), names[factor].tolist(), donors)


def darmanis() -> Cells:
    folder = SOURCES / "darmanis"
    counts = pd.read_csv(folder / "2015-Darmanis_b_prepared_data.csv.gz", sep="\t", index_col=0).T
    facts = pd.read_csv(folder / "2015-Darmanis_b_prepared_meta.csv.gz", sep="\t", index_col=0).loc[counts.index]
    tfs = set((SOURCES / "pyscenic" / "hs_hgnc_tfs.txt").read_text().split())
    donors = facts["experiment_sample_name"].to_numpy(str)
    return normal(counts.to_numpy(float), counts.columns.to_numpy(str), tfs, donors)


def metaneighbor() -> Cells:
    folder = SOURCES / "metaneighbor"
    with gzip.open(folder / "mn_counts.mtx.gz") as opened:
        counts = mmread(opened).toarray().T.astype(float)
    names = np.array((folder / "mn_genes.txt").read_text().split("\n")[: counts.shape[1]])
    donors = pd.read_csv(folder / "mn_cells.csv")["study_id"].to_numpy(str)
    return normal(counts, names, set((SOURCES / "pyscenic" / "mm_mgi_tfs.txt").read_text().split()), donors)


def curated(species: str) -> dict[str, set[tuple[str, str]]]:
    short = {"human": "hs", "mouse": "mm"}[species]
    trrust = pd.read_csv(SOURCES / "trrust" / f"trrust_rawdata.{species}.tsv", sep="\t").iloc[:, :2]
    dorothea = pd.read_csv(SOURCES / "dorothea" / f"dorothea_{short}_ABC.csv.gz")[["tf", "target"]]
    collectri = pd.read_csv(SOURCES / "collectri" / "collectri_human.csv")[["source", "target"]]
    if species == "mouse":  # by the manner of writing symbols alone
        collectri = collectri.apply(lambda column: column.str.capitalize())
    named = {"TRRUST": trrust, "DoRothEA": dorothea, "CollecTRI": collectri}
    return {name: set(table.itertuples(index=False, name=None)) for name, table in named.items()}


def single(engine: str) -> Run:
    return lambda c, seed=SEED: grn.infer(c.expression, c.genes, c.tfs, engine=engine, seed=seed)


def consensus(engine: str, bootstraps: int) -> Run:
    return lambda c, seed=SEED: grn.consensus(
        c.expression, c.genes, c.tfs, engine=engine, bootstraps=bootstraps, seed=seed
    )


ENGINES: dict[str, Run] = {
    "ridge": single("ridge"),
    "ridge, 50 bootstraps": consensus("ridge", 50),
    "rustscenic": single("rustscenic"),
    "rustscenic, 5 bootstraps": consensus("rustscenic", 5),
}


def matrix(found: grn.Adjacencies, cells: Cells) -> np.ndarray:
    row, column = ({name: at for at, name in enumerate(names)} for names in (cells.tfs, cells.genes))
    made = np.zeros((len(row), len(column)))
    made[[row[t] for t in found.tf], [column[t] for t in found.target]] = found.importance
    return made


def truth_matrix(edges: set[tuple[str, str]], cells: Cells) -> np.ndarray:
    return np.array([[(tf, gene) in edges for gene in cells.genes] for tf in cells.tfs])


def aupr(score: np.ndarray, true: np.ndarray, cells: Cells) -> tuple[float, float]:
    """Over all pairs but a factor and itself, and over targets that are no factors."""
    own = np.array(cells.tfs)[:, None] == np.array(cells.genes)
    plain = np.broadcast_to(~np.isin(cells.genes, cells.tfs), own.shape)
    return average_precision_score(true[~own], score[~own]), average_precision_score(true[plain], score[plain])


def over_base(score: np.ndarray, true: np.ndarray, cells: Cells) -> float:
    own = np.array(cells.tfs)[:, None] == np.array(cells.genes)
    known = true.any(axis=1)[:, None] & true.any(axis=0)[None, :] & ~own
    return average_precision_score(true[known], score[known]) / true[known].mean()


def top(found: grn.Adjacencies, count: int) -> set[tuple[str, str]]:
    return set(zip(found.tf[:count].tolist(), found.target[:count].tolist(), strict=True))


def jaccard(one: grn.Adjacencies, two: grn.Adjacencies, count: int) -> float:
    a, b = top(one, count), top(two, count)
    return len(a & b) / len(a | b)


def some(cells: Cells, rows: np.ndarray) -> Cells:
    donors = None if cells.donors is None else cells.donors[rows]
    return Cells(cells.expression[rows], cells.genes, cells.tfs, donors)


def stability(run: Run, cells: Cells, whole: grn.Adjacencies, count: int) -> dict[str, float]:
    """Against a run with one cell less, one with another seed, and between the halves of the cells."""
    rng = np.random.default_rng(3)
    less = np.delete(np.arange(len(cells.expression)), rng.integers(len(cells.expression)))
    half = rng.permutation(len(cells.expression)) % 2 == 0
    return {
        "one cell less": round(jaccard(whole, run(some(cells, less)), count), 3),
        "another seed": round(jaccard(whole, run(cells, seed=SEED + 1), count), 3),
        "halves of the cells": round(jaccard(run(some(cells, half)), run(some(cells, ~half)), count), 3),
    }


class Clock:
    """Seconds since it was made: by the wall, and of processor time with that of children that have ended."""

    def __init__(self) -> None:
        self._wall, self._own = time.perf_counter(), sum(os.times()[:4])

    def read(self) -> dict[str, float]:
        wall, own = time.perf_counter() - self._wall, sum(os.times()[:4]) - self._own
        return {"seconds": round(wall, 2), "of processor": round(own, 2)}


def timed(run: Run, cells: Cells) -> tuple[grn.Adjacencies, dict[str, float]]:
    clock = Clock()
    return run(cells), clock.read()


def scored(shape: str, name: str, run: Run, cells: Cells, true: np.ndarray) -> tuple[grn.Adjacencies, dict]:
    found, seconds = timed(run, cells)
    if name == "GRNBoost2":  # its workers are processes of dask's own
        seconds = {"seconds": seconds["seconds"], "of processor": None}
    all_pairs, plain = aupr(matrix(found, cells), true, cells)
    row = {
        "shape": shape,
        "engine": name,
        **seconds,
        "AUPR": round(plain, 3),
        "AUPR, factors as targets too": round(all_pairs, 3),
    }
    print(row, flush=True)
    return found, row


def on_simulated(runs: dict[str, Run], *, steady_too: bool = True) -> tuple[list[dict], list[dict], list[dict]]:
    rows, steady, sure = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for shape in ("linear", "gated"):
            cells, edges = simulated(shape, Path(folder))
            true = truth_matrix(edges, cells)
            for name, run in runs.items():
                found, row = scored(shape, name, run, cells, true)
                rows.append(row)
                if shape == "linear" and steady_too:
                    kept = stability(run, cells, found, len(edges))
                    steady.append({"cells": "simulated, linear", "engine": name, **kept})
                    print(steady[-1], flush=True)
                if found.support is not None:
                    high = found.at(found.support >= 0.95)
                    right = [pair in edges for pair in zip(high.tf.tolist(), high.target.tolist(), strict=True)]
                    sure.append(
                        {
                            "shape": shape,
                            "engine": name,
                            "edges of support >= .95": len(right),
                            "true": round(float(np.mean(right)), 3),
                            "of all true edges": round(sum(right) / len(edges), 3),
                        }
                    )
    return rows, steady, sure


def on_real() -> tuple[list[dict], list[dict]]:
    rows, steady = [], []
    studies = (
        ("Darmanis, human cortex", darmanis(), "human"),
        ("MetaNeighbor, mouse interneurons", metaneighbor(), "mouse"),
    )
    runs = {name: ENGINES[name] for name in ("ridge", "rustscenic")}
    runs["ridge, 50 bootstraps"] = ENGINES["ridge, 50 bootstraps"]
    runs["ridge, donors out"] = lambda c, seed=SEED: grn.infer(c.expression, c.genes, c.tfs, donors=c.donors, seed=seed)
    for name, cells, species in studies:
        known = {net: truth_matrix(edges, cells) for net, edges in curated(species).items()}
        for engine, run in runs.items():
            found, seconds = timed(run, cells)
            score = matrix(found, cells)
            ratio = {net: round(float(over_base(score, true, cells)), 2) for net, true in known.items()}
            size = f"{cells.expression.shape[0]} x {len(cells.genes)}, {len(cells.tfs)} factors"
            rows.append({"cells": name, "size": size, "engine": engine, **seconds, **ratio})
            print(rows[-1], flush=True)
            if engine in ("ridge", "ridge, 50 bootstraps"):
                kept = stability(run, cells, found, REAL_EDGES)
                steady.append({"cells": name, "engine": engine, **kept})
                print(steady[-1], flush=True)
    return rows, steady


def other_seeds() -> list[dict]:
    """Mean AUPR of the default engine over five simulations that no other part has seen."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for shape in ("linear", "gated"):
            found = []
            for seed in OTHER_SEEDS:
                cells, edges = simulated(shape, Path(folder), seed)
                found.append(aupr(matrix(ENGINES["ridge"](cells), cells), truth_matrix(edges, cells), cells))
            every, plain = np.mean(found, axis=0).tolist()
            rows.append(
                {
                    "shape": shape,
                    "engine": "ridge",
                    "AUPR": round(plain, 3),
                    "AUPR, factors as targets too": round(every, 3),
                }
            )
            print(rows[-1], flush=True)
    return rows


def activity() -> list[dict]:
    """AUCell of regulons of the cells themselves: pyscenic with one and two workers, and ours; and without ties."""
    rows = []
    rng = np.random.default_rng(SEED)
    counts = rng.poisson(rng.gamma(0.25, 2, (2_000, 15_000))).astype(float)
    genes = [f"g{i}" for i in range(counts.shape[1])]
    free = rng.normal(size=counts.shape) ** 2
    sets = [
        Regulon(f"T{at}", tuple(rng.choice(genes, 80, replace=False).tolist()), (1.0,) * 80, 1, False)
        for at in range(200)
    ]
    logged = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    real = darmanis()
    own = from_adjacencies(grn.infer(real.expression, real.genes, real.tfs))
    cases = {
        "2,000 x 15,000, simulated counts": (csr_matrix(logged), genes, sets),
        "the same, dense": (logged, genes, sets),
        "2,000 x 15,000, no ties": (free, genes, sets),
        "Darmanis, its own regulons": (csr_matrix(real.expression), real.genes, list(own)),
    }
    signature, theirs = scenic("ctxcore.genesig").GeneSignature, scenic("pyscenic.aucell").aucell
    for name, (values, names, regulons) in cases.items():
        plain = values.toarray() if isinstance(values, csr_matrix) else values
        frame = pd.DataFrame(plain, columns=names, index=[f"c{i:06d}" for i in range(len(plain))])
        given = [signature(str(at), list(r.targets)) for at, r in enumerate(regulons)]
        seconds = {}
        for workers in (1, 2):
            clock = Clock()
            expected = theirs(frame, given, noweights=True, seed=1, num_workers=workers)
            seconds[workers] = clock.read()
        clock = Clock()
        found = aucell(values, names, regulons)
        ours = clock.read()
        gap = np.abs(found - expected.loc[frame.index, [s.name for s in given]].to_numpy()).max()
        better = min(each["seconds"] for each in seconds.values())
        rows.append(
            {
                "cells": name,
                "regulons": len(regulons),
                "pyscenic, 1 worker (s)": seconds[1]["seconds"],
                "pyscenic, 2 workers (s)": seconds[2]["seconds"],
                "here (s)": ours["seconds"],
                "times faster than the better": round(better / ours["seconds"], 1),
                "of processor, 1 worker against here": f"{seconds[1]['of processor']} / {ours['of processor']}",
                "largest difference": f"{gap:.1e}",
            }
        )
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="aucell,real,simulated,seeds,grnboost2")
    path = FOLDER / "grn.json"
    results = load("grn")["results"] if path.exists() else {}
    for part in parser.parse_args().parts.split(","):
        if part == "aucell":
            results["aucell"] = activity()
        elif part == "real":
            results["real"], results["stability_real"] = on_real()
        elif part == "simulated":
            results["engines"], results["stability"], results["support"] = on_simulated(ENGINES)
        elif part == "seeds":
            results["seeds"] = other_seeds()
        else:
            made, _, _ = on_simulated({"GRNBoost2": single("grnboost2")}, steady_too=False)
            results["engines"] = [row for row in results.get("engines", []) if row["engine"] != "GRNBoost2"] + made
        print(save("grn", "python -m tests.bench.bench_grn", results, seed=SEED), flush=True)


if __name__ == "__main__":
    main()
