"""Clients that speak to a server by hand: what they send, and what comes back until the server has closed."""

import socket
import time

from tests.patience import SECONDS, until

GET = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def connected(port: int, sent: bytes = b"", *, narrow: bool = False) -> socket.socket:
    """``narrow``: with so small a buffer that an answer soon waits for its reader."""
    made = socket.socket()
    if narrow:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(SECONDS)
    made.connect(("127.0.0.1", port))
    made.sendall(sent)
    return made


def rest(made: socket.socket) -> bytes:
    """All that comes until the server closes; AssertionError where it does not."""
    came = b""
    try:
        while part := made.recv(1 << 20):
            came += part
    except ConnectionResetError:
        return came
    except TimeoutError:
        raise AssertionError(f"the server left the connection open: {came[:200]!r}") from None
    return came


def said(port: int, sent: bytes) -> bytes:
    with connected(port, sent) as made:
        return rest(made)


def status(answer: bytes) -> int:
    return int(answer[9:12]) if answer else 0


def answers(port: int, sent: bytes = GET) -> bool:
    """Whether a request by another client is answered, now."""
    try:
        with connected(port, sent) as made:
            return made.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def dripped(made: socket.socket, text: bytes, every: float) -> None:
    """Byte by byte, until the server has closed."""
    try:
        for at in range(len(text)):
            made.sendall(text[at : at + 1])
            time.sleep(every)
    except OSError:
        return


def gone(made: socket.socket) -> None:
    """Waits until the server has closed, whatever is sent to it."""

    def closed() -> bool:
        try:
            made.sendall(b"x")
        except OSError:
            return True
        return False

    until(closed)
