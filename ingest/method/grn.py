"""Gene regulatory networks from expression: engines behind one contract, and the consensus over resamples.

    adjacencies = infer(expression, genes, tfs)                     one fit
    adjacencies = consensus(expression, genes, tfs, donors=donors)  with the support of each edge

An adjacency is a transcription factor, a target, and an importance that ranks edges within one engine and is not
comparable between engines. Where donors are given their means are regressed out, and the consensus draws donors, not
cells: cells of one donor are not replicates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse

from ingest.method import grn_ridge, grn_trees
from ingest.method.engine import Engine, Floats, Ints, Matrix, Scores, best
from kg.errors import MethodError

Texts = NDArray[np.str_]
DEFAULT = "ridge"
MOST = 1_000_000
REGULATORS = 5
BLOCKS = 100


@dataclass(frozen=True)
class Adjacencies:
    """Edges of one network, most important first.

    ``tf``, ``target``: names, one per edge. ``importance``: at least 0. ``sign``: 1 activation, -1 repression, None
    where the engine knows none. ``support``: share (0 to 1) of resamples in which the edge was among the best of its
    target and, with signs, of this sign; None after one fit. ``engine``: name of the card.
    """

    tf: Texts
    target: Texts
    importance: Floats
    sign: NDArray[np.int8] | None
    support: Floats | None
    engine: str

    def __post_init__(self) -> None:
        lengths = {len(a) for a in (self.tf, self.target, self.importance, self.sign, self.support) if a is not None}
        if len(lengths) != 1:
            raise ValueError(f"columns of adjacencies differ in length: {sorted(lengths)}")
        if not (np.isfinite(self.importance).all() and (self.importance >= 0).all()):
            raise ValueError("an importance is finite and at least 0")
        if self.support is not None and not ((self.support >= 0) & (self.support <= 1)).all():
            raise ValueError("support lies between 0 and 1")

    def __len__(self) -> int:
        return len(self.tf)

    def at(self, rows: NDArray) -> "Adjacencies":
        """Some edges, by mask, slice or index."""
        sign = None if self.sign is None else self.sign[rows]
        support = None if self.support is None else self.support[rows]
        return Adjacencies(self.tf[rows], self.target[rows], self.importance[rows], sign, support, self.engine)


ENGINES: dict[str, Engine] = {
    "ridge": grn_ridge.RIDGE,
    "grnboost2": grn_trees.GRNBOOST2,
    "rustscenic": grn_trees.RUSTSCENIC,
}


def infer(
    expression: ArrayLike | Matrix,
    genes: Sequence[str],
    tfs: Sequence[str],
    *,
    engine: str = DEFAULT,
    covariates: ArrayLike | None = None,
    donors: Sequence[str] | None = None,
    seed: int = 0,
    most: int = MOST,
) -> Adjacencies:
    """The network of one fit.

    ``expression``: cells x genes, log-normalised; dense or CSR. ``tfs``: candidate factors, of which those among the
    ``genes`` are used. ``covariates``: cells x k numbers, regressed out. ``donors``: one name per cell; their means are
    regressed out. ``most``: edges kept, the most important.

    Raises:
        MethodError: NO_FACTORS, BAD_EXPRESSION, BAD_COVARIATES, UNKNOWN_ENGINE, NEEDS_MODELS.
    """
    values, names, factors = _checked(expression, genes, tfs)
    design = _design(values.shape[0], covariates, donors)
    return _edges(_engine(engine).fit(values, factors, design, seed), names, factors, engine, most)


def consensus(
    expression: ArrayLike | Matrix,
    genes: Sequence[str],
    tfs: Sequence[str],
    *,
    engine: str = DEFAULT,
    covariates: ArrayLike | None = None,
    donors: Sequence[str] | None = None,
    bootstraps: int = 50,
    regulators: int = REGULATORS,
    seed: int = 0,
    most: int = MOST,
) -> Adjacencies:
    """The network over resamples, each edge with its support; arguments as of :func:`infer`.

    Donors are drawn with replacement where they are given, else cells; every resample has a seed of its own.
    Importance is the mean over resamples (of the signed score, where the engine has signs). An edge counts in a
    resample when it is among the best ``regulators`` of its target.

    Raises:
        MethodError: as :func:`infer`, and FEW_DONORS with fewer than two.
    """
    values, names, factors = _checked(expression, genes, tfs)
    design = _design(values.shape[0], covariates, donors)
    rng, used = np.random.default_rng(seed), _engine(engine)
    if donors is None:
        count = min(BLOCKS, values.shape[0]) if used.resample else values.shape[0]
        group = rng.permutation(np.arange(values.shape[0]) % count)
    else:
        known, group = np.unique(np.asarray(donors, str), return_inverse=True)
        count = len(known)
        if count < 2:
            raise MethodError("a consensus over donors needs at least two donors", code="FEW_DONORS")
    weights = rng.multinomial(count, np.full(count, 1 / count), size=bootstraps).astype(float)
    if used.resample:
        scores = used.resample(values, factors, design, group, weights, regulators)
    else:
        seeds = rng.integers(0, 2**31, bootstraps)
        scores = _refitted(used, values, factors, design, (group, weights, seeds), regulators)
    return _edges(scores, names, factors, engine, most)


def _refitted(
    engine: Engine, values: Matrix, factors: Ints, design: Floats, draws: tuple[Ints, Floats, Ints], regulators: int
) -> Scores:
    """Mean importance over fits of resampled cells, each with a seed of its own."""
    group, weights, seeds = draws
    total = support = np.zeros((len(factors), values.shape[1]))
    for weight, seed in zip(weights.astype(int), seeds, strict=True):
        rows = np.repeat(np.arange(values.shape[0]), weight[group])
        made = engine.fit(values[rows], factors, design[rows], int(seed)).importance
        total, support = total + made, support + best(made, regulators)
    return Scores(total / len(weights), None, support / len(weights))


def _engine(name: str) -> Engine:
    if name not in ENGINES:
        raise MethodError(f"no engine {name!r}: there are {', '.join(ENGINES)}", code="UNKNOWN_ENGINE")
    return ENGINES[name]


def _checked(expression: ArrayLike | Matrix, genes: Sequence[str], tfs: Sequence[str]) -> tuple[Matrix, Texts, Ints]:
    values: Matrix = csr_matrix(expression) if issparse(expression) else np.asarray(expression, float)
    names = np.asarray(genes, dtype=str)
    if values.ndim != 2 or values.shape[1] != len(names):
        raise MethodError(f"expression {values.shape} does not fit {len(names)} genes", code="BAD_EXPRESSION")
    if len(np.unique(names)) != len(names):
        raise MethodError("a gene is there twice: sum or drop its columns first", code="BAD_EXPRESSION")
    if not np.isfinite(values.data if isinstance(values, csr_matrix) else values).all():
        raise MethodError("expression holds NaN or Inf", code="BAD_EXPRESSION")
    factors = np.flatnonzero(np.isin(names, np.asarray(list(tfs), dtype=str)))
    if not len(factors):
        asked = ", ".join(list(tfs)[:3])
        raise MethodError(
            f"none of the {len(tfs)} factors ({asked}, …) is among the genes ({', '.join(names[:3])}, …): "
            "give both in the same naming",
            code="NO_FACTORS",
        )
    return values, names, factors


def _design(cells: int, covariates: ArrayLike | None, donors: Sequence[str] | None) -> Floats:
    """Cells x covariates: intercept, covariates, and an indicator a donor but the first."""
    parts = [np.ones((cells, 1))]
    if covariates is not None:
        given = np.asarray(covariates, float)
        parts.append(given[:, None] if given.ndim == 1 else given)
    if donors is not None:
        known, which = np.unique(np.asarray(donors, str), return_inverse=True)
        parts.append(np.eye(len(known))[which][:, 1:])
    for part in parts:
        if len(part) != cells or not np.isfinite(part).all():
            raise MethodError(
                f"covariates and donors need a finite value for each of {cells} cells", code="BAD_COVARIATES"
            )
    return np.hstack(parts)


def _edges(scores: Scores, names: Texts, factors: Ints, engine: str, most: int) -> Adjacencies:
    flat = scores.importance.ravel()
    kept = np.flatnonzero(flat > 0)
    if len(kept) > most:
        kept = kept[np.argpartition(-flat[kept], most - 1)[:most]]
    kept = kept[np.argsort(-flat[kept], kind="stable")]
    tf, target = np.divmod(kept, len(names))
    return Adjacencies(
        names[factors][tf],
        names[target],
        flat[kept],
        None if scores.sign is None else scores.sign.ravel()[kept],
        None if scores.support is None else scores.support.ravel()[kept],
        engine,
    )
