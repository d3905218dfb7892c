# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""The power of a match before it is measured: how often each status would come out, by draws from the noise factors.

Sides m, h and d (another state) with factors L, K and D. The true vectors m0, h0 and d0 lie along the measured ones,
with the lengths that are measured above the noise, |x0|^2 = |x|^2 - |F|^2, and

    h0 = |h0| (r u + sqrt(1 - r^2) v)     u: direction of m; v: direction of what h has beside m
    <h0, d0> = |h0| |d0| a     <m0, d0> = r |m0| |d0| a     a: cosine of h and d, without noise, from -1 to 1

so the model is like the other state by what it shares with h, and 1 - a^2 of the match is left given d. A draw is

    x = x0 + F'e, e normal     F* = W F, W'W Wishart with the degrees of freedom of the design, over these

for each side, and meets the tests of ``kg.match.joint`` and ``kg.match.specificity`` as data do. With n animals an arm
|m0|^2 is n / 2 over n1 n2 / (n1 + n2) of the present arms, and the degrees of freedom are 2 n - 2. Everything needs
inner products alone: F x0 and F F'.

A noncentral t with V = |L h0|^2 + |K m0|^2 + |L K'|^2 takes V as known and as free of its floors. Here V is drawn with
T, and so are the parts of other states, which share m and h.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.errors import MethodError
from kg.match.card import Card
from kg.match.joint import Side, joint_variance
from kg.match.specificity import ALPHA

Floats = NDArray[np.float64]

DRAWS = 1000
FEWER_DRAWS = 500
"""Of a test that has been done: to .022 (one standard deviation)."""
TRUE_SCORE, ENOUGH = 0.3, 0.8
"""The true correlation at which the power of a negative test is stated, and the least power for a plain no."""
KNOWN = 60
"""From so many degrees of freedom on, the factor of a design is taken as known; t keeps its degrees of freedom."""
_WITHOUT_END = 10**6
CARD = Card(
    "power-by-draws",
    "1",
    "chance of each status for a number of animals and a true correlation, by draws from the noise factors of both"
    " sides",
    (
        (
            "size and direction of the true effects and their noise are those of the present contrasts, whose own error"
            " is not carried on: planned from other studies of the same size (simulated: 7 v 8 animals, 12 v 10 donors)"
            " the power differs by .16 to .20 (one standard deviation)"
        ),
        "animals are counts of one stratum with two arms of the same size; strata cost degrees of freedom",
        "a model is taken to be like another state only by what the human state shares with that state",
        "a pool of cohorts is drawn as one Wishart matrix with all of its degrees of freedom",
    ),
    "10.1093/biomet/20A.1-2.32",
)


@dataclass(frozen=True)
class Setting:
    """Inner products of two sides (0: model, 1: human) and, where there is one, another state (2).

    ``gram``: F_i F_j' (rows x rows); ``along``: F_i on the unit directions of the model, of what the human side has
    beside it, and of the other state (rows); ``length``: of the true vectors; ``df``: degrees of freedom; ``alike``:
    cosine of human side and other state, without noise.
    """

    gram: dict[tuple[int, int], Floats]
    along: dict[tuple[int, int], Floats]
    length: tuple[float, ...]
    df: tuple[int, ...]
    alike: float = 0.0


def setting(model: Side, human: Side, other: Side | None = None) -> Setting:
    """The sides over the same features. Raises MethodError NO_SIGNAL where one has no effect above its noise."""
    sides = [model, human, *([other] if other is not None else [])]
    for name, side in zip(("the model", "the human state", "the other state"), sides, strict=False):
        if side.signal <= 0:
            raise MethodError(f"{name} has no effect above its noise", code="NO_SIGNAL")
    own = _unit(model.vector)
    directions = [own, _unit(human.vector - (human.vector @ own) * own), *(_unit(side.vector) for side in sides[2:])]
    gram = {(i, j): one.factor @ two.factor.T for i, one in enumerate(sides) for j, two in enumerate(sides)}
    along = {(i, j): one.factor @ unit for i, one in enumerate(sides) for j, unit in enumerate(directions)}
    alike = 0.0
    if other is not None:
        alike = float(np.clip(human.vector @ other.vector / np.sqrt(human.signal * other.signal), -1, 1))
    length = tuple(float(np.sqrt(side.signal)) for side in sides)
    return Setting(gram, along, length, tuple(side.df for side in sides), alike)


def _unit(vector: Floats) -> Floats:
    return vector / np.sqrt(vector @ vector)


def power_of_test(model: Side, human: Side, tests: int, r: float = TRUE_SCORE) -> float | None:
    """The chance that this very pair, with the noise that it has, would have been found at a true correlation ``r``
    (0 to 1, to three places). ``tests``: of its family, of which this one alone is taken to agree, so that its p must
    be below .05 over their number. None where a side has no effect above its noise: how strong an effect would have
    been is not known."""
    try:
        base = setting(model, human)
    except MethodError:
        return None
    return round(Power(base, tests=max(tests, 1), draws=FEWER_DRAWS).present(r).found, 3)


@dataclass(frozen=True)
class Part:
    """Of another state: chance that the match is found and it takes part, and that something is then left."""

    takes_part: float
    left: float


@dataclass(frozen=True)
class Chances:
    """Of each status, with the part of each other state; they sum to 1. ``found``: significant along the match,
    whatever others leave of it."""

    supported: float
    nonspecific: float
    not_supported: float
    discordant: float
    parts: tuple[Part, ...]

    @property
    def found(self) -> float:
        return self.supported + self.nonspecific


class Power:
    """Draws for one pair and other states, used for every design asked of it, so that two designs differ by what they
    are and not by their draws. ``base``: the pair; ``others``: settings of three sides, each over features of its own;
    ``size``: n1 n2 / (n1 + n2) of the present arms of the model; ``tests``: testable states of the family, of which
    this one alone is taken to agree (its p must then be below .05 over their number)."""

    def __init__(
        self,
        base: Setting,
        others: Sequence[Setting] = (),
        *,
        size: float = 1.0,
        tests: int = 1,
        draws: int = DRAWS,
        seed: int = 0,
    ):
        self.size, self.alpha, self.df = size, ALPHA / tests, base.df[1]
        rng = np.random.default_rng(seed)
        rows = [len(base.gram[i, i]) for i in (0, 1)]
        shift = [rng.standard_normal((draws, n)) for n in rows]
        self._animals = rng.standard_normal((draws, KNOWN, rows[0]))
        human = _wishart(rng, draws, rows[1], base.df[1])
        self._pair = _Drawn(base, shift, [human])
        self._three: list[_Drawn] = []
        for each in others:
            n = len(each.gram[2, 2])
            own = rng.standard_normal((draws, n))
            self._three.append(_Drawn(each, [*shift, own], [human, _wishart(rng, draws, n, each.df[2])]))
        self._made: dict[int, Floats | None] = {}

    def at(self, r: float, animals: int | None) -> Chances:
        """``r``: true correlation, from -1 to 1; ``animals`` in each arm, at least 2; None: as many as one likes."""
        if animals is None:
            return self._chances(r, _WITHOUT_END, float(_WITHOUT_END))
        return self._chances(r, 2 * animals - 2, animals / 2 / self.size)

    def present(self, r: float) -> Chances:
        """As :meth:`at`, for the design that the model's side has."""
        return self._chances(r, self._pair.known.df[0], 1.0)

    def _chances(self, r: float, df: int, growth: float) -> Chances:
        made = self._wishart_of(df)
        t = _Design(self._pair, r, growth, df, made).ratio(0, 1)
        bound = stats.t.isf(self.alpha / 2, min(df, self.df))
        found, against = t >= bound, t <= -bound
        gone = np.zeros_like(found)
        parts: list[Part] = []
        for each in self._three:
            takes, left = _Design(each, r, growth, df, made).part()
            gone |= takes & ~left
            parts.append(Part(float((found & takes).mean()), float((found & takes & left).mean())))
        return Chances(
            float((found & ~gone).mean()), float((found & gone).mean()), float((~found & ~against).mean()),
            float(against.mean()), tuple(parts),
        )  # fmt: skip

    def _wishart_of(self, df: int) -> Floats | None:
        if df >= KNOWN:
            return None
        if df not in self._made:
            rows = self._animals[:, :df]
            self._made[df] = np.matmul(rows.transpose(0, 2, 1), rows) / df
        return self._made[df]


def _wishart(rng: np.random.Generator, draws: int, rows: int, df: int) -> Floats | None:
    """W'W over its degrees of freedom (draws x rows x rows); None where it is taken as known."""
    if df >= KNOWN:
        return None
    made = rng.standard_normal((draws, df, rows))
    return np.matmul(made.transpose(0, 2, 1), made) / df


class _Drawn:
    """What the draws of a setting have in common in every design. ``shift``: e of each side; ``wishart``: of all sides
    but the model, None: identity.

    F_i x is a sum of columns (draws x rows of i): F_i on each unit direction, and F_i F_j'e for the noise of each side
    j. ``form``: their inner products by W_i'W_i (draws x columns x columns), so that a design only weighs them.
    """

    def __init__(self, known: Setting, shift: Sequence[Floats], wishart: Sequence[Floats | None]):
        self.known, self.shift, self.sides = known, shift, range(len(shift))
        draws = len(shift[0])
        self._columns = [
            np.stack(
                [np.broadcast_to(known.along[i, j], (draws, len(known.along[i, j]))) for j in self.sides]
                + [shift[j] @ known.gram[j, i] for j in self.sides],
                axis=2,
            )
            for i in self.sides
        ]
        self._form = {i: _form(self._columns[i], each) for i, each in enumerate(wishart, 1)}
        self._own: dict[int, Floats] = {}
        self._lent = {j: _through(known.gram[0, j], each) for j, each in enumerate(wishart, 1)}
        self.met: dict[tuple[int, int], Floats] = {}
        if len(self.sides) > 2:
            human, other = wishart
            self.met[1, 2] = _met(_through(known.gram[1, 2], other), human)
            self.met[2, 2] = _met(_through(known.gram[2, 2], other), other)
            gram = known.gram[2, 2]
            self.trace = np.trace(gram) if other is None else (other * gram).sum(axis=(1, 2))

    def form(self, i: int, df: int, made: Floats | None) -> Floats:
        """``df``, ``made``: the design of the model's side and its Wishart matrix."""
        if i:
            return self._form[i]
        if df not in self._own:
            self._own[df] = _form(self._columns[0], made)
        return self._own[df]

    def lent(self, j: int, made: Floats | None) -> Floats:
        """|L* F_j'|^2 of each draw."""
        return _met(self._lent[j], made)


def _form(columns: Floats, wishart: Floats | None) -> Floats:
    return np.matmul(columns.transpose(0, 2, 1), columns if wishart is None else np.matmul(wishart, columns))


def _through(gram: Floats, wishart: Floats | None) -> Floats:
    """G S G' (draws x rows x rows)."""
    return (gram @ gram.T)[None] if wishart is None else np.matmul(np.matmul(gram, wishart), gram.T)


def _met(through: Floats, wishart: Floats | None) -> Floats:
    """tr(S G S' G') of each draw: the squared length of a product of two factors."""
    return np.trace(through, axis1=1, axis2=2) if wishart is None else (through * wishart).sum(axis=(1, 2))


class _Design:
    """The draws of a setting for a true correlation, ``growth`` of |m0|^2 and ``df`` of the model's side."""

    def __init__(self, drawn: _Drawn, r: float, growth: float, df: int, made: Floats | None):
        self.drawn, self.made, known = drawn, made, drawn.known
        self.df = (df, *known.df[1:])
        n, beside = len(drawn.sides), np.sqrt(1 - r**2)
        self.length = (known.length[0] * np.sqrt(growth), *known.length[1:])
        cosine = {(0, 1): r, (0, 2): r * known.alike, (1, 2): known.alike, (2, 2): 1.0}
        self._true = {(i, j): c * self.length[i] * self.length[j] for (i, j), c in cosine.items() if j < n}
        weights = np.zeros((n, 2 * n))
        weights[range(n), range(n, 2 * n)] = 1.0
        weights[range(n), range(n)] = self.length
        weights[1, :2] = self.length[1] * r, self.length[1] * beside
        self.weights = weights

    def dot(self, i: int, j: int) -> Floats:
        """<x_i, x_j> of each draw."""
        known, (one, two) = self.drawn.known, (self.drawn.shift[i], self.drawn.shift[j])
        noise = ((one @ known.gram[i, j]) * two).sum(axis=1)
        return self._true[i, j] + one @ self._mean(i, j) + two @ self._mean(j, i) + noise

    def _mean(self, i: int, j: int) -> Floats:
        """F_i x_j0 (rows of i)."""
        n = len(self.drawn.sides)
        return sum((self.weights[j, at] * self.drawn.known.along[i, at] for at in range(n)), start=np.zeros(1))

    def squared(self, i: int, weights: Floats) -> Floats:
        """|F*_i x|^2 of each draw; ``weights``: x by the columns, of all draws or of each."""
        form = self.drawn.form(i, self.df[0], self.made)
        wide = np.broadcast_to(weights, form.shape[:2])
        return (np.matmul(form, wide[:, :, None])[:, :, 0] * wide).sum(axis=1)

    def met(self, i: int, j: int) -> Floats:
        return self.drawn.met[i, j] if i else self.drawn.lent(j, self.made)

    def ratio(self, i: int, j: int) -> Floats:
        """T over the root of V, by the joint null."""
        terms = self.squared(i, self.weights[j]), self.squared(j, self.weights[i])
        shared = np.broadcast_to(self.met(i, j), terms[0].shape)
        return self.dot(i, j) / np.sqrt(joint_variance(*terms, shared))

    def part(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether the other state takes part in each draw, and whether something is left given it."""
        m, h, d = self.df
        signal = self.dot(2, 2) - self.drawn.trace
        seen = [self.ratio(i, 2) for i in (0, 1)]
        whole, with_m, with_h = self.dot(0, 1), self.dot(0, 2), self.dot(1, 2)
        takes = (signal > 0) & (seen[0] * seen[1] * whole > 0)
        for ratio, df in zip(seen, (m, h), strict=True):
            takes &= np.abs(ratio) >= stats.t.isf(ALPHA / 2, min(df, d))
        size = np.where(signal > 0, signal, 1.0)
        b, c = (with_h / size)[:, None], (with_m / size)[:, None]
        x, y, z = self.weights
        terms = [
            self.squared(0, y - b * z), self.squared(1, x - c * z), self.squared(2, b * x + c * y - 2 * b * c * z),
        ]  # fmt: skip
        b, c = b[:, 0], c[:, 0]
        twice = self.met(0, 1) + b**2 * self.met(0, 2) + c**2 * self.met(1, 2) + 2 * (b * c) ** 2 * self.met(2, 2)
        variance = np.maximum(np.maximum.reduce(terms), sum(terms) - twice)
        statistic = whole - with_m * b
        bound = stats.t.isf(ALPHA / 2, min(m, h, d))
        return takes, (statistic * whole > 0) & (np.abs(statistic) >= bound * np.sqrt(variance))
