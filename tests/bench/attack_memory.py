"""50 clients that upload at once, again and again: memory of the server before, while and after."""

import asyncio
import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from kg.store.driver import open_store
from tests.bench.attack_queries import grow
from tests.bench.served import ask, load, post, request, server

CLIENTS, SECONDS, GENES, SAMPLES = 50, 40.0, 14_000, 30
ASK = 'query($s: SignatureInput!) { matchSignature(signature: $s, disease: "MONDO:0004975") { nodes { status } } }'


def anonymous_mb(pid: int) -> float:
    """Anonymous memory, mapped pages of files apart."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(str(pid))


def upload() -> bytes:
    """Counts of a simulated study, near the largest body that is taken."""
    draw = np.random.default_rng(15)
    counts = draw.poisson(300, (GENES, SAMPLES)).tolist()
    samples = [{"name": f"s{n}", "arm": "case" if n % 2 else "control", "donor": f"d{n}"} for n in range(SAMPLES)]
    signature = {
        "taxon": "NCBITaxon:10090",
        "label": "simulated",
        "genes": [f"ENSMUSG{n:011d}" for n in range(GENES)],
        "counts": counts,
        "samples": samples,
    }
    body = json.dumps({"query": ASK, "variables": {"s": signature}}, separators=(",", ":"))
    return post(body.encode())


def measure(scratch: Path) -> dict[str, Any]:
    with open_store() as store:
        grow(store)
    sent, seen, ended = upload(), [], threading.Event()
    with server(scratch / "server.log") as (port, process):
        ask(port, request("{ status { store } }"))
        before = anonymous_mb(process.pid)

        def watch() -> None:
            while not ended.wait(0.05):
                seen.append(anonymous_mb(process.pid))

        watching = threading.Thread(target=watch)
        watching.start()
        answers = asyncio.run(load(port, sent, CLIENTS, SECONDS))
        ended.set()
        watching.join()
        after = {}
        for wait in (5, 15):
            time.sleep(wait - sum(after and [5]))
            after[str(wait)] = round(anonymous_mb(process.pid), 1)
    return {
        "clients": CLIENTS,
        "seconds": SECONDS,
        "mb_of_a_body": round(len(sent) / 1e6, 2),
        "requests": len(answers),
        "statuses": {str(status): n for status, n in sorted(Counter(status for _, _, status, _ in answers).items())},
        "anonymous_mb_before": round(before, 1),
        "anonymous_mb_peak": round(max(seen), 1),
        "anonymous_mb_after_s": after,
        "first_answer": answers[0][3].decode("utf-8", "replace")[:200],
    }
