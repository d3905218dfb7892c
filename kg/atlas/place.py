"""The interface of a place for objects, implemented by ``folder`` and ``bucket``: it handles names and bytes, not
hashes."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Protocol


@dataclass(frozen=True)
class Lying:
    """What is stored under a name. ``bytes``: size; ``written``: time, in seconds since the epoch; ``state``: changes
    when it is rewritten; ``scrap``: an incomplete file rather than an object."""

    name: str
    bytes: int
    written: float
    state: tuple[object, ...]
    scrap: bool = False


class Place(Protocol):
    """Names are those of objects (sha256). Methods raise OSError or StoreError if something cannot be read or
    written."""

    def where(self, name: str) -> str: ...

    def find(self, name: str) -> Lying | None: ...

    def open(self, name: str) -> BufferedIOBase: ...

    def write(self, name: str, source: BufferedIOBase) -> None: ...

    def renew(self, name: str) -> None: ...

    def all(self) -> Iterator[Lying]: ...

    def remove(self, lying: Lying) -> None: ...
