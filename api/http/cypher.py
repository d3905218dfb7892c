"""POST /cypher: a curator's query, reading only, as JSON or TSV.

    {"query": "...", "parameters": {...}}  ->  {"columns": [...], "rows": [[...]], "truncated": false, "seconds": 0.012}

What may be asked is decided by ``kg.store.guard``; nodes, relationships and paths come as ``kg.cli.rows.drawable``
gives them. With ``Accept: text/tab-separated-values`` the rows come as TSV, and ``x-truncated: true`` says that there
were more.
"""

import io
import time
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.graphql.context import Backend
from api.http.refused import refusal
from api.http.sent import sent_object
from kg.cli.rows import drawable, plain, write_tsv
from kg.errors import ContractError, Issue, KgError
from kg.read.contents import rounded
from kg.store.guard import run_user_query
from kg.store.reader import UserRows

TSV = "text/tab-separated-values"
_AGAIN_SECONDS = 5


def cypher_router(backend: Backend) -> APIRouter:
    router = APIRouter()

    @router.post("/cypher")
    async def cypher(request: Request) -> Response:
        try:
            request.scope["principal"].require("cypher")
            text, parameters = await _asked(request)
            limits, started = backend.limits, time.monotonic()
            found = await backend.run_cypher(
                lambda: run_user_query(
                    backend.store, text, parameters, max_rows=limits.cypher_rows, timeout=limits.cypher_seconds
                ),
                request.scope["principal"].name,
            )
        except KgError as error:
            return refusal(error, retry=_AGAIN_SECONDS)
        if TSV in request.headers.get("accept", ""):
            return _tsv(found)
        answer = {
            "columns": found.columns,
            "rows": rounded(drawable(found.rows)),
            "truncated": found.truncated,
            "seconds": round(time.monotonic() - started, 4),
        }
        return JSONResponse(answer)

    return router


async def _asked(request: Request) -> tuple[str, dict[str, Any]]:
    """Query and parameters. Raises ContractError ARGUMENT."""
    fields = await sent_object(request, ("query", "parameters"), '{"query": "…", "parameters": {…}}')
    query, parameters, issues = fields.get("query"), fields.get("parameters") or {}, []
    if not isinstance(query, str):
        issues.append(Issue("query", "a query is text", type(query).__name__, "send the Cypher as a string"))
    if not isinstance(parameters, dict):
        found = type(parameters).__name__
        issues.append(Issue("parameters", "parameters are named", found, 'send an object such as {"model": "…"}'))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return str(query), dict(parameters)


def _tsv(found: UserRows) -> Response:
    out = io.StringIO()
    write_tsv(found.columns, rounded(plain(found.rows)), out)
    headers = {"x-truncated": str(found.truncated).lower()}
    return Response(out.getvalue().encode("utf-8", "replace"), media_type=f"{TSV}; charset=utf-8", headers=headers)
