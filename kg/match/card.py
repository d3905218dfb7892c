"""A method's card: what it is, where it comes from, and when not to trust it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    name: str
    version: str
    summary: str
    limits: tuple[str, ...]
    doi: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
