"""Type-I error and power of the joint null, through the product's kernels. Writes results/statistics.json.

    python -m tests.bench.bench_statistics [--draws 2000] [--splits 400] [--genes 3000] [--processes 2]

Limits: simulated .065; halves of healthy donors .13 (own factor) and .08 (reference); power at a true r of .30 with 7 v
8 mice and 12 v 10 donors, axes out, at least .7. Exit 1 when one is broken. Power is asked over all genes under two
noises: that of the very samples of the design (rTg4510 at 8 months; AD and old donors), where the limit holds, and that
of all samples of both studies (2 months and young donors too), which is larger along the model's own direction.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one process a core

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ingest.fetch.cache import Cache
from kg.match.axes import noise_axes
from kg.match.calibrate import Probe, calibrate, split_table
from kg.match.conjunction import conjunction
from kg.match.contrast import contrast, indicators, noise_rows
from kg.match.joint import Side, joint_test
from tests.bench.record import today
from tests.bench.simulate import TRUTHS, Noise, Species, related, unrelated
from tests.bench.studies import Studies, axes_of, side

SEED = 20_260
MICE = ((3, 3), (4, 4), (6, 6), (7, 8))
HUMANS = ((3, 3), (12, 10))
ANIMALS = ((3, 3), (4, 4), (6, 6), (7, 8), (10, 10), (15, 15))
SCORES = (0.15, 0.30, 0.50)
LIMITS = {"simulated": 0.065, "halves, own factor": 0.13, "halves, reference": 0.08, "power at .30": 0.7}
RESULTS = Path(__file__).parent / "results" / "statistics.json"


class World:
    """Noise, true vectors and maps over a random subset of the genes."""

    def __init__(self, studies: Studies, genes: int, *, named: bool = False):
        """``named``: noise of the samples of the design alone (8 months; AD and old), not of both whole studies."""
        chosen = np.sort(np.random.default_rng(SEED).choice(len(studies.genes), genes, replace=False))
        animals, donors = studies.mice["rTg4510"], studies.donors
        mice = animals.strata == "8" if named else np.ones(len(animals.strata), bool)
        people = donors.strata != "Young" if named else np.ones(len(donors.strata), bool)
        own = Noise.of(
            animals.values[studies.genes].to_numpy()[mice], indicators(animals.strata[mice], animals.case[mice])
        )
        theirs = Noise.of(donors.values[studies.genes].to_numpy()[people], indicators(donors.strata[people]))
        self.maps = {"module": studies.modules.on(chosen), "regulon": studies.regulons.on(chosen)}
        mouse = side(studies.model("rTg4510", "8")).at(chosen).centred()
        part = studies.donor_state("AD", "Old").cohorts[0]
        human = side(part).at(chosen).centred().vector
        axes = studies.axes("J20")
        self.axes = noise_axes(axes.rows[:, chosen], axes.count)
        # Unrelated in every test at once: no inner product over genes, modules or regulons, with axes in and out.
        beyond = mouse.without(self.axes)
        same = [mouse.vector, beyond.vector, *(self.back(name, mouse) for name in self.maps)]
        outside = self.back("regulon", beyond)
        same.append(outside - (outside @ self.axes.T) @ self.axes)
        self.apart, self.true = unrelated(human, same), mouse.vector
        # Power is asked of effects beyond the common axes, whose true score is the same with axes in and out.
        self.beyond = beyond.vector
        self.beyond_apart = unrelated(human - (human @ self.axes.T) @ self.axes, [beyond.vector])
        self.mouse = self.species(own.at(chosen), self.true, 7, 8)
        self.human = self.species(theirs.at(chosen), self.apart, 12, 10)

    def back(self, name: str, mouse: Side) -> np.ndarray:
        weights = self.maps[name]
        value = weights.signs @ (weights.activity(mouse).vector / weights.length)
        return value - value.mean()

    @staticmethod
    def species(noise: Noise, true: np.ndarray, cases: int, controls: int) -> Species:
        """The log2 effect that gives a true vector in a design of the real study's size."""
        scale = noise.spread + np.median(noise.spread)
        return Species(noise, true * scale / np.sqrt(cases * controls / (cases + controls)))


WORLD: World
POWER: dict[str, World]
NOISES = {"samples of the design": True, "all samples": False}


def calls(mouse: Side, human: Side) -> list[bool]:
    found = joint_test(mouse, human)
    return [found.p <= 0.05, found.mouse_only_p <= 0.05, found.naive_p <= 0.05]


def all_levels(mouse: Side, human: Side, world: World) -> list[bool]:
    """Joint, mouse-only and gene-independent test at gene, module and regulon level; any regulon alike at FDR .05; the
    joint test with the noise axes of other animals taken out, at gene and regulon level."""
    out = calls(mouse, human)
    for weights in world.maps.values():
        m, h = weights.activity(mouse), weights.activity(human)
        out += calls(m, h)
    out.append(bool((conjunction(m, h).q <= 0.05).any()))
    m, h = mouse.without(world.axes), human.without(world.axes)
    weights = world.maps["regulon"]
    return [*out, joint_test(m, h).p <= 0.05, joint_test(weights.activity(m), weights.activity(h)).p <= 0.05]


NAMES = [f"{level} {test}" for level in ("gene", "module", "regulon") for test in ("joint", "mouse-only", "naive")]
JOINT = [name for name in NAMES if name.endswith("joint")] + ["gene joint (axes out)", "regulon joint (axes out)"]
NAMES += ["any regulon", "gene joint (axes out)", "regulon joint (axes out)"]


def null_cell(task: tuple[tuple[int, int], tuple[int, int], int, int]) -> np.ndarray:
    """Truths x NAMES: number of calls."""
    mice, humans, draws, seed = task
    rng, total = np.random.default_rng(seed), np.zeros((len(TRUTHS), len(NAMES)), int)
    zero = np.zeros(len(WORLD.true))
    for _ in range(draws):
        m = WORLD.mouse.sides(*mice, rng, {"null": zero, "real": WORLD.mouse.effect})
        h = WORLD.human.sides(*humans, rng, {"null": zero, "real": WORLD.human.effect})
        for at, (a, b) in enumerate((("null", "null"), ("real", "null"), ("null", "real"), ("real", "real"))):
            total[at] += all_levels(m[a], h[b], WORLD)
    return total


def power_cell(task: tuple[tuple[int, int], tuple[int, int], str, int, int]) -> np.ndarray:
    """SCORES x NAMES: number of calls."""
    mice, humans, noise, draws, seed = task
    world = POWER[noise]
    rng, total = np.random.default_rng(seed), np.zeros((len(SCORES), len(NAMES)), int)
    mouse = World.species(world.mouse.noise, world.beyond, 7, 8).effect
    trues = {str(r): related(world.beyond_apart, world.beyond, r) for r in SCORES}
    states = {r: World.species(world.human.noise, true, 12, 10).effect for r, true in trues.items()}
    for _ in range(draws):
        m = world.mouse.sides(*mice, rng, {"real": mouse})["real"]
        for at, h in enumerate(world.human.sides(*humans, rng, states).values()):
            total[at] += all_levels(m, h, world)
    return total


def halves(studies: Studies, splits: int) -> list[dict]:
    """Strong and weak real models against halves of 18 healthy donors, on all genes, plain and axes out."""
    values, arms = studies.healthy
    rows, rng = np.arange(len(studies.genes)), np.random.default_rng(SEED)
    weights = {"module": studies.modules.on(rows), "regulon": studies.regulons.on(rows)}
    models = {
        "rTg4510 8 m": (side(studies.model("rTg4510", "8")), axes_of(studies.axes("J20"))),
        "J20 12 m": (side(studies.model("J20", "12")), axes_of(studies.axes("rTg4510"))),
    }
    total: dict[tuple[str, str], np.ndarray] = {}
    for _ in range(splits):
        case, part = np.zeros(len(arms)), np.zeros(len(arms), int)
        for arm in np.unique(arms):
            members = rng.permutation(np.flatnonzero(arms == arm))
            case[members[: len(members) // 2]] = 1
            quarter = len(members) // 4
            part[members[:quarter]], part[members[quarter : 2 * quarter]] = 1, 2
        found = contrast(values, case, arms)
        chosen = part > 0
        table = split_table(values[chosen], arms[chosen], (part[chosen] == 1).astype(float))
        noise, spread = noise_rows(values[~chosen], indicators(arms[~chosen]))
        humans = {
            "halves, own factor": Side(found.vector, found.factor, found.df).centred(),
            "halves, reference": Side(table, noise / spread, len(noise)).centred(),
        }
        for (model, (mouse, taken)), (kind, human) in ((a, b) for a in models.items() for b in humans.items()):
            out = []
            for m, h in ((mouse, human), (mouse.without(taken), human.without(taken))):
                lifted = [(m, h), *((w.activity(m), w.activity(h)) for w in weights.values())]
                tests = [joint_test(*pair) for pair in lifted]
                out += [test.p <= 0.05 for test in tests] + [tests[0].mouse_only_p <= 0.05]
                out.append((conjunction(*lifted[-1]).q <= 0.05).any())
            total[model, kind] = total.get((model, kind), 0) + np.array(out, int)
    names = [*(f"{level} joint" for level in ("gene", "module", "regulon")), "gene mouse-only", "any regulon"]
    names += [f"{name} (axes out)" for name in names]
    return [
        {"mouse": model, "human": kind} | dict(zip(names, (count / splits).round(4).tolist(), strict=True))
        for (model, kind), count in total.items()
    ]


def cards(studies: Studies, splits: int) -> list[dict]:
    """The same by the product's own card of a reference."""
    values, arms = studies.healthy
    out = []
    probes = [
        Probe(f"{name} {months} m", side(studies.model(name, months)), np.arange(values.shape[1]))
        for name, months in (("rTg4510", "8"), ("J20", "12"))
    ]
    for probe, found in zip(probes, calibrate(values, arms, probes, splits=splits), strict=True):
        out.append({"probe": probe.label, "error": found.error, "how": found.how})
    return out


def shared_out(kind, designs: list, draws: int, pool, chunks: int = 8) -> Iterator[tuple]:
    """Each design with its shares of calls, in order, as soon as it is done."""
    seeds = np.random.SeedSequence(SEED).generate_state(len(designs) * chunks)
    tasks = [
        (*design, draws // chunks, int(seeds[i * chunks + k]))
        for i, design in enumerate(designs)
        for k in range(chunks)
    ]
    done = pool.imap(kind, tasks, chunksize=1)
    for design in designs:
        yield design, sum(next(done) for _ in range(chunks)) / (draws // chunks * chunks)


def label(mice: tuple[int, int], humans: tuple[int, int], noise: str = "") -> dict:
    names = {"mice": f"{mice[0]} v {mice[1]}", "donors": f"{humans[0]} v {humans[1]}"}
    return names | ({"noise": noise} if noise else {})


def rows_of(design: tuple, what: str, values: tuple, table: np.ndarray) -> list[dict]:
    """One row for each truth or true score; printed as it comes, because the whole takes long."""
    rows = [
        label(*design) | {what: value} | dict(zip(NAMES, shares.round(4).tolist(), strict=True))
        for value, shares in zip(values, table, strict=True)
    ]
    for row in rows:
        show(row)
    return rows


def show(row: dict) -> None:
    print(" ".join(f"{key}={value}" for key, value in row.items()), flush=True)


def judge(results: dict) -> list[str]:
    broken = []
    for row in results["type_one_error"]:
        for test in JOINT:
            if (error := row[test]) > LIMITS["simulated"]:
                broken.append(f"{row['mice']} x {row['donors']}, {row['truth']}, {test}: {error}")
    for row in results["halves"]:
        if row["gene joint"] > LIMITS[row["human"]]:
            broken.append(f"{row['mouse']} x {row['human']}: {row['gene joint']}")
    for row in results["power"]:
        asked = (row["mice"], row["donors"], row["r"]) == ("7 v 8", "12 v 10", 0.30)
        if asked and NOISES[row["noise"]] and row["gene joint (axes out)"] < LIMITS["power at .30"]:
            broken.append(f"power at r .30: {row['gene joint (axes out)']}")
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--splits", type=int, default=400)
    parser.add_argument("--genes", type=int, default=3000)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    start, root = time.monotonic(), Path(__file__).parents[2]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    studies = Studies(Cache.open())
    global WORLD, POWER
    WORLD = World(studies, args.genes)
    POWER = {noise: World(studies, len(studies.genes), named=named) for noise, named in NOISES.items()}
    results: dict = {
        "commit": commit.stdout.strip() or "unknown",
        "date": today(),
        "seed": SEED,
        "limits": LIMITS,
        "draws": args.draws,
        "command": (
            f"python -m tests.bench.bench_statistics --draws {args.draws} --splits {args.splits} --genes {args.genes}"
        ),
        "genes": args.genes,
        "own_noise": {"mouse": round(WORLD.mouse.noise.own, 3), "human": round(WORLD.human.noise.own, 3)},
        "features": {name: len(weights.names) for name, weights in WORLD.maps.items()},
    }
    with get_context("fork").Pool(args.processes) as pool:
        designs = [(mice, humans) for humans in HUMANS for mice in MICE]
        results |= {"type_one_error": [], "power": []}
        for design, table in shared_out(null_cell, designs, args.draws, pool):
            results["type_one_error"] += rows_of(design, "truth", TRUTHS, table)
        designs = [(mice, (12, 10), noise) for noise in NOISES for mice in ANIMALS]
        for design, table in shared_out(power_cell, designs, args.draws // 4, pool):
            results["power"] += rows_of(design, "r", SCORES, table)
    results["halves"] = halves(studies, args.splits)
    results["references"] = cards(studies, args.splits)
    results["broken"] = judge(results)
    results["seconds"] = round(time.monotonic() - start)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for row in results["halves"] + results["references"]:
        show(row)
    for line in results["broken"]:
        print(f"LIMIT BROKEN: {line}")
    print(f"{results['seconds']} s -> {RESULTS}")
    return 1 if results["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
