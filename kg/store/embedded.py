"""The embedded store: an ArcadeDB server as a child of this process, on loopback, for one writer at a time.

The server keeps its files under ``<home>/graph``. A lock file there names the process that runs it; other processes may
read through that server as a user that can read and nothing else. A process that only reads runs a server that gives
way (``yields``): a new writer asks for its place by the file ``wanted``, and the reader continues through the writer's
server.
"""

import base64
import fcntl
import hashlib
import json
import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import httpx

from kg.errors import StoreError

DATABASE = "neo4j"
WRITER, READER, CURATOR = "root", "reader", "curator"
COMMAND_TIMEOUT_SECONDS = 300
READ_TIMEOUT_SECONDS = 60
USER_QUERY_TIMEOUT_SECONDS = 20
_HEAP = "1g"
_READY_SECONDS = 300  # a server that ends is seen at once: this bounds one that hangs, and a slow machine has time
_HANDOVER_SECONDS = 120
_FRESH_SECONDS = 2.0  # a writer that waits says so ten times a second
_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_FULL = ("No space left on device", "Disk quota exceeded")
_NO_DESCRIPTOR = "Too many open files"


@dataclass(frozen=True)
class Door:
    """Where a running server listens, and the reader's password. Kept in the lock file, readable by its owner only."""

    pid: int
    bolt: int
    http: int
    reader: str
    yields: bool = False

    def __repr__(self) -> str:
        return f"Door(pid={self.pid}, bolt={self.bolt})"


def release() -> str:
    """Version of the bundled ArcadeDB: the wheel's version without its packaging suffix."""
    return version("arcadedb-embedded").split(".post")[0]


def attach(folder: Path) -> Door | None:
    """The door of the server that another living process runs on ``folder``, if one does."""
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        try:
            with open(folder / "lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except BlockingIOError:
            if text := (folder / "lock").read_text():
                door = Door(**json.loads(text))
                return door if lives(door.pid) else None
            time.sleep(0.1)
        else:
            return None
    return None


class EmbeddedServer:
    """A running server. Starting takes 2 to 4 s; :meth:`stop` returns when its files are closed.

    ``yields``: it is only read, and ends when a writer wants its place; the lock is then its own alone.

    Raises :class:`StoreError`: STORE_LOCKED when another process writes, STORE_FULL when the disk is full,
    STORE_DOWN when the server does not start.
    """

    def __init__(self, folder: Path, *, yields: bool = False):
        self.folder, self.yields = folder, yields
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = _lock(folder, yields=yields)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.password, reader, self.curator = (secrets.token_urlsafe(24) for _ in range(3))
        self.bolt, self.http = _free_ports(2)
        _private(
            self.folder / "config" / "server-users.jsonl",
            _users({WRITER: self.password, READER: reader, CURATOR: self.curator}),
        )
        _private(self.folder / "config" / "server-groups.json", json.dumps(_groups()))
        log = self.folder / "server.log"
        log.write_bytes(b"")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                str(_SUPERVISOR),
                str(os.getpid()),
                str(log),
                str(_wanted(self.folder)) if self.yields else "",
                *self._command(),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._lock,),
            cwd=self.folder,
            start_new_session=True,
        )
        self._wait(log)
        self.door = Door(os.getpid(), self.bolt, self.http, reader, self.yields)
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, json.dumps(asdict(self.door)).encode(), 0)
        if self.yields:  # the supervisor holds it on
            os.close(self._lock)
            self._lock = -1

    def _command(self) -> list[str]:
        found = find_spec("arcadedb_embedded")
        if found is None or found.origin is None:
            raise StoreError("The embedded store needs the package arcadedb-embedded: pip install arcadedb-embedded")
        package = Path(found.origin).parent
        settings = {
            "server.rootPath": self.folder,
            "server.mode": "development",  # production hides why a query failed
            "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "server.defaultDatabases": f"{DATABASE}[]",
            "server.httpIncomingHost": "127.0.0.1",
            "server.httpIncomingPort": self.http,
            "bolt.host": "127.0.0.1",
            "bolt.port": self.bolt,
            "command.timeout": COMMAND_TIMEOUT_SECONDS * 1000,
            "opencypher.loadCsv.allowFileUrls": "false",
            "opencypher.loadCsv.allowRemoteUrls": "false",
        }
        return [
            str(package / "jre" / "bin" / "java"),
            f"-Xmx{_HEAP}",
            "-XX:+UseParallelGC",
            "-XX:+ExitOnOutOfMemoryError",  # a server without memory hangs; one that has ended is started again
            "-Djava.awt.headless=true",
            "--add-modules=jdk.incubator.vector",
            *(f"-Darcadedb.{key}={value}" for key, value in settings.items()),
            "-cp",
            str(package / "jars" / "*"),
            "com.arcadedb.server.ArcadeDBServer",
        ]

    def _wait(self, log: Path) -> None:
        """Until a query is answered: the port opens before the database exists."""
        until, patience = time.monotonic() + _READY_SECONDS, 2.0
        while time.monotonic() < until:
            if not self.alive():
                break
            try:
                self.sql("SELECT 1", timeout=patience)
            except httpx.TimeoutException:
                patience = min(1.25 * patience, 60.0)  # what is asked too early may never be answered
            except (StoreError, httpx.TransportError):
                time.sleep(0.05)
            else:
                return
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        if any(text in tail for text in _FULL):
            raise StoreError(f"The disk that holds {self.folder} is full: free some space.", code="STORE_FULL")
        if _NO_DESCRIPTOR in log.read_text(errors="replace"):
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            raise StoreError(
                f"The embedded store at {self.folder} did not start: it may open {most} files here, and has more."
                " Raise the limit (ulimit -n 4096) and start again.",
                code="STORE_DOWN",
            )
        raise StoreError(f"The embedded store at {self.folder} did not start. {log} ends:\n{tail}", code="STORE_DOWN")

    def sql(self, command: str, *, timeout: float = COMMAND_TIMEOUT_SECONDS) -> list[dict[str, object]]:
        """Run one command of ArcadeDB's SQL, for what Cypher cannot say (full-text and vector indexes)."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.http}/api/v1/command/{DATABASE}",
            auth=(WRITER, self.password),
            json={"language": "sql", "command": command},
            timeout=timeout,
            trust_env=False,
        )
        if answer.status_code != httpx.codes.OK:
            raise StoreError(f"The embedded store refused {command!r}: {answer.text[:500]}")
        return answer.json()["result"]

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def restart(self) -> None:
        """Start again after the server died, or hangs; the lock is kept throughout. A living server is killed rather
        than stopped, because a stopping one answers with errors of many kinds; what was committed is in its log."""
        if self._process is not None and self.alive():
            os.killpg(self._process.pid, signal.SIGKILL)  # the supervisor and its server, a group of their own
        self._end()
        self._start()

    def _end(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self.yields and self._process is not None and self.alive():
            # Others may be reading through it: killed, it is seen as gone, and they find another. It has written
            # nothing.
            os.truncate(self.folder / "lock", 0)
            os.killpg(self._process.pid, signal.SIGKILL)
        self._end()
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1


def _lock(folder: Path, *, yields: bool = False) -> int:
    """The lock, as a file descriptor. The kernel frees it when the last process that holds it is gone, so a
    killed writer leaves nothing stale; its server may need some seconds to close its files."""
    until = time.monotonic() + _HANDOVER_SECONDS
    while True:
        lock = _opened(folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.pread(lock, 4096, 0)
            os.close(lock)
            door = Door(**json.loads(text)) if text else None
            busy = door is not None and lives(door.pid)
            if door is not None and door.yields and not yields:
                _wanted(folder).touch()
                busy = False
            if busy or time.monotonic() > until:
                owner = door.pid if door else None
                raise StoreError(
                    f"The embedded store at {folder} is in use by process {owner or 'unknown'}: wait for it, stop it, "
                    "or set ORTHOKG_HOME to another folder. Several writers at once need Neo4j (NEO4J_URI).",
                    code="STORE_LOCKED",
                ) from None
        else:
            if _is_at(lock, folder / "lock") and not (yields and _is_wanted(folder)):
                os.ftruncate(lock, 0)
                _wanted(folder).unlink(missing_ok=True)
                return lock
            os.close(lock)
        time.sleep(0.1)


def _opened(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config").mkdir(exist_ok=True)
        return os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"The embedded store cannot use {folder}: {error.strerror}.", code="STORE_DOWN") from error


def _is_at(lock: int, path: Path) -> bool:
    """Whether the file still has its name: a restore may have put another folder in its place."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def _wanted(folder: Path) -> Path:
    return folder / "wanted"


def _is_wanted(folder: Path) -> bool:
    """A writer waits for its turn now; one that died while it waited does not."""
    try:
        return time.time() - _wanted(folder).stat().st_mtime < _FRESH_SECONDS
    except FileNotFoundError:
        return False


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The writer's lock, without a server: nobody opens the files meanwhile. Raises StoreError STORE_LOCKED."""
    lock = _lock(folder)
    try:
        yield
    finally:
        os.close(lock)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _free_ports(count: int) -> list[int]:
    with closing(socket.socket()) as first, closing(socket.socket()) as second:
        sockets = (first, second)[:count]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)


def _users(passwords: dict[str, str]) -> str:
    """The writer may do all; the others are of a group of their own name."""

    def line(name: str, password: str) -> str:
        group = "admin" if name == WRITER else name
        salt = base64.b64encode(secrets.token_bytes(32)).decode()
        key = base64.b64encode(hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 65536, 32)).decode()
        return json.dumps(
            {
                "name": name,
                "databases": {"*" if group == "admin" else DATABASE: [group]},
                "password": f"PBKDF2WithHmacSHA256$65536${salt}${key}",
            }
        )

    return "".join(f"{line(name, password)}\n" for name, password in passwords.items())


def _groups() -> dict[str, object]:
    def group(access: list[str], records: list[str], timeout_ms: int = -1) -> dict[str, object]:
        return {
            "resultSetLimit": -1,
            "readTimeout": timeout_ms,
            "access": access,
            "types": {"*": {"access": records}},
        }

    admin = group(
        ["updateSecurity", "updateSchema", "updateDatabaseSettings"],
        ["createRecord", "readRecord", "updateRecord", "deleteRecord"],
    )
    return {
        "databases": {
            "*": {"groups": {"admin": admin, "*": group([], [])}},
            DATABASE: {
                "groups": {
                    "admin": admin,
                    READER: group([], ["readRecord"], READ_TIMEOUT_SECONDS * 1000),
                    CURATOR: group([], ["readRecord"], USER_QUERY_TIMEOUT_SECONDS * 1000),
                    "*": group([], []),
                }
            },
        },
        "version": 2,
    }
