"""The power of a family before more animals are bred: each pair of a contrast and a state, with the noise that the
graph has of both.

Nothing here enters a verdict. Who meets whom, over which features, and which other states may speak is as in
``kg.verdict.score``; the draws are ``kg.match.power``'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.errors import MethodError
from kg.match.combine import single
from kg.match.compared import LEVELS
from kg.match.joint import Side
from kg.match.orthology import Policy
from kg.match.pair import PairResult
from kg.match.power import Chances, Power, Setting, setting
from kg.match.space import Space
from kg.match.weights import GeneSets
from kg.records.match import Gap
from kg.sides.catalog import ContrastInfo
from kg.sides.human import StateSide, null_text, state_side
from kg.sides.others import other_states
from kg.sides.workspace import Workspace
from kg.verdict.score import Scored, score_side, space_of

SCORES = (0.2, 0.3, 0.4, 0.5)
WANTED = 0.8
_RUNGS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 60, 100, 200)
FEWEST, MOST = _RUNGS[0], _RUNGS[-1]
"""Animals in each arm between which it is asked how many it takes."""
_ENOUGH = "counts of the animals of both arms, with how many there are, would give one"


@dataclass(frozen=True)
class GivenPower:
    """``takes_part``: chance that the match is found and this state takes part in it; ``left``: that something is then
    left given it."""

    state: str
    label: str
    takes_part: float
    left: float


@dataclass(frozen=True)
class PowerRow:
    """Chance of each status for ``animals`` in each arm (None: as many as one likes) at a true correlation ``r``."""

    r: float
    animals: int | None
    supported: float
    nonspecific: float
    not_supported: float
    discordant: float
    given: tuple[GivenPower, ...]


@dataclass(frozen=True)
class LeftTakes:
    """``animals``: fewest in each arm for which a match is found and something is left given this state at a power of
    .8."""

    state: str
    label: str
    animals: int | None


@dataclass(frozen=True)
class Takes:
    """``animals``: fewest in each arm for a power of .8, None where no number up to 200 gives it; ``cap``: what keeps
    it below, empty where nothing does."""

    r: float
    animals: int | None
    cap: str
    left: tuple[LeftTakes, ...]


@dataclass(frozen=True)
class PlannedPair:
    """``tests``: testable states of the family, of which this one alone is taken to agree."""

    mouse: str
    mouse_label: str
    state: str
    human_label: str
    level: str
    policy: str
    null_mouse: str
    null_human: str
    reliability_mouse: float
    reliability_human: float
    n_features: int
    tests: int
    rows: tuple[PowerRow, ...]
    takes: tuple[Takes, ...]


def power_of_family(
    ws: Workspace,
    contrast: ContrastInfo,
    *,
    disease: str | None,
    level: str,
    policy: Policy,
    animals: Sequence[int],
    seed: int = 0,
) -> tuple[list[PlannedPair], list[Gap]]:
    """The pairs of a contrast with all states under a disease (None: all of the release), in the order of the states;
    and those without a plan, each with what it lacks. ``animals``: in each arm, at least 2."""
    ws = ws.at(level)
    space = space_of(ws, contrast, policy)
    sides = [state_side(ws, info, space, contrast.id) for info in ws.catalog.states_under(disease)]
    scored = [score_side(ws, contrast, side, space, level, specific=False, whole=False) for side in sides]
    tests = sum(not s.testability.objections() for s in scored)
    made: list[PlannedPair] = []
    lacking: list[Gap] = []
    for s in scored:
        what = f"plan of {contrast.label} x {s.side.info.label}"
        if (why := _lacks(contrast, s)) or s.result is None:
            lacking.append(Gap("missing", what, why))
            continue
        try:
            made.append(_planned(ws, contrast, s.side, s.result, space, level, policy, tests, animals, seed))
        except MethodError as error:
            if error.code != "NO_SIGNAL":
                raise
            lacking.append(Gap("missing", what, f"{error}: how strong an effect to plan for is not known"))
    return made, lacking


def _lacks(contrast: ContrastInfo, s: Scored) -> str:
    if objections := s.testability.objections():
        return "; ".join(objections)
    if not (contrast.n_case and contrast.n_control):
        return f"{contrast.label} does not state how many animals its arms have; {_ENOUGH}"
    return ""


def _planned(
    ws: Workspace,
    contrast: ContrastInfo,
    side: StateSide,
    result: PairResult,
    space: Space,
    level: str,
    policy: Policy,
    tests: int,
    animals: Sequence[int],
    seed: int,
) -> PlannedPair:
    base = setting(result.mouse, result.human)
    names, others = _others(ws, contrast, side, result, space, level)
    size = contrast.n_case * contrast.n_control / (contrast.n_case + contrast.n_control)
    power = Power(base, others, size=size, tests=max(tests, 1), seed=seed)
    known: dict[tuple[float, int | None], Chances] = {}

    def at(r: float, n: int | None) -> Chances:
        if (r, n) not in known:
            known[r, n] = power.at(r, n)
        return known[r, n]

    rows = [_row(r, n, at(r, n), names) for r in SCORES for n in (*animals, None)]
    lenders = [r.label for r in side.references]
    human = null_text([c for c in side.pool if c.noise == "donors"], df=True)
    mouse = null_text([contrast], df=True)
    return PlannedPair(
        contrast.id, contrast.label, side.info.id, side.info.label, level, policy, mouse,
        " + ".join(filter(None, (human, *(f"reference ({label})" for label in lenders)))),
        result.mouse.reliability, result.human.reliability, result.test.n_features, tests, tuple(rows),
        tuple(_takes(r, at, names) for r in SCORES),
    )  # fmt: skip


def _others(
    ws: Workspace, contrast: ContrastInfo, side: StateSide, result: PairResult, space: Space, level: str
) -> tuple[list[tuple[str, str]], list[Setting]]:
    """Other states with an effect above their noise, as (id, name), each over the features that all three have. Those
    without take no part in a match."""
    assert side.state is not None
    reference = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
    mouse, sets = ws.projected(contrast, space, reference), ws.sets(level, space)
    names: list[tuple[str, str]] = []
    made: list[Setting] = []
    for other in other_states(ws, contrast, side, space):
        if other.state is None:
            continue
        rows = result.rows[other.state.measured[result.rows]]
        if not len(rows):
            continue
        three = [single(mouse.at(rows)).side, side.state.at(rows).side, other.state.at(rows).side]
        m, h, d = _lifted(three, sets, rows)
        if len(m.vector) >= LEVELS[level].least and min(m.signal, h.signal, d.signal) > 0:
            names.append((other.id, other.label))
            made.append(setting(m, h, d))
    return names, made


def _lifted(sides: Sequence[Side], sets: GeneSets | None, rows: NDArray[np.intp]) -> list[Side]:
    weights = sets.on(rows) if sets is not None else None
    return [side.centred() if weights is None else weights.activity(side) for side in sides]


def _row(r: float, n: int | None, c: Chances, names: Sequence[tuple[str, str]]) -> PowerRow:
    given = tuple(GivenPower(*name, part.takes_part, part.left) for name, part in zip(names, c.parts, strict=True))
    return PowerRow(r, n, c.supported, c.nonspecific, c.not_supported, c.discordant, given)


def _takes(r: float, at: Callable[[float, int | None], Chances], names: Sequence[tuple[str, str]]) -> Takes:
    end = at(r, None)
    fewest = _fewest(lambda n: at(r, n).supported) if end.found >= WANTED else None
    cap = ""
    if end.found < WANTED:
        cap = f"the human side: with any number of animals a match is found in {end.found:.2f}"
    elif fewest is None and end.supported < WANTED:
        cap = (
            f"other states: with any number of animals a match is found in {end.found:.2f}, and in"
            f" {end.nonspecific:.2f} it cannot be told apart from them"
        )
    left = [
        LeftTakes(*name, _fewest(lambda n, i=i: at(r, n).parts[i].left) if end.parts[i].left >= WANTED else None)
        for i, name in enumerate(names)
    ]
    return Takes(r, fewest, cap, tuple(left))


def _fewest(power: Callable[[int], float]) -> int | None:
    """Fewest animals of those between ``FEWEST`` and ``MOST`` with the power that is wanted, by halving between the
    first rung that has it and the one before."""
    high = next((n for n in _RUNGS if power(n) >= WANTED), None)
    if high is None or high == FEWEST:
        return high
    low = _RUNGS[_RUNGS.index(high) - 1]
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= WANTED else (middle, high)
    return high
