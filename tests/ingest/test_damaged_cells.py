"""A damaged file of cells is read as what it was, or is one error of ours: never other numbers, a traceback, or the end
of the process. And files that are unusual and in order are read."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ingest.damage import FORMS

ROOT = Path(__file__).parents[2]
EACH = 32


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    command = [sys.executable, "-m", "tests.ingest.read_damaged", str(tmp_path_factory.mktemp("damaged")), str(EACH)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    made = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{made[-1][0]} ended the process: {done.stderr[-500:]}"
    assert made[-1][0] == "all read"
    return made[:-1]


def test_a_damaged_file_is_the_same_or_an_error_of_ours(lines: list[list[str]]):
    assert len(lines) > 20 * len(FORMS) - 40
    assert [line for line in lines if line[1] in ("OTHER", "FOREIGN")] == []


def test_damage_is_found_in_every_format(lines: list[list[str]]):
    for form in FORMS:
        codes = [line[1] for line in lines if line[0].startswith(f"{form}: ")]
        assert sum(code != "same" for code in codes) > len(codes) / 4, form


def test_an_error_names_the_file_what_was_found_and_what_to_do(lines: list[list[str]]):
    for line in lines:
        if line[1] != "same":
            assert "(found " in line[2], line
            assert (
                "write it again with a current anndata" not in line[2]
                or "No read method" in line[2]
                or "9.0" in line[2]
            ), line
