"""Pages that are made of the code say what the code says now."""

from pathlib import Path

import pytest

from kg.cli.main import COMMANDS
from tests.docs.error_codes import codes
from tests.docs.reference import MADE, PAGES, filled, made_pages

FOUND = made_pages()


def test_everything_that_is_made_stands_in_a_page() -> None:
    assert set().union(*FOUND.values()) == set(MADE)


@pytest.mark.parametrize("page", FOUND, ids=lambda page: page.stem)
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
