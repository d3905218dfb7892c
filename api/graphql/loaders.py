"""One query of the store for each level of a question, however many rows and fields the level has."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from kg.read.nodes import Want

Batch = list[tuple[Want, Sequence[str]]]
_TICKS = 6  # turns of the event loop after which the resolvers of a level have all asked


class Loader:
    """Gathers what the resolvers of one level want, and reads it at once. Made again for each request."""

    def __init__(self, read: Callable[[Batch], Awaitable[list[dict[str, Any]]]]):
        self._read = read
        self._known: dict[tuple[Want, str], asyncio.Future[Any]] = {}
        self._waiting: dict[Want, dict[str, asyncio.Future[Any]]] = {}
        self._sending: asyncio.Task[None] | None = None

    async def load(self, want: Want, key: str = "") -> Any:
        """What ``want`` finds for an id; asked once in a request, whoever asks."""
        known = self._known.get((want, key))
        if known is None:
            known = self._known[want, key] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(want, {})[key] = known
            if self._sending is None:
                self._sending = asyncio.create_task(self._send())
        return await asyncio.shield(known)

    async def _send(self) -> None:
        for _ in range(_TICKS):
            await asyncio.sleep(0)
        waiting, self._waiting, self._sending = self._waiting, {}, None
        try:
            found = await self._read([(want, list(futures)) for want, futures in waiting.items()])
        except BaseException as error:  # each resolver that waits raises it
            for futures in waiting.values():
                for future in futures.values():
                    future.set_exception(error)
                    future.exception()  # heard, even where nobody waits any more
            if not isinstance(error, Exception):
                raise
            return
        for futures, rows in zip(waiting.values(), found, strict=True):
            for key, future in futures.items():
                future.set_result(rows[key])
