"""Every measured figure is shown, with a day and a commit that the history of this branch holds."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.bench.readme import EVIDENCE, ROOT
from tests.bench.record import FOLDER, load

RESULTS = [path.stem for path in sorted(FOLDER.glob("*.json"))]
COMMIT = re.compile(r"[0-9a-f]{7,40}")


def git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def commits(name: str) -> list[str]:
    """That of a file of figures, and those of its parts where they were measured apart."""
    facts = load(name)
    return [facts["commit"], *facts.get("results", facts).get("commits", {})]


@pytest.fixture(scope="module")
def history() -> bool:
    """Whether the whole history is here, and not an export of the files or a shallow clone."""
    return (ROOT / ".git").exists() and git("rev-parse", "--is-shallow-repository").stdout.strip() == "false"


@pytest.mark.parametrize("name", RESULTS)
def test_the_commit_of_a_figure_is_in_the_history(name: str, history: bool) -> None:
    named = commits(name)
    assert all(COMMIT.fullmatch(each) for each in named)
    missing = [each for each in named if history and git("merge-base", "--is-ancestor", each, "HEAD").returncode]
    assert missing == []


@pytest.mark.parametrize("name", RESULTS)
def test_every_figure_is_shown_and_has_a_day_and_a_command(name: str) -> None:
    facts = load(name)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", facts["date"])
    script = re.search(r"tests[./]bench[./](bench_\w+)", facts["command"])
    assert script
    assert (ROOT / "tests" / "bench" / f"{script[1]}.py").is_file()
    pages = "".join(path.read_text(encoding="utf-8") for path in EVIDENCE.glob("*.md"))
    assert f"<!-- results: {name} " in pages
    assert f"| {name} | {facts['date']} |" in (EVIDENCE / "index.md").read_text(encoding="utf-8")


def test_commits_named_in_the_pages_are_those_of_the_figures() -> None:
    known = {each[:7] for name in RESULTS for each in commits(name)}
    for page in [ROOT / "README.md", *EVIDENCE.glob("*.md"), ROOT / "kg" / "match" / "STATISTICS.md"]:
        assert set(re.findall(r"\*commit (\w+),", page.read_text(encoding="utf-8"))) <= known, page.name


def test_the_readme_is_short() -> None:
    assert len((Path(ROOT) / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
