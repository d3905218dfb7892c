"""Tree engines: each gene's expression by boosted regression trees on the factors, importance from the trees' splits.

GRNBoost2 (Moerman 2019, doi 10.1093/bioinformatics/bty916) is arboreto's own, which pyscenic's grn runs; the targets
are spread over processes here, since arboreto's dask graph fails on current versions. rustscenic is the same algorithm
with histograms, compiled. Both come with the extra [models], know no signs, and depend on the seed.
"""

from typing import Any

import numpy as np

from ingest.method.engine import Engine, Floats, Ints, Matrix, Scores, dense, without
from ingest.method.pyscenic_compat import needs_models, scenic
from kg.match.card import Card

_LIMITS = (
    "near chance against curated networks on real cells: lean on support, pruning and donors",
    "no signs: activation and repression look alike",
    "another seed, or one cell less, changes a good part of the edges: take the consensus",
)
_TARGETS_AT_ONCE = 25


def _grnboost2(expression: Matrix, factors: Ints, design: Floats, seed: int) -> Scores:
    try:
        from joblib import Parallel, delayed
    except ModuleNotFoundError as error:
        raise needs_models(error) from error
    scenic("arboreto.core")
    values = dense(without(expression, design))
    genes = values.shape[1]
    parts = [np.arange(at, min(at + _TARGETS_AT_ONCE, genes)) for at in range(0, genes, _TARGETS_AT_ONCE)]
    made: Any = Parallel(n_jobs=-1)(
        delayed(_boosted)(values[:, factors], factors, values[:, part], part, seed) for part in parts
    )
    return Scores(np.concatenate(made, axis=1))


def _boosted(predictors: Floats, factors: Ints, values: Floats, targets: Ints, seed: int) -> Floats:
    """Importance, factors x targets; runs in a process of its own."""
    core = scenic("arboreto.core")
    made = np.zeros((len(factors), len(targets)))
    place = {str(factor): at for at, factor in enumerate(factors)}
    for at, target in enumerate(targets):
        links = core.infer_partial_network(
            "GBM", core.SGBM_KWARGS, predictors, list(place), str(target), values[:, at], seed=seed
        )
        made[[place[tf] for tf in links["TF"]], at] = links["importance"]
    return made


def _rustscenic(expression: Matrix, factors: Ints, design: Floats, seed: int) -> Scores:
    try:
        from rustscenic import grn
    except ModuleNotFoundError as error:
        raise needs_models(error) from error
    values = without(expression, design)
    genes = [str(at) for at in range(values.shape[1])]
    place = {str(factor): at for at, factor in enumerate(factors)}
    links = grn.infer((values, genes), list(place), seed=seed, verbose=False)
    made = np.zeros((len(factors), len(genes)))
    made[links["TF"].map(place).to_numpy(int), links["target"].astype(int).to_numpy()] = links["importance"]
    return Scores(made)


GRNBOOST2 = Engine(
    Card(
        "grnboost2",
        "arboreto 0.1",
        "stochastic gradient boosting with early stopping",
        _LIMITS,
        "10.1093/bioinformatics/bty916",
    ),
    _grnboost2,
)
RUSTSCENIC = Engine(
    Card(
        "rustscenic", "0.5", "GRNBoost2's algorithm on histograms, compiled", _LIMITS, "10.1093/bioinformatics/bty916"
    ),
    _rustscenic,
)
