"""Which rows of a list a page is: so many after a place, or so many before one."""

import base64
import binascii
import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from api.access.limits import PAGE, exceeded
from kg.errors import ContractError, Issue
from kg.read.nodes import Cursor

First = Annotated[int, strawberry.argument(description="1 to 100")]
After = Annotated[str | None, strawberry.argument(description="endCursor of the previous page")]
Last = Annotated[
    int | None,
    strawberry.argument(description="instead of first, 1 to 100: the rows before a cursor, or the last rows"),
]
Before = Annotated[str | None, strawberry.argument(description="startCursor of the following page, with last")]
_SPREAD = {"first": (First, 20), "after": (After, None), "last": (Last, None), "before": (Before, None)}


@dataclass(frozen=True)
class Window:
    """``size`` rows after ``place``, or before it where ``back``; without a place from the list's begin, or its end.
    ``given``: the cursor as text."""

    size: int
    place: Cursor | None = None
    back: bool = False
    given: str | None = None

    @classmethod
    def of(cls, first: int, after: str | None, last: int | None, before: str | None) -> "Window":
        """Raises KgError LIMIT_EXCEEDED, or ContractError ARGUMENT."""
        if last is None:
            if before is not None:
                raise _wrong("before", "before goes with last", "give last, or after in place of before", "no last")
            return cls(size(first), place(after), False, after)
        if after is not None:
            raise _wrong(
                "after",
                "after goes with first, and before with last",
                "leave last out, or give before in place of after",
                "with last",
            )
        return cls(size(last, "last"), place(before, "before"), True, before)


def paged(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """A resolver whose argument ``window`` is asked for as ``first``, ``after``, ``last`` and ``before``."""
    told = inspect.signature(resolver)
    kept = [each for name, each in told.parameters.items() if name != "window"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _SPREAD.items()
    ]

    @functools.wraps(resolver)
    def asked(*args: Any, first: int, after: str | None, last: int | None, before: str | None, **given: Any) -> Any:
        return resolver(*args, window=Window.of(first, after, last, before), **given)

    asked.__signature__ = told.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    return asked


def written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor, separators=(",", ":")).encode()).decode().rstrip("=")


def place(cursor: str | None, argument: str = "after") -> Cursor | None:
    """The sort key in a cursor. Raises ContractError, code ARGUMENT, for text that is no cursor."""
    if cursor is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(value, (str, int, float)) for value in found):
        use = "endCursor of the previous page" if argument == "after" else "startCursor of the following page"
        raise _wrong(argument, "is a cursor returned by this server", f"use {use}", cursor[:60])
    return tuple(found)


def size(rows: int, argument: str = "first") -> int:
    """``rows`` when it is a size of a page. Raises KgError LIMIT_EXCEEDED, or ContractError ARGUMENT."""
    if rows > PAGE:
        raise exceeded(
            f"{argument}: {rows}", PAGE, f"Ask for the next page with {'after' if argument == 'first' else 'before'}."
        )
    if rows < 1:
        raise _wrong(argument, "a page has rows", f"use 1 to {PAGE}", str(rows))
    return rows


def _wrong(argument: str, rule: str, fix: str, found: str) -> ContractError:
    return ContractError([Issue(argument, rule, found, fix)], code="ARGUMENT")
