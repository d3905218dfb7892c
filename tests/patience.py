"""How long a test waits for what must come: long enough for any machine, so that it bounds a hang and no speed."""

import time
from collections.abc import Callable
from typing import TypeVar

SECONDS = 180.0
T = TypeVar("T")


def until(state: Callable[[], T]) -> T:
    """What ``state`` gives once it is true. It is asked again and again; AssertionError where it never is."""
    end = time.monotonic() + SECONDS
    while not (found := state()):
        assert time.monotonic() < end, f"did not come about within {SECONDS:g} s: {state}"
        time.sleep(0.02)
    return found
