"""What one replicate is: the unit that samples, or the p-values of a table, count. One line per level; every room reads
it here.

People and animals are independent draws of those that a question is about, and so are pools of them, more narrowly.
Wells and cultures of one line tell what a drug does to that line; of a disease they say nothing, whoever the line came
from. Cells of one donor and lanes of one library are not replicates.
"""

from dataclasses import dataclass
from typing import Literal, get_args

OfTable = Literal["donor", "pool", "well", "culture", "lane", "cell", "unknown"]
OfSamples = Literal["donor", "pool", "well", "culture"]
LEAST_CULTURES = 3


@dataclass(frozen=True)
class Level:
    """``null``: what its noise is named after; ``people``: independent people or animals, or groups of them; ``of``:
    what else it counts, where a drug may be asked of it ("wells of one line"); ``never``: why it carries no test;
    ``says``: what every answer must repeat."""

    null: str
    people: bool = False
    of: str = ""
    never: str = ""
    says: str = ""


CELLS = "its p-values take cells as replicates and are far too small; donors are the replicates"
LEVELS: dict[str, Level] = {
    "donor": Level("donors", people=True),
    "pool": Level(
        "pools",
        people=True,
        says="a sample pools several persons, so differences between persons are partly averaged out",
    ),
    "well": Level(
        "wells",
        of="wells of one line",
        says="wells of one line are its replicates, not donors: what is found holds for that line",
    ),
    "culture": Level(
        "cultures",
        of="cultures of one line",
        says="cultures of one line are its replicates, not donors: what is found holds for that line",
    ),
    "lane": Level(
        "lanes",
        says="its p-values take lanes of a library as replicates; donors are the replicates",
        never=(
            "its p-values take lanes of a library as replicates; counts with the lanes of each donor summed would make"
            " it testable"
        ),
    ),
    "cell": Level(
        "cells",
        says=CELLS,
        never="its p-values take cells as replicates; donor-level counts of the same study would make it testable",
    ),
    "unknown": Level("replicates of an unknown kind", people=True),
}
assert set(LEVELS) == set(get_args(OfTable))


def flags_of(level: str, label: str = "") -> list[str]:
    """The level's own doubt, as a flag of a contrast (of that ``label``, where an answer has several)."""
    says = LEVELS[level].says if level in LEVELS else ""
    return [": ".join(filter(None, (f"{level}-level", label, says)))] if says else []


def null_of(level: str) -> str:
    """What the null of samples of a level is named after; where the level is not known, it does not say donors."""
    return LEVELS.get(level, LEVELS["unknown"]).null


def may_lend(lender: str, borrower: str) -> bool:
    """Whether samples of one level may lend their noise to a table of the other: those of one line to a table of one
    line."""
    of = [LEVELS.get(level, LEVELS["unknown"]).people for level in (lender, borrower)]
    return of[0] or not of[1]


def bars_test(level: str, drug: str, n_case: int, n_control: int) -> str:
    """Why a contrast of a level carries no test, and what would give one; empty where it does. ``drug``: what was
    given, empty where the arms differ in another way; ``n``: replicates of the arms, 0 where their number is not
    said."""
    known = LEVELS.get(level, LEVELS["unknown"])
    if known.never or known.people:
        return known.never
    if not drug:
        return (
            f"its replicates are {known.of}, which show what that line does, not what people or animals do;"
            " samples of three or more donors per arm would make it testable"
        )
    if min(n_case, n_control) < LEAST_CULTURES:
        found = f"{n_case} and {n_control}" if n_case and n_control else "an unknown number of"
        return f"its arms have {found} {known.of}; counts of {LEAST_CULTURES} or more per arm would make it testable"
    return ""
