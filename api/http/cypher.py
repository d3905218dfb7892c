"""POST /cypher: a curator's query, reading only, as JSON or TSV.

    {"query": "...", "parameters": {...}}  ->  {"columns": [...], "rows": [[...]], "truncated": false, "seconds": 0.012}

What may be asked is decided by ``kg.store.guard``; nodes, relationships and paths come as ``kg.cli.rows.drawable``
gives them. With ``Accept: text/tab-separated-values`` the rows come as TSV, and ``x-truncated: true`` says that there
were more.
"""

import io
import json
import time
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.access.text import unfit_value
from api.graphql.context import Backend
from api.graphql.errors import extensions_of, masked
from kg.cli.rows import drawable, plain, write_tsv
from kg.errors import ContractError, Issue, KgError
from kg.read.contents import rounded
from kg.store.guard import run_user_query
from kg.store.reader import UserRows

TSV = "text/tab-separated-values"
_STATUS = {"STORE_READ_ONLY": 403, "FORBIDDEN": 403, "BUSY": 503}
_OF_THE_QUERY = frozenset({"STORE_READ_ONLY", "STORE_SYNTAX", "STORE_TIMEOUT", "STORE_TOO_LARGE", "STORE_QUERY"})


def cypher_router(backend: Backend) -> APIRouter:
    router = APIRouter()

    @router.post("/cypher")
    async def cypher(request: Request) -> Response:
        try:
            request.scope["principal"].require("cypher")
            text, parameters = _asked(request, await request.body())
            limits, started = backend.limits, time.monotonic()
            found = await backend.run_cypher(
                lambda: run_user_query(
                    backend.store, text, parameters, max_rows=limits.cypher_rows, timeout=limits.cypher_seconds
                ),
                request.scope["principal"].name,
            )
        except KgError as error:
            return _refusal(error)
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


def _asked(request: Request, body: bytes) -> tuple[str, dict[str, Any]]:
    """Query and parameters. A page of another site can send a form, but no JSON, without being asked first."""
    issues = []
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        found = request.headers.get("content-type", "none")
        issues.append(Issue("content-type", "the body is JSON", found, "send application/json"))
        raise ContractError(issues, code="ARGUMENT")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise ContractError(
            [Issue("body", "the body is JSON", "something else", 'send {"query": "…", "parameters": {…}}')],
            code="ARGUMENT",
        ) from None
    fields = asked if isinstance(asked, dict) else {}
    query, parameters = fields.get("query"), fields.get("parameters") or {}
    if not isinstance(query, str):
        issues.append(Issue("query", "a query is text", type(query).__name__, "send the Cypher as a string"))
    if not isinstance(parameters, dict):
        found = type(parameters).__name__
        issues.append(Issue("parameters", "parameters are named", found, 'send an object such as {"model": "…"}'))
    if unknown := sorted(set(fields) - {"query", "parameters"}):
        issues.append(Issue(unknown[0][:40], "query and parameters", "another name", "leave it out"))
    if why := unfit_value([query, parameters]):
        issues.append(Issue("body", "the store can take it", f"what {why}", "leave that out"))
    if issues:
        raise ContractError(issues, code="ARGUMENT")
    return str(query), dict(parameters)


def _tsv(found: UserRows) -> Response:
    out = io.StringIO()
    write_tsv(found.columns, rounded(plain(found.rows)), out)
    headers = {"x-truncated": str(found.truncated).lower()}
    return Response(out.getvalue().encode("utf-8", "replace"), media_type=f"{TSV}; charset=utf-8", headers=headers)


def _refusal(error: KgError) -> JSONResponse:
    if error.code.startswith(("STORE", "SOURCE")) and error.code not in _OF_THE_QUERY:
        message, extensions = masked(error, error.code)  # it names addresses and folders of the server
        status = 503
    else:
        message, extensions, status = str(error), extensions_of(error), _STATUS.get(error.code, 400)
    headers = {"retry-after": "5"} if status == 503 else None
    body = {"data": None, "errors": [{"message": message, "extensions": extensions}]}
    return JSONResponse(body, status_code=status, headers=headers)
