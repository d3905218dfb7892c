"""The verdict in plain words: one sentence for every status, no stronger than it, that names what limits it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kg.curie import HUMAN
from kg.match.specificity import Role
from kg.match.verdict import Status
from kg.schema.match import GivenState, MatchRecord
from kg.sides.catalog import Named
from kg.verdict.family import family, pairwise
from kg.verdict.sentence import _nonspecific, _supported
from tests.kg.test_others import AD, BRAIN, CORTEX, ELSEWHERE, HD, OWN, PRION, SHARED, World

NOTHING = np.zeros(len(SHARED))
MODEL = "At 8 months, tau (entorhinal cortex, female)"
STATE = f"human {AD} (bulk cerebral cortex)"


def world(folder: Path, mouse: np.ndarray = SHARED + OWN, human: np.ndarray = SHARED + OWN, **facts: object) -> World:
    made = World(folder, mouse, human)
    place = Named("UBERON:0002728", "entorhinal cortex")
    told = {"age": "8 months", "sex": "female", "region": place, **facts}
    made.mouse = made.contrasts[made.mouse.id] = replace(made.mouse, **told)  # type: ignore[arg-type]
    return made


def said(record: MatchRecord) -> str:
    assert record.sentence is not None
    assert record.sentence.endswith(".")
    assert "\n" not in record.sentence
    return record.sentence


def test_supported_without_another_disease_does_not_claim_to_be_specific(tmp_path: Path):
    record = world(tmp_path).answer()
    assert record.status == "SUPPORTED"
    assert said(record) == (
        f"{MODEL} changes like {STATE}, but whether this is specific to it is not known: no other disease is available"
        " to compare."
    )


def test_supported_names_what_is_left_what_is_unlike_and_what_is_too_weak(tmp_path: Path):
    made = world(tmp_path)
    made.add("hd", HUMAN, SHARED, n=14, state="hd", disease=HD)
    made.add("elsewhere", HUMAN, ELSEWHERE, n=14, state="elsewhere", disease="MONDO:0000001")
    made.add("noise", HUMAN, NOTHING, n=3, state="noise", disease="MONDO:0000002")
    record = made.answer()
    roles = {g.disease: g.role for g in record.given}
    assert roles == {HD: "left", "MONDO:0000001": "unlike", "MONDO:0000002": "too weak to tell"}
    assert said(record) == (
        f"{MODEL} changes like {STATE}, also beyond what it shares with {HD}; MONDO:0000001 takes no part in this;"
        " MONDO:0000002 is measured too poorly to tell."
    )


def test_nonspecific_says_which_disease_it_is_no_more_like(tmp_path: Path):
    made = world(tmp_path)
    made.add("twin", HUMAN, SHARED + OWN, n=14, state="twin", disease=PRION)
    record = made.answer()
    assert record.status == "NONSPECIFIC"
    (twin,) = record.given
    wanted = f"no more like it than like {PRION}, as far as can be seen"
    assert twin.explained
    assert said(record) == f"{MODEL} changes like {STATE}, but {wanted}."


def test_what_moves_against_both_sides_is_never_called_alike():
    against = GivenState("s", "autism", "autism", Role.NOT_TOLD_APART, 300, explained=True, opposite=True)
    told = _nonspecific([against])
    assert told == ", but along an axis on which autism moves the opposite way"
    unclear = replace(against, disease="depression", explained=False, opposite=False)
    assert _nonspecific([against, unclear]).startswith(", but these data do not tell it from depression; along an axis")


def test_many_diseases_are_counted():
    many = [GivenState(f"s{at}", f"d{at}", f"d{at}", Role.LEFT, 300) for at in range(6)]
    assert _supported(many) == ", also beyond what it shares with d0, d1 and 4 others, each taken by itself"
    weak = [replace(each, role=Role.TOO_WEAK) for each in many]
    assert "is not known: d0, d1 and 4 others are measured too poorly to tell" in _supported(weak)


def test_an_opposite_match_is_not_called_a_match(tmp_path: Path):
    record = world(tmp_path, mouse=-SHARED - OWN).answer()
    assert record.status == "DISCORDANT"
    assert said(record).startswith(f"{MODEL} changes the opposite way to {STATE}; whether this is specific is not")


@pytest.mark.parametrize(("side", "mouse", "human"), [("mouse", 0.15, 1.2), ("human", 1.2, 0.15)])
def test_no_agreement_names_the_side_whose_noise_limits_it(tmp_path: Path, side: str, mouse: float, human: float):
    made = world(tmp_path, mouse=mouse * ELSEWHERE, human=human * OWN)
    record = made.answer()
    assert record.status == "NOT_SUPPORTED"
    told = said(record)
    assert told.startswith(f"{MODEL} shows no agreement with {STATE} beyond what noise gives; ")
    assert f"the {side} side" in told
    assert "changes like" not in told


def test_a_side_of_noise_alone_could_show_no_match(tmp_path: Path):
    made = world(tmp_path, mouse=NOTHING)
    record = made.answer()
    if record.ceiling == 0:
        assert "the mouse side has no effect above its own noise, so that no match could have been seen" in said(record)
    else:
        assert "more of it on the mouse side" in said(record)


def test_what_cannot_be_tested_claims_nothing_and_says_why(tmp_path: Path):
    record = world(tmp_path, noise="none", noise_reason="counts of its donors would make it testable").answer()
    assert record.status == "UNTESTABLE"
    assert said(record).startswith("Nothing is claimed about tau (8 months, entorhinal cortex, female) and human")
    assert record.reason in said(record)


def test_a_long_reason_is_cut_and_the_verdict_keeps_all_of_it(tmp_path: Path):
    record = world(tmp_path, noise="none", noise_reason="counts; " * 60).answer()
    assert len(record.reason) > 400
    assert record.sentence is not None
    assert record.sentence.endswith(" …")
    assert len(record.sentence) < 400


def test_simulated_data_and_other_levels_are_named(tmp_path: Path):
    made = world(tmp_path, simulated=True)
    (record,) = family(made.workspace(), made.mouse, disease=AD, level="regulon", band=False)
    assert said(record).startswith("Simulated data: Nothing is claimed about")
    assert " at the regulon level" in said(record)
    assert said(made.answer()).startswith(f"Simulated data: {MODEL} changes like")


def test_a_model_of_another_disease_that_does_the_same_is_a_limit_of_the_claim(tmp_path: Path):
    made = world(tmp_path)
    made.model("scrapie", SHARED + OWN, PRION, n=12, material="bulk brain", region=BRAIN)
    made.tissues["UBERON:0002728"] = frozenset({BRAIN.id})
    made.mouse = made.contrasts[made.mouse.id] = replace(made.mouse, material="bulk cortex")
    record = made.answer()
    assert [g.role for g in record.model_given] == ["not told apart"]
    assert f"; as far as {PRION} in mice tells, any sick mouse brain changes in this way." in said(record)


def test_two_models_and_one_without_an_age(tmp_path: Path):
    made = world(tmp_path, age="adult")
    app = made.model("app", SHARED + OWN, AD, n=12, age="12 months", region=CORTEX)
    (record,) = pairwise(made.workspace(), made.mouse, [app])
    assert said(record).startswith(
        "tau (adult, entorhinal cortex, female) changes like app (12 months, cerebral cortex)"
    )


def test_every_status_has_a_sentence(tmp_path: Path):
    """And none but an agreement says that something changes like something."""
    found = [
        world(tmp_path / "a").answer(),
        world(tmp_path / "b", mouse=-SHARED - OWN).answer(),
        world(tmp_path / "c", mouse=ELSEWHERE).answer(),
        world(tmp_path / "d", noise="none", noise_reason="no counts").answer(),
    ]
    twin = world(tmp_path / "e")
    twin.add("twin", HUMAN, SHARED + OWN, n=14, state="twin", disease=PRION)
    found.append(twin.answer())
    assert {record.status for record in found} == set(Status)
    for record in found:
        assert ("changes like" in said(record)) == (record.status in ("SUPPORTED", "NONSPECIFIC"))
