"""Which contrasts measure the type-I error of a reference: those that ask, so that no other table moves the card."""

from pathlib import Path

from kg.curie import HUMAN, MOUSE
from kg.match.calibrate import Calibration, worst
from kg.verdict.derive import probes
from tests.kg.little import TRUTH, Little


def labels(little: Little, taxon: str = HUMAN, simulated: bool = False) -> list[str]:
    return [info.label for info in probes(little.workspace(), taxon, simulated)]


def test_a_table_that_does_not_ask_is_no_probe_however_strong(tmp_path: Path):
    little = Little(tmp_path)
    little.add("asks", MOUSE, TRUTH, probe=True)
    little.add("asks too", MOUSE, TRUTH / 2, probe=True)
    before = labels(little)
    little.add("strong", MOUSE, 50 * TRUTH)
    assert sorted(before) == sorted(labels(little)) == ["asks", "asks too"]


def test_where_none_asks_the_strongest_of_the_other_species_is_taken(tmp_path: Path):
    little = Little(tmp_path)
    for name, taxon, times in (("weak", MOUSE, 0.1), ("strong", MOUSE, 5), ("human", HUMAN, 50)):
        little.add(name, taxon, times * TRUTH)
    assert labels(little) == ["strong"]
    assert labels(little, MOUSE) == ["human"]


def test_what_is_simulated_measures_what_is_simulated_alone(tmp_path: Path):
    little = Little(tmp_path)
    little.add("simulated", MOUSE, 5 * TRUTH, simulated=True, probe=True)
    assert labels(little) == []
    little.add("measured", MOUSE, TRUTH)
    assert labels(little) == ["measured"]
    assert labels(little, simulated=True) == ["simulated"]


def test_the_worst_of_the_probes_is_told_and_how_many_there_were():
    cards = [Calibration(0.005, 200, "against a"), Calibration(0.04, 200, "against b"), Calibration(None, 0, "too few")]
    assert worst(cards) == Calibration(0.04, 200, "against b; the worst of 2 contrasts")
    assert worst(cards[:1]) == cards[0]
    assert worst(cards[2:]) == cards[2]
    assert worst([]) is None
