"""Files that somebody sends for a job: announced, sent in parts that go straight to the disk, gone on with where they
were cut.

    POST   /uploads      {"name": "cells.h5ad", "size": 1234, "sha256": "…"}   201, Location: /uploads/ID
    PATCH  /uploads/ID   Upload-Offset: 0, the bytes from there on             200, Upload-Offset: what has come
    HEAD   /uploads/ID   Upload-Offset, Upload-Length                          GET the same as JSON
    DELETE /uploads/ID   204; gone from the disk

Each is its token's alone: another's id is not found, as one that never was. A part that is cut or comes too slowly is
kept as far as it came; ``UPLOAD_OFFSET`` (409) says where to go on. A file whose sha256 is another than announced is
dropped (``UPLOAD_CHECKSUM``).
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import Receive

from api.access.auth import Principal
from api.graphql.context import Backend
from api.http.refused import refusal
from api.http.sent import sent_object
from kg.errors import ContractError, Issue, KgError
from kg.jobs import upload
from kg.jobs.space import Space
from kg.jobs.upload import Upload

OFFSET, LENGTH = "Upload-Offset", "Upload-Length"
PART = 64 * 1024
_MARGIN_SECONDS = 5.0
T = TypeVar("T")


def uploads_router(backend: Backend) -> APIRouter:
    router = APIRouter()

    @router.post("/uploads")
    async def begin(request: Request) -> Response:
        try:
            space = _space(backend, request)
            name, size, sha256 = await _announced(request)
            made = await _run(backend, lambda: _begun(backend, space, name, size, sha256))
        except KgError as error:
            return refusal(error)
        return _told(made, 201, {"location": f"/uploads/{made.id}"})

    @router.patch("/uploads/{key}")
    async def go_on(request: Request, key: str) -> Response:
        coming = Coming(request.receive, backend.limits.upload_seconds)
        try:
            space = _space(backend, request)
            offset = _offset(request)
            parts = coming.parts(asyncio.get_running_loop())
            made = await backend.receive(lambda: upload.append(space, key, offset, parts), _who(request).name)
            if coming.slow:
                raise _slow(made, backend.limits.upload_seconds)
        except KgError as error:
            return await _cut(backend, request, key, error, coming)
        return _told(made)

    @router.get("/uploads/{key}")
    async def look(request: Request, key: str) -> Response:
        try:
            space = _space(backend, request)
            return _told(await _run(backend, lambda: upload.upload_of(space, key)))
        except KgError as error:
            return refusal(error)

    @router.head("/uploads/{key}")
    async def measure(request: Request, key: str) -> Response:
        told = await look(request, key)
        headers = {name: told.headers[name] for name in (OFFSET, LENGTH) if name in told.headers}
        return Response(status_code=told.status_code, headers=headers)

    @router.delete("/uploads/{key}")
    async def delete(request: Request, key: str) -> Response:
        try:
            space = _space(backend, request)
            await _run(backend, lambda: upload.delete(space, key))
        except KgError as error:
            return refusal(error)
        return Response(status_code=204)

    return router


class Coming:
    """The body of a request in parts of 64 KiB, for a thread that writes them. It ends early where its client has gone
    or is too ``slow``: what came until then counts."""

    def __init__(self, receive: Receive, seconds: float):
        self._receive, self._seconds = receive, seconds
        self.slow, self.more = False, True

    def parts(self, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
        """In another thread than that of the loop."""
        while self.more:
            part = asyncio.run_coroutine_threadsafe(self._part(), loop)
            try:
                yield part.result(self._seconds + _MARGIN_SECONDS)
            except TimeoutError:  # the loop has ended
                return

    async def _part(self) -> bytes:
        made = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                while self.more and len(made) < PART:
                    message = await self._receive()
                    made += message.get("body", b"")
                    self.more = message["type"] == "http.request" and message.get("more_body", False)
        except TimeoutError:
            self.slow, self.more = True, False
        return bytes(made)


async def _announced(request: Request) -> tuple[str, int, str]:
    """Name, size and sha256 of a file. Raises ContractError ARGUMENT."""
    example = '{"name": "cells.h5ad", "size": 1234, "sha256": "…"}'
    sent = await sent_object(request, ("name", "size", "sha256"), example)
    name, size, sha256 = sent.get("name"), sent.get("size"), sent.get("sha256") or ""
    issues = []
    if not isinstance(name, str):
        issues.append(Issue("name", "ARGUMENT: a file has a name", type(name).__name__, f"send {example}"))
    if type(size) is not int:
        issues.append(Issue("size", "ARGUMENT: a file has a size in bytes", repr(size)[:40], f"send {example}"))
    if not isinstance(sha256, str):
        issues.append(Issue("sha256", "ARGUMENT: a checksum is a text", type(sha256).__name__, f"send {example}"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return str(name), int(size or 0), str(sha256)


def _begun(backend: Backend, space: Space, name: str, size: int, sha256: str) -> Upload:
    kept = len(upload.uploads(space))
    if kept >= backend.limits.uploads_kept:
        raise KgError(f"You have {kept} uploads here, as many as one may: delete some.", code="QUOTA")
    return upload.begin(space, name, size, sha256)


def _offset(request: Request) -> int:
    text = request.headers.get(OFFSET, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        rule = "ARGUMENT: says from which byte on the body is"
        raise ContractError([Issue(OFFSET, rule, text[:40] or "none", "such as Upload-Offset: 0")], code="ARGUMENT")
    return int(text)


def _slow(made: Upload, seconds: float) -> KgError:
    text = f"{PART // 1024} KiB of an upload come within {seconds:g} s here: go on at byte {made.received}."
    return KgError(text, code="UPLOAD_SLOW")


async def _cut(backend: Backend, request: Request, key: str, error: KgError, coming: Coming) -> Response:
    """A refusal that says where to go on, where there is anything to go on with."""
    headers = {"connection": "close"} if coming.more or coming.slow else {}
    if error.code in ("UPLOAD_OFFSET", "UPLOAD_SLOW", "UPLOAD_BUSY"):
        try:
            space = backend.space(_who(request))
            found = await _run(backend, lambda: upload.upload_of(space, key))
            headers |= {OFFSET: str(found.received), LENGTH: str(found.size)}
        except KgError as gone:
            error = gone
    return refusal(error, headers)


def _told(made: Upload, status: int = 200, headers: dict[str, str] | None = None) -> JSONResponse:
    more = {OFFSET: str(made.received), LENGTH: str(made.size)}
    body: dict[str, Any] = asdict(made)
    return JSONResponse(body, status, {**more, **(headers or {})})


def _who(request: Request) -> Principal:
    return request.scope["principal"]


def _space(backend: Backend, request: Request) -> Space:
    """Raises KgError FORBIDDEN."""
    _who(request).require("jobs")
    return backend.space(_who(request))


async def _run(backend: Backend, ask: Callable[[], T]) -> T:
    return await backend.run(ask, backend.limits.seconds)
