"""One signature against 10,000 contrasts with the joint null, from memory-mapped arrays. Writes results/search.json.

    python -m tests.bench.bench_search [--contrasts 10000] [--features 16000] [--repeats 30]

By ``kg.match.masked.screen``, which uploads, drugs and comparisons of models go through. 9,500 tables that share 20
references and 500 contrasts with own factors of 16 df, over 20 sets of features that hold 95 % of all; random numbers,
as the time does not depend on them. Beside it: the time to read the arrays once; and a SciPy loop of 1,000 permutations
a contrast, timed on a few and extrapolated.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import stats

from kg.match.masked import Stack, screen
from tests.bench.record import save

REFERENCES, DF, SEED = 20, 16, 5


def stored(folder: Path, name: str, masks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of random numbers, each centred over its mask (n x features) and 0 elsewhere; memory-mapped."""
    path = folder / f"{name}.npy"
    made = np.lib.format.open_memmap(path, "w+", np.float32, masks.shape)
    for start in range(0, len(masks), 500):
        held = masks[start : start + 500]
        part = np.where(held, rng.standard_normal(held.shape, np.float32), 0)
        part -= np.where(held, part.sum(axis=1, keepdims=True) / held.sum(axis=1, keepdims=True), 0)
        made[start : start + len(part)] = part
    made.flush()
    del made
    return np.load(path, mmap_mode="r")


def stack(folder: Path, contrasts: int, features: int, rng: np.random.Generator) -> Stack:
    own = contrasts // 20
    masks = rng.random((REFERENCES, features)) < 0.95
    mask_of = np.arange(contrasts) % REFERENCES
    lent = np.arange(contrasts - own)
    factor_of = np.concatenate([lent % REFERENCES, REFERENCES + np.arange(own)])
    rows = np.repeat(np.concatenate([np.arange(REFERENCES), mask_of[-own:]]), DF)
    return Stack(
        stored(folder, "vectors", masks[mask_of], rng),
        masks,
        mask_of,
        np.full(contrasts, DF),
        stored(folder, "factors", masks[rows], rng),
        np.arange(REFERENCES + own + 1) * DF,
        (np.arange(contrasts), factor_of, np.ones(contrasts)),
    )


def seconds(work: Callable[[], object], repeats: int) -> list[float]:
    made = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        made.append(time.perf_counter() - start)
    return made


def permutation_loop(contrasts: int, features: int, rng: np.random.Generator) -> float:
    """Seconds of 1,000 permutations for every contrast, from 3 contrasts and 20 permutations."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contrasts", type=int, default=10_000)
    parser.add_argument("--features", type=int, default=16_000)
    parser.add_argument("--repeats", type=int, default=30)
    args = parser.parse_args()
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as name:
        stored_ = stack(Path(name), args.contrasts, args.features, rng)
        vector, factor = rng.standard_normal(args.features), rng.standard_normal((DF, args.features))
        mask = rng.random(args.features) < 0.95
        arrays = [stored_.vectors, stored_.factors]
        found = screen(stored_, vector, factor, DF, mask)  # the first one reads the files into memory
        assert found.sure.all()
        reads = seconds(lambda: [float(array.sum()) for array in arrays], args.repeats)
        one = seconds(lambda: screen(stored_, vector, factor, DF, mask), args.repeats)
        held = sum(array.nbytes for array in arrays)
    median, read = float(np.median(one)), float(np.median(reads))
    loop = permutation_loop(args.contrasts, args.features, rng)
    results = {
        "contrasts": args.contrasts,
        "features": args.features,
        "bytes": held,
        "p95_seconds": round(float(np.quantile(one, 0.95)), 4),
        "median_seconds": round(median, 4),
        "read_once_seconds": round(read, 4),
        "ratio_to_reading": round(median / read, 2),
        "scipy_1000_permutations_seconds_extrapolated": round(loop),
        "faster_than_scipy": round(loop / median),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(results)
    if args.contrasts >= 10_000:
        command = f"python -m tests.bench.bench_search --contrasts {args.contrasts} --features {args.features}"
        save("search", command, results, seed=SEED)


if __name__ == "__main__":
    main()
