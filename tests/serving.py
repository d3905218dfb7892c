"""The application in a thread of its own, for clients that need a real server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from tests.patience import until


@contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """Its port on loopback. At the end, requests that hang are cut off."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=20))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        assert server.started, "the server did not start"
        yield door.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        door.close()
