"""One connection, as uvicorn and h11 speak it, with an end to every wait for its client, and no head that can be read
twice.

Waits: for a whole head (``head_seconds``), for the next one after an answer (``idle_seconds``), for what is left of a
body that was answered before it came (``idle_seconds``), and for an answer to be taken (``TAKEN`` bytes in
``taking_seconds``).
"""

import time
from collections.abc import Callable
from typing import Any, cast

import h11
from h11._receivebuffer import ReceiveBuffer
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.access.limits import Limits
from api.access.refusal import RETRY_SECONDS, answer_error
from api.sockets.visitors import Peer, Visitor, Visitors, log

TAKEN = 64 * 1024
_PART = 64 * 1024
_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Heads(ReceiveBuffer):
    """Refuses a head that is too large before each of its lines is looked at, and a line of it that goes on in the next
    one: what stands before us may read it as two. h11 joins them and then shows no trace of it, so its buffer is the
    place to see it; the version of h11 is pinned for that."""

    def __init__(self, limits: Limits):
        super().__init__()
        self._limits = limits

    def maybe_extract_lines(self) -> list[bytearray] | None:
        lines = super().maybe_extract_lines()
        if lines is None:
            return None
        if len(lines) > self._limits.head_lines + 1 or sum(map(len, lines)) > self._limits.head_bytes:
            raise h11.RemoteProtocolError("a head that is too large")
        if any(line[:1] in (b" ", b"\t") for line in lines):
            raise h11.RemoteProtocolError("a line of the head that goes on in the next one")
        return lines


class Conversation(H11Protocol):
    def __init__(self, visitors: Visitors, limits: Limits, **given: Any):
        super().__init__(**given)
        self.conn._receive_buffer = Heads(limits)
        self._visitors, self._limits = visitors, limits
        self.visitor: Visitor | None = None
        self.turns = 0
        self.written = 0
        self._seen: tuple[str, int] = ("", 0)
        self._since = time.monotonic()
        self._taken: tuple[float, int] | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        peer = cast(Peer, transport.get_extra_info("peername")[:2])
        self.visitor = self._visitors.at(peer)
        if self.visitor is not None:
            self.visitor.talk = self
            self._visitors.waits(self.visitor)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.visitor is not None:
            self._visitors.leave(self.visitor)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        if self.visitor is not None:
            self._visitors.answered(self.visitor)
            self._visitors.waits(self.visitor)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:  # it has been answered: there is nothing more to say
            self.transport.close()

    def _state(self) -> str:
        theirs = self.conn.their_state
        if theirs is h11.IDLE:
            return "idle" if self.cycle is not None and not self.conn.trailing_data[0] else "head"
        if self.cycle is not None and self.cycle.response_complete:
            return "rest" if theirs is h11.SEND_BODY else "closing"
        return "asked" if theirs is not h11.ERROR else "closing"

    def look(self) -> None:
        now = time.monotonic()
        seen = (self._state(), self.turns)
        if seen != self._seen:
            self._seen, self._since = seen, now
        longest = {"head": self._limits.head_seconds, "asked": float("inf")}.get(seen[0], self._limits.idle_seconds)
        if self._left_unread(now):
            self.cut("took its answer too slowly")
        elif self.transport.is_closing() or self.transport.get_write_buffer_size() or now - self._since <= longest:
            return
        elif seen[0] == "head":
            self._tell("sent no whole head in time")
            if self.conn.trailing_data[0]:
                self.transport.write(_LATE)
            self.transport.close()
        else:
            self.cut("was silent" if seen[0] == "idle" else "went on with a body that was answered")

    def _left_unread(self, now: float) -> bool:
        waiting = self.transport.get_write_buffer_size()
        if not waiting:
            self._taken = None
            if self.visitor is not None and (self.cycle is None or self.cycle.response_complete):
                self._visitors.taken(self.visitor)
            return False
        taken = self.written - waiting
        if self._taken is None or taken >= self._taken[1] + TAKEN:
            self._taken = (now, taken)
        return now - self._taken[0] > self._limits.taking_seconds

    def cut(self, why: str) -> None:
        self._tell(why)
        self.transport.abort()

    def _tell(self, why: str) -> None:
        log.warning("a connection is closed: it %s", why, extra={"fields": {"open": len(self._visitors)}})


class Arrivals:
    """The outermost layer of a server: heads that nobody should send, the bound of a proxy's clients, and answers in
    parts, so that no more of one is held for its client than it takes."""

    def __init__(self, app: ASGIApp, visitors: Visitors):
        self._app, self._visitors = app, visitors
        self._told = ProxyHeadersMiddleware(cast(Any, self._one), visitors.proxies.believed())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["visitor"] = self._visitors.at(tuple(scope["client"][:2])) if scope["client"] else None
        await self._told(cast(Any, scope), cast(Any, receive), cast(Any, send))

    async def _one(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor: Visitor | None = scope.pop("visitor")
        if visitor is None:
            await self._app(scope, receive, send)
            return
        talk = cast(Conversation, visitor.talk)
        talk.turns += 1
        if not self._visitors.asks(visitor, scope["client"][0]):
            text = f"Requests of one address at once: at most {self._visitors.each} here. Try again in a moment."
            await answer_error(503, "BUSY", text, {"retry-after": str(RETRY_SECONDS)})(scope, receive, send)
            return
        if refused := fault(scope):
            await answer_error(*refused, {"connection": "close"})(scope, receive, send)
            return

        async def heard() -> Message:
            message = await receive()
            if not message.get("more_body", False):
                self._visitors.works_for(visitor)
            return message

        await self._app(scope, heard, self._in_parts(visitor, talk, send))

    def _in_parts(self, visitor: Visitor, talk: Conversation, send: Send) -> Send:
        async def parted(message: Message) -> None:
            body = message.get("body", b"") if message["type"] == "http.response.body" else b""
            if len(body) <= _PART:
                talk.written += len(body)
                await send(message)
                return
            self._visitors.sends(visitor, len(body))
            view = memoryview(body)
            for at in range(0, len(body), _PART):
                part, more = bytes(view[at : at + _PART]), at + _PART < len(body) or message.get("more_body", False)
                talk.written += len(part)
                await send({"type": message["type"], "body": part, "more_body": more})

        return parted


def fault(scope: Scope) -> tuple[int, str, str] | None:
    """Status, code and words for a head that is refused."""
    names = [name for name, _ in scope["headers"]]
    if scope["http_version"] not in ("1.0", "1.1"):
        return 505, "REQUEST", "Unsupported version of HTTP: send HTTP/1.1."
    if b"transfer-encoding" in names and (b"content-length" in names or scope["http_version"] == "1.0"):
        return 400, "REQUEST", "Two lengths of one body, Content-Length and Transfer-Encoding: send one of them."
    return None


def conversations(visitors: Visitors, limits: Limits) -> Callable[..., Conversation]:
    """What uvicorn makes for each connection."""

    def begun(**given: Any) -> Conversation:
        return Conversation(visitors, limits, **given)

    return begun
