"""Who only reads the embedded store stands in nobody's way: several at once, and a writer that comes while they are
there."""

import subprocess
import sys
from pathlib import Path

import pytest

from kg.store.driver import Store, open_store
from kg.store.embedded import attach
from kg.store.write import ensure_schema, write_nodes

pytestmark = pytest.mark.graph
READER = """
import sys
from kg.store.driver import open_store
with open_store("embedded", read_only=True, yields=True) as store:
    print("open", flush=True)
    for line in sys.stdin:
        print(store.read("MATCH (g:Gene) RETURN count(g) AS n")[0]["n"], flush=True)
"""


class Reader:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def told(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()

    def end(self) -> int:
        self._process.communicate(timeout=60)
        return self._process.returncode


def genes(store: Store, n: int) -> None:
    write_nodes(store, "Gene", [{"id": f"ENSEMBL:{at}", "symbol": "x"} for at in range(n)], source="s", run="r")


def test_readers_come_and_go_and_a_writer_takes_the_place(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with open_store("embedded") as store:
        ensure_schema(store)
        genes(store, 3)
    readers = [Reader(), Reader()]
    assert [each.told() for each in readers] == ["open", "open"]
    door = attach(home / "graph")
    assert door is not None
    assert door.yields
    for each in readers:
        each.ask()
    assert [each.told() for each in readers] == ["3", "3"]

    with open_store("embedded") as writer:
        genes(writer, 5)
        for each in readers:
            each.ask()
        assert [each.told() for each in readers] == ["5", "5"]
        door = attach(home / "graph")
        assert door is not None
        assert not door.yields
    readers[0].ask()
    assert readers[0].told() == "5", "the writer is gone: it reads on by a server of its own"
    assert readers[0].end() == 0
    readers[1].ask()
    assert readers[1].told() == "5"
    assert readers[1].end() == 0
    assert attach(home / "graph") is None
    assert not (home / "graph" / "wanted").exists()


def test_the_wish_of_a_writer_that_died_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "graph"
    folder.mkdir(parents=True)
    (folder / "wanted").touch()
    with open_store("embedded", read_only=True, yields=True) as store:
        assert store.read("MATCH (n) RETURN count(n) AS n") == [{"n": 0}]


def test_who_does_not_yield_takes_the_place_of_a_reader(tmp_path: Path) -> None:
    """A server that starts while a command reads: it must not stand on what ends with the command."""
    with open_store("embedded") as store:
        ensure_schema(store)
        genes(store, 3)
    reader = Reader()
    assert reader.told() == "open"
    with open_store("embedded", read_only=True) as served:
        assert served.server is not None
        assert served.writes
        reader.ask()
        assert reader.told() == "3"
        assert reader.end() == 0
        genes(served, 4)
        assert served.read("MATCH (g:Gene) RETURN count(g) AS n") == [{"n": 4}]


def test_who_reads_through_a_writer_goes_on_when_it_ends(tmp_path: Path) -> None:
    """A server that starts during an ingest, whose own server ends with it."""
    with open_store("embedded") as writer:
        ensure_schema(writer)
        genes(writer, 3)
        served = open_store("embedded", read_only=True)
        assert served.server is None
        assert not served.writes
        assert served.read("MATCH (g:Gene) RETURN count(g) AS n") == [{"n": 3}]
    with served:
        assert served.read("MATCH (g:Gene) RETURN count(g) AS n") == [{"n": 3}]
        assert served.server is not None
        genes(served, 5)
        served.ping()
        assert served.read("MATCH (g:Gene) RETURN count(g) AS n") == [{"n": 5}]
