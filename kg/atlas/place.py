"""What a place of objects does, whether ``folder`` or ``bucket``: it knows names and bytes, no hash."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Protocol


@dataclass(frozen=True)
class Lying:
    """What a place holds under a name: ``bytes`` of it, and the second of the epoch that it was written at. ``state``:
    another one when it was written again. ``scrap``: not whole, and no object."""

    name: str
    bytes: int
    written: float
    state: tuple[object, ...]
    scrap: bool = False


class Place(Protocol):
    """Names are those of objects (sha256); what cannot be read or written raises OSError or StoreError."""

    def where(self, name: str) -> str: ...

    def find(self, name: str) -> Lying | None: ...

    def open(self, name: str) -> BufferedIOBase: ...

    def write(self, name: str, source: BufferedIOBase) -> None: ...

    def renew(self, name: str) -> None: ...

    def all(self) -> Iterator[Lying]: ...

    def remove(self, lying: Lying) -> None: ...
