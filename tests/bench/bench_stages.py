"""Size and power of the difference between two stages of one disease, by simulated studies of known truth, through the
product's kernels. Writes results/stages.json.

    python -m tests.bench.bench_stages [--draws 1000] [--genes 1500] [--processes 2]

A draw is a study of animals and one of donors, with noise of each gene's own and noise that genes share (8 axes); each
stage against controls of its own, or the same for all. Truth is the cosine between the true effects of the model and of
each stage; a stage is stronger than another where its effects are longer. Limit: .065 where the cosines are equal. Exit
1 when it is broken.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from kg.match.contrast import contrast
from kg.match.joint import Side, joint_test
from kg.match.stages import Shared, may_compare, shared_correlation, stage_test, trend_weights
from tests.bench.record import save

Floats = NDArray[np.float64]
SEED, ALPHA, LIMIT, AXES = 20_260, 0.05, 0.065, 8
MICE, CASES, CONTROLS = (7, 8), (12, 10, 14), 11


@dataclass(frozen=True)
class Truth:
    """``cosines``: of the model with each stage; ``lengths``: of the stages' effects, that of the model being 1;
    ``alike``: cosine of what the stages have beside the model."""

    name: str
    cosines: tuple[float, ...]
    lengths: tuple[float, ...]
    alike: float = 0.5

    @property
    def null(self) -> bool:
        return len(set(self.cosines)) == 1


TRUTHS = (
    Truth("no stage matches", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    Truth("all match alike", (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)),
    Truth("all match alike, later stages stronger", (0.5, 0.5, 0.5), (0.6, 1.0, 1.6)),
    Truth("one and the same effect, later stages stronger", (0.5, 0.5, 0.5), (0.6, 1.0, 1.6), alike=1.0),
    Truth("later stages match better: .2, .4, .6", (0.2, 0.4, 0.6), (1.0, 1.0, 1.0)),
    Truth("only the last stage matches: 0, 0, .6", (0.0, 0.0, 0.6), (1.0, 1.0, 1.0)),
)


def vectors(truth: Truth, rng: np.random.Generator, genes: int, size: float) -> tuple[Floats, list[Floats]]:
    """True effects with the cosines of the truth: orthonormal directions, mixed."""
    count = len(truth.cosines)
    basis = np.linalg.qr(rng.normal(size=(genes, count + 2)))[0].T * np.sqrt(genes) * size
    model, common, *own = basis
    made = [
        length
        * (
            cosine * model
            + np.sqrt(1 - cosine**2) * (np.sqrt(truth.alike) * common + np.sqrt(1 - truth.alike) * beside)
        )
        for cosine, length, beside in zip(truth.cosines, truth.lengths, own, strict=True)
    ]
    return model, made


def samples(rng: np.random.Generator, loadings: Floats, n: int) -> Floats:
    return rng.normal(size=(n, AXES)) @ loadings + rng.normal(size=(n, loadings.shape[1]))


def side(case: Floats, control: Floats, effect: Floats) -> Side:
    arms = np.repeat([1.0, 0.0], [len(case), len(control)])
    fit = contrast(np.vstack([case + effect, control]), arms)
    return Side(fit.vector, fit.factor, fit.df).centred()


def rates(
    truth: Truth, shared: bool, common: float, size: float, draws: int, genes: int, seed: int
) -> dict[str, object]:
    """Of one cell. ``common``: spread of the noise that genes share, by axis, beside 1 of each gene's own; ``size``: of
    the true effects of a gene."""
    rng = np.random.default_rng(seed)
    loadings = {kind: rng.normal(size=(AXES, genes)) * common for kind in ("mouse", "human")}
    loadings["human"][:4] = loadings["mouse"][:4]
    model, effects = vectors(truth, rng, genes, size)
    pair: list[bool] = []
    trend: list[bool] = []
    plain: list[bool] = []
    slopes: list[float] = []
    for _ in range(draws):
        m = side(samples(rng, loadings["mouse"], MICE[0]), samples(rng, loadings["mouse"], MICE[1]), model)
        controls = samples(rng, loadings["human"], CONTROLS)
        stages = [
            side(
                samples(rng, loadings["human"], n),
                controls if shared else samples(rng, loadings["human"], CONTROLS),
                effect,
            )
            for n, effect in zip(CASES, effects, strict=True)
        ]
        if not all(may_compare(each) for each in (m, *stages)):
            continue
        one, two = joint_test(m, stages[0]).p <= ALPHA, joint_test(m, stages[2]).p <= ALPHA
        plain.append(bool(one != two))
        ends = stage_test(m, [stages[0], stages[2]], [-1.0, 1.0], shared_noise(stages, (0, 2)) if shared else ())
        pair.append(ends.p <= ALPHA)
        both = shared_noise(stages, (0, 1, 2)) if shared else ()
        along = stage_test(m, stages, trend_weights(3).tolist(), both)
        trend.append(along.p <= ALPHA)
        slopes.append(ends.estimate)
    return {
        "truth": truth.name,
        "controls": "the same for all" if shared else "each stage its own",
        "common noise": common,
        "effects": size,
        "compared": len(pair),
        "difference p <= .05": _rate(pair),
        "trend p <= .05": _rate(trend),
        "one significant, the other not": _rate(plain),
        "mean difference": round(float(np.mean(slopes)), 3) if slopes else None,
        "true difference": round(truth.cosines[2] - truth.cosines[0], 3),
    }


def shared_noise(stages: list[Side], places: tuple[int, ...]) -> list[Shared]:
    """The noise of controls that all stages use."""
    made: list[Shared] = []
    for at, i in enumerate(places):
        for other, j in enumerate(places[at + 1 :], at + 1):
            r = shared_correlation(((CASES[i], CONTROLS), (CASES[j], CONTROLS)), [(1, 1, CONTROLS)])
            made += [Shared(at, other, r / 2, stages[i].factor), Shared(at, other, r / 2, stages[j].factor)]
    return made


def _rate(calls: list[bool]) -> list[float] | None:
    if not calls:
        return None
    p = float(np.mean(calls))
    return [round(p, 4), round(float(np.sqrt(p * (1 - p) / len(calls))), 4)]


def _cell(arguments: tuple[Truth, bool, float, float, int, int, int]) -> dict[str, object]:
    return rates(*arguments)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--genes", type=int, default=1500)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    start = time.monotonic()
    settings = [
        (truth, shared, common, size)
        for truth in TRUTHS
        for shared in (False, True)
        for common, size in ((0.15, 0.5), (0.15, 0.9), (0.5, 0.9))
    ]
    cells = [(*each, args.draws, args.genes, SEED + at) for at, each in enumerate(settings)]
    with get_context("spawn").Pool(args.processes) as pool:
        rows = pool.map(_cell, cells, chunksize=1)
    for row in rows:
        print(*row.values(), sep=" | ")
    null = {truth.name for truth in TRUTHS if truth.null}
    tests = ("difference p <= .05", "trend p <= .05")
    worst = max(float(row[what][0]) for row in rows for what in tests if row["truth"] in null)  # type: ignore[index]
    results = {"genes": args.genes, "draws": args.draws, "worst size": worst, "rows": rows}
    results["seconds"] = round(time.monotonic() - start)
    save("stages", "python -m tests.bench.bench_stages", results, seed=SEED)
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
