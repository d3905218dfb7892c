"""What no text that reaches the graph may hold."""

import re
from typing import Any

_UNFIT = re.compile("[\0\ud800-\udfff]")
MOST_NESTED = 12
_LARGEST = 2**63


def unfit(text: str) -> str | None:
    """Why this text cannot be sent to a store; None for one that can."""
    found = _UNFIT.search(text)
    if found is None:
        return None
    return "holds a NUL character" if found[0] == "\0" else "holds half of a surrogate pair"


def unfit_value(value: Any) -> str | None:
    """The same of a JSON value: of every text and key in it, its numbers, and how deep it nests."""
    level, depth = [value], 0
    while level:
        if depth > MOST_NESTED:
            return f"nests deeper than {MOST_NESTED}"
        below: list[Any] = []
        for each in level:
            if isinstance(each, str):
                if why := unfit(each):
                    return why
            elif isinstance(each, list):
                below += each
            elif isinstance(each, dict):
                below += each
                below += each.values()
            elif isinstance(each, int) and not -_LARGEST <= each < _LARGEST:
                return "holds an integer beyond 64 bits"
        level, depth = below, depth + 1
    return None
