"""The outcome of a cell: a type, an ancestor, ambiguous, unknown or low quality; a type is never forced.

low_quality  removed by the filters, or too few genes of the space detected
unknown      it and half of its neighbours lie outside, in a group of ten, as few known cells of held-out donors do
type         its prediction set contains one type, the most probable
ancestor     the types of its set share a node that does not contain all types, and include the most probable
ambiguous    the types of its set share no such node, or the set is empty: a share alpha of known cells is missed, so
             this is no evidence of a new type

A vague type (one that is in most sets of other types, and so not informative) counts only in cells in which it is the
most probable type; the sets themselves keep it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.geometry import Floats

TYPE, ANCESTOR, AMBIGUOUS, UNKNOWN, LOW_QUALITY = "type", "ancestor", "ambiguous", "unknown", "low_quality"


@dataclass(frozen=True)
class Said:
    """Results (cells,) each. ``label``: the type or ancestor, "" for other outcomes; ``probability``: P of the label,
    or of ``nearest`` if there is none; nan for low quality."""

    outcome: Strings
    label: Strings
    nearest: Strings
    probability: Floats


def say(
    tree: Tree,
    log_p: Floats,
    sets: NDArray[np.bool_],
    unknown: NDArray[np.bool_],
    low_quality: NDArray[np.bool_],
    vague: NDArray[np.bool_] | None = None,
) -> Said:
    """``log_p`` (cells, types), rows sum to 1; ``sets`` (cells, types); ``unknown``, ``low_quality`` (cells,);
    ``vague`` (types,), None if no type is vague."""
    nodes = np.array(tree.nodes)
    rows, p = np.arange(len(log_p)), tree.rolled(np.exp(log_p))
    best = log_p.argmax(axis=1)
    if vague is not None:
        sets = sets & (~vague | (np.arange(len(vague)) == best[:, None]))
    held = np.where(sets[rows, best], tree.holding(sets), -1)
    outcome = np.where(held < 0, AMBIGUOUS, np.where(sets.sum(axis=1) == 1, TYPE, ANCESTOR)).astype("<U12")
    outcome[unknown] = UNKNOWN
    outcome[low_quality] = LOW_QUALITY
    named = np.isin(outcome, (TYPE, ANCESTOR))
    place = np.where(named, held, best)
    probability = np.clip(p[rows, place], 0, 1)
    return Said(
        outcome,
        np.where(named, nodes[place], ""),
        np.where(low_quality, "", nodes[best]),
        np.where(low_quality, np.nan, probability),
    )
