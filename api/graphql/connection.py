"""Lists by page, as Relay has them, with what is known, missing and withheld of each."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import strawberry

from api.graphql.record import typed
from api.graphql.window import Window, written
from kg.read.nodes import Page, Row, fitting_cursor
from kg.records import match as records

T = TypeVar("T")


@strawberry.type(description="Something missing from the answer or not shown in it, and what would change that.")
class Gap:
    what: str
    why: str
    remedy: str


@strawberry.type(
    description="Position of a page in its list. A cursor marks a place by the sort key, so new data do not move it."
)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A row of a page, with its cursor.")
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="the rows without their cursors")
    page_info: PageInfo
    total_count: int = strawberry.field(description="total number of rows")
    known: int = strawberry.field(description="total number of rows", deprecation_reason="use totalCount")
    missing: list[Gap] = strawberry.field(description="what is not there")
    withheld: list[Gap] = strawberry.field(description="what exists but is not shown")


def gap(found: records.Gap) -> Gap:
    return typed(Gap, found)


def filled(
    kind: type[Any],
    page: Page,
    node: Callable[[Row], Any],
    *,
    window: Window,
    edges: bool = True,
    missing: Sequence[records.Gap] = (),
    withheld: Sequence[records.Gap] = (),
    **more: Any,
) -> Any:
    """A connection of class ``kind`` from a page; ``edges``: whether they are asked for."""
    nodes, back = [node(row) for row in page.rows], window.back
    begin, end = (page.rows[0].key, page.rows[-1].key) if page.rows else (None, None)
    begin, end = (page.end or begin, end) if back else (begin, page.end or end)
    return kind(
        edges=[
            Edge(cursor=written(row.key), node=each)
            for row, each in zip(page.rows if edges else (), nodes, strict=False)
        ],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=window.given is not None if back else page.more,
            has_previous_page=page.more if back else window.given is not None,
            start_cursor=written(begin) if begin else window.given if back else None,
            end_cursor=written(end) if end else None if back else window.given,
        ),
        total_count=page.known or 0,
        known=page.known or 0,
        missing=[gap(each) for each in missing],
        withheld=[gap(each) for each in (*withheld, *page.gaps)],
        **more,
    )


def newest(rows: Sequence[Row], window: Window) -> Page:
    """A page of rows that are all there, sorted by (time, id), newest first. Raises ContractError ARGUMENT for a cursor
    of another list."""
    place = fitting_cursor(window.place, (str, str))
    left = [row for row in rows if place is None or (row.key > place if window.back else row.key < place)]
    shown = left[-window.size :] if window.back else left[: window.size]
    return Page(tuple(shown), len(left) > len(shown), len(rows))
