"""The server: the explorer page at /, GraphQL at /graphql, and whether it lives (/health) and can answer (/ready)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from strawberry.fastapi import GraphQLRouter

from api import page
from api.auth import Doorkeeper, Tokens
from api.context import Backend, Context
from api.cypher import cypher_router
from api.errors import masked
from api.limits import BodyLimit, Limits
from api.schema import build
from kg.errors import KgError
from kg.store import Store

LOOPBACK = ("127.0.0.1", "localhost")
_READY_SECONDS = 5.0


def create_app(
    store: Store, signatures: Path, *, limits: Limits | None = None, hosts: Sequence[str] = LOOPBACK,
    tokens: Tokens | None = None,
) -> FastAPI:  # fmt: skip
    """The application over an open store and the folder of its signatures; closing the store is the caller's.

    ``hosts``: names by which it may be addressed, so that a web page which points its own name here reads nothing;
    ``("*",)`` for any. ``tokens``: with none, only this machine is answered.
    """
    bounds = limits or Limits()
    backend = Backend(store, signatures, bounds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        backend.close()

    def context(request: Request) -> Context:
        return Context(backend, request.scope["principal"])

    app = FastAPI(title="OrthoKG", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    router = GraphQLRouter(
        build(bounds), context_getter=context, graphql_ide=None, allow_queries_via_get=False, subscription_protocols=()
    )
    app.include_router(router, prefix="/graphql")
    app.include_router(cypher_router(backend))
    app.include_router(page.router)
    app.add_middleware(BodyLimit, size=bounds.body_bytes)
    app.add_middleware(Doorkeeper, tokens=tokens or Tokens())
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/ready")
    async def ready() -> JSONResponse:
        try:
            await backend.run(lambda: backend.store.read("RETURN 1 AS one"), _READY_SECONDS)
        except KgError as error:
            return JSONResponse({"status": "not ready", "code": error.code}, status_code=503)
        return JSONResponse({"status": "ready", "store": store.dialect})

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        message, extensions = masked(error)
        return JSONResponse({"data": None, "errors": [{"message": message, "extensions": extensions}]}, status_code=500)

    return app
