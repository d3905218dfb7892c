"""The bodies of requests together: bounded, told so, and no plain question is kept out."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from api.app import create_app
from api.limits import Limits
from tests.bench.served import Connection, free_port, post

SMALL = post({"query": "{ status { store } }"})
ROOM = 1 << 20


@pytest.fixture
def port(graph) -> Iterator[int]:
    limits = Limits(body_bytes=ROOM, bytes_in_flight=ROOM, seconds=2.0)
    port = free_port()
    app = create_app(graph.store, graph.signatures, limits=limits)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield port
    server.should_exit = True
    thread.join()


def large(size: int) -> bytes:
    return post({"query": "{ status { store } }", "variables": {"unused": "x" * size}})


def begun(port: int, request: bytes, *, missing: int = 1000) -> socket.socket:
    """A request whose end has not been sent."""
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.sendall(request[:-missing])
    return made


def answer(port: int, request: bytes) -> tuple[int, dict]:
    connection = Connection(port)
    try:
        status, body = connection.ask(request)
        return status, json.loads(body)
    finally:
        connection.close()


def test_what_is_in_flight_is_bounded_and_plain_questions_pass(port: int) -> None:
    size = ROOM * 2 // 3
    assert answer(port, large(size))[0] == 200
    held = begun(port, large(size))
    time.sleep(0.3)
    status, told = answer(port, large(size))
    assert status == 503
    assert told["errors"][0]["extensions"]["code"] == "BUSY"
    assert told["data"] is None
    assert answer(port, SMALL)[0] == 200
    held.close()
    time.sleep(0.3)
    for _ in range(5):  # nothing is held after an answer
        assert answer(port, large(size))[0] == 200


def test_many_at_once_are_answered_or_told_to_wait(port: int) -> None:
    async def one() -> int:
        return (await asyncio.to_thread(answer, port, large(ROOM // 4)))[0]

    async def many() -> list[int]:
        return await asyncio.gather(*(one() for _ in range(24)))

    statuses = asyncio.run(many())
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    assert answer(port, large(ROOM // 2))[0] == 200


def test_a_body_that_does_not_come_is_not_waited_for(port: int) -> None:
    slow = begun(port, large(ROOM // 2))
    started = time.monotonic()
    told = slow.makefile("rb").read()
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"LIMIT_EXCEEDED" in told
    assert 1.0 < time.monotonic() - started < 8.0
    slow.close()
    assert answer(port, large(ROOM // 2))[0] == 200
