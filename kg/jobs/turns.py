"""The order of jobs: a pure function of their rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def next_turn(waiting: Iterable[Row], running: Iterable[Row], served: Mapping[str, str]) -> Row | None:
    """The next waiting job: the oldest one of the owner with the fewest running jobs; among several such owners, the
    one who has waited longest (``served``: owner -> when a job of theirs was last started).

    >>> jobs = [{"id": "1", "owner": "a", "submitted": "1"}, {"id": "2", "owner": "b", "submitted": "2"}]
    >>> next_turn(jobs, [{"owner": "a"}], {})["id"]
    '2'
    """
    busy = Counter(row["owner"] for row in running)
    order = sorted(
        waiting, key=lambda row: (busy[row["owner"]], served.get(row["owner"], ""), row["submitted"], row["id"])
    )
    return order[0] if order else None
