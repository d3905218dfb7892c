"""G3: does the candidate tell types apart as its parent does? Macro-F1 of each node on donors of the parent held out
whole, in folds, with the submission's sums and without them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from kg.atlas.report import Gate, GateLine
from scipy import stats

from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Parent, Sums
from ingest.method.mapping.geometry import Floats, Ints
from ingest.method.mapping.tree import Tree
from kg.match.card import Card

CARD = Card(
    "resolution-on-held-out-donors",
    "1",
    "F1 of each node on the parent's donors, new against old, with a bound over donors",
    (
        "a small submission cannot move the sums of a large parent: its labels must be asked directly (G5)",
        "fewer than five donors: the difference has no bound worth the name",
    ),
    "10.1186/s13059-021-02519-4",
)
FOLDS, LEAST_CELLS = 12, 5


@dataclass(frozen=True)
class Scored:
    """(donors, nodes) each, nan where a donor has too few cells of a node."""

    old: Floats
    new: Floats


def f1_of_nodes(tree: Tree, truth: Ints, call: Ints) -> Floats:
    """(nodes,) F1 of being below each; nan with fewer than five cells of it, or where it holds every type."""
    made = np.full(len(tree.nodes), np.nan)
    for node, below in enumerate(tree.below):
        true, called = below[truth], below[call]
        if true.sum() >= LEAST_CELLS and not below.all():
            made[node] = 2 * (true & called).sum() / (true.sum() + called.sum())
    return made


def scored(parent: Parent, added: Sums, folds: int = FOLDS, seed: int = 0) -> Scored:
    """``added``: sums of the submission's cells, by the labels that they were given."""
    space, order = parent.space, np.random.default_rng(seed).permutation(sorted(parent.own))
    old, new = [], []
    for fold in np.array_split(order, min(folds, len(order))):
        without = parent.total
        for d in fold:
            without = without - parent.own[int(d)]
        both = without + added
        for d in fold:
            rows = np.flatnonzero((parent.cells.donor == d) & (without.many[parent.cells.code] > 0))
            if not len(rows):
                continue
            points, truth = parent.cells.points[rows], parent.cells.code[rows]
            for made, ground in ((old, without), (new, both)):
                p = space.log_p(space.placed(points, ground), ground)
                made.append(f1_of_nodes(space.tree, truth, p.argmax(axis=1)))
    nodes = len(space.tree.nodes)
    return Scored(np.reshape(old, (-1, nodes)), np.reshape(new, (-1, nodes)))


def resolution(parent: Parent, added: Sums, limits: Limits | None = None, seed: int = 0) -> Gate:
    limits, tree = limits or Limits(), parent.space.tree
    if len(parent.own) < limits.resolution_donors:
        reason = f"the parent has {len(parent.own)} donors; {limits.resolution_donors} are needed to bound a difference"
        return Gate(
            "G3", "resolution", "underpowered", (), reason, "have two reviewers look at it, or add donors first"
        )
    found, types = scored(parent, added, seed=seed), len(tree.types)
    many = np.isfinite(found.old[:, :types]).any(axis=1)
    if many.sum() < 2:
        return Gate("G3", "resolution", "not applicable", (), "no two donors have five cells of a type")
    macro = [np.nanmean(each[many, :types], axis=1) for each in (found.old, found.new)]
    whole = _line("macro-F1", macro[0], macro[1], -limits.resolution)
    stops = whole.lowest is not None and whole.lowest < -limits.resolution
    lines = [_marked(whole, stops)]
    for node, name in enumerate(tree.nodes):
        there = np.isfinite(found.old[:, node])
        if there.sum() < 2:
            continue
        line = _line(name, found.old[there, node], found.new[there, node], -limits.of_type)
        lost = (line.value or 0) <= -limits.of_type and (line.highest or 0) < 0
        lines.append(_marked(line, bool(lost)))
    worst = [line for line in lines if line.stops]
    if worst:
        first = min(worst, key=lambda line: line.value or 0)
        reason = f"{first.of}: {first.old:.3f} becomes {first.new:.3f} on the parent's held-out donors"
        fix = "look for exchanged or merged labels of this type in the submission"
        return Gate("G3", "resolution", "failed", tuple(lines), reason, fix)
    reason = f"macro-F1 {whole.old:.3f} becomes {whole.new:.3f}, lower bound of the change {whole.lowest:+.3f}"
    return Gate("G3", "resolution", "passed", tuple(lines), reason)


def _line(of: str, old: Floats, new: Floats, limit: float) -> GateLine:
    """One-sided 95% bounds of the mean change over donors."""
    change = new - old
    reach = float(stats.t.ppf(0.95, len(change) - 1) * change.std(ddof=1) / np.sqrt(len(change)))
    mean = float(change.mean())
    return GateLine(
        of, mean, limit, float(old.mean()), float(new.mean()), mean - reach, mean + reach, f"{len(change)} donors"
    )


def _marked(line: GateLine, stops: bool) -> GateLine:
    return GateLine(
        line.of, line.value, line.limit, line.old, line.new, line.lowest, line.highest, line.note, stops
    )  # fmt: skip


def summed(parts: Sequence[Sums]) -> Sums:
    """Of several donors."""
    made = parts[0]
    for each in parts[1:]:
        made = made + each
    return made
