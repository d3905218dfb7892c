"""A store that hangs, is cut off or is killed: 503 with Retry-After, no wrong answer, and recovery by itself."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.access.limits import Limits
from api.graphql import context
from api.http.app import create_app
from kg.store.driver import Store, open_store
from kg.store.write import ensure_schema
from tests.api.conftest import small_graph
from tests.bench.served import java_below
from tests.patience import until

ASK = {"query": '{ matches(model: "TauMouse", disease: "MONDO:0004975") { known nodes { curie p q } } }'}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(context, "PROBE_SECONDS", 2.0)
    monkeypatch.setattr(context, "_SLOW_SECONDS", 0.3)
    monkeypatch.setattr(context, "_LOOK_SECONDS", 0.1)


class Relay:
    """Passes bytes on to a server, until it is cut."""

    def __init__(self, port: int):
        self._to, self._open, self._lock = port, True, threading.Lock()
        self._pairs: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near = self._listening.accept()[0]
            except OSError:
                return
            with self._lock:
                if not self._open:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._pairs += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(a, b), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket) -> None:
        try:
            while got := source.recv(65536):
                target.sendall(got)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def cut(self) -> None:
        with self._lock:
            self._open = False
            for each in self._pairs:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def mend(self) -> None:
        self._open = True

    def close(self) -> None:
        self.cut()
        self._listening.close()


@contextmanager
def client_of(graph) -> Iterator[TestClient]:
    with graph.client() as client:
        yield client


def refused(client: TestClient) -> None:
    answer = client.post("/graphql", json=ASK)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["data"] is None
    assert {each["extensions"]["code"] for each in answer.json()["errors"]} == {"STORE_DOWN"}
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200


def answered(client: TestClient) -> dict:
    """Its answer, as soon as there is one. A busy machine may look like a store that is gone, for a while."""
    answer = until(lambda: (found := client.post("/graphql", json=ASK)).status_code != 503 and found)
    assert answer.status_code == 200
    return answer.json()


def stop(pid: int) -> None:
    """Stop a process, and wait until none of its threads runs any more."""
    os.kill(pid, signal.SIGSTOP)
    tasks = Path(f"/proc/{pid}/task")
    until(lambda: {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks.iterdir()} == {"T"})


def test_the_embedded_store_hangs(graph):
    (java,) = java_below(os.getpid(), under=graph.store.server._process.pid)
    with client_of(graph) as client:
        before = answered(client)
        stop(java)
        try:
            for _ in range(3):
                refused(client)
        finally:
            os.kill(java, signal.SIGCONT)
        assert answered(client) == before
        until(lambda: client.get("/ready").status_code == 200)


def test_the_embedded_store_is_killed(tmp_path):
    with open_store("embedded") as store:
        ensure_schema(store)
        with client_of(small_graph(store, tmp_path)) as client:
            before = answered(client)
            for java in java_below(os.getpid(), under=store.server._process.pid):
                os.kill(java, signal.SIGKILL)
            assert answered(client) == before


def test_questions_wait_while_the_embedded_store_starts_again(tmp_path, monkeypatch):
    """Also where the probe finds it gone first, and does not wait for the start to end."""
    monkeypatch.setattr(context, "PROBE_SECONDS", 1.0)
    with open_store("embedded") as store:
        ensure_schema(store)
        with client_of(small_graph(store, tmp_path)) as client:
            before = answered(client)
            (java,) = java_below(os.getpid(), under=store.server._process.pid)
            os.kill(java, signal.SIGKILL)
            lost = client.post("/cypher", json={"query": "RETURN 1 AS one"})
            assert lost.status_code == 503, "a curator's query is not sent again"
            until(lambda: store.starting)
            answer = client.post("/graphql", json=ASK)
            assert (answer.status_code, answer.json()) == (200, before)


def test_neo4j_is_cut_off(neo4j_store: Store, neo4j_settings, tmp_path, monkeypatch):
    graph = small_graph(neo4j_store, tmp_path)
    for name, value in neo4j_settings.items():
        monkeypatch.setenv(name, value)
    relay = Relay(int(neo4j_settings["NEO4J_URI"].rpartition(":")[2]))
    try:
        with open_store(f"bolt://127.0.0.1:{relay.port}") as store:
            app = create_app(store, graph.signatures)
            with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 5000)) as client:
                before = answered(client)
                relay.cut()
                for _ in range(3):
                    refused(client)
                relay.mend()
                assert answered(client) == before
    finally:
        relay.close()


ENDLESS = (
    "MATCH (a:Gene), (b:Gene), (c:Gene), (d:Gene) WHERE a.id + b.id = c.id + d.id + 'x' RETURN count(*)",
    "RETURN 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' =~ '(a+a+)+b'",
    "RETURN reduce(s = 0, x IN range(1, 1000000) | s + reduce(t = 0, y IN range(1, 1000000) | t + y))",
)
HUGE = "RETURN size(reduce(s = 'x', x IN range(1, 60) | s + s))"


def test_queries_without_end_stop_nobody_else(tmp_path, monkeypatch, caplog):
    """Curators' queries that the store does not end: other questions are answered all the while, and afterwards."""
    monkeypatch.setattr(context, "CUT_SECONDS", 1.0)
    monkeypatch.setattr(context, "USER_QUERY_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr("kg.store.embedded.USER_QUERY_TIMEOUT_SECONDS", 1)
    with open_store("embedded") as store:
        ensure_schema(store)
        graph = small_graph(store, tmp_path)
        with graph.client(limits=Limits(cypher_seconds=1, cypher_each=9)) as client:
            before = answered(client)
            with ThreadPoolExecutor(len(ENDLESS)) as threads:
                hostile = [threads.submit(client.post, "/cypher", json={"query": query}) for query in ENDLESS]
                while not all(each.done() for each in hostile):
                    assert answered(client) == before
            assert answered(client) == before
            assert "started again: it did not end a query" in caplog.text
            assert client.post("/cypher", json={"query": HUGE}).status_code in (400, 503)
            assert answered(client) == before
            assert until(lambda: client.get("/ready").status_code == 200)
