"""Requests drawn from the schema, and bombs of every kind, at a real server: no 5xx, bounded memory, alive at the end.

    python -m tests.bench.bench_fuzz [REQUESTS [STORE ...]]

Of REQUESTS (20,000) nine in ten are queries drawn by hypothesis-graphql, the rest bombs of depth, aliases, fragments,
lists, batches and unicode. Simulated graph. Stores: embedded neo4j. Interrupted (Ctrl+C), it tells what it has sent so
far; results of a store that was not asked for stay in the file.
"""

import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from kg.store.driver import open_store
from tests.api.bombs import bombs, queries
from tests.bench.record import FOLDER, load, save
from tests.bench.served import ask, each_store, post, resident_mb, server, simulate

SEED = 11
DRAWN = 500  # at a time: a longer run of draws comes to repeat itself


def drawn(n: int, turn: int) -> list[bytes]:
    """Bodies of ``n`` draws; another turn draws others."""
    made: list[bytes] = []

    @seed(SEED + turn)
    @settings(
        max_examples=n, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(queries())
    def draw(query: str) -> None:
        made.append(post({"query": query}))

    draw()
    return made


def measure(scratch: Path, n: int) -> dict[str, Any]:
    with open_store() as store:
        simulate(store)
    mean, pick = [post(body) for body in bombs()], random.Random(SEED)
    statuses: Counter[int] = Counter()
    slowest, start = 0.0, time.perf_counter()
    with server(scratch / "server.log") as (port, process):
        good: list[bytes] = []
        different: set[bytes] = set()
        before = peak = resident_mb(process.pid)
        try:
            for at in range(n):
                if not good:
                    good = drawn(min(DRAWN, n), at)
                sent = pick.choice(mean) if at % 10 == 0 else good.pop()
                different.add(sent)
                asked = time.perf_counter()
                statuses[ask(port, sent)[0]] += 1
                slowest = max(slowest, time.perf_counter() - asked)
                if at % 200 == 0:
                    peak = max(peak, resident_mb(process.pid))
        except KeyboardInterrupt:
            print(f"interrupted after {statuses.total()} of {n}", flush=True)
        alive = process.poll() is None and ask(port, b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0] == 200
        after = resident_mb(process.pid)
    return {
        "requests": statuses.total(),
        "different": len(different),
        "statuses": {str(k): v for k, v in sorted(statuses.items())},
        "server_errors": sum(v for k, v in statuses.items() if k >= 500 or k == 0),
        "alive": alive,
        "slowest_ms": round(slowest * 1000, 1),
        "seconds": round(time.perf_counter() - start, 1),
        "memory_mb_before": round(before, 1),
        "memory_mb_peak": round(peak, 1),
        "memory_mb_after": round(after, 1),
    }


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    stores = sys.argv[2:] or ["embedded", "neo4j"]
    earlier = load("fuzz")["results"]["stores"] if (FOLDER / "fuzz.json").exists() else []
    results: dict[str, Any] = {"data": "simulated", "stores": [row for row in earlier if row["store"] not in stores]}
    for name, scratch in each_store(stores):
        found = measure(scratch, n)
        results["stores"].append({"store": name, **found})
        print(results["stores"][-1], flush=True)
    if n >= 1000:
        save("fuzz", " ".join(["python -m tests.bench.bench_fuzz", *sys.argv[1:]]), results, seed=SEED)


if __name__ == "__main__":
    main()
