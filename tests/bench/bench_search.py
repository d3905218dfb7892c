"""One signature against 10,000 contrasts with the joint null, from the memory-mapped store. Writes results/search.json.

    python -m tests.bench.bench_search [--contrasts 10000] [--features 16000] [--repeats 30]

9,500 tables that share 20 references and 500 contrasts with own factors of 16 df; random numbers, as the time does not
depend on them. Beside it: the time to read the arrays once; 300 signatures at once against the rate of a bare matrix
product; and a SciPy loop of 1,000 permutations a contrast, timed on a few and extrapolated.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import stats

from kg.match.joint import Side
from kg.match.search import Block, search, search_many
from tests.bench.record import today

RESULTS = Path(__file__).parent / "results" / "search.json"
REFERENCES, DF, SEED, LIMIT = 20, 16, 5, 0.5


def stored(folder: Path, name: str, rows: int, features: int, rng: np.random.Generator) -> np.ndarray:
    """A centred random array in a file, memory-mapped."""
    path = folder / f"{name}.npy"
    made = np.lib.format.open_memmap(path, "w+", np.float32, (rows, features))
    for start in range(0, rows, 500):
        part = rng.standard_normal((min(500, rows - start), features), np.float32)
        made[start : start + len(part)] = part - part.mean(axis=1, keepdims=True)
    made.flush()
    del made
    return np.load(path, mmap_mode="r")


def block(folder: Path, name: str, n: int, features: int, shared: bool, rng: np.random.Generator) -> Block:
    vectors = stored(folder, f"{name}-vectors", n, features, rng)
    factors = stored(folder, f"{name}-factors", DF if shared else DF * n, features, rng)
    ids = np.array([f"{name}-{i}" for i in range(n)])
    return Block(ids, vectors, np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=float)), factors, DF, shared)


def seconds(call, repeats: int) -> list[float]:
    out = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        out.append(time.perf_counter() - start)
    return out


def permutation_loop(contrasts: int, features: int, rng: np.random.Generator) -> float:
    """Seconds for all contrasts at 1,000 permutations each, from the time of 3 contrasts at 20."""
    m, h = rng.standard_normal(features), rng.standard_normal((3, features))
    start = time.perf_counter()
    for row in h:
        stats.permutation_test(
            (m,),
            lambda x, row=row: stats.pearsonr(x, row)[0],
            permutation_type="pairings",
            n_resamples=20,
            vectorized=False,
            rng=rng,
        )
    return (time.perf_counter() - start) / 3 / 20 * 1000 * contrasts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contrasts", type=int, default=10_000)
    parser.add_argument("--features", type=int, default=16_000)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--signatures", type=int, default=300)
    args = parser.parse_args()
    rng, own = np.random.default_rng(SEED), args.contrasts // 20
    each = (args.contrasts - own) // REFERENCES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        blocks = [block(folder, f"reference{i}", each, args.features, True, rng) for i in range(REFERENCES)]
        blocks.append(block(folder, "own", own, args.features, False, rng))
        arrays = [array for b in blocks for array in (b.vectors, b.factors)]
        mice = [
            Side(rng.standard_normal(args.features), rng.standard_normal((DF, args.features)), DF)
            for _ in range(args.signatures)
        ]
        search(blocks, mice[0])  # the first one reads the files into memory
        reads = seconds(lambda: [float(array.sum()) for array in arrays], args.repeats)
        one = seconds(lambda: search(blocks, mice[0]), args.repeats)
        rows = sum(len(array) for array in arrays)
        many = seconds(lambda: [hits.p.min() for hits in search_many(blocks, mice)], 1)[0]
        left, right = np.ones((2000, args.features), np.float32), np.ones((args.features, 2000), np.float32)
        rate = 2 * 2000 * 2000 * args.features / min(seconds(lambda: left @ right, 3))
        work = 2 * rows * args.features * args.signatures * (DF + 1)
    p95, read = float(np.quantile(one, 0.95)), float(np.median(reads))
    root = Path(__file__).parents[2]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    loop = permutation_loop(args.contrasts, args.features, rng)
    results = {
        "commit": commit.stdout.strip() or "unknown",
        "date": today(),
        "seed": SEED,
        "command": f"python -m tests.bench.bench_search --contrasts {args.contrasts} --features {args.features}",
        "contrasts": each * REFERENCES + own,
        "features": args.features,
        "bytes": sum(a.nbytes for a in arrays),
        "p95_seconds": round(p95, 4),
        "median_seconds": round(float(np.median(one)), 4),
        "limit_seconds": LIMIT,
        "read_once_seconds": round(read, 4),
        "ratio_to_reading": round(float(np.median(one)) / read, 2),
        "signatures_at_once": args.signatures,
        "at_once_seconds": round(many, 2),
        "share_of_gemm_rate": round(work / many / rate, 3),
        "scipy_1000_permutations_seconds_extrapolated": round(loop),
        "faster_than_scipy": round(loop / float(np.median(one))),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))
    return 1 if p95 >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
