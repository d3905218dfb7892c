"""A study read against a reference: labels, donors, what lies outside, coverage, peers, time and memory.

    python -m tests.bench.bench_mapping [--part labels,donors,...] [--only TEXT] [--again] [--minutes N]

Each line is written as soon as it is there, with the commit it was measured at, and is not measured again: a run
that is cut goes on where it was. ``--again`` also measures what was measured at another commit. ifnb and the
interneurons have no donors: they measure labels and AUROC alone. ``simulated`` is what it says. Peers need
``ORTHOKG_PEERS`` (mapping_peers).
"""

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from ingest.method.mapping.engine import Built, Mapped, Policy, Query, StudyCells, build, map_cells
from ingest.method.mapping.heads.head import macro_f1
from ingest.method.mapping.space.neighbours import nearest
from tests.bench import mapping_peers, record
from tests.bench.mapping_peers import METHODS, Answer, Split
from tests.bench.mapping_sets import Cells, ifnb, interneurons, kang, kang_two
from tests.bench.mapping_summary import COUNTS, by_set, summary
from tests.bench.simulated_coverage import ATLASES, BLOCK, of_counts, of_points

LEAST, SHARE = 10, 0.2
PAIRS = (("d1015", "d107"), ("d1039", "d1256"))
ALL_ENGINES = Policy(engines=("means", "neighbours", "both", "correlation"))
Rows = NDArray[np.bool_]


def reference(cells: Cells, policy: Policy | None = None, *, donors: bool = False) -> Built:
    return build(
        [StudyCells("reference", cells.counts, cells.genes, cells.label, cells.batch if donors else None)],
        policy=policy,
    )


def mapped(built: Built, cells: Cells) -> Mapped:
    return map_cells(built, Query(cells.counts, cells.genes))


def f1(call: NDArray[Any], truth: NDArray[Any], types: list[str]) -> float:
    names = {t: i for i, t in enumerate(types)}
    truth_code, call_code = (np.array([names.get(str(t), -1) for t in each]) for each in (truth, call))
    return round(macro_f1(truth_code, call_code, np.arange(len(types))), 4)


def common(one: Cells, two: Cells) -> list[str]:
    """Types of ten cells and more on both sides."""
    return [t for t in np.unique(one.label) if min((one.label == t).sum(), (two.label == t).sum()) >= LEAST]


def named(found: Answer) -> NDArray[Any]:
    return found.types[found.p.argmax(axis=1)]


def auroc(score: NDArray[Any], new: Rows) -> float:
    many = int(new.sum())
    rank = stats.rankdata(score)[new].sum() - many * (many + 1) / 2
    return round(float(rank / (many * (len(new) - many))), 4)


def labels() -> Iterator[tuple[str, Callable[[], Any]]]:
    for name, cells, policy in (("ifnb", ifnb(), Policy()), ("interneurons", interneurons(), ALL_ENGINES)):
        one, two = np.unique(cells.batch)
        for a, b in ((one, two), (two, one)):
            yield (
                f"{name}, {a} to {b}",
                lambda c=cells, a=a, b=b, p=policy: beside(c, c.batch == a, c.batch == b, p, False),
            )


def beside(cells: Cells, train: Rows, test: Rows, policy: Policy, donors: bool) -> dict[str, Any]:
    ref, query = cells.some(train), cells.some(test)
    built, types = reference(ref, policy, donors=donors), common(ref, query)
    found, split = mapped(built, query), Split(ref, query, donors)
    choice = built.calibration.corrected if found.verdict.corrected else built.calibration.plain
    return {
        "types": len(types),
        "macro-F1": f1(found.nearest, query.label, types),
        "engine chosen": choice.engine,
        "corrected": found.verdict.corrected,
        "logistic regression": f1(named(mapping_peers.logistic(split)), query.label, types),
        "correlation rule": f1(named(mapping_peers.correlation(split)), query.label, types),
    }


def donors() -> Iterator[tuple[str, Callable[[], Any]]]:
    cells, two = kang(), kang_two()
    _, at, to = np.intersect1d(cells.genes, two.genes, return_indices=True)
    for genes, own, theirs in (("genes of both files", at, to), ("all genes", None, None)):
        yield f"two new donors, {genes}", lambda own=own, theirs=theirs: new_donors(cells, two, own, theirs)
    for pair in itertools.combinations(np.unique(cells.batch), 2):
        test = np.isin(cells.batch, pair)
        yield f"{' '.join(pair)} held out", lambda t=test: beside(cells, ~t, t, Policy(), True)


def new_donors(cells: Cells, two: Cells, own: Any, theirs: Any) -> dict[str, Any]:
    ref = cells.some(~np.isin(cells.batch, np.unique(two.batch)), own)
    built, made = reference(ref, donors=True), {}
    for arm in ("ctrl", "stim"):
        query = two.some(two.arm == arm, theirs)
        found = mapped(built, query)
        at = np.searchsorted(found.types, query.label)
        made |= {
            f"{arm}, macro-F1": f1(found.nearest, query.label, list(np.unique(query.label))),
            f"{arm}, coverage": round(float(found.sets[np.arange(len(at)), at].mean()), 4),
            f"{arm}, unknown": round(float((found.outcome == "unknown").mean()), 4),
            f"{arm}, state": found.verdict.state,
        }
    return made | {"weight of genes": round(found.verdict.use, 3)}


def unseen() -> Iterator[tuple[str, Callable[[], Any]]]:
    eight = kang()
    for pair in PAIRS:
        query = np.isin(eight.batch, pair)
        for t in np.unique(eight.label):
            yield f"kang {' '.join(pair)}, {t}", lambda q=query, t=t: left_out(eight, ~q, q, str(t), True)
    cells, draw = ifnb(), np.random.default_rng(0).random(2800)
    arms = list(np.unique(cells.batch))
    for a, b in itertools.product(arms, arms):
        ref, query = (cells.batch == a) & (draw < 0.8), (cells.batch == b) & ((draw >= 0.8) | (a != b))
        for t in common(cells.some(cells.batch == arms[0]), cells.some(cells.batch == arms[1])):
            yield (
                f"ifnb {a} to {b}, {t}",
                lambda r=ref, q=query | ((cells.label == t) & (cells.batch == b)), t=t: left_out(cells, r, q, t, False),
            )


def without(cells: Cells, train: Rows, test: Rows, gone: str) -> tuple[Cells, Cells, Rows]:
    """Reference without a type, query in which it is a fifth, and which cells of it those are."""
    absent = cells.label == gone
    known, new = np.flatnonzero(test & ~absent), np.flatnonzero(test & absent)
    new = np.random.default_rng(1).permutation(new)[: max(LEAST, int(SHARE / (1 - SHARE) * len(known)))]
    rows = np.r_[known, new]
    return cells.some(np.flatnonzero(train & ~absent)), cells.some(rows), np.arange(len(rows)) >= len(known)


def left_out(cells: Cells, train: Rows, test: Rows, gone: str, donors: bool) -> dict[str, float]:
    ref, query, new = without(cells, train, test, gone)
    found = mapped(reference(ref, donors=donors), query)
    made = {"AUROC": auroc(found.outside_score, new)}
    if donors:
        for what, each in (("past .05", found.outside_p <= 0.05), ("called unknown", found.outcome == "unknown")):
            made[f"known {what}"] = round(float(each[~new].mean()), 4)
            made[f"unseen {what}"] = round(float(each[new].mean()), 4)
    return made


def peers() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each method on the same splits. A model of a network trains for minutes: it has the first of Kang's."""
    eight = kang()
    pairs = list(itertools.combinations(np.unique(eight.batch), 2))[::9]
    splits = [(f"kang, {' '.join(pair)} held out", eight, ~np.isin(eight.batch, pair), True) for pair in pairs]
    for name, cells in (("ifnb", ifnb()), ("interneurons", interneurons())):
        one, two = np.unique(cells.batch)
        splits += [(f"{name}, {a} to {b}", cells, cells.batch == a, False) for a, b in ((one, two), (two, one))]
    for method in METHODS:
        for at, (name, cells, train, donors) in enumerate(splits):
            if method != "scANVI surgery" or not 0 < at < len(pairs):
                yield f"{name}: {method}", lambda m=method, c=cells, t=train, d=donors: labelled(m, c, t, d)
    query = np.isin(eight.batch, PAIRS[0])
    for method in METHODS:
        for gone in np.unique(eight.label) if method != "scANVI surgery" else ():
            name = f"kang, {' '.join(PAIRS[0])}, {gone} left out: {method}"
            yield name, lambda m=method, q=query, t=gone: found_outside(m, eight, ~q, q, str(t))


def labelled(method: str, cells: Cells, train: Rows, donors: bool) -> dict[str, Any] | None:
    ref, query = cells.some(train), cells.some(~train)
    if (told := mapping_peers.asked(method, Split(ref, query, donors))) is None:
        return None
    found, cost = told
    held = found.sets if found.sets is not None else smallest(found.p, 0.9)
    at = np.array([int(np.flatnonzero(found.types == t)[0]) if t in found.types else -1 for t in query.label])
    hit = held[np.arange(len(at)), at][at >= 0]
    return {
        "macro-F1": f1(named(found), query.label, common(ref, query)),
        "coverage": round(float(hit.mean()), 4),
        "labels a set": round(float(held.sum(axis=1).mean()), 2),
        **cost,
    }


def found_outside(method: str, cells: Cells, train: Rows, test: Rows, gone: str) -> dict[str, Any] | None:
    ref, query, new = without(cells, train, test, gone)
    told = mapping_peers.asked(method, Split(ref, query, True))
    return None if told is None else {"AUROC": auroc(told[0].outside, new), **told[1]}


def smallest(p: NDArray[Any], level: float) -> Rows:
    """The most probable types of each cell whose P sum to the level: what P itself promises."""
    order = np.argsort(-p, axis=1, kind="stable")
    ranked = np.take_along_axis(p, order, axis=1)
    held = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(held, order, np.cumsum(ranked, axis=1) - ranked < level, axis=1)
    return held


def coverage() -> Iterator[tuple[str, Callable[[], Any]]]:
    cells = kang()
    for held in np.unique(cells.batch):
        yield f"kang, {held}", lambda d=held: covered(cells, d)
    for rho in (0.25, 0.5):
        yield f"simulated, donor variance {rho}", lambda r=rho: of_points(r)
    for rho in (0.25, 0.5):
        for block in range(ATLASES // BLOCK):
            name = f"{COUNTS}, donor variance {rho}: {BLOCK * block} to {BLOCK * (block + 1) - 1}"
            yield name, lambda r=rho, b=block: of_counts(r, b)


def covered(cells: Cells, held: str) -> dict[str, Any]:
    query = cells.some(cells.batch == held)
    found = mapped(reference(cells.some(cells.batch != held), donors=True), query)
    hit = found.sets[np.arange(len(query.label)), np.searchsorted(found.types, query.label)]
    rows = {t: query.label == t for t in np.unique(query.label)}
    return {
        "all": round(float(hit.mean()), 4),
        "size": round(float(found.sets.sum(axis=1).mean()), 3),
        "outcomes": {str(k): int(n) for k, n in zip(*np.unique(found.outcome, return_counts=True), strict=True)},
        "types": {str(t): round(float(hit[r].mean()), 4) for t, r in rows.items() if r.sum() >= 5},
    }


def scale() -> Iterator[tuple[str, Callable[[], Any]]]:
    for cells in (5_000, 10_000):
        yield f"simulated, {cells} cells on 100000", lambda n=cells: timed(n)


def timed(cells: int, known: int = 100_000, genes: int = 1000) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    rate = np.exp(rng.normal(-2.5, 0.7, genes) + 1.2 * (rng.random((30, genes)) < 0.05))
    kind = rng.integers(0, 30, known + cells)
    parts = [sparse.csr_matrix(rng.poisson(rate[k]).astype(np.float32)) for k in np.array_split(kind, 50)]
    counts = sparse.csr_matrix(sparse.vstack(parts))
    names, types = np.array([f"g{i}" for i in range(genes)]), np.array([f"t{i:02d}" for i in range(30)])[kind]
    policy = Policy(calibrate=False, engines=("both",))
    built = build([StudyCells("simulated", sparse.csr_matrix(counts[:known]), names, types[:known])], policy=policy)
    query = sparse.csr_matrix(counts[known:])
    del counts, parts
    points = built.reference.cells[:cells].copy()
    start, before = time.perf_counter(), _peak()
    nearest(points, built.reference.cells, 20)
    searched = time.perf_counter()
    found = map_cells(built, Query(query, names))
    done = time.perf_counter()
    return {
        "one exact neighbour search, s": round(searched - start, 2),
        "mapped with neighbours and outside, s": round(done - searched, 2),
        "ratio": round((done - searched) / (searched - start), 2),
        "right": round(float((found.nearest == types[known:]).mean()), 4),
        "peak MB": _peak(),
        "peak MB before": before,
    }


def _peak() -> int:
    with open("/proc/self/status") as f:
        return int(next(line.split()[1] for line in f if line.startswith("VmHWM"))) // 1024


PARTS = {
    "labels": labels,
    "donors": donors,
    "unseen": unseen,
    "coverage": coverage,
    "peers": peers,
    "scale": scale,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", default=",".join(PARTS))
    parser.add_argument("--only", default="", help="what has this in its name")
    parser.add_argument("--again", action="store_true", help="also what was measured at another commit")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="no line is begun after so many")
    args = parser.parse_args()
    until, head = time.monotonic() + 60 * args.minutes, record.head()
    there = record.load("mapping") if (record.FOLDER / "mapping.json").exists() else {"results": {}, "commit": head}
    kept = there["results"]
    lines = kept.setdefault("lines", {})
    for part in args.part.split(","):
        own, at = kept.setdefault(part, {}), lines.setdefault(part, {})
        for name in own:
            at.setdefault(name, there["commit"])
        for name, measure in PARTS[part]():
            if args.only not in name or (name in own and (not args.again or at[name] == head)):
                continue
            if time.monotonic() > until:
                print("time is up: run it again for the rest")
                return
            if (found := measure()) is None:
                print(part, name, "not installed", flush=True)
                continue
            own[name], at[name] = found, head
            print(part, name, own[name], flush=True)
            kept["table"] = [{"reference and query": k, **v} for k, v in kept.get("labels", {}).items()]
            kept["summary"], kept["methods"] = summary(kept), by_set(kept.get("peers", {}))
            kept["commits"] = dict(Counter(commit for each in lines.values() for commit in each.values()))
            record.save("mapping", "python -m tests.bench.bench_mapping", kept, seed=0)
    for name, value in kept.get("summary", {}).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
