"""A server that is bounded in connections, descriptors and waits; what ``orthokg serve`` runs, and the tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from api.access.limits import Limits
from api.sockets import descriptors
from api.sockets.conversation import Arrivals, conversations
from api.sockets.proxies import Proxies
from api.sockets.visitors import Visitors, look_after

_LOOK_SECONDS = 0.5


def expected(limits: Limits, proxies: Proxies | None = None) -> Visitors:
    """Nobody yet. Raises KgError TOO_FEW_DESCRIPTORS."""
    most, highest = descriptors.room(limits.connections)
    return Visitors(most, limits.connections_each, limits.bytes_unread, highest=highest, proxies=proxies)


def server(app: FastAPI, visitors: Visitors, limits: Limits, **settings: Any) -> uvicorn.Server:
    """To be run with the ``doors`` of the same ``visitors``."""
    app.router.lifespan_context = _looked_after(app.router.lifespan_context, visitors)
    config = uvicorn.Config(
        cast(Any, Arrivals(app, visitors)),
        http=cast(Any, conversations(visitors, limits)),
        ws="none",
        loop="asyncio",
        lifespan="on",
        proxy_headers=False,
        h11_max_incomplete_event_size=limits.head_bytes,
        timeout_keep_alive=max(1, round(limits.idle_seconds)),
        timeout_graceful_shutdown=max(1, round(limits.seconds)),
        server_header=False,
        access_log=False,
        **settings,
    )
    made = uvicorn.Server(config)
    app.state.ending = lambda: made.should_exit  # what answers for as long as it is listened to ends with the server
    return made


def _looked_after(lifespan: Callable[[FastAPI], Any], visitors: Visitors) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def both(app: FastAPI) -> AsyncIterator[Any]:
        looking = asyncio.create_task(look_after(visitors, _LOOK_SECONDS))
        async with lifespan(app) as state:
            yield state
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    return both
