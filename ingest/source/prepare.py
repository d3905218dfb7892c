"""From the authors' own files to the file that we read: one pure function per prepared file."""

from collections.abc import Callable, Mapping
from pathlib import Path

Transform = Callable[[Mapping[str, Path]], bytes]

TRANSFORMS: dict[str, Transform] = {}
