"""The bodies of requests together: bounded, told so, and no plain question is kept out."""

import asyncio
import json
import socket
from collections.abc import Iterator

import pytest

from api.access.limits import Limits
from api.http.app import create_app
from tests import patience
from tests.bench.served import Connection, post
from tests.patience import until
from tests.serving import serving

SMALL = post({"query": "{ status { store } }"})
ROOM = 1 << 20


@pytest.fixture(params=[patience.SECONDS], ids=["patient"])
def port(graph, request) -> Iterator[int]:
    """Of a server that waits so many seconds for a request."""
    limits = Limits(body_bytes=ROOM, bytes_in_flight=ROOM, seconds=request.param)
    with serving(create_app(graph.store, graph.signatures, limits=limits)) as port:
        yield port


def large(size: int) -> bytes:
    return post({"query": "{ status { store } }", "variables": {"unused": "x" * size}})


def begun(port: int, request: bytes, *, missing: int = 1000) -> socket.socket:
    """A request whose end has not been sent."""
    made = socket.create_connection(("127.0.0.1", port), timeout=patience.SECONDS)
    made.sendall(request[:-missing])
    return made


def holding(port: int, request: bytes) -> socket.socket:
    """A request without its end that the server holds: another of its size finds no room. Of two that come at once
    either may be the one that is held, so it is begun anew where it was the other."""

    def tried() -> socket.socket | None:
        made = begun(port, request)
        assert answer(port, SMALL)[0] == 200
        if answer(port, request)[0] == 503:
            return made
        return made.close()

    return until(tried)


def answer(port: int, request: bytes) -> tuple[int, dict]:
    connection = Connection(port, patience.SECONDS)
    try:
        status, body = connection.ask(request)
        return status, json.loads(body)
    finally:
        connection.close()


def test_what_is_in_flight_is_bounded_and_plain_questions_pass(port: int) -> None:
    size = ROOM * 2 // 3
    request = large(size)
    assert answer(port, request)[0] == 200
    held = holding(port, request)
    status, told = answer(port, request)
    assert status == 503
    assert told["errors"][0]["extensions"]["code"] == "BUSY"
    assert told["data"] is None
    assert answer(port, SMALL)[0] == 200
    held.close()
    until(lambda: answer(port, request)[0] == 200)
    for _ in range(5):  # nothing is held after an answer
        assert answer(port, request)[0] == 200


def test_a_body_that_comes_late_is_waited_for(port: int) -> None:
    request = large(ROOM * 2 // 3)
    with holding(port, request) as slow:
        slow.sendall(request[-1000:])
        assert slow.makefile("rb").readline().startswith(b"HTTP/1.1 200 ")


def test_many_at_once_are_answered_or_told_to_wait(port: int) -> None:
    async def one() -> int:
        return (await asyncio.to_thread(answer, port, large(ROOM // 4)))[0]

    async def many() -> list[int]:
        return await asyncio.gather(*(one() for _ in range(24)))

    statuses = asyncio.run(many())
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    assert answer(port, large(ROOM // 2))[0] == 200


@pytest.mark.parametrize("port", [1.0], indirect=True, ids=["hasty"])
def test_a_body_that_does_not_come_is_not_waited_for_without_end(port: int) -> None:
    with begun(port, large(ROOM * 2 // 3)) as slow:
        told = slow.makefile("rb").read()
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"LIMIT_EXCEEDED" in told
    until(lambda: answer(port, large(ROOM * 2 // 3))[0] == 200)
