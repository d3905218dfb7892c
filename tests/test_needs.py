"""What is not there is told by its name, and under CI it fails the test."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import SourceError
from tests.needs import lacking, sources

TESTS = Path(__file__).parent
HERE_OR_NOWHERE = "jax_microglia/DE_B6_APPPS1_vs_WT_cluster_H.txt"
FETCHED = "trrust/trrust_rawdata.human.tsv"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache without files, and no network."""
    folder = tmp_path / "sources"
    folder.mkdir()
    monkeypatch.setenv("ORTHOKG_CACHE", str(folder))
    monkeypatch.setenv("ORTHOKG_OFFLINE", "1")
    monkeypatch.delenv("CI", raising=False)
    return folder


@pytest.mark.parametrize("name", [HERE_OR_NOWHERE, FETCHED])
def test_a_file_that_is_not_there_skips_aloud_and_fails_under_ci(
    empty: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    with (
        pytest.warns(UserWarning, match=f"SKIPPED: .*{re.escape(name)}"),
        pytest.raises(pytest.skip.Exception, match=re.escape(name)),
    ):
        sources().get(name)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=re.escape(name)):
        sources().get(name)


def test_without_a_folder_of_sources_nothing_is_fetched(empty: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ORTHOKG_CACHE")
    monkeypatch.delenv("ORTHOKG_OFFLINE")
    with pytest.warns(UserWarning, match="SKIPPED"), pytest.raises(pytest.skip.Exception, match=re.escape(FETCHED)):
        sources().get(FETCHED)


def test_all_that_stands_beside_is_asked_for(empty: Path):
    place = empty / FETCHED
    place.parent.mkdir()
    place.write_text("")
    cache = sources()
    cache.pins = {**cache.pins, FETCHED: replace(cache.pins[FETCHED], sha256=hashlib.sha256(b"").hexdigest())}
    assert cache.get_all(FETCHED) == place
    with (
        pytest.warns(UserWarning, match="SKIPPED"),
        pytest.raises(pytest.skip.Exception, match=re.escape(HERE_OR_NOWHERE)),
    ):
        cache.get_all(FETCHED, HERE_OR_NOWHERE)


def test_a_file_that_is_another_is_no_absence(empty: Path):
    place = empty / FETCHED
    place.parent.mkdir()
    place.write_text("another")
    with pytest.raises(SourceError, match="not the pinned file"):
        sources().get(FETCHED)


def test_a_program_that_is_not_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CI", raising=False)
    with (
        pytest.warns(UserWarning, match="SKIPPED: no browser"),
        pytest.raises(pytest.skip.Exception, match="no browser"),
    ):
        lacking("no browser")


def test_no_test_skips_in_words_of_its_own():
    """Authors' original files, which no machine must have, alone are left out elsewhere."""
    found = {
        p.name
        for p in TESTS.rglob("*.py")
        if re.search(r"pytest\.skip\(|importorskip|mark\.skip", p.read_text()) and "bench" not in p.parts
    }
    assert found == {"needs.py", "test_upstream.py"} | {Path(__file__).name}
