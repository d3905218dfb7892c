"""Expression with a known network, small: what tests of the engines hold them against. Simulated."""

from typing import NamedTuple

import numpy as np


class Made(NamedTuple):
    expression: np.ndarray
    genes: list[str]
    tfs: list[str]
    edges: dict[tuple[str, str], int]


def made(cells=400, tfs=8, targets=60, seed=0) -> Made:
    """Each target has two factors; the last ten targets have none."""
    rng = np.random.default_rng(seed)
    names = [f"TF{i}" for i in range(tfs)] + [f"G{i}" for i in range(targets)]
    activity = rng.normal(size=(cells, tfs)) @ (np.eye(tfs) + 0.2)
    expression = np.hstack([activity, rng.normal(size=(cells, targets))])
    edges = {}
    for gene in range(targets - 10):
        for tf in rng.choice(tfs, 2, replace=False):
            sign = 1 if rng.random() < 0.7 else -1
            expression[:, tfs + gene] += 0.6 * sign * activity[:, tf]
            edges[names[tf], names[tfs + gene]] = sign
    return Made(expression + 5, names, names[:tfs], edges)
