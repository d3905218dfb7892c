"""Hostile queries at a real server, two at once as curators have threads, while another client asks plain questions."""

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kg.store.driver import Store, open_store
from kg.store.write import write_edges, write_nodes
from tests.bench.hostile_cypher import Hostile, hostile
from tests.bench.served import PAGE_QUERY, Connection, ask, load, post, request, server, simulate

SEED, MANY, GENES = 15, 100, 2000
READY = b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
REFUSED = ("STORE_READ_ONLY", "STORE_TOO_LARGE", "STORE_SYNTAX", "BUSY")
CUT = ("STORE_TIMEOUT", "STORE_QUERY", "STORE_DOWN", "STORE", "LIMIT_EXCEEDED")
_OWNER = {"source": "simulated", "run": "orthokg:run/simulated"}
# The store cuts a scan at its limit: they are what its clock looks at.
CAN_BE_CUT = (
    "MATCH (a:Gene), (b:Gene), (c:Gene), (d:Gene) WHERE a.id + b.id + c.id CONTAINS d.id + 'zz' RETURN count(*)"
)


def grow(store: Store) -> None:
    """Genes and their orthologs enough for products and paths to have no end."""
    simulate(store)
    ids = [f"ENSEMBL:ENSMUSG{n:011d}" for n in range(GENES)]
    write_nodes(
        store,
        "Gene",
        [{"id": each, "symbol": f"M{n}", "in_taxon": "NCBITaxon:10090"} for n, each in enumerate(ids)],
        **_OWNER,
    )
    rows = [{"subject": a, "object": ids[(n * 7 + step) % GENES]} for n, a in enumerate(ids) for step in (1, 17, 91)]
    write_edges(
        store, "ORTHOLOG_OF", "Gene", "Gene", [row for row in rows if row["subject"] != row["object"]], **_OWNER
    )


class Plain:
    """One client that asks the main question again and again, and one that asks for ``/ready``: when, seconds,
    status."""

    def __init__(self, port: int):
        self.asked: list[tuple[float, float, int]] = []
        self.ready: list[tuple[float, float, int]] = []
        self._port, self._ended = port, threading.Event()
        self._threads = [
            threading.Thread(target=self._again, args=each)
            for each in ((request(PAGE_QUERY), self.asked), (READY, self.ready))
        ]

    def _again(self, what: bytes, kept: list[tuple[float, float, int]]) -> None:
        while not self._ended.wait(0.1):
            start = time.monotonic()
            status, _ = ask(self._port, what)
            kept.append((start, time.monotonic() - start, status))

    def __enter__(self) -> "Plain":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for each in self._threads:
            each.join()


def _one(port: int, query: Hostile) -> dict[str, Any]:
    start = time.monotonic()
    status, body = 0, b""
    try:
        connection = Connection(port, 120)
        status, body = connection.ask(post({"query": query.text}, "/cypher"))
        connection.close()
    except OSError:
        pass
    end = time.monotonic()
    code = "" if status == 200 else (json.loads(body)["errors"][0]["extensions"]["code"] if body else "nobody answered")
    while ask(port, READY)[0] != 200 and time.monotonic() < end + 120:
        time.sleep(0.05)
    return {
        "kind": query.kind,
        "characters": len(query.text),
        "status": status,
        "code": code,
        "seconds": round(end - start, 2),
        "recovery_s": round(time.monotonic() - end, 2),
    }


def each_query(scratch: Path, kept: list[dict[str, Any]], keep: Callable[[dict[str, Any]], None], most: int) -> None:
    """``most`` of those that are not among ``kept`` yet, two at once, each told to ``keep``."""
    queries = list(hostile(MANY, SEED))[len(kept) :][:most]
    if not queries:
        return
    with open_store() as store:
        grow(store)
    with server(scratch / "server.log") as (port, _), ThreadPoolExecutor(2) as threads:
        for at in range(0, len(queries), 2):
            with Plain(port) as plain:
                rows = list(threads.map(lambda query: _one(port, query), queries[at : at + 2]))
            plainly = [(round(taken, 3), status) for _, taken, status in plain.asked]
            for row in rows:
                held = row["code"] in ("", *REFUSED, *CUT) and row["seconds"] < 40 and row["recovery_s"] < 30
                wrong = [status for _, status in plainly if status not in (200, 503)]
                keep(
                    {
                        **row,
                        "held": held and not wrong and max((t for t, _ in plainly), default=0) < 30,
                        "plain": plainly,
                        "not_ready_s": _longest(plain.ready),
                    }
                )


def _longest(ready: list[tuple[float, float, int]]) -> float:
    """Seconds of the longest stretch without an answer that it is ready."""
    longest, since = 0.0, None
    for start, taken, status in ready:
        if status == 200:
            longest = max(longest, start + taken - since if since is not None else taken)
            since = None
        elif since is None:
            since = start
    return round(longest, 2)


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the bench keeps of one store."""
    times = sorted(taken for row in rows for taken, _ in row["plain"])
    statuses = [status for row in rows for _, status in row["plain"]]
    ends: dict[str, int] = {}
    for row in rows:
        end = (
            "answered"
            if not row["code"]
            else "refused before"
            if row["code"] in REFUSED
            else "cut"
            if row["code"] in CUT
            else row["code"]
        )
        ends[end] = ends.get(end, 0) + 1
    return {
        "tried": len(rows),
        "held": sum(row["held"] for row in rows),
        "ends": ends,
        "kinds": len({row["kind"] for row in rows}),
        "recovery_s_median": statistics.median(row["recovery_s"] for row in rows),
        "recovery_s_longest": max(row["recovery_s"] for row in rows),
        "not_ready_s_longest": max(row["not_ready_s"] for row in rows),
        "plain_questions": len(times),
        "plain_p50_s": times[len(times) // 2],
        "plain_p99_s": times[int(len(times) * 0.99)],
        "plain_longest_s": times[-1],
        "plain_refused_503": statuses.count(503),
        "plain_failed": sum(status not in (200, 503) for status in statuses),
        "not_held": [
            {name: row[name] for name in ("kind", "status", "code", "seconds", "recovery_s", "not_ready_s")}
            for row in rows
            if not row["held"]
        ],
    }


@contextmanager
def eight(port: int, text: str) -> Iterator[None]:
    """Eight curators who ask ``text`` again whenever they are answered."""
    ended = threading.Event()

    def again() -> None:
        while not ended.is_set():
            ask(port, post({"query": text}, "/cypher"))
            ended.wait(0.2)

    threads = [threading.Thread(target=again, daemon=True) for _ in range(8)]
    for each in threads:
        each.start()
    try:
        time.sleep(1)
        yield
    finally:
        ended.set()


def under_load(scratch: Path, seconds: float, clients: int = 200) -> list[dict[str, Any]]:
    """200 clients of the main question: quiet, and while eight hostile queries are asked that the store can cut, then
    such that it cannot."""
    with open_store() as store:
        grow(store)
    page, found = request(PAGE_QUERY), []
    cannot = next(each.text for each in hostile(MANY, SEED) if each.kind == "reduce in reduce in RETURN")
    for name, text in (
        ("quiet", None),
        ("eight that the store can cut", CAN_BE_CUT),
        ("eight that it cannot cut", cannot),
    ):
        with server(scratch / "server.log", ORTHOKG_LIMIT_CYPHER_EACH="8") as (port, _):
            asyncio.run(load(port, page, clients, 5))
            if text is None:
                answers = asyncio.run(load(port, page, clients, seconds))
            else:
                with eight(port, text):
                    answers = asyncio.run(load(port, page, clients, seconds))
        times = sorted(taken for _, taken, _, _ in answers)
        statuses = [status for _, _, status, _ in answers]
        found.append(
            {
                "while": name,
                "clients": clients,
                "seconds": seconds,
                "requests": len(times),
                "p50_s": round(times[len(times) // 2], 3),
                "p99_s": round(times[int(len(times) * 0.99)], 3),
                "longest_s": round(times[-1], 3),
                "refused_503": statuses.count(503),
                "failed": sum(status not in (200, 503) for status in statuses),
            }
        )
        found[-1]["p99_over_quiet"] = round(found[-1]["p99_s"] / found[0]["p99_s"], 2)
        print(found[-1], flush=True)
    return found
