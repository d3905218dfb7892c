"""Puts measured results into README.md and kg/match/STATISTICS.md, between ``<!-- results: NAME KEY -->`` and ``<!-- end -->``.

    python tests/bench/readme.py          writes
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.record import load

README = Path(__file__).parents[2] / "README.md"
PAGES = (README, README.parent / "kg" / "match" / "STATISTICS.md")
BLOCK = re.compile(r"<!-- results: (\w+) ([^>]+?) -->\n.*?<!-- end -->", re.DOTALL)
_PAIR = 2


def filled(text: str) -> str:
    """The text with every block as its results file has it."""

    def put(found: re.Match[str]) -> str:
        name, (key, _, columns) = found[1], found[2].partition(": ")
        facts = load(name)
        value = facts.get("results", facts)[key]
        body = _table(value, columns.split(", ") if columns else []) if isinstance(value, list) else f"```\n{value}\n```"
        return f"<!-- results: {name} {found[2]} -->\n{body}\n\n*commit {facts['commit']}, `{facts['command']}`, seed {facts['seed']}*\n<!-- end -->"

    return BLOCK.sub(put, text)


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
