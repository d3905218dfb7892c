"""Connections that say nothing, or never end, or say two things: closed or refused, while others are answered."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.body import BodyLimit
from api.access.limits import Limits
from api.sockets.proxies import Proxies, side_of
from kg.errors import ContractError
from tests.api.sockets import GET, answers, connected, dripped, gone, rest, said, status
from tests.patience import until
from tests.serving import serving

LARGE = 8 << 20
HASTY = Limits(
    head_seconds=1, idle_seconds=1, taking_seconds=1, seconds=2, connections=40, connections_each=20, body_bytes=1 << 20
)


class Unread:
    """Answers before the body is read, as the door does for a token that it does not know."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (Response(status_code=401) if scope.get("path") == "/unread" else self.app)(scope, receive, send)


def small_app(limits: Limits) -> FastAPI:
    """Without a store: what is tried here stands before all questions."""
    app = FastAPI()
    app.add_middleware(BodyLimit, limits=limits)
    app.add_middleware(Unread)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/large")
    async def large() -> Response:
        return Response(bytes(LARGE))

    @app.post("/body")
    async def body(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.get("/slow")
    async def slow() -> dict[str, str]:
        await asyncio.sleep(1.5)
        return {"status": "at last"}

    return app


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(small_app(HASTY), HASTY) as port:
        yield port


def head(*lines: str, what: str = "POST /body") -> bytes:
    return "\r\n".join([f"{what} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: y", GET, GET + b"GET /hea", GET * 5]
)
def test_who_waits_is_closed(port: int, sent: bytes) -> None:
    answer = said(port, sent)
    assert answer.count(b"HTTP/1.1 200") == sent.count(GET)
    assert (b"HTTP/1.1 408" in answer) == (sent.startswith(b"GET /") and GET not in sent)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (head("X: " + "y" * 1000), 408),
        (GET + head("X: " + "y" * 1000), 200),
        (head("Content-Length: 2000") + b"x" * 1000, 408),
        (head("Transfer-Encoding: chunked") + b"1\r\nx\r\n" * 500, 408),
        (head("Content-Length: 100000", what="POST /unread") + b"x" * 1000, 401),
    ],
    ids=["head", "second head", "body", "chunks", "a body that was answered"],
)
def test_who_drips_is_closed(port: int, text: bytes, code: int) -> None:
    with connected(port) as made:
        dripping = threading.Thread(target=dripped, args=(made, text, 0.02), daemon=True)
        if code == 401:
            made.sendall(text[: text.index(b"\r\n\r\n") + 4])
            text = b"x" * 1000
        dripping.start()
        answer = rest(made)
        assert status(answer) == code
        assert answer.endswith(b"\r\n\r\n") or b"LIMIT_EXCEEDED" in answer
        dripping.join()


def test_who_does_not_read_is_cut_off_and_who_reads_has_all(port: int) -> None:
    with connected(port, head(what="GET /large"), narrow=True) as slow:
        gone(slow)
        assert len(said(port, head("Connection: close", what="GET /large"))) > LARGE
        assert 0 < len(rest(slow)) < LARGE


def test_what_is_being_answered_is_not_closed(port: int) -> None:
    assert said(port, head("Connection: close", what="GET /slow")).endswith(b'{"status":"at last"}')


TWO = "0\r\n\r\nGET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (head("Content-Length: 5", "Transfer-Encoding: chunked") + TWO.encode(), 400),
        (head("Transfer-Encoding: chunked", "Content-Length: 5") + TWO.encode(), 400),
        (head("Content-Length: 5", "Content-Length: 6") + b"hello!", 400),
        (head("Content-Length: 5, 6") + b"hello!", 400),
        (head("Content-Length: -5"), 400),
        (head("Content-Length: +5") + b"hello", 400),
        (head("Content-Length: 5x") + b"hello", 400),
        (head("Transfer-Encoding: gzip, chunked") + TWO.encode(), 400),
        (head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + TWO.encode(), 400),
        (head("Transfer-Encoding: xchunked") + TWO.encode(), 400),
        (head("Transfer-Encoding : chunked") + TWO.encode(), 400),
        (head("Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0") + TWO.encode(), 400),
        (head("X: a", " b: c"), 400),
        (head("X: a", "\tb"), 400),
        (head(" X: a"), 400),
        (GET + head("X: a", " folded"), 400),
        (head("Transfer-Encoding: chunked") + b"zz\r\nhello\r\n", 400),
        (head("Transfer-Encoding: chunked") + b"-1\r\nhello\r\n", 400),
        (head("Transfer-Encoding: chunked") + b"5\r\nhelloXX0\r\n\r\n", 400),
        (head("Transfer-Encoding: chunked") + b"f" * 30 + b"\r\n", 400),
        (head("Transfer-Encoding: chunked") + b"1;" + b"e" * 100_000, 400),
        (head("Host: other"), 400),
        (b"GET /health HTTP/1.1\r\n\r\n", 400),
        (head("X\0: a"), 400),
        (head("X: a\0"), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"GET /health HTTP/9.9\r\nHost: a\r\n\r\n", 505),
        (head(*(f"X{n}: y" for n in range(200))), 400),
        (head("X: " + "y" * 31_000 + "\r\nY: " + "z" * 3000), 400),
        (head(*(f"X{n}: {'y' * 1000}" for n in range(100))) + b"x" * 300_000, 400),
        (head("X: " + "y" * 1_000_000), 400),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ],
)
def test_a_request_that_can_be_read_twice_or_has_no_end_is_refused_and_nothing_behind_it_is_run(
    port: int, sent: bytes, code: int
) -> None:
    with connected(port) as made:
        try:
            made.sendall(sent)
        except OSError:
            code = 0
        answer = rest(made)
    last = answer.rpartition(b"HTTP/1.1 ")[2]
    if code and answer:  # one that is refused in the midst of its sending may hear nothing but the end
        assert int(last[:3]) == code
    assert answer.count(b" 200 ") == sent.startswith(GET)


def test_what_is_right_is_answered(port: int) -> None:
    assert said(port, head("Transfer-Encoding: chunked", "Connection: close") + b"5\r\nhello\r\n0\r\n\r\n").endswith(
        b'{"bytes":5}'
    )
    assert said(port, head("Content-Length: 5", "Content-Length: 5", "Connection: close") + b"hello").endswith(
        b'{"bytes":5}'
    )
    assert said(port, head("Upgrade: websocket", "Connection: Upgrade, close", what="GET /health")).startswith(
        b"HTTP/1.1 200"
    )
    with connected(port, head("Content-Length: 5", "Expect: 100-continue", "Connection: close")) as made:
        assert made.recv(100).startswith(b"HTTP/1.1 100")
        made.sendall(b"hello")
        assert rest(made).endswith(b'{"bytes":5}')
    large = said(port, head(f"Content-Length: {2 << 20}", "Expect: 100-continue"))
    assert status(large) == 413


@pytest.mark.parametrize(
    "sent", [b"", b"GET /he", GET, head("Content-Length: 100") + b"x"], ids=["silent", "head", "kept", "body"]
)
def test_who_waits_takes_no_place_from_who_asks(port: int, sent: bytes) -> None:
    """More connections than may be open, all of one address, and none that has asked anything and not been answered."""
    with ExitStack() as kept:
        for _ in range(HASTY.connections + 5):
            kept.enter_context(connected(port, sent))
            assert answers(port)


def test_where_all_are_being_answered_one_more_is_told(port: int) -> None:
    with ExitStack() as kept:
        busy = [
            kept.enter_context(connected(port, head("Connection: close", what="GET /slow")))
            for _ in range(HASTY.connections_each + 5)
        ]
        found = [rest(made) for made in busy]
    assert sum(answer.endswith(b'at last"}') for answer in found) == HASTY.connections_each
    assert {status(answer) for answer in found} <= {0, 200, 503}
    assert until(lambda: answers(port))


def forwarded(address: str, what: str = "GET /slow") -> bytes:
    return head(f"X-Forwarded-For: {address}", "Connection: close", what=what)


def test_behind_a_declared_proxy_the_clients_are_counted() -> None:
    limits = Limits(connections=60, connections_each=4)
    with (
        serving(small_app(limits), limits, Proxies.read({"ORTHOKG_TRUSTED_PROXIES": "127.0.0.0/8"})) as port,
        ExitStack() as kept,
    ):
        one = [kept.enter_context(connected(port, forwarded("1.1.1.1, 203.0.113.5, 127.0.0.9"))) for _ in range(6)]
        others = [kept.enter_context(connected(port, forwarded(f"203.0.113.5, 198.51.100.{n}"))) for n in range(12)]
        assert sorted(status(rest(made)) for made in one) == [200] * 4 + [503] * 2
        assert {status(rest(made)) for made in others} == {200}
        assert status(said(port, forwarded("203.0.113.5"))) == 200


def test_who_counts_as_one() -> None:
    assert side_of("2001:db8:1:2::1") == side_of("2001:db8:1:2:ffff::9") != side_of("2001:db8:1:3::1")
    assert side_of("::ffff:192.0.2.1") == side_of("192.0.2.1") == "192.0.2.1"
    assert "10.1.2.3" in Proxies.read({"ORTHOKG_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})
    with pytest.raises(ContractError) as caught:
        Proxies.read({"ORTHOKG_TRUSTED_PROXIES": "nginx, 10.0.0.1, 10.0.0.1/8"})
    assert [issue.found for issue in caught.value.issues] == ["nginx", "10.0.0.1/8"]


def test_answers_that_nobody_takes_are_bounded_together() -> None:
    limits = Limits(bytes_unread=3 * LARGE, taking_seconds=600)
    with serving(small_app(limits), limits) as port, ExitStack() as kept:
        slow = [kept.enter_context(connected(port, head(what="GET /large"), narrow=True)) for _ in range(4)]
        for made in slow[:1]:
            gone(made)
        assert len(said(port, head("Connection: close", what="GET /large"))) > LARGE
        assert answers(port)


def test_lines_of_the_log_tell_what_was_closed(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "orthokg.sockets"):
        said(port, b"GET")
    assert "sent no whole head in time" in caplog.text
    assert json.dumps(caplog.messages)
