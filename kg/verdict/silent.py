# SciPy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

"""Which other states surely take no part in a match, from the stacks of many sides: those are not asked one by one.

A state takes part where it moves with both sides, each p at .05 or below over the features that all three have. The
variance of the joint null is never below the larger of its first two terms (``kg.match.joint``), so a statistic that is
small beside these alone has a p above .05, whatever the third term is. Stacks are of single precision: what comes near
the limit is asked by itself.
"""

from collections.abc import Iterable
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kg.match.masked import Stack
from kg.match.space import Space
from kg.match.specificity import ALPHA
from kg.sides.catalog import ContrastInfo
from kg.sides.human import StateSide, engineered, pool_of
from kg.sides.others import candidates, donors_of, not_independent
from kg.sides.workspace import Workspace
from kg.verdict.screen import Sides

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
NEAR = 0.99
"""A statistic below this share of what would be significant is surely not: rounding is a thousandth of the rest."""


def silent(ws: Workspace, contrast: ContrastInfo, side: StateSide, space: Space, sides: Sides) -> frozenset[str]:
    """Ids of the other states that take no part in the match of a contrast and a state; others may or may not."""
    stack, row = sides.block.stack, sides.rows.get(side.info.id)
    own = contrast.state.id if contrast.state is not None else ""
    if stack is None or row is None or side.info.id == own:
        return frozenset()
    reference = None if contrast.noise == "donors" else ws.references_for(contrast)[0]
    part = ws.projected(contrast, space, reference)
    both = part.measured & ws.allowed(space, engineered(contrast, side.pool)) & stack.masks[stack.mask_of[row]]
    c = part.component
    mine = (c.vector, [(np.asarray(c.factor, np.float32), 1.0)], c.df)
    theirs = _of(stack, row)
    beside = (contrast, *side.pool)
    donors = frozenset(chain.from_iterable(donors_of(ws, each) for each in side.pool))
    found: set[str] = set()
    for info in candidates(ws, side):
        at = sides.rows.get(info.id)
        pool = pool_of(ws, info).pool
        if at is None or info.id == own or any(each.engineered for each in pool):
            continue  # its row is over other features, or of other cohorts
        if any(not_independent(each, donors_of(ws, each), beside, donors) for each in pool):
            continue
        other, there = _of(stack, at), both & stack.masks[stack.mask_of[at]]
        if there.any() and any(_apart(each, other, there) for each in (mine, theirs)):
            found.add(info.id)
    return frozenset(found)


Sided = tuple[NDArray[np.floating], Iterable[tuple[NDArray[np.floating], float]], int]


def _of(stack: Stack, row: int) -> Sided:
    side, of, square = stack.parts
    mine = np.flatnonzero(side == row)
    factors = [(stack.rows_of(int(of[at])), float(square[at])) for at in mine]
    return np.asarray(stack.vectors[row]), factors, int(stack.df[row])


def _apart(one: Sided, two: Sided, there: Mask) -> bool:
    """The joint null's p of two sides over some features is above .05, whatever its third term."""
    x, y = (_centred(vector, there) for vector, _, _ in (one, two))
    terms = [
        sum(square * float(((rows @ along) ** 2).sum()) for rows, square in factors)
        for factors, along in ((one[1], y), (two[1], x))
    ]
    needed = float(stats.t.isf(ALPHA / 2, min(one[2], two[2]))) * np.sqrt(max(terms))
    return bool(abs(float(x @ y)) < NEAR * needed)


def _centred(vector: NDArray[np.floating], there: Mask) -> NDArray[np.float32]:
    made = np.where(there, vector, 0.0)
    made[there] -= made[there].mean()
    return made.astype(np.float32)
