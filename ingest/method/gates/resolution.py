"""G3: does the candidate distinguish types as well as its parent? F1 of each node on held-out donors of the parent, in
folds, with and without the submission: by type means, and by neighbours, which react to conflicting labels among the
parent's cells long before the means do."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ingest.method.gates.limits import Limits
from ingest.method.gates.space import Cells, Parent, Sums, as_many
from ingest.method.mapping.heads.tree import Tree
from ingest.method.mapping.space.geometry import Floats, Ints
from ingest.method.mapping.space.neighbours import nearest
from kg.atlas.report import Gate, GateLine
from kg.match.card import Card

CARD = Card(
    "resolution-on-held-out-donors",
    "1",
    "F1 of each node on the parent's held-out donors, new against old, with a confidence bound over donors",
    (
        "a small submission cannot move the means of a large parent: its labels must be checked directly (G5)",
        "fewer than five donors give no useful bound of the difference",
    ),
    "10.1186/s13059-021-02519-4",
)
FOLDS, LEAST_CELLS, NEIGHBOURS, MOST = 12, 5, 15, 6_000


@dataclass(frozen=True)
class Scored:
    """F1 (donors, nodes) without and with the submission; nan if a donor has too few cells of a node."""

    old: Floats
    new: Floats


def f1_of_nodes(tree: Tree, truth: Ints, call: Ints) -> Floats:
    """F1 of each node (nodes,), for cells of the types below it; nan with fewer than five such cells, or if it contains
    every type."""
    made = np.full(len(tree.nodes), np.nan)
    for node, below in enumerate(tree.below):
        true, called = below[truth], below[call]
        if true.sum() >= LEAST_CELLS and not below.all():
            made[node] = 2 * (true & called).sum() / (true.sum() + called.sum())
    return made


def scored(parent: Parent, submitted: Cells, added: Sums, folds: int = FOLDS, seed: int = 0) -> dict[str, Scored]:
    """F1 by type means, and by neighbours among a sample of cells of both in proportion to their numbers.
    ``submitted``: cells as placed; ``added``: their sums by label."""
    space, rng = parent.space, np.random.default_rng(seed)
    order = rng.permutation(sorted(parent.own))
    known, new = _even(parent, submitted, rng)
    made: dict[str, tuple[list[Floats], list[Floats]]] = {"means": ([], []), "neighbours": ([], [])}
    for fold in np.array_split(order, min(folds, len(order))):
        without = parent.total
        for d in fold:
            without = without - parent.own[int(d)]
        both = without + added
        left = known.some(~np.isin(known.donor, fold))
        for d in fold:
            rows = np.flatnonzero((parent.cells.donor == d) & (without.many[parent.cells.code] > 0))
            if not len(rows):
                continue
            points, truth = parent.cells.points[rows], parent.cells.code[rows]
            placed = space.placed(points, without)
            for at, ground in enumerate((without, both)):
                p = space.log_p(space.placed(points, ground) if at else placed, ground)
                made["means"][at].append(f1_of_nodes(space.tree, truth, p.argmax(axis=1)))
            for at, call in enumerate(_voted(placed, left, new, len(space.tree.types), rng)):
                made["neighbours"][at].append(f1_of_nodes(space.tree, truth, call))
    nodes = len(space.tree.nodes)
    return {name: Scored(*(np.reshape(each, (-1, nodes)) for each in both)) for name, both in made.items()}


def _even(parent: Parent, submitted: Cells, rng: np.random.Generator) -> tuple[Cells, Cells]:
    """A sample of cells of both, at most ``MOST`` in total, in proportion to their numbers."""
    typed = np.flatnonzero(submitted.code >= 0)
    whole, of_new = parent.total.many.sum(), len(typed)
    share = min(len(parent.cells.code) / whole, MOST / (whole + of_new))
    known = rng.permutation(len(parent.cells.code))[: max(round(share * whole), 1)]
    return parent.cells.some(np.sort(known)), submitted.some(np.sort(rng.permutation(typed)[: round(share * of_new)]))


def _voted(points: Floats, known: Cells, new: Cells, types: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """The most common type among the nearest cells (n,), without and with the new cells. Both use the same number of
    cells per type, because otherwise a type that gained cells would win votes by number."""
    cells, code = np.concatenate([known.points, new.points]), np.r_[known.code, new.code]
    even = as_many(code, np.bincount(known.code, minlength=types), rng)
    made = []
    for rows in (np.arange(len(known.code)), even):
        near, _ = nearest(np.asarray(points, np.float32), np.asarray(cells[rows], np.float32), NEIGHBOURS)
        made.append(_commonest(code[rows][near], types))
    return made[0], made[1]


def _commonest(code: Ints, types: int) -> Ints:
    return np.stack([(code == t).sum(axis=1) for t in range(types)], axis=1).argmax(axis=1)


def resolution(parent: Parent, submitted: Cells, added: Sums, limits: Limits | None = None, seed: int = 0) -> Gate:
    limits = limits or Limits()
    if len(parent.own) < limits.resolution_donors:
        reason = f"the parent has {len(parent.own)} donors; a bound of the difference needs {limits.resolution_donors}"
        return Gate("G3", "resolution", "underpowered", (), reason, "have two reviewers check it, or add donors first")
    lines: list[GateLine] = []
    for by, found in scored(parent, submitted, added, seed=seed).items():
        lines += _lines(parent.space.tree, found, by, limits)
    if not lines:
        return Gate("G3", "resolution", "not applicable", (), "no type has five cells in each of two donors")
    if worst := [line for line in lines if line.stops]:
        first = min(worst, key=lambda line: line.value or 0)
        reason = f"{first.of}: {first.old:.3f} becomes {first.new:.3f} on the parent's held-out donors"
        fix = "look for swapped or merged labels of this type in the submission"
        return Gate("G3", "resolution", "failed", tuple(lines), reason, fix)
    whole = lines[0]
    reason = f"{whole.of}: {whole.old:.3f} becomes {whole.new:.3f}, lower bound of the change {whole.lowest:+.3f}"
    return Gate("G3", "resolution", "passed", tuple(lines), reason)


def _lines(tree: Tree, found: Scored, by: str, limits: Limits) -> list[GateLine]:
    types = len(tree.types)
    many = np.isfinite(found.old[:, :types]).any(axis=1)
    if many.sum() < 2:
        return []
    macro = [np.nanmean(each[many, :types], axis=1) for each in (found.old, found.new)]
    whole = _line(f"macro-F1 by {by}", macro[0], macro[1], -limits.resolution)
    # Votes of few neighbours are noisy: there the loss must be large as well as significant.
    lost = (whole.lowest or 0) < -limits.resolution
    if by != "means":
        lost = (whole.value or 0) < -limits.resolution and (whole.highest or 0) < 0
    made = [_marked(whole, lost)]
    for node, name in enumerate(tree.nodes):
        there = np.isfinite(found.old[:, node])
        if there.sum() >= 2:
            line = _line(f"{name} by {by}", found.old[there, node], found.new[there, node], -limits.of_type)
            made.append(_marked(line, (line.value or 0) <= -limits.of_type and (line.highest or 0) < 0))
    return made


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
