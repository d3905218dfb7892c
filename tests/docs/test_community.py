"""Files at the root that people and tools read: links lead somewhere, versions agree, targets that are named exist."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from kg.report import citation

ROOT = Path(__file__).parents[2]
READ = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")


@pytest.mark.parametrize("name", READ)
def test_links_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    told = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert [link for link in told if link and not (ROOT / link).exists()] == []


def test_the_citation_is_of_this_version_and_names_the_article() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert [each["doi"] for each in cited["references"]] == ["10.1038/s41592-024-02390-8"]


def test_what_the_explorer_and_the_report_cite_is_what_the_citation_says() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    (article,) = cited["references"]
    assert [cited[k] for k in ("title", "license", "message")] == [citation.TITLE, citation.LICENCE, citation.MESSAGE]
    assert [each["name"] for each in cited["authors"]] == [citation.AUTHORS]
    assert str(cited["date-released"]) == citation.RELEASED
    method = citation.METHOD
    assert method.authors == tuple((each["family-names"], each["given-names"]) for each in article["authors"])
    assert method.pages == (article["start"], article["end"])
    names = ("title", "journal", "volume", "year", "doi")
    assert [getattr(method, name) for name in names] == [article[name] for name in names]


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert headings[0] == "Unreleased"
    day = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["date-released"]
    assert headings[1] == f"{version} - {day}"


@pytest.mark.parametrize("name", READ)
def test_targets_of_make_that_are_named_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert (
        set(re.findall(r"(?:`|^    )make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        <= targets
    )


def test_contributing_begins_with_the_quick_tier() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.findall(r"^    make ([a-z-]+)", text, re.MULTILINE)[0] == "quick"
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert module == "pytest" or (ROOT / (module.replace(".", "/") + ".py")).exists(), module


def test_templates_of_issues_say_what_they_are_for() -> None:
    found = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md")}
    assert set(found) == {"bug", "wrong-verdict", "data-request"}
    for text in found.values():
        facts = yaml.safe_load(text.split("---")[1])
        assert {"name", "about", "labels"} <= set(facts)
