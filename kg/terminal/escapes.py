"""What is shown at a terminal: text of files and of the graph cannot steer it.

Control characters and marks that turn the direction of text are written as JSON escapes (``\\u001b``), so that JSON
is the same JSON, and a person sees what was there. Rich, whose colours are our own, goes through
:class:`kg.terminal.console.Console`; all else goes through the streams that :func:`shielded` puts in place of standard
output and error.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """The text, with what would steer a terminal written out; tabs and line ends stay."""
    return _STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Shield:
    """A stream of text that writes what is shown. Rich finds the stream behind it by ``rich_proxied_file``."""

    def __init__(self, stream: TextIO):
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        # A bar that draws itself again begins with \r and has no line end.
        again = text.startswith("\r") and "\n" not in text
        self.rich_proxied_file.write(("\r" if again else "") + shown(text[again:].replace("\r\n", "\n")))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


@contextmanager
def shielded() -> Iterator[None]:
    """Standard output and error, of click and of print, show text as :func:`shown`."""
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", each if isinstance(each, _Shield) else _Shield(each)) for each in kept)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = kept
