"""The server: the explorer at /, its documentation at /docs, GraphQL at /graphql, Cypher at /cypher, files for
jobs at /uploads and what jobs tell and made at /jobs, reports at /report, GraphiQL, /health, /ready and /metrics."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from api import graphiql
from api.access.auth import Doorkeeper, Tokens
from api.access.body import BodyLimit
from api.access.limits import Limits
from api.access.rate import RateLimit
from api.access.refusal import RETRY_SECONDS, answer_error
from api.access.shields import Shields
from api.graphql.context import Backend
from api.graphql.errors import masked
from api.http import documentation
from api.http import explorer as page
from api.http.cypher import cypher_router
from api.http.endpoint import COST_HEADER, Endpoint
from api.http.jobs import LAST, jobs_router
from api.http.report import report_router
from api.http.uploads import LENGTH, OFFSET, uploads_router
from api.http.watch import ID_HEADER, Metrics, Watch
from api.schema import build
from kg.errors import KgError
from kg.store.driver import Store

LOOPBACK = ("127.0.0.1", "localhost")
_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


def create_app(
    store: Store,
    signatures: Path,
    *,
    limits: Limits | None = None,
    hosts: Sequence[str] = LOOPBACK,
    tokens: Tokens | None = None,
    origins: Sequence[str] = (),
    introspection: bool = True,
    documents: Mapping[str, str] | None = None,
) -> FastAPI:
    """The application over an open store and the folder of its signatures; closing the store is the caller's.

    ``hosts``: names by which it may be addressed, so that a web page which points its own name here reads nothing;
    ``("*",)`` for any. ``tokens``: with none, only this machine is answered. ``origins``: of pages elsewhere that may
    ask.
    ``documents``: texts by SHA-256, the only ones that are then run.
    """
    bounds = limits or Limits()
    backend = Backend(store, signatures, bounds)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(backend.watch())
        yield
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        backend.close()

    app = FastAPI(title="OrthoKG", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.add_route("/graphql", Endpoint(build(bounds, introspection), backend, documents).answer, ["POST"])
    app.router.add_route("/metrics", metrics.page, ["GET"])
    app.router.routes += graphiql.routes()
    app.include_router(cypher_router(backend))
    app.include_router(uploads_router(backend))
    app.include_router(jobs_router(backend))
    app.include_router(report_router(backend))
    app.include_router(page.router)
    app.include_router(documentation.router())
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, limits=bounds)
    app.add_middleware(RateLimit, rate=bounds.rate, burst=bounds.burst)
    app.add_middleware(Doorkeeper, tokens=tokens or Tokens())
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
            allow_headers=["authorization", "content-type", ID_HEADER, OFFSET, LAST],
            expose_headers=[COST_HEADER, ID_HEADER, "Retry-After", "Location", OFFSET, LENGTH],
        )
    app.add_middleware(Shields, origins=origins)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.add_middleware(Watch, metrics=metrics)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready")
    async def ready() -> JSONResponse:
        try:
            await backend.probe()
        except KgError as error:
            return JSONResponse({"status": "not ready", "code": error.code}, 503, {"Retry-After": str(RETRY_SECONDS)})
        return JSONResponse({"status": "ready", "store": store.dialect})

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        headers = dict(error.headers) if error.headers else None
        return answer_error(error.status_code, _CODES.get(error.status_code, "REQUEST"), str(error.detail), headers)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        message, extensions = masked(error)
        return JSONResponse({"data": None, "errors": [{"message": message, "extensions": extensions}]}, status_code=500)

    return app
