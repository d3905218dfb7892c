"""Planted defects against the gates: how often the right one stops each kind, and which others fire; clean updates.

    python -m tests.bench.bench_gates [--seeds 20] [--parents 12] [--kinds merged,clean] [--curve] [--again]

All simulated (``planted``). ``--curve --name gates_curve``: how small a defect each gate sees, with ``--parents`` 9, 12
and 20. What is written is not measured again.
"""

import argparse
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from ingest.method.gates.integration import integration
from ingest.method.gates.judge import Brought, Submitted, claimed, judged, parent_of, submitted
from ingest.method.gates.labels import labels
from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Parent
from ingest.method.mapping.engine import Built, Policy, Query, build, map_cells
from kg.atlas.report import Gate
from kg.errors import ContractError
from tests.bench import record
from tests.bench.planted import KINDS, PARENTS, RIGHT, TYPES, Planted, atlas, drawn, plant

POLICY = Policy(genes=200, axes=20, centroids=20, wide=400)
ALPHA = POLICY.alpha


def gates_of(
    built: Built, parent: Parent, made: Planted, limits: Limits | None = None, only: tuple[str, ...] = ()
) -> list[Gate]:
    """G2 to G7 of a submission, or one of them; where it cannot be read or mapped, the gate that its error is of."""
    study, limits, outcome, nearest, mapped = made.study, limits or Limits(), made.study.labels, made.study.labels, {}
    if not only:
        query = Query(study.counts, study.genes, study.donors, controls=np.ones(len(study.labels), bool))
        try:
            said = map_cells(built, query)
        except ContractError as error:
            return [Gate("G0", "contract", "failed", (), str(error))]
        outcome, nearest, mapped = said.outcome, said.nearest, {study.study: said}
    assert study.donors is not None
    brought = [Brought(study.study, study.counts, study.genes, study.labels, study.donors, outcome, nearest)]
    own = submitted(parent, built, brought)
    if made.plan.kind == "over-corrected":
        own = _over_corrected(own, made)
    if only == ("G5",):
        return [labels(parent, parent.mapped(own.cells), ALPHA, limits)]
    if only == ("G4",):
        on = replace(own.cells, points=own.placed)
        return [integration(parent.cells, own.cells, on, limits)]
    asked = claimed(built, own, brought, made.claimed)
    relabelled = _relabelled(built, made) if made.plan.kind == "relabelled elsewhere" else None
    return judged(parent, own, asked, limits, ALPHA, mapped, 0, relabelled)[0]


def _over_corrected(own: Submitted, made: Planted) -> Submitted:
    """Two sisters are drawn together by a share of their difference, as by a correction too strong."""
    placed = own.placed.copy()
    for d in np.unique(own.cells.donor):
        one, other = ((own.cells.donor == d) & (made.truth == t) for t in (made.plan.one, made.plan.other))
        if one.any() and other.any():
            apart = placed[one].mean(axis=0) - placed[other].mean(axis=0)
            placed[one] -= made.plan.size * apart / 2
            placed[other] += made.plan.size * apart / 2
    return replace(own, placed=placed)


def _relabelled(built: Built, made: Planted) -> dict[str, tuple[list[str], list[str]]]:
    """Cells of NK of the parent, which the submission does not touch, get another label on the candidate."""
    rng = np.random.default_rng(made.plan.seed)
    before = [TYPES[t] for t in built.reference.code]
    after, at = list(before), np.flatnonzero(np.array(before) == "NK")
    for i in rng.permutation(at)[: max(round(made.plan.size * len(at)), 1)]:
        after[i] = TYPES[made.plan.one] if TYPES[made.plan.one] != "NK" else "pDC"
    return {"one": (before, after)}


def one_seed(seed: int, parents: int, kinds: tuple[str, ...], limits: Limits | None = None) -> dict[str, Any]:
    built = build(atlas(seed, parents), PARENTS, POLICY, seed)
    parent, found = parent_of(built), {}
    for kind in kinds:
        begun = time.perf_counter()
        gates = gates_of(built, parent, plant(drawn(kind, seed, parents)), limits)
        found[kind] = {
            "failed": [gate.id for gate in gates if gate.outcome == "failed"],
            "underpowered": [gate.id for gate in gates if gate.outcome == "underpowered"],
            "why": {gate.id: gate.reason for gate in gates if gate.outcome == "failed"},
            "seconds": round(time.perf_counter() - begun, 1),
        }
    return found


CURVE: dict[str, tuple[float, ...]] = {
    "merged": (0.05, 0.1, 0.2, 0.3, 0.5, 1.0),
    "shuffled": (0.025, 0.05, 0.1, 0.2, 0.4),
    "over-corrected": (0.2, 0.4, 0.6, 0.8, 1.0),
    "exchanged": (0.05, 0.1, 0.2, 0.5, 1.0),
}
"""Kind -> sizes tried: shares of a type's cells, of all labels, of the difference between sisters."""


def curve(seed: int, parents: int, submitting: tuple[int, ...]) -> dict[str, bool]:
    """Kind, donors submitted, size -> whether the right gate stops it."""
    built = build(atlas(seed, parents), PARENTS, POLICY, seed)
    parent, stopped = parent_of(built), {}
    for kind, sizes in CURVE.items():
        for many in submitting:
            plan = replace(drawn(kind, seed, parents), donors=many)
            for size in sizes:
                gates = gates_of(built, parent, plant(replace(plan, size=size)), only=RIGHT[kind])
                hit = any(gate.outcome == "failed" for gate in gates if gate.id in RIGHT[kind])
                stopped[f"{kind}, {many} donors, {size:g}"] = hit
    return stopped


def of_curve(seeds: dict[str, dict[str, bool]]) -> dict[str, Any]:
    shares = {
        key: round(float(np.mean([each[key] for each in seeds.values()])), 3) for key in next(iter(seeds.values()))
    }
    return {"power .8 from": seen(shares), "stopped": shares, "seeds": seeds}


def smallest(curves: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows for the page: the smallest size that is stopped in four of five, by donors of the parent."""
    names = dict.fromkeys(name for each in curves.values() for name in each["power .8 from"])
    sizes = sorted(curves, key=lambda key: int(key.partition(" ")[0]))
    return [
        {"planted": name.rpartition(", ")[0], "donors submitted": int(name.rpartition(", ")[2].partition(" ")[0])}
        | {f"parent of {key}": curves[key]["power .8 from"][name] for key in sizes}
        for name in names
    ]


def seen(shares: dict[str, float], power: float = 0.8) -> dict[str, float | None]:
    """Kind, donors submitted -> the smallest size from which on the gate stops that share of them."""
    made: dict[str, float | None] = {}
    for key in shares:
        name = key.rpartition(", ")[0]
        sizes = sorted((float(k.rpartition(", ")[2]), v) for k, v in shares.items() if k.rpartition(", ")[0] == name)
        enough = [size for at, (size, _) in enumerate(sizes) if all(v >= power for _, v in sizes[at:])]
        made[name] = enough[0] if enough else None
    return made


def table(seeds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """By kind: submissions, those that the right gate stops, and how often each gate fires."""
    made: dict[str, Any] = {}
    for kind in KINDS:
        runs = [each[kind] for each in seeds.values() if kind in each]
        if not runs:
            continue
        right = RIGHT.get(kind, ())
        fired = Counter(gate for run in runs for gate in run["failed"])
        made[kind] = {
            "submissions": len(runs),
            "right gate": "or ".join(f"{gate} " for gate in right).strip() or "none",
            "stopped by it": sum(bool(set(right) & set(run["failed"])) for run in runs) if right else None,
            "passed": sum(not run["failed"] for run in runs),
            "fired": dict(sorted(fired.items())),
        }
    return made


def shown(results: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per kind and size of the parent, as a page has it."""
    return [
        {
            "parent": key,
            "planted": kind,
            "submissions": line["submissions"],
            "right gate": line["right gate"],
            "stopped by it": "" if line["stopped by it"] is None else line["stopped by it"],
            "passed": line["passed"],
            "gates that fired": ", ".join(f"{gate} {many}" for gate, many in line["fired"].items()),
        }
        for key, each in results.items()
        if key.endswith(" donors")
        for kind, line in each["by kind"].items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--parents", type=int, default=12)
    parser.add_argument("--kinds", default=",".join(KINDS).replace(", ", "; "))
    parser.add_argument("--name", default="gates")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--again", action="store_true")
    args = parser.parse_args()
    kinds = tuple(each.replace("; ", ", ") for each in args.kinds.split(","))
    key = f"{args.parents} donors"
    try:
        results = record.load(args.name)["results"]
    except FileNotFoundError:
        results = {}
    if args.curve:
        curves = results.setdefault("curve", {})
        known = {} if args.again else curves.get(key, {}).get("seeds", {})
        for seed in range(args.seeds):
            if str(seed) not in known:
                known[str(seed)] = curve(seed, args.parents, (1, 3))
                print(args.parents, seed, sum(known[str(seed)].values()), "stopped", flush=True)
            curves[key] = of_curve(known)
            results["smallest"] = smallest(curves)
            record.save(args.name, f"python -m tests.bench.bench_gates --curve --name {args.name}", results, seed=0)
        print(curves[key]["power .8 from"])
        return
    seeds = {} if args.again else results.get(key, {}).get("seeds", {})
    for seed in range(args.seeds):
        left = tuple(kind for kind in kinds if kind not in seeds.get(str(seed), {}))
        if left:
            seeds[str(seed)] = seeds.get(str(seed), {}) | one_seed(seed, args.parents, left)
        results[key] = {"by kind": table(seeds), "seeds": seeds}
        results["table"] = shown(results)
        record.save(
            args.name,
            f"python -m tests.bench.bench_gates --seeds {args.seeds} --parents {args.parents}",
            results,
            seed=0,
        )
        print(seed, {kind: each["failed"] for kind, each in seeds[str(seed)].items()}, flush=True)
    for kind, line in results[key]["by kind"].items():
        print(kind, line)


if __name__ == "__main__":
    main()
