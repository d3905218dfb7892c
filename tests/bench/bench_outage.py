"""The store gone under load: what clients are told meanwhile, and when answers come again.

    python -m tests.bench.bench_outage [SECONDS [CLIENTS [STORE ...]]]

20 clients ask for a page of the main question; after 5 s the store's process is stopped (SIGSTOP: its connections stay
open and nothing answers) for SECONDS (60), then goes on. Every answer of status 200 is compared with the first one.
Simulated graph. Stores: embedded neo4j.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from kg.store.driver import open_store
from tests.bench.record import save
from tests.bench.served import PAGE_QUERY, ask, each_store, java_below, load, request, server, simulate

BEFORE, AFTER = 5.0, 15.0


def measure(scratch: Path, seconds: float, clients: int) -> dict[str, Any]:
    with open_store() as store:
        simulate(store)
    page = request(PAGE_QUERY)
    with server(scratch / "server.log") as (port, _):
        right = ask(port, page)[1][:200]
        (java,) = java_below(os.getpid())
        times: dict[str, float] = {}

        def outage() -> None:
            time.sleep(BEFORE)
            times["start"] = time.perf_counter()
            os.kill(java, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(java, signal.SIGCONT)
            times["end"] = time.perf_counter()

        breaking = threading.Thread(target=outage)
        breaking.start()
        answers = asyncio.run(load(port, page, clients, BEFORE + seconds + AFTER))
        breaking.join()
    statuses = Counter(status for _, _, status, _ in answers)
    back = min(s + t for s, t, status, _ in answers if status == 200 and s > times["end"])
    told = min(s + t for s, t, status, _ in answers if status == 503)
    return {
        "seconds_gone": seconds,
        "clients": clients,
        "answers": {str(k): v for k, v in sorted(statuses.items())},
        "wrong": sum(status == 200 and body != right for _, _, status, body in answers),
        "first_503_after_s": round(told - times["start"], 2),
        "first_200_after_s": round(back - times["end"], 2),
        "longest_wait_s": round(max(t for _, t, _, _ in answers), 2),
    }


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    stores = sys.argv[3:] or ["embedded", "neo4j"]
    results: dict[str, Any] = {"data": "simulated", "stores": []}
    for name, scratch in each_store(stores):
        found = measure(scratch, seconds, clients)
        results["stores"].append({"store": name, **found})
        print(results["stores"][-1], flush=True)
    if seconds >= 60:
        save("outage", " ".join(["python -m tests.bench.bench_outage", *sys.argv[1:]]), results)


if __name__ == "__main__":
    main()
