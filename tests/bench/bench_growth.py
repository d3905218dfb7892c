"""What grows with the graph and what does not: the main question, the server's memory, and the cost of a contrast more.

    python -m tests.bench.bench_growth [STORE ...]

A simulated graph of 10, 1,000 and 10,000 contrasts with 1e5, 1e6 and 1e7 relationships, grown step by step in each
store (embedded, neo4j). At each step: p95 of a page of 50 verdicts with 12 fields from one client; anonymous memory of
the server, pages of mapped files apart; seconds that ten contrasts more take to write, with their signatures, verdicts
and changes. Deriving verdicts is apart, in seconds a pair, on the simulated study.
"""

import gc
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from kg.sides.basis import run_of
from kg.sides.catalog import Catalog
from kg.signatures.store import Signature, SignatureStore
from kg.store.driver import Store, home, open_store
from kg.store.write import write_edges, write_nodes
from kg.stored.write import write_matches
from kg.verdict.derive import derive
from tests.bench.record import FOLDER, load, save
from tests.bench.served import (
    PAGE_QUERY,
    Connection,
    each_store,
    java_below,
    record_of,
    request,
    server,
    simulate,
)
from tests.simulated import ingested

STEPS = ((10, 100_000), (1_000, 1_000_000), (10_000, 10_000_000))
GENES, REGULONS, BLOCK, MORE, ASKED, SEED = 20_000, 2_000, 500_000, 10, 400, 11
TARGETS = STEPS[-1][1] // REGULONS
WARM = 600
"""Questions before those that are timed: a database that has just started compiles itself while it answers."""
_NET = {"source": "simulated-network", "run": "r1"}


def grown(store: Store, have: int, to: int, rng: np.random.Generator) -> None:
    """Relationships number ``have`` to ``to`` of a simulated network: regulons with ``TARGETS`` each."""
    for start in range(have, to, BLOCK):
        at = np.arange(start, min(start + BLOCK, to))
        weights = rng.random(len(at))
        rows = [
            {
                "subject": f"orthokg:regulon/sim-{pair // TARGETS}",
                "object": f"ENSEMBL:ENSG{pair * 7 % GENES:011d}",
                "weight": float(w),
                "sign": 1,
            }
            for pair, w in zip(at.tolist(), weights, strict=True)
        ]
        write_edges(store, "REGULATES", "Regulon", "Gene", rows, **_NET)


def contrasts(store: Store, signatures: SignatureStore, first: int, n: int, rng: np.random.Generator) -> float:
    """Seconds in which ``n`` contrasts from number ``first`` on are written, each of a dataset and a model of its own,
    with its signature and ten verdicts."""
    genes = np.array([f"ENSG{at:011d}" for at in range(2_000)])
    numbers = range(first, first + n)
    records = [record_of(number, state, "growth") for number in numbers for state in range(10)]
    values = rng.standard_normal((n, 3, len(genes)))
    started = time.perf_counter()
    owner = {"source": f"dataset/sim-{first}", "run": "r1"}
    write_nodes(
        store,
        "Dataset",
        [{"id": f"orthokg:dataset/sim-{at}", "title": "SIMULATED", "simulated": True} for at in numbers],
        **owner,
    )
    write_nodes(
        store, "DiseaseModel", [{"id": f"orthokg:model/sim-{at}", "label": f"SimMouse{at}"} for at in numbers], **owner
    )
    write_nodes(
        store,
        "Contrast",
        [
            {
                "id": _mouse(at),
                "label": f"simulated mouse {at}",
                "in_taxon": "NCBITaxon:10090",
                "kind": "model",
                "noise": "none",
            }
            for at in numbers
        ],
        **owner,
    )
    for kind, target, name in (("OF_MODEL", "DiseaseModel", "model"), ("FROM_DATASET", "Dataset", "dataset")):
        write_edges(
            store,
            kind,
            "Contrast",
            target,
            [{"subject": _mouse(at), "object": f"orthokg:{name}/sim-{at}"} for at in numbers],
            **owner,
        )
    with signatures.batch():
        for at, (vector, effect, p) in zip(numbers, values, strict=True):
            signatures.put(Signature(_mouse(at), "NCBITaxon:10090", genes, vector, effect, np.abs(p) % 1, "none"))
    write_matches(store, records, source=owner["source"], run="orthokg:run/growth")
    return time.perf_counter() - started


def _mouse(at: int) -> str:
    return f"orthokg:contrast/sim-mouse-{at}"


def anonymous_mb(pid: int) -> float:
    """Memory of a process that no file stands behind."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def asked(port: int, times: int) -> list[float]:
    page, taken = request(PAGE_QUERY), []
    connection = Connection(port)
    for _ in range(times + WARM):
        start = time.perf_counter()
        status, body = connection.ask(page)
        taken.append(time.perf_counter() - start)
        assert status == 200
        assert b'"errors"' not in body
    connection.close()
    return sorted(taken[WARM:])


def step(
    name: str, scratch: Path, have: tuple[int, int], to: tuple[int, int], rng: np.random.Generator
) -> dict[str, Any]:
    with open_store() as store:
        signatures = SignatureStore(home() / "signatures")
        for start in range(have[0], to[0], 250):
            contrasts(store, signatures, 1_000 + start, min(250, to[0] - start), rng)
        grown(store, have[1], to[1], rng)
        each = [contrasts(store, signatures, 100_000 + 100 * to[0] + MORE * at, MORE, rng) / MORE for at in range(5)]
        # verdicts stand on a catalogue: those asked for are of the one that has grown
        run = run_of(Catalog.read(store), SignatureStore(home() / "signatures").version)
        store.write("MATCH (k:Match {source: 'simulated'}) SET k.run = $run", run=run)
        there = store.read("MATCH ()-[r]->() RETURN count(r) AS n")[0]["n"]
        held = store.read("MATCH (c:Contrast) RETURN count(c) AS n")[0]["n"]
    gc.collect()
    with server(scratch / "server.log") as (port, process):
        taken = asked(port, ASKED)
        found = {
            "store": name,
            "contrasts": held,
            "relationships": there,
            "p50_ms": round(statistics.median(taken) * 1000, 3),
            "p95_ms": round(taken[int(len(taken) * 0.95)] * 1000, 3),
            "server_anonymous_mb": round(anonymous_mb(process.pid)),
            "database_anonymous_mb": [round(anonymous_mb(pid)) for pid in java_below(process.pid)],
            "seconds_a_contrast": round(statistics.median(each), 4),
        }
    print(found, flush=True)
    return found


def derived(scratch: Path) -> float:
    """Seconds of :func:`kg.verdict.derive.derive` for each verdict of the simulated study, all made anew."""
    with open_store() as store:
        signatures = ingested(store, scratch / "study")
        store.write("MATCH (s:Source {id: 'derived'}) SET s.run = 'orthokg:run/former'")
        started = time.perf_counter()
        made = derive(store, signatures)
        taken = time.perf_counter() - started
        while store.write("MATCH (n) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*) AS n")[0]["n"]:
            pass
    assert made.changed
    return taken / made.matches


def main() -> None:
    stores = sys.argv[1:] or ["embedded", "neo4j"]
    for name, scratch in each_store(stores):
        rng = np.random.default_rng(SEED)
        pairs = round(derived(scratch), 4)
        print(name, pairs, "s a pair to derive", flush=True)
        with open_store() as store:
            simulate(store)
            write_nodes(
                store,
                "Gene",
                [
                    {"id": f"ENSEMBL:ENSG{at:011d}", "symbol": f"G{at}", "in_taxon": "NCBITaxon:9606"}
                    for at in range(GENES)
                ],
                **_NET,
            )
            write_nodes(
                store,
                "Regulon",
                [{"id": f"orthokg:regulon/sim-{at}", "tf": f"T{at}"} for at in range(REGULONS)],
                **_NET,
            )
        have = (0, 0)
        of_store: list[dict[str, Any]] = []
        for to in STEPS:
            of_store.append(step(name, scratch, have, to, rng))
            have = to
        ratios = {
            "store": name,
            "seconds_a_pair_to_derive": pairs,
            **{
                f"{key}_last_over_first": round(of_store[-1][key] / of_store[0][key], 2)
                for key in ("p95_ms", "seconds_a_contrast")
            },
        }
        print(ratios, flush=True)
        earlier = load("growth")["results"] if (FOLDER / "growth.json").exists() else {"growth": [], "steps": []}
        others = {key: [row for row in earlier[key] if row["store"] != name] for key in ("growth", "steps")}
        save(
            "growth",
            "python -m tests.bench.bench_growth",
            {"data": "simulated", "growth": others["growth"] + [ratios], "steps": others["steps"] + of_store},
            seed=SEED,
        )


if __name__ == "__main__":
    main()
