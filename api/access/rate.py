"""How often one token may ask: a bucket that fills at a steady rate, and holds a burst."""

import math
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.auth import ANONYMOUS
from api.access.refusal import answer_error


class Bucket:
    """``rate`` a second, at most ``burst`` at once."""

    def __init__(self, rate: float, burst: int, now: float):
        self._rate, self._burst, self._left, self._at = rate, float(burst), float(burst), now

    def wait(self, now: float) -> float:
        """Takes one and returns 0.0, or takes none and returns the seconds until there is one."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate


class RateLimit:
    """429 with Retry-After for a token that asks too often. There are as many buckets as tokens; who asks without one,
    on this machine, is not held back."""

    def __init__(self, app: ASGIApp, rate: float, burst: int, clock: Callable[[], float] = time.monotonic):
        self.app, self._rate, self._burst, self._clock = app, rate, burst, clock
        self._buckets: dict[str, Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope.get("principal")
        if principal is not None and principal is not ANONYMOUS:
            now = self._clock()
            bucket = self._buckets.setdefault(principal.name, Bucket(self._rate, self._burst, now))
            if seconds := bucket.wait(now):
                text = f"This token may send {self._rate:g} requests per second: try again in a moment."
                headers = {"retry-after": str(math.ceil(seconds))}
                await answer_error(429, "RATE_LIMITED", text, headers)(scope, receive, send)
                return
        await self.app(scope, receive, send)
