"""Puts measured results into the pages that show them, between ``<!-- results: NAME KEY -->`` and ``<!-- end -->``.

``results: every file`` lists them all. ``KEY: A, B`` shows those columns of a table, ``KEY: lines 3-9``
those lines of a text; of a map its numbers are shown.

    python tests/bench/readme.py          writes
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.record import FOLDER, load

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "api" / "docs" / "pages" / "evidence"
PAGES = (ROOT / "README.md", ROOT / "kg" / "match" / "STATISTICS.md", *sorted(EVIDENCE.glob("*.md")))
BLOCK = re.compile(r"<!-- results: (\w+) ([^>]+?) -->\n.*?<!-- end -->", re.DOTALL)
FACTS = ("commit", "date", "seed", "command", "note")
_LINES = re.compile(r"lines (\d+)-(\d+)")
_PAIR = 2


def filled(text: str) -> str:
    """The text with every block as its results file has it."""

    def put(found: re.Match[str]) -> str:
        name, (key, _, columns) = found[1], found[2].partition(": ")
        if name == "every":
            return f"<!-- results: {name} {found[2]} -->\n{_table(list(every()), [])}\n<!-- end -->"
        facts = load(name)
        value = facts.get("results", facts)
        for part in key.split("/") if key != "." else ():
            value = value[part]
        body = _shown(value, columns)
        note = f"; {facts['note']}" if "note" in facts else ""
        source = (
            f"*commit {_commit(facts, key)[:7]}, {facts['date']}, `{facts['command']}`, seed {facts['seed']}{note}*"
        )
        return f"<!-- results: {name} {found[2]} -->\n{body}\n\n{source}\n<!-- end -->"

    return BLOCK.sub(put, text)


def _commit(facts: dict, key: str) -> str:
    """That at which the part was measured, where the parts of a file were measured apart."""
    commits, part = facts.get("results", facts).get("commits", {}), key.split("/")[0]
    return next((each for each, parts in commits.items() if part in str(parts).split(", ")), facts["commit"])


def every() -> Iterator[dict[str, str]]:
    """Of each results file what was run, when and at which commit."""
    for path in sorted(FOLDER.glob("*.json")):
        facts = load(path.stem)
        yield {
            "figures": path.stem,
            "measured": facts["date"],
            "commit": facts["commit"][:7],
            "command": f"`{facts['command']}`",
        }


def _shown(value: object, columns: str) -> str:
    if isinstance(value, list):
        return _table(value, columns.split(", ") if columns else [])
    if isinstance(value, dict):
        names = (
            columns.split(", ")
            if columns
            else [name for name, each in value.items() if isinstance(each, int | float | str) and name not in FACTS]
        )
        return _table([{"": name, "measured": value[name]} for name in names], [])
    text = str(value)
    if lines := _LINES.fullmatch(columns):
        text = "\n".join(text.splitlines()[int(lines[1]) - 1 : int(lines[2])])
    return f"```text\n{text}\n```"


def _cell(value: object) -> str:
    """A rate with its Monte-Carlo error is a pair."""
    if isinstance(value, list) and len(value) == _PAIR:
        return f"{value[0]:.3f} ± {value[1]:.3f}"
    return "–" if value is None else str(value)


def _table(rows: list[dict], chosen: list[str]) -> str:
    names = chosen or list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows])


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(filled(page.read_text()))
