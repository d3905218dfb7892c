# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""What is left of a match, given another contrast: a rule that holds where the other one is measured badly.

Sides m, h and d (another disease, on either side) with factors L, K, D. With Q = |d|^2 - |D|^2, the other's own signal
without bias, b = <h, d> / Q, c = <m, d> / Q, r = h - b d and s = m - c d,

    T = <m, h> - <m, d> <h, d> / Q
    V = |L r|^2 + |K s|^2 + |D (b s + c r)|^2 - |L K'|^2 - b^2 |L D'|^2 - c^2 |K D'|^2 - 2 b^2 c^2 |D D'|^2,
        floored at the largest of the first three
    T / sqrt(V) ~ t, the smallest df

The third term says that the slopes are measured too: without it a match that is wholly shared with a badly measured
disease is called the first one's own, and noise takes real matches away. The terms after it are where noise meets
noise: each pair of factors stands in two of the first three terms and counts once, as in the joint null.

Whether d can decide anything is settled before what is left (``judge``); each d is judged on its own, whatever others
there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.errors import MethodError
from kg.match.card import Card
from kg.match.joint import JointTest, Side, joint_test

Floats = NDArray[np.float64]

ALPHA = 0.05
ENOUGH = {"human": 0.9, "model": 0.95}
"""Power above which a contrast that is not found to take part is called unlike, by its side. At .8 a human state of
reliability .6 that wholly shares the match was called left or unlike in .067 of 700 simulated matches, at .9 in .02 of
300."""
CARD = Card(
    "specificity",
    "1",
    "what is left of a match given another disease, and whether that disease is measured well enough to tell",
    (
        (
            "a share that the two diseases have in common cannot be distinguished from one that the model"
            " has with each for its own reason"
        ),
        (
            "at a reliability of .6 a disease hides an own share of .6 in more than nine of ten cases; it is then too"
            " weak to tell, or not told apart"
        ),
        "the noise of two other states with a common control arm is taken as independent where all are given together",
    ),
)


class Role(StrEnum):
    """What another state does in a match. ``LEFT`` and ``NOT_TOLD_APART`` take part."""

    LEFT = "left"
    NOT_TOLD_APART = "not told apart"
    UNLIKE = "unlike"
    TOO_WEAK = "too weak to tell"
    NOT_TESTED = "not tested"

    @property
    def takes_part(self) -> bool:
        return self in (Role.LEFT, Role.NOT_TOLD_APART)

    @property
    def tells(self) -> bool:
        """Whether anything was learnt from the state."""
        return self.takes_part or self is Role.UNLIKE


@dataclass(frozen=True)
class Left:
    """What is left of T. ``score``, ``low``, ``high``: T, and its 95% interval, over |m| |h|, so on the scale of the
    match's own r; ``share``: of the match's T; ``p``: two-sided, 1 where nothing is left in the direction of the
    match."""

    statistic: float
    variance: float
    df: int
    score: float
    low: float
    high: float
    share: float
    p: float


@dataclass(frozen=True)
class Judged:
    """``base``: the match itself; ``model``, ``human``: d with each side; ``left``: None where d has no signal above
    its noise; ``back``: what is left of d with the side across, given the side that it stands beside; ``power``: chance
    that a d which carried the whole match would be seen to take part; ``explained``: the interval of what is left lies
    below half of the match; ``opposite``: d moves against both sides."""

    role: Role
    reliability: float
    base: JointTest
    model: JointTest
    human: JointTest
    left: Left | None
    back: Left | None
    power: float
    explained: bool
    opposite: bool


def left(m: Side, h: Side, other: Side) -> Left | None:
    """What is left of the match of two sides given another one over the same features."""
    return _left(m, h, [other], _shared) if other.signal > 0 else None


def judge(m: Side, h: Side, other: Side, side: str = "human") -> Judged:
    """The part of another contrast in the match of ``m`` and ``h``; ``side``: human or model, the one that it stands
    beside.

    Raises MethodError EMPTY_SIDE where one has no effect at all over the features.
    """
    base, with_model, with_human = joint_test(m, h), joint_test(m, other), joint_test(h, other)
    known = {
        frozenset((id(one), id(two))): test.shared_term
        for one, two, test in ((m, h, base), (m, other, with_model), (h, other, with_human))
    }

    def shared(one: Side, two: Side) -> float:
        met = known.get(frozenset((id(one), id(two))))
        return _shared(one, two) if met is None else met

    rest = _left(m, h, [other], shared) if other.signal > 0 else None
    beside, across = (h, m) if side == "human" else (m, h)
    back = None
    if beside.signal > 0:
        back = _left(m, other, [h], shared) if side == "human" else _left(other, h, [m], shared)
    seen = max(with_model.p, with_human.p) <= ALPHA and rest is not None
    along = with_model.statistic * with_human.statistic * base.statistic > 0
    power = _power(across, beside, other, *((with_model, with_human) if side == "human" else (with_human, with_model)))
    if seen and along:
        assert rest is not None
        role = Role.LEFT if rest.p <= ALPHA else Role.NOT_TOLD_APART
    else:
        role = Role.UNLIKE if power >= ENOUGH[side] else Role.TOO_WEAK
    direction = np.sign(base.statistic)
    farthest = -np.inf if rest is None else max(direction * rest.low, direction * rest.high)
    return Judged(
        role,
        other.reliability,
        base,
        with_model,
        with_human,
        rest,
        back,
        power,
        bool(rest is not None and role is Role.NOT_TOLD_APART and farthest < abs(base.score) / 2),
        with_model.statistic < 0 and with_human.statistic < 0,
    )


def residual(side: Side, other: Side) -> Side:
    """A side without what it shares with another, x - b d, each feature with the noise of both and of the slope.

    Raises MethodError NO_SIGNAL where the other has no effect above its noise.
    """
    if other.signal <= 0:
        raise MethodError("the other state has no effect above its noise", code="NO_SIGNAL")
    d, size = other.vector, other.signal
    b = float(side.vector @ d) / size
    rest = side.vector - b * d
    own = side.factor - np.outer(side.factor @ d, d) / size
    lent = -b * other.factor - np.outer(other.factor @ (rest - b * d), d) / size
    return Side(rest, np.vstack([own, lent]), min(side.df, other.df))


@dataclass(frozen=True)
class Together:
    """What is left given several contrasts at once. ``share`` of T, with its 95% interval; ``used``: those given, the
    best measured first; ``left_out``: those that were dropped so that the others can be distinguished."""

    share: float
    low: float
    high: float
    used: tuple[str, ...]
    left_out: tuple[str, ...]


def together(m: Side, h: Side, others: Mapping[str, Side]) -> Together | None:
    """What is left given all of some contrasts, by the noise-corrected Gram matrix; where that is not positive
    definite, of the best measured that keep it so. None where T is 0 or none has a signal."""
    by_reliability = sorted(others, key=lambda name: (-others[name].reliability, name))
    used: list[str] = []
    for name in by_reliability:
        if others[name].signal > 0 and _definite(_gram([others[n] for n in (*used, name)])):
            used.append(name)
    statistic = float(m.vector @ h.vector)
    if not used or statistic == 0:
        return None
    found = _left(m, h, [others[name] for name in used], _shared)
    half = float(stats.t.isf(ALPHA / 2, found.df) * np.sqrt(found.variance)) / abs(statistic)
    out = tuple(name for name in by_reliability if name not in used)
    return Together(found.share, found.share - half, found.share + half, tuple(used), out)


def _left(m: Side, h: Side, others: list[Side], shared: Callable[[Side, Side], float]) -> Left:
    """Given one or several: with one, exactly the formulas above; with several, G = Gram matrix of their signals, b and
    c solve G b = <h, d>, G c = <m, d>, and each brings a third term of its own. ``shared``: :func:`_shared`, which is
    most of the time that this takes, or what is known of it."""
    vectors, inverse = np.array([d.vector for d in others]), np.linalg.inv(_gram(others))
    with_h, with_m = vectors @ h.vector, vectors @ m.vector
    b, c = inverse @ with_h, inverse @ with_m
    r, s = h.vector - b @ vectors, m.vector - c @ vectors
    whole = float(m.vector @ h.vector)
    statistic = whole - float(with_m @ b)
    parts = [(m.factor, r), (h.factor, s), *((d.factor, b[i] * s + c[i] * r) for i, d in enumerate(others))]
    terms = [float(((factor @ along) ** 2).sum()) for factor, along in parts]
    twice = shared(m, h) + sum(b[i] ** 2 * shared(m, d) + c[i] ** 2 * shared(h, d) for i, d in enumerate(others))
    for i, j in combinations_with_replacement(range(len(others)), 2):
        twice += (b[i] * c[j] + b[j] * c[i]) ** 2 * shared(others[i], others[j]) / (2 if i == j else 1)
    variance = float(max(*terms, sum(terms) - twice))
    df = min(m.df, h.df, *(d.df for d in others))
    length = float(np.sqrt((m.vector @ m.vector) * (h.vector @ h.vector)))
    half = float(stats.t.isf(ALPHA / 2, df) * np.sqrt(variance)) / length
    kept = statistic * whole > 0
    p = float(2 * stats.t.sf(abs(statistic) / np.sqrt(variance), df)) if kept else 1.0
    score = statistic / length
    return Left(statistic, variance, df, score, score - half, score + half, statistic / whole if whole else 0.0, p)


def _shared(one: Side, two: Side) -> float:
    return float(((one.factor @ two.factor.T) ** 2).sum())


def _gram(others: list[Side]) -> Floats:
    vectors = np.array([d.vector for d in others])
    return vectors @ vectors.T - np.diag([float((d.factor**2).sum()) for d in others])


def _definite(gram: Floats) -> bool:
    """Positive definite with room: the smallest eigenvalue of the matrix scaled to a unit diagonal is above a
    hundredth."""
    size = np.sqrt(np.diag(gram))
    return bool(np.linalg.eigvalsh(gram / np.outer(size, size))[0] > 0.01)


def _power(across: Side, beside: Side, other: Side, with_across: JointTest, with_beside: JointTest) -> float:
    """The smaller of the chances that a contrast of the other's size that lies along ``beside`` is seen at .05 in each
    side: alike to ``beside`` wholly, to ``across`` as much as ``beside`` is. Given the other's test with each."""
    size = [side.signal for side in (across, beside, other)]
    if min(size) <= 0:
        return 0.0
    alike = min(1.0, abs(float(across.vector @ beside.vector)) / np.sqrt(size[0] * size[1]))
    seen: list[float] = []
    for test, length, r in ((with_across, size[0], alike), (with_beside, size[1], 1.0)):
        away = r * np.sqrt(length * size[2] / test.variance)
        seen.append(float(stats.nct.sf(stats.t.isf(ALPHA / 2, test.df), test.df, away)))
    return min(seen)
