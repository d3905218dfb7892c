"""Text and tables that fit a terminal of any width."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

STEP = 2


class Hanging:
    """A paragraph: what is wrapped stands under its own beginning, ``STEP`` columns further in."""

    def __init__(self, text: Text | str, style: str = ""):
        said = Text(text, style=style) if isinstance(text, str) else text
        self.indent = len(said.plain) - len(said.plain.lstrip(" "))
        self.text = said[self.indent :] if self.indent else said

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        room = max(options.max_width - self.indent - STEP, 10)
        for at, line in enumerate(self.text.wrap(console, room, overflow="fold") or [Text()]):
            line.rstrip()
            yield Text(" " * (self.indent + (STEP if at else 0))) + line


class Wide:
    """One layout where there is room for ``least`` columns, and another one where there is not."""

    def __init__(self, least: int, wide: RenderableType, narrow: RenderableType):
        self.least, self.wide, self.narrow = least, wide, narrow

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield self.wide if options.max_width >= self.least else self.narrow
