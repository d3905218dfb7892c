"""Every rule of the verdict: one input moves across its threshold and the status changes."""

from dataclasses import dataclass, field, replace

import pytest

from kg.match.verdict import MIN_FEATURES, Left, Status, Testability, decide

Testability.__test__ = False  # not a test class, in spite of its name
FINE = Testability("gene", 10_000)
KEPT = Left("depression", 0.3, 0.004)


@dataclass(frozen=True)
class Inputs:
    """A pair that is SUPPORTED."""

    testability: Testability = field(default_factory=lambda: FINE)
    score: float = 0.4
    q: float | None = 0.01
    given: tuple[Left, ...] = (KEPT,)

    def verdict(self):
        return decide(self.testability, score=self.score, q=self.q, given=self.given)


def untestable(level: str = "gene", n: int = 10_000, **what) -> Inputs:
    return Inputs(Testability(level, n, **what))


RULES = [
    # name, the last input that keeps SUPPORTED, the first that does not, its status, what the reason says
    *(
        (f"{level} features", untestable(level, least), untestable(level, least - 1), "UNTESTABLE", "too few")
        for level, least in MIN_FEATURES.items()
    ),
    ("noise", Inputs(), untestable(no_noise=("no donors: give counts",)), "UNTESTABLE", "no donors: give counts"),
    ("shared samples", Inputs(), untestable(shared=("d1",)), "UNTESTABLE", "share 1 samples (d1)"),
    ("named samples", Inputs(), untestable(named=("b (wild type)",)), "UNTESTABLE", "share samples: b (wild type)"),
    ("cut table", Inputs(), untestable(cut=("cut at an unknown threshold",)), "UNTESTABLE", "unknown threshold"),
    ("tissue", Inputs(), untestable(tissue=("intestine is not cortex",)), "UNTESTABLE", "intestine"),
    ("reference error", untestable(reference_error=0.10), untestable(reference_error=0.101), "UNTESTABLE", "uncalibrated"),
    ("q", Inputs(q=0.05), Inputs(q=0.0501), "NOT_SUPPORTED", "q 0.05"),
    ("direction", Inputs(score=0.01), Inputs(score=-0.01), "DISCORDANT", "opposite"),
    (
        "p of what is left",
        Inputs(given=(KEPT, Left("Huntington", 0.2, 0.05))),
        Inputs(given=(KEPT, Left("Huntington", 0.2, 0.0501))),
        "NONSPECIFIC",
        "not told apart from Huntington",
    ),
    (
        "direction of what is left",
        Inputs(given=(Left("autism", 0.01, 0.001),)),
        Inputs(given=(Left("autism", -0.01, 0.001),)),
        "NONSPECIFIC",
        "autism",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "status", "says"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES])
def test_one_input_across_its_threshold_changes_the_status(before, after, status, says):
    assert before.verdict().status == Status.SUPPORTED
    found = after.verdict()
    assert found.status == Status(status)
    assert says in found.reason


def test_all_statuses_and_all_grounds_for_untestable_have_a_rule():
    assert {Status(rule[3]) for rule in RULES} | {Status.SUPPORTED} == set(Status)
    moved = {name for rule in RULES for name in ("no_noise", "cut", "shared", "named", "tissue", "reference_error")
             if getattr(rule[2].testability, name) not in ((), None)}  # fmt: skip
    assert moved == set(Testability.__dataclass_fields__) - {"level", "n_features"}


LATER = {"q": 0.5, "score": -0.4, "given": (Left("x", 0.0, 1.0),)}


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


def test_without_another_state_the_verdict_says_that_specificity_is_untested():
    found = Inputs(given=()).verdict()
    assert (found.status, found.specificity) == (Status.SUPPORTED, "untested")
    assert "specificity: untested" in found.reason
    assert Inputs().verdict().specificity == "tested"


def test_every_objection_and_every_state_is_named():
    found = untestable(n=3, no_noise=("a",), cut=("b",), shared=("s1", "s2", "s3", "s4"), tissue=("t",)).verdict()
    for text in ("3 shared gene features", "a", "b", "share 4 samples (s1, s2, s3 …)", "t"):
        assert text in found.reason
    gone = Inputs(given=(Left("first", 0.1, 0.2), Left("second", 0.1, 0.9), KEPT)).verdict()
    assert gone.reason == "not told apart from second, first"


def test_only_an_untestable_pair_may_lack_a_q():
    assert replace(untestable(n=1), q=None).verdict().status == Status.UNTESTABLE
    with pytest.raises(ValueError, match="has a q"):
        Inputs(q=None).verdict()
