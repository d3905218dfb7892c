"""Pages that are made of the code say what the code says now."""

from pathlib import Path

import pytest

from kg.cli.main import COMMANDS
from tests.docs.error_codes import codes
from tests.docs.reference import MADE, PAGES, filled, made_pages

FOUND = made_pages()


def test_everything_that_is_made_stands_in_a_page() -> None:
    assert set().union(*FOUND.values()) == set(MADE)


def of_models(page: Path) -> bool:
    """Kernels of SATURN import torch."""
    return "kernels" in FOUND[page]


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.models] * of_models(page), id=page.stem) for page in FOUND]
)
def test_a_page_is_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, "run: python -m tests.docs.reference"


def test_every_command_is_in_the_page_of_commands() -> None:
    text = (PAGES / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"\n## orthokg {name}\n" not in text] == []


def test_codes_of_every_kind_are_found() -> None:
    found = codes()
    for code in (
        "MANIFEST",
        "UNKNOWN_TERM",
        "NO_VARIANCE",
        "STORE_LOCKED",
        "OFFLINE",
        "OWN_CURATION",
        "RATE_LIMITED",
        "NORMALISED",
    ):
        assert found[code], code


SHARED_RULES = {
    frozenset({"NEGATIVE_COUNTS", "NO_COUNTS"}): "counts that are below 0; a layer without any",
    frozenset({"ENCODING", "NOT_TEXT"}): "text with bytes that no text has; a file of another kind",
    frozenset({"NOT_FINITE", "NOT_NUMBERS"}): "numbers with an infinite or missing one; no numbers",
    frozenset({"BAD_ROWS", "WRONG_COLUMNS"}): "a motif table whose rows, or whose columns, are of another kind",
}
"""Codes that share a rule, since it can be broken in ways that ask for another remedy each."""


def test_one_condition_has_one_code() -> None:
    by_rule: dict[str, set[str]] = {}
    for code, kinds in codes().items():
        for said in (each for texts in kinds.values() for each in texts):
            by_rule.setdefault(" ".join(said.replace("…", "").split()), set()).add(code)
    shared = {frozenset(found) for rule, found in by_rule.items() if rule and len(found) > 1}
    assert shared == set(SHARED_RULES)
    not_installed = {
        code for rule, found in by_rule.items() if "is not installed" in rule or "pip install" in rule for code in found
    }
    assert not_installed == {"NEEDS_MODELS"}


def test_every_code_is_in_the_page_once() -> None:
    text = (PAGES / "reference" / "errors.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(codes())
