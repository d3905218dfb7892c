"""An error of a route, in the form that GraphQL's errors have, with the status that fits it."""

from starlette.responses import JSONResponse

from api.access.refusal import RETRY_SECONDS
from api.graphql.errors import extensions_of, masked
from kg.errors import KgError

_STATUS = {
    "STORE_READ_ONLY": 403, "FORBIDDEN": 403, "UNKNOWN_TERM": 404, "NOT_MEASURED": 404, "UPLOAD_OFFSET": 409,
    "UPLOAD_BUSY": 409, "UPLOAD_SIZE": 413, "QUOTA": 413, "UPLOAD_TYPE": 415, "UPLOAD_CHECKSUM": 422,
    "UPLOAD_SLOW": 408, "BUSY": 503, "NO_WORKER": 503,
}  # fmt: skip
_OF_THE_QUERY = frozenset({"STORE_READ_ONLY", "STORE_SYNTAX", "STORE_TIMEOUT", "STORE_TOO_LARGE", "STORE_QUERY"})


def refusal(error: KgError, headers: dict[str, str] | None = None, *, retry: int = RETRY_SECONDS) -> JSONResponse:
    if error.code.startswith(("STORE", "SOURCE")) and error.code not in _OF_THE_QUERY:
        message, extensions = masked(error, error.code)  # it names addresses and folders of the server
        status = 503
    else:
        message, extensions, status = str(error), extensions_of(error), _STATUS.get(error.code, 400)
    told = {**(headers or {}), **({"retry-after": str(retry)} if status == 503 else {})}
    body = {"data": None, "errors": [{"message": message, "extensions": extensions}]}
    return JSONResponse(body, status_code=status, headers=told)
