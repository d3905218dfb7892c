"""Calibrates head, thresholds and outside scores on held-out donors, each mapped as a query to the others.

Each donor is mapped to a reference fitted without it, gene selection included, so that all donors are used. If fewer
than two donors are known, cells are held out instead: this is reported, because it says nothing about new donors.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.method.mapping.calibration.policy import VOTED, Engine, Policy
from ingest.method.mapping.calibration.training import Training, fitted
from ingest.method.mapping.heads import head
from ingest.method.mapping.heads.conformal import Thresholds, sets, thresholds
from ingest.method.mapping.heads.correlation import TypeStatistics, by_correlation
from ingest.method.mapping.heads.hierarchical import by_levels
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.query import gates
from ingest.method.mapping.query.outside import Scale, level
from ingest.method.mapping.query.placed import outlying, place
from ingest.method.mapping.space.cells import Strings
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.mapping.space.latent import Latent, Space
from ingest.method.mapping.space.reference import Reference
from kg.match.card import Card

CARD = Card(
    "held-out-donors",
    "1",
    "each donor mapped to the others: the head with the best macro-F1, thresholds of sets, the scale of outside scores",
    (
        "calibrated on donors of the reference's own studies, which do not cover new platforms or tissues",
        "without donors, cells are held out, and nothing is guaranteed",
    ),
    "10.1080/01621459.2022.2060112",
)
Kind = Literal["donors", "cells", "none"]
CELL_FOLDS, LEAST_DONORS, VOTE_PRIOR = 5, 5, 0.005
STATE, LEAST_STATE = 2.0, 10.0  # twice the strength seen in held-out donors, and three standard deviations


@dataclass(frozen=True)
class Choice:
    """``engine``: with the best macro-F1; ``temperature``: of the means; ``thresholds``: of the sets; ``f1``: macro-F1
    of each engine, 0 to 1."""

    engine: Engine
    temperature: float
    thresholds: Thresholds
    f1: dict[str, float]


@dataclass(frozen=True)
class Calibration:
    """``donors``: number held out (0 if cells were held out); ``corrected``, ``plain``: choices with and without the
    correction; ``gains``: whether donors near the reference gain from it (``gained``); ``limit``: upper limit of the
    median distance before correction (nan: not testable); ``state``: strength above which a shift shared by all types
    is a state; ``with_state``, ``stateless``: scales of the two outside scores; ``held`` (n, 2): these scores of
    held-out cells; ``held_donor`` (n,); ``levels``: p at or below which a cell counts for UNKNOWN by each score, 0 for
    that of the policy."""

    kind: Kind
    donors: int
    corrected: Choice
    plain: Choice
    gains: bool
    limit: float
    state: float
    with_state: Scale
    stateless: Scale
    held: Floats
    held_donor: Ints
    levels: tuple[float, float] = (0.0, 0.0)

    @property
    def promised(self) -> bool:
        """Whether five donors or more were held out, so that p-values and coverage are valid."""
        return self.kind == "donors" and self.donors >= LEAST_DONORS

    @property
    def crossed(self) -> bool:
        """Whether ``outside.measured`` was, which versions calibrated earlier were not."""
        return len(self.with_state.mean) > 2


@dataclass
class Held:
    """Held-out cells, all in the same order: type, donor, healthy; scores of each engine with and without correction;
    distance before correction; outside measures (n, 6), their strength, and each cell's neighbours within its donor."""

    truth: list[Ints] = field(default_factory=list)
    donor: list[Ints] = field(default_factory=list)
    healthy: list[NDArray[np.bool_]] = field(default_factory=list)
    scores: dict[tuple[bool, str], list[Floats]] = field(default_factory=dict)
    distance: list[Floats] = field(default_factory=list)
    outside: list[Floats] = field(default_factory=list)
    strength: list[float] = field(default_factory=list)
    company: list[Ints] = field(default_factory=list)


def engine_scores(
    reference: Reference,
    found: TypeStatistics,
    tree: Tree,
    points: Floats,
    counts: sparse.csr_matrix,
    genes: Strings,
    engines: tuple[Engine, ...],
    seed: int,
) -> dict[str, Floats]:
    """Scores (cells, types) for the engines: log P, except for ``means``, whose scores have yet to be tempered."""
    made: dict[str, Floats] = {}
    if {"means", "both"} & set(engines):
        made["means"] = head.by_means(points, reference.means)
    if {"neighbours", "both"} & set(engines):
        made["neighbours"] = head.by_neighbours(
            points, reference.cells, reference.code, reference.donor, len(reference.types)
        )
    for name in VOTED:
        if name in engines:
            flat = name == "correlation"
            votes = (
                by_correlation(found, counts, genes, seed=seed)
                if flat
                else by_levels(found, tree, counts, genes, seed=seed)
            )
            made[name] = np.log((votes + VOTE_PRIOR) / (1 + votes.shape[1] * VOTE_PRIOR))
    return made


def log_p(scores: dict[str, Floats], engine: Engine, temperature: float) -> Floats:
    """Log P (cells, types) of one engine."""
    if engine == "means":
        return head.tempered(scores["means"], temperature)
    if engine == "both":
        return head.both(head.tempered(scores["means"], temperature), scores["neighbours"])
    return scores[engine]


def calibrate(
    training: Training,
    tree: Tree,
    policy: Policy,
    seed: int,
    progress: Callable[[int, int], None],
    space: Space | None = None,
) -> tuple[Calibration, dict[str, Any]]:
    """The calibration, and its results as plain values. ``space``: a model whose space is used for the corrected
    choice; the plain choice uses principal axes."""
    folds, kind = _folds(training, policy, seed)
    if not policy.calibrate:
        return uncalibrated(len(training.types), policy), {"kind": "none"}
    held = Held()
    for at, fold in enumerate(folds):
        _hold_out(training, tree, fold, kind, policy, seed, held, space)
        progress(at + 1, len(folds) + 1)
    truth, donor = np.concatenate(held.truth), np.concatenate(held.donor)
    scores = {key: np.concatenate(each) for key, each in held.scores.items()}
    chosen = {
        fixed: _choose(
            {k: v for (mode, k), v in scores.items() if mode is fixed}, truth, donor, policy, len(training.types)
        )
        for fixed in (True, False)
    }
    (corrected, with_it), (plain, without_it) = chosen[True], chosen[False]
    gains = space is not None or gained(with_it - without_it)
    measured = np.concatenate(held.outside)
    kept = np.isfinite(measured).all(axis=1)
    whole, rest = np.split(measured, 2, axis=1)
    with_state, stateless = Scale.of(whole[kept]), Scale.of(rest[kept])
    outer = np.stack([with_state.score(whole), stateless.score(rest)], axis=1)
    distance, healthy = np.concatenate(held.distance), np.concatenate(held.healthy)
    medians = [np.median(distance[healthy & (donor == d)]) for d in np.unique(donor[healthy])]
    donors = len(np.unique(donor)) if kind == "donors" else 0
    levels = [0.0, 0.0]
    if donors >= LEAST_DONORS:
        ends = np.cumsum([len(each) for each in held.company])[:-1]
        levels = [level(np.split(each, ends), held.company, policy.outside_p) for each in outer.T]
    made = Calibration(
        kind, donors, corrected, plain, gains, gates.limit(np.array(medians)) if kind == "donors" else float("nan"),
        max(STATE * max(filter(np.isfinite, held.strength), default=0.0), LEAST_STATE), with_state, stateless,
        outer[kept].astype(np.float32), donor[kept], (levels[0], levels[1])
    )  # fmt: skip
    near = corrected if gains else plain
    mode = _of(scores, gains)
    return made, _shown(training, near, log_p(mode, near.engine, near.temperature), truth, donor, kind)


def _folds(training: Training, policy: Policy, seed: int) -> tuple[list[Ints], Kind]:
    """Rows held out together: whole donors, or a fifth of the cells of each type."""
    rng = np.random.default_rng(seed)
    known = np.unique(training.donor[training.donor >= 0])
    if len(known) >= 2:
        parts = np.array_split(rng.permutation(known), min(policy.folds, len(known)))
        return [np.flatnonzero(np.isin(training.donor, part)) for part in parts], "donors"
    order = rng.permutation(len(training.code))
    order = order[np.argsort(training.code[order], kind="stable")]
    return [np.sort(order[at::CELL_FOLDS]) for at in range(CELL_FOLDS)], "cells"


def _hold_out(
    training: Training, tree: Tree, fold: Ints, kind: Kind, policy: Policy, seed: int, held: Held, space: Space | None
) -> None:
    rest = np.setdiff1d(np.arange(len(training.code)), fold)
    if len(np.unique(training.code[rest])) < 2:
        return
    made = fitted(training, rest, policy, seed)
    reference = made.reference
    known = tree.within(reference.types)
    heads, latent = reference, np.zeros((len(fold), 0), np.float32)
    if space is not None:
        heads, latent = _in_space(space, training, fold, rest, reference, seed)
    for each in np.unique(training.donor[fold]) if kind == "donors" else [None]:
        rows = fold if each is None else fold[training.donor[fold] == each]
        counts = sparse.csr_matrix(training.counts[rows])
        placed = place(reference, counts, training.genes, np.zeros(len(rows), dtype=np.intp))
        if space is not None:
            placed = replace(placed, points=latent[np.isin(fold, rows)])
        for fixed, points, ground in ((True, placed.points, heads), (False, placed.raw, reference)):
            engines: tuple[Engine, ...] = tuple(e for e in policy.engines if fixed or e not in VOTED)
            found = engine_scores(ground, made.statistics, known, points, counts, training.genes, engines, seed)
            for voted in () if fixed else set(VOTED) & set(policy.engines):
                found[voted] = held.scores[True, voted][-1][:, made.types]
            for name, own in found.items():
                whole = np.full((len(rows), len(training.types)), -np.inf)
                whole[:, made.types] = own
                held.scores.setdefault((fixed, name), []).append(whole)
        out = outlying(heads, placed, np.zeros(len(rows), dtype=np.intp), seed)
        measured = np.concatenate([out.whole, out.stateless], axis=1)
        measured[~np.isin(training.code[rows], made.types)] = np.nan  # cells of a type that only this donor has
        held.outside.append(measured)
        held.strength.append(float(out.strength[0]))
        held.company.append(out.company)
        held.truth.append(training.code[rows])
        held.donor.append(np.zeros(len(rows), dtype=np.intp) if each is None else training.donor[rows])
        held.healthy.append(training.healthy[rows])
        held.distance.append(gates.to_nearest(placed.raw, reference.means))


def _in_space(
    space: Space, training: Training, fold: Ints, rest: Ints, reference: Reference, seed: int
) -> tuple[Reference, Floats]:
    """The reference of the remaining cells in a space fitted to them, and the fold's cells mapped to it, each donor a
    batch."""
    code = np.searchsorted(reference.types, np.array(training.types)[training.code[rest]])
    embedded = training.embedded(space, rest, reference, seed)
    latent = Latent.of(embedded.cells, code, len(reference.types))
    batch = np.unique(training.donor[fold], return_inverse=True)[1]
    moved = embedded.query(sparse.csr_matrix(training.counts[fold]), training.genes, batch, seed)
    return latent.within(reference), latent.placed(moved)


def _choose(scores: dict[str, Floats], truth: Ints, donor: Ints, policy: Policy, types: int) -> tuple[Choice, Floats]:
    """The engine with the best macro-F1 (mean over donors; in a tie the first in the policy), and its macro-F1 by
    donor."""
    any_score = next(iter(scores.values()))
    known = np.isfinite(any_score[np.arange(len(truth)), truth])
    scores = {k: v[known] for k, v in scores.items()}
    truth, donor = truth[known], donor[known]
    many = np.bincount(donor)
    warm = head.temperature(scores["means"], truth, 1 / many[donor]) if "means" in scores else 1.0
    made = {engine: log_p(scores, engine, warm) for engine in policy.engines}
    by_donor = {engine: _f1(p.argmax(axis=1), truth, donor) for engine, p in made.items()}
    f1 = {engine: float(each.mean()) if len(each) else 0.0 for engine, each in by_donor.items()}
    best = max(policy.engines, key=lambda engine: round(f1[engine], 6))
    score = -made[best][np.arange(len(truth)), truth]
    found = thresholds(score, truth, donor, types, policy.alpha)
    return Choice(best, warm, found, {k: round(v, 4) for k, v in f1.items()}), by_donor[best]


def gained(by_donor: Floats) -> bool:
    """Is the mean over donors of what the correction adds to macro-F1 above its standard error? Of one it must not be
    below 0."""
    if len(by_donor) < 2:
        return bool(by_donor.sum() >= 0)
    return bool(by_donor.mean() > by_donor.std(ddof=1) / np.sqrt(len(by_donor)))


def _of(scores: dict[tuple[bool, str], Floats], corrected: bool) -> dict[str, Floats]:
    return {name: each for (fixed, name), each in scores.items() if fixed is corrected}


def _f1(call: Ints, truth: Ints, donor: Ints) -> Floats:
    """Macro-F1 of each donor over the types of which it has at least five cells; donors without such a type are left
    out."""
    each = []
    for d in np.unique(donor):
        rows = donor == d
        types = np.flatnonzero(np.bincount(truth[rows]) >= LEAST_DONORS)
        if len(types):
            each.append(head.macro_f1(truth[rows], call[rows], types))
    return np.array(each)


def uncalibrated(types: int, policy: Policy) -> Calibration:
    """Without held-out data: a type is in a set if its P is at least alpha; coverage is not guaranteed."""
    threshold = Thresholds(np.full(types, -np.log(policy.alpha)), np.zeros(types, bool), False, policy.alpha)
    choice = Choice(policy.engines[0], 1.0, threshold, {})
    nothing, scale = np.zeros((0, 2), np.float32), Scale((0.0,) * 3, (1.0,) * 3)
    return Calibration(
        "none", 0, choice, choice, True, float("nan"), float("inf"), scale, scale, nothing, np.zeros(0, dtype=np.intp)
    )


def _shown(training: Training, choice: Choice, p: Floats, truth: Ints, donor: Ints, kind: Kind) -> dict[str, Any]:
    """Coverage by donor and type, the reliability curve, and the confusion of types. Coverage is measured on the cells
    that set the thresholds: it shows where it is low, and is not a guarantee."""
    known = np.isfinite(p[np.arange(len(truth)), truth])
    p, truth, donor = p[known], truth[known], donor[known]
    rows, call, most = np.arange(len(truth)), p.argmax(axis=1), np.exp(p.max(axis=1))
    held = sets(p, choice.thresholds)
    hit = held[rows, truth]
    bins = np.minimum((most * 10).astype(int), 9)
    confusion = np.zeros((len(training.types),) * 2, dtype=int)
    np.add.at(confusion, (truth, call), 1)
    names = np.array([*training.donors, ""]) if kind == "donors" else np.array(["cells held out"])
    return {
        "kind": kind,
        "engine": choice.engine,
        "macro_f1": choice.f1,
        "coverage": round(float(hit.mean()), 4),
        "coverage_by_donor": {str(names[d]): round(float(hit[donor == d].mean()), 4) for d in np.unique(donor)},
        "coverage_by_type": {training.types[t]: round(float(hit[truth == t].mean()), 4) for t in np.unique(truth)},
        "set_size": round(float(held.sum(axis=1).mean()), 2),
        "in_sets_of_others": {
            name: round(float(held[truth != t, t].mean()), 4)
            for t, name in enumerate(training.types)
            if (truth != t).any()
        },
        "reliability": [
            {
                "p": round(float(most[bins == b].mean()), 4),
                "right": round(float((call == truth)[bins == b].mean()), 4),
                "cells": int((bins == b).sum()),
            }
            for b in np.unique(bins)
        ],
        "confusion": {
            training.types[t]: {training.types[c]: int(confusion[t, c]) for c in np.flatnonzero(confusion[t])}
            for t in np.unique(truth)
        },
        "not_held_out": int((~known).sum()),
    }
