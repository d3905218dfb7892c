"""What a client learns of an error: our own by code and remedy, anything else by an id that the log explains."""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.extensions import SchemaExtension
from strawberry.utils.str_converters import to_camel_case

from api.access.limits import LIMIT_EXCEEDED
from kg.errors import ContractError, KgError, SourceError, StoreError, UnknownTermError

INTERNAL = "INTERNAL"
_log = logging.getLogger("orthokg.api")


def extensions_of(error: KgError) -> dict[str, Any]:
    """``code``, with the argument, the suggestions, the replacement or the issues that the error carries."""
    found: dict[str, Any] = {"code": error.code}
    if isinstance(error, UnknownTermError):
        found |= {"suggestions": list(error.suggestions), "replacement": error.replacement}
        if error.argument:
            found["argument"] = to_camel_case(error.argument)
    if isinstance(error, ContractError):
        found["issues"] = [asdict(issue) for issue in error.issues]
        if error.code == "ARGUMENT":
            found["argument"] = to_camel_case(error.issues[0].path)
    return found


def masked(error: BaseException, code: str = INTERNAL) -> tuple[str, dict[str, Any]]:
    """Message and extensions that reveal only an id; the log has the error under the same id."""
    key = secrets.token_hex(4)
    _log.error("error %s", key, exc_info=error)
    what = "The graph cannot be read at the moment" if code != INTERNAL else "An internal error occurred"
    if isinstance(error, StoreError) and error.about:
        what = f"Damaged on the server's disk: {error.about}"
    return f"{what}; the server's log has the details under {key}.", {"code": code, "id": key}


def shown(error: GraphQLError) -> GraphQLError:
    """The error as a client may see it."""
    cause = error.original_error
    if isinstance(cause, (StoreError, SourceError)):  # their messages name addresses and folders of the server
        message, extensions = masked(cause, cause.code)
    elif isinstance(cause, KgError):
        message, extensions = str(cause), extensions_of(cause)
    elif error.path is None and (
        cause is None or isinstance(cause, GraphQLError)
    ):  # a variable that does not fit its type
        message, extensions = error.message, {"code": _code_of_query(error), **(error.extensions or {})}
    else:
        message, extensions = masked(cause or error)
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)


def _code_of_query(error: GraphQLError) -> str:
    if not isinstance(error, GraphQLSyntaxError):
        return "INVALID_QUERY"
    return LIMIT_EXCEEDED if "Parsing aborted" in error.message else "SYNTAX"


class ShowErrors(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        if result is not None and getattr(result, "errors", None):
            result.errors = [shown(error) for error in result.errors]  # type: ignore[union-attr]
