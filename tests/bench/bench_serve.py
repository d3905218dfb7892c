"""The main question over HTTP against the same Cypher by the bare driver, in one run on the same store; and under load.

    python -m tests.bench.bench_serve [SECONDS [REPEATS [STORE ...]]]

A simulated graph of 200 verdicts; a page of 50 with 12 fields. The bare driver reads by auto-commit, as the product
does, and in a managed transaction, as the driver's handbook does; ``ratio`` is to the first. SECONDS (60) for each of
1, 10 and 200 clients; the peer "naive" is strawberry with one resolver, and one query, for each field. Stores: embedded
neo4j.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import neo4j
import strawberry
from starlette.testclient import TestClient

from api.http.app import create_app
from kg.store.driver import home, open_store
from tests.bench.record import save
from tests.bench.served import (
    DISEASE,
    MODEL,
    PAGE_QUERY,
    Connection,
    bare_driver,
    each_store,
    load,
    request,
    resident_mb,
    same_store,
    server,
    simulate,
)

CLIENTS = (1, 10, 200)
FIELDS = PAGE_QUERY.partition("nodes {")[2].partition("}")[0].split()
_STORED = {"curie": "id", "nFeatures": "n_features", "effectiveN": "effective_n"}
_SIDES = {
    "mouse": ("mouse", "id"),
    "mouseLabel": ("mouse", "label"),
    "human": ("human", "id"),
    "humanLabel": ("human", "label"),
}


def cypher_of_the_page() -> list[tuple[str, dict[str, Any]]]:
    """Each query of the store that one answer asks, as the second of two equal requests has it."""
    asked: list[tuple[str, dict[str, Any]]] = []
    with same_store() as store:
        read = store.read

        def recorded(query: Any, **parameters: Any) -> list[dict[str, Any]]:
            asked.append((query, parameters))
            return read(query, **parameters)

        store.read = recorded  # type: ignore[method-assign]
        app = create_app(store, home() / "signatures")
        with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5000)) as client:
            for _ in range(2):
                asked.clear()
                answer = client.post("/graphql", json={"query": PAGE_QUERY}).json()
                assert len(answer["data"]["matches"]["nodes"]) == 50
    return asked


def naive(driver: neo4j.Driver) -> Callable[[], int]:
    """The same page by strawberry with a resolver and a query for each field."""

    def read(query: Any, **parameters: Any) -> list[dict[str, Any]]:
        with driver.session(database="neo4j") as session:
            return session.execute_read(lambda tx: tx.run(query, parameters).data())

    def field(name: str) -> Any:
        side = _SIDES.get(name)
        query = (
            f"MATCH (k:Match {{id: $id}})-[:MATCH_OF {{side: '{side[0]}'}}]->(c) RETURN c.{side[1]} AS v"
            if side
            else f"MATCH (k:Match {{id: $id}}) RETURN k.{_STORED.get(name, name)} AS v"
        )

        def resolver(root: Any) -> str:
            return str(read(query, id=root.key)[0]["v"])

        return strawberry.field(resolver=resolver)

    made = type(
        "NaiveMatch", (), {"__annotations__": {"key": strawberry.Private[str]}, **{n: field(n) for n in FIELDS}}
    )
    kind = strawberry.type(made)

    def matches() -> list[Any]:
        rows = read(
            "MATCH (:DiseaseModel {label: $model})<-[:OF_MODEL]-(m)<-[:MATCH_OF {side: 'mouse'}]-(k:Match {disease:"
            " $disease}) RETURN k.id AS id ORDER BY k.p, k.id LIMIT 50",
            model=MODEL,
            disease=DISEASE,
        )
        return [kind(key=row["id"]) for row in rows]

    matches.__annotations__["return"] = list[kind]  # type: ignore[valid-type]
    query = strawberry.type(type("Query", (), {"matches": strawberry.field(resolver=matches)}))
    schema = strawberry.Schema(query)
    text = f"{{ matches {{ {' '.join(FIELDS)} }} }}"

    def ask() -> int:
        result = schema.execute_sync(text)
        assert not result.errors, result.errors
        return len(json.dumps(result.data))

    return ask


def seconds_of(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(port: int, repeats: int) -> dict[str, Any]:
    asked, page = cypher_of_the_page(), request(PAGE_QUERY)
    connection = Connection(port)
    with bare_driver() as driver:

        def bare(managed: bool) -> None:
            for query, parameters in asked:
                with driver.session(database="neo4j", default_access_mode=neo4j.READ_ACCESS) as session:
                    if managed:
                        session.execute_read(lambda tx, q=query, p=parameters: tx.run(q, p).data())
                    else:
                        session.run(query, parameters).data()

        def product() -> None:
            status, body = connection.ask(page)
            assert status == 200
            assert b'"errors"' not in body

        slow = naive(driver)
        ways = {"bare": partial(bare, False), "managed": partial(bare, True), "product": product}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for at in range(max(10, repeats // 4) + repeats):
            for name, way in ways.items():
                taken = seconds_of(way)
                if at >= max(10, repeats // 4):
                    times[name].append(taken)
        peer = statistics.median(seconds_of(slow) for _ in range(3))
    connection.close()
    found = {name: statistics.median(values) for name, values in times.items()}
    return {
        "queries": len(asked),
        "bare_ms": found["bare"] * 1000,
        "managed_ms": found["managed"] * 1000,
        "product_ms": found["product"] * 1000,
        "ratio": found["product"] / found["bare"],
        "ratio_managed": found["product"] / found["managed"],
        "naive_ms": peer * 1000,
        "naive_over_product": peer / found["product"],
    }


def under_load(port: int, pid: int, clients: int, seconds: float) -> dict[str, Any]:
    page = request(PAGE_QUERY)
    asyncio.run(load(port, page, clients, min(5.0, seconds)))
    before = resident_mb(pid)
    answers = asyncio.run(load(port, page, clients, seconds))
    times = sorted(taken for _, taken, _, _ in answers)
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    wrong = sum(status != 200 or b'"errors"' in body for _, _, status, body in answers)
    return {
        "clients": clients,
        "seconds": seconds,
        "requests": len(answers),
        "per_second": len(answers) / seconds,
        "errors": wrong,
        "p50_ms": p50 * 1000,
        "p99_ms": p99 * 1000,
        "p99_over_p50": p99 / p50,
        "max_ms": times[-1] * 1000,
        "memory_mb_before": before,
        "memory_mb_after": resident_mb(pid),
    }


def measure(scratch: Path, seconds: float, repeats: int) -> dict[str, Any]:
    with open_store() as store:
        matches = simulate(store)
    with server(scratch / "server.log") as (port, process):
        found = {"matches": matches, "fields": len(FIELDS), "page": 50, **compare(port, repeats)}
        print(_short(found), flush=True)
        found["load"] = []
        for clients in CLIENTS:
            found["load"].append(under_load(port, process.pid, clients, seconds))
            print(_short(found["load"][-1]), flush=True)
    return _short(found)


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    stores = sys.argv[3:] or ["embedded", "neo4j"]
    results: dict[str, Any] = {"data": "simulated", "main query": [], "load": []}
    for name, scratch in each_store(stores):
        found = measure(scratch, seconds, repeats)
        under = found.pop("load")
        results["main query"].append({"store": name, **found})
        results["load"] += [{"store": name, **row} for row in under]
    if seconds >= 60 and len(stores) == 2:
        save("serve", " ".join(["python -m tests.bench.bench_serve", *sys.argv[1:]]), results)


if __name__ == "__main__":
    main()
