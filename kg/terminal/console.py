"""Tables, colours and bars at a terminal, by rich; what they hold from elsewhere is written as ``kg.terminal.escapes``
says."""

from collections.abc import Iterable
from typing import IO

from rich import console
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from kg.terminal.escapes import shown


class Console(console.Console):
    """Of rich; its own colours go to the stream behind the shield, and square brackets are text."""

    def __init__(self, *, file: IO[str] | None = None, stderr: bool = False, width: int | None = None):
        super().__init__(file=file, stderr=stderr, width=width, highlight=False, markup=False)

    @property
    def file(self) -> IO[str]:
        found = super().file
        while (behind := getattr(found, "rich_proxied_file", None)) is not None:
            found = behind
        return found

    @file.setter
    def file(self, new_file: IO[str]) -> None:
        self._file = new_file

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)
