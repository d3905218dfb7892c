"""G5: are the labels of a submission correct? They are compared with the mapping to the parent, before anything is
refitted.

For each pair (label, confidently mapped type), the log odds of its rate are compared with those of the parent's donors,
each mapped to the others. Errors spread over many pairs show in the pooled rare pairs, observed against expected. The
coverage of a type is the share of its cells whose prediction set, by the parent's thresholds, contains the label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Donor, Parent
from ingest.method.mapping.heads.conformal import thresholds
from ingest.method.mapping.space.geometry import Floats, Ints
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "labels-by-the-parent",
    "1",
    "disagreement of labels with confident mappings, compared with the parent's donors, and coverage by type",
    (
        "5% wrong labels in one donor are seldom detected; a label with fewer than 30 cells is not judged",
        "swapped labels may be missed for a type that the parent itself often confuses",
        "needs at least four donors in the parent for comparison",
    ),
    "10.1111/j.1467-9868.2005.00503.x",
)
PRIOR_PAIR, PRIOR_RARE, RARE, LEAST_USUAL, LEAST_COVERED, SHOWN = 0.6, 0.5, 0.02, 20, 10, 12


@dataclass(frozen=True)
class Told:
    """Counts for one or more donors. ``pairs`` (t, t): cells by label x confidently mapped type; ``size`` (t,): cells
    of each label; ``hit`` (t,): those whose prediction set contains the label."""

    pairs: Floats
    size: Floats
    hit: Floats

    def __add__(self, other: "Told") -> "Told":
        return Told(self.pairs + other.pairs, self.size + other.size, self.hit + other.hit)


def told(code: Ints, log_p: Floats, limit: Floats, sure: float) -> Told:
    """Counts of some cells. ``code`` (n,): labels, negative ones are left out; ``log_p`` (n, t); ``limit`` (t,):
    thresholds of the sets; ``sure``: minimum probability of a confident mapping."""
    known, types = code >= 0, log_p.shape[1]
    code, log_p = code[known], log_p[known]
    pairs = np.zeros((types, types))
    call, certain = log_p.argmax(axis=1), log_p.max(axis=1) >= np.log(sure)
    np.add.at(pairs, (code[certain], call[certain]), 1)
    size = np.bincount(code, minlength=types).astype(float)
    held = -log_p[np.arange(len(code)), code] <= limit[code] if len(code) else np.zeros(0, bool)
    return Told(pairs, size, np.bincount(code[held], minlength=types).astype(float))


def log_odds(k: Floats, n: Floats) -> Floats:
    """Log odds of the rate k / n, shrunk towards 0.1 with the weight of ten cells."""
    return np.asarray(stats.logistic.ppf((k + 1) / (n + 10)))


def beyond(here: float, usual: Floats, prior: float) -> float:
    """How far ``here`` lies above the donors' ``usual`` values, in standard deviations; the variance is shrunk halfway
    to ``prior`` squared, because donors are few. Several donors of one study count as one, because they share study
    effects."""
    spread = np.sqrt(usual.var(ddof=1) / 2 + prior**2 / 2)
    return float((here - usual.mean()) / (spread * np.sqrt(1 + 1 / len(usual))))


def pair_lines(own: Told, usual: Sequence[Told], types: Sequence[str], limits: Limits) -> list[GateLine]:
    """Lines for pairs with enough cells, the most unusual first."""
    made = []
    for i in map(int, np.flatnonzero(own.size >= limits.label_cells)):
        others = [each for each in usual if each.size[i] >= LEAST_USUAL]
        if len(others) < limits.label_donors:
            continue
        for j in map(int, np.flatnonzero(own.pairs[i] >= limits.pair_cells)):
            if i == j:
                continue
            k, n = np.array([each.pairs[i, j] for each in others]), np.array([each.size[i] for each in others])
            here = float(log_odds(own.pairs[i, j], own.size[i]))
            z = beyond(here, log_odds(k, n), PRIOR_PAIR)
            rate = float(own.pairs[i, j] / own.size[i])
            note = f"{rate:.0%} of its cells are mapped to {types[j]}, usually {np.mean(k / n):.1%}"
            made.append(GateLine(f"{types[i]} → {types[j]}", z, limits.z, float(np.mean(k / n)), rate, note=note))
    return sorted(made, key=lambda line: -(line.value or 0))


def rare_line(own: Told, usual: Sequence[Told], limits: Limits) -> GateLine | None:
    """All rare pairs pooled: log(observed / expected), compared with the parent's donors, each with its expectation
    from the others."""
    if own.size.sum() < limits.label_cells or len(usual) < limits.label_donors:
        return None
    seen, expected = _rare(own, usual)
    ratios = []
    for at, each in enumerate(usual):
        k, e = _rare(each, [*usual[:at], *usual[at + 1 :]])
        ratios.append(np.log((k + 1) / (e + 1)))
    z = beyond(float(np.log((seen + 1) / (expected + 1))), np.array(ratios), PRIOR_RARE)
    enough = seen >= limits.pair_cells / 3
    note = f"{seen:.0f} cells confidently mapped to an unusual type for their label, {expected:.1f} expected"
    return GateLine("rare pairs", z if enough else min(z, 0.0), limits.z, expected, seen, note=note)


def _rare(own: Told, usual: Sequence[Told]) -> tuple[float, float]:
    pairs, size = sum((each.pairs for each in usual), np.zeros_like(own.pairs)), sum(each.size for each in usual)
    rate = pairs / np.maximum(size, 1)[:, None]
    rare = (rate < RARE) & ~np.eye(len(rate), dtype=bool) & (np.asarray(size) >= LEAST_USUAL)[:, None]
    return float(own.pairs[rare].sum()), float((own.size[:, None] * rate)[rare].sum())


def coverage_lines(
    submitted: Sequence[Told], usual: Sequence[Told], types: Sequence[str], alpha: float, limits: Limits
) -> list[GateLine]:
    """Mean coverage of each type over donors, with an upper 95% bound that holds for all types together. The variance
    between donors is estimated from the donors of both parent and submission, the usual coverage from those of the
    parent only."""
    judged = {
        t: [each for each in submitted if each.size[t] >= LEAST_COVERED]
        for t in range(len(types))
        if any(each.size[t] >= LEAST_COVERED for each in submitted)
    }
    made = []
    for t, here in judged.items():
        known = [each.hit[t] / each.size[t] for each in usual if each.size[t] >= LEAST_COVERED]
        if len(known) < limits.label_donors:
            continue
        shares = np.array([each.hit[t] / each.size[t] for each in here])
        free = len(shares) + len(known) - 2
        own = (np.var(shares) * len(shares) + np.var(known) * len(known)) / max(free, 1)
        noise = alpha * (1 - alpha) / np.mean([each.size[t] for each in here])
        level = 1 - 0.05 / len(judged)
        top = float(
            shares.mean() + stats.t.ppf(level, free) * np.sqrt(max(own, noise) * (1 / len(shares) + 1 / len(known)))
        )
        least = 1 - alpha - limits.coverage
        made.append(
            GateLine(
                f"coverage of {types[t]}", float(shares.mean()), least, float(np.mean(known)), float(shares.mean()),
                highest=min(top, 1.0), note=f"{len(shares)} donors", stops=top < least,
            )
        )  # fmt: skip
    return sorted(made, key=lambda line: line.highest or 0)


def labels(
    parent: Parent, submitted: Sequence[Donor], alpha: float, limits: Limits | None = None, names: Sequence[str] = ()
) -> Gate:
    """The gate. ``submitted``: donors of the submission, mapped to the parent; ``alpha``: error rate of the parent's
    sets, 0 to 1; ``names``: of the submission's donors."""
    limits, types = limits or Limits(), parent.space.tree.types
    held = parent.held_out
    if len(held) < limits.label_donors:
        reason = f"the parent has {len(held)} donors, and {limits.label_donors} are needed for comparison"
        return Gate("G5", "labels", "underpowered", (), reason, "have two reviewers check the labels")
    score = np.concatenate([-each.log_p[np.arange(len(each.code)), each.code] for each in held])
    code = np.concatenate([each.code for each in held])
    donor = np.repeat([each.donor for each in held], [len(each.code) for each in held])
    found = thresholds(score, code, donor, len(types), alpha)
    usual = [told(each.code, each.log_p, found.of, limits.sure) for each in held]
    own = [told(each.code, each.log_p, found.of, limits.sure) for each in submitted]
    if not any(each.size.sum() for each in own):
        return Gate("G5", "labels", "not applicable", (), "no cell is labelled with a type of the tree")
    lines = _disagreements(
        own,
        [names[d.donor] if d.donor < len(names) else f"donor {d.donor + 1}" for d in submitted],
        usual,
        types,
        limits,
    )
    covered = coverage_lines(own, usual, types, alpha, limits)
    lacking = _lacking(parent, submitted, sum(own[1:], own[0]), found.of, limits)
    stops = [line for line in (*lines, *covered) if line.stops]
    shown = [
        *stops,
        *[line for line in lines if not line.stops][:SHOWN],
        *[c for c in covered if not c.stops],
        *lacking,
    ]
    if stops:
        first = stops[0]
        where = (
            first.note if first in lines else f"upper bound {first.highest:.2f}, at least {first.limit:.2f} is required"
        )
        fix = "check these cells: correct their labels, or leave them out and state this"
        return Gate("G5", "labels", "failed", tuple(shown), f"{first.of}: {where}", fix)
    return Gate(
        "G5", "labels", "passed", tuple(shown), "labels agree with the mapping as well as those of the parent's donors"
    )


def _disagreements(
    own: Sequence[Told], donors: Sequence[str], usual: Sequence[Told], types: Sequence[str], limits: Limits
) -> list[GateLine]:
    """Lines for all donors together and for each donor, with the level corrected for their number, because a single
    donor may be wrong."""
    whole = sum(own[1:], own[0])
    lines = pair_lines(whole, usual, types, limits)
    if rare := rare_line(whole, usual, limits):
        lines.append(rare)
    made = [_stopping(line, limits.z, "") for line in lines]
    if len(own) > 1:
        alone = float(stats.norm.isf(stats.norm.sf(limits.z) / len(own)))
        for each, donor in zip(own, donors, strict=True):
            lines = pair_lines(each, usual, types, limits)
            if rare := rare_line(each, usual, limits):
                lines.append(rare)
            made += [_stopping(line, alone, f", {donor}") for line in lines if (line.value or 0) > alone]
    return sorted(made, key=lambda line: -(line.value or 0))


def _stopping(line: GateLine, limit: float, where: str) -> GateLine:
    return GateLine(
        line.of + where, line.value, limit, line.old, line.new, note=line.note, stops=(line.value or 0) > limit
    )


def _lacking(parent: Parent, submitted: Sequence[Donor], own: Told, limit: Floats, limits: Limits) -> list[GateLine]:
    """Types that are confidently mapped but absent from the labels; only shown, as the cells have another label."""
    types, many = parent.space.tree.types, np.zeros(len(parent.space.tree.types))
    for each in submitted:
        alone = sets_of_one(each.log_p, limit) & (each.log_p.max(axis=1) >= np.log(limits.sure))
        many += np.bincount(each.log_p.argmax(axis=1)[alone], minlength=len(types))
    return [
        GateLine(f"no label {types[t]}", float(many[t]), None, note="cells confidently mapped to it")
        for t in np.flatnonzero((own.size == 0) & (many >= limits.pair_cells))
    ]  # fmt: skip


def sets_of_one(log_p: Floats, limit: Floats) -> NDArray[np.bool_]:
    """Whether the most probable type of each cell (n,) is in its prediction set."""
    best = log_p.argmax(axis=1)
    return -log_p[np.arange(len(best)), best] <= limit[best]
