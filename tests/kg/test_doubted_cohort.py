"""What is doubted of a cohort stands with every match of its state, not with the cohort alone."""

from pathlib import Path

from kg.curie import HUMAN, MOUSE
from kg.verdict.family import family
from tests.kg.little import TRUTH, Little


def test_a_doubt_of_one_cohort_is_repeated_by_the_answer(tmp_path: Path) -> None:
    little = Little(tmp_path)
    little.add(
        "cohort",
        HUMAN,
        TRUTH,
        state="AD",
        flags=("by-stated-p: se does not give the stated p", "intestine: of no brain"),
    )
    little.add("sound", HUMAN, TRUTH, state="AD")
    model = little.add("model", MOUSE, TRUTH, flags=("sign-doubted: GFAP falls",))
    (record,) = family(little.workspace(), model, disease=None, band=False)
    assert [flag for flag in record.flags if "by-stated-p" in flag] == [
        "by-stated-p: se does not give the stated p (cohort)"
    ]
    assert [flag for flag in record.flags if "sign-doubted" in flag] == ["sign-doubted: GFAP falls"]
    assert not any("intestine" in flag for flag in record.flags)
