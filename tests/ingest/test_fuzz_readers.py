"""Files that are damaged in their bytes and in their structure, of every format that is read: each is read soundly or
refused by a rule, and none takes the process, the memory or the time of who reads it. Ten thousand of them:
tests/bench/bench_readers.py."""

from pathlib import Path

import pytest

from tests.ingest.fuzz.parent import Outcome, outcomes
from tests.ingest.fuzz.seeds import SEEDS

FILES = 300
pytestmark = pytest.mark.models  # readers of rankings and motif tables are among them


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    return list(outcomes(tmp_path_factory.mktemp("fuzz"), 0, FILES))


def test_each_is_read_soundly_or_refused_by_a_rule(found: list[Outcome]):
    assert [each.number for each in found] == list(range(FILES))
    assert [each for each in found if not each.held] == []


def test_damage_is_seen_in_every_format(found: list[Outcome]):
    assert {each.reader for each in found} == set(SEEDS)
    assert {each.reader for each in found if each.kind == "refused"} == set(SEEDS)
    assert 0.2 < sum(each.kind == "refused" for each in found) / FILES < 0.9


def test_a_refusal_names_its_code_what_was_found_and_what_to_do(found: list[Outcome]):
    for each in found:
        if each.kind == "refused":
            code, _, words = each.told.partition(": ")
            assert code.replace("_", "").isupper(), each
            assert "(found " in words, each


def test_the_same_number_makes_the_same_file(found: list[Outcome], tmp_path: Path):
    again = list(outcomes(tmp_path, 0, 6))
    assert [(each.reader, each.what, each.kind) for each in again] == [
        (each.reader, each.what, each.kind) for each in found[:6]
    ]
