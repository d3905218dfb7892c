"""Loading relationships: ``kg.store.write`` against MERGE and SET in batches of 2,000, in one run, on both stores.

    python tests/bench/bench_write.py [RELATIONSHIPS [PEER'S RELATIONSHIPS]]

The product loads 1,000,000 into an empty type, then writes a tenth of the regulons again, as the same run and as a new
run; the peer loads 200,000 of the same rows. Both start from the same nodes and constraints, and both are counted.
"""

import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema, write_edges, write_nodes
from tests.bench.record import save
from tests.conftest import neo4j_local

SEED = 7
GENES, REGULONS = 20_000, 2_000
PEER_BATCH = 2_000
MERGE = (
    "UNWIND $rows AS row MATCH (a:Regulon {id: row.subject}) MATCH (b:Gene {id: row.object}) "
    "MERGE (a)-[r:REGULATES]->(b) SET r += row.properties"
)


def rows(n: int) -> list[dict]:
    """``n`` different relationships in random order."""
    draw = random.Random(SEED)
    pairs = draw.sample(range(GENES * REGULONS), n)
    return [
        {"subject": f"orthokg:regulon/{pair // GENES}", "object": f"ENSEMBL:ENSG{pair % GENES:011d}"}
        | {"weight": draw.random(), "sign": draw.choice((-1, 1)), "support": draw.randrange(9), "confidence": "A"}
        for pair in pairs
    ]


def peer(store: Store, made: list[dict]) -> None:
    owned = {"source": "net", "run": "r1"}
    for start in range(0, len(made), PEER_BATCH):
        batch = [
            {"subject": row["subject"], "object": row["object"]}
            | {"properties": {k: v for k, v in row.items() if k not in ("subject", "object")} | owned}
            for row in made[start : start + PEER_BATCH]
        ]
        store.write(MERGE, rows=batch)


def product(store: Store, made: list[dict], run: str = "r1") -> None:
    count = write_edges(store, "REGULATES", "Regulon", "Gene", made, source="net", run=run)
    assert (count.written, count.dangling) == (len(made), [])


def prepare(store: Store) -> None:
    while store.write("MATCH (n) WITH n LIMIT 2000 DETACH DELETE n RETURN count(*) AS n")[0]["n"]:
        pass
    ensure_schema(store)
    gene = [{"id": f"ENSEMBL:ENSG{i:011d}", "symbol": f"G{i}"} for i in range(GENES)]
    write_nodes(store, "Gene", gene, source="genes", run="r1")
    write_nodes(
        store,
        "Regulon",
        [{"id": f"orthokg:regulon/{i}", "tf": f"T{i}"} for i in range(REGULONS)],
        source="net",
        run="r1",
    )


def rate(work, *given) -> float:
    started = time.perf_counter()
    work(*given)
    return len(given[1]) / (time.perf_counter() - started)


def counted(store: Store) -> int:
    return store.read("MATCH (:Regulon)-[r:REGULATES]->(:Gene) RETURN count(r) AS n")[0]["n"]


def measure(open_empty, n: int, n_peer: int) -> dict:
    """``open_empty`` gives a store whose files are new, for either side."""
    made = rows(n)
    found: dict = {"relationships": n, "peer_relationships": n_peer, "peer_batch": PEER_BATCH}
    with open_empty() as store:
        found["store"] = store.describe().partition(" at ")[0]
        prepare(store)
        found["peer_per_second"] = rate(peer, store, made[:n_peer])
        assert counted(store) == n_peer
    with open_empty() as store:
        prepare(store)
        found["per_second"] = rate(product, store, made)
        assert counted(store) == n
        again = [row for row in made if row["subject"].endswith("3")]
        found["same_again_per_second"] = rate(product, store, again)
        found["new_run_per_second"] = rate(product, store, again, "r2")
        assert counted(store) == n
    found["ratio"] = found["per_second"] / found["peer_per_second"]
    found["client_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in found.items()}


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    n_peer = int(sys.argv[2]) if len(sys.argv) > 2 else n // 5
    results = {}

    def embedded() -> Store:
        os.environ["ORTHOKG_HOME"] = tempfile.mkdtemp(dir=scratch)
        return open_store("embedded")

    with tempfile.TemporaryDirectory() as scratch:
        results["embedded"] = measure(embedded, n, n_peer)
        print(results["embedded"], flush=True)
        with neo4j_local().running(Path(scratch) / "neo4j") as settings:
            os.environ.update(settings)
            results["neo4j"] = measure(lambda: open_store("neo4j"), n, n_peer)
            print(results["neo4j"], flush=True)
    if n >= 1_000_000:
        save("write", "python tests/bench/bench_write.py", results, seed=SEED)


if __name__ == "__main__":
    main()
