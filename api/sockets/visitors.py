"""Who is connected: so many in all and of one address, who makes way for whom, and the door at which it is decided.

A connection that waits for nothing but its client (silent, in the midst of a head or body, kept after an answer, or
taking a large one) makes way for a new one, the one that has waited longest first; one whose whole request is being
worked on never does. Where none can, the new one is told 503 and closed. So a server whose connections are all taken by
silence goes on answering.
"""

import asyncio
import errno
import logging
import os
import socket
from collections import Counter
from typing import Protocol

from api.sockets.proxies import Proxies, side_of
from kg.errors import KgError

log = logging.getLogger("orthokg.sockets")
Peer = tuple[str, int]
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_AT_ONCE = 32


class Talk(Protocol):
    """What a connection must be able to do."""

    def cut(self, why: str) -> None:
        """Ends it now, whatever it has not sent."""

    def look(self) -> None:
        """Ends it if it has taken too long."""


class Visitor:
    """One connection. ``side`` is what it counts for: none for a declared proxy, which comes for many."""

    __slots__ = ("client", "leaving", "peer", "sending", "side", "talk")

    def __init__(self, peer: Peer, side: str | None):
        self.peer, self.side = peer, side
        self.client: str | None = None
        self.talk: Talk | None = None
        self.leaving, self.sending = False, 0


class Visitors:
    """``most`` connections, ``each`` of one side, and no descriptor above ``highest``; ``unread``: bytes of all answers
    that clients have not taken yet."""

    def __init__(
        self, most: int, each: int, unread: int, *, highest: int | None = None, proxies: Proxies | None = None
    ):
        self.most, self.each, self.unread = most, min(each, most), unread
        self.highest, self.proxies = highest, proxies or Proxies()
        self._all: dict[Peer, Visitor] = {}
        self._waiting: dict[Visitor, None] = {}
        self._of: Counter[str] = Counter()
        self._leaving = 0
        self._sending: dict[Visitor, None] = {}
        self._unread = 0

    def __len__(self) -> int:
        return len(self._all) - self._leaving

    def at(self, peer: Peer) -> Visitor | None:
        return self._all.get(peer)

    def every(self) -> list[Visitor]:
        return list(self._all.values())

    def enter(self, peer: Peer, descriptor: int = 0) -> bool:
        """Whether the connection is taken. Another may have made way for it."""
        side = None if peer[0] in self.proxies else side_of(peer[0])
        if side is not None and self._of[side] >= self.each and not self._makes_way(side):
            return False
        full = len(self) >= self.most or (self.highest is not None and descriptor > self.highest)
        if full and not self._makes_way(None):
            return False
        self._all[peer] = Visitor(peer, side)
        if side is not None:
            self._of[side] += 1
        return True

    def crowded(self) -> bool:
        """Whether many that must go are not gone yet: until then nobody is let in."""
        return self._leaving >= _AT_ONCE

    def _makes_way(self, side: str | None) -> bool:
        for visitor in self._waiting:
            if side in (None, visitor.side):
                assert visitor.talk is not None
                self._goes(visitor)
                visitor.talk.cut("made way for another")
                return True
        return False

    def _goes(self, visitor: Visitor) -> None:
        if not visitor.leaving:
            visitor.leaving = True
            self._leaving += 1
            self._waiting.pop(visitor, None)
            self._forget(visitor.side)

    def _forget(self, side: str | None) -> None:
        if side is not None:
            self._of[side] -= 1
            if not self._of[side]:
                del self._of[side]

    def waits(self, visitor: Visitor) -> None:
        """From now on for its client."""
        if not visitor.leaving and visitor.peer in self._all:
            self._waiting.pop(visitor, None)
            self._waiting[visitor] = None

    def asks(self, visitor: Visitor, client: str) -> bool:
        """A request begins, of ``client`` when it comes through a proxy. False: that client has too many of them
        already."""
        if visitor.side is None:
            side = side_of(client)
            if self._of[side] >= self.each and not self._makes_way(side):
                return False
            visitor.client = side
            self._of[side] += 1
        return True

    def works_for(self, visitor: Visitor) -> None:
        """Its request is whole: it waits for us now."""
        self._waiting.pop(visitor, None)

    def answered(self, visitor: Visitor) -> None:
        self._forget(visitor.client)
        visitor.client = None

    def sends(self, visitor: Visitor, size: int) -> None:
        """An answer of so many bytes. The clients that have been taking theirs longest are cut off where all are too
        large."""
        self.taken(visitor)
        visitor.sending = size
        self._sending[visitor] = None
        self._unread += size
        self.waits(visitor)
        for slow in list(self._sending):
            if self._unread <= self.unread or slow is visitor:
                break
            self.taken(slow)
            if slow.talk is not None:
                slow.talk.cut("took its answer too slowly while others waited")

    def taken(self, visitor: Visitor) -> None:
        self._unread -= visitor.sending
        visitor.sending = 0
        self._sending.pop(visitor, None)

    def leave(self, visitor: Visitor) -> None:
        self.answered(visitor)
        self.taken(visitor)
        self._waiting.pop(visitor, None)
        if self._all.pop(visitor.peer, None) is None:
            return
        if visitor.leaving:
            self._leaving -= 1
        else:
            self._forget(visitor.side)


class Door(socket.socket):
    """A listening socket that lets in who may enter, before the loop makes anything of the connection."""

    visitors: Visitors

    def accept(self) -> tuple[socket.socket, Peer]:
        """The next connection that is taken. Raises BlockingIOError when there is none, as sockets do."""
        for _ in range(_AT_ONCE):
            if self.visitors.crowded():
                break
            try:
                made, peer = super().accept()
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self._turn_away(error)
                break
            if self.visitors.enter(peer[:2], made.fileno()):
                return made, peer
            log.warning(
                "a connection is refused: as many are open as may be", extra={"fields": {"open": len(self.visitors)}}
            )
            _refuse(made)
        raise BlockingIOError

    def _turn_away(self, error: OSError) -> None:
        """Without a descriptor the connection would stay in the queue and the loop would look at it for ever: the one
        that is kept for it takes it, and closes it."""
        log.error("no descriptor for a connection: %s", error.strerror)
        os.close(self._spare)
        try:
            _refuse(super().accept()[0])
        except OSError:
            log.error("no descriptor for a connection, nor to refuse it")
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def opened(self, visitors: Visitors) -> "Door":
        self.visitors = visitors
        self._spare = os.open(os.devnull, os.O_RDONLY)
        return self

    def close(self) -> None:
        if self.fileno() >= 0 and hasattr(self, "_spare"):
            os.close(self._spare)
        super().close()


def _refuse(made: socket.socket) -> None:
    made.setblocking(False)
    try:
        made.send(_FULL)
    except OSError:
        log.debug("gone before it was refused")
    finally:
        made.close()


def doors(host: str, port: int, visitors: Visitors) -> list[Door]:
    """One for each address that ``host`` stands for. Raises KgError ADDRESS where it cannot be listened at."""
    made: list[Door] = []
    try:
        for family, kind, number, _, address in dict.fromkeys(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            door = Door(family, kind, number)
            made.append(door)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind(address)
            door.opened(visitors)
    except OSError as error:
        for door in made:
            door.close()
        why = f"{error.strerror}. Choose another --port, or stop the process that listens there."
        text = f"Cannot listen at {host}, port {port}: {why}"
        raise KgError(text, code="ADDRESS") from error
    return made


async def look_after(visitors: Visitors, seconds: float) -> None:
    """Looks at each connection every so many seconds, until it is cancelled."""
    while True:
        await asyncio.sleep(seconds)
        for visitor in visitors.every():
            if visitor.talk is not None:
                visitor.talk.look()
