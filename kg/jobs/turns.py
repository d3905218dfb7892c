"""Whose turn it is: pure, of rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def next_turn(waiting: Iterable[Row], running: Iterable[Row], served: Mapping[str, str]) -> Row | None:
    """The waiting job that is next: of the owner who has fewest running, of those the one who was not served for
    longest (``served``: owner -> when a job of theirs was last started), and of theirs the oldest.

    >>> jobs = [{"id": "1", "owner": "a", "submitted": "1"}, {"id": "2", "owner": "b", "submitted": "2"}]
    >>> next_turn(jobs, [{"owner": "a"}], {})["id"]
    '2'
    """
    busy = Counter(row["owner"] for row in running)
    order = sorted(
        waiting, key=lambda row: (busy[row["owner"]], served.get(row["owner"], ""), row["submitted"], row["id"])
    )
    return order[0] if order else None
