"""What a reader is told to run: the blocks of a page, in order, and which of them are not run and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "api" / "docs" / "pages"
REASONS = ("docker", "another host", "network", "an hour", "clone")
LANGUAGES = ("console", "cypher", "graphql", "python", "text", "yaml")
_FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (not run: [\w ]+|sources|server stopped) -->\n$")
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Command:
    """One line of a shell, and lines that stand in what it prints."""

    text: str
    prints: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """``why``: the reason why it is not run, empty where it is; ``sources``: it reads public files of the cache;
    ``stops``: the reader has stopped the server before it."""

    line: int
    language: str
    title: str
    text: str
    why: str
    sources: bool
    stops: bool

    def commands(self) -> Iterator[Command]:
        """Of a block of the language console."""
        text, prints = "", list[str]()
        for line in self.text.splitlines():
            if line.startswith("$ "):
                if text:
                    yield Command(text, tuple(prints))
                text, prints = line[2:], []
            elif text.endswith("\\"):
                text = f"{text}\n{line}"
            else:
                prints.append(line)
        if text:
            yield Command(text, tuple(prints))


@dataclass(frozen=True)
class Page:
    path: Path
    blocks: tuple[Block, ...] = field(default=())

    @property
    def name(self) -> str:
        return str(self.path.relative_to(PAGES if self.path.is_relative_to(PAGES) else ROOT).with_suffix(""))

    @property
    def runs(self) -> tuple[Block, ...]:
        """What is run: commands and queries, and the files that they need."""
        asked = [block for block in self.blocks if not block.why and block.language in ("console", "cypher", "graphql")]
        return tuple(block for block in self.blocks if block in asked or (asked and block.title and not block.why))


def read(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    blocks = []
    for found in _FENCE.finditer(text):
        mark = _MARK.search(text[: found.start()])
        said = mark[1] if mark else ""
        title = _TITLE.search(found[2])
        line = text.count("\n", 0, found.start()) + 1
        why = said.removeprefix("not run: ") if said.startswith("not run: ") else ""
        blocks.append(
            Block(line, found[1], title[1] if title else "", found[3], why, said == "sources", said == "server stopped")
        )
    return Page(path, tuple(blocks))


def all_pages() -> list[Page]:
    """The README and every page of the documentation that people wrote; those that are made of the code or of figures
    show no commands to run."""
    made = ("reference", "evidence")
    paths = [
        path
        for path in sorted(PAGES.rglob("*.md"))
        if path.relative_to(PAGES).parts[0] not in made and path.stem != "decisions"
    ]
    return [read(path) for path in (ROOT / "README.md", *paths)]
