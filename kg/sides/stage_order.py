"""Names of stages in the order of a disease: what their words and numbers say, or who asks."""

import re
from collections.abc import Sequence

from kg.errors import ContractError, Issue

_WORDS = {
    "preclinical": 0.0, "asymptomatic": 0.0, "prodromal": 0.5, "incipient": 1.0, "early": 1.0, "mild": 1.0,
    "intermediate": 2.0, "middle": 2.0, "mid": 2.0, "moderate": 2.0, "late": 3.0, "advanced": 3.0, "severe": 3.0,
    "end": 4.0, "final": 4.0,
}  # fmt: skip
_ROMAN = {"i": 1.0, "ii": 2.0, "iii": 3.0, "iv": 4.0, "v": 5.0, "vi": 6.0}
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")


def place_of(stage: str) -> float | None:
    """Where a stage stands: "early", "Braak V-VI" (the middle of the two) and "stage 2" do; None for other words."""
    words = _WORD.findall(stage.casefold())
    numbers = [float(word) for word in words if word[0].isdigit()]
    numbers = numbers or [_ROMAN[word] for word in words if word in _ROMAN]
    if numbers:
        return sum(numbers) / len(numbers)
    known = [_WORDS[word] for word in words if word in _WORDS]
    return known[0] if len(known) == 1 else None


def ordered(stages: Sequence[str], order: Sequence[str] = ()) -> list[int] | None:
    """Places in ``stages`` in the order of the disease; None where it is not known, or two stand at one place.

    Raises ContractError ARGUMENT where ``order`` is given and does not name every stage once.
    """
    if order:
        asked = [name.strip().casefold() for name in order]
        here = [stage.casefold() for stage in stages]
        if sorted(asked) != sorted(here):
            fix = f"name each once, the earliest first: {', '.join(stages)}"
            raise ContractError(
                [Issue("order", "the order names every stage once", ", ".join(order), fix)], code="ARGUMENT"
            )
        return [here.index(name) for name in asked]
    places = [place_of(stage) for stage in stages]
    known = [place for place in places if place is not None]
    if len(known) < len(places) or len(set(known)) < len(known):
        return None
    return sorted(range(len(known)), key=lambda at: known[at])
