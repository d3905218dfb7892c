"""Every rule of the verdict: one input moves across its threshold and the status changes."""

from dataclasses import dataclass, field, replace

import pytest

from kg.match.compared import LEVELS
from kg.match.specificity import Role
from kg.match.verdict import Other, Status, Testability, decide, status_line

Testability.__test__ = False  # not a test class, in spite of its name
FINE = Testability("gene", 10_000)
KEPT = Other("depression", Role.LEFT)


@dataclass(frozen=True)
class Inputs:
    """A pair that is SUPPORTED."""

    testability: Testability = field(default_factory=lambda: FINE)
    score: float = 0.4
    q: float | None = 0.01
    given: tuple[Other, ...] = (KEPT,)

    def verdict(self):
        return decide(self.testability, score=self.score, q=self.q, given=self.given)


def untestable(level: str = "gene", n: int = 10_000, **what) -> Inputs:
    return Inputs(Testability(level, n, **what))


RULES = [
    # name, the last input that keeps SUPPORTED, the first that does not, its status, what the reason says
    *(
        (
            f"{level} features",
            untestable(level, known.least),
            untestable(level, known.least - 1),
            "UNTESTABLE",
            "too few",
        )
        for level, known in LEVELS.items()
    ),
    ("noise", Inputs(), untestable(no_noise=("no donors: give counts",)), "UNTESTABLE", "no donors: give counts"),
    ("shared samples", Inputs(), untestable(shared=("d1",)), "UNTESTABLE", "share 1 samples (d1)"),
    ("named samples", Inputs(), untestable(named=("b (wild type)",)), "UNTESTABLE", "share samples: b (wild type)"),
    ("cut table", Inputs(), untestable(cut=("cut at an unknown threshold",)), "UNTESTABLE", "unknown threshold"),
    ("tissue", Inputs(), untestable(tissue=("intestine is not cortex",)), "UNTESTABLE", "intestine"),
    (
        "reference error",
        untestable(reference_error=0.10),
        untestable(reference_error=0.101),
        "UNTESTABLE",
        "uncalibrated",
    ),
    ("q", Inputs(q=0.05), Inputs(q=0.0501), "NOT_SUPPORTED", "q 0.05"),
    ("direction", Inputs(score=0.01), Inputs(score=-0.01), "DISCORDANT", "opposite"),
    *(
        (
            f"role: {role} becomes not told apart",
            Inputs(given=(KEPT, Other("Huntington", role))),
            Inputs(given=(KEPT, Other("Huntington", Role.NOT_TOLD_APART))),
            "NONSPECIFIC",
            "cannot be told apart from Huntington",
        )
        for role in Role
        if role is not Role.NOT_TOLD_APART
    ),
    (
        "explained",
        Inputs(),
        Inputs(given=(Other("autism", Role.NOT_TOLD_APART, explained=True),)),
        "NONSPECIFIC",
        "explained by autism as far as can be seen",
    ),
    (
        "opposite",
        Inputs(),
        Inputs(given=(Other("autism", Role.NOT_TOLD_APART, opposite=True),)),
        "NONSPECIFIC",
        "autism moves the other way along the same axis",
    ),
]


@pytest.mark.parametrize(("before", "after", "status", "says"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES])
def test_one_input_across_its_threshold_changes_the_status(before, after, status, says):
    assert before.verdict().status == Status.SUPPORTED
    found = after.verdict()
    assert found.status == Status(status)
    assert says in found.reason


def test_all_statuses_and_all_grounds_for_untestable_have_a_rule():
    assert {Status(rule[3]) for rule in RULES} | {Status.SUPPORTED} == set(Status)
    moved = {
        name
        for rule in RULES
        for name in ("no_noise", "cut", "shared", "named", "tissue", "reference_error")
        if getattr(rule[2].testability, name) not in ((), None)
    }
    assert moved == set(Testability.__dataclass_fields__) - {"level", "n_features"}


LATER = {"q": 0.5, "score": -0.4, "given": (Other("x", Role.NOT_TOLD_APART),)}


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        (Inputs(Testability("gene", 1), **LATER), "UNTESTABLE"),
        (Inputs(**LATER), "NOT_SUPPORTED"),
        (replace(Inputs(**LATER), q=0.01), "DISCORDANT"),
        (replace(Inputs(**LATER), q=0.01, score=0.4), "NONSPECIFIC"),
    ],
)
def test_rules_are_asked_in_their_order(inputs, status):
    assert inputs.verdict().status == Status(status)


def test_an_unmeasured_reference_may_be_used():
    assert untestable(reference_error=None).verdict().status == Status.SUPPORTED


@pytest.mark.parametrize(
    ("roles", "specificity"),
    [
        ((), "untested"),
        ((Role.TOO_WEAK, Role.NOT_TESTED), "untested"),
        ((Role.TOO_WEAK, Role.UNLIKE), "tested"),
        ((Role.LEFT,), "tested"),
        ((Role.NOT_TOLD_APART,), "tested"),
    ],
)
def test_specificity_is_tested_when_any_state_tells_something(roles, specificity):
    found = Inputs(given=tuple(Other(f"state {at}", role) for at, role in enumerate(roles))).verdict()
    assert found.specificity == specificity


def test_states_that_take_no_part_change_neither_status_nor_reason():
    idle = [Other("a", Role.UNLIKE), Other("b", Role.TOO_WEAK), Other("c", Role.NOT_TESTED)]
    for given in ((), (KEPT,), (Other("autism", Role.NOT_TOLD_APART),)):
        alone, beside = Inputs(given=given).verdict(), Inputs(given=(*given, *idle)).verdict()
        assert (alone.status, alone.reason) == (beside.status, beside.reason)


def test_the_status_line_says_what_specificity_rests_on():
    weak, unlike = Other("gout", Role.TOO_WEAK), Other("prion disease", Role.UNLIKE)
    alike = Other("prion disease", Role.NOT_TOLD_APART)
    line = status_line("SUPPORTED", "untested", [weak, weak])
    assert line == "SUPPORTED; specificity untested: all of 2 other states too weak to tell"
    assert status_line("SUPPORTED", "untested", []) == "SUPPORTED; specificity untested: no other state available"
    no = "NOT_SUPPORTED; tested: a true r of 0.3 would have been found in 80% of cases"
    assert status_line("NOT_SUPPORTED", "untested", [], [], power=0.8) == no
    assert "too weak for a no" in status_line("NOT_SUPPORTED", "untested", [], [], power=0.79)
    assert "is not known" in status_line("NOT_SUPPORTED", "untested", [], [])
    assert status_line("UNTESTABLE", "untested", [], []) == "UNTESTABLE; not tested"
    sick = status_line("NONSPECIFIC", "tested", [], [alike], "mouse brain")
    assert sick == "NONSPECIFIC; moves like any sick mouse brain as far as prion disease tells"
    assert status_line("SUPPORTED", "tested", [], [unlike]).endswith("unlike prion disease in mice")
    rat = "NCBITaxon:10116"
    assert status_line("SUPPORTED", "tested", [], [unlike], taxon=rat).endswith("unlike prion disease in rats")
    assert status_line("SUPPORTED", "tested", [], [], taxon=rat).endswith("no other rat disease available")
    assert status_line("SUPPORTED", "tested", [], []).endswith(
        "model specificity untested: no other mouse disease available"
    )


def test_all_that_are_not_told_apart_are_named():
    gone = (Other("second", Role.NOT_TOLD_APART), Other("first", Role.NOT_TOLD_APART), KEPT)
    assert Inputs(given=gone).verdict().reason == "cannot be told apart from first and second"
