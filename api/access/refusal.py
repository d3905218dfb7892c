"""A refusal outside of GraphQL, in the form that GraphQL's errors have."""

from starlette.responses import JSONResponse

RETRY_SECONDS = 2


def answer_error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"data": None, "errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status_code=status, headers=headers)
