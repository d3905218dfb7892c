"""``make demo``: which home it writes, and what it leaves alone."""

from pathlib import Path

import pytest

from ingest import demo
from ingest.cli.ingest import DEMO
from ingest.demo import MADE_UP, plan
from ingest.load.pipeline import bundled
from ingest.manifest.manifest import read
from kg.store.driver import open_store

OWN = "orthokg:dataset/my-study"
REAL = next(read(path).dataset_id for path in bundled() if path.stem == DEMO[0])
GONE = "no network"


@pytest.mark.parametrize(
    ("held", "gone", "ingests", "simulated"),
    [
        (set(), "", True, False),
        (set(), GONE, True, True),
        ({REAL}, "", True, False),
        ({REAL, OWN}, "", True, False),
        ({REAL}, GONE, False, False),
        (MADE_UP, GONE, True, True),
        (MADE_UP | {OWN}, GONE, True, True),
    ],
)
def test_its_own_data_are_loaded_again_and_others_beside_them_stay(
    held: set[str], gone: str, ingests: bool, simulated: bool
) -> None:
    made = plan(Path("/home"), held, gone)
    assert not made.refused
    assert (made.ingest, made.simulated) == (ingests, simulated if ingests else False)


@pytest.mark.parametrize(
    ("held", "gone", "told"),
    [
        ({OWN}, "", "ORTHOKG_HOME=/a/home-demo make demo"),
        ({OWN}, GONE, "ORTHOKG_HOME=/a/home-demo make demo"),
        (MADE_UP, "", "mv /a/home /a/home-simulated"),
        (MADE_UP | {OWN}, "", "mv /a/home /a/home-simulated"),
    ],
)
def test_data_of_others_and_of_the_other_kind_are_left_alone(held: set[str], gone: str, told: str) -> None:
    assert told in plan(Path("/a/home"), held, gone).refused


def test_a_home_that_holds_only_a_study_of_ones_own_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORTHOKG_HOME", str(tmp_path / "mine"))
    with open_store("embedded") as store:
        store.write("CREATE (d:Dataset {id: $id, source: 'dataset/my-study', run: 'r'})", id=OWN)
    assert demo.run() == 1
    assert f"{OWN}), and is left alone" in capfd.readouterr().err
    with open_store("embedded") as store:
        assert store.read("MATCH (n) RETURN count(n) AS n") == [{"n": 1}]


def test_nothing_of_the_demonstration_deletes() -> None:
    text = (Path(__file__).parents[2] / "Makefile").read_text()
    assert "rm -rf .venv " in text
    assert all(".orthokg" not in line for line in text.splitlines() if "rm " in line)
