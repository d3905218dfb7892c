"""The only access to the graph: Neo4j, or the embedded server, by the same driver and the same Cypher.

``open_store()`` chooses by its argument, else by ``NEO4J_URI``, else the embedded server under ``ORTHOKG_HOME``.
Settings are read when it is called, never at import.
"""

import os
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any, Literal, LiteralString, TypeVar

import neo4j
from neo4j import exceptions

import kg
from kg.errors import StoreError
from kg.store import embedded as store_embedded
from kg.store.home_format import FILE, refuse_newer

Dialect = Literal["neo4j", "embedded"]
RESTORING = ".restore"
"""Folder in a home where a restore makes its parts; its journal says that they are complete and being moved into
place."""
HALF: LiteralString = "MATCH (l:WriteLock {id: 'restore'}) RETURN l.of AS of"
T = TypeVar("T")
Transaction = neo4j.ManagedTransaction
Place = tuple[str, tuple[str, str], tuple[str, str] | None]
_SCHEMES = ("bolt://", "bolt+s://", "bolt+ssc://", "neo4j://", "neo4j+s://", "neo4j+ssc://")
_STREAMED = 4_000  # rows that the server sends ahead
_QUERY_SECONDS = 300.0
_RETRY_SECONDS = 30.0
_TRIES = 8  # that even a slow machine has
_RECONNECTS = 3
_ROOM_BYTES = 32 << 20
_FULL = ("no space left", "disk quota", "disk full")
_SERVER_GONE = (exceptions.ServiceUnavailable, exceptions.SessionExpired)


def clone_home() -> Path | None:
    """``.orthokg`` of the clone that this code runs from; None for an installed package."""
    clone = Path(kg.__path__[0]).absolute().parent
    return clone / ".orthokg" if (clone / "pyproject.toml").is_file() else None


def home() -> Path:
    """``ORTHOKG_HOME``; else the clone's own home, once ``make demo`` or an ingest has made one there; else the
    platform's folder for application data."""
    if chosen := os.environ.get("ORTHOKG_HOME"):
        return Path(chosen).expanduser().absolute()
    if (own := clone_home()) and (own / FILE).is_file():
        return own
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "orthokg"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "orthokg"


def open_store(
    choice: str | None = None,
    *,
    read_only: bool = False,
    yields: bool = False,
    home_folder: Path | None = None,
    half: bool = False,
) -> "Store":
    """Open the graph.

    ``choice``: ``embedded``, ``neo4j`` (address by ``NEO4J_URI``), or a bolt address; None: by environment.
    ``read_only``: the embedded store is then read through the server of another process, if there is one. ``yields``:
    its own server gives way to a new writer, and reading continues through the writer's. ``home_folder``: another home
    than that of the environment. ``half``: also a home whose restore is unfinished. Raises :class:`StoreError` with
    code STORE_DOWN, STORE_AUTH, STORE_LOCKED, STORE_FULL, STORE_CHOICE, STORE_NEWER or STORE_HALF.
    """
    refuse_newer(home())
    uri = os.environ.get("NEO4J_URI")
    if choice == "embedded" or (choice is None and not uri):
        return _open_embedded((home_folder or home()) / "graph", read_only, yields)
    if choice not in (None, "neo4j"):
        uri = choice
    if not uri:
        raise StoreError("Set NEO4J_URI (and NEO4J_USER, NEO4J_PASSWORD) to use Neo4j.", code="STORE_CHOICE")
    if not uri.startswith(_SCHEMES):
        raise StoreError(
            f"{uri!r} is not a store: use embedded, neo4j, or an address such as bolt://localhost:7687.",
            code="STORE_CHOICE",
        )
    auth = (os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
    store = Store("neo4j", uri, auth, None, server=None)
    if not half and store.read(HALF):
        store.close()
        raise _half(uri)
    return store


def _half(place: object) -> StoreError:
    return StoreError(
        f"A restore into {place} was interrupted, and the data there are incomplete: run the same orthokg restore "
        f"again.",
        code="STORE_HALF",
    )


def _open_embedded(folder: Path, read_only: bool, yields: bool) -> "Store":
    if (folder.parent / RESTORING / "journal.json").exists():
        raise _half(folder.parent)
    for left in range(_TRIES, -1, -1):
        server, place = _reached(folder, yields) if read_only else _started(folder)
        try:
            return Store("embedded", *place, server=server, folder=folder, yields=yields and read_only)
        except BaseException as error:
            if server is not None:
                server.stop()
            if server is not None or not left or not isinstance(error, StoreError):
                raise
        time.sleep(0.2)  # the server of another process has gone just now
    raise AssertionError("unreachable")


def _started(folder: Path, *, yields: bool = False) -> tuple[store_embedded.EmbeddedServer, Place]:
    """A server of your own: address, who writes, who reads."""
    server = store_embedded.EmbeddedServer(folder, yields=yields)
    return server, _place_of(server)


def _place_of(server: store_embedded.EmbeddedServer) -> Place:
    return (
        f"bolt://127.0.0.1:{server.bolt}",
        (store_embedded.WRITER, server.password),
        (store_embedded.CURATOR, server.curator),
    )


def _reached(folder: Path, yields: bool) -> tuple[store_embedded.EmbeddedServer | None, Place]:
    """The server of another process, or, where there is none, its own; of several that come at once one starts it.
    Who does not yield takes the place of a server that does, rather than end with it."""
    for left in range(_TRIES, -1, -1):
        door = store_embedded.attach(folder)
        if door and (yields or not door.yields):
            auth = (store_embedded.READER, door.reader)
            return None, (f"bolt://127.0.0.1:{door.bolt}", auth, auth)
        try:
            return _started(folder, yields=yields)
        except StoreError as error:
            if error.code != "STORE_LOCKED" or not left:
                raise
    raise AssertionError("unreachable")


def _rows(result: neo4j.Result) -> list[dict[str, Any]]:
    names = result.keys()
    return [dict(zip(names, record, strict=True)) for record in result]


class Store:
    """An open graph; use it as a context manager. Safe to share between threads."""

    def __init__(
        self,
        dialect: Dialect,
        uri: str,
        auth: tuple[str, str],
        reader: tuple[str, str] | None,
        *,
        server: store_embedded.EmbeddedServer | None,
        folder: Path | None = None,
        yields: bool = False,
    ):
        self.dialect: Dialect = dialect
        self.server = server
        self._folder, self._yields = folder, yields
        self._reviving = threading.Lock()
        self._starts = 0
        # The embedded server publishes a commit page by page, so that a writer beside it may read half of it and write
        # the other half again. One process writes it: its threads take turns here. Neo4j locks what a writer has read.
        self._turn: AbstractContextManager[Any] = threading.Lock() if dialect == "embedded" else nullcontext()
        self._drivers: list[neo4j.Driver] = []
        self._connect(uri, auth, reader)
        try:
            self._version = self._ask_version()
        except BaseException:
            self._drop()
            raise

    def _connect(self, uri: str, auth: tuple[str, str], reader: tuple[str, str] | None) -> None:
        self._uri = uri
        options: dict[str, Any] = {
            "connection_timeout": 15.0,
            "connection_acquisition_timeout": 60.0,
            "max_transaction_retry_time": 0,  # _run retries: the driver waits for a dead server, and not for a MERGE
        }
        if self.dialect == "neo4j":
            options["notifications_min_severity"] = "OFF"
        try:
            self._driver = neo4j.GraphDatabase.driver(uri, auth=auth, **options)
            self._reader = neo4j.GraphDatabase.driver(uri, auth=reader, **options) if reader else self._driver
            self._drivers += [self._driver, self._reader]
        except (exceptions.ConfigurationError, ValueError) as error:
            raise StoreError(f"{uri!r} is not an address of a store: {error}", code="STORE_CHOICE") from error

    def _ask_version(self) -> str:
        try:
            self._driver.verify_connectivity()
            if self.dialect == "embedded":
                return store_embedded.release()
            agent = self._driver.get_server_info().agent
        except (exceptions.Neo4jError, exceptions.DriverError) as error:
            raise self.explained(error) from error
        return agent.partition("/")[2]

    def describe(self) -> str:
        """One line for people: which store, its version, where."""
        if self.dialect == "embedded":
            attached = "" if self.server else " (read through the process that has it open)"
            return f"embedded ArcadeDB {self._version} at {self._folder}{attached}"
        return f"Neo4j {self._version} at {self._uri}"

    @property
    def writes(self) -> bool:
        """Whether it may write: not where it reads through another process, or gives way to a writer."""
        return self.dialect == "neo4j" or (self.server is not None and not self._yields)

    @property
    def address(self) -> str:
        """What ``open_store`` takes to open the same."""
        return "embedded" if self.dialect == "embedded" else self._uri

    @property
    def home(self) -> Path:
        """The home that its files are in; of Neo4j, that of the environment."""
        return self._folder.parent if self._folder else home()

    def read(self, query: LiteralString, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query that only reads, as plain dicts. It gives values and maps of them: a node as ``n {.*}``."""
        # Sent with its own beginning and end: a transaction around it would wait for the server twice more.
        asked = neo4j.Query(query, timeout=_QUERY_SECONDS)
        return self._run(neo4j.READ_ACCESS, lambda session: _rows(session.run(asked, parameters)))

    def stream(self, query: LiteralString) -> Iterator[dict[str, Any]]:
        """Rows of a query that only reads, as they come: for results larger than memory. Not retried. It gives values
        and maps of them, as ``read`` does."""
        try:
            with self._driver.session(
                database=store_embedded.DATABASE, default_access_mode=neo4j.READ_ACCESS, fetch_size=_STREAMED
            ) as session:
                for record in session.run(neo4j.Query(query)):
                    yield dict(record.items())
        except (exceptions.Neo4jError, exceptions.DriverError) as error:
            raise self.explained(error) from error

    def ping(self) -> None:
        """Raises StoreError when the store does not answer."""
        self._run(neo4j.READ_ACCESS, lambda session: session.run("RETURN 1 AS one").consume())

    def write(self, query: LiteralString, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query that writes, in a transaction of its own. It may run twice, so it must be idempotent."""
        return self.transact(lambda tx: tx.run(query, parameters).data())

    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Several queries in one write transaction; ``work`` runs again when the store asks for a retry."""
        timed = neo4j.unit_of_work(timeout=_QUERY_SECONDS)(work)
        return self._run(neo4j.WRITE_ACCESS, lambda session: session.execute_write(timed))

    def reader_session(self, *, fetch_size: int = 1000) -> neo4j.Session:
        """A session that may read only: READ mode, and on the embedded store a user without any other right.
        ``fetch_size``: rows that the server sends ahead of the reader."""
        return self._reader.session(
            database=store_embedded.DATABASE, default_access_mode=neo4j.READ_ACCESS, fetch_size=fetch_size
        )

    def _run(self, mode: str, work: Callable[[neo4j.Session], T]) -> T:
        until = time.monotonic() + _RETRY_SECONDS

        def spent(attempt: int) -> bool:
            return attempt > _TRIES and time.monotonic() > until

        for attempt in count(1):
            used = self._driver
            try:
                with (
                    self._turn if mode == neo4j.WRITE_ACCESS else nullcontext(),
                    used.session(database=store_embedded.DATABASE, default_access_mode=mode) as session,
                ):
                    return work(session)
            except _SERVER_GONE as error:
                if (self.dialect == "neo4j" and attempt > _RECONNECTS) or spent(attempt):
                    raise self.explained(error) from error
                self._revive(used)
            except (exceptions.Neo4jError, exceptions.DriverError) as error:
                # Of two writers that MERGE one key at once the loser gets a ConstraintError: next time it is there.
                again = error.is_retryable() or isinstance(error, exceptions.ConstraintError)
                if not again or spent(attempt):
                    raise self.explained(error) from error
            time.sleep(random.uniform(0, min(2.0, 0.02 * 2**attempt)))  # noqa: S311
        raise AssertionError("unreachable")

    def _revive(self, used: neo4j.Driver) -> None:
        """Start the embedded server again on the same files, if it was killed; a reader reads on where there is one
        now.
        ``used``: by whom none was found."""
        with self._reviving:
            if self._driver is not used or (self.server is not None and self.server.alive()):
                return
            if self._attached:
                self._reach_again()
            elif self.server is not None:
                self._start_again(self.server)

    @property
    def _attached(self) -> bool:
        """Whether it reads through the server of another process, or its own gives way: where that has gone, another
        is found or started."""
        return self.dialect == "embedded" and (self._yields or self.server is None)

    def _reach_again(self) -> None:
        assert self._folder is not None
        if self.server is not None:
            self.server.stop()
        self.server, place = _reached(self._folder, yields=self._yields)
        self._connect(*place)

    def wait_until_started(self) -> None:
        """While the embedded server is being started again, until it answers; otherwise returns at once."""
        with self._reviving:
            return

    @property
    def starting(self) -> bool:
        """Whether the embedded server of this process is being started again; what is asked meanwhile waits for it."""
        return self._reviving.locked()

    def restart(self) -> None:
        """Ends the embedded server of this process, even one that hangs, and starts it on the same files. Does nothing
        on another store, or where it is being started already. Queries that wait for it are sent again."""
        before = self._starts
        with self._reviving:
            if self._starts != before or self.server is None:
                return
            if self._yields:
                self._reach_again()
            else:
                self._start_again(self.server)

    def _start_again(self, server: store_embedded.EmbeddedServer) -> None:
        server.restart()
        self._starts += 1
        self._connect(*_place_of(server))

    def explained(self, error: exceptions.Neo4jError | exceptions.DriverError) -> StoreError:
        text = str(getattr(error, "message", None) or error)
        if isinstance(error, (exceptions.AuthError, exceptions.TokenExpired)):
            return StoreError(
                f"{self._uri} refused the user or the password: check NEO4J_USER and NEO4J_PASSWORD.", code="STORE_AUTH"
            )
        if any(sign in text.lower() for sign in _FULL) or ("on commit" in text and self._little_room()):
            place = self._folder or self._uri
            return StoreError(
                f"The disk of the store at {place} is full: free some space and run the same again. What was committed "
                "is kept.",
                code="STORE_FULL",
            )
        if isinstance(error, _SERVER_GONE):
            return StoreError(
                f"No database answers at {self._uri}: start it, or check NEO4J_URI (--store embedded needs no server).",
                code="STORE_DOWN",
            )
        if isinstance(error, exceptions.CypherSyntaxError):
            return StoreError(f"The query could not be parsed: {text}", code="STORE_SYNTAX")
        return StoreError(f"The store at {self._uri} reports: {text}")

    def _little_room(self) -> bool:
        """The embedded server says only that a commit failed; whether the disk is full is seen from here."""
        return self._folder is not None and shutil.disk_usage(self._folder).free < _ROOM_BYTES

    def _drop(self) -> None:
        for driver in self._drivers:
            driver.close()
        if self.server is not None:
            self.server.stop()

    def close(self) -> None:
        self._drop()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
