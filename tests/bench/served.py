"""A simulated graph of many verdicts, a real server over it, and clients that cost next to nothing."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import neo4j

from kg.schema.match import Change, Cohort, GivenState, MatchRecord, Null
from kg.sides.basis import run_of
from kg.sides.catalog import Catalog
from kg.signatures.store import SignatureStore
from kg.store import embedded as store_embedded
from kg.store.driver import Store, home, open_store
from kg.store.write import ensure_schema, write_edges, write_nodes
from kg.stored.write import write_matches
from tests.conftest import neo4j_local

MODEL, DISEASE = "SimMouse", "MONDO:0004975"
MICE, STATES, CHANGES = 20, 10, 30
PAGE_QUERY = (
    f'{{ matches(model: "{MODEL}", disease: "{DISEASE}", first: 50) {{ nodes {{ curie mouse mouseLabel human humanLabel'
    " status reason score p q nFeatures effectiveN } } }"
)
ROOT = Path(__file__).parents[2]
_OWNER = {"source": "simulated", "run": "orthokg:run/simulated"}
_STATUSES = ("SUPPORTED", "NONSPECIFIC", "NOT_SUPPORTED", "DISCORDANT", "UNTESTABLE")


def record_of(mouse: int, state: int, version: str) -> MatchRecord:
    at = mouse * STATES + state
    p = (at + 1) / 1000
    changes = tuple(
        Change(f"ENSEMBL:ENSG{n:011d}", f"G{n}", "up" if n % 2 else "down", 2 - n / 100, 3.0, 2.0, 1e-4, 0.01 + n / 1e4)
        for n in range(CHANGES)
    )
    cohorts = tuple(
        Cohort(f"orthokg:contrast/cohort-{state}", f"cohort {state}", "cortex", 8, 10, "pooled", "donors", 0.3, 0.01)
        for _ in range(1)
    )
    given = (
        GivenState(
            f"orthokg:state/{(state + 1) % STATES}",
            "another",
            "another",
            "left",
            800,
            0.8,
            0.3,
            0.01,
            0.2,
            0.05,
            0.2,
            0.05,
            0.1,
            0.05,
            0.15,
            0.03,
            0.9,
            True,
            n_changes=7,
        ),
    )
    return MatchRecord(
        id=f"orthokg:match/sim-{at:03}",
        mouse=f"orthokg:contrast/sim-mouse-{mouse}",
        mouse_label=f"simulated mouse {mouse}",
        human=f"orthokg:contrast/pool-{state}",
        human_label=f"simulated pool {state}",
        mouse_taxon="NCBITaxon:10090",
        human_taxon="NCBITaxon:9606",
        state=f"orthokg:state/{state}",
        disease=DISEASE,
        level="gene",
        policy="one2one",
        status=_STATUSES[at % 5],
        reason="simulated",
        score=p,
        statistic=1.5,
        interval=(0.1, 0.5),
        null=Null("donors", "donors"),
        p=p,
        q=p,
        family="simulated",
        family_size=STATES,
        other_families=(),
        naive_p=1e-40,
        exploratory_p=None,
        n_features=900,
        effective_n=31.5,
        df=17,
        axes_out=None,
        ceiling=0.8,
        corrected_score=0.4,
        specificity="tested",
        status_line=_STATUSES[at % 5],
        given=given,
        all_given=None,
        model_specificity="untested",
        model_given=(),
        cohorts=cohorts,
        policy_band=(),
        references=(),
        changes=changes,
        n_changes=CHANGES,
        flags=(),
        engineered=(),
        method="joint/1",
        data_version=version,
    )


def simulate(store: Store) -> int:
    """Writes the simulated graph; how many matches it has."""

    def nodes(label: str, rows: list[dict[str, Any]]) -> None:
        write_nodes(store, label, rows, **_OWNER)

    def edges(kind: str, subject: str, target: str, pairs: list[tuple[str, str]]) -> None:
        write_edges(store, kind, subject, target, [{"subject": a, "object": b} for a, b in pairs], **_OWNER)

    ensure_schema(store)
    version = SignatureStore(home() / "signatures").version
    human = {"in_taxon": "NCBITaxon:9606", "kind": "disease", "noise": "donors", "n_case": 8, "n_control": 10}
    mice = [f"orthokg:contrast/sim-mouse-{n}" for n in range(MICE)]
    nodes("Disease", [{"id": DISEASE, "label": "Alzheimer disease"}])
    nodes("DiseaseModel", [{"id": "orthokg:model/sim", "label": MODEL}])
    nodes(
        "DiseaseState",
        [{"id": f"orthokg:state/{n}", "label": f"simulated state {n}", "disease": DISEASE} for n in range(STATES)],
    )
    nodes(
        "Gene",
        [{"id": f"ENSEMBL:ENSG{n:011d}", "symbol": f"G{n}", "in_taxon": "NCBITaxon:9606"} for n in range(CHANGES)],
    )
    nodes(
        "Contrast",
        [
            {
                "id": key,
                "label": f"simulated mouse {n}",
                "in_taxon": "NCBITaxon:10090",
                "kind": "model",
                "noise": "donors",
            }
            for n, key in enumerate(mice)
        ],
    )
    nodes("Contrast", [{**human, "id": f"orthokg:contrast/cohort-{n}", "label": f"cohort {n}"} for n in range(STATES)])
    nodes(
        "Contrast",
        [
            {**human, "id": f"orthokg:contrast/pool-{n}", "label": f"simulated pool {n}", "kind": "pool"}
            for n in range(STATES)
        ],
    )
    edges("OF_MODEL", "Contrast", "DiseaseModel", [(key, "orthokg:model/sim") for key in mice])
    edges("MODELS", "DiseaseModel", "Disease", [("orthokg:model/sim", DISEASE)])
    edges("HAS_DISEASE", "DiseaseState", "Disease", [(f"orthokg:state/{n}", DISEASE) for n in range(STATES)])
    edges(
        "OF_STATE",
        "Contrast",
        "DiseaseState",
        [(f"orthokg:contrast/cohort-{n}", f"orthokg:state/{n}") for n in range(STATES)],
    )
    edges(
        "POOL_OF",
        "Contrast",
        "DiseaseState",
        [(f"orthokg:contrast/pool-{n}", f"orthokg:state/{n}") for n in range(STATES)],
    )
    records = [record_of(m, s, version) for m in range(MICE) for s in range(STATES)]
    write_matches(store, records, source=_OWNER["source"], run=run_of(Catalog.read(store), version))
    return len(records)


def each_store(names: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """(name, scratch folder) of empty stores, ``embedded`` or ``neo4j``, one after the other; the environment names the
    one whose turn it is."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # a server that was killed may still write
        for name in names:
            scratch = Path(folder) / name
            scratch.mkdir()
            os.environ["ORTHOKG_HOME"] = str(scratch / "home")
            if name == "embedded":
                os.environ.pop("NEO4J_URI", None)
                yield name, scratch
            else:
                with neo4j_local().running(scratch / "neo4j") as settings:
                    os.environ.update(settings)
                    yield name, scratch


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


@contextmanager
def server(log: Path, before: Sequence[str] = (), **environ: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """``orthokg serve`` in a process of its own on the store that the environment names: its port, and the process.
    ``before``: a command that becomes it."""
    port = free_port()
    command = [*before, sys.executable, "-m", "kg.cli.main", "serve", "--port", str(port)]
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env={**os.environ, **environ})
        try:
            until = time.monotonic() + 90
            while ask(port, b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0] != 200:
                if time.monotonic() > until or process.poll() is not None:
                    raise RuntimeError(log.read_text()[-2000:])
                time.sleep(0.2)
            yield port, process
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()


def request(query: str, **variables: Any) -> bytes:
    return post({"query": query, "variables": variables})


def post(body: Any, path: str = "/graphql", **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def _head(head: bytes) -> tuple[int, int]:
    lines = head.split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line[:15].lower() == b"content-length:"), 0)
    return int(lines[0].split()[1]), length


class Connection:
    """One blocking connection that is kept."""

    def __init__(self, port: int, seconds: float = 60):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", buffering=1 << 16)

    def ask(self, asked: bytes) -> tuple[int, bytes]:
        self._socket.sendall(asked)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            if not line:
                raise ConnectionError("closed")
            head += line
        status, length = _head(head)
        return status, self._file.read(length)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def ask(port: int, asked: bytes) -> tuple[int, bytes]:
    """One request on a connection of its own; (0, b"") when nobody answers."""
    try:
        connection = Connection(port)
    except OSError:
        return 0, b""
    try:
        return connection.ask(asked)
    except OSError:
        return 0, b""
    finally:
        connection.close()


async def load(port: int, asked: bytes, clients: int, seconds: float) -> list[tuple[float, float, int, bytes]]:
    """``clients`` that each ask again as soon as they are answered: (when, seconds, status, body's first 200 bytes)."""
    found: list[tuple[float, float, int, bytes]] = []
    until = time.perf_counter() + seconds

    async def client() -> None:
        reader = writer = None
        while (start := time.perf_counter()) < until:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                assert reader is not None
                writer.write(asked)
                head = await reader.readuntil(b"\r\n\r\n")
                status, length = _head(head)
                body = await reader.readexactly(length)
            except (OSError, asyncio.IncompleteReadError):
                status, body = 0, b""
                if writer is not None:
                    writer.close()
                reader = writer = None
                await asyncio.sleep(0.05)
            found.append((start, time.perf_counter() - start, status, body[:200]))
            if status == 503:
                await asyncio.sleep(0.2)
        if writer is not None:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return found


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(str(pid))


def bare_driver() -> neo4j.Driver:
    """The driver alone, on the same store and as the same kind of reader."""
    if uri := os.environ.get("NEO4J_URI"):
        auth = (os.environ.get("NEO4J_USER", "neo4j"), os.environ["NEO4J_PASSWORD"])
        return neo4j.GraphDatabase.driver(uri, auth=auth, notifications_min_severity="OFF")
    door = store_embedded.attach(home() / "graph")
    assert door is not None
    return neo4j.GraphDatabase.driver(f"bolt://127.0.0.1:{door.bolt}", auth=(store_embedded.READER, door.reader))


def same_store() -> Store:
    """The store that the server has open."""
    return open_store(read_only=True)


def java_below(ancestor: int, *, under: int | None = None) -> list[int]:
    """Java processes that descend from a process (``under``: from this one of them)."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, _, rest = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue
            parents[int(entry.name)] = (int(rest.split()[1]), "java" in name)
    top = under or ancestor

    def descends(pid: int) -> bool:
        while pid > 1 and pid != top:
            pid = parents.get(pid, (0, False))[0]
        return pid == top

    return sorted(pid for pid, (_, is_java) in parents.items() if is_java and descends(pid))
