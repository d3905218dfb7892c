"""G5: do the labels of a submission hold? They are asked of the parent's mapping, before anything is fitted again.

For each pair (label given, type that the mapping is sure of): the log odds of its rate against those of the parent's
donors, each mapped to the others. Faults that spread over many pairs are seen by the pairs that hardly ever occur, all
together: observed against expected. Coverage of each type: the share of its cells whose set, by the parent's
thresholds, holds the label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Donor, Parent
from ingest.method.mapping.conformal import thresholds
from ingest.method.mapping.geometry import Floats, Ints
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "labels-by-the-parent",
    "1",
    "disagreements of labels with a sure mapping against those of the parent's donors, and coverage by type",
    (
        "a twentieth of wrong labels in one donor is seldom seen; a label of fewer than 30 cells is not judged",
        "a type that the parent itself mistakes often may be exchanged unseen",
        "fewer than four donors in the parent: nothing is usual yet",
    ),
    "10.1111/j.1467-9868.2005.00503.x",
)
PRIOR_PAIR, PRIOR_RARE, RARE, LEAST_USUAL, LEAST_COVERED, SHOWN = 0.6, 0.5, 0.02, 20, 10, 12


@dataclass(frozen=True)
class Told:
    """Of one donor, or of several: ``pairs`` (t, t): label x type that the mapping is sure of; ``size`` (t,): cells of
    the label; ``hit`` (t,): of them, those whose set holds it."""

    pairs: Floats
    size: Floats
    hit: Floats

    def __add__(self, other: "Told") -> "Told":
        return Told(self.pairs + other.pairs, self.size + other.size, self.hit + other.hit)


def told(code: Ints, log_p: Floats, limit: Floats, sure: float) -> Told:
    """``code`` (n,): labels, those below 0 are left out; ``limit`` (t,): thresholds of the sets."""
    known, types = code >= 0, log_p.shape[1]
    code, log_p = code[known], log_p[known]
    pairs = np.zeros((types, types))
    call, certain = log_p.argmax(axis=1), log_p.max(axis=1) >= np.log(sure)
    np.add.at(pairs, (code[certain], call[certain]), 1)
    size = np.bincount(code, minlength=types).astype(float)
    held = -log_p[np.arange(len(code)), code] <= limit[code] if len(code) else np.zeros(0, bool)
    return Told(pairs, size, np.bincount(code[held], minlength=types).astype(float))


def log_odds(k: Floats, n: Floats) -> Floats:
    """Of a rate, drawn towards a tenth by ten cells."""
    return np.asarray(stats.logistic.ppf((k + 1) / (n + 10)))


def beyond(here: float, usual: Floats, prior: float) -> float:
    """Standard deviations of ``here`` above the usual of donors; their variance is drawn halfway to ``prior`` squared,
    since few donors tell it. Several donors of one study are taken as one, for they share what their study does."""
    spread = np.sqrt(usual.var(ddof=1) / 2 + prior**2 / 2)
    return float((here - usual.mean()) / (spread * np.sqrt(1 + 1 / len(usual))))


def pair_lines(own: Told, usual: Sequence[Told], types: Sequence[str], limits: Limits) -> list[GateLine]:
    """Each pair of cells enough, farthest beyond the usual first."""
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
            note = f"{rate:.0%} of its cells are taken for {types[j]}, usually {np.mean(k / n):.1%}"
            made.append(GateLine(f"{types[i]} → {types[j]}", z, limits.z, float(np.mean(k / n)), rate, note=note))
    return sorted(made, key=lambda line: -(line.value or 0))


def rare_line(own: Told, usual: Sequence[Told], limits: Limits) -> GateLine | None:
    """All pairs that hardly occur, together: the log of observed over expected, against the parent's donors, each
    expected from the others."""
    if own.size.sum() < limits.label_cells or len(usual) < limits.label_donors:
        return None
    seen, expected = _rare(own, usual)
    ratios = []
    for at, each in enumerate(usual):
        k, e = _rare(each, [*usual[:at], *usual[at + 1 :]])
        ratios.append(np.log((k + 1) / (e + 1)))
    z = beyond(float(np.log((seen + 1) / (expected + 1))), np.array(ratios), PRIOR_RARE)
    enough = seen >= limits.pair_cells / 3
    note = f"{seen:.0f} cells of labels that the mapping surely takes for unusual types, {expected:.1f} expected"
    return GateLine("pairs that hardly occur", z if enough else min(z, 0.0), limits.z, expected, seen, note=note)


def _rare(own: Told, usual: Sequence[Told]) -> tuple[float, float]:
    pairs, size = sum((each.pairs for each in usual), np.zeros_like(own.pairs)), sum(each.size for each in usual)
    rate = pairs / np.maximum(size, 1)[:, None]
    rare = (rate < RARE) & ~np.eye(len(rate), dtype=bool) & (np.asarray(size) >= LEAST_USUAL)[:, None]
    return float(own.pairs[rare].sum()), float((own.size[:, None] * rate)[rare].sum())


def coverage_lines(
    submitted: Sequence[Told], usual: Sequence[Told], types: Sequence[str], alpha: float, limits: Limits
) -> list[GateLine]:
    """Mean over donors of each type, and its upper 95% bound, for all types together; donors of the parent tell with
    those of the submission how much donors differ, and what is usual is known from them alone."""
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
    """``submitted``: donors of the submission mapped to the parent; ``alpha``: of the parent's sets; ``names``: of
    the submission's donors."""
    limits, types = limits or Limits(), parent.space.tree.types
    held = parent.held_out
    if len(held) < limits.label_donors:
        reason = f"the parent has {len(held)} donors, {limits.label_donors} are needed to tell what is usual"
        return Gate("G5", "labels", "underpowered", (), reason, "have two reviewers look at the labels")
    score = np.concatenate([-each.log_p[np.arange(len(each.code)), each.code] for each in held])
    code = np.concatenate([each.code for each in held])
    donor = np.repeat([each.donor for each in held], [len(each.code) for each in held])
    found = thresholds(score, code, donor, len(types), alpha)
    usual = [told(each.code, each.log_p, found.of, limits.sure) for each in held]
    own = [told(each.code, each.log_p, found.of, limits.sure) for each in submitted]
    if not any(each.size.sum() for each in own):
        return Gate("G5", "labels", "not applicable", (), "no cell has a label of the tree")
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
        where = first.note if first in lines else f"upper bound {first.highest:.2f}, {first.limit:.2f} is needed"
        fix = "look at these cells again: correct their labels, or leave them out and say so"
        return Gate("G5", "labels", "failed", tuple(shown), f"{first.of}: {where}", fix)
    return Gate("G5", "labels", "passed", tuple(shown), "labels agree with the parent's mapping as its donors' do")


def _disagreements(
    own: Sequence[Told], donors: Sequence[str], usual: Sequence[Told], types: Sequence[str], limits: Limits
) -> list[GateLine]:
    """All donors together; and each by itself, at a level for their number, since one may be wrong among many."""
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
    """Types that the parent surely sees and the labels lack: shown, for the cells stand under another label."""
    types, many = parent.space.tree.types, np.zeros(len(parent.space.tree.types))
    for each in submitted:
        alone = sets_of_one(each.log_p, limit) & (each.log_p.max(axis=1) >= np.log(limits.sure))
        many += np.bincount(each.log_p.argmax(axis=1)[alone], minlength=len(types))
    return [
        GateLine(f"no label {types[t]}", float(many[t]), None, note="cells that the parent surely takes for it")
        for t in np.flatnonzero((own.size == 0) & (many >= limits.pair_cells))
    ]  # fmt: skip


def sets_of_one(log_p: Floats, limit: Floats) -> NDArray[np.bool_]:
    """(n,) is the most probable type in its set?"""
    best = log_p.argmax(axis=1)
    return -log_p[np.arange(len(best)), best] <= limit[best]
