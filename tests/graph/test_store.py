"""The door to the graph, when things go wrong: wrong password, no server, two writers, kill -9 of either side."""

import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kg.errors import StoreError
from kg.store import supervisor
from kg.store.driver import Store, home, open_store
from kg.store.write import ensure_schema, write_nodes
from tests.graph.dump import dump
from tests.graph.load import load
from tests.patience import SECONDS, until

pytestmark = pytest.mark.graph
ROOT = Path(__file__).parents[2]
SUPERVISOR = str(Path(supervisor.__file__))


def _processes() -> dict[int, tuple[int, str]]:
    """pid -> (parent's pid, command line)."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found[int(entry.name)] = (parent, command)
    return found


def _servers(folder: Path) -> list[int]:
    """Java processes that run on the folder."""
    return [
        pid
        for pid, (_, line) in _processes().items()
        if "ArcadeDBServer" in line and f"={folder} " in line and SUPERVISOR not in line
    ]


def _supervisors(folder: Path) -> list[int]:
    return [pid for pid, (_, line) in _processes().items() if SUPERVISOR in line and str(folder) in line]


def _until_gone(folder: Path) -> None:
    until(lambda: not _servers(folder) and not _supervisors(folder))


def _opener(*lines: str) -> "subprocess.Popen[str]":
    """Another program that has the embedded store of this environment open, and says so."""
    text = "\n".join(
        # a job in the background ignores it
        [
            "import signal",
            "signal.signal(signal.SIGINT, signal.default_int_handler)",
            "from kg.store.driver import open_store",
            "store = open_store('embedded')",
            *lines,
            "print('open', flush=True)",
            "signal.pause()",
        ]
    )
    program = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "open\n"
    return program


def _stop(program: "subprocess.Popen[str]", sent: signal.Signals = signal.SIGKILL) -> None:
    program.send_signal(sent)
    program.wait()
    assert program.stdout is not None
    program.stdout.close()


def test_describe(embedded_store: Store, neo4j_store: Store) -> None:
    assert embedded_store.describe().startswith("embedded ArcadeDB 26.")
    assert neo4j_store.describe().startswith("Neo4j 5.26.")


def test_a_home_may_be_named_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORTHOKG_HOME", "some/where")
    assert home() == Path.cwd() / "some" / "where"


def test_what_is_written_stays() -> None:
    for expected in (0, 1):
        with open_store("embedded") as store:
            assert store.read("MATCH (n) RETURN count(n) AS n") == [{"n": expected}]
            store.write("MERGE (:Gene {id: 'a'})")
        _until_gone(home() / "graph")


def test_nobody_else_reads_the_secrets() -> None:
    with open_store("embedded") as store:
        graph = home() / "graph"
        for name in ("lock", "config/server-users.jsonl", "config/server-groups.json"):
            assert stat.S_IMODE((graph / name).stat().st_mode) == 0o600, name
        assert store.server is not None
        secret, reader = store.server.password, store.server.door.reader
        lines = " ".join(line for _, line in _processes().values())
        for place in (lines, repr(store.server.door), store.describe(), (graph / "server.log").read_text()):
            assert secret not in place
            assert reader not in place


def test_only_loopback_listens() -> None:
    with open_store("embedded"):
        (pid,) = _servers(home() / "graph")
        inodes = {os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir() if os.path.islink(f)}
        listening = []
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                part = line.split()
                if part[3] == "0A" and f"socket:[{part[9]}]" in inodes:
                    listening.append(part[1].split(":")[0])
        assert len(listening) == 2
        assert {address[-8:] for address in listening} == {"0100007F"}


def test_a_second_writer_is_refused_and_a_reader_is_not() -> None:
    other = _opener("store.write(\"MERGE (:Gene {id: 'a'})\")")
    try:
        with pytest.raises(StoreError, match=f"process {other.pid}") as caught:
            open_store("embedded")
        assert caught.value.code == "STORE_LOCKED"
        with open_store("embedded", read_only=True) as reader:
            assert reader.read("MATCH (n) RETURN n.id AS id") == [{"id": "a"}]
            with pytest.raises(StoreError):
                reader.write("CREATE (:Gene {id: 'b'})")
            assert reader.read("MATCH (n) RETURN n.id AS id") == [{"id": "a"}]
        assert other.poll() is None
    finally:
        _stop(other)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphan_when_the_program_ends(sent: signal.Signals) -> None:
    graph = home() / "graph"
    program = _opener("store.write(\"MERGE (:Gene {id: 'a'})\")")
    assert len(_servers(graph)) == 1
    _stop(program, sent)
    with open_store("embedded") as store:  # waits for the old server; a lock left behind is no obstacle
        assert store.read("MATCH (n) RETURN n.id AS id") == [{"id": "a"}]
        assert len(_servers(graph)) == 1
    _until_gone(graph)


def test_no_orphan_when_the_supervisor_is_killed_too() -> None:
    graph = home() / "graph"
    program = _opener()
    (supervisor,) = _supervisors(graph)
    os.kill(supervisor, signal.SIGKILL)
    _until_gone(graph)
    _stop(program)


def test_the_server_has_as_many_descriptors_as_it_may() -> None:
    text = (
        "import resource, runpy; r = resource.RLIMIT_NOFILE; resource.setrlimit(r, (64, 600))\n"
        f"runpy.run_path({SUPERVISOR!r})['give_descriptors'](); print(resource.getrlimit(r)[0])"
    )
    given = int(subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout)
    assert given in (600, supervisor.DESCRIPTORS), "the hard limit, or more for who may raise it"


def test_what_the_server_prints_stays_within_two_files(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as out:
        for at in range(50):
            out.write(b"%03d" % at + bytes(97))
            supervisor.turn(str(log), 1_000)
    kept = [log.read_bytes(), (tmp_path / "server.log.1").read_bytes()]
    assert [each[:3] for each in kept] == [b"044", b"033"]
    assert all(len(each) <= 1_100 for each in kept)


@pytest.mark.parametrize("victim", ["server", "supervisor"])
def test_the_store_comes_back_when_its_server_is_killed(victim: str) -> None:
    graph = home() / "graph"
    with open_store("embedded") as store:
        ensure_schema(store)
        for i in range(2):
            store.write("UNWIND range(0, 99) AS i MERGE (:Gene {id: $k + i})", k=f"ENSEMBL:{i}-")
            os.kill((_servers if victim == "server" else _supervisors)(graph)[0], signal.SIGKILL)
            assert store.read("MATCH (n:Gene) RETURN count(n) AS n") == [{"n": 100 * (i + 1)}]
    _until_gone(graph)


def test_wrong_password(neo4j_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_URI", neo4j_settings["NEO4J_URI"])
    monkeypatch.setenv("NEO4J_PASSWORD", "not-the-password")
    with pytest.raises(StoreError, match="NEO4J_PASSWORD") as caught:
        open_store()
    assert caught.value.code == "STORE_AUTH"
    assert "not-the-password" not in str(caught.value)


def test_no_server_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NEO4J_URI", f"bolt://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(StoreError, match="No database answers") as caught:
            open_store()
    assert caught.value.code == "STORE_DOWN"


@pytest.mark.parametrize("choice", ["neo4j", "postgres", "http://localhost:7474"])
def test_a_choice_that_is_none(choice: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(choice)
    assert caught.value.code == "STORE_CHOICE"


def test_a_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError) as caught:
        open_store("embedded")
    assert caught.value.code == "STORE_DOWN"


def test_a_full_disk_is_told_and_what_was_committed_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated: no file of the server may grow beyond 2 MB, and the disk is said to have no room."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    committed = []
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, limits[1]))
    try:
        store = open_store("embedded")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    none_left = shutil.disk_usage("/")._replace(free=0)

    def fill() -> None:
        for batch in range(200):
            rows = [{"id": f"ENSEMBL:{batch}-{i}", "symbol": "x" * 200} for i in range(500)]
            write_nodes(store, "Gene", rows, source="s", run="r")
            committed.extend(rows)

    with store:
        monkeypatch.setattr("kg.store.driver.shutil.disk_usage", lambda _: none_left)
        with pytest.raises(StoreError) as caught:
            fill()
    assert caught.value.code == "STORE_FULL"
    assert committed
    with open_store("embedded") as again:
        assert again.read("MATCH (n) RETURN count(n) AS n") == [{"n": len(committed)}]


@pytest.mark.parametrize("seed", range(2))
def test_a_load_killed_at_any_time_is_run_again(store: Store, neo4j_settings: dict[str, str], seed: int) -> None:
    """The loading program is killed -9 at moments spread over its run; one more run gives the undisturbed graph."""
    genes, targets = 400, 60
    load(store, "r", genes, targets)
    undisturbed = dump(store)
    store.write("MATCH (n) DETACH DELETE n")
    environment = os.environ | neo4j_settings
    if store.dialect == "embedded":
        environment.pop("NEO4J_URI")
    command = [sys.executable, "-m", "tests.graph.load", store.dialect, "r", str(genes), str(targets)]
    for share in (0.2, 0.5, 0.8):
        program = subprocess.Popen(command, cwd=ROOT, env=environment)
        seen = _wait_for_rows(store, environment, program, int(share * len(undisturbed[1])) + seed * 97)
        program.kill()
        program.wait()
        assert seen
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
    if store.dialect == "neo4j":
        assert dump(store) == undisturbed
    else:
        with open_store("embedded") as own:
            assert dump(own) == undisturbed


def _wait_for_rows(store: Store, environment: dict[str, str], program: "subprocess.Popen[bytes]", rows: int) -> bool:
    """Until the program has written so many relationships, or has ended."""
    while program.poll() is None:
        if store.dialect == "neo4j":
            written = store.read("MATCH ()-[r]->() RETURN count(r) AS n")[0]["n"]
        else:
            written = _seen_by_reader()
        if written >= rows:
            return True
    return program.returncode == 0


def _seen_by_reader() -> int:
    from kg.store import embedded as store_embedded

    if store_embedded.attach(home() / "graph") is None:
        return 0
    try:
        with open_store("embedded", read_only=True) as reader:
            return reader.read("MATCH ()-[r]->() RETURN count(r) AS n")[0]["n"]
    except StoreError:  # the program, and its server with it, may end while the reader comes in
        return 0


def test_who_asks_for_a_new_start_while_there_is_one_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store("embedded") as store:
        server, started = store.server, []
        assert server is not None
        begin, slow = server.restart, threading.Event()

        def restart() -> None:
            started.append(1)
            assert slow.wait(SECONDS)
            begin()

        monkeypatch.setattr(server, "restart", restart)
        threads = [threading.Thread(target=store.restart) for _ in range(3)]
        for each in threads:
            each.start()
        until(lambda: started)
        slow.set()
        for each in threads:
            each.join()
        assert len(started) <= 2  # one that comes when the first has ended may start anew
        store.ping()
