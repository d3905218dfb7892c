from tests.bench.readme import BLOCK, README, filled


def test_results_in_the_readme_are_those_of_the_results_files() -> None:
    text = README.read_text()
    assert BLOCK.search(text)
    assert filled(text) == text, "run: python tests/bench/readme.py"
