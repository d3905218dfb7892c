"""A refusal outside of GraphQL, in the form that GraphQL's errors have."""

from typing import Any

from starlette.responses import JSONResponse

RETRY_SECONDS = 2


def body_of(code: str, message: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"message": message, "extensions": {"code": code}}]}


def answer_error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body_of(code, message), status_code=status, headers=headers)
