"""Power as it is planned against that of simulated studies through the product's contrast and joint test.

    python -m tests.bench.bench_plan [--draws 1000] [--pilots 25] [--genes 1500]

rTg4510 at 8 months (7 v 8) and the donors of GSE153873 (12 v 10), a random subset of their genes. The true effects lie
along the measured ones, with the lengths measured above the noise. Samples are drawn from two noises: the factors
alone, which is what a plan knows; and the factors with each gene's own noise mixed in (``tests.bench.simulate``), which
overlap less between the species. ``pilots``: pairs of studies drawn from the second, each planned from by itself.
"""

import argparse
import time

import numpy as np
from scipy import stats

from ingest.fetch.cache import Cache
from kg.match.joint import Side, joint_test
from kg.match.power import Power, Setting, setting
from kg.match.specificity import ALPHA
from tests.bench.bench_statistics import SEED, World
from tests.bench.record import save
from tests.bench.simulate import Noise, related, unrelated
from tests.bench.studies import Studies, side

SCORES, ANIMALS = (0.2, 0.3, 0.4, 0.5), (3, 6, 10, 15)
PILOTS = ((3, 0.5), (6, 0.3), (10, 0.4), (15, 0.4))
SIZE = 7 * 8 / 15


def called(mouse: Side, human: Side) -> bool:
    test = joint_test(mouse, human)
    return test.p <= ALPHA and test.statistic > 0


def noncentral(known: Setting, r: float, animals: int) -> float:
    """Power by a noncentral t with V = |L h0|^2 + |K m0|^2 + |L K'|^2."""
    m, h = known.length[0] * np.sqrt(animals / 2 / SIZE), known.length[1]
    reach = h * (r * known.along[0, 0] + np.sqrt(1 - r**2) * known.along[0, 1]), m * known.along[1, 0]
    variance = float((reach[0] ** 2).sum() + (reach[1] ** 2).sum() + (known.gram[0, 1] ** 2).sum())
    df = min(2 * animals - 2, known.df[1])
    return float(stats.nct.sf(stats.t.isf(ALPHA / 2, df), df, r * m * h / np.sqrt(variance)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--pilots", type=int, default=25)
    parser.add_argument("--genes", type=int, default=1500)
    args = parser.parse_args()
    start, rng = time.monotonic(), np.random.default_rng(1)
    studies = Studies(Cache.open())
    world = World(studies, args.genes, named=True)
    chosen = np.sort(np.random.default_rng(SEED).choice(len(studies.genes), args.genes, replace=False))
    m = side(studies.model("rTg4510", "8")).at(chosen).centred()
    h = side(studies.donor_state("AD", "Old").cohorts[0]).at(chosen).centred()
    true = m.vector * np.sqrt(m.reliability)
    apart = unrelated(h.vector, [true])
    apart *= np.sqrt(h.signal) / np.linalg.norm(apart)
    known = setting(m, h)
    plan = Power(known, size=SIZE)
    rows: list[dict[str, object]] = []
    noises = {"factors": True, "factors and each gene's own": False}
    for name, alone in noises.items():
        mice, people = (
            Noise(noise.rows, noise.spread, 0.0 if alone else noise.own)
            for noise in (world.mouse.noise, world.human.noise)
        )
        mouse = World.species(mice, true, 7, 8)
        effects = {str(r): World.species(people, related(apart, true, r), 12, 10).effect for r in SCORES}
        human = World.species(people, true, 12, 10)
        for n in ANIMALS:
            hits = np.zeros(len(SCORES))
            for _ in range(args.draws):
                animals = mouse.sides(n, n, rng, {"": mouse.effect})[""]
                hits += [called(animals, each) for each in human.sides(12, 10, rng, effects).values()]
            for r, share in zip(SCORES, hits / args.draws, strict=True):
                planned = plan.at(r, n).found
                rows.append({"noise": name, "animals": n, "r": r, "simulated": round(float(share), 3)})
                rows[-1] |= {"planned": round(planned, 3), "difference": round(planned - float(share), 3)}
                rows[-1]["noncentral t"] = round(noncentral(known, r, n), 3)
                print(rows[-1], flush=True)
    pilots: list[dict[str, object]] = []
    mouse = World.species(world.mouse.noise, true, 7, 8)
    for n, r in PILOTS:
        human = World.species(world.human.noise, related(apart, true, r), 12, 10)
        told = [
            Power(
                setting(
                    mouse.sides(7, 8, rng, {"": mouse.effect})[""], human.sides(12, 10, rng, {"": human.effect})[""]
                ),
                size=SIZE,
                seed=at,
            ).at(r, n).found
            for at in range(args.pilots)
        ]  # fmt: skip
        pilots.append(
            {"animals": n, "r": r, "mean": round(float(np.mean(told)), 3), "sd": round(float(np.std(told)), 3)}
        )
        print(pilots[-1], flush=True)
    worst = {name: max(abs(float(str(r["difference"]))) for r in rows if r["noise"] == name) for name in noises}
    results = {
        "reliability": {"mouse": round(m.reliability, 3), "human": round(h.reliability, 3)},
        "genes": args.genes, "draws": args.draws, "rows": rows, "pilots": pilots, "worst": worst,
        "seconds": round(time.monotonic() - start),
    }  # fmt: skip
    command = f"python -m tests.bench.bench_plan --draws {args.draws} --pilots {args.pilots} --genes {args.genes}"
    print(worst, save("plan", command, results, seed=1))


if __name__ == "__main__":
    main()
