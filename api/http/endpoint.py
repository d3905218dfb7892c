"""GraphQL over HTTP: one operation a request, by POST, as JSON.

As application/json the status is 200 whenever the request could be read, also when its answer is errors, with two
exceptions: 403 when the token may not do what is all that was asked, and 503 with Retry-After when the store is gone or
the server too busy. As application/graphql-response+json a query that was not run is 400 (``api.http.media``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from api.access.limits import LIMIT_EXCEEDED
from api.access.refusal import RETRY_SECONDS, answer_error, body_of
from api.access.text import unfit, unfit_value
from api.access.trusted import trusted_text
from api.graphql.context import Backend, Context
from api.http.media import JSON, RESPONSE, media_type, shaped
from api.http.watch import noted
from kg.errors import KgError

COST_HEADER = "X-OrthoKG-Cost"
_NEEDED = (OperationType.QUERY, OperationType.MUTATION)


class _RequestError(KgError):
    code = "REQUEST"


@dataclass(frozen=True)
class Asked:
    query: str
    variables: dict[str, Any]
    operation: str | None


class Endpoint:
    """``documents``: texts by their SHA-256; when given, no other text is run."""

    def __init__(self, schema: strawberry.Schema, backend: Backend, documents: Mapping[str, str] | None):
        self._schema, self._backend, self._documents = schema, backend, documents

    async def answer(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (JSON, RESPONSE):
            return answer_error(415, "REQUEST", "Send a query as application/json.")
        wanted = media_type(request.headers.get("accept", ""))
        try:
            asked = self._asked(await request.body())
        except KgError as error:
            return _answer(wanted, body_of(error.code, str(error)), 400, {})
        context = Context(self._backend, request.scope["principal"])
        try:
            result = await self._schema.execute(
                asked.query,
                variable_values=asked.variables,
                operation_name=asked.operation,
                context_value=context,
                allowed_operation_types=_NEEDED,
            )
        except (CannotGetOperationTypeError, InvalidOperationTypeError):
            told = "One query or mutation is run: the one that operationName names."
            return _answer(wanted, body_of("INVALID_QUERY", told), 400, {})
        body: dict[str, Any] = {"data": result.data}
        codes: list[str] = []
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
            codes = [str((error.extensions or {}).get("code", "INTERNAL")) for error in result.errors]
        noted(request.scope, cost=context.cost, codes=codes)
        headers = {} if context.cost is None else {COST_HEADER: str(context.cost)}
        status = 200
        if "STORE_DOWN" in codes or "BUSY" in codes:
            status, body["data"], headers["Retry-After"] = 503, None, str(RETRY_SECONDS)
        elif "FORBIDDEN" in codes and result.data is None:
            status = 403
        return _answer(wanted, body, status, headers)

    def _asked(self, body: bytes) -> Asked:
        """Raises KgError for a body that is no request."""
        try:
            read = json.loads(body.decode("utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise _RequestError('The body is not JSON: send {"query": "...", "variables": {}}.') from None
        if isinstance(read, list):
            raise KgError("A batch of queries: send one per request.", code=LIMIT_EXCEEDED)
        if not isinstance(read, dict):
            raise _RequestError('The body is a JSON object: {"query": "...", "variables": {}}.')
        variables, operation = read.get("variables"), read.get("operationName")
        if not isinstance(variables, dict | None):
            found = "a text" if isinstance(variables, str) else "no object"
            raise _RequestError(
                f'variables is {found}: send a JSON object without quotes around it, such as {{"model": "rTg4510"}}.'
            )
        if not isinstance(operation, str | None):
            raise _RequestError("operationName is a text.")
        if not isinstance(read.get("extensions"), dict | None):
            raise _RequestError("extensions is a JSON object.")
        if why := unfit_value(variables) or unfit(operation or ""):
            raise KgError(f"variables {why}: leave that out.", code="ARGUMENT")
        return Asked(self._text(read), variables or {}, operation or None)

    def _text(self, read: dict[str, Any]) -> str:
        query = read.get("query")
        if self._documents is not None:
            return trusted_text(self._documents, query, read.get("documentId"))
        if not isinstance(query, str) or not query.strip():
            raise _RequestError("query is a text in GraphQL.")
        if why := unfit(query):
            raise KgError(f"query {why}: leave that out.", code="ARGUMENT")
        longest = self._backend.limits.query_characters
        if len(query) > longest:
            raise KgError(f"Characters of a query: at most {longest} here. Use variables.", code=LIMIT_EXCEEDED)
        return query


def _answer(kind: str, body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    body, status = shaped(kind, body, status)
    return Response(orjson.dumps(body), status, headers, kind if kind == JSON else f"{kind}; charset=utf-8")


def _no_number(name: str) -> None:
    raise ValueError(name)
