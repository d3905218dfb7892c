"""What a place of objects does, whether ``folder`` or ``bucket``: it knows names and bytes, but no hashes."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Protocol


@dataclass(frozen=True)
class Lying:
    """What a place holds under a name: its ``bytes``, and when it was written (seconds since the epoch). ``state``:
    changes when it is rewritten. ``scrap``: incomplete, and not an object."""

    name: str
    bytes: int
    written: float
    state: tuple[object, ...]
    scrap: bool = False


class Place(Protocol):
    """Names are those of objects (sha256). Raises OSError or StoreError if something cannot be read or written."""

    def where(self, name: str) -> str: ...

    def find(self, name: str) -> Lying | None: ...

    def open(self, name: str) -> BufferedIOBase: ...

    def write(self, name: str, source: BufferedIOBase) -> None: ...

    def renew(self, name: str) -> None: ...

    def all(self) -> Iterator[Lying]: ...

    def remove(self, lying: Lying) -> None: ...
