import pytest

from tests.bench.readme import BLOCK, PAGES, filled


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_results_in_a_page_are_those_of_the_results_files(page) -> None:
    text = page.read_text()
    assert BLOCK.search(text)
    assert filled(text) == text, "run: python tests/bench/readme.py"
