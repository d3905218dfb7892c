"""What a job tells while it runs, and the files that it made.

    GET /jobs/ID/events      text/event-stream: lines of progress, numbered; Last-Event-ID goes on after one
    GET /jobs/ID/files/NAME  a file of a job that is done

Each is its token's alone. Jobs are submitted, read and cancelled by GraphQL, which also serves those who poll.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.graphql.context import Backend
from api.http.refused import refusal
from kg.errors import ContractError, Issue, KgError, UnknownTermError
from kg.jobs import queue
from kg.jobs.progress import events
from kg.jobs.record import State
from kg.jobs.space import Space

LAST = "Last-Event-ID"
_LOOK_SECONDS, _BEAT_SECONDS = 0.3, 10.0
_STREAM = {"cache-control": "no-store", "x-accel-buffering": "no"}


def jobs_router(backend: Backend) -> APIRouter:
    router = APIRouter()
    listeners = Listeners(backend.limits.listeners, backend.limits.listeners_each)

    @router.get("/jobs/{key}/events")
    async def follow(request: Request, key: str) -> Response:
        try:
            request.scope["principal"].require("jobs")
            space, after = backend.space(request.scope["principal"]), _after(request)
            found = await backend.run(lambda: queue.job(backend.store, space, key), backend.limits.seconds)
            if found.job.state.ended and not await asyncio.to_thread(events, space, key, after):
                return Response(status_code=204)  # a browser then asks no more
            listeners.enter(space.owner)
        except KgError as error:
            return refusal(error)
        told = _Told(backend, request, space, key, after)
        return Followed(told.lines(), lambda: listeners.leave(space.owner))

    @router.get("/jobs/{key}/files/{name}")
    async def file(request: Request, key: str, name: str) -> Response:
        try:
            request.scope["principal"].require("jobs")
            space = backend.space(request.scope["principal"])
            path = await backend.run(lambda: queue.result_path(backend.store, space, key, name), backend.limits.seconds)
        except KgError as error:
            return refusal(error)
        headers = {"content-security-policy": "sandbox; default-src 'none'"}
        return FileResponse(path, 200, headers, "application/octet-stream", filename=name)

    return router


class Listeners:
    """``most`` at once, ``each`` of one owner."""

    def __init__(self, most: int, each: int):
        self._most, self._each = most, each
        self._of: Counter[str] = Counter()

    def enter(self, owner: str) -> None:
        """Raises KgError BUSY."""
        if self._of.total() >= self._most or self._of[owner] >= self._each:
            text = "As many follow jobs now as may: ask for the job by GraphQL from time to time, or try again."
            raise KgError(text, code="BUSY")
        self._of[owner] += 1

    def leave(self, owner: str) -> None:
        self._of[owner] -= 1


class Followed(StreamingResponse):
    """``leave`` is called when it ends, however it ends."""

    def __init__(self, lines: AsyncIterator[str], leave: Callable[[], None]):
        super().__init__(lines, 200, _STREAM, "text/event-stream")
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


class _Told:
    """Of one listener: the lines after ``after``, until the job has ended, is gone, or was listened to long enough;
    whoever asks again gets what follows."""

    def __init__(self, backend: Backend, request: Request, space: Space, key: str, after: int):
        self._backend, self._request, self._space, self._key, self._after = backend, request, space, key, after

    async def lines(self) -> AsyncIterator[str]:
        yield "retry: 2000\n\n"
        begun = said = time.monotonic()
        while time.monotonic() - begun < self._backend.limits.listening_seconds and not self._server_ends():
            try:
                found = await asyncio.to_thread(events, self._space, self._key, self._after)
            except UnknownTermError:
                yield "event: gone\ndata: {}\n\n"
                return
            for number, line in found:
                self._after, said = number, time.monotonic()
                yield f"id: {number}\ndata: {json.dumps(line)}\n\n"
            if found and _ended(found[-1][1].get("state")):
                return
            if time.monotonic() - said > _BEAT_SECONDS:
                said = time.monotonic()
                yield ": still here\n\n"
                if state := await self._end():
                    yield f"data: {json.dumps({'state': state})}\n\n"
                    return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _end(self) -> str | None:
        """The state of a job that ended without a line, as one does whose server was killed just then."""
        try:
            ask = lambda: queue.job(self._backend.store, self._space, self._key).job.state  # noqa: E731
            state = await self._backend.run(ask, self._backend.limits.seconds)
        except KgError:
            return None  # the next beat asks again
        return str(state) if state.ended else None

    def _server_ends(self) -> bool:
        ending = getattr(self._request.app.state, "ending", None)
        return ending is not None and ending()


def _ended(state: str | None) -> bool:
    return state is not None and State(state).ended


def _after(request: Request) -> int:
    text = request.headers.get(LAST) or request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        rule = "ARGUMENT: the number of an event"
        raise ContractError([Issue(LAST, rule, text[:40], "leave it out to have all of them")], code="ARGUMENT")
    return int(text)
