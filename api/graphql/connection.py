"""Lists by page, as Relay has them, with what is known, missing and withheld of each."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from api.access.limits import PAGE, exceeded
from api.graphql.record import typed
from kg.errors import ContractError, Issue
from kg.read.nodes import Cursor, Page, Row
from kg.records import match as records

T = TypeVar("T")
First = Annotated[int, strawberry.argument(description="1 to 100")]
After = Annotated[str | None, strawberry.argument(description="endCursor of the page before")]


@strawberry.type(description="Something that the answer does not know or does not show, and what would change that.")
class Gap:
    what: str
    why: str
    remedy: str


@strawberry.type(
    description="Where a page stands in its list. A cursor is a place by the sort key: new data do not move it."
)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A row of a page and its place.")
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="the rows without their cursors")
    page_info: PageInfo
    known: int = strawberry.field(description="how many there are in all")
    missing: list[Gap] = strawberry.field(description="what is not there")
    withheld: list[Gap] = strawberry.field(description="what is there and not shown")


def gap(found: records.Gap) -> Gap:
    return typed(Gap, found)


def written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor, separators=(",", ":")).encode()).decode().rstrip("=")


def place(after: str | None) -> Cursor | None:
    """The sort key in a cursor. Raises ContractError, code ARGUMENT, for text that is no cursor."""
    if after is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(value, (str, int, float)) for value in found):
        issue = Issue("after", "is a cursor that this service gave", after[:60], "use endCursor of the page before")
        raise ContractError([issue], code="ARGUMENT")
    return tuple(found)


def size(first: int) -> int:
    """``first`` when it is a size of a page. Raises KgError LIMIT_EXCEEDED, or ContractError ARGUMENT."""
    if first > PAGE:
        raise exceeded(f"first: {first}", PAGE, "Ask for the next page with after.")
    if first < 1:
        raise ContractError([Issue("first", "a page has rows", str(first), f"use 1 to {PAGE}")], code="ARGUMENT")
    return first


def filled(
    kind: type[Any],
    page: Page,
    node: Callable[[Row], Any],
    *,
    after: str | None,
    edges: bool = True,
    missing: Sequence[records.Gap] = (),
    withheld: Sequence[records.Gap] = (),
    **more: Any,
) -> Any:
    """A connection of class ``kind`` from a page; ``edges``: whether they are asked for."""
    nodes = [node(row) for row in page.rows]
    end = page.end or (page.rows[-1].key if page.rows else None)
    return kind(
        edges=[
            Edge(cursor=written(row.key), node=each)
            for row, each in zip(page.rows if edges else (), nodes, strict=False)
        ],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.more,
            has_previous_page=after is not None,
            start_cursor=written(page.rows[0].key) if page.rows else None,
            end_cursor=written(end) if end else after,
        ),
        known=page.known or 0,
        missing=[gap(each) for each in missing],
        withheld=[gap(each) for each in (*withheld, *page.gaps)],
        **more,
    )
