"""All sides that a contrast is held against, as rows of a stack (``kg.match.masked``)."""

import numpy as np
from numpy.typing import NDArray

from kg.match.masked import Row
from kg.match.pair import State

Mask = NDArray[np.bool_]


def row_of(state: State, allowed: Mask) -> Row:
    """A state, or a contrast that stands for itself, over the features that all of its cohorts have and that none of them
    engineers (``allowed``)."""
    mask = state.measured & allowed
    rows = np.flatnonzero(mask)
    known = {c.component.factor_id: c for c in reversed(state.cohorts)}
    combined = state.at(rows)
    vector = np.zeros(len(mask))
    vector[rows] = combined.side.vector
    factors = [
        (key, known[key].component.factor, np.asarray(known[key].component.factor).any(axis=0) | mask, square)
        for key, square in combined.squares.items()
    ]
    return Row(vector, mask, combined.side.df, factors)
