"""A type that is new, doublets, one donor's cells: who is let in as a type, and what shows it."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.method.gates.new_types import Claimed, new_types
from tests.bench.planted import TYPES, UNSEEN, Plan, Planted, plant

NOTHING = np.zeros((0, 400))


def asked(made: Planted) -> Claimed:
    """As a mapping would have it that knows all but the new cells."""
    label = np.where(np.isin(made.study.labels, made.claimed), made.study.labels, "")
    known = np.where(made.truth < len(TYPES), made.truth, -1)
    assert made.study.donors is not None
    donor = np.unique(made.study.donors, return_inverse=True)[1]
    return Claimed(made.study.counts, made.study.genes, donor, known, label, label != "", NOTHING)


@pytest.mark.parametrize(
    ("kind", "outcome", "stopped"),
    [
        ("clean, new type", "passed", ""),
        ("doublets", "failed", "markers confirmed"),
        ("one donor", "failed", "share of one donor"),
    ],
)
def test_who_is_a_type(kind: str, outcome: str, stopped: str) -> None:
    gate, found = new_types(asked(plant(Plan(kind, 3, 4, 0, 4, 0.8 if kind == "one donor" else 0.2))))
    assert gate.outcome == outcome, gate.reason
    stops = [line.of for line in gate.lines if line.stops]
    assert any(each.endswith(stopped) for each in stops) if stopped else not stops
    assert found[0].label == UNSEEN
    if outcome == "passed":
        own = {f"g{i:03d}" for i in range(160, 180)}
        assert len(found[0].markers) >= 3
        assert {marker.gene for marker in found[0].markers} <= own
        assert all(marker.effect > 0 and marker.donors == 4 for marker in found[0].markers)


def test_what_the_parent_knows_is_not_new() -> None:
    made = asked(plant(Plan("clean, new type", 3, 4, 0, 4, 0.2)))
    gate, _ = new_types(replace(made, unknown=np.zeros(len(made.label), bool)))
    assert [line.of for line in gate.lines if line.stops] == [f"{UNSEEN}: cells UNKNOWN to the parent"]


def test_a_cluster_that_nobody_claims_is_shown() -> None:
    made = asked(plant(Plan("clean", 3, 3, 0, 4, 0.0)))
    assert new_types(made)[0].outcome == "not applicable"
    gate, _ = new_types(made, {"NK": 40})
    assert (gate.outcome, gate.lines[0].value) == ("shown", 40)
