"""Twenty ways with sockets and bodies at a real server that may have 512 descriptors open, while another client asks
whether it is ready."""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.store.driver import open_store
from tests.bench.attack_memory import anonymous_mb
from tests.bench.attack_queries import READY, Plain, grow
from tests.bench.served import ask, server

DESCRIPTORS, GONE = 512, 60.0
GET = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LARGE = b"GET /graphiql/graphiql.min.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BEHIND = b"0\r\n\r\n" + GET


def _post(*lines: str, path: str = "/graphql") -> bytes:
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *lines, "", ""]
    ).encode()


@dataclass(frozen=True)
class Way:
    """``sent`` at once on each of ``many`` connections, then ``dripped`` byte by byte; ``reads``: whether answers are
    taken.
    ``refused``: at most this many answers, none of them 200, are given on one connection."""

    name: str
    many: int
    sent: bytes = b""
    dripped: bytes = b""
    reads: bool = True
    end: str = ""
    refused: bool = False


WAYS = (
    Way("silence", 300),
    Way("half a head", 300, b"GET /ready HTTP/1.1\r\nHost: a\r\nX"),
    Way("a head byte by byte", 150, dripped=b"GET /ready HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 1000),
    Way("a second head byte by byte", 150, GET, b"GET /ready HTTP/1.1\r\nX: " + b"y" * 1000),
    Way("a head without end", 20, b"GET / HTTP/1.1\r\nX: " + b"y" * 2_000_000),
    Way(
        "20,000 lines of a head",
        20,
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
        refused=True,
    ),
    Way("an address of a megabyte", 20, b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", refused=True),
    Way("a body byte by byte", 150, _post("Content-Length: 100000"), b"x" * 1000),
    Way("chunks of one byte", 150, _post("Transfer-Encoding: chunked"), b"1\r\nx\r\n" * 200),
    Way("a body of an answer that was given", 150, _post("Content-Length: 100000", path="/ready"), b"x" * 1000),
    Way("50 bodies of 4 MB that do not end", 50, _post("Content-Length: 4000000") + b"x" * 3_900_000),
    Way("answers that nobody takes", 100, LARGE, reads=False),
    Way("a thousand answers that nobody takes", 50, LARGE * 300, reads=False),
    Way("500 requests in one piece", 5, GET * 500),
    Way("Expect: 100-continue, and silence", 150, _post("Content-Length: 1000", "Expect: 100-continue")),
    Way(
        "a websocket, and silence",
        150,
        GET[:-2]
        + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n",
    ),
    Way(
        "Content-Length and Transfer-Encoding",
        50,
        _post("Content-Length: 5", "Transfer-Encoding: chunked") + BEHIND,
        refused=True,
    ),
    Way("two lengths", 50, _post("Content-Length: 5", "Content-Length: 30") + BEHIND, refused=True),
    Way(
        "a line of the head that goes on",
        50,
        _post("X: a", " Transfer-Encoding: chunked", "Content-Length: 5") + BEHIND,
        refused=True,
    ),
    Way("chunks of no size", 50, _post("Transfer-Encoding: chunked") + b"zz\r\nhello\r\n" + BEHIND, refused=True),
    Way("connections that are reset", 3000, GET[:20], end="reset"),
    Way("half closed", 300, b"GET /he", end="half"),
    Way("another protocol", 300, b"\x16\x03\x01\x02\x00\x01\x00" + b"\0" * 500),
)


def _open(port: int, way: Way) -> socket.socket | None:
    made = socket.socket()
    if not way.reads:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(2)
    try:
        made.connect(("127.0.0.1", port))
        made.sendall(way.sent)
        if way.end == "reset":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            made.close()
            return None
        if way.end == "half":
            made.shutdown(socket.SHUT_WR)
    except OSError:  # refused in the midst of what it sends
        if made.fileno() < 0:
            return None
    made.setblocking(False)
    return made


def _take(made: socket.socket, came: bytearray) -> bool:
    """Whether it is still open."""
    try:
        part = made.recv(1 << 20)
        came += part
        return bool(part)
    except BlockingIOError:
        return True
    except OSError:
        return False


def _sockets(pid: int) -> int:
    found = 0
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += os.readlink(each).startswith("socket:")
        except OSError:
            continue
    return found


def _held_open(port: int, pid: int, way: Way, seconds: float) -> tuple[list[bytearray], float | None]:
    """What came on each connection, and seconds until all were closed."""
    start, before = time.monotonic(), _sockets(pid)
    open_ones = {made: bytearray() for made in (_open(port, way) for _ in range(way.many)) if made is not None}
    came, at = list(open_ones.values()), 0
    while open_ones and time.monotonic() - start < seconds:
        for made in list(open_ones):
            try:
                if way.dripped:
                    made.send(way.dripped[at : at + 1])
            except BlockingIOError:
                pass
            except OSError:
                del open_ones[made]
                made.close()
                continue
            # Who does not read is not told of the end either: it is seen at the server.
            gone = not _take(made, open_ones[made]) if way.reads else at > 3 and _sockets(pid) <= before + 8
            if gone:
                del open_ones[made]
                made.close()
        at += 1
        time.sleep(0.3)
    taken = None if open_ones else round(time.monotonic() - start, 1)
    for made in open_ones:
        made.close()
    return came, taken


def one(port: int, pid: int, log: Path, way: Way) -> dict[str, Any]:
    before, written, peak, ended = anonymous_mb(pid), log.stat().st_size, [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.1):
            peak[0] = max(peak[0], anonymous_mb(pid))

    watching = threading.Thread(target=watch)
    watching.start()
    with Plain(port) as plain:
        came, closed = _held_open(port, pid, way, GONE)
    ended.set()
    watching.join()
    start = time.monotonic()
    while ask(port, READY)[0] != 200 and time.monotonic() < start + 120:
        time.sleep(0.05)
    recovery = round(time.monotonic() - start, 2)
    answers = max((bytes(each).count(b"HTTP/1.1 ") for each in came), default=0)
    wrongly = way.refused and any(b"HTTP/1.1 200" in each or each.count(b"HTTP/1.1 ") > 1 for each in came)
    asked = plain.asked + plain.ready
    failed = sum(status != 200 for _, _, status in asked)
    longest = max(taken for _, taken, _ in asked)
    told = (log.stat().st_size - written) / 1e6
    return {
        "way": way.name,
        "connections": way.many,
        "closed_after_s": closed,
        "answers_on_one": answers,
        "recovery_s": recovery,
        "plain_questions": len(asked),
        "plain_failed": failed,
        "plain_longest_s": round(longest, 2),
        "log_mb": round(told, 3),
        "anonymous_mb_before": round(before, 1),
        "anonymous_mb_peak": round(peak[0], 1),
        "held": (
            closed is not None and not wrongly and not failed and recovery < 30 and told < 5 and peak[0] - before < 300
        ),
    }


def each_way(scratch: Path, kept: list[dict[str, Any]], keep: Callable[[dict[str, Any]], None]) -> None:
    with open_store() as store:
        grow(store)
    log = scratch / "server.log"
    with server(log, before=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]) as (port, process):
        for way in WAYS[len(kept) :]:
            keep(one(port, process.pid, log, way))


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "descriptors": DESCRIPTORS,
        "tried": len(rows),
        "held": sum(row["held"] for row in rows),
        "recovery_s_longest": max(row["recovery_s"] for row in rows),
        "plain_longest_s": max(row["plain_longest_s"] for row in rows),
        "ways": rows,
    }
