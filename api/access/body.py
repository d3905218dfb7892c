"""The body of a request: how large it may be, how long it may take to come, and how much all of them hold together."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.limits import LIMIT_EXCEEDED, Limits
from api.access.memory import release_soon
from api.access.refusal import RETRY_SECONDS, answer_error

SMALL, LARGE = 16 * 1024, 256 * 1024
UPLOADS = "/uploads/"


class BodyLimit:
    """Reads a body whole before anything parses it, whether or not its length was announced. Refuses one that is too
    large (413), that does not come in time (408), or that finds no room beside the others (503 with Retry-After).

    What a request holds until it is answered counts, but for the first ``SMALL`` bytes: uploads keep no plain question
    out. Numbers take many times the room of their text: large ones go on in turn, ``computing`` at once, until their
    answer begins.
    """

    def __init__(self, app: ASGIApp, limits: Limits):
        self.app, self._limits = app, limits
        self._largest = min(limits.body_bytes, limits.bytes_in_flight)
        self._held = 0
        self._turns = asyncio.Semaphore(limits.computing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_streamed(scope):
            await self.app(scope, receive, send)
            return
        if _announced(scope) > self._largest:
            await self._too_large()(scope, receive, send)
            return
        held, length, body, more, room = 0, 0, bytearray(), True, True
        try:
            async with asyncio.timeout(self._limits.seconds) as waiting:
                while more and length <= self._largest:
                    message = await receive()
                    if message["type"] != "http.request":
                        return
                    part, more = message.get("body", b""), message.get("more_body", False)
                    length += len(part)
                    beyond = max(length - SMALL, 0)
                    room = room and self._held + beyond - held <= self._limits.bytes_in_flight
                    if room:
                        body += part
                        self._held, held = self._held + beyond - held, beyond
                    else:  # read on, for a client that is still sending does not hear
                        body.clear()
                        self._held, held = self._held - held, 0
                waiting.reschedule(None)
                if length > self._largest:
                    answer = self._too_large()
                elif not room:
                    text = (
                        f"Large requests at once: {self._limits.bytes_in_flight} bytes together here. Try again in a "
                        "moment."
                    )
                    answer = answer_error(503, "BUSY", text, {"retry-after": str(RETRY_SECONDS)})
                else:
                    if length <= LARGE:
                        await self.app(scope, _again(bytes(body), receive), send)
                        return
                    answer = self._in_turn(bytes(body), receive)
                    del body
                await answer(scope, receive, send)
        except TimeoutError:
            if not more:
                raise
            text = f"The body of a request: {self._limits.seconds:g} s to send it here. Send it faster, or less."
            await answer_error(408, LIMIT_EXCEEDED, text, {"connection": "close"})(scope, receive, send)
        finally:
            self._held -= held

    def _in_turn(self, body: bytes, receive: Receive) -> ASGIApp:
        messages = [body]
        del body

        async def run(scope: Scope, _: Receive, send: Send) -> None:
            try:
                await asyncio.wait_for(self._turns.acquire(), self._limits.seconds)
            except TimeoutError:
                text = f"Large requests at once: {self._limits.computing} here. Try again in a moment."
                await answer_error(503, "BUSY", text, {"retry-after": str(RETRY_SECONDS)})(scope, receive, send)
                return
            taken = True

            def give_back() -> None:
                nonlocal taken
                if taken:
                    taken = False
                    self._turns.release()

            async def begun(message: Message) -> None:
                if message["type"] == "http.response.start":
                    give_back()
                await send(message)

            try:
                await self.app(scope, _again(messages.pop(), receive), begun)
            finally:
                give_back()
                release_soon()

        return run

    def _too_large(self) -> JSONResponse:
        text = f"The body of a request: at most {self._largest} bytes here. Send a smaller one."
        return answer_error(413, LIMIT_EXCEEDED, text, {"connection": "close"})


def is_streamed(scope: Scope) -> bool:
    """Whether what is sent goes to the disk as it comes: ``api.http.uploads`` has bounds of its own for it."""
    return scope["method"] == "PATCH" and scope["path"].startswith(UPLOADS)


def _announced(scope: Scope) -> int:
    """Bytes that a client will send if it is told to go on; it listens before it sends."""
    headers = Headers(scope=scope)
    return int(headers.get("content-length", 0)) if headers.get("expect", "").lower() == "100-continue" else 0


def _again(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again
