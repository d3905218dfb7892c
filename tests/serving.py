"""The application in a thread of its own, for clients that need a real server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from api.access.limits import Limits
from api.sockets import listening
from api.sockets.proxies import Proxies
from api.sockets.visitors import doors
from tests.patience import until


@contextmanager
def serving(app: FastAPI, limits: Limits | None = None, proxies: Proxies | None = None) -> Iterator[int]:
    """Its port on loopback, behind the door that ``orthokg serve`` has. At the end, requests that hang are cut off."""
    bounds = limits or Limits()
    visitors = listening.expected(bounds, proxies)
    (door,) = doors("127.0.0.1", 0, visitors)
    server = listening.server(app, visitors, bounds, log_level="error")
    thread = threading.Thread(target=server.run, args=([door],), daemon=True)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        assert server.started, "the server did not start"
        yield door.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        door.close()
